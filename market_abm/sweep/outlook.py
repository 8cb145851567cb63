"""What a sweep takes: runs, those that are done, time and disk."""

import itertools
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from market_abm.experiment.engine import Engine
from market_abm.experiment.study import SECONDS_PER_WEEK
from market_abm.sweep.folder import STORE, SweepFolder
from market_abm.sweep.sweep_file import SweepFile

SAMPLE = 200  # finished runs whose time is looked at
ENOUGH = 10  # of them for a mean
SHORT_SECONDS = 90


@dataclass(frozen=True)
class Outlook:
    """What is to be done.

    Parameters
    ----------
    points, runs, done : how many; runs that are alike count once.
    seconds : time that the rest takes, all workers together.
    size : disk that the rest takes [bytes]; None before anything is run.
    free : disk that is free [bytes].
    """

    points: int
    runs: int
    done: int
    seconds: float
    size: float | None
    free: int

    def told(self) -> str:
        """One line for people."""
        rest = self.runs - self.done
        said = f"{self.points:,} points, {self.runs:,} runs: {self.done:,} done, {rest:,} to make"
        if not rest:
            return said
        said += f", about {_duration(self.seconds)}"
        if self.size is None:
            return said
        said += f" and at most {_size(self.size)} of disk"
        return said + (f"; only {_size(self.free)} are free" if self.size > self.free else "")


def outlook(
    plan: SweepFile, folder: SweepFolder, runs: pd.DataFrame, engine: Engine, there: set[str] | None = None
) -> Outlook:
    """What runs take, told by those that are in the store, or by the weeks of a run when there are none.

    Parameters
    ----------
    runs : table as of `planned_runs`.
    there : ids in the store, when they have been asked for already.
    """
    ids = runs["id"].unique().tolist()
    there = folder.store.has(ids) if there is None else there & set(ids)
    done = list(itertools.islice((one for one in ids if one in there), SAMPLE))  # neighbours, so in few files
    rest = len(ids) - len(there)
    if done:
        took = folder.store.heads(done)["seconds"] if rest else pd.Series([0.0])
        each = float(took.mean() if len(took) >= ENOUGH else took.min())  # the first ones have compiled code to fetch
    else:
        time = plan.scenario(0).time
        each = (time.end - time.start).days / 7 * SECONDS_PER_WEEK
    size = _bytes(folder.path / STORE) / len(there) * rest if there else None
    points = runs["point"].nunique()
    return Outlook(points, len(ids), len(there), each * rest / _hands(engine), size, _free(folder.path))


def _hands(engine: Engine) -> int:
    """Runs that an engine makes side by side, as far as it says."""
    return int(getattr(engine, "workers", None) or 1)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _free(folder: Path) -> int:
    there = next(one for one in (folder.resolve(), *folder.resolve().parents) if one.exists())
    return shutil.disk_usage(there).free


def _duration(seconds: float) -> str:
    if seconds < SHORT_SECONDS:
        return f"{max(1, round(seconds))} s"
    minutes = seconds / 60
    return f"{round(minutes)} min" if minutes < SHORT_SECONDS else f"{minutes / 60:,.1f} h"


def _size(size: float) -> str:
    return f"{max(1, round(size / 1e6)):,} MB" if size < 1e9 else f"{size / 1e9:,.1f} GB"
