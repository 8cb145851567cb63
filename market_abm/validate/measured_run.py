"""What is known of one run when it is held against history: its monthly series and its measures.

Whatever a run does not cover raises `NotCoveredError`, which makes the metric NaN;
what a run covers but never saw happen is infinite ("never").
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Series: TypeAlias = "pd.Series[float]"
OXIDES = ("La", "Ce", "NdPr", "Dy", "Tb")
NEVER = math.inf


class NotCoveredError(LookupError):
    """The run lacks the months, zone or material that a metric asks for."""


@dataclass(frozen=True)
class MeasuredRun:
    """One run.

    Parameters
    ----------
    values : measures by machine name.
    monthly : index: months (Period), columns: dotted series names (see `experiment.series`).
    """

    values: Mapping[str, float]
    monthly: pd.DataFrame

    def value(self, name: str) -> float:
        """A measure of the run."""
        if name not in self.values or math.isnan(self.values[name]):
            raise NotCoveredError
        return float(self.values[name])

    def series(self, name: str, start: str, end: str) -> Series:
        """Months `start` to `end`, both included; every one must be there."""
        if name not in self.monthly.columns:
            raise NotCoveredError
        found: Series = self.monthly[name].loc[start:end]
        wanted = pd.period_range(start, end, freq="M")
        if len(found) < len(wanted) or found.isna().any():
            raise NotCoveredError
        return found

    def mean(self, name: str, start: str, end: str) -> float:
        """Mean of the months of a period."""
        return float(self.series(name, start, end).mean())

    def total(self, names: "list[str] | str", start: str, end: str) -> float:
        """Sum over series and months; series that the run does not have count as nothing, but one must be there."""
        wanted = [names] if isinstance(names, str) else names
        found = [self.series(name, start, end).sum() for name in wanted if name in self.monthly.columns]
        if not found:
            raise NotCoveredError
        return float(sum(found))

    def named(self, beginning: str, ending: str = "") -> list[str]:
        """Series whose names begin and end so."""
        return [name for name in self.monthly.columns if name.startswith(beginning) and name.endswith(ending)]


Compute: TypeAlias = Callable[[MeasuredRun], float]


# -- prices --------------------------------------------------------------------------------------
def fob(material: str) -> str:
    """Name of the series of a FOB price, at China's export gate."""
    return f"price.{material}.CN export"


def inside(material: str) -> str:
    """Name of the series of a price inside China."""
    return f"price.{material}.CN"


def quarterly(series: Series) -> Series:
    """Means of calendar quarters."""
    quarters = pd.PeriodIndex(series.index).asfreq("Q")
    return series.groupby(quarters).mean()


def peak_quarter(run: MeasuredRun, name: str, start: str = "2010-01", end: str = "2013-12") -> float:
    """Highest quarterly mean of a period."""
    return float(quarterly(run.series(name, start, end)).max())


def peak_over_2009(run: MeasuredRun, name: str) -> float:
    """Highest quarter of 2010-2013 over the mean of 2009 [1]."""
    return peak_quarter(run, name) / run.mean(name, "2009-01", "2009-12")


def middle_of(month: pd.Period) -> float:
    """Middle of a month [decimal year]."""
    return month.year + (month.month - 0.5) / 12


def peak_month(run: MeasuredRun, name: str, start: str, end: str) -> float:
    """Month of the highest price of a period, its middle [decimal year]."""
    series = run.series(name, start, end)
    return middle_of(pd.Period(series.index[int(series.to_numpy().argmax())], "M"))


# -- flows ---------------------------------------------------------------------------------------
def ratio(part: float, whole: float) -> float:
    """Share or ratio; a run in which there is nothing to divide by does not cover it."""
    if whole == 0:
        raise NotCoveredError
    return part / whole


def weekly(run: MeasuredRun, names: "list[str] | str", start: str, end: str) -> float:
    """Mean flow a week of whole months [t/week]; a month has the weeks of its Mondays."""
    first, last = pd.Period(start, "M").start_time, pd.Period(end, "M").end_time
    return run.total(names, start, end) / len(pd.date_range(first, last, freq="W-MON"))


def oxides(quantity: str, zone: str = "") -> list[str]:
    """Series of a quantity for all oxides, such as imports of a zone."""
    return [f"{quantity}.{oxide}" + (f".{zone}" if zone else "") for oxide in OXIDES]


def first_year_above(run: MeasuredRun, names: "list[str] | str", tonnes: float, start: str, end: str) -> float:
    """First month of `start`-`end` from which on twelve months sum to more than `tonnes` [decimal year]; or never.

    Looking forward from the month, so that a mine that ramps up is dated by its opening.
    """
    wanted = [names] if isinstance(names, str) else names
    found = [run.series(name, start, end) for name in wanted if name in run.monthly.columns]
    if not found:
        raise NotCoveredError
    flow = np.asarray(sum(one.to_numpy() for one in found), dtype=float)
    sums = np.convolve(flow, np.ones(12))[11 : len(flow)]
    running = (sums > tonnes) & (flow[: len(sums)] > 0)
    if not running.any():
        return NEVER
    return middle_of(pd.Period(found[0].index[int(running.argmax())], "M"))


# -- returns -------------------------------------------------------------------------------------
def log_returns(series: Series) -> NDArray[np.float64]:
    """Log returns from month to month, shape (n - 1,)."""
    return np.diff(np.log(series.to_numpy(dtype=float)))


def spread(returns: NDArray[np.float64]) -> float:
    """Standard deviation."""
    return float(returns.std(ddof=1))


def excess_kurtosis(returns: NDArray[np.float64]) -> float:
    """Fourth standardised moment less 3: fat tails are positive."""
    scaled = returns - returns.mean()
    return float((scaled**4).mean() / (scaled**2).mean() ** 2 - 3)


def autocorrelation(returns: NDArray[np.float64]) -> float:
    """First autocorrelation."""
    scaled = returns - returns.mean()
    return float((scaled[1:] * scaled[:-1]).sum() / (scaled**2).sum())


def clustering(returns: NDArray[np.float64]) -> float:
    """First autocorrelation of absolute returns: wild months follow wild ones."""
    return autocorrelation(np.abs(returns))
