"""Run every shipped scenario under several seeds and report that nothing was missing.

    python experiments/checks/books.py --seeds 3
    python experiments/checks/books.py --seeds 1 --weeks 104 --scenario japan-2010

The model itself stops at the first week in which a gram or a micro-dollar is
missing; this command adds the identities that the ledger cannot see, counts
what went through the books, and ends with code 1 when anything is wrong.
"""

import argparse
import sys
import time
from dataclasses import dataclass

from market_abm.books.ledger import ConservationError
from market_abm.core.units import GRAMS_PER_TONNE, MICROS_PER_MILLION
from market_abm.model import MineralMarket
from market_abm.scenario.library import scenario_names
from market_abm.scenario.loading import load_scenario


@dataclass
class Account:
    """What a run's books say."""

    scenario: str
    seed: int
    weeks: int
    paid_musd: float
    mined_t: float
    seconds: float
    faults: list[str]


def week_faults(model: MineralMarket) -> list[str]:
    """What is wrong after a week, beside what the model checks itself."""
    world, ledger, trade = model.world, model.ledger, model.week.trade
    faults = []
    if int(ledger.money.sum()):
        faults.append(f"money adds up to {int(ledger.money.sum()):,} micro-US$")
    if ledger.mass.sum(axis=1).any():
        faults.append(f"mass adds up to {ledger.mass.sum(axis=1).tolist()} g")
    if (trade.bid_fill.sum(axis=1) != trade.ask_fill.sum(axis=1)).any():
        faults.append("more was bought than sold")
    if ((trade.flow < 0) | (trade.flow > trade.charges.capacity)).any():
        faults.append("a way carried more than it lets through")
    if (world.accounts.under_way.mass[: len(model.market.materials)] != world.manufacturers.coming).any():
        faults.append("what is under way is not what is awaited")
    for pool in world.government.pools.values():
        if pool.used + int(pool.left.sum()) != pool.issued:
            faults.append(f"licences of {pool.label}: {pool.used} used, {int(pool.left.sum())} left of {pool.issued}")
    for name, population in model.populations.items():
        faults += [f"{name}.{column} is outside its bounds" for column in population.outside_bounds()]
    return faults


def audit(name: str, seed: int, weeks: int | None) -> Account:
    """Run a scenario under a seed and look at the books every week."""
    begun, faults = time.perf_counter(), []
    model = MineralMarket(load_scenario(name), rng=seed)
    last = model.weeks if weeks is None else min(weeks, model.weeks)
    while model.week_index < last and not faults:
        day = model.today
        try:
            model.step()
            faults = [f"week of {day}: {fault}" for fault in week_faults(model)]
        except ConservationError as error:
            faults = [str(error)]
    model.close()
    paid = sum(abs(total) for total in model.ledger.journal.values()) / MICROS_PER_MILLION
    accounts = model.world.accounts
    mined = -int(accounts.ground.mass[accounts.concentrate_row].sum()) / GRAMS_PER_TONNE
    return Account(name, seed, model.week_index, paid, mined, time.perf_counter() - begun, faults)


def main() -> int:
    """Read the command line, audit, and tell."""
    parser = argparse.ArgumentParser(description="Check that the books balance in every shipped scenario.")
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="seeds 0 to N-1 (default 2)")
    parser.add_argument("--weeks", type=int, metavar="N", help="weeks of each run (default: all)")
    parser.add_argument("--scenario", action="append", metavar="NAME", help="only this one; may be repeated")
    chosen = parser.parse_args()
    if chosen.seeds < 1 or (chosen.weeks is not None and chosen.weeks < 1):
        parser.error("--seeds and --weeks must be at least 1")
    known = list(scenario_names())
    names = chosen.scenario or known
    if strangers := sorted(set(names) - set(known)):
        parser.error(f"no scenario called {', '.join(strangers)}; there are {', '.join(known)}")
    print(f"{'scenario':24} {'seed':>4} {'weeks':>5} {'paid US$ m':>14} {'mined t':>12} {'s':>6}  books")
    missing = 0
    for name in names:
        for seed in range(chosen.seeds):
            found = audit(name, seed, chosen.weeks)
            missing += bool(found.faults)
            told = "; ".join(found.faults) or "nothing missing"
            print(
                f"{name:24} {seed:4} {found.weeks:5} {found.paid_musd:14,.0f} {found.mined_t:12,.0f} "
                f"{found.seconds:6.1f}  {told}",
                flush=True,
            )
    runs = len(names) * chosen.seeds
    print(f"{runs - missing} of {runs} runs with nothing missing")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
