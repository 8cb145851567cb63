"""The price of licences that several materials share (used by `clear`; ODD: Market).

The licence price is added to the cost of every gate link. The dual of a pool is convex in it, and where it is least
the licences offered equal the licences used. At one licence price each book has a least and a greatest use of
licences over all its optimal flows. They are the slopes of its dual above and below that price, so one solution a
book tells whether a price is the one looked for, and if not, on which side that lies.
"""

from typing import NamedTuple

from market_abm.auction.ladder import find_step, gains
from market_abm.auction.network import Network, State
from market_abm.auction.orders import GREATEST_PRICE
from market_abm.auction.search import Problem, find_prices
from market_abm.core.compiled import compiled
from market_abm.core.units import IntArray


class Offers(NamedTuple):
    """Offers of licences: reservation prices [ticks per kg], sizes [g] and numbers of who offers, and last price."""

    limit: IntArray
    quantity: IntArray
    number: IntArray
    last_price: int


@compiled
def offered(offers: Offers, price: int) -> int:
    """Licences on offer at a price [g]."""
    grams = 0
    for row in range(offers.limit.size):
        if offers.limit[row] <= price:
            grams += offers.quantity[row]
    return grams


@compiled
def use_licences(book: Problem, price: int) -> tuple[int, int]:
    """Least and greatest use of licences at a licence price, which is solved anew from the prices as they stand.

    At price 0 the greatest use is not told (it is the least), as goods could circle through the gate for nothing.
    """
    network, state, gate = book.network, book.state, book.network.cost.size - 1
    if book.ladder.traded == 0:
        return 0, 0
    exporter, behind = network.origin[gate], network.destination[gate]
    network.cost[gate] = price
    state.price[behind] = state.price[exporter] + price
    find_prices(book)
    if state.upper[gate] == 0:
        return 0, 0
    state.lower[gate] = state.upper[gate] = state.flow[gate]
    more = reroute(network, state, behind, exporter, network.capacity[gate]) if price > 0 else 0
    most = state.flow[gate] + more
    least = most - reroute(network, state, exporter, behind, most)
    state.flow[gate] = least
    return least, most


@compiled
def reroute(network: Network, state: State, start: int, end: int, limit: int) -> int:
    """Send as much as possible, up to a limit, from one node to another, and return it.

    Goods may be sold in one zone, and as many bought in another, as far as both are content at their prices.
    """
    export, flow, came_by, queue = state.export, state.flow, state.came_by, state.queue
    unseen, root, market = -flow.size - 1, flow.size + 1, flow.size + 2
    sent = 0
    while sent < limit:
        came_by[:] = unseen
        came_by[start], queue[0] = root, start
        head, tail, seller = 0, 1, -1
        while head < tail and came_by[end] == unseen:
            here = queue[head]
            head += 1
            for place in range(network.first[here], network.first[here + 1]):
                label = network.arc[place]
                if label < 0:
                    link = -label - 1
                    if flow[link] <= state.lower[link]:
                        continue
                    there = network.origin[link]
                else:
                    if flow[label] >= state.upper[label]:
                        continue
                    there = network.destination[label]
                if came_by[there] == unseen:
                    came_by[there] = label
                    queue[tail] = there
                    tail += 1
            if seller < 0 and export[here] > state.least[here]:
                seller = here
                for zone in range(export.size):
                    if came_by[zone] == unseen and export[zone] < state.most[zone]:
                        came_by[zone] = market
                        queue[tail] = zone
                        tail += 1
        if came_by[end] == unseen:
            break
        amount, zone = limit - sent, end
        while came_by[zone] != root:
            label = came_by[zone]
            if label == market:
                amount = min(amount, state.most[zone] - export[zone], export[seller] - state.least[seller])
                zone = seller
            elif label >= 0:
                amount, zone = min(amount, state.upper[label] - flow[label]), network.origin[label]
            else:
                amount, zone = min(amount, flow[-label - 1] - state.lower[-label - 1]), network.destination[-label - 1]
        zone = end
        while came_by[zone] != root:
            label = came_by[zone]
            if label == market:
                export[zone] += amount
                export[seller] -= amount
                zone = seller
            elif label >= 0:
                flow[label] += amount
                zone = network.origin[label]
            else:
                flow[-label - 1] -= amount
                zone = network.destination[-label - 1]
        sent += amount
    return sent


@compiled
def find_licence_price(books: list[Problem], offers: Offers, least: IntArray, most: IntArray) -> tuple[int, int]:
    """Find the licence price at which the pool's dual is least, the nearest to last week's.

    Sets `least` and `most` to the use of each book at it; at price 0 only `least`.

    Returns
    -------
    The price [ticks per kg], and how many prices were tried.
    """
    last = offers.last_price
    price, tried, fall, stride, width = last, 0, -1.0, 1 + last // 8, 0
    left, right, left_use, right_use = -1, 2 * GREATEST_PRICE + 1, -1, -1
    left_dual, right_dual, old_price, old_use = 0, 0, 0, 0
    while True:
        dual = use_all(books, price, least, most)
        tried += 1
        above, below = offered(offers, price) - least.sum(), offered(offers, price - 1) - most.sum()
        if above < 0 or (above == 0 and price < last):
            use = least.sum()
            left, left_use, left_dual = price, use, dual
        elif price > 0 and (below > 0 or (below == 0 and price > last)):
            use = most.sum()
            right, right_use, right_dual = price, use, dual
        else:
            return price, tried
        if tried == 1:
            fall = response(books)
        elif (old_use - use) * (price - old_price) > 0:
            fall = (old_use - use) / (price - old_price)
        old_price, old_use = price, use
        guess = crossing(offers, left, right, price, use, fall)
        if left_use < 0 or right_use < 0:
            guess = min(max(guess, price - stride), price + stride)
            stride *= 4
        elif 2 * (right - left) > width and width > 0:
            guess, width = (left + right) // 2, 0
        elif tried % 2 == 0 and left_use > right_use:
            corner = left + int((left_dual - right_dual - right_use * (right - left)) / (left_use - right_use))
            guess = min(
                crossing(offers, left, right, left, left_use, 0.0),
                max(corner, crossing(offers, left, right, right, right_use, 0.0)),
            )
            width = right - left
        price = min(max(guess, left + 1), right - 1)


@compiled
def use_all(books: list[Problem], price: int, least: IntArray, most: IntArray) -> int:
    """Set the least and greatest use of licences of each book at a price; return their dual value together."""
    dual = 0
    for row in range(len(books)):
        least[row], most[row] = use_licences(books[row], price)
        dual += dual_value(books[row])
    return dual


@compiled
def dual_value(book: Problem) -> int:
    """Gains of the orders and links of a book at its prices [micro-US$]."""
    price, network = book.state.price, book.network
    value = gains(book.ladder, price)
    for link in range(network.cost.size):
        profit = price[network.destination[link]] - price[network.origin[link]] - network.cost[link]
        value += max(profit, 0) * network.capacity[link]
    return value


@compiled
def response(books: list[Problem]) -> float:
    """By how much the use of licences falls for each tick of their price, as a first guess [g per tick]."""
    fall = 0.0
    for book in books:
        ladder, price = book.ladder, book.state.price
        exporter, inside, outside = book.network.origin[-1], 0.0, 0.0
        for zone in range(price.size - 1):
            reach = 1 + price[zone] // 32
            grams = ladder.supply[find_step(ladder, zone, price[zone] + reach)]
            grams -= ladder.supply[find_step(ladder, zone, price[zone] - reach)]
            if zone == exporter:
                inside += grams / (2 * reach)
            else:
                outside += grams / (2 * reach)
        if inside > 0.0 and outside > 0.0:
            fall += 1.0 / (1.0 / inside + 1.0 / outside)
    return fall


@compiled
def crossing(offers: Offers, left: int, right: int, price: int, use: int, fall: float) -> int:
    """First price between two at which offers cover the use, if that falls evenly from its value at a price."""
    below, above = left, right
    while above - below > 1:
        middle = below + (above - below) // 2
        if offered(offers, middle) >= use - fall * (middle - price):
            above = middle
        else:
            below = middle
    return above
