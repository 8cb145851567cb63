"""The manifest of a run: under which circumstances it was made."""

import datetime as dt
import importlib.metadata
import platform
import shlex
import sys
import time
from typing import Any

from market_abm.record.identity import model_version

WITNESSES = ("numpy", "mesa", "pandas", "numba", "pyarrow", "pydantic")
"""Packages whose versions are noted."""


class Stopwatch:
    """Notes when a run starts and how long it takes."""

    def __init__(self) -> None:
        self.started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return round(time.perf_counter() - self._start, 3)


def circumstances(watch: Stopwatch, weeks: int) -> dict[str, Any]:
    """Return what a manifest says beside inputs and results."""
    return {
        "versions": {"market_abm": model_version(), "python": platform.python_version()} | _versions(),
        "platform": platform.platform(),
        "command": shlex.join(sys.argv),
        "started": watch.started,
        "seconds": watch.seconds,
        "weeks": weeks,
        "outcome": "finished",
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in WITNESSES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
