"""All benchmarks: `python -m experiments.benchmarks [--quick] [--only WORD]` prints one table of ratios."""

import argparse
import os
import sys
from collections.abc import Callable

# One thread: a benchmark of the model, not of what else the machine is doing. Before NumPy is imported.
for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from experiments.benchmarks import clearing, episode, leaks, startup, steps, sweeps  # noqa: E402
from experiments.benchmarks.row import Row, table  # noqa: E402

Plan = dict[str, Callable[[], list[Row]]]


def plan(quick: bool) -> Plan:
    """Benchmarks by name; the quick ones take a minute and leave out what needs many agents."""
    if quick:
        return {
            "speed": lambda: [steps.speed_row(300, 5), steps.speed_row(3_000, 2)],
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
        "speed": lambda: [steps.speed_row(agents) for agents in steps.SPEED_BARS],
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
    options = parser.parse_args()
    rows: list[Row] = []
    for name, measure in plan(options.quick).items():
        if options.only is None or options.only in name:
            print(f"{name} ...", file=sys.stderr, flush=True)
            rows += measure()
    print(table(rows))
    missed = sum(not row.passed for row in rows)
    print(f"\n{len(rows) - missed} of {len(rows)} bars met. Times are CPU time, those of whole processes wall time.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
