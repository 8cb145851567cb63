"""How much each factor of a sweep matters to an outcome: indices by the method that the design allows, in words."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from market_abm.console import number
from market_abm.sweep.designed_indices import morris_indices, sobol_indices
from market_abm.sweep.grid_indices import variance_shares
from market_abm.sweep.indices import Indices
from market_abm.sweep.response import AnalysisError, Response, response
from market_abm.sweep.sample_indices import sample_indices

if TYPE_CHECKING:
    from market_abm.sweep.results import SweepResults

INDEX_NAMES = {
    "total": "total share",
    "first": "first-order share",
    "mu_star": "mu*",
    "mu": "mu",
    "sigma": "sigma",
    "rank_coefficient": "rank coefficient",
}
"""What people call the indices."""


@dataclass(frozen=True)
class Sensitivity:
    """Indices of one outcome, factors ranked from the strongest.

    Parameters
    ----------
    response : the outcome over the points.
    indices : as found; their rows are in the order of the ranking.
    labels : label of each factor, in the order of the ranking.
    notes : what a reader must know, missing points first.
    """

    response: Response
    indices: Indices
    labels: dict[str, str]
    notes: tuple[str, ...]

    def wide(self) -> pd.DataFrame:
        """A row a factor, from the strongest; for each index its value, low and high."""
        found = {"label": pd.Series(self.labels)}
        for index in self.index_names:
            rows = self.indices.rows.query("index == @index").set_index("factor")
            found |= {index: rows["value"], f"{index}_low": rows["low"], f"{index}_high": rows["high"]}
        return pd.DataFrame(found).loc[list(self.labels)].rename_axis("factor")

    @property
    def index_names(self) -> list[str]:
        """Indices of the method, the one that ranks first."""
        return list(dict.fromkeys(self.indices.rows["index"]))

    def heads(self) -> list[str]:
        """Heads of the table for people."""
        return [
            "factor",
            *(f"{INDEX_NAMES[name]}, 95 %" if self._has_ends(name) else INDEX_NAMES[name] for name in self.index_names),
        ]

    def cells(self) -> list[list[str]]:
        """Rows of the table for people."""
        return [
            [
                str(row["label"]),
                *(told_interval(row[one], row[f"{one}_low"], row[f"{one}_high"]) for one in self.index_names),
            ]
            for row in self.wide().to_dict("records")
        ]

    def pair_cells(self) -> list[list[str]]:
        """Rows of the table of pairs for people, from the strongest; none when the design has no second order."""
        pairs = self.indices.pairs
        ordered = pairs.iloc[np.argsort(-pairs["value"].abs().to_numpy(dtype=float), kind="stable")]
        return [
            [
                self.labels[row["factor"]],
                self.labels[row["other"]],
                told_interval(row["value"], row["low"], row["high"]),
            ]
            for row in ordered.to_dict("records")
        ]

    def _has_ends(self, index: str) -> bool:
        return bool(self.indices.rows.query("index == @index")["low"].notna().any())

    def told(self) -> dict[str, Any]:
        """Everything, for JSON."""
        of = self.indices
        return {
            "outcome": self.response.name,
            "label": self.response.label,
            "outcome_unit": self.response.unit,
            "method": of.method,
            "why": of.why,
            "intervals": of.intervals,
            "unit": of.unit,
            "points": of.points,
            "missing_points": self.response.missing,
            "ranked_by": of.rank_by,
            "factors": [
                {"factor": name, **row} for name, row in zip(self.labels, self.wide().to_dict("records"), strict=True)
            ],
            "pairs": of.pairs.to_dict("records"),
            "luck_share": self.response.luck,
            "notes": list(self.notes),
        }


def sensitivity(results: "SweepResults", outcome: str) -> Sensitivity:
    """How much each factor matters to an outcome.

    Saltelli designs give Sobol indices, Morris designs elementary effects, full
    grids shares of variance, other samples rank regression or RBD-FAST.

    Parameters
    ----------
    results : of a sweep.
    outcome : name of an outcome of the sweep, or of a measure.

    Raises
    ------
    AnalysisError
        For an unknown outcome, too few points, or an outcome that is the same everywhere.
    """
    found = response(results, outcome)
    of = _indices(results, found)
    ranked = of.rows.query("index == @of.rank_by")
    order = list(ranked.iloc[np.argsort(-ranked["value"].abs().to_numpy(), kind="stable")]["factor"])
    labels = {name: results.sweep.factor_named(name).shown for name in order}
    return Sensitivity(found, of, labels, (*of.notes, *_notes(found)))


def _indices(results: "SweepResults", response: Response) -> Indices:
    sweep, points, means = results.sweep, results.points, response.means
    there = means.dropna()
    if len(there) < 2:
        raise AnalysisError(f"only {len(there)} point has a result for {response.name}; an analysis needs more.")
    if np.ptp(there) <= 1e-12 * np.abs(there).max():
        raise AnalysisError(
            f"{response.name} is the same ({there.iloc[0]:g}) at all {len(there)} points that have a result, so "
            "there is nothing to attribute; look at another outcome, or widen the ranges of the factors."
        )
    if sweep.design.kind == "saltelli":
        return sobol_indices(sweep, means)
    if sweep.design.kind == "morris":
        return morris_indices(sweep, points, response)
    if sweep.design.kind == "grid":
        return variance_shares(sweep, points, response)
    return sample_indices(sweep, points, means)


def _notes(of: Response) -> list[str]:
    """Seeds behind the means, and what luck does."""
    notes = [f"Each point is a mean over {of.seeds_told}."]
    if "to" in of.seeds_told:
        notes[0] += " Where seeds differ between points, part of a difference may be luck."
    if math.isfinite(of.luck):
        notes.append(
            f"Luck (the seed within a point) is {100 * of.luck:.0f} % of the variance of single runs; what is left of "
            "it in the means counts as if factors interacted."
        )
    elif not (of.values.notna().sum(axis=1) > 1).any():
        notes.append("With one seed a point, luck and factors cannot be told apart.")
    return notes


def told_interval(value: float, low: float, high: float) -> str:
    """A number with its interval, where there is one."""
    if math.isnan(low) or math.isnan(high):
        return number(value)
    return f"{number(value)} [{number(low)}, {number(high)}]"
