"""Worker processes that are looked after: they answer calls, and a killed one costs only its own.

Workers are spawned, live long and compute with one thread each. Each has its own
pipe, so that one that dies leaves the others alone and what it was at is known.
The driver alone answers Ctrl-C; no worker outlives it.
"""

import contextlib
import datetime as dt
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from market_abm.record.errors import RecordError

Key = TypeVar("Key")
_LIBRARIES = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMBA_NUM", "VECLIB_MAXIMUM")
THREADS = tuple(f"{name}_THREADS" for name in _LIBRARIES)
LIVES = 2  # workers that a call may cost
STARTS = 3  # workers in a row that may die before they are ready
GRACE_SECONDS = 5.0  # for a worker to heed that it shall stop

_driver: Connection | None = None  # in a worker: the pipe to its driver


class WorkerError(RecordError):
    """Worker processes cannot be started."""


class StoppedError(Exception):
    """The driver no longer wants an answer."""


class KilledError(Exception):
    """A call cost one worker its life, and then another."""


@dataclass
class _Call(Generic[Key]):
    key: Key
    arguments: tuple[Any, ...]
    lives: int = LIVES


def answers(
    function: Callable[..., Any], calls: Iterable[tuple[Key, tuple[Any, ...]]], workers: int, keep: bool = False
) -> Generator[tuple[Key, Any]]:
    """Yield each call's key and its answer as it comes; the answer is the exception where one was raised.

    Calls are read when a worker is free for them, so there may be any number. When
    a worker dies, another takes its place and its call; a call that kills this one
    too is answered by `KilledError`. Close the generator to stop early.

    Parameters
    ----------
    function : importable by name; may ask `heed` between two steps.
    calls : key and arguments.
    workers : processes.
    keep : have free workers wait for the next time; they end with this process.

    Raises
    ------
    WorkerError
        When workers cannot be started.
    """
    team = _Team(function, calls, workers)
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


def heed(done: int = 0, total: int = 0, today: dt.date | None = None) -> None:
    """Give up when the driver wants no answer any more; a `Progress` for `simulate`.

    Raises
    ------
    StoppedError
        When that is so; never outside a worker.
    """
    if _driver is not None and _driver.poll():
        raise StoppedError


# -- in the driver -------------------------------------------------------------------------------
class _Worker:
    """A worker process and the call it is at."""

    def __init__(self, function: Callable[..., Any]) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.function, self.owner = function, os.getpid()
        self.pipe, theirs = spawn.Pipe()
        self.process = spawn.Process(target=_serve, args=(theirs, function), daemon=True)
        with _one_thread_each(), _ctrl_c_held_back():
            self.process.start()
        theirs.close()
        self.ready = False
        self.call: _Call[Any] | None = None
        self.answer: Any = None

    def take(self, call: _Call[Any]) -> None:
        """Begin a call."""
        self.call = call
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a dead one is noticed when listened to
            self.pipe.send(call.arguments)

    def listen(self) -> bool:
        """Hear what the worker says, and tell whether this is its answer.

        Raises
        ------
        EOFError, OSError
            When it is dead.
        """
        if not self.ready:
            self.ready = bool(self.pipe.recv())
            return False
        data = self.pipe.recv_bytes()
        try:
            self.answer = multiprocessing.reduction.ForkingPickler.loads(data)
        except Exception as fault:  # an exception that cannot be sent is told by what came of it
            self.answer = fault
        self.call = None
        return True

    def end(self) -> int | None:
        """Let the process end, by force if it must be; return its exit code."""
        self.pipe.close()
        self.process.join(GRACE_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        code = self.process.exitcode
        self.process.close()
        return code


class _Team(Generic[Key]):
    """The workers that answer some calls, and the calls that wait for one."""

    def __init__(
        self, function: Callable[..., Any], calls: Iterable[tuple[Key, tuple[Any, ...]]], workers: int
    ) -> None:
        self.function, self.workers = function, workers
        self.members = _rested(function, workers)
        self._waiting = (_Call(key, arguments) for key, arguments in calls)
        self._again: deque[_Call[Key]] = deque()  # calls that dead workers left
        self._misses = 0

    @property
    def busy(self) -> list[_Worker]:
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
                self.members.append(free := _Worker(self.function))
            free.take(call)

    def hear(self) -> list[tuple[Key, Any]]:
        """Wait until workers say something or die; return what is answered."""
        told: list[tuple[Key, Any]] = []
        speaking = wait([worker.pipe for worker in self.busy])
        for worker in [worker for worker in self.busy if worker.pipe in speaking]:
            call = worker.call
            try:
                if worker.listen():
                    told.append((call.key, worker.answer))  # type: ignore[union-attr]
                self._misses = 0
            except (EOFError, OSError):
                told += self._bury(worker)
        return told

    def _bury(self, worker: _Worker) -> list[tuple[Key, Any]]:
        """Let a dead worker go; its call is repeated, or answered when it cost too many lives."""
        call: _Call[Key] | None = worker.call
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
            self._again.append(_Call(call.key, call.arguments, call.lives - 1))
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


_resting: list[_Worker] = []  # free and kept for the next time


def _rested(function: Callable[..., Any], workers: int) -> list[_Worker]:
    """Take up to so many resting workers that serve the function; the others end."""
    team: list[_Worker] = []
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


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Have processes started meanwhile compute with one thread: there are as many of them as cores."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Have processes started meanwhile not hear Ctrl-C, not even before they run our code."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# -- in a worker ---------------------------------------------------------------------------------
def _serve(pipe: Connection, function: Callable[..., Any]) -> None:
    """Answer calls until the driver has no more."""
    global _driver
    _driver = pipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_driver, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        pipe.send(True)
        while True:
            arguments = pipe.recv()
            try:
                answer = function(*arguments)
            except BaseException as fault:
                answer = fault
            try:
                pipe.send(answer)
            except (TypeError, AttributeError, ValueError) as fault:  # it cannot be pickled
                pipe.send(RuntimeError(f"{type(answer).__name__} cannot be sent: {fault}"))


def _die_with_driver() -> None:
    driver = multiprocessing.parent_process()
    if driver is not None:
        driver.join()
        os._exit(1)
