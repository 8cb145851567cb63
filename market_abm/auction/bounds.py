"""Bounds of the optimal prices, and the one price that is taken between them (used by `clear`)."""

import numpy as np

from market_abm.auction.ladder import Ladder
from market_abm.auction.network import Network
from market_abm.core.compiled import compiled
from market_abm.core.units import IntArray

FAR = 2**60  # beyond every price: a bound that does not exist
NEAR = 2**50  # a computed bound beyond this is FAR less some costs: it does not exist either
THETA_BITS = 30  # theta is a whole number of 2**-30, so that low + theta * (high - low) is exact


@compiled
def price_bounds(
    ladder: Ladder, network: Network, flow: IntArray, bought: IntArray, sold: IntArray, last_price: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Least optimal prices; then least and greatest, sides without bound being closed at last week's price.

    They are the same whatever optimal flows and trades they are read off. Closing them changes no bounded price,
    for a price that binds another is bound by it. Nor does it hurt to raise prices to 1: limits are at least 1, so
    a zone below 1 neither sells nor sends anything.
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
def order_bounds(ladder: Ladder, bought: IntArray, sold: IntArray) -> tuple[IntArray, IntArray]:
    """Prices between which each zone's own orders are content with what they got."""
    zones = bought.size
    floor, ceiling = np.full(zones, -FAR), np.full(zones, FAR)
    for zone in range(zones):
        begin, end = ladder.start[zone] + zone, ladder.start[zone + 1] + zone
        idle_bids = -ladder.supply[begin] - bought[zone]  # bids fill from the top, so the idle ones lie at the bottom
        bids, asks = 0, 0
        for step in range(begin, end):
            more_asks = ladder.asks[step + 1] - ladder.asks[step]
            more_bids = ladder.supply[step + 1] - ladder.supply[step] - more_asks
            limit = ladder.limit[step - zone]
            if (more_asks > 0 and asks < sold[zone]) or (more_bids > 0 and bids < idle_bids):
                floor[zone] = limit  # a filled ask or an idle bid; limits ascend, the last one counts
            asks, bids = asks + more_asks, bids + more_bids
            if (more_asks > 0 and asks > sold[zone]) or (more_bids > 0 and bids > idle_bids):
                ceiling[zone] = min(ceiling[zone], limit)  # an idle ask or a filled bid
    return floor, ceiling


@compiled
def lower_to_fit(price: IntArray, network: Network, flow: IntArray) -> IntArray:
    """Greatest prices not above the given ones that keep the flows optimal on every link."""
    fitted = price.copy()
    for _ in range(price.size):  # as many rounds as there are zones bring it from any zone to any other
        changed = False
        for link in range(flow.size):
            origin, destination, cost = network.origin[link], network.destination[link], network.cost[link]
            if flow[link] < network.capacity[link] and fitted[destination] > fitted[origin] + cost:
                fitted[destination], changed = fitted[origin] + cost, True
            if flow[link] > 0 and fitted[origin] > fitted[destination] - cost:
                fitted[origin], changed = fitted[destination] - cost, True
        if not changed:
            break
    return fitted


@compiled
def raise_to_fit(price: IntArray, network: Network, flow: IntArray) -> IntArray:
    """Least prices not below the given ones that do the same: the mirror image."""
    fitted = price.copy()
    for _ in range(price.size):  # as many rounds as there are zones bring it from any zone to any other
        changed = False
        for link in range(flow.size):
            origin, destination, cost = network.origin[link], network.destination[link], network.cost[link]
            if flow[link] < network.capacity[link] and fitted[origin] < fitted[destination] - cost:
                fitted[origin], changed = fitted[destination] - cost, True
            if flow[link] > 0 and fitted[destination] < fitted[origin] + cost:
                fitted[destination], changed = fitted[origin] + cost, True
        if not changed:
            break
    return fitted


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
