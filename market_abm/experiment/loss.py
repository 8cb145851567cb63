"""The loss of parameter vectors: how far the medians of their runs lie from history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from market_abm.experiment.calibration import Calibration
from market_abm.experiment.engine import Told, execute
from market_abm.experiment.failure import Failure
from market_abm.experiment.free_parameter import Vector
from market_abm.experiment.moment import WORST_MISS, Moment
from market_abm.experiment.outcome import measure_outcomes
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.scenario.errors import ScenarioError


@dataclass(frozen=True)
class Evaluation:
    """What came of a vector.

    Parameters
    ----------
    loss : weighted mean of the moments' misses [tolerances]; `WORST_MISS` when a run failed.
    moments : median over the seeds of each moment; NaN where one run cannot tell.
    failure : why there is no result; empty when there is one.
    """

    loss: float
    moments: Mapping[str, float]
    failure: str = ""


def weighted_loss(moments: Sequence[Moment], values: Mapping[str, float]) -> float:
    """Weighted mean of the misses [tolerances]."""
    misses = [moment.miss(values[moment.name]) for moment in moments]
    return float(np.average(misses, weights=[moment.weight for moment in moments]))


def evaluate(
    calibration: Calibration,
    vectors: Sequence[Vector],
    seeds: Sequence[int],
    store: RunStore,
    workers: int = 1,
    progress: Told | None = None,
) -> list[Evaluation]:
    """Run vectors under common seeds in every arm that counts, and set them against history.

    All runs go to the engine together, so that no worker waits for a vector.
    Runs that are in the store cost nothing.
    """
    plans = [_plan(calibration, vector, seeds) for vector in vectors]
    tasks = [task for plan in plans if not isinstance(plan, str) for arm in plan.values() for task in arm]
    failures = execute(tasks, store, workers, progress)
    whole = [plan if isinstance(plan, str) else _failure(plan, failures) or plan for plan in plans]
    medians = _medians(calibration, {n: plan for n, plan in enumerate(whole) if not isinstance(plan, str)}, store)
    unknown = dict.fromkeys((moment.name for moment in calibration.moments), float("nan"))
    return [
        Evaluation(WORST_MISS, unknown, plan)
        if isinstance(plan, str)
        else Evaluation(weighted_loss(calibration.moments, medians[number]), medians[number])
        for number, plan in enumerate(whole)
    ]


_Plan = dict[str, list[Task]]
"""Tasks of a vector by arm, one a seed."""


def _plan(calibration: Calibration, vector: Vector, seeds: Sequence[int]) -> _Plan | str:
    """Tasks of a vector; a text when its values cannot stand together."""
    try:
        scenarios = {arm: calibration.scenario_of(vector, arm) for arm in calibration.arms_in_use}
    except ScenarioError as error:
        return "; ".join(fault.told() for fault in error.faults)
    return {arm: [Task(scenario, seed) for seed in seeds] for arm, scenario in scenarios.items()}


def _failure(plan: _Plan, failures: Mapping[str, Failure]) -> str:
    """First run of a plan that failed, in words; empty when none did."""
    told = (
        f"arm {arm}, seed {task.seed}: {failures[task.id]}"
        for arm, tasks in plan.items()
        for task in tasks
        if task.id in failures
    )
    return next(told, "")


def _medians(calibration: Calibration, plans: Mapping[int, _Plan], store: RunStore) -> dict[int, dict[str, float]]:
    """Median over the seeds of every moment, by number of the vector; the store is asked once an arm."""
    found: dict[int, dict[str, float]] = {number: {} for number in plans}
    for arm in calibration.arms_in_use if plans else ():
        moments = [moment for moment in calibration.moments if moment.arm == arm]
        outcomes = list({moment.outcome.name: moment.outcome for moment in moments}.values())
        rows = [(number, task.id) for number, plan in plans.items() for task in plan[arm]]
        table = measure_outcomes(outcomes, store, dict(enumerate(one for _, one in rows)))
        owners = np.array([number for number, _ in rows])
        for moment in moments:
            values = table[moment.outcome.name].to_numpy(dtype=float)
            for number in plans:
                found[number][moment.name] = float(np.median(values[owners == number]))
    return {number: {m.name: values[m.name] for m in calibration.moments} for number, values in found.items()}
