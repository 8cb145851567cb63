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


@inlined
def bound_prices(problem: Problem, ways: IntArray, last_price: IntArray, low: IntArray, high: IntArray) -> None:
    """Set least and greatest optimal prices.

    They are the same whatever optimal flows and trades they are read off. Where nothing holds a price from above,
    it is closed at last week's or low. That changes no bounded price, for a price that binds another is bound by
    it. Nor does it hurt to raise prices to 1: limits are at least 1, so a zone below 1 neither sells nor sends
    anything.

    `ways` are the links between the zones of `last_price`; the problem may have a node behind the gate beside them.
    """
    up, down = np.int64(1), np.int64(-1)  # not constants, for each of which numba would compile `fit` anew
    bind_orders(problem, low, high)
    fit(low, ways, problem.flows, up)
    fit(high, ways, problem.flows, down)
    for zone in range(low.size):
        high[zone] = max(last_price[zone], low[zone]) if high[zone] > NEAR else high[zone]
    fit(high, ways, problem.flows, up)
    for zone in range(low.size):
        low[zone], high[zone] = max(low[zone], 1), max(high[zone], 1)


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
def set_price(
    problem: Problem, ways: IntArray, last_price: IntArray, low: IntArray, high: IntArray, price: IntArray
) -> None:
    """Set prices to last week's, put right as little as is needed to make them optimal.

    Optimal prices are those that keep conditions p[j] <= p[i] + c, and bounds in each zone, with whole numbers only.
    So there are greatest ones not above some wanted prices, and least ones not below them; the price is half the sum
    of the two, rounded down. That is optimal too: add up p[j] <= p[i] + c for both, and floor(x + c) = floor(x) + c.
    Zones with orders come first, each wanting last week's price within its own bounds. Then zones without orders want
    last week's price as far as those leave them room.

    Thus an optimal last price comes back to the tick, and what binds nobody (a zone without orders, a link that is too
    dear, zones that are not linked) changes no other price.
    """
    zones, up, down = price.size, np.int64(1), np.int64(-1)
    above, below = np.empty(zones, np.int64), np.empty(zones, np.int64)
    for turn in range(3):  # zones with orders; the room they leave to the others; the others
        for zone in range(zones):
            wants = turn == 2 or problem.start[zone] < problem.start[zone + 1]
            if turn == 0:
                price[zone] = min(max(last_price[zone], low[zone]), high[zone])
            below[zone], above[zone] = price[zone] if wants else FAR, price[zone] if wants else -FAR
        fit(below, ways, problem.flows, down)
        fit(above, ways, problem.flows, up)
        for zone in range(zones):
            if turn == 2 or problem.start[zone] < problem.start[zone + 1]:
                price[zone] = (below[zone] + above[zone]) // 2
            elif turn == 1:
                price[zone] = max(min(max(last_price[zone], above[zone]), below[zone]), 1)
