"""Solve real books again with a solver that is not ours, and hostile books against their own certificate.

    python experiments/checks/auction.py
    python experiments/checks/auction.py --books 50 --pools 20 --hostile 500 --scenario tiny

Real books and pools are captured from runs of shipped scenarios and handed to SciPy's HiGHS: welfare must be the
same, and equal to the dual at our prices, reckoned anew in whole numbers of any size. Hostile books are random, with
ties, orders for nothing, closed links, circles without cost, huge limits and last prices from anywhere; every tenth
is a pool. Each must pass its own certificate, or be refused in words. Ends with code 1 on a gap.

Weeks are captured by wrapping the name `clear_week` in the module `exchange` (`cases_of`). An exchange that calls it
by another name or from another module needs its import here changed, and nothing else.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence

import numpy as np
from hostile_books import hostile_book, hostile_pool
from linear_programme import Case, gap_of

from market_abm.auction.clear import clear, clear_pool
from market_abm.auction.orders import Book, CertificateError, Clearing, Links, OrderError, Orders, Pool, WeekClearing
from market_abm.core.units import IntArray
from market_abm.market import exchange
from market_abm.model import MineralMarket
from market_abm.scenario.library import scenario_names
from market_abm.scenario.loading import load_scenario

SCENARIOS = ("japan-2010", "rare-earths-2025", "controls-2025", "gallium-germanium-2023", "tiny")
EVERY = 9  # weeks between two that are captured


def cases_of(name: str, seed: int) -> Iterator[Case]:
    """Run a scenario and yield the books and pools of some of its weeks."""
    clear_week, captured = exchange.clear_week, list[Case]()
    model = MineralMarket(load_scenario(name), rng=seed)

    def capturing(
        bids: Orders, asks: Orders, links: Links, last_price: IntArray, pools: Sequence[Pool] = ()
    ) -> WeekClearing:
        result = clear_week(bids, asks, links, last_price, pools)
        if model.week_index % EVERY == 0:
            label = f"{name}, seed {seed}, week {model.week_index}"
            captured.extend(take_apart(label, (bids, asks, links, last_price.copy()), pools, result))
        return result

    exchange.clear_week = capturing  # type: ignore[attr-defined]
    try:
        while model.running:
            model.step()
            yield from captured
            captured.clear()
    finally:
        exchange.clear_week = clear_week  # type: ignore[attr-defined]
        model.close()


def take_apart(
    label: str, week: tuple[Orders, Orders, Links, IntArray], pools: Sequence[Pool], result: WeekClearing
) -> Iterator[Case]:
    """Split a week into its pools and single books."""
    bids, asks, links, last_price = week

    def book(row: int, gate: IntArray) -> Book:
        buy, sell = (side._replace(limit=side.limit[row], quantity=side.quantity[row]) for side in (bids, asks))
        ways = links._replace(cost=links.cost[row], capacity=links.capacity[row])
        return Book(buy, sell, ways, last_price[row], gate)

    def cleared(row: int) -> Clearing:
        low, high, price = result.low[row], result.high[row], result.price[row]
        return Clearing(result.bid_fill[row], result.ask_fill[row], result.flow[row], low, high, price, 0)

    alone = set(range(len(last_price)))
    for number, pool in enumerate(pools):
        rows = pool.materials.tolist()
        alone -= set(rows)
        yield Case(
            f"{label}, pool {number}",
            [book(row, pool.gate) for row in rows],
            [cleared(row) for row in rows],
            Orders(np.zeros_like(pool.limit), pool.limit, pool.quantity, pool.number),
            result.offer_fill[number],
            int(result.licence_price[number]),
        )
    for row in sorted(alone):
        yield Case(f"{label}, material {row}", [book(row, np.zeros(0, np.int64))], [cleared(row)])


def check_real(books: int, pools: int, names: Sequence[str]) -> int:
    """Solve books and pools of all scenarios again, about as many of each; return the number of gaps."""
    begun, gaps, seed, done = time.perf_counter(), 0, 0, {"books": 0, "pools": 0}
    wanted = {"books": books, "pools": pools}
    while seed < 9 and any(done[kind] < wanted[kind] for kind in wanted):
        seed += 1
        for place, name in enumerate(names):
            aim = {
                kind: min(count, count * (place + 1) // len(names) + count * (seed > 1))
                for kind, count in wanted.items()
            }
            for case in cases_of(name, seed):
                kind = "pools" if case.offers.limit.size else "books"
                if done[kind] < aim[kind]:
                    done[kind] += 1
                    fault = gap_of(case)
                    gaps += bool(fault)
                    print(fault, end="\n" if fault else "")
                if all(done[kind] >= aim[kind] for kind in wanted):
                    break
    seconds = time.perf_counter() - begun
    print(f"{done['books']:,} real books and {done['pools']:,} real pools against HiGHS: {gaps} gaps, {seconds:.0f} s")
    return gaps


def check_hostile(count: int) -> int:
    """Clear random books and pools, which prove themselves; return the number of gaps."""
    begun, gaps, refused, longest = time.perf_counter(), 0, 0, 0.0
    for seed in range(count):
        start = time.perf_counter()
        try:
            if seed % 10 == 0:
                clear_pool(*hostile_pool(seed))
            else:
                clear(*hostile_book((1, seed))[:4])
        except OrderError:
            refused += 1
        except CertificateError as error:
            gaps += 1
            print(f"hostile book {seed}: {error}")
        longest = max(longest, time.perf_counter() - start if seed > 10 else 0.0)
    seconds = time.perf_counter() - begun
    print(
        f"{count:,} hostile books, every tenth a pool: {gaps} gaps, {refused} refused, {seconds:.0f} s,"
        f" the longest {1e3 * longest:.1f} ms"
    )
    return gaps


def main() -> int:
    """Read the command line, check, and tell."""
    parser = argparse.ArgumentParser(description="Check the auction against HiGHS and against itself.")
    parser.add_argument("--books", type=int, default=1_000, metavar="N", help="real books (default 1000)")
    parser.add_argument("--pools", type=int, default=300, metavar="N", help="real licence pools (default 300)")
    parser.add_argument("--hostile", type=int, default=25_000, metavar="N", help="random books (default 25000)")
    parser.add_argument("--scenario", action="append", metavar="NAME", help="only this one; may be repeated")
    chosen = parser.parse_args()
    if min(chosen.books, chosen.pools, chosen.hostile) < 0:
        parser.error("--books, --pools and --hostile must not be negative")
    if strangers := sorted(set(chosen.scenario or ()) - set(scenario_names())):
        parser.error(f"no scenario called {', '.join(strangers)}; there are {', '.join(scenario_names())}")
    gaps = check_real(chosen.books, chosen.pools, chosen.scenario or SCENARIOS) + check_hostile(chosen.hostile)
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
