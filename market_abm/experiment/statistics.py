"""Estimates with 95 % intervals from few seeds; pairs are outcomes of two arms under the same seed.

Means and differences: Student's t. Ratios: t on logarithms, so the estimate is
the geometric mean of the paired ratios. Medians: the exact binomial interval of
order statistics. Shares: Wilson's score interval. Both need six seeds. What
has no spread at all has an interval of no width.
"""

import functools
import math
import warnings
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from market_abm.core.units import FloatArray

CONFIDENCE = 0.95
FEWEST = 6  # seeds for an interval of a median or a share
RESAMPLES = 5_000
_SEED = 20100921  # of the bootstrap, fixed so that the same runs give the same interval


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; ends are NaN when there are too few seeds for any.

    Parameters
    ----------
    value, low, high : estimate and interval.
    seeds : seeds (or pairs) behind it.
    method : how the interval was made.
    effect : paired Cohen's dz, mean over standard deviation of the differences (of logarithms, for a ratio);
        NaN where there are no pairs or no spread.
    note : what a reader must know, such as another statistic than was asked for.
    """

    value: float
    low: float
    high: float
    seeds: int
    method: str
    effect: float = math.nan
    note: str = ""

    @property
    def width(self) -> float:
        """Width of the interval."""
        return self.high - self.low


def mean_estimate(values: FloatArray) -> Estimate:
    """Mean, with Student's t interval; values shape (n,), NaN left out."""
    there = values[np.isfinite(values)]
    return _t_interval(there, "mean, t interval")


def median_estimate(values: FloatArray) -> Estimate:
    """Median, with the exact binomial interval of order statistics; values shape (n,), NaN left out."""
    there = values[np.isfinite(values)]
    method = "median, exact order-statistic interval"
    if len(there) == 0:
        return Estimate(math.nan, math.nan, math.nan, 0, method)
    middle = float(np.median(there))
    if len(there) > 1 and np.ptp(there) == 0:
        return Estimate(middle, middle, middle, len(there), method)
    interval = stats.quantile_test(there, q=middle, p=0.5).confidence_interval(CONFIDENCE)
    return Estimate(middle, float(interval.low), float(interval.high), len(there), method)


def difference_estimate(values: FloatArray, against: FloatArray) -> Estimate:
    """Mean of paired differences; both shape (n,), pairs with a NaN left out."""
    differences = (values - against)[np.isfinite(values - against)]
    return replace(_t_interval(differences, "mean paired difference, t interval"), effect=effect_size(differences))


def ratio_estimate(values: FloatArray, against: FloatArray) -> Estimate:
    """Geometric mean of paired ratios; both shape (n,), pairs with a NaN left out.

    Where some value is not positive no logarithm exists. Then it is the ratio of
    the means, with a paired bootstrap; and the mean difference where even that
    has no meaning. The note says so.
    """
    there = np.isfinite(values) & np.isfinite(against)
    above, below = values[there], against[there]
    if len(above) and (above > 0).all() and (below > 0).all():
        logs = np.log(above) - np.log(below)
        found = _t_interval(logs, "geometric mean of paired ratios, t interval of logarithms")
        value, low, high = (math.exp(one) for one in (found.value, found.low, found.high))
        return replace(found, value=value, low=low, high=high, effect=effect_size(logs))
    if len(above) and (above >= 0).all() and (below >= 0).all() and below.mean() > 0:
        return _ratio_of_means(above, below)
    return replace(difference_estimate(values, against), note=NO_RATIO)


NO_RATIO = "values are not positive, so a ratio has no meaning: the difference is shown"


def share_estimate(hits: int, seeds: int) -> Estimate:
    """Share of seeds, with Wilson's score interval."""
    method = "share of seeds, Wilson interval"
    if seeds < FEWEST:  # Wilson's interval is too narrow for a handful
        return Estimate(hits / seeds if seeds else math.nan, math.nan, math.nan, seeds, method)
    interval = stats.binomtest(hits, seeds).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(hits / seeds, float(interval.low), float(interval.high), seeds, method)


def effect_size(differences: FloatArray) -> float:
    """Paired Cohen's dz: mean over standard deviation of the differences; NaN without spread."""
    if len(differences) < 2 or _is_constant(differences):
        return math.nan
    return float(differences.mean() / differences.std(ddof=1))


def _t_interval(values: FloatArray, method: str) -> Estimate:
    count = len(values)
    middle = float(values.mean()) if count else math.nan
    if count < 2:
        return Estimate(middle, math.nan, math.nan, count, method)
    if _is_constant(values):
        return Estimate(middle, middle, middle, count, method)
    error = float(values.std(ddof=1)) / math.sqrt(count)
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2, count - 1)) * error
    return Estimate(middle, middle - reach, middle + reach, count, method)


def _is_constant(values: FloatArray) -> bool:
    """Whether nothing but rounding tells the values apart."""
    return bool(np.ptp(values) <= 1e-12 * np.abs(values).max())


def _ratio_of_means(above: FloatArray, below: FloatArray) -> Estimate:
    """Ratio of means of values some of which are zero, with a paired BCa bootstrap."""
    method = "ratio of means, paired BCa bootstrap"
    note = "some values are zero: the ratio of the means is shown"
    value = float(above.mean() / below.mean())
    effect = effect_size(above - below)
    low, high = _bootstrapped(tuple(above), tuple(below))
    return Estimate(value, low, high, len(above), method, effect, note)


@functools.cache
def _bootstrapped(above: tuple[float, ...], below: tuple[float, ...]) -> tuple[float, float]:
    def ratio(first: FloatArray, second: FloatArray, axis: int = -1) -> FloatArray:
        means = second.mean(axis=axis)
        # A resample of nothing but zeros below has no ratio; infinity is its limit.
        quotient: FloatArray = np.divide(
            first.mean(axis=axis), means, out=np.full(np.shape(means), np.inf), where=means > 0
        )
        return quotient

    if len(above) < 3:
        return math.nan, math.nan
    for method in ("BCa", "percentile"):  # BCa gives NaN where every resample has the same ratio
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", stats.DegenerateDataWarning)
            found = stats.bootstrap(
                (np.array(above), np.array(below)), ratio, paired=True, n_resamples=RESAMPLES,
                confidence_level=CONFIDENCE, method=method, rng=np.random.default_rng(_SEED),
            ).confidence_interval  # fmt: skip
        if np.isfinite(found.low):
            break
    return float(found.low), float(found.high)
