"""A store with very many recorded runs, made in a minute: the numbers are noise, the files are what they would be."""

import itertools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from market_abm.experiment.batch import HEADS, KEYS, OUTCOMES, SERIES, Batch
from market_abm.experiment.engine import attempt
from market_abm.experiment.store import RunStore
from market_abm.experiment.summary import Summary
from market_abm.experiment.task import Task
from market_abm.experiment.writer import BATCH_RUNS


def record(folder: Path, tasks: Iterable[Task]) -> int:
    """Record runs that were never made, all like the first task's; return their number."""
    waiting = iter(tasks)
    first = next(waiting)
    model = attempt(first)
    assert isinstance(model, Summary), model
    RunStore(folder).check_writable()
    some, count = [first], 0
    luck = np.random.default_rng(0)
    while some := [*some, *itertools.islice(waiting, BATCH_RUNS - len(some))]:
        batch = _noise(Batch.of([model]), some, luck)
        batch.write(folder)
        count += len(some)
        some = []
    return count


def _noise(one: Batch, tasks: list[Task], luck: np.random.Generator) -> Batch:
    """Batch of as many runs as there are tasks, each number of the one run times a random one."""
    tables = []
    for table, fixed in ((one.outcomes, HEADS), (one.series, KEYS)):
        rows = table.num_rows
        columns = {}
        for name in table.column_names:
            values = table[name].to_numpy()
            if name not in fixed:
                factor = luck.uniform(0.5, 1.5, len(tasks) * rows)
                columns[name] = pa.array(np.tile(values, len(tasks)) * factor, pa.float64(), from_pandas=True)
            else:
                columns[name] = pa.array(list(table[name].to_pylist()) * len(tasks), fixed[name])
        columns["id"] = pa.array([task.id for task in tasks for _ in range(rows)], pa.string())
        if "seed" in columns:
            columns["seed"] = pa.array([task.seed for task in tasks], pa.int64())
            columns["scenario"] = pa.array([task.scenario.name for task in tasks], pa.string())
        tables.append(pa.table(columns))
    return Batch(**dict(zip((OUTCOMES, SERIES), tables, strict=True)))
