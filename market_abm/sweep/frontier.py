"""Points of a sweep that no other beats in both cost and benefit, and how sure that is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from market_abm.console import number
from market_abm.core.units import FloatArray
from market_abm.sweep.response import (
    AnalysisError,
    Response,
    response,
    seed_weights,
    told_point,
    told_points,
    weighted_means,
)

if TYPE_CHECKING:
    from market_abm.sweep.results import SweepResults

RESAMPLES = 1000
FEWEST_SEEDS = 3  # for a bootstrap over seeds


@dataclass(frozen=True)
class Frontier:
    """Points in the plane of two outcomes.

    Parameters
    ----------
    cost, benefit : outcomes over the points; of the cost less is better.
    less_is_better : whether of the benefit less is better too, as with losses.
    table : index point; columns words, cost, cost_low, cost_high, benefit, benefit_low, benefit_high, seeds,
        on_frontier, share (of bootstrap resamples in which the point is on the frontier; NaN below three seeds);
        from the cheapest. Points without a result for both are not in it.
    notes : what a reader must know.
    """

    cost: Response
    benefit: Response
    less_is_better: bool
    table: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def best(self) -> pd.DataFrame:
        """Rows of the points on the frontier."""
        return self.table[self.table["on_frontier"]]

    def heads(self) -> list[str]:
        """Heads of the table for people."""
        return ["point", "what it is", f"{self.cost.title}, 95 %", f"{self.benefit.title}, 95 %", "on frontier in"]

    def cells(self, rows: pd.DataFrame | None = None) -> list[list[str]]:
        """Rows of the table for people, those on the frontier when silent."""
        chosen = self.best if rows is None else rows
        return [
            [
                str(point),
                str(row["words"]),
                _told(row, "cost"),
                _told(row, "benefit"),
                "" if np.isnan(row["share"]) else f"{100 * row['share']:.0f} %",
            ]
            for point, row in chosen.iterrows()
        ]

    def told(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "cost": self.cost.name,
            "benefit": self.benefit.name,
            "less_is_better": self.less_is_better,
            "points": self.table.reset_index().to_dict("records"),
            "notes": list(self.notes),
        }


def frontier(results: "SweepResults", cost: str, benefit: str, less_is_better: bool = False) -> Frontier:
    """Points that no other point beats.

    A point is beaten when another costs no more and brings no less, and is
    better in one of the two; all by means over seeds.

    Parameters
    ----------
    cost, benefit : names of outcomes or measures.
    less_is_better : whether of the benefit less is better, as with lost activity.

    Raises
    ------
    AnalysisError
        For an unknown outcome, the same one twice, or fewer than two points with a result for both.
    """
    if cost == benefit:
        raise AnalysisError(f'cost and benefit are both "{cost}"; a frontier needs two outcomes.')
    one, other = response(results, cost), response(results, benefit)
    both = one.values.notna() & other.values.notna()
    there = both.any(axis=1)
    if there.sum() < 2:
        raise AnalysisError(f"{there.sum()} point has a result for both {cost} and {benefit}; a frontier needs two.")
    costs, benefits = one.values.where(both)[there], other.values.where(both)[there]
    first = Response(one.name, one.label, one.unit, costs).intervals()
    second = Response(other.name, other.label, other.unit, benefits).intervals()
    sign = 1.0 if less_is_better else -1.0
    table = pd.DataFrame(
        {
            "words": [told_point(results, int(point)) for point in costs.index],
            "cost": first["mean"],
            "cost_low": first["low"],
            "cost_high": first["high"],
            "benefit": second["mean"],
            "benefit_low": second["low"],
            "benefit_high": second["high"],
            "seeds": first["seeds"],
            "on_frontier": not_beaten(first["mean"].to_numpy(), sign * second["mean"].to_numpy()),
            "share": _shares(costs.to_numpy(), sign * benefits.to_numpy()),
        },
        index=costs.index,
    )
    missing = [int(point) for point in there.index[~there]]
    lost = f"Left out for want of a result for both: {told_points(missing)}."
    seeds = Response(one.name, one.label, one.unit, costs).seeds_told
    notes = [
        *([lost] if missing else []),
        f"Intervals: Student's t over {seeds} a point. "
        + (
            f"Share: bootstrap over seeds, the same draw for all points ({RESAMPLES} resamples)."
            if costs.shape[1] >= FEWEST_SEEDS
            else f"No shares: a bootstrap over seeds needs {FEWEST_SEEDS}."
        ),
    ]
    return Frontier(one, other, less_is_better, table.sort_values(["cost", "benefit"], kind="stable"), tuple(notes))


def not_beaten(costs: FloatArray, losses: FloatArray) -> npt.NDArray[np.bool_]:
    """Which points no other beats, when of both less is better; points with a NaN are beaten.

    Sorted by cost, a point stands when its loss is the least at its own cost and
    below every cheaper point's.
    """
    result = np.zeros(len(costs), dtype=bool)
    there = np.flatnonzero(np.isfinite(costs) & np.isfinite(losses))
    if not len(there):
        return result
    order = there[np.lexsort((losses[there], costs[there]))]
    _, starts, group = np.unique(costs[order], return_index=True, return_inverse=True)
    least = losses[order][starts]  # of each cost
    cheaper = np.concatenate([[np.inf], np.minimum.accumulate(least)[:-1]])
    result[order] = (losses[order] == least[group]) & (least < cheaper)[group]
    return result


def _shares(costs: FloatArray, losses: FloatArray) -> FloatArray:
    """Share of resamples of the seeds in which each point is on the frontier."""
    if costs.shape[1] < FEWEST_SEEDS:
        return np.full(len(costs), np.nan)
    hits, counted = np.zeros(len(costs)), np.zeros(len(costs))
    for weights in seed_weights(costs.shape[1], RESAMPLES):
        means = weighted_means(costs, weights)
        hits += not_beaten(means, weighted_means(losses, weights))
        counted += np.isfinite(means)
    shares: FloatArray = np.divide(hits, counted, out=np.full(len(costs), np.nan), where=counted > 0)
    return shares


def _told(row: "pd.Series[Any]", name: str) -> str:
    value, low, high = (float(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
    return number(value) if np.isnan(low) else f"{number(value)} [{number(low)}, {number(high)}]"
