"""The auction and the licence pool against a generic linear-programme solver, HiGHS.

For a thousand instances of each: `MARKET_ABM_INSTANCES=1000 pytest tests/oracles`.
"""

import os

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_array

from market_abm.auction.clear import clear, clear_pool
from market_abm.auction.orders import UNLIMITED, Book, Clearing, Links, Orders
from market_abm.core.units import FloatArray, IntArray

INSTANCES = range(int(os.environ.get("MARKET_ABM_INSTANCES", "60")))


def random_orders(random: np.random.Generator, zones: int, bottom: int, top: int) -> Orders:
    """From none to sixty orders between two limits; near ones make ties, and some orders are for nothing."""
    count = int(random.choice([0, 4, 20, 60], p=[0.05, 0.25, 0.35, 0.35]))
    return Orders(
        random.integers(0, zones, count),
        random.integers(bottom, top + 1, count),
        random.integers(0, 200, count) * (random.random(count) < 0.85),
        random.permutation(count).astype(np.int64),
    )


def random_links(random: np.random.Generator, zones: int, top: int) -> Links:
    """Links with and without cost, free, under quota or under embargo; parallel ones and loops among them."""
    count = int(random.integers(0, 4 * zones))
    kind = random.choice(3, count, p=[0.5, 0.35, 0.15])
    cost = random.integers(0, top // 4 + 1, count) * (random.random(count) < 0.7)
    capacity = np.array([UNLIMITED, 0, 0])[kind] + (kind == 1) * random.integers(0, 300, count)
    return Links(random.integers(0, zones, count), random.integers(0, zones, count), cost, capacity)


def random_book(seed: tuple[int, ...]) -> Book:
    """A book of two to eight zones whose gate links all leave one zone, where supply is cheap."""
    random = np.random.default_rng(seed)
    zones, top = int(random.integers(2, 9)), int(random.choice([4, 30, 1000]))
    links = random_links(random, zones, top)
    exporter = int(np.bincount(links.origin, minlength=1).argmax())
    outward = np.flatnonzero(links.origin == exporter)
    gate = outward[random.random(outward.size) < 0.8]
    bids, asks = random_orders(random, zones, top // 4, top), random_orders(random, zones, 1, 3 * top // 4)
    limit = np.where(asks.zone == exporter, asks.limit // 2 + 1, asks.limit)
    last_price = random.integers(0, 2 * top, zones)
    return Book(bids, asks._replace(limit=limit), links, last_price, gate)


def best_welfare(books: list[Book], offers: Orders | None = None) -> int:
    """Greatest welfare by HiGHS, with one column an order and, with `offers`, one row for all licences."""
    gains: list[FloatArray] = []
    limits: list[FloatArray] = []
    rows: list[IntArray] = []
    columns: list[IntArray] = []
    signs: list[FloatArray] = []
    licensed: list[IntArray] = []
    row, column = 0, 0
    for book in books:
        for orders, sign in ((book.bids, 1.0), (book.asks, -1.0)):
            gains.append(sign * orders.limit.astype(float))
            limits.append(orders.quantity.astype(float))
            rows.append(row + orders.zone)
            columns.append(column + np.arange(orders.zone.size))
            signs.append(np.full(orders.zone.size, sign))
            column += orders.zone.size
        links = book.links
        gains.append(-links.cost.astype(float))
        limits.append(np.where(links.capacity == UNLIMITED, np.inf, links.capacity.astype(float)))
        for ends, sign in ((links.origin, 1.0), (links.destination, -1.0)):
            rows.append(row + ends)
            columns.append(column + np.arange(ends.size))
            signs.append(np.full(ends.size, sign))
        licensed.append(column + book.gate)
        column += links.origin.size
        row += book.last_price.size
    if offers is not None:
        gains.append(-offers.limit.astype(float))
        limits.append(offers.quantity.astype(float))
        use = np.concatenate(licensed)
        offered = column + np.arange(offers.limit.size)
        rows.append(np.full(use.size + offered.size, row))
        columns.append(np.concatenate((use, offered)))
        signs.append(np.concatenate((np.ones(use.size), -np.ones(offered.size))))
        column, row = column + offered.size, row + 1
    if column == 0:
        return 0
    entries = np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns))
    bounds = np.stack((np.zeros(column), np.concatenate(limits)), axis=1)
    balance = coo_array(entries, shape=(row, column)).tocsr()
    solution = linprog(-np.concatenate(gains), A_eq=balance, b_eq=np.zeros(row), bounds=bounds, method="highs")
    assert solution.success, solution.message
    return round(-float(solution.fun))


def welfare_of(book: Book, result: Clearing) -> int:
    gain = book.bids.limit @ result.bid_fill - book.asks.limit @ result.ask_fill - book.links.cost @ result.flow
    return int(gain)


@pytest.mark.parametrize("instance", INSTANCES)
def test_welfare_is_what_highs_finds(instance: int) -> None:
    book = random_book((1, instance))

    result = clear(book.bids, book.asks, book.links, book.last_price)

    assert result.gap == 0
    assert welfare_of(book, result) == best_welfare([book])
    assert (result.low <= result.price).all()
    assert (result.price <= result.high).all()


@pytest.mark.parametrize("instance", INSTANCES)
def test_pooled_welfare_is_what_highs_finds_with_a_joint_licence_row(instance: int) -> None:
    random = np.random.default_rng((2, instance))
    books = [random_book((3, instance, number)) for number in range(int(random.integers(1, 6)))]
    offers = random_orders(random, 1, 0, int(random.choice([4, 100])))
    offers = offers._replace(quantity=offers.quantity // int(random.choice([1, 5, 40])))

    result = clear_pool(books, offers, int(random.integers(0, 300)))

    welfare = sum(welfare_of(book, cleared) for book, cleared in zip(books, result.clearings, strict=True))
    used = sum(int(cleared.flow[book.gate].sum()) for book, cleared in zip(books, result.clearings, strict=True))
    assert result.gap == 0
    assert result.used == used == result.offer_fill.sum()
    assert welfare - int(offers.limit @ result.offer_fill) == best_welfare(books, offers)
