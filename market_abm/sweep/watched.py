"""An engine that is looked at: what comes of each run is told as soon as it is there."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from market_abm.experiment.engine import Engine, Results
from market_abm.experiment.failure import Failure
from market_abm.experiment.summary import Summary
from market_abm.experiment.task import Task


@dataclass(frozen=True)
class WatchedEngine:
    """An engine and somebody who looks at its results.

    Parameters
    ----------
    engine : makes the runs.
    look : told each task and what came of it.
    """

    engine: Engine
    look: Callable[[Task, Summary | Failure], None]

    def results(self, tasks: Iterator[Task]) -> Results:
        """Yield what the engine yields."""
        with contextlib.closing(self.engine.results(tasks)) as found:
            for task, result in found:
                self.look(task, result)
                yield task, result
