"""Experiments run: files read, runs made that the store lacks, seeds added on wish, findings judged and written.

finding = run_experiment("experiments/export-quota.toml", workers=2)
print(finding.verdicts)
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from market_abm.experiment.engine import Told, execute
from market_abm.experiment.failure import Failure
from market_abm.experiment.file_faults import placed
from market_abm.experiment.finding import Finding
from market_abm.experiment.outcome import absent, measure_outcomes
from market_abm.experiment.plan_file import Plan, PlanError, read_plans
from market_abm.experiment.results_folder import write_finding
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.experiment.vector import SHIPPED, Vector, read_vectors
from market_abm.record.errors import RecordError
from market_abm.scenario.errors import Fault, ScenarioError, suggest
from market_abm.scenario.reading import read_source

QUICK, OVER = 3, 10  # replications of a quick look, and under each vector of a calibration
STEP = 10  # seeds added at a time
WIDTH = 0.2  # of an interval, relative to the threshold
SECONDS_PER_WEEK = 0.005  # of a simulated week; experiments/benchmarks measures it

Bar = Callable[[str], AbstractContextManager[Told]]
"""Makes a progress bar of a title, such as `console.count_bar`."""


@contextlib.contextmanager
def _silent(title: str) -> Iterator[Told]:
    yield lambda done, total, what: None


class AllFailedError(Exception):
    """Not one run of an experiment came to its end; the message says why."""


@dataclass(frozen=True)
class Settings:
    """How experiments are run.

    Parameters
    ----------
    replications : seeds an arm, in place of the file's; with `over`, seeds under each vector.
    width : add seeds until every interval is narrower than this share of its threshold, or decided; None adds none.
    workers : processes.
    store : folder of runs; what is there is not run again.
    out : folder for the results, in place of the file's own.
    over : file of vectors of parameters, as `market-abm calibrate` writes it.
    quick : three seeds, and no more.
    command : options that make it again, without the files.
    tell, bar : where to say what is going on.
    """

    replications: int | None = None
    width: float | None = None
    workers: int = 1
    store: Path = Path("runs/store")
    out: Path | None = None
    over: Path | None = None
    quick: bool = False
    command: str = ""
    tell: Callable[[str], None] = field(default=lambda text: None)
    bar: Bar = _silent

    def __post_init__(self) -> None:
        if self.quick and self.out is None:
            raise RecordError(
                "a quick look writes to a folder of its own, so that it replaces no finding: give --out DIR."
            )

    def seeds(self, plan: Plan) -> int:
        """Number of seeds under the shipped parameters, at first."""
        own = plan.experiment.replications if self.over or self.replications is None else self.replications
        return QUICK if self.quick else own

    @property
    def seeds_over(self) -> int:
        """Number of seeds under each vector."""
        return QUICK if self.quick else self.replications or OVER

    def folder(self, plan: Plan) -> Path:
        """Where the finding goes."""
        return (self.out or plan.file.parent) / plan.name


def run_experiment(file: str | Path, settings: Settings | None = None, write: bool = True) -> Finding:
    """Run one experiment; see `run_experiments`."""
    return run_experiments([file], settings, write)[0]


def run_experiments(files: Sequence[str | Path], settings: Settings | None = None, write: bool = True) -> list[Finding]:
    """Run experiments together; an arm that several share is run once.

    Stopped at any time, the same call goes on with what is missing.

    Parameters
    ----------
    files : experiment files.
    settings : how they are run.
    write : whether each finding is written into its folder.

    Returns
    -------
    One finding a file.

    Raises
    ------
    PlanError
        Before anything is run, with every fault of every file; or after the first seed of each arm when an
        outcome asks for a series that no arm has; or at the end when no run covers an outcome.
    AllFailedError
        When the first seed fails in every arm of an experiment.
    """
    settings = settings or Settings()
    plans = read_plans(files, read_vectors(settings.over) if settings.over else ())
    _refuse_same_folder(plans, settings)
    study = _Study(plans, settings)
    study.try_first_seeds()
    findings = study.run()
    if write:
        for finding in findings:
            command = f"market-abm experiment {shown_path(finding.plan.file)}{settings.command}"
            write_finding(finding, settings.folder(finding.plan), command, study.run_ids(finding.plan))
    return findings


class _Study:
    """Plans under way: how many seeds each has, and which runs failed."""

    def __init__(self, plans: Sequence[Plan], settings: Settings) -> None:
        self.plans = plans
        self.settings = settings
        self.store = RunStore(settings.store)
        self.counts = [settings.seeds(plan) for plan in plans]
        self.failures: dict[str, Failure] = {}

    def try_first_seeds(self) -> None:
        """Run the first seed of every arm, and refuse outcomes that no arm can have before hours are spent."""
        firsts = [self._tasks(plan, 1) for plan in self.plans]
        self._execute("first seeds", [task for tasks in firsts for task in tasks])
        errors = []
        for plan, tasks in zip(self.plans, firsts, strict=True):
            there = sorted(self.store.has(task.id for task in tasks))
            if not there:
                why = next((self.failures[task.id] for task in tasks if task.id in self.failures), "unknown")
                raise AllFailedError(f"{plan.file.name}: every run of seed {tasks[0].seed} failed: {why}")
            columns = list(self.store.monthly(there).columns)
            source = read_source(plan.file)
            faults = [
                placed(Fault(("outcome", row, key), f'no arm has a series "{name}".', suggest(name, columns)), source)
                for row, key, name in absent(plan.experiment.outcome, columns)
            ]
            errors += [ScenarioError(faults, source.label)] if faults else []
            self._remark(plan)
        if errors:
            raise PlanError(errors)

    def _remark(self, plan: Plan) -> None:
        """Say what looks like a mistake, though it may be none."""
        for one, other in plan.twins:
            self.settings.tell(f'{plan.file.name}: arm "{one}" is the same scenario as "{other}".')
        arms = self._arms(plan, _seeds(plan, 1), SHIPPED).values()
        for outcome in plan.experiment.outcome:
            if all(table[outcome.name].isna().all() for table in arms):
                self.settings.tell(f"{plan.file.name}: no arm has a value of {outcome.name} under the first seed.")

    def run(self) -> list[Finding]:
        """Make all runs, round by round while intervals are too wide, and judge."""
        while True:
            tasks = [
                task for plan, count in zip(self.plans, self.counts, strict=True) for task in self._tasks(plan, count)
            ]
            tasks += [task for plan in self.plans for task in self._tasks_over(plan)]
            self._announce(tasks)
            self._execute("experiments", tasks)
            findings = [self._finding(plan, count) for plan, count in zip(self.plans, self.counts, strict=True)]
            if not self._add_seeds(findings):
                break
        unmeasured = [(one, names) for one in findings if (names := one.unmeasured())]
        if unmeasured:
            raise PlanError([_no_number(finding.plan, names) for finding, names in unmeasured])
        return findings

    def run_ids(self, plan: Plan) -> list[str]:
        """Identities of all runs of a plan."""
        count = self.counts[self.plans.index(plan)]
        return [task.id for task in [*self._tasks(plan, count), *self._tasks_over(plan)]]

    def _tasks(self, plan: Plan, count: int) -> list[Task]:
        seeds = _seeds(plan, count)
        return [task for arm in plan.experiment.arm for task in plan.tasks(arm.name, seeds).values()]

    def _tasks_over(self, plan: Plan) -> list[Task]:
        seeds = _seeds(plan, self.settings.seeds_over)
        arms = [arm.name for arm in plan.experiment.arm]
        return [task for one in plan.vectors for arm in arms for task in plan.tasks(arm, seeds, one).values()]

    def _execute(self, title: str, tasks: Sequence[Task]) -> None:
        with self.settings.bar(title) as progress:
            self.failures |= execute(tasks, self.store, self.settings.workers, progress)

    def _announce(self, tasks: Sequence[Task]) -> None:
        by_id = {task.id: task for task in tasks}
        missing = [by_id[one] for one in by_id.keys() - self.store.has(by_id)]
        weeks = sum((task.scenario.time.end - task.scenario.time.start).days / 7 for task in missing)
        minutes = weeks * SECONDS_PER_WEEK / self.settings.workers / 60
        files = f"{len(self.plans)} experiment{'' if len(self.plans) == 1 else 's'}"
        said = f"{files}: {len(by_id)} runs, {len(by_id) - len(missing)} done, {len(missing)} to make"
        self.settings.tell(said + (f", about {max(1, round(minutes))} min" if missing else ""))

    def _finding(self, plan: Plan, count: int) -> Finding:
        seeds = _seeds(plan, count)
        over = {one: self._arms(plan, _seeds(plan, self.settings.seeds_over), one) for one in plan.vectors}
        tasks = [*self._tasks(plan, count), *self._tasks_over(plan)]
        failed = {
            task.id: f"{task.scenario.name} seed {task.seed}: {self.failures[task.id]}"
            for task in tasks
            if task.id in self.failures
        }
        adaptive = count > self.settings.seeds(plan)
        return Finding(
            plan,
            tuple(seeds),
            self._arms(plan, seeds, SHIPPED),
            over,
            failed,
            len({task.id for task in tasks}),
            adaptive,
        )

    def _arms(self, plan: Plan, seeds: Sequence[int], vector: Vector) -> Mapping[str, pd.DataFrame]:
        outcomes = plan.experiment.outcome
        return {
            arm.name: measure_outcomes(
                outcomes, self.store, {seed: task.id for seed, task in plan.tasks(arm.name, seeds, vector).items()}
            )
            for arm in plan.experiment.arm
        }

    def _add_seeds(self, findings: Sequence[Finding]) -> bool:
        """Raise the number of seeds where an interval is too wide; whether any was raised."""
        if self.settings.width is None or self.settings.quick:
            return False
        before = list(self.counts)
        for place, finding in enumerate(findings):
            if not all(one.is_settled(self.settings.width) for one in finding.judgements):
                most = max(finding.plan.experiment.most_replications, before[place])
                self.counts[place] = min(before[place] + STEP, most)
        return self.counts != before


def _seeds(plan: Plan, count: int) -> range:
    return range(plan.experiment.first_seed, plan.experiment.first_seed + count)


def _no_number(plan: Plan, names: Sequence[str]) -> ScenarioError:
    source = read_source(plan.file)
    rows = [one.name for one in plan.experiment.outcome]
    what = "no run covers it: every value is missing."
    remedy = "Choose another outcome, or a longer time."
    return ScenarioError(
        [placed(Fault(("outcome", rows.index(name), "name"), what, remedy), source) for name in names], source.label
    )


def _refuse_same_folder(plans: Sequence[Plan], settings: Settings) -> None:
    folders = [settings.folder(plan) for plan in plans]
    if twice := {str(folder) for folder in folders if folders.count(folder) > 1}:
        raise RecordError(
            f"two experiments would write to {', '.join(sorted(twice))}; give their files different names."
        )


def shown_path(file: Path) -> str:
    """Path of a file below the working folder, else its name: no path of a machine is written."""
    with contextlib.suppress(ValueError):
        return file.resolve().relative_to(Path.cwd()).as_posix()
    return file.name
