"""What is kept of a run among thousands: its measures and its monthly series."""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from market_abm.experiment.series import monthly_series
from market_abm.record.measures import measures
from market_abm.record.run import Run


@dataclass(frozen=True)
class Summary:
    """One finished run, summed up.

    Parameters
    ----------
    id : identity of the task.
    scenario, seed : what was run.
    digest : hash of what the run's tables say.
    seconds : wall time.
    values : measures by machine name; NaN where the run does not cover one.
    monthly : one row a month (index: Period), one column a series (see `series`).
    """

    id: str
    scenario: str
    seed: int
    digest: str
    seconds: float
    values: Mapping[str, float]
    monthly: pd.DataFrame


def summarise(run: Run, identity: str, seconds: float) -> Summary:
    """Sum up a run."""
    values = {str(name): float(value) for name, value in measures(run).items()}
    return Summary(identity, run.scenario.name, run.seed, run.digest, seconds, values, monthly_series(run))


@functools.cache
def summary_version() -> str:
    """Fingerprint of the code that sums up, so that what was summed up otherwise is made again."""
    house = Path(__file__).parent.parent
    files = [*sorted((house / "record").glob("*measure*.py")), house / "record" / "reading.py"]
    files += [house / "experiment" / "summary.py", house / "experiment" / "series.py"]
    seal = hashlib.sha256()
    for file in files:
        seal.update(file.name.encode())
        seal.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return seal.hexdigest()[:12]
