"""The proof of a clearing: fills and flows are feasible, and worth as much as their dual (used by `week`)."""

import numpy as np

from market_abm.auction.problem import CAPACITY, COST, DESTINATION, ORIGIN
from market_abm.auction.records import PROVED, UNPROVED_BOOK, Verdict, Week
from market_abm.core.compiled import inlined
from market_abm.core.units import IntArray


@inlined
def prove(
    week: Week, material: int, source: IntArray, fill: IntArray, ways: IntArray, flow: IntArray, price: IntArray
) -> Verdict:
    """Whether fills and flows are within limits and balance, their welfare, and the dual at the prices.

    No allocation has a greater welfare than the dual, whatever the prices; where the two are equal both are
    optimal. Reads the orders themselves; `fill` belongs to those listed in `source`, and the others, which get
    nothing, must be for nothing.
    """
    bids, asks, bid_count = week.bids, week.asks, week.bids.zone.size
    feasible, welfare, dual, wanted = True, 0, 0, 0
    for row in range(bid_count):
        wanted += bids.quantity[material, row]
    for row in range(asks.zone.size):
        wanted += asks.quantity[material, row]
    balance = np.zeros(price.size, np.int64)
    for row in range(source.size):
        at, sign = source[row], 1
        if at < bid_count:
            zone, limit, quantity = bids.zone[at], bids.limit[material, at], bids.quantity[material, at]
        else:
            at, sign = at - bid_count, -1
            zone, limit, quantity = asks.zone[at], asks.limit[material, at], asks.quantity[material, at]
        wanted -= quantity
        feasible &= 0 <= fill[row] <= quantity
        balance[zone] += sign * fill[row]
        welfare += sign * limit * fill[row]
        dual += max(sign * (limit - price[zone]), 0) * quantity
    for link in range(flow.size):
        origin, destination = ways[ORIGIN, link], ways[DESTINATION, link]
        feasible &= 0 <= flow[link] <= ways[CAPACITY, link]
        balance[origin] += flow[link]
        balance[destination] -= flow[link]
        welfare -= ways[COST, link] * flow[link]
        dual += max(price[destination] - price[origin] - ways[COST, link], 0) * ways[CAPACITY, link]
    for zone in range(price.size):
        feasible &= balance[zone] == 0
    feasible &= wanted == 0
    code = PROVED if feasible and welfare == dual else UNPROVED_BOOK
    return Verdict(code, material, feasible, welfare, dual)
