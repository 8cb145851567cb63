"""The runs of a sweep: every point under common seeds, each with the identity by which the store knows it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from market_abm.experiment.engine import Told
from market_abm.experiment.task import Task, task_id
from market_abm.record.identity import setting_id
from market_abm.scenario.errors import ScenarioError
from market_abm.scenario.schema import Scenario
from market_abm.sweep.sweep_file import SweepFile, check_points

HELD = 64  # scenarios held at a time; runs come point by point


def planned_runs(settings: Sequence[str], seeds: Mapping[int, range]) -> pd.DataFrame:
    """Runs of some points.

    Parameters
    ----------
    settings : identity of each point's scenario.
    seeds : seeds by point.

    Returns
    -------
    DataFrame, point by point: id, point, seed. Points that are alike have the same ids.
    """
    rows = [(task_id(settings[point], seed), point, seed) for point, some in seeds.items() for seed in some]
    runs = pd.DataFrame(rows, columns=["id", "point", "seed"])
    return runs.astype({"id": object, "point": "int64", "seed": "int64"})


def identities(plan: SweepFile, progress: Told | None = None) -> list[str]:
    """Identity of each point's scenario, one scenario in memory at a time.

    Raises
    ------
    ScenarioError
        When values of a point cannot stand together.
    """
    found, faulty = [], []
    for point in range(len(plan.points)):
        try:
            found.append(setting_id(plan.scenario(point)))
        except ScenarioError:
            faulty.append(point)
        if progress is not None:
            progress(point + 1, len(plan.points), "points checked")
    if fault := check_points(plan, faulty):
        raise fault
    return found


class PointTask(Task):
    """A task of a sweep; its scenario is resolved when it is asked for.

    Parameters
    ----------
    identity : id, known before.
    point, seed : what is run.
    resolve : scenario of a point.
    """

    point: int

    def __init__(self, identity: str, point: int, seed: int, resolve: Any) -> None:
        # A frozen dataclass is filled by hand; `id` is where the cached property would put it.
        self.__dict__.update(id=identity, point=point, seed=seed, _resolve=resolve)

    @property
    def scenario(self) -> Scenario:
        """Scenario of the point."""
        found: Scenario = self.__dict__["_resolve"](self.point)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return Task, (self.scenario, self.seed)  # all that another process needs


class PointTasks(Sequence[Task]):
    """Tasks made one by one as they are read, so that there may be any number.

    Parameters
    ----------
    plan : the sweep.
    runs : table as of `planned_runs`.
    """

    def __init__(self, plan: SweepFile, runs: pd.DataFrame) -> None:
        self._runs = runs
        self._resolve = lru_cache(maxsize=HELD)(plan.scenario)

    def __len__(self) -> int:
        return len(self._runs)

    def __getitem__(self, place: Any) -> Any:
        row = self._runs.iloc[place]
        return PointTask(str(row["id"]), int(row["point"]), int(row["seed"]), self._resolve)

    def __iter__(self) -> Any:
        columns: Iterable[tuple[Any, ...]] = zip(*(self._runs[name] for name in ("id", "point", "seed")), strict=True)
        return (PointTask(str(one), int(point), int(seed), self._resolve) for one, point, seed in columns)
