"""A driver in a process of its own: `python -m driving FOLDER [WORKERS | dask]` makes two dozen runs, tells of each."""

import datetime as dt
import sys

from market_abm.experiment import writer
from market_abm.experiment.dask_engine import DaskEngine
from market_abm.experiment.engine import execute
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.scenario.loading import load_scenario

if __name__ == "__main__":
    writer.BATCH_RUNS = 8  # so that batches are made on the way
    scenario = load_scenario("tiny")
    time = scenario.time.model_copy(update={"end": scenario.time.start + dt.timedelta(weeks=8)})
    tasks = [Task(scenario.model_copy(update={"time": time}), seed) for seed in range(24)]
    by = sys.argv[2] if len(sys.argv) > 2 else "1"
    engine = DaskEngine(workers=2) if by == "dask" else int(by)
    try:
        failures = execute(tasks, RunStore(sys.argv[1]), engine, lambda *told: print(*told, flush=True))
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(1 if failures else 0)
