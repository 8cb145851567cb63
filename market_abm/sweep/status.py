"""How far a sweep is, told from its folder at any time, also while others write to it."""

from dataclasses import dataclass
from pathlib import Path

from market_abm.sweep.folder import SweepFolder


@dataclass(frozen=True)
class Status:
    """How far a sweep is.

    Parameters
    ----------
    title : of the sweep.
    points : number of points.
    planned : runs planned so far, those that are alike counted once; a sweep that adds seeds may plan more.
    done, failed : how many of them are finished, or failed when they were last tried.
    """

    title: str
    points: int
    planned: int
    done: int
    failed: int

    @property
    def pending(self) -> int:
        """Runs that nobody has tried yet."""
        return self.planned - self.done - self.failed


def read_status(folder: str | Path) -> Status:
    """Tell how far a sweep is.

    Raises
    ------
    RecordError
        When the folder holds no sweep, or cannot be read.
    """
    place = SweepFolder(folder)
    sweep = place.sweep
    planned = place.planned()
    ids = set(planned["id"].tolist())
    done = place.store.listed(ids)
    failed = {one["id"] for one in place.failures()} & (ids - done)
    return Status(sweep.title, int(planned["point"].nunique()), len(ids), len(done), len(failed))
