"""Bounds of the optimal prices, and the one price that is taken between them (used by `week`)."""

import numpy as np

from market_abm.auction.problem import (
    ASKS,
    CAPACITY,
    COST,
    DESTINATION,
    EXPORT,
    FLOW,
    LIMIT,
    ORIGIN,
    SOLD,
    SUPPLY,
    Problem,
)
from market_abm.core.compiled import compiled, inlined
from market_abm.core.units import IntArray

FAR = 2**60  # beyond every price: a bound that does not exist
NEAR = 2**50  # a computed bound beyond this is FAR less some costs: it does not exist either
THETA_BITS = 30  # theta is a whole number of 2**-30, so that low + theta * (high - low) is exact


@inlined
def bound_prices(
    problem: Problem, ways: IntArray, last_price: IntArray, low: IntArray, near_low: IntArray, high: IntArray
) -> None:
    """Set least optimal prices; and least and greatest, sides without bound being closed at last week's price.

    They are the same whatever optimal flows and trades they are read off. Closing them changes no bounded price,
    for a price that binds another is bound by it. Nor does it hurt to raise prices to 1: limits are at least 1, so
    a zone below 1 neither sells nor sends anything.

    `ways` are the links between the zones of `last_price`; the problem may have a node behind the gate beside them.
    """
    up, down = np.int64(1), np.int64(-1)  # not constants, for each of which numba would compile `fit` anew
    bind_orders(problem, low, high)
    fit(low, ways, problem.flows, up)
    fit(high, ways, problem.flows, down)
    for zone in range(low.size):
        near_low[zone] = min(last_price[zone], high[zone]) if low[zone] < -NEAR else low[zone]
        high[zone] = max(last_price[zone], low[zone]) if high[zone] > NEAR else high[zone]
    fit(near_low, ways, problem.flows, down)
    fit(high, ways, problem.flows, up)
    for zone in range(low.size):
        low[zone], near_low[zone], high[zone] = max(low[zone], 1), max(near_low[zone], 1), max(high[zone], 1)


@inlined
def bind_orders(problem: Problem, floor: IntArray, ceiling: IntArray) -> None:
    """Set prices between which each zone's own orders are content with what they got."""
    sums, zones = problem.sums, problem.zones
    for zone in range(floor.size):
        floor[zone], ceiling[zone] = -FAR, FAR
        begin, end = problem.start[zone] + zone, problem.start[zone + 1] + zone
        sold = zones[SOLD, zone]
        idle_bids = zones[EXPORT, zone] - sold - sums[SUPPLY, begin]  # bids fill from the top: idle ones lie lowest
        bids, asks = 0, 0
        for step in range(begin, end):
            more_asks = sums[ASKS, step + 1] - sums[ASKS, step]
            more_bids = sums[SUPPLY, step + 1] - sums[SUPPLY, step] - more_asks
            limit = problem.rows[LIMIT, step - zone]
            if (more_asks > 0 and asks < sold) or (more_bids > 0 and bids < idle_bids):
                floor[zone] = limit  # a filled ask or an idle bid; limits ascend, the last one counts
            asks, bids = asks + more_asks, bids + more_bids
            if (more_asks > 0 and asks > sold) or (more_bids > 0 and bids > idle_bids):
                ceiling[zone] = min(ceiling[zone], limit)  # an idle ask or a filled bid


@compiled
def fit(price: IntArray, ways: IntArray, flows: IntArray, sign: int) -> None:
    """Raise prices (sign 1) or lower them (-1), no more than needed, until the flows are optimal on every link."""
    for _ in range(price.size):  # as many rounds as there are zones bring it from any zone to any other
        changed = False
        for link in range(ways.shape[1]):
            origin, destination, flow = ways[ORIGIN, link], ways[DESTINATION, link], flows[FLOW, link]
            profit = price[destination] - price[origin] - ways[COST, link]
            if profit > 0 and flow < ways[CAPACITY, link]:
                price[origin if sign > 0 else destination] += sign * profit
                changed = True
            elif profit < 0 and flow > 0:
                price[destination if sign > 0 else origin] -= sign * profit
                changed = True
        if not changed:
            break


@inlined
def set_price(low: IntArray, high: IntArray, last_price: IntArray, price: IntArray) -> None:
    """Set prices to floor(low + theta * (high - low)), theta in [0, 1] being the best fit to last week's prices.

    The mixture is optimal too. A condition on prices reads p[j] <= p[i] + c, or p[i] <= c, with a whole c. It
    holds for low and for high, so for their mixture with one theta, and floor(x + c) = floor(x) + c keeps it.
    Theta is a whole number of 2**-THETA_BITS, so the mixture is exact; it is rounded up, so that an optimal
    last price of a single zone comes back to the tick.
    """
    along, across = 0.0, 0.0
    for zone in range(low.size):
        width = float(high[zone] - low[zone])
        along += float(last_price[zone] - low[zone]) * width
        across += width * width
    share = 0.0 if across == 0.0 else min(max(along / across, 0.0), 1.0)
    theta = int(np.ceil(share * 2.0**THETA_BITS))
    for zone in range(low.size):
        price[zone] = low[zone] + ((high[zone] - low[zone]) * theta >> THETA_BITS)
