"""Shares of variance over a full grid: its functional analysis of variance, exact for the levels given."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from market_abm.core.units import FloatArray
from market_abm.sweep.indices import ROW_COLUMNS, TAILS, Indices, nothing_known
from market_abm.sweep.response import Response, seed_weights, told_points, weighted_means

if TYPE_CHECKING:
    from market_abm.sweep.plan import Sweep

SEED_RESAMPLES = 400
FEWEST_SEEDS = 5  # for a bootstrap over seeds
MANY_SEEDS = 20  # from which its intervals held the truth as often as they should, in trials on a known plane


def variance_shares(sweep: "Sweep", points: pd.DataFrame, response: Response) -> Indices:
    """First and total share of each factor in the variance of the means over a full grid.

    First: the variance of the means by the factor's levels. Total: what remains
    when all other factors are known (Saltelli et al. 2008, ch. 4).
    """
    means = np.asarray(response.means, dtype=np.float64)
    kept = np.isfinite(means)
    notes = []
    if not kept.all():
        lost = [int(one) for one in points.index[~kept]]
        notes.append(f"No result for {told_points(lost)}: the grid is not whole and shares are approximate.")
    table, names = points[kept], [factor.name for factor in sweep.factor]
    groups = [
        (table.groupby(name, sort=False).ngroup().to_numpy(), _others(table, [one for one in names if one != name]))
        for name in names
    ]
    values: FloatArray = response.values.to_numpy(dtype=np.float64)[kept]
    found = _shares(means[kept], groups)
    low, high = _over_seeds(values, groups, len(names))
    rows = [
        (name, index, float(found[kind, place]), float(low[kind, place]), float(high[kind, place]))
        for place, name in enumerate(names)
        for kind, index in ((1, "total"), (0, "first"))
    ]
    seeds = values.shape[1]
    told = f"bootstrap over the {seeds} common seeds ({SEED_RESAMPLES} resamples); the grid is no sample"
    if seeds < FEWEST_SEEDS:
        told = f"none: {seeds} seed{'' if seeds == 1 else 's'}, and a bootstrap over seeds needs {FEWEST_SEEDS}"
    elif seeds < MANY_SEEDS:
        notes.append(f"Intervals from fewer than {MANY_SEEDS} seeds are somewhat too narrow.")
    return Indices(
        "shares of variance over the grid",
        "the design is a full grid, so first and total shares are exact for the levels given",
        told,
        "total",
        "share of variance",
        pd.DataFrame(rows, columns=ROW_COLUMNS),
        int(kept.sum()),
        notes=tuple(notes),
    )


def _others(table: pd.DataFrame, names: list[str]) -> Any:
    return table.groupby(names, sort=False).ngroup().to_numpy() if names else np.zeros(len(table), dtype=int)


def _shares(means: FloatArray, groups: Sequence[tuple[Any, Any]]) -> FloatArray:
    """First (row 0) and total (row 1) share of each factor."""
    variance = means.var()
    if variance <= 0:
        return np.zeros((2, len(groups)))
    first = [_between(means, own) / variance for own, _ in groups]
    total = [1 - _between(means, others) / variance for _, others in groups]
    return np.array([first, total])


def _between(means: FloatArray, group: Any) -> float:
    """Variance of the group means, each weighted by its points."""
    counts = np.bincount(group)
    middles = np.bincount(group, weights=means) / counts
    return float((counts * (middles - means.mean()) ** 2).sum() / len(means))


def _over_seeds(values: FloatArray, groups: Sequence[tuple[Any, Any]], count: int) -> tuple[FloatArray, FloatArray]:
    """Ends of the 95 % intervals, each shape (2, factors)."""
    if values.shape[1] < FEWEST_SEEDS:
        return nothing_known(count), nothing_known(count)
    found = []
    for weights in seed_weights(values.shape[1], SEED_RESAMPLES):
        means = weighted_means(values, weights)
        if np.isfinite(means).all():
            found.append(_shares(means, groups))
    if not found:
        return nothing_known(count), nothing_known(count)
    low, high = np.percentile(np.array(found), TAILS, axis=0)
    return low, high
