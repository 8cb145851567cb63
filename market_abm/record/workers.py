"""Worker processes that are looked after: they answer calls, and a killed one costs only its own.

The driver alone answers Ctrl-C; no worker outlives it.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from multiprocessing.connection import wait
from typing import Any, Generic

from market_abm.record.errors import RecordError
from market_abm.record.limits import Limits
from market_abm.record.worker import Call, Key, Worker

STARTS = 3  # workers in a row that may die before they are ready
LOOK_SECONDS = 0.1  # between two looks at what busy workers take, where that is limited


class WorkerError(RecordError):
    """Worker processes cannot be started."""


class KilledError(Exception):
    """A call cost one worker its life, and then another."""


class LimitError(Exception):
    """A call took more time or memory than it may."""


def answers(
    function: Callable[..., Any],
    calls: Iterable[tuple[Key, tuple[Any, ...]]],
    workers: int,
    keep: bool = False,
    limits: Limits | None = None,
    prepare: Callable[[], object] | None = None,
) -> Generator[tuple[Key, Any]]:
    """Yield each call's key and its answer as it comes; the answer is the exception where one was raised.

    Calls are read when a worker is free for them, so there may be any number. When
    a worker dies, another takes its place and its call; a call that kills this one
    too is answered by `KilledError`, one that takes too much by `LimitError`. Close
    the generator to stop early.

    Parameters
    ----------
    function : importable by name; may ask `heed` between two steps.
    calls : key and arguments.
    workers : processes.
    keep : have free workers wait for the next time; they end with this process.
    limits : what a call may take; none when silent.
    prepare : importable by name; called in each worker before its first call, of which it takes no time.

    Raises
    ------
    WorkerError
        When workers cannot be started.
    """
    team = _Team(function, calls, workers, limits or Limits(), prepare)
    told: list[tuple[Key, Any]] = []
    try:
        while True:
            team.hand_out()
            yield from told  # after handing out, so that nobody waits for whoever reads the answers
            if not team.busy:
                return
            told = team.hear()
    finally:
        team.part(keep)


class _Team(Generic[Key]):
    """The workers that answer some calls, and the calls that wait for one."""

    def __init__(
        self,
        function: Callable[..., Any],
        calls: Iterable[tuple[Key, tuple[Any, ...]]],
        workers: int,
        limits: Limits,
        prepare: Callable[[], object] | None,
    ) -> None:
        self.function, self.workers, self.limits, self.prepare = function, workers, limits, prepare
        self.members: list[Worker[Key]] = _rested(function, workers)
        self._waiting = (Call(key, arguments) for key, arguments in calls)
        self._again: deque[Call[Key]] = deque()  # calls that dead workers left
        self._misses = 0

    @property
    def busy(self) -> list[Worker[Key]]:
        """Workers that are at a call."""
        return [worker for worker in self.members if worker.call is not None]

    def hand_out(self) -> None:
        """Give every free worker a call; start workers as they are needed."""
        while True:
            free = next((worker for worker in self.members if worker.call is None), None)
            if free is None and len(self.members) >= self.workers:
                return
            call = self._again.popleft() if self._again else next(self._waiting, None)
            if call is None:
                return
            if free is None:
                self.members.append(free := Worker(self.function, self.prepare))
            free.take(call)

    def hear(self) -> list[tuple[Key, Any]]:
        """Wait until workers say something, die or take too much; return what is answered."""
        told: list[tuple[Key, Any]] = []
        speaking = wait([worker.pipe for worker in self.busy], LOOK_SECONDS if self.limits else None)
        for worker in self.busy:
            if worker.pipe not in speaking:
                told += self._stopped_at_limits(worker)
                continue
            try:
                done = worker.listen()
            except (EOFError, OSError):
                told += self._bury(worker)
                continue
            self._misses = 0
            if done is not None:
                told.append((done.key, worker.answer))
                self._replace_if_grown(worker)
        return told

    # -- limits ----------------------------------------------------------------------------------
    def _stopped_at_limits(self, worker: Worker[Key]) -> list[tuple[Key, Any]]:
        """Kill a worker that takes too much; its call is answered, or repeated when earlier calls may be at fault."""
        call = worker.call
        assert call is not None
        seconds = self.limits.seconds
        if seconds is not None and worker.seconds > seconds:
            self._kill(worker)
            return [(call.key, LimitError(f"took longer than {seconds:g} s"))]
        if self._has_grown(worker):
            if not worker.ready:
                raise WorkerError(f"a worker process needs more memory than {self.limits.memory_mb:g} MB to start.")
            was_fresh = worker.fresh
            self._kill(worker)
            if was_fresh or call.lives <= 1:
                return [(call.key, LimitError(f"needs more memory than {self.limits.memory_mb:g} MB"))]
            self._again.append(Call(call.key, call.arguments, call.lives - 1))
        return []

    def _replace_if_grown(self, worker: Worker[Key]) -> None:
        """Let a free worker go that holds too much; another starts when there is a call for it."""
        if self._has_grown(worker):
            self.members.remove(worker)
            worker.end()

    def _has_grown(self, worker: Worker[Key]) -> bool:
        limit = self.limits.memory_mb
        return limit is not None and worker.memory_mb > limit

    def _kill(self, worker: Worker[Key]) -> None:
        self.members.remove(worker)
        worker.kill()

    # -- endings ---------------------------------------------------------------------------------
    def _bury(self, worker: Worker[Key]) -> list[tuple[Key, Any]]:
        """Let a dead worker go; its call is repeated, or answered when it cost too many lives."""
        call = worker.call
        self.members.remove(worker)
        code = worker.end()
        assert call is not None
        if not worker.ready:
            self._misses += 1
            if self._misses >= STARTS:
                raise WorkerError(
                    f"worker processes cannot be started (exit code {code}). A script that asks for workers "
                    'needs `if __name__ == "__main__":` around what it does.'
                )
            self._again.append(call)
        elif call.lives > 1:
            self._again.append(Call(call.key, call.arguments, call.lives - 1))
        else:
            return [(call.key, KilledError(_obituary(code)))]
        return []

    def part(self, keep: bool) -> None:
        """Have all workers end, or those that are free wait for the next time."""
        leaving = [worker for worker in self.members if worker.call is not None or not keep]
        _resting.extend(worker for worker in self.members if worker not in leaving)
        for worker in leaving:
            worker.pipe.close()  # tells it to stop
        for worker in leaving:
            worker.end()


_resting: list[Worker[Any]] = []  # free and kept for the next time


def _rested(function: Callable[..., Any], workers: int) -> list[Worker[Any]]:
    """Take up to so many resting workers that serve the function; the others end."""
    team: list[Worker[Any]] = []
    while _resting:
        worker = _resting.pop()
        if worker.owner != os.getpid():
            continue  # a fork's parent's
        if worker.function is function and worker.process.is_alive() and len(team) < workers:
            team.append(worker)
        else:
            worker.end()
    return team


def _obituary(code: int | None) -> str:
    how = f"by signal {-code}" if code is not None and code < 0 else f"with exit code {code}"
    return f"its worker process ended {how}, twice (out of memory?); try again with fewer workers"
