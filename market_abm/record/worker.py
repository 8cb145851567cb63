"""A worker: a process that answers one call after the other.

It is spawned, lives long, computes with one thread and has a pipe of its own, so
that one that dies leaves the others alone and what it was at is known. It does not
hear Ctrl-C, and does not outlive the process that started it.
"""

import contextlib
import datetime as dt
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from market_abm.record.limits import resident_mb

Key = TypeVar("Key")
LIVES = 2  # workers that a call may cost
GRACE_SECONDS = 5.0  # for a worker to heed that it shall stop
_LIBRARIES = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMBA_NUM", "VECLIB_MAXIMUM")
THREADS = tuple(f"{name}_THREADS" for name in _LIBRARIES)

_driver: Connection | None = None  # in a worker: the pipe to its driver


class StoppedError(Exception):
    """The driver no longer wants an answer."""


@dataclass
class Call(Generic[Key]):
    """What a worker is asked: a key that tells calls apart, arguments, and how many workers it may still cost."""

    key: Key
    arguments: tuple[Any, ...]
    lives: int = LIVES


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
class Worker(Generic[Key]):
    """A worker process, seen from its driver.

    Attributes
    ----------
    call : what it is at; None when it is free.
    answer : of its last call; an exception where one was raised.
    ready : whether it has said that it is prepared.
    fresh : whether it has answered nothing yet.
    """

    def __init__(self, function: Callable[..., Any], prepare: Callable[[], object] | None = None) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.function, self.owner = function, os.getpid()
        self.pipe, theirs = spawn.Pipe()
        self.process = spawn.Process(target=_serve, args=(theirs, function, prepare), daemon=True)
        with one_thread_each(), ctrl_c_held_back():
            self.process.start()
        theirs.close()
        self.call: Call[Key] | None = None
        self.answer: Any = None
        self.ready, self.fresh = False, True
        self._began = 0.0

    def take(self, call: Call[Key]) -> None:
        """Begin a call."""
        self.call, self._began = call, time.monotonic()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a dead one is noticed when listened to
            self.pipe.send(call.arguments)

    def listen(self) -> Call[Key] | None:
        """Hear what the worker says; return the call that this answers, if it is an answer.

        Raises
        ------
        EOFError, OSError
            When it is dead.
        """
        if not self.ready:
            self.ready = bool(self.pipe.recv())
            self._began = time.monotonic()
            return None
        data = self.pipe.recv_bytes()
        try:
            self.answer = multiprocessing.reduction.ForkingPickler.loads(data)
        except Exception as fault:  # an exception that cannot be sent is told by what came of it
            self.answer = fault
        done, self.call, self.fresh = self.call, None, False
        return done

    @property
    def seconds(self) -> float:
        """How long it has been at its call; 0 while it starts."""
        return time.monotonic() - self._began if self.ready and self.call is not None else 0.0

    @property
    def memory_mb(self) -> float:
        """Memory that its process holds [MB]."""
        return resident_mb(self.process.pid or 0)

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.end()

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


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Have processes started meanwhile compute with one thread: there are as many of them as cores."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Have processes started meanwhile not hear Ctrl-C, not even before they run our code."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its start, at the first process, would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# -- in a worker ---------------------------------------------------------------------------------
def _serve(pipe: Connection, function: Callable[..., Any], prepare: Callable[[], object] | None) -> None:
    """Answer calls until the driver has no more."""
    global _driver
    _driver = pipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_driver, daemon=True).start()
    if prepare is not None:
        prepare()
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
