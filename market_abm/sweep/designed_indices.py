"""Indices of designs made for them: Sobol's of Saltelli's design, Morris's of his trajectories (SALib)."""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from market_abm.sweep.indices import CONFIDENCE, PAIR_COLUMNS, RESAMPLES, ROW_COLUMNS, Indices, around, problem, salib
from market_abm.sweep.response import RANDOM_SEED, AnalysisError, Response, encoded, told_points

if TYPE_CHECKING:
    from market_abm.sweep.plan import Sweep

FEWEST_BLOCKS = 8  # of a Saltelli design; fewer say nothing
FEWEST_TRAJECTORIES = 4
LEVELS = 4  # of a Morris design that names none


def _whole_blocks(means: "pd.Series[float]", size: int, what: str, fewest: int) -> tuple[Any, tuple[str, ...]]:
    """Positions of the points in whole blocks (or trajectories), and a note on those left out."""
    if len(means) % size:
        raise AnalysisError(f"the design has {len(means)} points, no whole number of {what} of {size} points each.")
    blocks = np.arange(len(means)).reshape(-1, size)
    whole = np.asarray(np.isfinite(means.to_numpy(dtype=float)).reshape(-1, size).all(axis=1))
    lost = [int(one) for one in means.index[means.isna()]]
    if whole.sum() < fewest:
        missing = f" (without result: {told_points(lost)})" if lost else ""
        raise AnalysisError(
            f"{whole.sum()} of {len(whole)} {what} of the design are whole{missing}; at least {fewest} are needed. "
            "Finish the sweep with the same command, or give the design more points."
        )
    if whole.all():
        return blocks.ravel(), ()
    gone = len(whole) - int(whole.sum())
    note = f"{gone} of {len(whole)} {what} left out whole, for want of results: {told_points(lost)}."
    return blocks[whole].ravel(), (note,)


def sobol_indices(sweep: "Sweep", means: "pd.Series[float]") -> Indices:
    """First-order and total shares of variance, and those of pairs when the design has them.

    Estimators of Saltelli et al. (2010), as SALib has them.

    Raises
    ------
    AnalysisError
        When too few blocks of the design are whole.
    """
    analyze = salib("sobol").analyze
    factors, second = sweep.factor, bool(sweep.design.second_order)
    size = (2 * len(factors) if second else len(factors)) + 2
    kept, notes = _whole_blocks(means, size, "blocks", FEWEST_BLOCKS)
    outcome = means.to_numpy(dtype=float)[kept]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a resample without spread is zero, which is what it says
        found = analyze(
            problem(factors), outcome, calc_second_order=second, num_resamples=RESAMPLES, conf_level=CONFIDENCE,
            seed=RANDOM_SEED,
        )  # fmt: skip
    rows = [
        (factor.name, index, *around(found[key][place], found[f"{key}_conf"][place]))
        for place, factor in enumerate(factors)
        for index, key in (("total", "ST"), ("first", "S1"))
    ]
    names = [factor.name for factor in factors]
    pairs = [
        (names[one], names[other], *around(found["S2"][one, other], found["S2_conf"][one, other]))
        for one in range(len(names))
        for other in range(one + 1, len(names))
        if second
    ]
    return Indices(
        "Sobol indices (SALib)",
        "the design is Saltelli's, made for them",
        f"SALib's bootstrap over the {len(kept) // size} blocks of the design ({RESAMPLES} resamples); "
        "seeds are not resampled",
        "total",
        "share of variance",
        pd.DataFrame(rows, columns=ROW_COLUMNS),
        len(kept),
        pd.DataFrame(pairs, columns=PAIR_COLUMNS),
        notes,
    )


def morris_indices(sweep: "Sweep", points: pd.DataFrame, response: Response) -> Indices:
    """Mean (mu), mean size (mu*) and spread (sigma) of elementary effects, in the outcome's unit.

    An elementary effect is what the outcome changes when one factor moves, over
    the share of its range by which it moves: the change for the whole range
    (Morris 1991; Campolongo et al. 2007).

    Raises
    ------
    AnalysisError
        When too few trajectories are whole.
    """
    from scipy import stats

    analyze = salib("morris").analyze
    factors, means = sweep.factor, response.means
    size = len(factors) + 1
    kept, notes = _whole_blocks(means, size, "trajectories", FEWEST_TRAJECTORIES)
    count = len(kept) // size
    inputs = encoded(points, factors).to_numpy()
    found = analyze(
        problem(factors, inputs), inputs[kept], means.to_numpy(dtype=float)[kept], num_resamples=RESAMPLES,
        conf_level=CONFIDENCE, num_levels=sweep.design.levels or LEVELS, seed=RANDOM_SEED,
    )  # fmt: skip
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2, count - 1)) / np.sqrt(count)
    rows = []
    for place, factor in enumerate(factors):
        mean, strength, spread = (float(found[key][place]) for key in ("mu", "mu_star", "sigma"))
        rows += [
            (factor.name, "mu_star", *around(strength, found["mu_star_conf"][place])),
            (factor.name, "mu", *around(mean, reach * spread)),
            (factor.name, "sigma", spread, np.nan, np.nan),
        ]
    return Indices(
        "Morris elementary effects (SALib)",
        "the design is Morris's trajectories",
        f"of mu*: SALib's bootstrap over the {count} trajectories ({RESAMPLES} resamples); of mu: Student's t over "
        "them; seeds are not resampled",
        "mu_star",
        response.unit,
        pd.DataFrame(rows, columns=ROW_COLUMNS),
        len(kept),
        notes=notes,
    )
