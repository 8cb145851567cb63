"""Whether 200 runs in one process leave anything behind (Mesa keeps models that are not closed).

Run as a module it is the measured process itself.
"""

import json
import subprocess
import sys
from typing import Any

from experiments.benchmarks.row import Row, short

RUNS, WEEKS = 200, 20
WARM_UP_RUNS = 100  # until the allocator has what it needs


def measure(runs: int) -> dict[str, Any]:
    """Traced size of one model, and growth over the runs in traced and in resident memory [bytes]."""
    import gc
    import tracemalloc

    from experiments.benchmarks.row import resident_bytes
    from market_abm.model import MineralMarket
    from market_abm.scenario.loading import load_scenario

    scenario = load_scenario("tiny")

    def run(seed: int) -> MineralMarket:
        model = MineralMarket(scenario, rng=seed)
        for _ in range(WEEKS):
            model.step()
        model.agents  # noqa: B018 - Mesa's views are part of what could stay behind
        model.close()
        return model

    for seed in range(WARM_UP_RUNS):
        run(seed).tables()
    gc.collect()
    resident = resident_bytes()
    for seed in range(runs):  # untraced, as tracing takes memory itself
        run(seed)
    gc.collect()
    resident = resident_bytes() - resident
    tracemalloc.start()
    kept = run(0)
    gc.collect()
    one_model = tracemalloc.get_traced_memory()[0]
    del kept
    gc.collect()
    traced = tracemalloc.get_traced_memory()[0]
    for seed in range(runs):
        run(seed)
    gc.collect()
    return {"model": one_model, "traced": tracemalloc.get_traced_memory()[0] - traced, "resident": resident}


def row(runs: int = RUNS) -> Row:
    """Growth over the runs, in models."""
    command = [sys.executable, "-m", "experiments.benchmarks.leaks", str(runs)]
    figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    model, traced, resident = (figures[name] / 1024 for name in ("model", "traced", "resident"))
    note = f"a model {short(model)} kB, growth {short(traced)} kB traced, {short(resident)} kB resident"
    return Row(f"memory left behind by {runs} runs of tiny, in models", traced / model, 1.0, False, "", note)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
