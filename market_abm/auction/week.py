"""A whole week's clearing in one compiled call (used by `clear`).

Materials outside pools are cleared one by one, those of a pool at one licence price. Every book is solved, routed,
priced, filled and proved here; the doors in `clear` check what goes in and say in words what failed.
"""

import numpy as np

from market_abm.auction.bounds import canonical_price, price_bounds
from market_abm.auction.fills import fill_orders
from market_abm.auction.ladder import Ladder, build_ladder
from market_abm.auction.licences import Offers, find_licence_price, offered
from market_abm.auction.network import Network, list_arcs, new_state
from market_abm.auction.orders import GREATEST_PRICE, GREATEST_QUANTITY
from market_abm.auction.proof import prove
from market_abm.auction.records import PROVED, UNPROVED_POOL, UNSOUND, Outcome, Pools, Verdict, Week
from market_abm.auction.route import route, sales
from market_abm.auction.search import Problem, find_prices
from market_abm.core.compiled import compiled
from market_abm.core.rounding import split
from market_abm.core.units import IntArray


@compiled
def solve_week(week: Week, pools: Pools) -> tuple[Verdict, Outcome]:
    """Clear all materials of a week."""
    materials, nodes = week.last_price.shape
    links = week.links.origin.size
    out = Outcome(
        np.zeros((materials, week.bids.zone.size), np.int64),
        np.zeros((materials, week.asks.zone.size), np.int64),
        np.empty((materials, links), np.int64),
        np.empty((materials, nodes), np.int64),
        np.empty((materials, nodes), np.int64),
        np.empty((materials, nodes), np.int64),
        np.zeros(pools.last_price.size, np.int64),
        np.zeros(pools.last_price.size, np.int64),
        np.zeros(pools.limit.size, np.int64),
    )
    verdict = Verdict(UNSOUND if not is_sound(week, pools) else PROVED, -1, True, 0, 0)
    if verdict.code != PROVED:
        return verdict, out
    first, arc = list_arcs(week.links.origin, week.links.destination, nodes)
    free = np.ones(materials, np.bool_)
    for pool in range(pools.last_price.size):
        for place in range(pools.material_end[pool], pools.material_end[pool + 1]):
            free[pools.material[place]] = False
        verdict = solve_pool(week, pools, pool, first, arc, out)
        if verdict.code != PROVED:
            return verdict, out
    for material in range(materials):
        if free[material]:
            verdict = solve_book(week, material, first, arc, out)
            if verdict.code != PROVED:
                return verdict, out
    return verdict, out


@compiled
def solve_book(week: Week, material: int, first: IntArray, arc: IntArray, out: Outcome) -> Verdict:
    """Clear one material by itself."""
    nodes, links = week.last_price.shape[1], week.links.origin.size
    ladder = build_ladder(week.bids, week.asks, material, nodes)
    if ladder.traded < 0:
        return Verdict(UNSOUND, material, False, 0, 0)
    network = price_links(week, material, ladder.traded, first, arc)
    state = new_state(nodes, links)
    problem = Problem(ladder, network, state)
    if ladder.traded > 0:
        set_guess(ladder, week.last_price[material], state.price)
        find_prices(problem)
    return finish(week, material, problem, network, 0, out)


@compiled
def price_links(week: Week, material: int, traded: int, first: IntArray, arc: IntArray) -> Network:
    """Cost and capacity of links of one material; those that cannot carry anything are closed.

    No flow exceeds what is traded, so a capacity of one gram more is as good as none. Costs beyond every
    price are cut to a size that additions cannot overflow.
    """
    links = week.links
    cost, capacity = np.empty(links.origin.size, np.int64), np.empty(links.origin.size, np.int64)
    for link in range(cost.size):
        cost[link] = min(links.cost[material, link], 2 * GREATEST_PRICE)
        round_trip = links.origin[link] == links.destination[link]
        capacity[link] = 0 if round_trip else min(links.capacity[material, link], traded + 1)
    return Network(links.origin, links.destination, cost, capacity, first, arc)


@compiled
def set_guess(ladder: Ladder, last_price: IntArray, price: IntArray) -> None:
    """Set prices to last week's, within the limits of the book."""
    bottom, top = GREATEST_PRICE, 0
    for zone in range(last_price.size):
        if ladder.start[zone] < ladder.start[zone + 1]:
            bottom = min(bottom, ladder.limit[ladder.start[zone]])
            top = max(top, ladder.limit[ladder.start[zone + 1] - 1])
    for zone in range(last_price.size):
        price[zone] = min(max(last_price[zone], bottom), top)


@compiled
def finish(week: Week, material: int, problem: Problem, network: Network, amount: int, out: Outcome) -> Verdict:
    """Route, price, fill and prove a solved book, and write it down.

    `network` is that of the week's links. In a pool the problem has a node more, behind the gate, and a last link
    to it, which carries `amount`.
    """
    nodes, links = week.last_price.shape[1], week.links.origin.size
    ladder, state, last_price = problem.ladder, problem.state, week.last_price[material]
    flow, sold, bought = np.zeros(links, np.int64), np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    if ladder.traded > 0:
        flow[:], sold[:] = state.flow[:links], sales(ladder, state)[:nodes]
        bought[:] = sold - state.export[:nodes]
    low, near_low, high = price_bounds(ladder, network, flow, bought, sold, last_price)
    if ladder.traded > 0:
        least, fixed = np.empty(state.price.size, np.int64), -1
        least[:nodes] = low
        if least.size > nodes:
            fixed = links
            least[nodes] = low[problem.network.origin[fixed]] + problem.network.cost[fixed]
        best, most = route(ladder, problem.network, least, fixed, amount)
        flow[:], sold[:] = best.flow[:links], most[:nodes]
        bought[:] = sold - best.export[:nodes]
    price = canonical_price(near_low, high, last_price)
    fill = fill_orders(ladder, price, bought, sold)
    for row in range(fill.size):
        place = ladder.source[row] - week.bids.zone.size
        if place < 0:
            out.bid_fill[material, ladder.source[row]] = fill[row]
        else:
            out.ask_fill[material, place] = fill[row]
    out.flow[material], out.low[material], out.high[material], out.price[material] = flow, low, high, price
    return prove(week, material, ladder.source, fill, network, flow, price)


@compiled
def solve_pool(week: Week, pools: Pools, pool: int, first: IntArray, arc: IntArray, out: Outcome) -> Verdict:
    """Clear the materials of a pool at one licence price."""
    nodes = week.last_price.shape[1]
    gate = pools.gate[pools.gate_end[pool] : pools.gate_end[pool + 1]]
    rows = pools.material[pools.material_end[pool] : pools.material_end[pool + 1]]
    begin, end = pools.offer_end[pool], pools.offer_end[pool + 1]
    offers = Offers(
        pools.limit[begin:end], pools.quantity[begin:end], pools.number[begin:end], max(pools.last_price[pool], 0)
    )
    books, networks = [], []
    for row in rows:
        ladder = build_ladder(week.bids, week.asks, row, nodes + 1)
        if ladder.traded < 0:
            return Verdict(UNSOUND, row, False, 0, 0)
        networks.append(price_links(week, row, ladder.traded, first, arc))
        books.append(gated_book(week, row, gate, networks[-1], ladder))
    least, most = np.zeros(rows.size, np.int64), np.zeros(rows.size, np.int64)
    price, out.tried[pool] = find_licence_price(books, offers, least, most)
    if price == 0:
        for place in range(rows.size):
            most[place] = free_use(books[place], week.last_price[rows[place]])
    more = split(min(most.sum(), offered(offers, price)) - least.sum(), most - least, np.arange(rows.size))
    used = 0
    for place in range(rows.size):
        for link in gate:
            networks[place].cost[link] = min(networks[place].cost[link] + price, 2 * GREATEST_PRICE)
        verdict = finish(week, rows[place], books[place], networks[place], least[place] + more[place], out)
        if verdict.code != PROVED:
            return verdict
        for link in gate:
            used += out.flow[rows[place], link]
    out.licence_price[pool] = price
    return sell_licences(offers, price, used, pool, out.offer_fill[begin:end])


@compiled
def gated_book(week: Week, material: int, gate: IntArray, plain: Network, ladder: Ladder) -> Problem:
    """Return a book with a node more, behind the gate: gate links start there, and a last link leads to it."""
    nodes, links = week.last_price.shape[1], week.links.origin.size
    origin, destination = np.empty(links + 1, np.int64), np.empty(links + 1, np.int64)
    cost, capacity = np.empty(links + 1, np.int64), np.empty(links + 1, np.int64)
    origin[:links], destination[:links] = plain.origin, plain.destination
    cost[:links], capacity[:links] = plain.cost, plain.capacity
    origin[links], destination[links], cost[links], capacity[links] = 0, nodes, 0, ladder.traded + 1
    for link in gate:
        if capacity[link] > 0:
            origin[links] = plain.origin[link]
        origin[link] = nodes
    first, arc = list_arcs(origin, destination, nodes + 1)
    state = new_state(nodes + 1, links + 1)
    set_guess(ladder, week.last_price[material], state.price[:nodes])
    return Problem(ladder, Network(origin, destination, cost, capacity, first, arc), state)


@compiled
def free_use(book: Problem, last_price: IntArray) -> int:
    """Greatest use of licences that cost nothing; goods that circle through the gate use none."""
    ladder, network, state = book
    if ladder.traded == 0:
        return 0
    sold = sales(ladder, state)
    behind = np.append(last_price, last_price[network.origin[-1]])
    low, _, _ = price_bounds(ladder, network, state.flow, sold - state.export, sold, behind)
    most: int = route(ladder, network, low, -1, 0)[0].flow[-1]
    return most


@compiled
def sell_licences(offers: Offers, price: int, used: int, pool: int, fill: IntArray) -> Verdict:
    """Set the fill of each offer and prove the market of licences; the books have proved themselves at its price."""
    left, margin = used, np.flatnonzero(offers.limit == price)
    for row in range(fill.size):
        if offers.limit[row] < price:
            fill[row] = offers.quantity[row]
            left -= fill[row]
    parts = split(max(left, 0), offers.quantity[margin], offers.number[margin])
    for place in range(margin.size):
        fill[margin[place]] = parts[place]
    feasible, welfare, dual = fill.sum() == used, 0, 0
    for row in range(fill.size):
        gain = price - offers.limit[row]
        feasible &= 0 <= fill[row] <= offers.quantity[row]
        welfare += gain * fill[row]
        dual += max(gain, 0) * offers.quantity[row]
    code = PROVED if feasible and welfare == dual else UNPROVED_POOL
    return Verdict(code, pool, feasible, welfare, dual)


@compiled
def is_sound(week: Week, pools: Pools) -> bool:
    """Whether all numbers of nodes, links and materials exist, and last prices, links and offers are within range.

    Orders are looked at when their ladder is built. What is wrong is found again, and said, by `checks`.
    """
    materials, nodes = week.last_price.shape
    links, sound = week.links.origin.size, True
    for column in (week.bids.zone, week.asks.zone, week.links.origin, week.links.destination):
        for node in column:
            sound &= 0 <= node < nodes
    for matrix in (week.links.cost, week.links.capacity):
        for value in matrix.flat:
            sound &= value >= 0
    for price in week.last_price.flat:
        sound &= 0 <= price <= GREATEST_PRICE
    pooled = np.zeros(materials, np.bool_)
    for material in pools.material:
        sound &= 0 <= material < materials and not pooled[material]
        if sound:
            pooled[material] = True
    for link in pools.gate:
        sound &= 0 <= link < links
    for pool in range(pools.last_price.size):
        grams = 0
        for row in range(pools.offer_end[pool], pools.offer_end[pool + 1]):
            sound &= 0 <= pools.limit[row] <= GREATEST_PRICE and 0 <= pools.quantity[row] <= GREATEST_QUANTITY
            grams = min(grams + pools.quantity[row], GREATEST_QUANTITY + 1)
        sound &= grams <= GREATEST_QUANTITY
    return sound
