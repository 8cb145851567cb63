"""The scorecard: every metric's history, band, model median and interval, and whether it passes.

Built from a table of numbers, a row a run and a column a metric, so that it can
be tried on made-up models.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from market_abm.validate.measured_run import MeasuredRun
from market_abm.validate.metric import Metric, Sample

Verdict = Literal["pass", "miss", "not covered"]
UNKNOWN = "not known"
COLUMNS = [
    "metric", "theme", "label", "unit", "basis", "history", "history_low", "history_high", "source", "confidence",
    "band_low", "band_high", "band_reason", "sample", "median", "p10", "p90", "runs", "verdict", "note", "cause",
]  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One metric, set against history.

    Parameters
    ----------
    metric : what is compared.
    median, p10, p90 : of the runs that cover it; NaN where none does.
    runs : how many cover it.
    cause : what is known of the cause of a miss.
    """

    metric: Metric
    median: float
    p10: float
    p90: float
    runs: int
    cause: str = ""

    @property
    def verdict(self) -> Verdict:
        """Pass when the median lies in the band; not covered when no run says anything."""
        if self.runs == 0:
            return "not covered"
        return "pass" if self.metric.band.holds(self.median) else "miss"


@dataclass(frozen=True)
class Tally:
    """How many rows passed of those covered, and the Wilson interval of that share."""

    passed: int
    of: int

    @property
    def share(self) -> float:
        """Share that passed; NaN of none."""
        return self.passed / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share (Wilson 1927): what the rows say of rows like them."""
        return wilson(self.passed, self.of)


@dataclass(frozen=True)
class Scorecard:
    """All rows, in order."""

    rows: tuple[Row, ...]

    def tally(self, sample: Sample | None = None) -> Tally:
        """Rows passed, in one sample or in both."""
        chosen = [row for row in self.rows if row.runs and sample in (None, row.metric.sample)]
        return Tally(sum(row.verdict == "pass" for row in chosen), len(chosen))

    def misses(self) -> list[Row]:
        """Rows that failed."""
        return [row for row in self.rows if row.verdict == "miss"]

    def themes(self) -> dict[str, list[Row]]:
        """Rows under their headings."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.metric.theme, []).append(row)
        return found

    def frame(self) -> pd.DataFrame:
        """Rows as a table, columns as in `COLUMNS`."""
        lines = []
        for row in self.rows:
            of = row.metric
            lines.append(
                (
                    of.name, of.theme, of.label, of.unit, of.basis, of.figure.value, of.low, of.high, of.figure.source,
                    of.figure.confidence, of.band.low, of.band.high, of.band.reason, of.sample, row.median, row.p10,
                    row.p90, row.runs, row.verdict, of.note, row.cause,
                )
            )  # fmt: skip
        return pd.DataFrame(lines, columns=COLUMNS)


def read_off(runs: Sequence[MeasuredRun], metrics: Mapping[str, Metric]) -> dict[str, NDArray[np.float64]]:
    """Numbers of every metric, one a run in their order."""
    return {name: np.array([metric(run) for run in runs], dtype=float) for name, metric in metrics.items()}


def scorecard(
    metrics: Mapping[str, Metric], values: Mapping[str, NDArray[np.float64]], causes: Mapping[str, str]
) -> Scorecard:
    """Judge every metric.

    Parameters
    ----------
    metrics : by name, in the order of the card.
    values : numbers by metric, one a run; NaN where a run does not cover it, infinite where it never happened.
    causes : what is known of misses, by metric.
    """
    rows = []
    for name, metric in metrics.items():
        found = np.asarray(values.get(name, ()), dtype=float)
        row = Row(metric, *quantiles(found), int((~np.isnan(found)).sum()))
        if row.verdict == "miss":
            row = Row(metric, row.median, row.p10, row.p90, row.runs, causes.get(name) or UNKNOWN)
        rows.append(row)
    return Scorecard(tuple(rows))


def quantiles(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Median, p10 and p90 without NaN; between a number and "never" lies no mean, so the lower of the two is taken."""
    values = values[~np.isnan(values)]
    if not len(values):
        return math.nan, math.nan, math.nan
    method: Literal["linear", "inverted_cdf"] = "linear" if np.isfinite(values).all() else "inverted_cdf"
    median, low, high = np.quantile(values, [0.5, 0.1, 0.9], method=method)
    return float(median), float(low), float(high)


def wilson(passed: int, of: int) -> tuple[float, float]:
    """95 % interval of a share; NaN of none."""
    from scipy.stats import binomtest

    if not of:
        return math.nan, math.nan
    found = binomtest(passed, of).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)
