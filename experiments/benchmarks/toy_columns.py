"""The toy in compiled columns: one array an attribute, one compiled loop a kind (see `toy_start`, `toy_mesa`)."""

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from experiments.benchmarks.toy_start import (
    ASK_COVER,
    BAND,
    CATCH_UP,
    COST,
    COVER,
    COVER_SLOPE,
    ELASTICITY,
    FREIGHT,
    GAIN,
    GAP_PREMIUM,
    MEMORY,
    NOISE,
    PACE,
    PRICE,
    RECOVERY,
    RESPONSE,
    REVISION,
    SHUTDOWN,
    ZONES,
    start,
)


class Columns(NamedTuple):
    """One kind of agent. `state` is utilisation of miners, and 1 for chartists among speculators."""

    number: Any
    zone: Any
    size: Any
    taste: Any
    stock: Any
    cash: Any
    state: Any


class Book(NamedTuple):
    """Orders of the week, one row an agent: refiners, manufacturers, speculators; asks have a negative quantity."""

    zone: Any
    limit: Any
    quantity: Any
    filled: Any


class Toy:
    """The market."""

    def __init__(self, agents: int, seed: int = 1) -> None:
        self.week = 0
        self.price, self.usual = np.full(ZONES, PRICE), np.full(ZONES, PRICE)
        self.kinds: dict[str, Columns] = {}
        for name, kind in start(agents, seed).items():
            nothing = np.zeros(kind.size.size)
            self.kinds[name] = Columns(*vars(kind).values(), nothing, nothing.copy(), np.full(nothing.size, 1.0))
        self.kinds["miner"].state[:] = 0.8
        self.kinds["manufacturer"].stock[:] = COVER * self.kinds["manufacturer"].size
        self.kinds["speculator"].cash[:] = self.kinds["speculator"].size
        self.size = sum(kind.size.size for kind in self.kinds.values())
        refiners = self.kinds["refiner"]
        self.room = np.bincount(refiners.zone, weights=refiners.size, minlength=ZONES)
        rows = self.size - self.kinds["miner"].size.size
        self.book = Book(np.zeros(rows, np.int64), np.zeros(rows), np.zeros(rows), np.zeros(rows))

    def step(self) -> None:
        """Run one week."""
        live_week(self.week, self.price, self.usual, self.room, self.book, *self.kinds.values())
        self.week += 1


@njit
def luck(number: int, week: int) -> float:
    """Draw of the week, -0.5 to 0.5."""
    word = (number * 1103515245 + week * 12345 + 1013904223) & 0x7FFFFFFF
    word = (word ^ (word >> 13)) * 69069 & 0x7FFFFFFF
    return ((word >> 8) & 0xFFFF) / 65536 - 0.5


@njit
def live_week(
    week: int, price: Any, usual: Any, room: Any, book: Book, miners: Any, refiners: Any, makers: Any, traders: Any
) -> None:
    """All verbs of a week."""
    ore = np.zeros(ZONES)
    dig(miners, price, ore)
    first, second = refiners.size.size, refiners.size.size + makers.size.size
    refine(refiners, week, price, ore, room, book)
    bid(makers, week, price, usual, book, first)
    speculate(traders, week, price, usual, book, second)
    for zone in range(ZONES):
        price[zone] = clear(book, zone, price[zone])
        usual[zone] += (price[zone] - usual[zone]) / MEMORY
    settle(refiners, price, book, 0)
    settle(makers, price, book, first)
    settle(traders, price, book, second)


@njit
def dig(miners: Columns, price: Any, ore: Any) -> None:
    """Miners dig more when the price covers their cost."""
    for row in range(miners.size.size):
        cost, zone = COST * miners.taste[row], miners.zone[row]
        wanted = min(max((price[zone] / cost - SHUTDOWN) / BAND, 0.0), 1.0)
        miners.state[row] += RESPONSE * (wanted - miners.state[row])
        dug = miners.size[row] * miners.state[row]
        miners.cash[row] -= dug * cost
        ore[zone] += dug


@njit
def refine(refiners: Columns, week: int, price: Any, ore: Any, room: Any, book: Book) -> None:
    """Refiners refine their share of the zone's ore and ask where they earn most."""
    for row in range(refiners.size.size):
        home, size = refiners.zone[row], refiners.size[row]
        refiners.stock[row] += RECOVERY * min(ore[home] * size / room[home], size)
        best, net = home, price[home]
        for zone in range(ZONES):
            if zone != home and price[zone] - FREIGHT > net:
                best, net = zone, price[zone] - FREIGHT
        step = COVER_SLOPE * (ASK_COVER - refiners.stock[row] / size) + NOISE * luck(refiners.number[row], week)
        book.zone[row] = best
        book.limit[row] = price[best] * math.exp(min(max(step, -0.08), 0.08))
        book.quantity[row] = -0.5 * refiners.stock[row]


@njit
def bid(makers: Columns, week: int, price: Any, usual: Any, book: Book, first: int) -> None:
    """Manufacturers use the metal and hold stock against scarcity."""
    for row in range(makers.size.size):
        zone = makers.zone[row]
        need = makers.size[row] * math.exp(-ELASTICITY * math.log(price[zone] / PRICE))
        used = min(need, makers.stock[row])
        makers.stock[row] -= used
        makers.cash[row] += used * 1.5 * price[zone]
        trend = math.log(price[zone] / usual[zone])
        target = COVER * makers.taste[row] * (1 + max(trend, 0.0)) * need
        gap = target - makers.stock[row]
        premium = GAP_PREMIUM * min(max(gap / target, -1.0), 1.0) + NOISE * luck(makers.number[row], week)
        book.zone[first + row] = zone
        book.limit[first + row] = price[zone] * math.exp(premium)
        book.quantity[first + row] = max(need + gap / CATCH_UP, 0.0)


@njit
def speculate(traders: Columns, week: int, price: Any, usual: Any, book: Book, first: int) -> None:
    """Speculators follow the trend or bet on its end."""
    for row in range(traders.size.size):
        zone = traders.zone[row]
        trend, draw = math.log(price[zone] / usual[zone]), luck(traders.number[row], week)
        if draw + 0.5 < REVISION:
            traders.state[row] = 1.0 if trend > 0.02 else 0.0
        expected = GAIN * traders.taste[row] * trend if traders.state[row] else -trend
        worth = max(traders.cash[row] + traders.stock[row] * price[zone], 0.0)
        wanted = min(max(expected / 0.2, 0.0), 1.0) * worth / price[zone]
        change = PACE * (wanted - traders.stock[row])
        limit = price[zone] * math.exp(min(max(0.1 * expected, -0.05), 0.05) + NOISE * draw)
        purse = max(traders.cash[row], 0.0)
        quantity = min(change, purse / limit) if change > 0 else -min(-change, traders.stock[row])
        book.zone[first + row], book.limit[first + row], book.quantity[first + row] = zone, limit, quantity


@njit
def clear(book: Book, zone: int, price: float) -> float:
    """Match the best orders of a zone first; return the price, last week's when nothing is traded."""
    here = book.zone == zone
    bids, asks = np.flatnonzero(here & (book.quantity > 0)), np.flatnonzero(here & (book.quantity < 0))
    bids = bids[np.argsort(-book.limit[bids], kind="mergesort")]
    asks = asks[np.argsort(book.limit[asks], kind="mergesort")]
    book.filled[bids], book.filled[asks] = 0.0, 0.0
    buyer = seller = 0
    while buyer < bids.size and seller < asks.size and book.limit[bids[buyer]] >= book.limit[asks[seller]]:
        best_bid, best_ask = bids[buyer], asks[seller]
        price = (book.limit[best_bid] + book.limit[best_ask]) / 2
        wanted = book.quantity[best_bid] - book.filled[best_bid]
        offered = book.filled[best_ask] - book.quantity[best_ask]
        traded = min(wanted, offered)
        book.filled[best_bid] += traded
        book.filled[best_ask] -= traded
        if wanted <= traded:
            buyer += 1
        if offered <= traded:
            seller += 1
    return price


@njit
def settle(kind: Columns, price: Any, book: Book, first: int) -> None:
    """Take and pay what was bought, give what was sold."""
    for row in range(kind.size.size):
        if book.quantity[first + row] != 0.0:
            bought = book.filled[first + row]
            kind.stock[row] += bought
            kind.cash[row] -= bought * price[book.zone[first + row]]
