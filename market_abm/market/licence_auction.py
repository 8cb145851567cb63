"""Several materials that share export licences, cleared at one licence price (ODD: Market)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from market_abm.core.units import IntArray
from market_abm.market import clearing, settlement
from market_abm.market.auction import Prepared
from market_abm.market.orders import (
    GREATEST_PRICE,
    UNLIMITED,
    Book,
    CertificateError,
    Clearing,
    Links,
    OrderError,
    Orders,
    PoolClearing,
    check_orders,
    split,
)


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
    check_orders("offers", replace(offers, zone=np.zeros_like(offers.limit)), 1, least=0)
    pool = Pool(books, offers, last_licence_price)
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


class Pool:
    """Books with a node behind each gate, so that all licensed flow of a book is that of its last link."""

    def __init__(self, books: Sequence[Book], offers: Orders, last_licence_price: int) -> None:
        self.books, self.offers, self.last = books, offers, max(int(last_licence_price), 0)
        self.ready: list[Prepared] = []
        for number, book in enumerate(books):
            zones = book.last_price.size
            if number == 0 or book.links.origin is not books[0].links.origin or book.gate is not books[0].gate:
                exporters = np.unique(book.links.origin[book.gate])
                if exporters.size > 1:
                    raise OrderError(f"Gate links start in nodes {exporters.tolist()}; a pool has one exporter.")
                exporter = exporters if exporters.size else np.zeros(1, np.int64)
                origin = np.append(book.links.origin, exporter)
                origin[book.gate] = zones
                destination = np.append(book.links.destination, zones)
            links = Links(
                origin,
                destination,
                np.concatenate((book.links.cost, (0,))),
                np.concatenate((book.links.capacity, (UNLIMITED,))),
            )
            behind = np.minimum(book.last_price[exporter] + self.last, GREATEST_PRICE)
            self.ready.append(Prepared(book.bids, book.asks, links, np.append(book.last_price, behind)))
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
                duals.append(int(settlement.dual_value(book.ladder, book.network, guess)))
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
