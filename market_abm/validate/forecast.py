"""The ensemble as a forecast from the end of 2009, beside what one would have said without a model.

Scored by the continuous ranked probability score (CRPS; Gneiting and Raftery
2007) of the logarithm of yearly mean export prices, 2010-2013. The ensemble is
no true forecast: the policies of these years are in the scenario, and its
numbers were chosen with these prices in sight. It is labelled in-sample.

The naive forecasts know only yearly means of 2007-2009. Three years of one
price give two changes, too few for a spread; so spread and reversion are
estimated over the eight oxides that the data hold together.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from market_abm.history.figure import Figure
from market_abm.validate.band import ISSUE, Band
from market_abm.validate.evidence import quoted
from market_abm.validate.measured_run import MeasuredRun, NotCoveredError, fob
from market_abm.validate.metric import Metric

THEME = "Forecast from the end of 2009"
ORIGIN, HORIZONS = 2009, (1, 2, 3, 4)
BEFORE = (2007, 2008, 2009)
MATERIALS = ("NdPr", "Dy")
POOLED = ("La2O3", "CeO2", "Pr6O11", "Nd2O3", "Sm2O3", "Eu2O3", "Tb4O7", "Dy2O3")
ENSEMBLE = "ensemble"
NAIVE = ("last value", "drift", "mean reversion")


def crps_ensemble(members: NDArray[np.float64], truth: float) -> float:
    """CRPS of an ensemble: mean distance to the truth less half the mean distance among members.

    Parameters
    ----------
    members : shape (n,); truth : what came.
    """
    near = np.abs(members - truth).mean()
    apart = np.abs(members[:, None] - members[None, :]).mean()
    return float(near - apart / 2)


def crps_normal(mean: float, sd: float, truth: float) -> float:
    """CRPS of a normal distribution, in closed form (Gneiting and Raftery 2007, eq. 21)."""
    scaled = (truth - mean) / sd
    density = math.exp(-(scaled**2) / 2) / math.sqrt(2 * math.pi)
    return sd * (scaled * math.erf(scaled / math.sqrt(2)) + 2 * density - 1 / math.sqrt(math.pi))


# -- naive forecasts -----------------------------------------------------------------------------
@dataclass(frozen=True)
class Past:
    """What was known at the end of 2009.

    Parameters
    ----------
    spread : root mean square of yearly log changes of eight oxides, 2007-2009 [1/sqrt(year)].
    kept : share of a distance to the own mean that is left after a year, over the same oxides.
    left : standard deviation about that reversion.
    """

    spread: float
    kept: float
    left: float


def _log_years(series: str) -> NDArray[np.float64]:
    return np.log([quoted(series, str(year), "annual_avg").value for year in BEFORE])


@cache
def past() -> Past:
    """Estimate from the yearly means of 2007-2009."""
    logs = np.array([_log_years(oxide) for oxide in POOLED])
    changes = np.diff(logs, axis=1)
    distance = logs - logs.mean(axis=1, keepdims=True)
    now, then = distance[:, 1:].ravel(), distance[:, :-1].ravel()
    kept = float(np.clip((now * then).sum() / (then**2).sum(), 0.0, 0.99))
    left = float(np.sqrt(((now - kept * then) ** 2).sum() / (now.size - len(POOLED))))  # less one for each mean
    return Past(float(np.sqrt((changes**2).mean())), kept, left)


def naive(material: str, kind: str, horizon: int) -> tuple[float, float]:
    """Mean and standard deviation of a naive forecast of the log price.

    Parameters
    ----------
    kind : "last value" (random walk from the mean of 2009), "drift" (the same with the
        mean yearly change of 2007-2009) or "mean reversion" (towards the mean of 2007-2009).
    horizon : years ahead.
    """
    logs, known = _log_years(material), past()
    if kind == "mean reversion":
        kept = known.kept**horizon
        grown = sum(known.kept ** (2 * step) for step in range(horizon))
        return float(logs.mean() + kept * (logs[-1] - logs.mean())), known.left * math.sqrt(grown)
    drift = float(logs[-1] - logs[0]) / (len(BEFORE) - 1) if kind == "drift" else 0.0
    return float(logs[-1]) + drift * horizon, known.spread * math.sqrt(horizon)


# -- scores --------------------------------------------------------------------------------------
def score_frame(runs: Sequence[MeasuredRun]) -> pd.DataFrame:
    """CRPS of log prices by material, forecast and horizon; without rows when the runs do not cover a material.

    Returns
    -------
    DataFrame with material, forecast (ensemble, last value, drift, mean reversion),
    horizon [year], year, history [US$/kg], median [US$/kg] of the forecast, and crps.
    """
    rows = []
    for material in MATERIALS:
        for horizon in HORIZONS:
            year = ORIGIN + horizon
            truth = _truth(material, year)
            try:
                members = np.log([run.mean(fob(material), f"{year}-01", f"{year}-12") for run in runs])
            except NotCoveredError:
                continue
            if not len(members):
                continue
            head = (material, horizon, year, truth)
            score = crps_ensemble(members, math.log(truth))
            rows.append((*head, ENSEMBLE, float(np.exp(np.median(members))), score))
            for kind in NAIVE:
                mean, sd = naive(material, kind, horizon)
                rows.append((*head, kind, math.exp(mean), crps_normal(mean, sd, math.log(truth))))
    return pd.DataFrame(rows, columns=["material", "horizon", "year", "history", "forecast", "median", "crps"])


def _truth(material: str, year: int) -> float:
    """Yearly mean export price; Nd2O3 stands for NdPr in 2013, when Pr has no price."""
    return quoted(material, str(year), "annual_avg").value


def against_best(scores: pd.DataFrame, material: str) -> float:
    """Mean CRPS of the ensemble over the years, over that of the best naive forecast; NaN without the material."""
    own = scores[scores["material"] == material]
    if own.empty:
        return math.nan
    means = own.groupby("forecast")["crps"].mean()
    return float(means[ENSEMBLE] / means[list(NAIVE)].min())


def forecast_metrics() -> list[Metric]:
    """A row a material: the ensemble against the best naive forecast, which is chosen afterwards."""
    return [
        Metric(
            f"crps_{material.lower()}", THEME, f"{material} export price 2010-13, CRPS / best naive", "1",
            "CRPS of log yearly means; best of three naive forecasts", Figure(1.0, "P01+recalled+P11", "high"),
            Band(0.0, math.nextafter(1.0, 0.0), f"better than the best naive forecast ({ISSUE})"), "in",
            note="the policies of these years are in the scenario; history: the naive forecast",
        )
        for material in MATERIALS
    ]  # fmt: skip
