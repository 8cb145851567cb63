"""`japan-2010` as shipped: milliseconds a week in calm and in the joint licence pool, and memory.

Run as a module it is the measured process itself: one whole run, figures as JSON on stdout.
"""

import json
import statistics
import subprocess
import sys
from typing import Any

from experiments.benchmarks.row import Row, short, spread

CALM_BAR_MS, POOL_BAR_MS, MEMORY_BAR_MB = 5.0, 10.0, 300.0
MEGABYTE = 2**20


def measure(weeks: int | None = None) -> dict[str, Any]:
    """Figures of one run in this process: milliseconds of each week by kind of week, and memory."""
    import time

    import pandas  # noqa: F401 - imports are not counted as memory of the run

    from experiments.benchmarks.row import resident_bytes
    from market_abm.model import MineralMarket
    from market_abm.record.digest import digest
    from market_abm.scenario.loading import load_scenario

    imports = resident_bytes()
    model = MineralMarket(load_scenario("japan-2010"), rng=1)
    times: dict[str, list[float]] = {"calm": [], "joint": [], "split": []}
    for _ in range(weeks or model.weeks):
        start = time.process_time()
        model.step()
        spent = 1e3 * (time.process_time() - start)
        kind = {0: "calm", 1: "joint"}.get(len(model.world.government.pools), "split")
        times[kind].append(spent)
    seal = digest(model.tables())
    peak = resident_bytes(most=True)
    return {"times": times, "megabytes": (peak - imports) / MEGABYTE, "digest": seal}


def in_process(weeks: int | None = None) -> dict[str, Any]:
    """Figures of one run in a process of its own."""
    command = [sys.executable, "-m", "experiments.benchmarks.episode", *([str(weeks)] if weeks else [])]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(answer.stdout)
    return result


def rows(repeats: int = 5, weeks: int | None = None) -> list[Row]:
    """Mean and 95th percentile of calm weeks and of weeks of the joint pool, and memory above imports."""
    in_process(weeks)  # fills the compiler's cache
    runs = [in_process(weeks) for _ in range(repeats)]
    made = []
    for kind, words, bar in (
        ("calm", "calm weeks", CALM_BAR_MS),
        ("split", "weeks of two pools", CALM_BAR_MS),
        ("joint", "weeks of the joint pool", POOL_BAR_MS),
    ):
        series = [run["times"][kind] for run in runs]
        if len(series[0]) < 20:
            continue
        means = [statistics.fmean(values) for values in series]
        tails = [statistics.quantiles(values, n=20)[-1] for values in series]
        for word, values in (("mean", means), ("95th percentile", tails)):
            note = f"{spread(values, ' ms')} runs; {len(series[0])} weeks, median {short(statistics.median(series[0]))}"
            made.append(Row(f"japan-2010, {words}, {word}", statistics.median(values), bar, False, " ms", note))
    memory = [run["megabytes"] for run in runs]
    what = "japan-2010, peak memory above imports"
    made.append(Row(what, statistics.median(memory), MEMORY_BAR_MB, False, " MB", f"{spread(memory, ' MB')} runs"))
    return made


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else None)))
