"""Random books that look for trouble (used by `auction.py`)."""

import numpy as np

from market_abm.auction.orders import UNLIMITED, Book, Links, Orders

LIMITS = (1, 3, 12, 100, 3_000, 10**6, 2**32)  # ticks; low ones make ties, high ones come near the end of int64
VALUE = 2**61  # micro-US$, of a whole book


def hostile_book(seed: tuple[int, ...], exporting: bool = False) -> Book:
    """A book with ties, orders for nothing, closed and free links, circles, and last prices from anywhere.

    Where it is `exporting`, asks are cheap in the zone in which the gate links start.
    """
    random = np.random.default_rng(seed)
    zones = int(random.choice([1, 2, 3, 5, 8, 20, 40], p=[0.05, 0.2, 0.2, 0.25, 0.2, 0.07, 0.03]))
    top = int(random.choice(LIMITS[:-1] if exporting else LIMITS))
    links = _links(random, zones, top)
    exporter = int(np.bincount(links.origin, minlength=1).argmax())
    outward = np.flatnonzero(links.origin == exporter)
    bids, asks = _orders(random, zones, max(top // 4, 1), top), _orders(random, zones, 1, max(3 * top // 4, 1))
    if exporting:
        asks = asks._replace(limit=np.where(asks.zone == exporter, asks.limit // 2 + 1, asks.limit))
    greatest = int(random.choice([min(2 * top + 2, 2**32), 2**32]))
    last_price = random.integers(0, greatest, zones if random.random() < 0.5 else 1)
    gate = outward[random.random(outward.size) < 0.8]
    return Book(bids, asks, links, np.broadcast_to(last_price, zones).copy(), gate)


def hostile_pool(seed: int) -> tuple[list[Book], Orders, int]:
    """From one to five exporting books, offers of licences and a last licence price."""
    random = np.random.default_rng((7, seed))
    books = [hostile_book((8, seed, number), exporting=True) for number in range(int(random.integers(1, 6)))]
    offers = _orders(random, 1, 0, int(random.choice([1, 4, 100, 5_000])), most=200)
    return books, offers, int(random.integers(0, int(random.choice([2, 300, 20_000, 2**31]))))


def _orders(random: np.random.Generator, zones: int, bottom: int, top: int, most: int = 2**40) -> Orders:
    count = int(random.choice([0, 1, 4, 20, 60, 300], p=[0.08, 0.07, 0.2, 0.3, 0.25, 0.1]))
    greatest = min(int(random.choice([2, 5, 200, most])), VALUE // top // 600 + 2)
    number = random.permutation(count) if random.random() < 0.5 else random.integers(0, max(count // 2, 1), count)
    quantity = random.integers(0, greatest, count) * (random.random(count) < 0.85)
    return Orders(random.integers(0, zones, count), random.integers(bottom, top + 1, count), quantity, number)


def _links(random: np.random.Generator, zones: int, top: int) -> Links:
    count = int(random.integers(0, 4 * zones + 1))
    kind = random.choice(4, count, p=[0.45, 0.3, 0.15, 0.1])
    costly = random.random(count) < random.choice([0.0, 0.5, 0.9])
    cost = random.integers(0, top // int(random.choice([1, 4, 40])) + 1, count) * costly
    capacity = np.array([UNLIMITED, 0, 0, 1])[kind] + (kind == 1) * random.integers(0, 300, count)
    return Links(random.integers(0, zones, count), random.integers(0, zones, count), cost, capacity)
