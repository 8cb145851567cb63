"""A box in the space of factors: limits on some of them, in words; and how PRIM finds one (EMA Workbench).

PRIM (Friedman and Fisher 1999) peels thin slices off the space of factors, each
time the one whose loss leaves the cases of interest densest, and so offers a
trajectory of ever smaller boxes. Bryant and Lempert (2010) describe its use for
scenarios, coverage and density.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from market_abm.sweep.response import is_number, levels, library, told_value

if TYPE_CHECKING:
    from market_abm.sweep.plan import Factor

Flags: TypeAlias = npt.NDArray[np.bool_]

PEEL = 0.05  # share of the runs peeled off at each step
LEAST_MASS = 0.05  # share of the runs in the smallest box
FEW_LEVELS = 12  # a factor with at most so many values is spoken of in values, not in limits


@dataclass(frozen=True)
class Limit:
    """What a box asks of one factor; ends that it leaves open are None.

    Parameters
    ----------
    low, high : ends of a quantity, both inside.
    among : values allowed, of a factor that is no quantity.
    """

    low: float | None = None
    high: float | None = None
    among: tuple[Any, ...] | None = None

    def holds(self, column: "pd.Series[Any]") -> Flags:
        """Which values are within."""
        inside = np.ones(len(column), dtype=bool)
        if self.among is not None:
            inside &= column.isin(list(self.among)).to_numpy()
        if self.low is not None:
            inside &= (column >= self.low).to_numpy()
        if self.high is not None:
            inside &= (column <= self.high).to_numpy()
        return inside

    def told(self, factor: "Factor", column: "pd.Series[Any]") -> str:
        """The limit in words, such as `stockpile at most 30 days`."""
        unit = f" {factor.unit}" if factor.unit and factor.unit != "1" else ""
        if self.among is not None:
            return f"{factor.shown} {' or '.join(told_value(one) for one in self.among)}{unit}"
        few = column.nunique() <= FEW_LEVELS
        within = column[self.holds(column)]
        low = None if self.low is None else float(within.min()) if few and len(within) else self.low
        high = None if self.high is None else float(within.max()) if few and len(within) else self.high
        if low is not None and high is not None:
            said = told_value(low) if low == high else f"{told_value(low)} to {told_value(high)}"
            return f"{factor.shown} {said}{unit}"
        if low is not None:
            return f"{factor.shown} {'at least' if few else 'above'} {told_value(low)}{unit}"
        return f"{factor.shown} {'at most' if few else 'below'} {told_value(high)}{unit}"


Box: TypeAlias = "Mapping[str, Limit]"
"""Limits by factor; factors that are not in it are free."""


def inside(box: Box, inputs: pd.DataFrame) -> Flags:
    """Which runs (rows) lie in a box."""
    result = np.ones(len(inputs), dtype=bool)
    for name, limit in box.items():
        result &= limit.holds(inputs[name])
    return result


def told_box(box: Box, factors: "Sequence[Factor]", points: pd.DataFrame) -> str:
    """A box in words."""
    said = [box[one.name].told(one, points[one.name]) for one in factors if one.name in box]
    return " and ".join(said) or "everything"


def balance(hits: int, runs: int, cases: int) -> float:
    """Harmonic mean of coverage (hits / cases) and density (hits / runs in the box)."""
    return 2 * hits / (runs + cases) if hits else 0.0


def find_box(inputs: pd.DataFrame, case: Flags, factors: "Sequence[Factor]") -> Box:
    """The box of PRIM's trajectory with the best balance of coverage and density, without needless limits.

    Parameters
    ----------
    inputs : rows runs, columns factors.
    case : which runs have the outcome.

    Raises
    ------
    AnalysisError
        When the EMA Workbench is not installed.
    """
    varied = [one for one in factors if inputs[one.name].nunique() > 1]
    if not varied or not case.any() or case.all():
        return {}
    order = {one.name: levels(one, inputs[one.name]) for one in varied if not is_number(inputs[one.name])}
    table = pd.DataFrame(
        {
            one.name: _places(inputs[one.name], order[one.name])
            if one.name in order
            else inputs[one.name].to_numpy(dtype=float)
            for one in varied
        }
    )
    trajectory, limits = _peeled(table, case)
    scores = [balance(round(hits), int(runs), int(case.sum())) for hits, runs in trajectory]
    best = limits[int(np.argmax(scores))]
    return _simplest(_as_box(best, table, order), inputs, case)


def _places(column: "pd.Series[Any]", values: Sequence[Any]) -> "pd.Series[Any]":
    """Places of values in their list, as objects: no order, and the same on every run of Python."""
    places = {value: place for place, value in enumerate(values)}
    return pd.Series([places[value] for value in column], dtype=object)


def _peeled(table: pd.DataFrame, case: Flags) -> tuple[list[tuple[float, float]], list[pd.DataFrame]]:
    """Hits and runs of each box of the trajectory, and its limits."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its optional parts, and of what pandas will change
        prim = library("ema_workbench.analysis.prim", "scenario discovery needs the EMA Workbench (ema-workbench)")
        # Any threshold above 0 counts a true as a case; the box is chosen below.
        found = prim.Prim(table, case, threshold=1e-9, peel_alpha=PEEL, mass_min=LEAST_MASS).find_box()
        steps = found.peeling_trajectory
        return list(zip(steps["k"].astype(float), steps["n"].astype(float), strict=True)), list(found.box_lims)


def _as_box(limits: pd.DataFrame, table: pd.DataFrame, order: Mapping[str, Sequence[Any]]) -> Box:
    box: dict[str, Limit] = {}
    for name in table.columns:
        low, high = limits[name].iloc[0], limits[name].iloc[1]
        if name in order:
            if len(low) < len(order[name]):
                box[name] = Limit(among=tuple(order[name][place] for place in sorted(low)))
            continue
        bottom, top = table[name].min(), table[name].max()
        limit = Limit(float(low) if low > bottom else None, float(high) if high < top else None)
        if limit != Limit():
            box[name] = limit
    return box


def _simplest(box: Box, inputs: pd.DataFrame, case: Flags) -> Box:
    """Take limits away, one end at a time, as long as the balance does not fall."""
    cases = int(case.sum())

    def score(one: Box) -> float:
        within = inside(one, inputs)
        return balance(int(case[within].sum()), int(within.sum()), cases)

    while looser := _looser(box):
        scores = [score(one) for one in looser]
        best = int(np.argmax(scores))
        if scores[best] < score(box):
            break
        box = looser[best]
    return box


def _looser(box: Box) -> list[Box]:
    """Every box with one end less."""
    result: list[Box] = []
    for name, limit in box.items():
        for changed in (replace(limit, low=None), replace(limit, high=None), replace(limit, among=None)):
            if changed != limit:
                rest = {key: one for key, one in box.items() if key != name}
                result.append(rest if changed == Limit() else {**rest, name: changed})
    return result
