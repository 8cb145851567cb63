"""Sensitivity indices of an outcome, and how they were found: what every method hands back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from market_abm.core.units import FloatArray
from market_abm.sweep.response import library

if TYPE_CHECKING:
    from market_abm.sweep.plan import Factor

CONFIDENCE = 0.95
TAILS = (100 * (1 - CONFIDENCE) / 2, 100 * (1 + CONFIDENCE) / 2)  # percentiles of the ends
RESAMPLES = 1000
ROW_COLUMNS = ["factor", "index", "value", "low", "high"]
PAIR_COLUMNS = ["factor", "other", "value", "low", "high"]


@dataclass(frozen=True)
class Indices:
    """What was found, and how.

    Parameters
    ----------
    method, why : name of the method, and why this one.
    intervals : what the 95 % intervals are made of.
    rank_by : index by which factors are ranked.
    unit : unit of the indices.
    rows : columns factor, index, value, low, high.
    points : points behind the indices.
    pairs : second order: columns factor, other, value, low, high; empty when not designed.
    notes : what a reader must know.
    """

    method: str
    why: str
    intervals: str
    rank_by: str
    unit: str
    rows: pd.DataFrame
    points: int
    pairs: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=PAIR_COLUMNS))
    notes: tuple[str, ...] = ()


def salib(method: str) -> Any:
    """SALib's module for a method; raises AnalysisError when SALib is not installed."""
    return library(f"SALib.analyze.{method}", "Sobol, Morris and RBD-FAST indices need SALib")


def problem(factors: "Sequence[Factor]", inputs: FloatArray | None = None) -> dict[str, Any]:
    """SALib's description of a space of factors; bounds are those of the inputs (points, factors)."""
    bounds = [[0.0, 1.0]] * len(factors) if inputs is None else [[one.min(), one.max()] for one in inputs.T]
    return {"num_vars": len(factors), "names": [one.name for one in factors], "bounds": bounds}


def around(value: float, reach: float) -> tuple[float, float, float]:
    """A value and the ends of its interval."""
    return float(value), float(value - reach), float(value + reach)


def nothing_known(factors: int) -> FloatArray:
    """Ends of intervals that cannot be told."""
    return np.full((2, factors), np.nan)
