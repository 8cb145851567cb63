"""What a worker process may take."""

import math
import os
from dataclasses import dataclass

from market_abm.record.errors import RecordError

MEGABYTE = 1_000_000
CAN_WATCH_MEMORY = os.path.exists("/proc/self/statm")
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0


@dataclass(frozen=True)
class Limits:
    """What one call may take in a worker process.

    Parameters
    ----------
    seconds : wall time of a call; a worker that takes longer is killed. None sets no limit.
    memory_mb : memory that a worker process may hold [MB of 10^6 bytes], its libraries included (some 300). One that
        holds more is killed; one that holds more between two calls is replaced. None sets no limit.

    Raises
    ------
    RecordError
        When a limit is not a number above 0, or the system does not tell how much memory a process holds.
    """

    seconds: float | None = None
    memory_mb: float | None = None

    def __post_init__(self) -> None:
        for what, limit in (("time", self.seconds), ("memory", self.memory_mb)):
            if limit is not None and not (limit > 0 and math.isfinite(limit)):
                raise RecordError(f"a limit of {what} must be a number above 0, not {limit:g}.")
        if self.memory_mb is not None and not CAN_WATCH_MEMORY:
            raise RecordError("a limit of memory needs Linux; leave it out here.")

    def __bool__(self) -> bool:
        """Whether there is a limit."""
        return self.seconds is not None or self.memory_mb is not None


def resident_mb(process: int) -> float:
    """Memory that a process holds [MB]; 0 when it has ended."""
    try:
        with open(f"/proc/{process}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * _PAGE / MEGABYTE
    except (OSError, IndexError, ValueError):
        return 0.0
