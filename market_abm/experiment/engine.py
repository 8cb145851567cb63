"""The engine: makes the runs that a store lacks."""

from collections.abc import Callable, Sequence

from market_abm.experiment.store import RunStore
from market_abm.experiment.summary import summarise
from market_abm.experiment.task import Task
from market_abm.record.run import simulate

Told = Callable[[int, int, str], None]
"""Told after each run: how many are done, how many there are, and what happened."""


def execute(
    tasks: Sequence[Task], store: RunStore, workers: int = 1, progress: Told | None = None
) -> dict[str, str]:
    """Make the runs that are not in the store; return what went wrong, by task id.

    The same tasks give the same store with any number of workers. A run that
    fails does not stop the others.
    """
    wanted = {task.id: task for task in tasks}
    missing = [task for one, task in wanted.items() if one not in store.has(wanted)]
    failures: dict[str, str] = {}
    for count, task in enumerate(missing, len(wanted) - len(missing) + 1):
        try:
            run = simulate(task.scenario, task.seed)
            store.put(summarise(run, task.id, float(run.manifest.get("seconds", 0.0))))
            said = "finished"
        except Exception as fault:  # any fault of a model is that run's result
            failures[task.id] = said = f"{type(fault).__name__}: {fault}"
        if progress is not None:
            progress(count, len(wanted), f"{task.scenario.name} seed {task.seed} {said}")
    return failures
