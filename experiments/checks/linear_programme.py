"""Books and pools as linear programmes for SciPy's HiGHS (used by `auction.py`)."""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from market_abm.auction.orders import UNLIMITED, Book, Clearing, Orders
from market_abm.core.units import FloatArray, IntArray

RELATIVE = 1e-9  # of the value of a book: how far HiGHS, which reckons in floats, may be off


@dataclass(frozen=True)
class Case:
    """Books as they were cleared, alone or under one licence: what went in, and what came out."""

    label: str
    books: list[Book]
    clearings: list[Clearing]
    offers: Orders = field(default_factory=Orders.none)
    offer_fill: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    licence_price: int = 0


@dataclass
class Programme:
    """A linear programme in the making: a column for each order, link and offer, a row for each node."""

    gain: list[FloatArray] = field(default_factory=list)
    room: list[FloatArray] = field(default_factory=list)
    row: list[IntArray] = field(default_factory=list)
    column: list[IntArray] = field(default_factory=list)
    sign: list[FloatArray] = field(default_factory=list)
    columns: int = 0

    def add(self, gain: IntArray, room: IntArray, ends: list[tuple[IntArray, float]]) -> None:
        """Add columns, each with one entry in some rows."""
        here = self.columns + np.arange(gain.size)
        self.gain.append(gain.astype(float))
        self.room.append(np.where(room >= UNLIMITED, np.inf, room.astype(float)))
        for rows, sign in ends:
            self.row.append(rows)
            self.column.append(here)
            self.sign.append(np.full(gain.size, sign))
        self.columns += gain.size

    def solve(self, rows: int) -> float:
        """Greatest welfare by HiGHS [micro-US$]."""
        if self.columns == 0:
            return 0.0
        entries = np.concatenate(self.sign), (np.concatenate(self.row), np.concatenate(self.column))
        matrix = coo_array(entries, shape=(rows, self.columns)).tocsr()
        bounds = np.stack((np.zeros(self.columns), np.concatenate(self.room)), axis=1)
        loss, nothing = -np.concatenate(self.gain), np.zeros(rows)
        found = linprog(loss, A_eq=matrix, b_eq=nothing, bounds=bounds, method="highs")
        if not found.success:
            raise RuntimeError(f"HiGHS: {found.message}")
        return -float(found.fun)


def best_welfare(case: Case) -> float:
    """Greatest welfare of a case by HiGHS; licences are the last row, which gate links and offers share."""
    lp, node = Programme(), 0
    licences = sum(book.last_price.size for book in case.books)
    for book in case.books:
        for side, sign in ((book.bids, 1), (book.asks, -1)):
            live = np.flatnonzero(side.quantity)
            lp.add(sign * side.limit[live], side.quantity[live], [(node + side.zone[live], float(sign))])
        links, gated = book.links, np.zeros(book.links.cost.size, bool)
        gated[book.gate] = True
        for which in (np.flatnonzero(gated), np.flatnonzero(~gated)):
            ends = [(node + links.origin[which], 1.0), (node + links.destination[which], -1.0)]
            if gated[which].any():
                ends.append((np.full(which.size, licences), 1.0))
            lp.add(-links.cost[which], links.capacity[which], ends)
        node += book.last_price.size
    offers = case.offers
    lp.add(-offers.limit, offers.quantity, [(np.full(offers.limit.size, licences), -1.0)])
    return lp.solve(licences + 1)


def welfare_and_dual(case: Case) -> tuple[int, int]:
    """Welfare of what was cleared, and the dual at its prices, in whole numbers of any size [micro-US$]."""
    offers, price = case.offers, case.licence_price
    welfare = -_sum(offers.limit, case.offer_fill)
    dual = _sum(np.maximum(price - offers.limit, 0), offers.quantity)
    for book, result in zip(case.books, case.clearings, strict=True):
        bids, asks, links = book.bids, book.asks, book.links
        welfare += _sum(bids.limit, result.bid_fill) - _sum(asks.limit, result.ask_fill) - _sum(links.cost, result.flow)
        cost = links.cost.copy()
        cost[book.gate] += price
        profit = result.price[links.destination] - result.price[links.origin] - cost
        dual += _sum(np.maximum(bids.limit - result.price[bids.zone], 0), bids.quantity)
        dual += _sum(np.maximum(result.price[asks.zone] - asks.limit, 0), asks.quantity)
        dual += _sum(np.maximum(profit, 0), links.capacity)
    return welfare, dual


def _sum(one: IntArray, other: IntArray) -> int:
    """Sum of products in Python's whole numbers, which do not overflow."""
    return sum(left * right for left, right in zip(one.tolist(), other.tolist(), strict=True))


def balances(case: Case) -> bool:
    """Whether fills and flows are within limits, nothing is lost in any node, and licences used are licences sold."""
    used, sound = (
        -int(case.offer_fill.sum()),
        bool(((case.offer_fill >= 0) & (case.offer_fill <= case.offers.quantity)).all()),
    )
    for book, result in zip(case.books, case.clearings, strict=True):
        balance = np.zeros(book.last_price.size, np.int64)
        for place, grams, room in (
            (book.bids.zone, result.bid_fill, book.bids.quantity),
            (book.asks.zone, result.ask_fill, book.asks.quantity),
            (book.links.origin, result.flow, book.links.capacity),
        ):
            sound &= bool(((grams >= 0) & (grams <= room)).all())
            np.add.at(balance, place, -grams if grams is result.ask_fill else grams)
        np.add.at(balance, book.links.destination, -result.flow)
        used += int(result.flow[book.gate].sum())
        sound &= not balance.any()
    return sound and (used == 0 or not case.offers.limit.size)


def gap_of(case: Case) -> str:
    """What is wrong with a case; "" for nothing."""
    if not balances(case):
        return f"{case.label}: fills, flows and licences do not balance"
    welfare, dual = welfare_and_dual(case)
    if welfare != dual:
        return f"{case.label}: welfare is {welfare:,}, the dual at its prices {dual:,} micro-US$"
    best = best_welfare(case)
    if abs(best - welfare) > RELATIVE * max(abs(best), 1e6):
        return f"{case.label}: welfare is {welfare:,}, HiGHS finds {best:,.0f} micro-US$"
    for result in case.clearings:
        if ((result.price < result.low) | (result.price > result.high)).any():
            return f"{case.label}: prices {result.price.tolist()} lie outside their own bounds"
    return ""
