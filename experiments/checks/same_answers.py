"""Compare the scorecard of two versions of the program, seed by seed.

    python experiments/checks/same_answers.py --measure AFTER.parquet --seeds 20
    python experiments/checks/same_answers.py --before BEFORE.parquet --after AFTER.parquet

The first command runs the scenarios of the scorecard with the program of this
checkout and writes a table (row, seed, value). Run it in both checkouts. The
second command pairs the seeds: it takes the difference of each row under each
seed, its mean, and the 95 % interval of that mean (Student's t). A row has
moved when its mean difference is farther from zero than half of that interval
is wide. The command prints those rows and ends with code 1 when there are any.

Rows that a named mend is meant to change are given by `--expected ROW`; they
are printed but do not count. A pair in which the thing never happened in
either run has no difference. When it never happened in one run of a pair, the
row is judged by an exact sign test at 5 %, because no mean exists.

One row in twenty crosses its interval by chance when two versions differ only
in their random numbers. The command prints how many that would be, and marks
the rows that stand out after Holm's correction over all rows (Holm 1979).
"""

import argparse
import math
import sys
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

SCENARIOS = ("rare-earths-2025", "controls-2025")
"""Scenarios whose runs cover rows of the scorecard."""
COLUMNS = ["row", "seed", "value"]
CONFIDENCE = 0.95
FEWEST = 6  # with fewer pairs an exact sign test can never reach 5 %


@dataclass(frozen=True)
class Move:
    """How far one row moved.

    Parameters
    ----------
    row : scenario and metric.
    pairs : seeds with a value on both sides.
    before, after : means over the pairs.
    difference : mean of after minus before; NaN where some are infinite.
    half : half the width of its 95 % interval.
    chance : two-sided p value of no difference [1].
    """

    row: str
    pairs: int
    before: float
    after: float
    difference: float
    half: float
    chance: float

    @property
    def moved(self) -> bool:
        """Whether the difference exceeds its interval."""
        return self.chance < 1 - CONFIDENCE


# -- measuring -------------------------------------------------------------------------------------
def measure(seeds: int, pairs: int, scenarios: Sequence[str], store: Path) -> pd.DataFrame:
    """Run the scenarios under seeds 0 to `seeds` - 1 and read every row of the scorecard off each run.

    Parameters
    ----------
    pairs : seeds at each corner of the cube of restrictions (see `validate.cube`); 0 leaves it out.
    store : folder of runs; those that are in it are not made again.

    Returns
    -------
    DataFrame with columns row, seed, value. Rows that no run covers are left out.
    """
    from market_abm import RunStore, load_scenario
    from market_abm.validate.catalogue import metrics
    from market_abm.validate.study import measured_runs, validate

    lines: list[tuple[str, int, float]] = []
    for name in scenarios:
        found = validate(load_scenario(name), RunStore(store), seeds, pairs, progress=_tell)
        if found.failures:
            raise SystemExit(f"{len(found.failures)} runs failed, the first with: {next(iter(found.failures.items()))}")
        kept = RunStore(store)
        runs = measured_runs(kept, found.ids, kept.monthly(found.ids))
        for metric in metrics().values():
            values = [metric(run) for run in runs]
            if not np.isnan(values).all():
                lines += [
                    (f"{name}/{metric.name}", seed, value) for seed, value in zip(found.seeds, values, strict=True)
                ]
        for corner, peaks in found.corners.items():
            row = f"{name}/peak with {' + '.join(sorted(corner)) or 'no restriction'}"
            lines += [(row, seed, float(value)) for seed, value in zip(found.pairs, peaks, strict=True)]
    return pd.DataFrame(lines, columns=COLUMNS)


def _tell(done: int, total: int, what: str) -> None:
    print(f"{done:5} of {total}: {what}", flush=True)


# -- comparing -------------------------------------------------------------------------------------
def compare(before: pd.DataFrame, after: pd.DataFrame) -> list[Move]:
    """Pair both tables by row and seed; return a move for each row that has two pairs or more."""
    joined = before.merge(after, on=["row", "seed"], suffixes=("_before", "_after"))
    moves = []
    for row, some in joined.groupby("row", sort=False):
        old, new = some["value_before"].to_numpy(dtype=float), some["value_after"].to_numpy(dtype=float)
        known = ~(np.isnan(old) | np.isnan(new))
        if known.sum() >= 2:
            moves.append(_move(str(row), old[known], new[known]))
    return moves


def _move(row: str, old: NDArray[np.float64], new: NDArray[np.float64]) -> Move:
    """Move of one row, from its values before and after, shape (pairs,)."""
    from scipy import stats

    means = float(old.mean()), float(new.mean())
    never = np.isinf(old) & (old == new)
    with np.errstate(invalid="ignore"):
        gaps = np.where(never, 0.0, new - old)
    if np.isinf(gaps).any():
        rises, falls = int((gaps > 0).sum()), int((gaps < 0).sum())
        chance = float(stats.binomtest(rises, rises + falls).pvalue) if rises + falls >= FEWEST else 1.0
        return Move(row, len(gaps), *means, math.nan, math.nan, chance)
    error = float(gaps.std(ddof=1)) / math.sqrt(len(gaps))
    if error == 0.0:  # every seed moved by the same amount
        return Move(row, len(gaps), *means, float(gaps.mean()), 0.0, 0.0 if gaps.any() else 1.0)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(gaps) - 1)) * error
    chance = 2 * float(stats.t.sf(abs(gaps.mean()) / error, len(gaps) - 1))
    return Move(row, len(gaps), *means, float(gaps.mean()), half, chance)


def stand_out(moves: Sequence[Move]) -> set[str]:
    """Rows whose difference is certain at 5 % over all rows together (Holm's step-down method)."""
    found: set[str] = set()
    for place, move in enumerate(sorted(moves, key=lambda one: one.chance)):
        if move.chance > (1 - CONFIDENCE) / (len(moves) - place):
            break
        found.add(move.row)
    return found


def report(moves: Sequence[Move], expected: Collection[str], missing: Collection[str]) -> int:
    """Print what moved; return the exit code."""
    from scipy.stats import binom

    moved, certain = [move for move in moves if move.moved], stand_out(moves)
    unexpected = [move for move in moved if move.row not in expected]
    print(f"{'row':52} {'pairs':>5} {'before':>11} {'after':>11} {'difference':>11} {'95 % half':>11}  p")
    for move in moved:
        figures = f"{move.before:11.5g} {move.after:11.5g} {move.difference:11.3g} {move.half:11.3g}"
        remark = "expected" if move.row in expected else "certain over all rows" if move.row in certain else ""
        print(f"{move.row:52} {move.pairs:5} {figures}  {move.chance:.2g} {remark}".rstrip())
    for row in sorted(missing):
        print(f"{row:52} is in one of the tables only")
    usual = binom.ppf([0.025, 0.975], len(moves), 1 - CONFIDENCE) if moves else (0, 0)
    same = sum(move.difference == 0 and move.half == 0 for move in moves)
    print(
        f"{len(moves)} rows compared, {same} of them equal under every seed; {len(moved)} moved by more than their "
        f"interval, {len(unexpected)} of them not expected, {len(certain)} certain over all rows.\n"
        f"By chance alone {usual[0]:.0f} to {usual[1]:.0f} of {len(moves)} would cross their interval, "
        "were the rows independent."
    )
    return 1 if unexpected or missing or not moves else 0


def main() -> int:
    """Read the command line; measure, or compare."""
    parser = argparse.ArgumentParser(description="Does the scorecard say the same before and after a change?")
    parser.add_argument("--measure", type=Path, metavar="TABLE", help="run this checkout and write its table")
    parser.add_argument("--seeds", type=int, default=20, metavar="N", help="seeds 0 to N-1 (default 20)")
    parser.add_argument("--pairs", type=int, metavar="N", help="seeds at each corner of the cube (default: as --seeds)")
    parser.add_argument("--scenario", action="append", metavar="NAME", help="only this one; may be repeated")
    parser.add_argument(
        "--store", type=Path, metavar="FOLDER", help="keeps runs, so that a stopped measurement goes on"
    )
    parser.add_argument("--before", type=Path, metavar="TABLE", help="table of the version before")
    parser.add_argument("--after", type=Path, metavar="TABLE", help="table of the version after")
    parser.add_argument("--expected", action="append", default=[], metavar="ROW", help="row that a mend changes")
    chosen = parser.parse_args()
    if chosen.measure is None and (chosen.before is None or chosen.after is None):
        parser.error("give --measure TABLE, or --before TABLE and --after TABLE")
    if chosen.measure is not None:
        with tempfile.TemporaryDirectory() as scratch:
            pairs = chosen.seeds if chosen.pairs is None else chosen.pairs
            store = chosen.store or Path(scratch) / "store"
            found = measure(chosen.seeds, pairs, chosen.scenario or SCENARIOS, store)
        found.to_parquet(chosen.measure, index=False)
        print(f"{found['row'].nunique()} rows of {found['seed'].nunique()} seeds are in {chosen.measure}")
        if chosen.before is None:
            return 0
        chosen.after = chosen.after or chosen.measure
    before, after = pd.read_parquet(chosen.before), pd.read_parquet(chosen.after)
    missing = set(before["row"]) ^ set(after["row"])
    return report(compare(before, after), set(chosen.expected), missing)


if __name__ == "__main__":
    sys.exit(main())
