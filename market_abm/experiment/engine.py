"""Engines: they make the runs that a store lacks, here or in other processes."""

import contextlib
import datetime as dt
import itertools
import random
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from market_abm.experiment.disk import StoreError
from market_abm.experiment.failure import Failure
from market_abm.experiment.store import RunStore
from market_abm.experiment.summary import Summary, summarise
from market_abm.experiment.task import Task
from market_abm.record.limits import Limits
from market_abm.record.run import simulate
from market_abm.record.worker import heed
from market_abm.record.workers import WorkerError, answers
from market_abm.scenario.loading import load_scenario

Told = Callable[[int, int, str], None]
"""Told after each run: how many are done, how many there are, and what happened."""
_CHANGED = (
    "a run was made by another version of the program than this process has (was it changed meanwhile?). "
    "Finished runs are kept; have the same version everywhere, then start again."
)
Results = Generator[tuple[Task, Summary | Failure]]
"""Tasks and what came of them, in the order in which they finish."""
LOOK_AHEAD = 500  # tasks whose presence in the store is asked at once


class Engine(Protocol):
    """Makes runs; all that `execute` asks of one.

    Another way to have runs made (Ray, MPI, a cloud) is a class with this method,
    a few lines long: hand `attempt` a task wherever it shall be made, and yield
    the task with what `attempt` returned. Runs are pure, so a run whose machine
    is lost may be made again.
    """

    def results(self, tasks: Iterator[Task]) -> Results:
        """Yield each task with its summary, or why there is none, as they finish.

        Tasks are read as there is room for them: there may be more than memory
        holds. When the generator is closed early, what is not finished is dropped.
        """


@dataclass(frozen=True)
class SerialEngine:
    """Makes one run after the other in this process."""

    def results(self, tasks: Iterator[Task]) -> Results:
        """Yield each task with what came of it."""
        for task in tasks:
            yield task, attempt(task)


@dataclass(frozen=True)
class ProcessEngine:
    """Makes runs in worker processes of this machine.

    They are spawned, so a script that asks for them needs `if __name__ == "__main__":`.

    Parameters
    ----------
    workers : processes.
    limits : what a run may take.
    """

    workers: int
    limits: Limits = field(default_factory=Limits)

    def results(self, tasks: Iterator[Task]) -> Results:
        """Yield each task with what came of it.

        Raises
        ------
        WorkerError
            When worker processes cannot be started.
        """
        calls = ((task, (task,)) for task in tasks)
        answered = answers(attempt, calls, self.workers, keep=True, limits=self.limits, prepare=_warm_up)
        with contextlib.closing(answered):
            for task, answer in answered:
                yield task, answer if isinstance(answer, Summary | Failure) else Failure.of(answer)


def execute(
    tasks: Sequence[Task], store: RunStore, engine: Engine | int = 1, progress: Told | None = None
) -> dict[str, Failure]:
    """Make the runs that are not in the store; return what went wrong, by task id.

    The same tasks give the same store with any engine. A run that fails does not
    stop the others. Each run is in the store as soon as it is finished, so this may
    be stopped or killed at any time and called again.

    Parameters
    ----------
    tasks : runs wanted; never held whole when the sequence makes each task as it is read.
    store : where runs are looked for and kept.
    engine : who makes them. A number stands for that many processes; 1 is this one.
    progress : told after each run.

    Raises
    ------
    StoreError
        When the store cannot be written.
    WorkerError
        When the engine cannot work, or makes runs with another version of the program.
    """
    failures: dict[str, Failure] = {}
    count = _Count(len(tasks))
    with contextlib.closing(_engine(engine).results(_missing(tasks, store, count))) as results:
        for task, result in results:
            count.done += 1
            if isinstance(result, Summary):
                if result.id != task.id:
                    raise WorkerError(_CHANGED)
                store.put(result)
                count.made += 1
            else:
                failures[task.id] = result
            if progress is not None:
                said = "finished" if isinstance(result, Summary) else result.why
                progress(count.done, count.total, f"{task.scenario.name} seed {task.seed} {said}")
    with contextlib.suppress(*(() if count.made else (StoreError,))):  # a finished store may be read-only
        store.compact()
    return failures


def attempt(task: Task) -> Summary | Failure:
    """Make a run and sum it up, here; a fault of any kind is told, not raised."""
    try:
        identity = Task(task.scenario, task.seed).id  # by the program here, whoever made the task
        run = simulate(task.scenario, task.seed, heed)
        return summarise(run, identity, float(run.manifest["seconds"]))
    except Exception as fault:  # any fault of a model is that run's result
        return Failure.of(fault)


def _warm_up() -> None:
    """Import and compile what runs need, so that this takes none of the first one's time."""
    scenario = load_scenario("tiny")
    time = scenario.time.model_copy(update={"end": scenario.time.start + dt.timedelta(weeks=2)})
    attempt(Task(scenario.model_copy(update={"time": time}), 0))


def _engine(engine: Engine | int) -> Engine:
    if not isinstance(engine, int):
        return engine
    return ProcessEngine(engine) if engine > 1 else SerialEngine()


@dataclass
class _Count:
    """Tasks in all, each counted once, and those that are done."""

    total: int
    done: int = 0
    made: int = 0


def _missing(tasks: Sequence[Task], store: RunStore, count: _Count) -> Iterator[Task]:
    """Yield each task once whose run is not in the store; count the others."""
    seen: set[str] = set()
    waiting = iter(tasks)
    while some := list(itertools.islice(waiting, LOOK_AHEAD)):
        fresh = {task.id: task for task in some if task.id not in seen}
        seen |= fresh.keys()
        there = store.has(fresh)
        count.total -= len(some) - len(fresh)
        count.done += len(there)
        missing = [task for one, task in fresh.items() if one not in there]
        if missing:
            store.check_writable()
            if store.has_company():
                random.Random().shuffle(missing)  # or two drivers would make the same runs at the same time
        for task in missing:
            if store.has([task.id]):  # another driver has made it meanwhile
                count.done += 1
            else:
                yield task
