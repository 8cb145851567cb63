"""An outcome over the points of a sweep: one number a point and seed, its means, and what is missing.

Used by every analysis. A point's mean is over the seeds it has; points without
any result are missing, and each analysis says what it does about them.
"""

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from market_abm.core.units import FloatArray
from market_abm.experiment.calibration_page import counted
from market_abm.experiment.statistics import mean_estimate
from market_abm.record.errors import RecordError
from market_abm.record.measures import MEASURES
from market_abm.scenario.errors import suggest

if TYPE_CHECKING:
    from market_abm.sweep.plan import Factor
    from market_abm.sweep.results import SweepResults

KEYS = ("point", "seed", "digest", "seconds")  # columns of the tidy table that are no outcome
MOST_NAMED = 8  # points listed one by one
RANDOM_SEED = 20100921  # of every resampling, fixed so that the same runs give the same interval


class AnalysisError(RecordError):
    """The runs of a sweep cannot answer what was asked; the message says why and what to do."""


@dataclass(frozen=True)
class Response:
    """One outcome over all points of a design.

    Parameters
    ----------
    name, label, unit : of the outcome, as in the sweep file and for people.
    values : rows all points of the design, columns seeds; NaN where there is no result.
    """

    name: str
    label: str
    unit: str
    values: pd.DataFrame

    @property
    def title(self) -> str:
        """Label with its unit."""
        return f"{self.label} [{self.unit}]" if self.unit != "1" else self.label

    @property
    def means(self) -> "pd.Series[float]":
        """Mean over the seeds of each point; NaN for a point without result."""
        return self.values.mean(axis=1)

    @property
    def missing(self) -> list[int]:
        """Points without any result."""
        return [int(point) for point in self.values.index[self.values.isna().all(axis=1)]]

    @property
    def seeds_told(self) -> str:
        """How many seeds the points have."""
        counts = self.values.notna().sum(axis=1)
        counts = counts[counts > 0]
        low, high = int(counts.min()), int(counts.max())
        return counted(low, "seed") if low == high else f"{low} to {high} seeds"

    @property
    def luck(self) -> float:
        """Share of the variance of single runs that is between seeds of the same point; NaN with one seed."""
        within = float(self.values.var(axis=1, ddof=1).mean())
        counts = self.values.notna().sum(axis=1)
        if not math.isfinite(within) or self.means.count() < 2:
            return math.nan
        between = max(0.0, float(self.means.var(ddof=1)) - within / float(counts[counts > 0].mean()))
        return within / (within + between) if within + between > 0 else 0.0

    def intervals(self) -> pd.DataFrame:
        """Mean, its 95 % interval (Student's t over seeds; NaN with one seed) and seeds of each point."""
        rows = [mean_estimate(line) for line in self.values.to_numpy(dtype=float)]
        return pd.DataFrame(
            [(one.value, one.low, one.high, one.seeds) for one in rows],
            columns=["mean", "low", "high", "seeds"],
            index=self.values.index,
        )


def response(results: "SweepResults", name: str) -> Response:
    """Outcome or measure of a sweep by its name.

    Raises
    ------
    AnalysisError
        When the sweep has no such outcome, or no run has a number for it.
    """
    known = outcome_names(results)
    if name not in known:
        raise AnalysisError(f'"{name}" is no outcome of this sweep. {suggest(name, known)}'.rstrip())
    wide = results.runs.pivot(index="point", columns="seed", values=name).reindex(results.points.index)
    values = wide.astype(float)
    values = values.where(np.isfinite(values))
    if values.isna().all(axis=None):
        raise AnalysisError(
            f"no run of {results.folder} has a number for {name}; see `market-abm status` for the runs."
        )
    of = next((one for one in results.sweep.outcome if one.name == name), None)
    measure = MEASURES.get(name)
    label = of.shown if of else measure.label if measure else name
    unit = of.shown_unit if of else measure.unit if measure else "1"
    return Response(name, label, unit, values)


def library(module: str, need: str) -> Any:
    """A module of the extra `sweep`.

    Raises
    ------
    AnalysisError
        When it is not installed; `need` says what it is for.
    """
    try:
        return importlib.import_module(module)
    except ImportError as fault:
        raise AnalysisError(f"{need}; install it with: pip install 'market-abm[sweep]'") from fault


def outcome_names(results: "SweepResults") -> list[str]:
    """Names of everything that was measured: the sweep's outcomes, then measures."""
    aside = {*KEYS, *results.points.columns}
    return [str(name) for name in results.runs.columns if name not in aside and results.runs[name].dtype != object]


# -- factors -------------------------------------------------------------------------------------
def levels(factor: "Factor", column: "pd.Series[Any]") -> list[Any]:
    """Distinct values of a factor in their order: that of the file, else from low to high."""
    there = column.drop_duplicates().tolist()
    if is_number(column):
        return sorted(there)
    named = [one for one in factor.values or [] if one in there]
    return [*named, *sorted((one for one in there if one not in named), key=str)]


def is_number(column: "pd.Series[Any]") -> bool:
    """Whether a factor is a quantity; on/off is not."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def encoded(points: pd.DataFrame, factors: "Sequence[Factor]") -> pd.DataFrame:
    """Factors as numbers: quantities as they are, others as the place of the value in its list."""
    table = {}
    for factor in factors:
        column = points[factor.name]
        if is_number(column):
            table[factor.name] = column.astype(float)
        else:
            places = {value: place for place, value in enumerate(levels(factor, column))}
            table[factor.name] = column.map(places).astype(float)
    return pd.DataFrame(table, index=points.index)


def factor_title(factor: "Factor") -> str:
    """Label of a factor with its unit."""
    return f"{factor.shown} [{factor.unit}]" if factor.unit and factor.unit != "1" else factor.shown


def told_value(value: Any) -> str:
    """A factor's value for people."""
    if isinstance(value, bool | np.bool_):
        return "on" if value else "off"
    if isinstance(value, int | float | np.integer | np.floating):
        whole = float(value) == round(float(value))
        return f"{float(value):,.0f}" if whole else f"{float(f'{float(value):.3g}'):,.10g}"
    return str(value)


def told_point(results: "SweepResults", point: int) -> str:
    """A point in words, such as `stockpile 40 days, embargo 12 weeks`."""
    said = []
    for factor in results.sweep.factor:
        unit = f" {factor.unit}" if factor.unit and factor.unit != "1" else ""
        said.append(f"{factor.shown} {told_value(results.points.at[point, factor.name])}{unit}")
    return ", ".join(said)


def told_points(points: Sequence[int]) -> str:
    """How many points, and the first few by number: `2 points (3, 17)`."""
    shown = ", ".join(str(one) for one in points[:MOST_NAMED])
    more = len(points) - MOST_NAMED
    return f"{counted(len(points), 'point')} ({shown}{f' and {more} more' if more > 0 else ''})"


def seed_weights(seeds: int, resamples: int) -> FloatArray:
    """How often each seed is drawn in each bootstrap resample, shape (resamples, seeds)."""
    draw = np.random.default_rng(RANDOM_SEED)
    return draw.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples).astype(float)


def weighted_means(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Mean of each point under weights of the seeds; NaN where none of its seeds was drawn.

    Parameters
    ----------
    values : shape (points, seeds), NaN where there is no result.
    weights : shape (seeds,).
    """
    there = np.isfinite(values)
    total = there @ weights
    sums = np.where(there, values, 0.0) @ weights
    means: FloatArray = np.divide(sums, total, out=np.full(len(values), np.nan), where=total > 0)
    return means
