"""The proof of a clearing: fills and flows are feasible, and worth as much as their dual (used by `clear`)."""

import numpy as np

from market_abm.auction.network import Network
from market_abm.auction.records import PROVED, UNPROVED_BOOK, Verdict, Week
from market_abm.core.compiled import compiled
from market_abm.core.units import IntArray


@compiled
def prove(
    week: Week, material: int, source: IntArray, fill: IntArray, network: Network, flow: IntArray, price: IntArray
) -> Verdict:
    """Whether fills and flows are within limits and balance, their welfare, and the dual at the prices.

    No allocation has a greater welfare than the dual, whatever the prices; where the two are equal both are
    optimal. Reads the orders themselves; `fill` belongs to those listed in `source`, and the others, which get
    nothing, must be for nothing.
    """
    bids, asks, bid_count = week.bids, week.asks, week.bids.zone.size
    wanted = bids.quantity[material].sum() + asks.quantity[material].sum()
    feasible, welfare, dual = True, 0, 0
    balance = np.zeros(price.size, np.int64)
    for row in range(source.size):
        at = source[row]
        if at < bid_count:
            zone, limit, quantity, sign = bids.zone[at], bids.limit[material, at], bids.quantity[material, at], 1
        else:
            at -= bid_count
            zone, limit, quantity, sign = asks.zone[at], asks.limit[material, at], asks.quantity[material, at], -1
        wanted -= quantity
        feasible &= 0 <= fill[row] <= quantity
        balance[zone] += sign * fill[row]
        welfare += sign * limit * fill[row]
        dual += max(sign * (limit - price[zone]), 0) * quantity
    for link in range(flow.size):
        origin, destination = network.origin[link], network.destination[link]
        feasible &= 0 <= flow[link] <= network.capacity[link]
        balance[origin] += flow[link]
        balance[destination] -= flow[link]
        welfare -= network.cost[link] * flow[link]
        dual += max(price[destination] - price[origin] - network.cost[link], 0) * network.capacity[link]
    feasible &= wanted == 0 and not balance.any()
    code = PROVED if feasible and welfare == dual else UNPROVED_BOOK
    return Verdict(code, material, feasible, welfare, dual)
