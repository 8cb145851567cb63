"""Indices of samples: rank regression, and RBD-FAST (SALib) where ranks tell too little."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from market_abm.core.units import FloatArray
from market_abm.sweep.indices import CONFIDENCE, RESAMPLES, ROW_COLUMNS, TAILS, Indices, around, problem, salib
from market_abm.sweep.response import RANDOM_SEED, AnalysisError, encoded, is_number, told_points

if TYPE_CHECKING:
    from market_abm.sweep.plan import Factor, Sweep

FEWEST_FOR_FAST = 100  # points
MONOTONE = 0.7  # R2 of ranks from which a rank regression tells most of the story


def sample_indices(sweep: "Sweep", points: pd.DataFrame, means: "pd.Series[float]") -> Indices:
    """Rank regression; RBD-FAST where ranks tell too little and the sample is large and spread evenly.

    Raises
    ------
    AnalysisError
        When too few points have a result.
    """
    notes = []
    lost = [int(one) for one in means.index[means.isna()]]
    if lost:
        notes.append(f"Left out for want of a result: {told_points(lost)} of {len(means)}.")
    table = encoded(points, sweep.factor)[means.notna()]
    still = [factor.name for factor in sweep.factor if table[factor.name].nunique() < 2]
    if still:
        notes.append(f"Left out, because they never vary: {', '.join(still)}.")
    factors = [factor for factor in sweep.factor if factor.name not in still]
    unordered = [
        factor.name for factor in factors if not is_number(points[factor.name]) and points[factor.name].nunique() > 2
    ]
    if unordered:
        notes.append(f"No quantity, so taken in the order of the file: {', '.join(unordered)}.")
    outcome = np.asarray(means.dropna(), dtype=np.float64)
    fewest = 2 * (len(factors) + 2)
    if not factors or len(outcome) < fewest:
        raise AnalysisError(
            f"{len(outcome)} points have a result; {max(len(factors), 1)} factors need at least {fewest}. "
            "Give the design more points, or finish the sweep with the same command."
        )
    inputs: FloatArray = table[[factor.name for factor in factors]].to_numpy(dtype=np.float64)
    coefficients, explained = _rank_regression(inputs, outcome)
    even = sweep.design.kind in ("latin_hypercube", "sobol")
    if explained < MONOTONE and even and len(outcome) >= FEWEST_FOR_FAST:
        return _rbd_fast(factors, inputs, outcome, explained, notes)
    low, high = _resampled_ranks(inputs, outcome)
    rows = [
        (factor.name, "rank_coefficient", float(value), float(low[place]), float(high[place]))
        for place, (factor, value) in enumerate(zip(factors, coefficients, strict=True))
    ]
    notes.append(f"Ranks explain {100 * explained:.0f} % of the variance of ranks (R2).")
    if explained < MONOTONE:
        notes.append(
            "That is little: the response is not monotone or factors interact, so a coefficient near zero does not "
            f"mean no effect. A Saltelli design, or a Latin hypercube of {FEWEST_FOR_FAST} points, tells more."
        )
    return Indices(
        "standardised rank regression",
        f"the design is {_DESIGNS[sweep.design.kind]}, for which ranks need the fewest points",
        f"bootstrap over points ({RESAMPLES} resamples), percentiles",
        "rank_coefficient",
        "standard deviations of rank",
        pd.DataFrame(rows, columns=ROW_COLUMNS),
        len(outcome),
        notes=tuple(notes),
    )


_DESIGNS = {"list": "a list of points", "latin_hypercube": "a Latin hypercube", "sobol": "a Sobol sequence"}


def _rank_regression(inputs: FloatArray, outcome: FloatArray) -> tuple[FloatArray, float]:
    """Coefficients of standardised ranks by least squares, and R2 (Saltelli et al. 2008, ch. 1)."""
    from scipy import stats

    ranks, target = stats.rankdata(inputs, axis=0), stats.rankdata(outcome)
    spread = ranks.std(axis=0)
    ranks = np.divide(ranks - ranks.mean(axis=0), spread, out=np.zeros_like(ranks), where=spread > 0)
    if target.std() == 0:
        return np.zeros(inputs.shape[1]), 0.0
    target = (target - target.mean()) / target.std()
    coefficients = np.linalg.lstsq(ranks, target, rcond=None)[0]
    return coefficients, 1 - float(((target - ranks @ coefficients) ** 2).mean())


def _resampled_ranks(inputs: FloatArray, outcome: FloatArray) -> tuple[FloatArray, FloatArray]:
    draw = np.random.default_rng(RANDOM_SEED)
    found = []
    for _ in range(RESAMPLES if len(outcome) <= 5_000 else RESAMPLES // 10):
        chosen = draw.integers(len(outcome), size=len(outcome))
        found.append(_rank_regression(inputs[chosen], outcome[chosen])[0])
    low, high = np.percentile(found, TAILS, axis=0)
    return low, high


def _rbd_fast(
    factors: "Sequence[Factor]", inputs: FloatArray, outcome: FloatArray, explained: float, notes: list[str]
) -> Indices:
    """First-order shares of variance from any even sample (Tarantola et al. 2006)."""
    resamples = RESAMPLES // 5
    found = salib("rbd_fast").analyze(
        problem(factors, inputs), inputs, outcome, num_resamples=resamples, conf_level=CONFIDENCE, seed=RANDOM_SEED
    )
    rows = [
        (factor.name, "first", *around(found["S1"][place], found["S1_conf"][place]))
        for place, factor in enumerate(factors)
    ]
    left = 1 - sum(max(0.0, row[2]) for row in rows)
    notes.append(f"Factors alone account for {100 * min(1.0, 1 - left):.0f} % of the variance; the rest is what they "
                 "do together, and luck. Only a Saltelli design tells these apart.")  # fmt: skip
    return Indices(
        "first-order shares of variance, RBD-FAST (SALib)",
        f"the points fill the space evenly and ranks explain only {100 * explained:.0f} % of the variance, so a rank "
        "regression would mislead",
        f"SALib's bootstrap over points ({resamples} resamples)",
        "first",
        "share of variance",
        pd.DataFrame(rows, columns=ROW_COLUMNS),
        len(outcome),
        notes=tuple(notes),
    )
