"""A whole week's clearing in one compiled call (used by `clear`).

Materials outside pools are cleared one by one, those of a pool at one licence price. Every book is solved, routed,
priced, filled and proved here; the doors in `clear` check what goes in and say in words what failed.
"""

import numpy as np

from market_abm.auction.bounds import bound_prices, set_price
from market_abm.auction.checks import is_sound
from market_abm.auction.fills import fill_orders
from market_abm.auction.ladder import build_ladder
from market_abm.auction.licences import (
    find_licence_price,
    gate_of,
    materials_of,
    offered,
    offers_of,
    sell_licences,
)
from market_abm.auction.problem import (
    CAPACITY,
    COST,
    DESTINATION,
    FLOW,
    LIMIT,
    ORIGIN,
    PRICE,
    SOURCE,
    Problem,
    list_arcs,
)
from market_abm.auction.proof import prove
from market_abm.auction.records import (
    HIGH,
    LICENCE_PRICE,
    LOW,
    PAID,
    PROVED,
    TRIED,
    UNSOUND,
    Outcome,
    Pools,
    Verdict,
    Week,
)
from market_abm.auction.route import route, sell_all
from market_abm.auction.search import find_prices
from market_abm.core.compiled import compiled, inlined
from market_abm.core.limits import GREATEST_PRICE
from market_abm.core.rounding import split
from market_abm.core.units import IntArray


@compiled
def solve_week(week: Week, pools: Pools) -> tuple[Verdict, Outcome]:
    """Clear all materials of a week."""
    out = new_outcome(week, pools)
    if not is_sound(week, pools):
        return Verdict(UNSOUND, -1, False, 0, 0), out
    materials, nodes = week.last_price.shape
    pool_of = list_pools(pools, materials)
    problems, networks = [], []
    for material in range(materials):
        pool = pool_of[material]
        start, rows, sums, traded = build_ladder(week.bids, week.asks, material, nodes if pool < 0 else nodes + 1)
        if traded < 0:
            return Verdict(UNSOUND, material, False, 0, 0), out
        ways = price_links(week, material, traded)
        networks.append(ways)
        if pool >= 0:
            ways = add_gate(ways, gate_of(pools, pool), nodes, traded)
        zones, flows = np.zeros((9, start.size - 1), np.int64), np.zeros((3, ways.shape[1]), np.int64)
        guess(start, rows, week.last_price[material], zones)
        problem = Problem(start, rows, sums, ways, list_arcs(ways, start.size - 1), zones, flows, traded)
        problems.append(problem)
        if pool < 0 and traded > 0:
            find_prices(problem)
    least, most = np.zeros(materials, np.int64), np.zeros(materials, np.int64)
    for pool in range(pools.last_price.size):
        price_licences(pools, pool, problems, networks, least, most, out)
    for material in range(materials):
        problem = problems[material]
        if problem.traded > 0:
            sell_all(problem)
        bound_prices(
            problem,
            networks[material],
            week.last_price[material],
            out.prices[LOW, material],
            out.prices[HIGH, material],
        )
        if pool_of[material] >= 0 and out.licences[LICENCE_PRICE, pool_of[material]] == 0 and problem.traded > 0:
            # Free licences: goods that circle through the gate use none.
            route(problem, out.prices[LOW, material], np.int64(-1))
            most[material] = problem.flows[FLOW, problem.flows.shape[1] - 1]
    for pool in range(pools.last_price.size):
        share_licences(pools, pool, out.licences[LICENCE_PRICE, pool], least, most)
    for material in range(materials):
        verdict = settle(week, material, problems[material], networks[material], least[material], out)
        if verdict.code != PROVED:
            return verdict, out
    for pool in range(pools.last_price.size):
        verdict = sell_licences(pools, pool, out)
        if verdict.code != PROVED:
            return verdict, out
    return Verdict(PROVED, -1, True, 0, 0), out


@inlined
def new_outcome(week: Week, pools: Pools) -> Outcome:
    """Return an outcome to be filled in; orders and offers get nothing as long as nothing is said."""
    materials, nodes = week.last_price.shape
    return Outcome(
        np.zeros((materials, week.bids.zone.size), np.int64),
        np.zeros((materials, week.asks.zone.size), np.int64),
        np.zeros((materials, week.links.origin.size), np.int64),
        np.zeros((3, materials, nodes), np.int64),
        np.zeros((2, pools.last_price.size), np.int64),
        np.zeros(pools.offers.shape[1], np.int64),
    )


@inlined
def list_pools(pools: Pools, materials: int) -> IntArray:
    """Return the pool of each material, -1 for none."""
    pool_of = np.empty(materials, np.int64)
    for material in range(materials):
        pool_of[material] = -1
    for pool in range(pools.last_price.size):
        for material in materials_of(pools, pool):
            pool_of[material] = pool
    return pool_of


@inlined
def price_links(week: Week, material: int, traded: int) -> IntArray:
    """Return the `ways` of one material; links that lead nowhere are closed.

    No flow exceeds what is traded, so a capacity of one gram more is as good as none. Costs beyond every
    price are cut to a size that additions cannot overflow.
    """
    links = week.links
    ways = np.empty((4, links.origin.size), np.int64)
    for link in range(ways.shape[1]):
        origin, destination = links.origin[link], links.destination[link]
        ways[ORIGIN, link], ways[DESTINATION, link] = origin, destination
        ways[COST, link] = min(links.cost[material, link], 2 * GREATEST_PRICE)
        ways[CAPACITY, link] = 0 if origin == destination else min(links.capacity[material, link], traded + 1)
    return ways


@inlined
def add_gate(plain: IntArray, gate: IntArray, nodes: int, traded: int) -> IntArray:
    """Return `ways` with a node more, behind the gate: gate links start there, and a last link leads to it."""
    links = plain.shape[1]
    ways = np.empty((4, links + 1), np.int64)
    for column in range(4):
        for link in range(links):
            ways[column, link] = plain[column, link]
    ways[ORIGIN, links], ways[DESTINATION, links], ways[COST, links], ways[CAPACITY, links] = 0, nodes, 0, traded + 1
    for link in gate:
        if ways[CAPACITY, link] > 0:
            ways[ORIGIN, links] = plain[ORIGIN, link]
        ways[ORIGIN, link] = nodes
    return ways


@inlined
def guess(start: IntArray, rows: IntArray, last_price: IntArray, zones: IntArray) -> None:
    """Set prices to last week's, within the limits of the book."""
    bottom, top = GREATEST_PRICE, 0
    for zone in range(last_price.size):
        if start[zone] < start[zone + 1]:
            bottom, top = min(bottom, rows[LIMIT, start[zone]]), max(top, rows[LIMIT, start[zone + 1] - 1])
    for zone in range(last_price.size):
        zones[PRICE, zone] = min(max(last_price[zone], bottom), top)


@inlined
def price_licences(
    pools: Pools,
    pool: int,
    problems: list[Problem],
    networks: list[IntArray],
    least: IntArray,
    most: IntArray,
    out: Outcome,
) -> None:
    """Find the licence price of a pool and add it to the cost of the gate links of its books."""
    rows, last = materials_of(pools, pool), max(pools.last_price[pool], 0)
    price, tried = find_licence_price(problems, rows, offers_of(pools, pool), last, least, most)
    out.licences[LICENCE_PRICE, pool], out.licences[TRIED, pool] = price, tried
    for row in rows:
        for link in gate_of(pools, pool):
            networks[row][COST, link] = min(networks[row][COST, link] + price, 2 * GREATEST_PRICE)


@inlined
def share_licences(pools: Pools, pool: int, price: int, least: IntArray, most: IntArray) -> None:
    """Add to the least use of each book of a pool its part of what more is on offer, up to its greatest."""
    rows = materials_of(pools, pool)
    room, amount = np.empty(rows.size, np.int64), 0
    for place in range(rows.size):
        room[place] = most[rows[place]] - least[rows[place]]
        amount += most[rows[place]]
    amount = min(amount, offered(offers_of(pools, pool), price))
    for row in rows:
        amount -= least[row]
    more = split(amount, room, rows)
    for place in range(rows.size):
        least[rows[place]] += more[place]


@inlined
def settle(week: Week, material: int, problem: Problem, ways: IntArray, licensed: int, out: Outcome) -> Verdict:
    """Route, price, fill and prove a solved book, and write it down."""
    flow, source = out.flow[material], problem.rows[SOURCE]
    if problem.traded > 0:
        route(problem, out.prices[LOW, material], licensed)
        for link in range(flow.size):
            flow[link] = problem.flows[FLOW, link]
    price = out.prices[PAID, material]
    low, high = out.prices[LOW, material], out.prices[HIGH, material]
    set_price(problem, ways, week.last_price[material], low, high, price)
    fill = fill_orders(problem, price)
    for row in range(fill.size):
        place = source[row] - week.bids.zone.size
        if place < 0:
            out.bid_fill[material, source[row]] = fill[row]
        else:
            out.ask_fill[material, place] = fill[row]
    verdict: Verdict = prove(week, material, source, fill, ways, flow, price)
    return verdict
