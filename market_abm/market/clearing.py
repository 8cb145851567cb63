"""Compiled arithmetic of the coupled auction: exact integers, no tolerance (used by `auction`; ODD: Market).

The prices of a network of zones minimise a convex function of one variable a zone, so the search does not
grow with the number of orders: once they are sorted, a zone is a curve that is looked up by bisection. At
given prices goods are sent along links that pay their cost exactly. Where a set of zones is left with too
much or too little, that set is a cut, and its prices move together by one step. Steps start large and are
halved down to one tick; when nothing is left over at steps of one tick, flows and prices are optimal.
"""

from typing import NamedTuple

import numpy as np

from market_abm.core.compiled import compiled
from market_abm.core.units import BoolArray, IntArray


class Ladder(NamedTuple):
    """Orders sorted by zone, limit and side (bids first), with running sums one longer than the orders."""

    start: IntArray  # first row of each zone, and the end
    limit: IntArray
    both: IntArray  # grams of bids and asks before a row
    asks: IntArray  # grams of asks before a row
    bid_value: IntArray  # grams times limit before a row
    ask_value: IntArray


class Network(NamedTuple):
    """Links that can carry something; capacities no larger than needed, so that sums cannot overflow."""

    origin: IntArray
    destination: IntArray
    cost: IntArray
    capacity: IntArray


@compiled
def build_ladder(order: IntArray, bids: int, zone: IntArray, limit: IntArray, quantity: IntArray, zones: int) -> Ladder:
    """Put orders (`bids` rows of bids, then asks) into sorted columns and sum them up."""
    rows = order.size
    start = np.zeros(zones + 1, np.int64)
    sorted_limit = np.empty(rows, np.int64)
    both, asks = np.zeros(rows + 1, np.int64), np.zeros(rows + 1, np.int64)
    bid_value, ask_value = np.zeros(rows + 1, np.int64), np.zeros(rows + 1, np.int64)
    for row in range(rows):
        source = order[row]
        grams, is_ask = quantity[source], source >= bids
        start[zone[source] + 1] += 1
        sorted_limit[row] = limit[source]
        both[row + 1] = both[row] + grams
        asks[row + 1] = asks[row] + (grams if is_ask else 0)
        bid_value[row + 1] = bid_value[row] + (0 if is_ask else grams * limit[source])
        ask_value[row + 1] = ask_value[row] + (grams * limit[source] if is_ask else 0)
    return Ladder(np.cumsum(start), sorted_limit, both, asks, bid_value, ask_value)


@compiled
def first_row(ladder: Ladder, zone: int, price: int) -> int:
    """First row of a zone whose limit is not below a price."""
    left: int = ladder.start[zone]
    right: int = ladder.start[zone + 1]
    while left < right:
        middle = (left + right) // 2
        if ladder.limit[middle] < price:
            left = middle + 1
        else:
            right = middle
    return left


@compiled
def net_supply(ladder: Ladder, zone: int, price: int) -> int:
    """Asks below a price less bids at or above it: every row below counts up from minus all bids."""
    begin, end = ladder.start[zone], ladder.start[zone + 1]
    all_bids = ladder.both[end] - ladder.both[begin] - ladder.asks[end] + ladder.asks[begin]
    below: int = ladder.both[first_row(ladder, zone, price)] - ladder.both[begin]
    supply: int = below - all_bids
    return supply


@compiled
def push(
    target: IntArray, export: IntArray, network: Network, lower: IntArray, upper: IntArray, flow: IntArray
) -> BoolArray:
    """Send goods from zones that export less than `target` to those that export more, until no way is left.

    Changes `export` and `flow`; returns which zones the senders still reach. Shortest ways first, then the
    lowest link; undoing a flow comes before a new one, so that goods do not pass each other on the road.
    """
    zones, links = export.size, flow.size
    unseen, root = -links - 1, links + 1
    came_by, queue = np.empty(zones, np.int64), np.empty(zones, np.int64)
    while True:
        head, tail, found = 0, 0, -1
        for zone in range(zones):
            came_by[zone] = unseen
            if export[zone] < target[zone]:
                came_by[zone] = root
                queue[tail] = zone
                tail += 1
        while head < tail and found < 0:
            here = queue[head]
            head += 1
            for turn in range(2 * links):
                link = turn if turn < links else turn - links
                if turn < links:
                    if network.destination[link] != here or flow[link] <= lower[link]:
                        continue
                    there, label = network.origin[link], -link - 1
                else:
                    if network.origin[link] != here or flow[link] >= upper[link]:
                        continue
                    there, label = network.destination[link], link
                if came_by[there] != unseen:
                    continue
                came_by[there] = label
                queue[tail] = there
                tail += 1
                if export[there] > target[there]:
                    found = there
                    break
        if found < 0:
            reached: BoolArray = came_by != unseen
            return reached
        amount, zone = export[found] - target[found], found
        while came_by[zone] != root:
            label = came_by[zone]
            if label >= 0:
                amount, zone = min(amount, upper[label] - flow[label]), network.origin[label]
            else:
                amount, zone = (
                    min(amount, flow[-label - 1] - lower[-label - 1]),
                    network.destination[-label - 1],
                )
        amount = min(amount, target[zone] - export[zone])
        export[zone] += amount
        export[found] -= amount
        zone = found
        while came_by[zone] != root:
            label = came_by[zone]
            if label >= 0:
                flow[label] += amount
                zone = network.origin[label]
            else:
                flow[-label - 1] -= amount
                zone = network.destination[-label - 1]


@compiled
def allow(network: Network, price: IntArray, step: int, lower: IntArray, upper: IntArray, flow: IntArray) -> IntArray:
    """Set what each link may carry at these prices, fit `flow` into it and return what each zone exports.

    A link that pays more than its cost is full, one that pays less is empty. Costs are rounded down to
    whole steps.
    """
    export = np.zeros(price.size, np.int64)
    for link in range(flow.size):
        origin, destination = network.origin[link], network.destination[link]
        profit = price[destination] - price[origin] - network.cost[link] // step * step
        lower[link] = network.capacity[link] if profit > 0 else 0
        upper[link] = network.capacity[link] if profit >= 0 else 0
        flow[link] = min(max(flow[link], lower[link]), upper[link])
        export[origin] += flow[link]
        export[destination] -= flow[link]
    return export


@compiled
def find_prices(ladder: Ladder, network: Network, price: IntArray, step: int) -> IntArray:
    """Move `price`, a guess, to an optimum; return flows. `step` is a power of two: how far off it may be."""
    zones, links = price.size, network.cost.size
    least, most = np.empty(zones, np.int64), np.empty(zones, np.int64)
    lower, upper, flow = np.zeros(links, np.int64), np.zeros(links, np.int64), np.zeros(links, np.int64)
    price //= step
    price *= step
    while True:
        export = allow(network, price, step, lower, upper, flow)
        for zone in range(zones):
            least[zone] = net_supply(ladder, zone, price[zone])
            most[zone] = net_supply(ladder, zone, price[zone] + step)
        glutted = push(least, export, network, lower, upper, flow)
        if (export < least).any():
            price[glutted] -= step
            continue
        supplied = push(most, export, network, lower, upper, flow)
        if (export > most).any():
            price[~supplied] += step
        elif step == 1:
            return flow
        else:
            step //= 2


@compiled
def route(
    ladder: Ladder, network: Network, price: IntArray, fixed: int, amount: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Find flows, purchases and sales at optimal prices, with the greatest volume that welfare allows.

    Depends on nothing but prices and orders. Link `fixed` carries exactly `amount`; -1 fixes none.
    """
    zones, links = price.size, network.cost.size
    lower, upper, flow = np.zeros(links, np.int64), np.zeros(links, np.int64), np.zeros(links, np.int64)
    export = allow(network, price, 1, lower, upper, flow)
    if fixed >= 0:
        export[network.origin[fixed]] += amount - flow[fixed]
        export[network.destination[fixed]] -= amount - flow[fixed]
        lower[fixed], upper[fixed], flow[fixed] = amount, amount, amount
    least, most = np.empty(zones, np.int64), np.empty(zones, np.int64)
    buyers, sellers = np.empty(zones, np.int64), np.empty(zones, np.int64)
    for zone in range(zones):
        least[zone] = net_supply(ladder, zone, price[zone])
        most[zone] = net_supply(ladder, zone, price[zone] + 1)
        begin, end = ladder.start[zone], ladder.start[zone + 1]
        sellers[zone] = ladder.asks[first_row(ladder, zone, price[zone] + 1)] - ladder.asks[begin]
        row = first_row(ladder, zone, price[zone])
        buyers[zone] = ladder.both[end] - ladder.both[row] - ladder.asks[end] + ladder.asks[row]
    push(least, export, network, lower, upper, flow)
    push(most, export, network, lower, upper, flow)
    push(sellers - buyers, export, network, lower, upper, flow)  # trades without gain, as many as possible
    cancel_circles(network, flow)
    sold = np.minimum(sellers, buyers + export)
    return flow, sold - export, sold


@compiled
def cancel_circles(network: Network, flow: IntArray) -> None:
    """Take out goods that travel in a circle, which only links without cost allow."""
    free = np.where(network.cost == 0, flow, 0)
    nothing = np.zeros(flow.size, np.int64)
    zones = 1 + max(network.origin.max(), network.destination.max()) if flow.size else 0
    for link in range(flow.size):
        if free[link] == 0:
            continue
        # Send the link's goods on along free flows, as far as they lead back to where it starts.
        export, target = np.zeros(zones, np.int64), np.zeros(zones, np.int64)
        back, used = free.copy(), np.zeros(flow.size, np.int64)
        back[link] = 0
        target[network.destination[link]] = free[link]
        export[network.origin[link]] = free[link]
        push(target, export, network, nothing, back, used)
        circling = export[network.destination[link]]
        free -= used
        free[link] -= circling
        flow -= used
        flow[link] -= circling
