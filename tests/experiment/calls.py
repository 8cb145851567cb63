"""What tests ask of worker processes; imports little, so that workers start soon."""

import os
import signal
import time
from pathlib import Path

from market_abm.record.workers import heed


def double(number: int) -> int:
    return 2 * number


def fail(number: int) -> int:
    raise RuntimeError(f"{number} g vanished")


def unsendable(number: int) -> object:
    return lambda: number


def threads(number: int) -> str:
    return os.environ["OMP_NUM_THREADS"]


def die_once(number: int, folder: str) -> int:
    """Number 2 kills its worker the first time."""
    mark = Path(folder) / "died"
    if number == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def die(number: int) -> int:
    """Number 2 kills every worker that it meets."""
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def dawdle(number: int) -> int:
    """Take a minute for each, but heed."""
    for _ in range(6000 * number):
        time.sleep(0.01)
        heed()
    return number
