"""The study behind a scorecard: which runs it needs, and what they say.

Runs come from the store or are made; the same command carries on where a
killed one stopped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from market_abm.experiment.engine import Told, execute
from market_abm.experiment.failure import Failure
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.scenario.schema import Scenario
from market_abm.validate import cube, forecast
from market_abm.validate.catalogue import causes, metrics
from market_abm.validate.cube import Corner, Edge
from market_abm.validate.measured_run import MeasuredRun
from market_abm.validate.scorecard import Scorecard, quantiles, read_off, scorecard

PEAK = "ndpr_peak_ratio"


@dataclass(frozen=True)
class Validation:
    """What came of a study.

    Parameters
    ----------
    scenario : what was run.
    seeds : seeds of the replications that finished; `pairs` those of the cube, empty without it.
    card : the scorecard.
    scores : CRPS by material, forecast and year (see `forecast.score_frame`).
    edges : edges of the cube of restrictions; empty without it.
    corners : peak ratios of the export price at each corner of the cube, one a seed.
    monthly : price series of the replications, rows (id, month).
    ids : task ids of the replications.
    failures : what went wrong, by words for the run.
    """

    scenario: Scenario
    seeds: tuple[int, ...]
    pairs: tuple[int, ...]
    card: Scorecard
    scores: pd.DataFrame
    edges: tuple[Edge, ...]
    corners: Mapping[Corner, NDArray[np.float64]]
    monthly: pd.DataFrame
    ids: tuple[str, ...]
    failures: Mapping[str, str]


class NoRunError(RuntimeError):
    """Not one replication finished, so there is nothing to judge."""


def validate(
    scenario: Scenario,
    store: RunStore,
    replications: int = 40,
    pairs: int = 20,
    workers: int = 1,
    progress: Told | None = None,
) -> Validation:
    """Set replications of a scenario against history.

    Parameters
    ----------
    scenario : what is validated; rows that it does not cover are left out of the count.
    store : where runs are looked for and kept.
    replications : seeds 0, 1, ... of the scenario.
    pairs : common seeds at each corner of the cube of restrictions; 0 leaves the cube out,
        as does a scenario without these policies.
    workers : processes.
    progress : told after each run.

    Raises
    ------
    NoRunError
        When no replication finished.
    """
    whole = [Task(scenario, seed) for seed in range(replications)]
    corners = cube.corners() if pairs and cube.has_restrictions(scenario) else []
    at_corner = {corner: cube.at_corner(scenario, corner) for corner in corners}
    paired = {corner: [Task(at_corner[corner], seed) for seed in range(pairs)] for corner in corners}
    tasks = [*whole, *(task for some in paired.values() for task in some)]
    failed = execute(tasks, store, workers, progress)
    words = {task.id: f"{task.scenario.name} seed {task.seed}" for task in tasks}
    done = [task for task in whole if task.id not in failed]
    if not done:
        first = next(iter(failed.values()))
        raise NoRunError(f"no replication of {scenario.name} finished; the first failed with: {first}")
    monthly = store.monthly([task.id for task in done])
    runs = measured_runs(store, [task.id for task in done], monthly)
    peaks = {corner: _peaks(store, some, failed) for corner, some in paired.items()}
    scores = forecast.score_frame(runs)
    values = read_off(runs, metrics())
    values |= {f"crps_{name.lower()}": np.array([forecast.against_best(scores, name)]) for name in forecast.MATERIALS}
    edges = cube.edges(peaks) if peaks else []
    if peaks:
        values[cube.NO_SPIKE] = peaks[cube.NONE]
        values[cube.EDGES] = np.array([float(sum(edge.rises for edge in edges))])
    prices = [name for name in monthly.columns if name.startswith("price.")]
    return Validation(
        scenario=scenario,
        seeds=tuple(task.seed for task in done),
        pairs=tuple(range(pairs)) if peaks else (),
        card=scorecard(metrics(), values, causes()),
        scores=scores,
        edges=tuple(edges),
        corners=peaks,
        monthly=monthly[prices],
        ids=tuple(task.id for task in done),
        failures={words[identity]: str(failure) for identity, failure in failed.items()},
    )


def measured_runs(store: RunStore, ids: Sequence[str], monthly: pd.DataFrame) -> list[MeasuredRun]:
    """What is known of each run, in the order of the ids."""
    values = store.values(ids).to_dict("records")
    found = []
    for identity, measured in zip(ids, values, strict=True):
        frame = monthly.xs(identity, level=0)
        frame.index = pd.PeriodIndex(frame.index, freq="M")
        found.append(MeasuredRun({str(name): float(value) for name, value in measured.items()}, pd.DataFrame(frame)))
    return found


def _peaks(store: RunStore, tasks: Sequence[Task], failed: Mapping[str, Failure]) -> NDArray[np.float64]:
    """Peak ratios of the export price, one a seed; NaN where the run failed."""
    done = [task.id for task in tasks if task.id not in failed]
    runs = measured_runs(store, done, store.monthly(done)) if done else []
    ratio = metrics()[PEAK]
    found = dict(zip(done, map(ratio, runs), strict=True))
    return np.array([found.get(task.id, np.nan) for task in tasks])


def corner_frame(result: Validation) -> pd.DataFrame:
    """Corners of the cube: restrictions that are on, and median, p10 and p90 of the peak ratio."""
    rows = [(cube.told_corner(corner), *quantiles(peaks)) for corner, peaks in result.corners.items()]
    return pd.DataFrame(rows, columns=["restrictions", "median", "p10", "p90"])
