"""Tolerance bands: how far a model's median may lie from history, set before the model is looked at.

Every band follows one of the rules below from the historical figure alone: its
confidence, what other sources say, and how much it would change if
the model were a quarter early or late. `docs/validation-bands.md` argues for
the rules and lists the bands; a test holds the two together.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market_abm.history.figure import Figure

FACTOR = {"high": 1.25, "med": 1.5, "low": 2.0}
"""Factor by which a level or a ratio may be off, by the confidence of its figure."""
POINTS = {"high": 0.05, "med": 0.10, "low": 0.15}
"""The same for shares and for ratios near one, which are compared by difference [1]."""
QUARTERS = {"high": 1, "med": 1, "low": 2}
"""Quarters by which a date may be off, beyond the period that the source names."""
BLOCK, RESAMPLES, COVERED = 12, 2000, 0.95
"""Block bootstrap: months a block, resamples, and the share of resamples a band holds."""
ISSUE = "stated in issue 4"


@dataclass(frozen=True)
class Band:
    """Values between `low` and `high`, both included, pass.

    Parameters
    ----------
    low, high : limits in the unit of the metric; infinite where there is none.
    reason : the rule they come from, in words.
    """

    low: float
    high: float
    reason: str

    def holds(self, value: float) -> bool:
        """Whether a value lies inside; NaN does not."""
        return self.low <= value <= self.high


def stated(low: float, high: float, where: str = ISSUE) -> Band:
    """A band that was written down elsewhere and is taken as it is."""
    return Band(low, high, where)


def factored(figure: Figure, others: Iterable[Figure] = (), variants: Iterable[float] = ()) -> Band:
    """Band of a level or ratio: the figure times and over a factor by its confidence.

    Parameters
    ----------
    figure : the historical value.
    others : other sources for the same thing; each widens the band with its own factor.
    variants : the value by another reading of the same source (a quarter earlier or later,
        another mean, tax left in), which widen it as they are.
    """
    rivals, moved = list(others), [value for value in variants if not math.isnan(value)]
    ends = [(one.value / FACTOR[one.confidence], one.value * FACTOR[one.confidence]) for one in [figure, *rivals]]
    ends += [(value, value) for value in moved]
    said = f"x/÷ {FACTOR[figure.confidence]:g} ({figure.confidence})"
    said += ", other sources with theirs" if rivals else ""
    said += ", and the other readings" if moved else ""
    return Band(min(low for low, _ in ends), max(high for _, high in ends), said)


def added(figure: Figure, others: Iterable[Figure] = (), least: float = 0.0, most: float = math.inf) -> Band:
    """Band of a share, or of a ratio near one: plus and minus points by its confidence, half the figure at most."""
    rivals = list(others)
    ends = [(one.value - _slack(one), one.value + _slack(one)) for one in [figure, *rivals]]
    said = f"± {_slack(figure):.3g} ({figure.confidence})" + (", other sources with theirs" if rivals else "")
    return Band(max(min(low for low, _ in ends), least), min(max(high for _, high in ends), most), said)


def _slack(figure: Figure) -> float:
    return min(POINTS[figure.confidence], figure.value / 2)


def dated(start: float, end: float, confidence: str) -> Band:
    """Band of a date [decimal year]: the period that the source names, and a quarter more on both sides."""
    slack = QUARTERS[confidence] / 4
    words = "a quarter" if slack == 0.25 else "two quarters"
    return Band(start - slack, end + slack, f"the period of the source ± {words} ({confidence})")


def within_months(low: float, high: float, confidence: str) -> Band:
    """Band of a duration [month]: what the sources allow, and a quarter more on both sides."""
    slack = 3 * QUARTERS[confidence]
    return Band(max(low - slack, 0.0), high + slack, f"what the sources allow ± {slack} months ({confidence})")


def resampled(
    returns: NDArray[np.float64], statistic: Callable[[NDArray[np.float64]], float], length: int | None = None
) -> Band:
    """Band of a return statistic: its sampling interval in the historical series, by moving blocks.

    Parameters
    ----------
    returns : historical monthly log returns, shape (n,).
    statistic : what is measured, of returns of any length.
    length : number of months of the model's window; that of history when silent.

    Notes
    -----
    Künsch (1989). Blocks of a year keep the dependence; the draws are seeded, so
    that the band is a number and not a draw.
    """
    wanted = length or len(returns)
    rng = np.random.default_rng(20091231)
    blocks = -(-wanted // BLOCK)
    starts = rng.integers(0, len(returns) - BLOCK + 1, size=(RESAMPLES, blocks))
    places = (starts[:, :, None] + np.arange(BLOCK)).reshape(RESAMPLES, -1)[:, :wanted]
    drawn = np.array([statistic(returns[row]) for row in places])
    low, high = np.quantile(drawn, [(1 - COVERED) / 2, (1 + COVERED) / 2])
    return Band(float(low), float(high), f"95 % of {wanted}-month stretches, blocks of {BLOCK} months resampled")
