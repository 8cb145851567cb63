"""Many seeds of a governed scenario in background processes; fans as they come."""

import contextlib
import os
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from market_abm.app.limits import check_seeds
from market_abm.app.world import World
from market_abm.core.units import FloatArray, IntArray
from market_abm.record.workers import answers
from market_abm.scenario.schema import Scenario

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_WORKERS = 8
MOST_FAULTS = 3  # told in full

Lines = dict[str, FloatArray]
"""Values of each series in every week of a run; NaN where it has none."""


@dataclass(frozen=True)
class Fan:
    """Quantiles of a series over the runs that are done.

    Attributes
    ----------
    values : one row for each of `QUANTILES`, one column for each week.
    runs : how many.
    """

    weeks: IntArray
    values: FloatArray
    runs: int


class Ensemble:
    """Runs of the seeds `first`, `first + 1`, ... of a scenario, in processes of their own.

    Parameters
    ----------
    scenario : as governed.
    seeds : number of runs.
    series : names of the series that are kept.
    workers : processes; all cores but one when silent.

    Attributes
    ----------
    state : `new`, `running`, `done`, `cancelled` or `failed`.
    faults : what went wrong, in words.

    Raises
    ------
    LimitError
        When the page does not allow so many seeds.
    """

    def __init__(
        self, scenario: Scenario, seeds: int, series: Sequence[str], first: int = 0, workers: int | None = None
    ) -> None:
        check_seeds(seeds, first)
        self.scenario, self.total, self.first, self.series = scenario, seeds, first, tuple(series)
        spare = max((os.cpu_count() or 1) - 1, 1)
        self.workers = min(workers or spare, seeds, MOST_WORKERS)
        self.state = "new"
        self.faults: list[str] = []
        self._runs: dict[int, Lines] = {}
        self._failed = 0
        self._fans: dict[str, Fan] = {}
        self._stop = Path(tempfile.gettempdir()) / f"market-abm-stop-{os.getpid()}-{id(self)}-{os.urandom(4).hex()}"
        self._thread = threading.Thread(target=self._run, name="ensemble", daemon=True)

    def start(self) -> None:
        """Begin; once."""
        self.state = "running"
        self._thread.start()

    def cancel(self) -> None:
        """Stop within seconds and keep what is done; returns at once."""
        if self.state == "running":
            self.state = "cancelled"
            with contextlib.suppress(OSError):
                self._stop.touch()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, so many seconds at most; tell whether nothing runs any more."""
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def done(self) -> int:
        """Runs that are done."""
        return len(self._runs)

    @property
    def progress(self) -> float:
        """Part of the runs that are over, 0 to 1."""
        return (self.done + self._failed) / self.total

    def fan(self, name: str) -> Fan | None:
        """Quantiles of a series over the runs that are done; None while there are none, or no such series."""
        runs = [lines for lines in list(self._runs.values()) if name in lines]
        if not runs:
            return None
        known = self._fans.get(name)
        if known is None or known.runs != len(runs):
            known = self._fans[name] = fan_of(np.stack([lines[name] for lines in runs]))
        return known

    def _run(self) -> None:
        calls = ((seed, (self.scenario, seed, self.series, str(self._stop))) for seed in self._seeds())
        try:
            with contextlib.closing(answers(play, calls, self.workers)) as told:
                for seed, answer in told:
                    if self.state == "cancelled":
                        break
                    self._take(seed, answer)
        except Exception as fault:  # whatever stops the workers is told on the page
            self.faults.append(str(fault))
            self.state = "failed"
        finally:
            self._stop.unlink(missing_ok=True)
        if self.state == "running":
            self.state = "done" if self._runs else "failed"

    def _seeds(self) -> Sequence[int]:
        return range(self.first, self.first + self.total)

    def _take(self, seed: int, answer: "Lines | Exception") -> None:
        if isinstance(answer, dict):
            self._runs[seed] = answer
            return
        self._failed += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(f"Seed {seed} broke down: {answer}")


def play(scenario: Scenario, seed: int, series: Sequence[str], stop: str) -> Lines:
    """Play one seed to its end, in a worker; nothing when the file `stop` appears."""
    world = World(scenario, seed)
    while not world.finished:
        world.step()
        if os.path.exists(stop):
            return {}
    found: Lines = {}
    for name in series:
        with contextlib.suppress(KeyError):  # a pool of licences that this seed never had
            weeks, values = world.series(name)
            found[name] = np.full(world.weeks, np.nan)
            found[name][weeks] = values
    world.close()
    return found


def fan_of(runs: FloatArray) -> Fan:
    """Quantiles over runs (rows) of each week (columns), those without a number left out."""
    ordered = np.sort(runs, axis=0)  # NaN comes last
    count = np.isfinite(ordered).sum(axis=0)
    weeks = np.flatnonzero(count)
    place = np.array(QUANTILES)[:, None] * (count[weeks] - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, count[weeks] - 1)
    low, high = ordered[below, weeks], ordered[above, weeks]
    return Fan(weeks, low + (high - low) * (place - below), len(runs))
