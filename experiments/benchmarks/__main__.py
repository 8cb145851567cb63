"""All benchmarks in one table of ratios: `python -m experiments.benchmarks [--quick] [--only WORD] [--before PATH]`."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

# One thread: a benchmark of the model, not of what else the machine is doing. Before NumPy is imported.
for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from experiments.benchmarks import clearing, episode, leaks, startup, steps, sweeps, toys, whole_run  # noqa: E402
from experiments.benchmarks.row import Row, table  # noqa: E402

Plan = dict[str, Callable[[], list[Row]]]


def plan(quick: bool, before: Path | None = None) -> Plan:
    """Benchmarks by name; the quick ones take a minute and leave out what needs many agents.

    Parameters
    ----------
    quick : fewer agents, weeks and rounds.
    before : root of a checkout of a version before, whose whole run is compared.
    """
    if quick:
        return {
            "whole": lambda: whole_run.rows(1, 2, "2008-12-29", before),
            "speed": lambda: [steps.speed_row(400, 5), steps.speed_row(3_000, 2)],
            "toys": lambda: toys.rows((400, 3_000), 5),
            "growth": lambda: steps.growth_rows((3_000, 30_000), 5),
            "episode": lambda: episode.rows(1),
            "clearing": lambda: [clearing.row()],
            "record": lambda: [steps.record_row(weeks=20)],
            "startup": lambda: startup.rows(5),
            "leaks": lambda: [leaks.row(30)],
            "sweeps": lambda: sweeps.overhead_rows(20),
            "recorded": lambda: sweeps.recorded_rows(2_000),
        }
    return {
        "whole": lambda: whole_run.rows(before=before),
        "speed": lambda: [steps.speed_row(agents) for agents in steps.SPEED_BARS],
        "toys": toys.rows,
        "growth": steps.growth_rows,
        "episode": episode.rows,
        "clearing": lambda: [clearing.row()],
        "record": lambda: [steps.record_row()],
        "startup": startup.rows,
        "leaks": lambda: [leaks.row()],
        "sweeps": sweeps.overhead_rows,
        "recorded": sweeps.recorded_rows,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer agents, weeks and rounds")
    parser.add_argument("--only", metavar="WORD", help="only the benchmarks whose name contains the word")
    parser.add_argument("--before", metavar="PATH", type=Path, help="checkout of a version before, to compare with")
    options = parser.parse_args()
    if options.before is not None and not (options.before / "market_abm").is_dir():
        parser.error("--before takes the root of a checkout, in which there is market_abm/")
    rows: list[Row] = []
    for name, measure in plan(options.quick, options.before).items():
        if options.only is None or options.only in name:
            print(f"{name} ...", file=sys.stderr, flush=True)
            rows += measure()
    print(table(rows))
    barred = [row for row in rows if row.bar is not None]
    missed = sum(not row.passed for row in barred)
    print(
        f"\n{len(barred) - missed} of {len(barred)} bars met. Times are CPU time, those of whole processes wall time."
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
