"""What tests ask of worker processes; imports little, so that workers start soon."""

import os
import signal
import time
from pathlib import Path

from market_abm.record.worker import heed


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


def hang(number: int) -> int:
    """Number 2 takes a minute and heeds nothing."""
    if number == 2:
        time.sleep(60)
    return 2 * number


def hoard(number: int) -> int:
    """Number 2 wants 2 GB and holds them for a minute."""
    if number == 2:
        held = [bytearray(b"x" * 10_000_000) for _ in range(200)]
        time.sleep(60)
        return len(held)
    return 2 * number


leaked: list[bytearray] = []


def leak(number: int) -> int:
    """Leave 50 MB behind; tell the process."""
    leaked.append(bytearray(b"x" * 50_000_000))
    return os.getpid()


ready: list[bool] = []


def prepare() -> None:
    """Take a second."""
    time.sleep(1)
    ready.append(True)


def prepared(number: int) -> bool:
    return ready == [True]


def deaf(number: int) -> bool:
    """Whether Ctrl-C was held back from the very start of this process."""
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
