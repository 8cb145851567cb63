"""How long a clear takes, and how much longer HiGHS takes for the same book.

`python -m experiments.benchmarks.clearing` prints two small tables. HiGHS is handed a ready sparse
matrix with one column an order and one a link; only its solving (`scipy.optimize.linprog`) is timed.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from experiments.benchmarks.row import Row, short, spread
from market_abm.auction.clear import clear, clear_pool
from market_abm.auction.orders import UNLIMITED, Book, Clearing, Links, Orders

BAR = 100.0
BAR_ORDERS, BAR_ZONES = 3_000, 5
SIZES = (100, 300, 1_000, 3_000, 20_000, 300_000)
HIGHS_UP_TO = 20_000  # orders; beyond it HiGHS takes minutes


def random_book(orders: int, zones: int, seed: int) -> Book:
    """Prices of about 60 US$/kg, every zone linked to every other, three links in ten under a quota."""
    random = np.random.default_rng(seed)
    level = 60_000 * np.exp(random.normal(0, 0.15, zones))
    level[0] *= 0.6

    def side(premium: float) -> Orders:
        zone = random.integers(0, zones, orders // 2)
        limit = (level[zone] * np.exp(random.normal(premium, 0.1, zone.size))).astype(np.int64)
        grams = (1e6 * random.lognormal(0, 1, zone.size)).astype(np.int64)
        return Orders(zone, limit, grams, np.arange(zone.size))

    origin, destination = np.nonzero(~np.eye(zones, dtype=bool))
    capacity = np.where(random.random(origin.size) < 0.3, orders * 100_000, UNLIMITED)
    links = Links(origin, destination, random.integers(200, 3_000, origin.size), capacity)
    return Book(side(0.03), side(-0.03), links, level.astype(np.int64), np.flatnonzero(origin == 0))


def clear_book(book: Book) -> Clearing:
    return clear(book.bids, book.asks, book.links, book.last_price)


def highs_problem(book: Book) -> Callable[[], float]:
    """Return a call that solves the book with HiGHS and returns its welfare."""
    bids, asks, links = book.bids, book.asks, book.links
    sign = np.repeat([1.0, -1.0, 1.0, -1.0], [bids.zone.size, asks.zone.size, links.cost.size, links.cost.size])
    row = np.concatenate((bids.zone, asks.zone, links.origin, links.destination))
    orders, ways = bids.zone.size + asks.zone.size, links.cost.size
    columns = np.concatenate((np.arange(orders + ways), orders + np.arange(ways)))
    balance = coo_array((sign, (row, columns)), shape=(book.last_price.size, orders + ways)).tocsc()
    loss = np.concatenate((-bids.limit, asks.limit, links.cost)).astype(float)
    most = np.concatenate((bids.quantity, asks.quantity, links.capacity)).astype(float)
    most[most == UNLIMITED] = np.inf
    bounds = np.stack((np.zeros(most.size), most), axis=1)
    nothing = np.zeros(book.last_price.size)
    return lambda: -float(linprog(loss, A_eq=balance, b_eq=nothing, bounds=bounds, method="highs").fun)


def milliseconds(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median and least time of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times), min(times)


def row(books: int = 5) -> Row:
    """HiGHS over our clear at 3,000 orders and 5 zones, one book after the other, in turns."""
    clear_book(random_book(100, BAR_ZONES, 0))  # compile
    ratios, ours_ms, theirs_ms = [], [], []
    for seed in range(1, books + 1):
        book = random_book(BAR_ORDERS, BAR_ZONES, seed)
        solve = highs_problem(book)
        for _ in range(3):
            theirs, _ = milliseconds(solve, 1)
            ours, _ = milliseconds(partial(clear_book, book), 21)
            ours_ms.append(ours)
            theirs_ms.append(theirs)
            ratios.append(theirs / ours)
    times = f"{short(statistics.median(theirs_ms))} against {short(statistics.median(ours_ms))} ms"
    name = f"coupled clear, HiGHS over ours, {BAR_ORDERS:,} orders, {BAR_ZONES} zones"
    return Row(name, statistics.median(ratios), BAR, True, "x", f"{spread(ratios)} turns; {times}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zones", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    clear_book(random_book(100, options.zones, 0))  # compile

    print(f"{options.zones} zones, {options.zones * (options.zones - 1)} links")
    print(f"{'orders':>8} {'clear ms':>9} {'least':>8} {'HiGHS ms':>9} {'ratio':>7} {'welfare off by':>15}")
    for size in SIZES:
        book = random_book(size, options.zones, options.seed)
        ours, least = milliseconds(partial(clear_book, book), max(5, 60_000 // size))
        line = f"{size:8,} {ours:9.3f} {least:8.3f}"
        if size <= HIGHS_UP_TO:
            solve = highs_problem(book)
            theirs, _ = milliseconds(solve, 3)
            result = clear_book(book)
            welfare = int(book.bids.limit @ result.bid_fill - book.asks.limit @ result.ask_fill)
            welfare -= int(book.links.cost @ result.flow)
            line += f" {theirs:9.1f} {theirs / ours:7.0f} {abs(solve() / welfare - 1):15.1e}"
        print(line)

    print("\nlicence pool of 5 books, 6 nodes and 30 links each\n  orders  pool ms    least  (of each book)")
    for size in (150, 300):
        books = [random_book(size, 6, options.seed + number) for number in range(5)]
        reservation = np.random.default_rng(options.seed).integers(0, 8_000, 8)
        grams = np.full(8, size * 200_000)
        offers = Orders(np.zeros(8, np.int64), reservation, grams, np.arange(8))
        ours, least = milliseconds(partial(clear_pool, books, offers, 3_000), 50)
        print(f"{size:8,} {ours:8.2f} {least:8.2f}")


if __name__ == "__main__":
    main()
