"""Compiled arithmetic after the search: bounds, the canonical price, fills and the proof (used by `auction`)."""

import numpy as np

from market_abm.core.compiled import compiled
from market_abm.core.units import IntArray
from market_abm.market.clearing import Ladder, Network, first_row, route

FAR = 2**60  # beyond every price: a bound that does not exist
NEAR = 2**50  # a computed bound beyond this is FAR less some costs: it does not exist either
THETA_BITS = 30  # theta is a whole number of 2**-30, so that low + theta * (high - low) is exact


@compiled
def lower_to_fit(price: IntArray, network: Network, flow: IntArray) -> IntArray:
    """Greatest prices not above the given ones that keep the flows optimal on every link."""
    fitted = price.copy()
    for _ in range(price.size):
        for link in range(flow.size):
            origin, destination, cost = network.origin[link], network.destination[link], network.cost[link]
            if flow[link] < network.capacity[link]:
                fitted[destination] = min(fitted[destination], fitted[origin] + cost)
            if flow[link] > 0:
                fitted[origin] = min(fitted[origin], fitted[destination] - cost)
    return fitted


@compiled
def raise_to_fit(price: IntArray, network: Network, flow: IntArray) -> IntArray:
    """Least prices not below the given ones that do the same: the mirror image."""
    mirror = Network(network.destination, network.origin, network.cost, network.capacity)
    fitted: IntArray = -lower_to_fit(-price, mirror, flow)
    return fitted


@compiled
def order_bounds(ladder: Ladder, bought: IntArray, sold: IntArray) -> tuple[IntArray, IntArray]:
    """Prices between which each zone's own orders are content with what they got."""
    zones = bought.size
    floor, ceiling = np.full(zones, -FAR), np.full(zones, FAR)
    for zone in range(zones):
        begin, end = ladder.start[zone], ladder.start[zone + 1]
        all_bids = ladder.both[end] - ladder.both[begin] - ladder.asks[end] + ladder.asks[begin]
        idle_bids = all_bids - bought[zone]  # bids fill from the top, so the idle ones lie at the bottom
        bids, asks = 0, 0
        for row in range(begin, end):
            more_asks = ladder.asks[row + 1] - ladder.asks[row]
            more_bids = ladder.both[row + 1] - ladder.both[row] - more_asks
            if (more_asks > 0 and asks < sold[zone]) or (more_bids > 0 and bids < idle_bids):
                floor[zone] = ladder.limit[row]  # a filled ask or an idle bid; rows ascend, the last one counts
            asks, bids = asks + more_asks, bids + more_bids
            if (more_asks > 0 and asks > sold[zone]) or (more_bids > 0 and bids > idle_bids):
                ceiling[zone] = min(ceiling[zone], ladder.limit[row])  # an idle ask or a filled bid
    return floor, ceiling


@compiled
def price_bounds(
    ladder: Ladder, network: Network, flow: IntArray, bought: IntArray, sold: IntArray, last_price: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Least optimal prices; then least and greatest, sides without bound being closed at last week's price.

    Closing them changes no bounded price, for a price that binds another is bound by it. Nor does it hurt to
    raise prices to 1: limits are at least 1, so a zone below 1 neither sells nor sends anything.
    """
    floor, ceiling = order_bounds(ladder, bought, sold)
    low, high = raise_to_fit(floor, network, flow), lower_to_fit(ceiling, network, flow)
    near_low = np.where(low < -NEAR, np.minimum(last_price, high), low)
    near_high = np.where(high > NEAR, np.maximum(last_price, low), high)
    return (
        np.maximum(low, 1),
        np.maximum(lower_to_fit(near_low, network, flow), 1),
        np.maximum(raise_to_fit(near_high, network, flow), 1),
    )


@compiled
def route_at_least(
    ladder: Ladder, network: Network, price: IntArray, last_price: IntArray, fixed: int, amount: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Find flows, purchases and sales at the least optimal prices, given any optimal ones."""
    flow, bought, sold = route(ladder, network, price, -1, 0)
    low, _, _ = price_bounds(ladder, network, flow, bought, sold, last_price)
    routed: tuple[IntArray, IntArray, IntArray] = route(ladder, network, low, fixed, amount)
    return routed


@compiled
def canonical_price(low: IntArray, high: IntArray, last_price: IntArray) -> IntArray:
    """Mix floor(low + theta * (high - low)), theta in [0, 1] being the best fit to last week's prices.

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
    price = low.copy()
    for zone in range(low.size):
        price[zone] += (high[zone] - low[zone]) * theta >> THETA_BITS
    return price


@compiled
def fill_rows(ladder: Ladder, price: IntArray, bought: IntArray, sold: IntArray) -> tuple[IntArray, IntArray]:
    """Fill sorted rows, and list the ties still to be split as (first row, end row, grams)."""
    fill = np.zeros(ladder.limit.size, np.int64)
    ties, count = np.empty((2 * price.size, 3), np.int64), 0
    for zone in range(price.size):
        begin, end = ladder.start[zone], ladder.start[zone + 1]
        left, right = first_row(ladder, zone, price[zone]), first_row(ladder, zone, price[zone] + 1)
        middle = left
        while middle < right and ladder.asks[middle + 1] == ladder.asks[middle]:
            middle += 1  # of one limit the bids come first; an ask of nothing among them gets nothing
        for row in range(begin, left):
            fill[row] = ladder.asks[row + 1] - ladder.asks[row]
        for row in range(right, end):
            fill[row] = ladder.both[row + 1] - ladder.both[row] - ladder.asks[row + 1] + ladder.asks[row]
        above = ladder.both[end] - ladder.both[right] - ladder.asks[end] + ladder.asks[right]
        below = ladder.asks[left] - ladder.asks[begin]
        tied = ((left, middle, bought[zone] - above), (middle, right, sold[zone] - below))
        for first, stop, amount in tied:
            if amount == ladder.both[stop] - ladder.both[first]:
                for row in range(first, stop):
                    fill[row] = ladder.both[row + 1] - ladder.both[row]
            elif amount != 0:
                ties[count] = first, stop, amount
                count += 1
    return fill, ties[:count]


@compiled
def dual_value(ladder: Ladder, network: Network, price: IntArray) -> int:
    """Gains of orders and links at given prices: no allocation has a greater welfare."""
    value = 0
    for zone in range(price.size):
        begin, end, row = ladder.start[zone], ladder.start[zone + 1], first_row(ladder, zone, price[zone])
        asks = ladder.asks[row] - ladder.asks[begin]
        bids = ladder.both[end] - ladder.both[row] - ladder.asks[end] + ladder.asks[row]
        value += price[zone] * (asks - bids)
        value += ladder.bid_value[end] - ladder.bid_value[row]
        value -= ladder.ask_value[row] - ladder.ask_value[begin]
    for link in range(network.cost.size):
        gain = price[network.destination[link]] - price[network.origin[link]] - network.cost[link]
        value += max(gain, 0) * network.capacity[link]
    return value


@compiled
def prove(
    bids: int,
    zone: IntArray,
    limit: IntArray,
    quantity: IntArray,
    fill: IntArray,
    network: Network,
    flow: IntArray,
    price: IntArray,
) -> tuple[bool, int, int]:
    """Whether fills and flows are within limits and balance, their welfare, and the dual at the prices."""
    feasible, welfare, dual = True, 0, 0
    balance = np.zeros(price.size, np.int64)
    for row in range(zone.size):
        sign = 1 if row < bids else -1
        feasible &= 0 <= fill[row] <= quantity[row]
        balance[zone[row]] += sign * fill[row]
        welfare += sign * limit[row] * fill[row]
        dual += max(sign * (limit[row] - price[zone[row]]), 0) * quantity[row]
    for link in range(flow.size):
        origin, destination = network.origin[link], network.destination[link]
        feasible &= 0 <= flow[link] <= network.capacity[link]
        balance[origin] += flow[link]
        balance[destination] -= flow[link]
        welfare -= network.cost[link] * flow[link]
        dual += max(price[destination] - price[origin] - network.cost[link], 0) * network.capacity[link]
    return feasible and not balance.any(), welfare, dual


@compiled
def share_out(amount: int, quantity: IntArray) -> tuple[IntArray, IntArray]:
    """Whole parts and remainders of amount * quantity / total; bit by bit, as the product needs 128 bits."""
    total = quantity.sum()
    parts, remainders = np.zeros(quantity.size, np.int64), np.zeros(quantity.size, np.int64)
    for row in range(quantity.size):
        part, remainder = 0, 0
        for bit in range(62, -1, -1):
            part, remainder = 2 * part, 2 * remainder
            if amount >> bit & 1:
                remainder += quantity[row]
            while remainder >= total:
                part, remainder = part + 1, remainder - total
        parts[row], remainders[row] = part, remainder
    return parts, remainders


@compiled
def bad_order(zone: IntArray, limit: IntArray, quantity: IntArray, zones: int, least: int, greatest: int) -> int:
    """First row that cannot be cleared, or -1."""
    for row in range(zone.size):
        if not (0 <= zone[row] < zones and least <= limit[row] <= greatest and quantity[row] >= 0):
            return row
    return -1
