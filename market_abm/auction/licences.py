"""The price of licences that several materials share (used by `week`; ODD: Market).

The licence price is added to the cost of every gate link. The dual of a pool is convex in it, and where it is least
the licences offered equal the licences used. At one licence price each book has a least and a greatest use of
licences over all its optimal flows. They are the slopes of its dual above and below that price, so one solution a
book tells whether a price is the one looked for, and if not, on which side that lies.
"""

import numpy as np

from market_abm.auction.problem import (
    CAPACITY,
    COST,
    DESTINATION,
    FLOW,
    LOWER,
    ORIGIN,
    PRICE,
    SUPPLY,
    UPPER,
    VALUE,
    Problem,
    find_step,
)
from market_abm.auction.records import (
    GATE_END,
    LICENCE_PRICE,
    MATERIAL_END,
    OFFER_END,
    OFFER_LIMIT,
    OFFER_NUMBER,
    OFFER_QUANTITY,
    PROVED,
    UNPROVED_POOL,
    Outcome,
    Pools,
    Verdict,
)
from market_abm.auction.reroute import reroute
from market_abm.auction.search import find_prices
from market_abm.core.compiled import compiled, inlined
from market_abm.core.limits import GREATEST_PRICE
from market_abm.core.rounding import split
from market_abm.core.units import IntArray


@inlined
def offers_of(pools: Pools, pool: int) -> IntArray:
    """Offers of one pool, (3, offers)."""
    return pools.offers[:, pools.ends[OFFER_END, pool] : pools.ends[OFFER_END, pool + 1]]


@inlined
def materials_of(pools: Pools, pool: int) -> IntArray:
    """Rows of the materials of one pool."""
    return pools.material[pools.ends[MATERIAL_END, pool] : pools.ends[MATERIAL_END, pool + 1]]


@inlined
def gate_of(pools: Pools, pool: int) -> IntArray:
    """Links of one pool that need a licence."""
    return pools.gate[pools.ends[GATE_END, pool] : pools.ends[GATE_END, pool + 1]]


@compiled
def offered(offers: IntArray, price: int) -> int:
    """Licences on offer at a price [g]."""
    grams = 0
    for row in range(offers.shape[1]):
        grams += offers[OFFER_QUANTITY, row] if offers[OFFER_LIMIT, row] <= price else 0
    return grams


@compiled
def crossing(offers: IntArray, left: int, right: int, price: int, use: int, fall: float) -> int:
    """First price between two at which offers cover the use, if that falls evenly from its value at a price."""
    below, above = left, right
    while above - below > 1:
        middle = below + (above - below) // 2
        if offered(offers, middle) >= use - fall * (middle - price):
            above = middle
        else:
            below = middle
    return above


@inlined
def find_licence_price(
    problems: list[Problem], rows: IntArray, offers: IntArray, last: int, least: IntArray, most: IntArray
) -> tuple[int, int]:
    """Find the licence price at which the dual of a pool is least, the nearest to last week's.

    Sets `least` and `most` of each book to its use of licences at that price; at price 0 only `least`.

    Returns
    -------
    The price [ticks per kg], and how many prices were tried.
    """
    price, tried, turn, width = last, 0, 0, 0
    left, right, left_use, right_use = -1, 2 * GREATEST_PRICE + 1, -1, -1
    left_dual, right_dual, old_price, old_use, done = 0, 0, 0, 0, False
    while not done:
        dual, least_use, most_use, fall = 0, 0, 0, 0.0
        for row in rows:
            least[row], most[row] = use_licences(problems[row], price)
            dual += dual_value(problems[row])
            least_use, most_use = least_use + least[row], most_use + most[row]
        tried += 1
        above, below = offered(offers, price) - least_use, offered(offers, price - 1) - most_use
        use = least_use
        if above < 0 or (above == 0 and price < last):
            left, left_use, left_dual = price, use, dual
        elif price > 0 and (below > 0 or (below == 0 and price > last)):
            use = most_use
            right, right_use, right_dual = price, use, dual
        else:
            done = True
        if left_use < 0 or right_use < 0:
            # On from the last price tried, as the use fell up to it, but not too far.
            if tried == 1:
                for row in rows:
                    fall += response(problems[row])
            else:
                fall = max((old_use - use) / (price - old_price), 0.0)
            reach = 1 + last // 8 + 2 * abs(price - last)
            guess = min(max(crossing(offers, left, right, price, use, fall), price - reach), price + reach)
        elif turn == 0:  # as if the use fell evenly between the two prices
            fall = (left_use - right_use) / (right - left)
            guess, turn, width = crossing(offers, left, right, left, left_use, fall), 1, right - left
        elif turn == 1 and left_use > right_use:  # as if it fell at once, where the tangents of the dual meet
            corner = left + int((left_dual - right_dual - right_use * (right - left)) / (left_use - right_use))
            beyond = max(corner, crossing(offers, left, right, right, right_use, 0.0))
            guess, turn = min(crossing(offers, left, right, left, left_use, 0.0), beyond), 2
        else:
            guess, turn = crossing(offers, left, right, left, left_use, 0.0), 0
            if 2 * (right - left) > width:
                guess = (left + right) // 2
        old_price, old_use = price, use
        if not done:
            price = min(max(guess, left + 1), right - 1)
    return price, tried


@inlined
def use_licences(problem: Problem, price: int) -> tuple[int, int]:
    """Least and greatest use of licences at a licence price, which is solved anew from the prices as they stand.

    At price 0 the greatest use is not told (it is the least), as goods could circle through the gate for nothing.
    """
    ways, zones, flows = problem.ways, problem.zones, problem.flows
    least, most, gate = 0, 0, flows.shape[1] - 1
    if problem.traded > 0:
        exporter, behind = ways[ORIGIN, gate], ways[DESTINATION, gate]
        ways[COST, gate] = price
        zones[PRICE, behind] = zones[PRICE, exporter] + price
        find_prices(problem)
        if flows[UPPER, gate] > 0:
            flows[LOWER, gate] = flows[UPPER, gate] = flows[FLOW, gate]
            most = flows[FLOW, gate]
            if price > 0:
                most += reroute(problem, behind, exporter, ways[CAPACITY, gate])
            least = most - reroute(problem, exporter, behind, most)
            flows[FLOW, gate] = least
    return least, most


@inlined
def dual_value(problem: Problem) -> int:
    """Gains of the orders and links of a book at its prices [micro-US$]."""
    sums, ways, zones, value = problem.sums, problem.ways, problem.zones, 0
    for zone in range(zones.shape[1]):
        step = find_step(problem, zone, zones[PRICE, zone])
        value += sums[VALUE, step] + zones[PRICE, zone] * sums[SUPPLY, step]
    for link in range(ways.shape[1]):
        profit = zones[PRICE, ways[DESTINATION, link]] - zones[PRICE, ways[ORIGIN, link]] - ways[COST, link]
        value += max(profit, 0) * ways[CAPACITY, link]
    return value


@inlined
def response(problem: Problem) -> float:
    """By how much the use of licences falls for each tick of their price, as a first guess [g per tick]."""
    sums, zones = problem.sums, problem.zones
    exporter, inside, outside = problem.ways[ORIGIN, problem.ways.shape[1] - 1], 0.0, 0.0
    for zone in range(zones.shape[1] - 1):
        price = zones[PRICE, zone]
        reach = 1 + price // 32
        grams = sums[SUPPLY, find_step(problem, zone, price + reach)]
        grams -= sums[SUPPLY, find_step(problem, zone, price - reach)]
        if zone == exporter:
            inside += grams / (2 * reach)
        else:
            outside += grams / (2 * reach)
    return 1.0 / (1.0 / inside + 1.0 / outside) if inside > 0.0 and outside > 0.0 else 0.0


@inlined
def sell_licences(pools: Pools, pool: int, out: Outcome) -> Verdict:
    """Set the fill of each offer and prove the market of licences; the books have proved themselves at its price."""
    offers, price, used = offers_of(pools, pool), out.licences[LICENCE_PRICE, pool], 0
    for row in materials_of(pools, pool):
        for link in gate_of(pools, pool):
            used += out.flow[row, link]
    count, left, first = offers.shape[1], used, pools.ends[OFFER_END, pool]
    weight, number = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for row in range(count):
        number[row] = offers[OFFER_NUMBER, row]
        if offers[OFFER_LIMIT, row] < price:
            out.offer_fill[first + row] = offers[OFFER_QUANTITY, row]
            left -= offers[OFFER_QUANTITY, row]
        elif offers[OFFER_LIMIT, row] == price:
            weight[row] = offers[OFFER_QUANTITY, row]
    parts = split(max(left, 0), weight, number)
    sold, feasible, welfare, dual = 0, True, 0, 0
    for row in range(count):
        out.offer_fill[first + row] += parts[row]
        fill, gain = out.offer_fill[first + row], price - offers[OFFER_LIMIT, row]
        feasible &= 0 <= fill <= offers[OFFER_QUANTITY, row]
        sold, welfare, dual = sold + fill, welfare + gain * fill, dual + max(gain, 0) * offers[OFFER_QUANTITY, row]
    feasible &= sold == used
    code = PROVED if feasible and welfare == dual else UNPROVED_POOL
    return Verdict(code, pool, feasible, welfare, dual)
