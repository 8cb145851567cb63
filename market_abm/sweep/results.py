"""The results of a sweep's folder, in tidy tables."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from market_abm.sweep.folder import OUTCOMES, SweepFolder
from market_abm.sweep.measured import Measured
from market_abm.sweep.plan import Sweep

FAILURE_COLUMNS = ["point", "seed", "why", "command"]
DIGITS = 6  # of outcomes in a digest: sums of floats depend on their order in the last digits


@dataclass(frozen=True)
class SweepResults:
    """What a folder holds.

    Parameters
    ----------
    folder : where it was read.
    sweep : what the sweep file says.
    points : index `point`, counted from 0; a column a factor.
    runs : finished runs, a row a point and seed: point, seed, the factors, digest (of the run's tables), seconds
        (wall time), the outcomes under their names and in their units, then all measures.
    failures : runs that failed and have not been made since: point, seed, why, command (that makes it alone).
    planned : rows that `runs` has when nothing is pending.
    """

    folder: Path
    sweep: Sweep
    points: pd.DataFrame
    runs: pd.DataFrame
    failures: pd.DataFrame
    planned: int


def read_results(folder: str | Path) -> SweepResults:
    """Read a sweep's folder; runs still pending are not in it.

    Raises
    ------
    RecordError
        When the folder holds no sweep, or cannot be read.
    """
    place = SweepFolder(folder)
    sweep, store = place.sweep, place.store
    points, _ = place.points()
    planned = place.planned()
    there = store.has(planned["id"])
    done = planned[planned["id"].isin(there)].reset_index(drop=True)
    ids = done["id"].tolist()
    measured = Measured(place.path / OUTCOMES, sweep.outcome, store)
    outcomes = measured.of(ids).reset_index(drop=True)
    measured.save()
    kept = store.outcomes(list(dict.fromkeys(ids))).loc[ids].reset_index(drop=True)
    factors = points.loc[done["point"]].reset_index(drop=True)
    measures = kept.drop(columns=["scenario", "seed", "digest", "seconds", *outcomes.columns], errors="ignore")
    runs = pd.concat([done[["point", "seed"]], factors, kept[["digest", "seconds"]], outcomes, measures], axis=1)
    return SweepResults(place.path, sweep, points, runs, open_failures(place, there), len(planned))


def open_failures(place: SweepFolder, there: "set[str]") -> pd.DataFrame:
    """Failed runs that are not among the ids in the store."""
    failed = [one for one in place.failures() if one["id"] not in there]
    table = pd.DataFrame(failed, columns=FAILURE_COLUMNS)
    return table.sort_values(["point", "seed"], ignore_index=True)


def load_sweep(folder: str | Path) -> pd.DataFrame:
    """Finished runs of a sweep's folder, a row a point and seed; see `SweepResults.runs`."""
    return read_results(folder).runs


def table_digest(results: SweepResults) -> str:
    """Hash of what the table of runs says, whoever made them and in whatever order.

    It covers points, seeds, factors, what each run's tables say, and the outcomes to
    six digits; not the time that the runs took.
    """
    sweep, runs = results.sweep, results.runs.sort_values(["point", "seed"])
    seal = hashlib.sha256()
    for name in ["point", "seed", *sweep.names, "digest"]:
        seal.update(f"{name}: {runs[name].tolist()}\n".encode())
    for outcome in sweep.outcome:
        told = [f"{value + 0.0:.{DIGITS - 1}e}" for value in runs[outcome.name].to_numpy(dtype=float)]
        seal.update(f"{outcome.name}: {told}\n".encode())
    return seal.hexdigest()[:32]
