"""Designs: the points of the factor space that are run.

Samples come from `scipy.stats.qmc` and SALib, drawn in the unit cube and then
stretched to the factors, so that a whole-number range, a list of values and a
logarithmic scale stand in any design. All values of a list and all whole numbers
of a range get the same share of the cube. Numbers keep twelve digits.
"""

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from market_abm.core.units import FloatArray
from market_abm.record.errors import RecordError
from market_abm.sweep.plan import Factor, Sweep, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

MORRIS_LEVELS = 4
MOST_POINTS = 1_000_000


def point_count(sweep: Sweep) -> int:
    """Number of points of a design that is not a list."""
    design, size = sweep.design, len(sweep.factor)
    if design.kind == "grid":
        return math.prod(len(grid_values(factor, design.levels)) for factor in sweep.factor)
    if design.kind == "saltelli":
        return (design.points or 0) * (2 * size + 2 if design.second_order else size + 2)
    if design.kind == "morris":
        return (design.trajectories or 0) * (size + 1)
    return design.points or 0


def design_points(sweep: Sweep) -> pd.DataFrame:
    """Points of a design that is not a list.

    Returns
    -------
    DataFrame, index `point` from 0, a column a factor. In a grid the first factor changes slowest; samples keep the
    order of the sampler, which `saltelli` and `morris` are analysed by.

    Raises
    ------
    RecordError
        When SALib is not installed.
    """
    factors = sweep.factor
    if sweep.design.kind == "grid":
        rows: Sequence[tuple[Any, ...]] = list(
            itertools.product(*(grid_values(factor, sweep.design.levels) for factor in factors))
        )
    else:
        shares = unit_points(sweep)
        columns = [[value_at(factor, share) for share in shares[:, place]] for place, factor in enumerate(factors)]
        rows = list(zip(*columns, strict=True))
    return pd.DataFrame(rows, columns=sweep.names, index=pd.RangeIndex(len(rows), name="point"))


def unit_points(sweep: Sweep) -> FloatArray:
    """Sample in the unit cube, as the sampler draws it; shape (points, factors)."""
    design, size = sweep.design, len(sweep.factor)
    if design.kind in ("latin_hypercube", "sobol"):
        from scipy.stats import qmc

        sampler = {"latin_hypercube": qmc.LatinHypercube, "sobol": qmc.Sobol}[design.kind](size, rng=design.seed)
        return np.asarray(sampler.random(design.points), dtype=float)
    _need_salib(design.kind)
    problem = {"num_vars": size, "names": sweep.names, "bounds": [[0.0, 1.0]] * size}
    if design.kind == "saltelli":
        from SALib.sample import sobol

        drawn = sobol.sample(problem, design.points, calc_second_order=design.second_order, seed=design.seed)
    else:
        from SALib.sample import morris

        drawn = morris.sample(problem, design.trajectories, design.levels or MORRIS_LEVELS, seed=design.seed)
    return np.asarray(drawn, dtype=float)


def grid_values(factor: Factor, levels: int | None) -> list[Value]:
    """Values of a factor in a grid: its list, or even steps of its range; every whole number without `levels`."""
    if factor.values is not None:
        return factor.values
    if levels is None and factor.integer and factor.low is not None and factor.high is not None:
        return list(range(round(factor.low), round(factor.high) + 1))
    return list(dict.fromkeys(value_at(factor, share) for share in np.linspace(0, 1, levels or 0)))


def value_at(factor: Factor, share: float) -> Value:
    """Value of a factor at a place between 0, its low end, and 1, its high end."""
    if factor.values is not None:
        return factor.values[min(int(share * len(factor.values)), len(factor.values) - 1)]
    assert factor.low is not None
    assert factor.high is not None
    if factor.integer:
        return min(round(factor.low) + int(share * (factor.high - factor.low + 1)), round(factor.high))
    if factor.scale == "log":
        value = factor.low * (factor.high / factor.low) ** float(share)
    else:
        value = factor.low + float(share) * (factor.high - factor.low)
    return min(max(float(f"{value:.12g}"), factor.low), factor.high)


def _need_salib(kind: str) -> None:
    import importlib

    try:
        importlib.import_module("SALib")
    except ImportError:
        why = f"the design {kind} needs the package SALib; it is not installed. Install it: "
        raise RecordError(why + 'pip install "market-abm[sweep]"') from None
