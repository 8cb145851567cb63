"""The engine: makes the runs that a store lacks."""

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

from market_abm.experiment.disk import StoreError
from market_abm.experiment.store import RunStore
from market_abm.experiment.summary import Summary, summarise
from market_abm.experiment.task import Task
from market_abm.record.run import simulate
from market_abm.record.workers import answers, heed
from market_abm.scenario.schema import Scenario

Told = Callable[[int, int, str], None]
"""Told after each run: how many are done, how many there are, and what happened."""
LOOK_AHEAD = 500  # tasks whose presence in the store is asked at once


def execute(tasks: Sequence[Task], store: RunStore, workers: int = 1, progress: Told | None = None) -> dict[str, str]:
    """Make the runs that are not in the store; return what went wrong, by task id.

    The same tasks give the same store with any number of workers. A run that fails
    does not stop the others. Each run is in the store as soon as it is finished, so
    this may be stopped or killed at any time and called again. Worker processes are
    spawned, so a script that asks for them needs `if __name__ == "__main__":`.

    Parameters
    ----------
    tasks : runs wanted; never held whole when the sequence makes each task as it is read.
    store : where runs are looked for and kept.
    workers : processes; 1 runs in this one.
    progress : told after each run.

    Raises
    ------
    StoreError
        When the store cannot be written.
    WorkerError
        When worker processes cannot be started.
    """
    failures: dict[str, str] = {}
    count = _Count(len(tasks))
    missing = _missing(tasks, store, count)
    results = _results(missing, workers) if workers > 1 else ((task, _make(*_arguments(task))) for task in missing)
    with contextlib.closing(results):
        for task, result in results:
            count.done += 1
            if isinstance(result, Summary):
                store.put(result)
                count.made += 1
                said = "finished"
            else:
                failures[task.id] = said = result
            if progress is not None:
                progress(count.done, count.total, f"{task.scenario.name} seed {task.seed} {said}")
    with contextlib.suppress(*(() if count.made else (StoreError,))):  # a finished store may be read-only
        store.compact()
    return failures


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
        missing = fresh.keys() - store.has(fresh)
        count.total -= len(some) - len(fresh)
        count.done += len(fresh) - len(missing)
        if missing:
            store.check_writable()
        yield from (task for one, task in fresh.items() if one in missing)


def _results(tasks: Iterator[Task], workers: int) -> Generator[tuple[Task, Summary | str]]:
    """Yield each task and what came of it, made by worker processes."""
    calls = ((task, _arguments(task)) for task in tasks)
    with contextlib.closing(answers(_make, calls, workers, keep=True)) as answered:
        for task, answer in answered:
            yield task, answer if isinstance(answer, Summary | str) else _last_line(answer)


def _arguments(task: Task) -> tuple[Scenario, int, str]:
    return task.scenario, task.seed, task.id


def _make(scenario: Scenario, seed: int, identity: str) -> Summary | str:
    """Run and sum up; in words when that fails."""
    try:
        run = simulate(scenario, seed, heed)
        return summarise(run, identity, float(run.manifest["seconds"]))
    except Exception as fault:  # any fault of a model is that run's result
        return _last_line(fault)


def _last_line(fault: BaseException) -> str:
    return f"{type(fault).__name__}: {fault}"
