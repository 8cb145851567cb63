"""Compiled arithmetic of the coupled auction: exact integers, no tolerance (used by `auction`; ODD: Market).

The prices of a network of zones minimise a convex function of one variable a zone, so the search does not
grow with the number of orders: once they are sorted, a zone is a curve that is looked up by bisection. At
given prices goods are sent along links that pay their cost exactly. Where a set of zones is left with too
much or too little, that set is a cut, and its prices move together by one step. Steps start large and are
halved down to one tick; when nothing is left over at steps of one tick, flows and prices are optimal.
"""

from typing import NamedTuple

import numpy as np

from market_abm.compiled import compiled
from market_abm.units import BoolArray, IntArray

FAR = 2**60  # beyond every price: a bound that does not exist
NEAR = 2**50  # a computed bound beyond this is FAR less some costs: it does not exist either
THETA_BITS = 30  # theta is a whole number of 2**-30, so that low + theta * (high - low) is exact


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
def bad_order(zone: IntArray, limit: IntArray, quantity: IntArray, zones: int, least: int, greatest: int) -> int:
    """First row that cannot be cleared, or -1."""
    for row in range(zone.size):
        if not (0 <= zone[row] < zones and least <= limit[row] <= greatest and quantity[row] >= 0):
            return row
    return -1


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
