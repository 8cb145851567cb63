"""The sealed call auction of a material over all zones, and the licence pool over materials (ODD: Market).

All quantities are int64 grams, all prices int64 ticks, so money is int64 micro-US$ and every result is
exact. Each clear proves itself: its welfare equals the value of its dual at the prices returned. The model
calls `clear` and `clear_pool`; `market_abm.market.clearing` holds the compiled arithmetic.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from market_abm.market import clearing
from market_abm.market.clearing import Ladder, Network
from market_abm.units import BoolArray, IntArray

UNLIMITED = 2**62  # g, capacity of a link without a limit
GREATEST_PRICE = 2**32  # ticks (4.3 million US$/kg): keeps the price projection inside int64
GREATEST_QUANTITY = 2**60  # g
GREATEST_VALUE = 2**62  # micro-US$


class CertificateError(ArithmeticError):
    """A clearing is not optimal by its own dual. Always a fault of the program, never of the orders."""


class OrderError(ValueError):
    """Orders, links or books that cannot be cleared."""


@dataclass(frozen=True)
class Orders:
    """One side of one material's book: columns of equal length.

    Attributes
    ----------
    zone : node of each order.
    limit : highest price paid or lowest price taken [ticks], at least 1.
    quantity : size [g], zero allowed.
    number : stable agent number, which decides who gets the odd gram of a tie.
    """

    zone: IntArray
    limit: IntArray
    quantity: IntArray
    number: IntArray

    @classmethod
    def none(cls) -> "Orders":
        """No orders at all."""
        return cls(*(np.zeros(0, np.int64) for _ in range(4)))


@dataclass(frozen=True)
class Links:
    """Directed ways between zones.

    Attributes
    ----------
    origin, destination : nodes.
    cost : everything paid for one kilogram [ticks], never negative.
    capacity : limit [g]; `UNLIMITED` for none, 0 for a closed link.
    """

    origin: IntArray
    destination: IntArray
    cost: IntArray
    capacity: IntArray


@dataclass(frozen=True)
class Clearing:
    """What an auction decided.

    Attributes
    ----------
    bid_fill, ask_fill : bought and sold by each order [g].
    flow : carried by each link [g].
    low, high : least and greatest optimal prices of each zone [ticks]. Where nothing holds a price from
        below, low is 1; where nothing holds it from above, high is last week's price or low.
    price : the price paid in each zone [ticks].
    gap : dual value less welfare [micro-US$], proved to be 0.
    """

    bid_fill: IntArray
    ask_fill: IntArray
    flow: IntArray
    low: IntArray
    high: IntArray
    price: IntArray
    gap: int


@dataclass(frozen=True)
class Book:
    """One material under a joint licence; `gate` lists the links that need one, all from one node."""

    bids: Orders
    asks: Orders
    links: Links
    last_price: IntArray
    gate: IntArray


@dataclass(frozen=True)
class PoolClearing:
    """Books cleared under one licence price.

    Attributes
    ----------
    clearings : one for each book, with the licence price added to the cost of its gate links.
    licence_price : [ticks per kg].
    used : licences used over all books [g].
    offer_fill : licences sold by each offer [g].
    gap : dual value less welfare of the whole pool [micro-US$], proved to be 0.
    """

    clearings: tuple[Clearing, ...]
    licence_price: int
    used: int
    offer_fill: IntArray
    gap: int


def clear(bids: Orders, asks: Orders, links: Links, last_price: IntArray) -> Clearing:
    """Clear one material in all zones at once.

    Maximises the limits of bids filled, less the limits of asks filled, less the cost of flows. Of all such
    results it takes one with the greatest volume. Orders of one zone, side and limit share by largest
    remainder, odd grams going to the lowest agent number. Among routes of equal cost the one with fewest
    links, then the lowest link, goes first. The price is floor(a + theta * (b - a)): a and b are the least
    and greatest optimal prices, a side without bound being closed at last week's price, and one theta for
    all zones is the best fit to last week's prices.

    Parameters
    ----------
    bids, asks : the book, listed in any order.
    links : ways between zones.
    last_price : last week's price of each node; its length is the number of nodes [ticks].

    Returns
    -------
    Clearing, with one fill an order, one flow a link and one price a node.

    Raises
    ------
    OrderError
        If a column is malformed or the book is too large for int64.
    CertificateError
        If the result fails its own proof.
    """
    book = _Prepared(bids, asks, links, last_price)
    prices = book.start.copy()
    clearing.find_prices(book.ladder, book.network, prices, book.step)
    return book.finish(links, last_price.size, *book.route(prices))


def clear_pool(books: Sequence[Book], offers: Orders, last_licence_price: int) -> PoolClearing:
    """Clear several materials that share licences, at one licence price.

    The licence price is added to the cost of every gate link. The pool's dual is convex in it, and where it
    is least the licences offered equal the licences used. Of several such prices the one nearest to last
    week's is taken; at it the pool uses as many licences as it can, and books at the margin share by largest
    remainder. Without offers nothing passes the gates, at the price nearest to last week's at which nobody
    wants to.

    Parameters
    ----------
    books : one for each material.
    offers : licences on offer: `limit` is the reservation price [ticks per kg, 0 allowed], `zone` is not read.
    last_licence_price : last week's [ticks per kg].

    Raises
    ------
    OrderError, CertificateError
        As `clear`; also if the gate links of one book start in different zones.
    """
    _check("offers", replace(offers, zone=np.zeros_like(offers.limit)), 1, least=0)
    pool = _Pool(books, offers, last_licence_price)
    price = pool.best_price()
    least, most = pool.use_between(price)
    spread = np.array(most, np.int64) - np.array(least, np.int64)
    more = split(min(sum(most), pool.offered(price)) - sum(least), spread, np.arange(len(books)))
    clearings = tuple(pool.settle(index, price, least[index] + int(part)) for index, part in enumerate(more))
    used = sum(int(result.flow[book.gate].sum()) for book, result in zip(books, clearings, strict=True))
    fill = np.where(offers.limit < price, offers.quantity, 0)
    margin = np.flatnonzero(offers.limit == price)
    fill[margin] = split(used - int(fill.sum()), offers.quantity[margin], offers.number[margin])
    # Clearings prove themselves at the licence price; what is left is the licence market.
    gain = np.maximum(price - offers.limit, 0) * offers.quantity - (price - offers.limit) * fill
    gap = int(gain.sum()) + price * (int(fill.sum()) - used) + sum(result.gap for result in clearings)
    if gap or (fill < 0).any() or (fill > offers.quantity).any():
        raise CertificateError(f"Licence pool: dual less welfare is {gap:,} micro-US$ at {price:,} ticks.")
    return PoolClearing(clearings, price, used, fill, gap)


def split(amount: int, quantity: IntArray, number: IntArray) -> IntArray:
    """Split grams in proportion to `quantity` by largest remainder, ties to the lowest agent number."""
    if quantity.size < 2 or amount == 0:
        return np.full(quantity.size, amount, np.int64)
    parts: IntArray
    parts, remainders = clearing.share_out(amount, quantity)
    odd = amount - int(parts.sum())
    parts[np.lexsort((-quantity, number, -remainders))[:odd]] += 1
    return parts


class _Prepared:
    """A book sorted once, however often it is solved."""

    def __init__(self, bids: Orders, asks: Orders, links: Links, last_price: IntArray) -> None:
        zones = last_price.size
        bid_total, ask_total = _check("bids", bids, zones), _check("asks", asks, zones)
        _check_links(links, last_price)
        self.last_price = np.array(last_price)
        self.zone = zone = np.concatenate((bids.zone, asks.zone))
        self.limit = limit = np.concatenate((bids.limit, asks.limit))
        self.quantity = quantity = np.concatenate((bids.quantity, asks.quantity))
        self.number = np.concatenate((bids.number, asks.number))
        self.bids = bids.zone.size
        rows, bottom, top = zone.size, int(limit.min(initial=GREATEST_PRICE)), int(limit.max(initial=0))
        if (bid_total + ask_total) * top > GREATEST_VALUE:
            raise OrderError(
                f"Orders: {bid_total + ask_total:,} g at up to {top:,} ticks are worth more than"
                f" {GREATEST_VALUE:,} micro-US$, which int64 cannot add up. Use fewer grams or lower limits."
            )
        span = max(top - bottom, 0) + 1
        if zones * span * 2 * max(rows, 1) < 2**63:  # packed keys sort ten times faster than a lexsort
            key = zone * span
            key += limit
            key -= bottom
            key *= 2
            key[self.bids :] += 1
            key *= rows
            key += np.arange(rows)
            key.sort()
            key %= max(rows, 1)
            self.order = key
        else:
            self.order = np.lexsort((np.arange(rows) >= self.bids, limit, zone))
        self.ladder: Ladder = clearing.build_ladder(self.order, self.bids, zone, limit, quantity, zones)
        self.most_traded = min(bid_total, ask_total)
        self.live, self.network = _network(links, self.most_traded)
        self.start = np.clip(self.last_price, bottom, top) if rows else self.last_price.copy()
        self.step = 1 << max(span.bit_length() - 3, 0)

    def route(self, prices: IntArray, fixed: int = -1, amount: int = 0) -> tuple[IntArray, IntArray, IntArray]:
        """Flows, purchases and sales at the least optimal prices, given any optimal ones."""
        first = clearing.route(self.ladder, self.network, prices, -1, 0)
        low, _, _ = clearing.price_bounds(self.ladder, self.network, *first, self.last_price)
        live_flow, bought, sold = clearing.route(self.ladder, self.network, low, fixed, amount)
        flow = np.zeros(self.live.size, np.int64)
        flow[self.live] = live_flow
        return flow, bought, sold

    def finish(self, links: Links, zones: int, flow: IntArray, bought: IntArray, sold: IntArray) -> Clearing:
        """Prices, fills and proof of flows on `links`."""
        last_price = self.last_price[:zones]
        live, network = _network(links, self.most_traded)
        bounds = clearing.price_bounds(self.ladder, network, flow[live], bought, sold, last_price)
        low, near_low, high = bounds
        price = clearing.canonical_price(near_low, high, last_price)
        sorted_fill, ties = clearing.fill_rows(self.ladder, price, bought, sold)
        fill = np.empty_like(sorted_fill)
        fill[self.order] = sorted_fill
        for begin, end, amount in ties:
            rows = self.order[begin:end]
            fill[rows] = split(amount, self.quantity[rows], self.number[rows])
        columns = (self.zone, self.limit, self.quantity, fill)
        feasible, welfare, dual = clearing.prove(self.bids, *columns, network, flow[live], price)
        if not feasible or welfare != dual:
            raise CertificateError(
                f"Auction: welfare is {welfare:,}, its dual {dual:,} micro-US$"
                f"{'' if feasible else ', and fills and flows do not balance'}. Please report the orders."
            )
        return Clearing(fill[: self.bids], fill[self.bids :], flow, low, high, price, int(dual - welfare))


def _network(links: Links, most_traded: int) -> tuple[BoolArray, Network]:
    """Which links can carry anything, and those links.

    No flow exceeds what is traded, so a capacity of one gram more is as good as none. Costs beyond every
    price are cut to a size that additions cannot overflow.
    """
    live = (links.capacity > 0) & (links.origin != links.destination)
    cost = np.minimum(links.cost[live], 2 * GREATEST_PRICE)
    capacity = np.minimum(links.capacity[live], most_traded + 1)
    return live, Network(links.origin[live], links.destination[live], cost, capacity)


def _check(side: str, orders: Orders, zones: int, least: int = 1) -> int:
    """Refuse columns the kernels could not read; return the sum of quantities."""
    columns = (orders.zone, orders.limit, orders.quantity, orders.number)
    if any(column.dtype != np.int64 or column.shape != orders.zone.shape for column in columns):
        raise OrderError(f"{side}: zone, limit, quantity and number must be int64 columns of one length.")
    row = clearing.bad_order(orders.zone, orders.limit, orders.quantity, zones, least, GREATEST_PRICE)
    if row >= 0:
        raise OrderError(
            f"{side}[{row}]: zone {orders.zone[row]}, limit {orders.limit[row]:,} ticks, quantity"
            f" {orders.quantity[row]:,} g. Zones run from 0 to {zones - 1}, limits from {least} to"
            f" {GREATEST_PRICE:,} ticks; quantities are not negative."
        )
    if float(orders.quantity.sum(dtype=np.float64)) > GREATEST_QUANTITY:
        raise OrderError(f"{side}: more than {GREATEST_QUANTITY:,} g in all. Use fewer grams.")
    return int(orders.quantity.sum())


def _check_links(links: Links, last_price: IntArray) -> None:
    """Refuse links the kernels could not read."""
    columns = (links.origin, links.destination, links.cost, links.capacity)
    if any(column.dtype != np.int64 or column.shape != links.origin.shape for column in columns):
        raise OrderError("links: origin, destination, cost and capacity must be int64 columns of one length.")
    if last_price.dtype != np.int64 or (last_price < 0).any() or (last_price > GREATEST_PRICE).any():
        raise OrderError(f"last_price: must be int64 between 0 and {GREATEST_PRICE:,} ticks.")
    if not links.cost.size:
        return
    ends = np.concatenate((links.origin, links.destination))
    if ends.min() < 0 or ends.max() >= last_price.size:
        raise OrderError(f"links: nodes run from 0 to {last_price.size - 1}.")
    if links.cost.min() < 0 or links.capacity.min() < 0:
        raise OrderError("links: costs and capacities are not negative.")


class _Pool:
    """Books with a node behind each gate, so that all licensed flow of a book is that of its last link."""

    def __init__(self, books: Sequence[Book], offers: Orders, last_licence_price: int) -> None:
        self.books, self.offers, self.last = books, offers, max(int(last_licence_price), 0)
        self.ready: list[_Prepared] = []
        for book in books:
            zones = book.last_price.size
            exporters = np.unique(book.links.origin[book.gate])
            if exporters.size > 1:
                raise OrderError(f"Gate links start in nodes {exporters.tolist()}; a pool has one exporter.")
            exporter = exporters if exporters.size else np.zeros(1, np.int64)
            origin = book.links.origin.copy()
            origin[book.gate] = zones
            links = Links(
                np.append(origin, exporter),
                np.append(book.links.destination, zones),
                np.append(book.links.cost, 0),
                np.append(book.links.capacity, UNLIMITED),
            )
            behind = np.minimum(book.last_price[exporter] + self.last, GREATEST_PRICE)
            self.ready.append(_Prepared(book.bids, book.asks, links, np.append(book.last_price, behind)))
        self.solved: dict[int, tuple[list[int], list[IntArray], int]] = {}

    def solve(self, price: int) -> tuple[list[int], list[IntArray], int]:
        """Dual value and prices of each book at a licence price, and the licences they use together."""
        if price not in self.solved:
            # Start from the nearest licence price solved before.
            near = min(self.solved, key=lambda known: abs(known - price), default=None)
            duals, prices, used = [], [], 0
            for index, book in enumerate(self.ready):
                book.network.cost[-1] = price
                guess, step = book.start.copy(), book.step
                if near is not None:
                    guess = self.solved[near][1][index].copy()
                    step = 1 << (abs(price - near).bit_length() - 1)
                used += int(clearing.find_prices(book.ladder, book.network, guess, step)[-1])
                duals.append(int(clearing.dual_value(book.ladder, book.network, guess)))
                prices.append(guess)
            self.solved[price] = duals, prices, used
        return self.solved[price]

    def offered(self, price: int) -> int:
        """Licences on offer at a price."""
        return int(self.offers.quantity[self.offers.limit <= price].sum())

    def slope(self, price: int) -> int:
        """How fast the pool's dual rises just above a price: licences on offer less the least use."""
        return self.offered(price) + sum(self.solve(price + 1)[0]) - sum(self.solve(price)[0])

    def surplus(self, price: int) -> int:
        """Licences on offer less some use at a price above 0: between the slopes below and above it."""
        return self.offered(price) - self.solve(price)[2]

    def best_price(self) -> int:
        """Price at which the pool's dual is least, the nearest to last week's."""
        rising = self.slope(self.last) >= 0
        if rising and (self.last == 0 or self.slope(self.last - 1) <= 0):
            return self.last
        # Downwards look for the first price with a slope above 0, upwards for one of at least 0. It lies above
        # `left` and not above `right`; the unknown one of them is sought in growing strides from last week's.
        least = 1 if rising else 0
        left, right = (-1, self.last - 1) if rising else (self.last, 2 * GREATEST_PRICE)
        below, above = -1, 1
        stride, bracketed, halve = 1 + self.last // 32, False, False
        while right - left > 1:
            guess = (left + right) // 2
            if not bracketed:
                guess = right - stride if rising else left + stride
                stride *= 4
            elif not halve:  # false position, in turn with halving, which bounds the number of turns
                guess = left + (right - left) * (least - below) // max(above - below, 1)
            halve = bracketed and not halve
            guess = min(max(guess, left + 1), right - 1)
            # One solution tells on which side to go on; next to `left` the exact slope is needed.
            exact = guess == left + 1
            tilt = self.slope(guess) if exact else self.surplus(guess)
            if tilt >= least:
                right, above = guess, tilt
                bracketed |= not rising
            else:
                left, below = guess if exact else guess - 1, tilt
                bracketed |= rising
        return right

    def use_between(self, price: int) -> tuple[list[int], list[int]]:
        """Least and greatest use of licences of each book at a price that is optimal."""
        here, above = self.solve(price)[0], self.solve(price + 1)[0]
        least = [value - higher for value, higher in zip(here, above, strict=True)]
        if price:
            below = self.solve(price - 1)[0]
            return least, [lower - value for lower, value in zip(below, here, strict=True)]
        free = []  # at price 0 goods could circle for nothing; what flows then is as good as the greatest use
        for book, prices in zip(self.ready, self.solve(0)[1], strict=True):
            book.network.cost[-1] = 0
            free.append(int(book.route(prices)[0][-1]))
        return least, free

    def settle(self, index: int, price: int, amount: int) -> Clearing:
        """Clear one book with a given use of licences."""
        book, ready = self.books[index], self.ready[index]
        ready.network.cost[-1] = price
        flow, bought, sold = ready.route(self.solve(price)[1][index], ready.network.cost.size - 1, amount)
        cost = book.links.cost.copy()
        cost[book.gate] += price
        zones = book.last_price.size
        return ready.finish(replace(book.links, cost=cost), zones, flow[:-1], bought[:zones], sold[:zones])
