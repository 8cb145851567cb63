"""A sweep run: planned, tried, made point by point, seeds added on wish, and always able to go on.

results = run_sweep("experiments/sweeps/first-sweep.toml")
results.runs.groupby("cover").mean(numeric_only=True)
"""

import contextlib
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from market_abm.experiment.engine import Engine, SerialEngine, Told, execute
from market_abm.experiment.failure import Failure
from market_abm.experiment.file_faults import placed
from market_abm.experiment.outcome import absent
from market_abm.experiment.summary import Summary
from market_abm.experiment.task import Task
from market_abm.record.errors import RecordError
from market_abm.scenario.errors import Fault, ScenarioError, suggest
from market_abm.sweep.folder import OUTCOMES as OUTCOMES_FILE
from market_abm.sweep.folder import REPORT, SweepFolder
from market_abm.sweep.measured import Measured
from market_abm.sweep.outlook import Outlook, outlook
from market_abm.sweep.planned import PointTask, PointTasks, identities, planned_runs
from market_abm.sweep.replication import seeds_wanted
from market_abm.sweep.results import SweepResults, read_results
from market_abm.sweep.sweep_file import SweepFile, read_sweep
from market_abm.sweep.watched import WatchedEngine

SWEEPS = Path("runs") / "sweeps"
TRIED = 2  # runs made before the others: the first and the last point
FEW = 4  # significant digits of a running mean

Bar = Callable[[str], AbstractContextManager[Told]]
"""Makes a progress bar of a title, such as `console.long_bar`."""


@contextlib.contextmanager
def _silent(title: str) -> Iterator[Told]:
    yield lambda done, total, what: None


@dataclass(frozen=True)
class Settings:
    """How a sweep is run.

    Parameters
    ----------
    engine : who makes the runs.
    shard : which part of the points, such as (2, 8) for the second of eight.
    out : folder; `runs/sweeps/NAME` when silent.
    replan : put the sweep in the place of another one in the folder.
    tell, bar : where to say what is going on.
    """

    engine: Engine = field(default_factory=SerialEngine)
    shard: tuple[int, int] = (1, 1)
    out: Path | None = None
    replan: bool = False
    tell: Callable[[str], None] = field(default=lambda text: None)
    bar: Bar = _silent

    def __post_init__(self) -> None:
        number, shards = self.shard
        if not 1 <= number <= shards:
            raise RecordError(f"shard {number}/{shards} does not exist; give one from 1/{shards} to {shards}/{shards}.")

    def folder(self, plan: SweepFile) -> SweepFolder:
        """Where the sweep is kept."""
        return SweepFolder(self.out or SWEEPS / plan.name)

    def points(self, plan: SweepFile) -> list[int]:
        """Points of the shard: every n-th of n shards, so that shards are alike."""
        number, shards = self.shard
        return list(range(number - 1, len(plan.points), shards))


@dataclass(frozen=True)
class Made:
    """What came of a command.

    Parameters
    ----------
    folder : of the sweep.
    made : runs that were made.
    results : of the whole folder; None when all was there already, to be read from the folder.
    """

    folder: Path
    made: int
    results: SweepResults | None


def run_sweep(file: str | Path, settings: Settings | None = None) -> SweepResults:
    """Run a sweep; stopped or killed at any time, the same call goes on with what is missing.

    Parameters
    ----------
    file : sweep file.
    settings : how it is run; one run after the other when silent.

    Returns
    -------
    Results of the whole folder. Runs that failed are in `failures`; the same call tries them again.

    Raises
    ------
    ScenarioError
        With every fault of the file, before anything is run; or when no run has a series that an outcome asks for.
    RecordError
        When the folder holds something else, or cannot be written.
    """
    found = make_sweep(file, settings or Settings())
    return found.results or read_results(found.folder)


def make_sweep(file: str | Path, settings: Settings) -> Made:
    """Make the runs of a sweep and its report; as `run_sweep`, but quick when there is nothing to do."""
    driver = _Driver(read_sweep(file), settings)
    try:
        driver.run()
    finally:
        driver.measured.save()
    folder = driver.folder.path
    if not driver.made and not driver.failed and (folder / REPORT).exists():
        return Made(folder, 0, None)
    results = read_results(folder)
    _write_report(results)
    return Made(folder, driver.made, results)


def preview(file: str | Path, settings: Settings | None = None) -> Outlook:
    """Check a sweep to the last point and tell what running it takes; nothing is run or written."""
    settings = settings or Settings()
    plan = read_sweep(file)
    folder = settings.folder(plan)
    with settings.bar("points") as progress:
        found = folder.points()[1] if folder.is_of(plan) else identities(plan, progress)
    runs = planned_runs(found, _first_seeds(plan, settings.points(plan)))
    return outlook(plan, folder, runs, settings.engine)


def reproduction(plan: SweepFile, point: int, seed: int) -> str:
    """Command that makes one run alone."""
    words = ["market-abm", "run", plan.home]
    for one in plan.settings(point):
        words += ["--set", one]
    if plan.sweep.until is not None:
        words += ["--until", plan.sweep.until.isoformat()]
    return shlex.join([*words, "--seed", str(seed)])


class _Driver:
    """A sweep under way."""

    def __init__(self, plan: SweepFile, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.folder(plan)
        with settings.bar("points") as progress:
            self.plan, self.identities = self.folder.plan(plan, settings.replan, progress)
        self.store = self.folder.store
        self.measured = Measured(self.folder.path / OUTCOMES_FILE, self.plan.sweep.outcome, self.store)
        self.failed: set[str] = set()
        self.made = 0

    def run(self) -> None:
        """Make all runs of the shard, round by round while seeds are added."""
        runs = planned_runs(self.identities, _first_seeds(self.plan, range(len(self.plan.points))))
        self.folder.note_planned(runs)  # of all shards, so that the status tells of all
        runs = runs[runs["point"].isin(self.settings.points(self.plan))].reset_index(drop=True)
        if not len(runs):
            self.settings.tell("this shard has no points.")
            return
        there = self._tried(runs)
        self.settings.tell(outlook(self.plan, self.folder, runs, self.settings.engine, there).told())
        while True:
            self._execute(self._missing(runs, there), "runs")
            grown = self._grown(runs) if self.plan.sweep.precise is not None else {}
            if not grown:
                return
            added = planned_runs(self.identities, grown)
            self.folder.note_planned(added)
            runs = pd.concat([runs, added]).sort_values(["point", "seed"], ignore_index=True)
            there = self.store.has(runs["id"])
            self.settings.tell(f"{len(grown):,} points are not precise enough: {len(added):,} runs added.")

    def _tried(self, runs: pd.DataFrame) -> set[str]:
        """Ids in the store, once the first and the last run are made; refuse outcomes that no run can have."""
        there = self.store.has(runs["id"])
        ends = runs.iloc[[0, -1]].drop_duplicates("id")
        if not there:
            self._execute(ends, "first runs")
            there = self.store.has(ends["id"])
        some = [one for one in ends["id"] if one in there] or sorted(there)[:TRIED]
        if not some:
            return there  # both failed, which is told at the end
        series = list(self.store.monthly(some).columns)
        source = self.plan.source
        faults = [
            placed(Fault(("outcome", row, key), f'no run has a series "{name}".', suggest(name, series)), source)
            for row, key, name in absent(self.plan.sweep.outcome, series)
        ]
        if faults:
            raise ScenarioError(faults, source.label)
        return there

    def _missing(self, runs: pd.DataFrame, there: set[str]) -> pd.DataFrame:
        return runs[~runs["id"].isin(there | self.failed)].drop_duplicates("id")

    def _execute(self, runs: pd.DataFrame, title: str) -> None:
        if not len(runs):
            return
        with self.settings.bar(title) as progress:
            engine = WatchedEngine(self.settings.engine, self._look)
            execute(PointTasks(self.plan, runs), self.store, engine, self._said(progress))

    def _look(self, task: Task, result: Summary | Failure) -> None:
        if isinstance(result, Summary):
            self.made += 1
            self.measured.add(result)
            return
        assert isinstance(task, PointTask)
        self.failed.add(task.id)
        self.folder.note_failure(
            {
                "id": task.id,
                "point": task.point,
                "seed": task.seed,
                "why": result.why,
                "traceback": result.traceback,
                "command": reproduction(self.plan, task.point, task.seed),
            }
        )

    def _said(self, progress: Told) -> Told:
        """Progress that tells running means and failures."""

        def one(done: int, total: int, what: str) -> None:
            means = [f"{name} {mean:.{FEW}g}" for name, mean in self.measured.means(done == total).items()]
            failed = [f"{len(self.failed)} failed"] if self.failed else []
            progress(done, total, ", ".join([*(["mean " + "; ".join(means)] if means else []), *failed]) or what)

        return one

    def _grown(self, runs: pd.DataFrame) -> dict[int, range]:
        """Seeds to add, by point."""
        sweep = self.plan.sweep
        assert sweep.precise is not None
        there = self.store.has(runs["id"])
        found = runs[runs["id"].isin(there)]
        outcome = self.measured.of(found["id"].tolist())[sweep.precise.outcome]
        values = pd.Series(np.nan, index=runs.index)
        values[found.index] = outcome.to_numpy()
        grown = {}
        for point, some in values.groupby(runs["point"], sort=True):
            count = seeds_wanted(sweep, np.asarray(some, dtype=np.float64))
            if count > len(some):
                grown[int(point)] = range(sweep.first_seed + len(some), sweep.first_seed + count)
        return grown


def _first_seeds(plan: SweepFile, points: Sequence[int]) -> dict[int, range]:
    first = plan.sweep.first_seed
    return dict.fromkeys(points, range(first, first + plan.sweep.replications))


def _write_report(results: SweepResults) -> None:
    from market_abm.sweep.report import write_report

    write_report(results)
