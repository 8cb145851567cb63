"""Scenario discovery: which regions of the factor space lead to an outcome, and whether they are more than luck."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from market_abm.console import number
from market_abm.sweep.box import Box, Flags, balance, find_box, inside, told_box
from market_abm.sweep.response import RANDOM_SEED, AnalysisError, Response, response, told_points

if TYPE_CHECKING:
    from market_abm.sweep.plan import Factor
    from market_abm.sweep.results import SweepResults

Told: TypeAlias = Callable[[int, int, str], None]

MOST_BOXES = 3
FOLDS = 5
SHUFFLES = 20
FEWEST_POINTS = 20
FEWEST_CASES = 5  # runs with the outcome that are worth another box


@dataclass(frozen=True)
class Region:
    """A box and what lies in it.

    Parameters
    ----------
    box, words : its limits.
    hits, runs : runs in the box with the outcome, and all in it.
    coverage : share of all runs with the outcome that lie in it.
    density : share of the runs in it that have the outcome.
    base : share of the runs in which it was sought that have the outcome.
    fresh_coverage, fresh_density : the same on points that were kept from the search, over all folds; coverage of
        what earlier boxes left over.
    as_good : share of shuffles of the outcome among the points that gave a box as good; NaN when fresh points
        spoke against the box already.
    """

    box: Box
    words: str
    hits: int
    runs: int
    coverage: float
    density: float
    base: float
    fresh_coverage: float = math.nan
    fresh_density: float = math.nan
    as_good: float = math.nan

    @property
    def is_luck(self) -> bool:
        """Whether it could be luck: shuffled outcomes do as well, or fresh points are no denser than the rest."""
        return self.as_good > 1 / SHUFFLES or not self.fresh_density > self.base

    @property
    def sentence(self) -> str:
        """The region in one sentence."""
        return (
            f"{self.words}: {self.hits} of {self.runs} runs; coverage {self.coverage:.2f}, density {self.density:.2f}"
        )

    @property
    def checked(self) -> str:
        """What the checks said, in one sentence."""
        fresh = f"on fresh points coverage {self.fresh_coverage:.2f}, density {self.fresh_density:.2f}"
        against = f" (all runs searched: {self.base:.2f})"
        if math.isnan(self.as_good):
            return f"{fresh}{against}: no denser, so shuffles were not tried."
        return f"{fresh}{against}; as good in {100 * self.as_good:.0f} % of {SHUFFLES} shuffles."


@dataclass(frozen=True)
class Discovery:
    """Regions that lead to an outcome, the best first.

    Parameters
    ----------
    response : the outcome.
    asked : what was asked, such as `above 3`.
    cases, runs : runs with the outcome, and all that have a number.
    regions : as found; one that could be luck is the last.
    table : a row a run: the factors, point, value, case.
    notes : what a reader must know.
    """

    response: Response
    asked: str
    cases: int
    runs: int
    regions: tuple[Region, ...]
    table: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def base(self) -> float:
        """Share of all runs that have the outcome."""
        return self.cases / self.runs

    def frame(self) -> pd.DataFrame:
        """A row a region: its words, numbers and checks."""
        names = ["words", "hits", "runs", "coverage", "density", "base", "fresh_coverage", "fresh_density", "as_good"]
        rows = [[*(getattr(one, name) for name in names), one.is_luck] for one in self.regions]
        return pd.DataFrame(rows, columns=[*names, "could_be_luck"])

    def told(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "outcome": self.response.name,
            "asked": self.asked,
            "cases": self.cases,
            "runs": self.runs,
            "regions": [
                {
                    "words": one.words,
                    "limits": {name: vars(limit) for name, limit in one.box.items()},
                    **{key: value for key, value in vars(one).items() if key not in ("box", "words")},
                    "could_be_luck": one.is_luck,
                }
                for one in self.regions
            ],
            "notes": list(self.notes),
        }


def discover(
    results: "SweepResults",
    outcome: str,
    *,
    above: float | None = None,
    below: float | None = None,
    told: Told | None = None,
) -> Discovery:
    """Boxes of the factor space in which runs have an outcome above or below a number.

    Boxes are PRIM's. Each is checked twice: on points kept from the search
    (cross-validation by points, so that seeds of one point stay together), and
    against the boxes found when outcomes are shuffled among points. A box that
    could be luck ends the search.

    Parameters
    ----------
    results : of a sweep.
    outcome : name of an outcome or measure.
    above, below : one of them, in the outcome's unit.
    told : is called with (done, total, what) after each search.

    Raises
    ------
    AnalysisError
        For an unknown outcome, no or all runs with the outcome, or too few points.
    """
    if (above is None) == (below is None):
        raise AnalysisError("give one of --above and --below.")
    found = response(results, outcome)
    asked = f"above {above:g}" if above is not None else f"below {below:g}"
    table = _cases(results, found, above, below)
    case, groups = table["case"].to_numpy(dtype=bool), table["point"].to_numpy()
    _check(found, table, asked)
    factors = results.sweep.factor
    inputs = table[[one.name for one in factors]]
    regions: list[Region] = []
    left = np.ones(len(table), dtype=bool)
    while len(regions) < MOST_BOXES and case[left].sum() >= FEWEST_CASES and not case[left].all():
        search = Search(inputs[left], case[left], groups[left], factors, told or (lambda done, total, what: None))
        region = search.region(results.points, int(case.sum()), f"box {len(regions) + 1}")
        if not region.box or (regions and (region.is_luck or region.density <= case.mean())):
            break  # a further box is worth saying only when it is denser than all runs together
        regions.append(region)
        left &= ~inside(region.box, inputs)
        if region.is_luck:
            break
    return Discovery(found, asked, int(case.sum()), len(table), tuple(regions), table, _notes(results, found))


def _cases(results: "SweepResults", of: Response, above: float | None, below: float | None) -> pd.DataFrame:
    """A row a run that has a number."""
    names = [one.name for one in results.sweep.factor]
    wide = of.values.rename_axis("point").reset_index()
    long = wide.melt("point", var_name="seed", value_name="value").dropna().reset_index(drop=True)
    case = long["value"] > above if above is not None else long["value"] < (below if below is not None else math.nan)
    factors = results.points.loc[long["point"].to_numpy(), names].reset_index(drop=True)
    return factors.assign(point=long["point"], value=long["value"], case=case)


def _check(of: Response, table: pd.DataFrame, asked: str) -> None:
    points, cases = table["point"].nunique(), int(table["case"].sum())
    if points < FEWEST_POINTS:
        raise AnalysisError(
            f"{points} points have a result; discovery needs at least {FEWEST_POINTS}. Give the design more points, or "
            "finish the sweep with the same command."
        )
    if cases < FEWEST_CASES or cases > len(table) - FEWEST_CASES:
        low, middle, high = np.percentile(table["value"], (0, 50, 100))
        raise AnalysisError(
            f"{cases} of {len(table)} runs have {of.name} {asked}; discovery needs {FEWEST_CASES} with it and "
            f"{FEWEST_CASES} without. It goes from {number(low)} to {number(high)} with median {number(middle)}: "
            "choose a number between."
        )


@dataclass
class Search:
    """The search for one box in some runs, and its checks.

    Parameters
    ----------
    inputs, case, groups : a row a run: its factors, whether it has the outcome, its point.
    told : is called after each search.
    """

    inputs: pd.DataFrame
    case: Flags
    groups: Any
    factors: "Sequence[Factor]"
    told: Told

    def region(self, points: pd.DataFrame, all_cases: int, what: str) -> Region:
        """The box with its checks; shuffles only where fresh points speak for it."""
        box = find_box(self.inputs, self.case, self.factors)
        within = inside(box, self.inputs)
        hits, runs, base = int(self.case[within].sum()), int(within.sum()), float(self.case.mean())
        found = Region(
            box, told_box(box, self.factors, points), hits, runs, hits / all_cases, hits / max(runs, 1), base
        )
        if not box:
            return found
        fresh_hits, fresh_runs = self._on_fresh_points(what)
        density = fresh_hits / fresh_runs if fresh_runs else 0.0
        found = replace(found, fresh_coverage=fresh_hits / int(self.case.sum()), fresh_density=density)
        if found.is_luck:
            return found
        return replace(found, as_good=self._as_good_by_chance(balance(hits, runs, int(self.case.sum())), what))

    def _on_fresh_points(self, what: str) -> tuple[int, int]:
        """Hits and runs in boxes on the points that each search did not see."""
        points = np.random.default_rng(RANDOM_SEED).permutation(np.unique(self.groups))
        hits = runs = 0
        for done, fold in enumerate(np.array_split(points, FOLDS), 1):
            fresh = np.isin(self.groups, fold)
            box = find_box(self.inputs[~fresh], self.case[~fresh], self.factors)
            if box:
                within = inside(box, self.inputs[fresh])
                hits, runs = hits + int(self.case[fresh][within].sum()), runs + int(within.sum())
            self.told(done, FOLDS + SHUFFLES, f"{what}: fresh points")
        return hits, runs

    def _as_good_by_chance(self, good: float, what: str) -> float:
        """Share of shuffles, points as wholes, whose best box is as good."""
        draw = np.random.default_rng(RANDOM_SEED)
        points, first, place = np.unique(self.groups, return_index=True, return_inverse=True)
        factors, cases = self.inputs.iloc[first], int(self.case.sum())
        hits = 0
        for done in range(1, SHUFFLES + 1):
            shuffled = factors.iloc[draw.permutation(len(points))[place]].reset_index(drop=True)
            within = inside(find_box(shuffled, self.case, self.factors), shuffled)
            hits += balance(int(self.case[within].sum()), int(within.sum()), cases) >= good
            self.told(FOLDS + done, FOLDS + SHUFFLES, f"{what}: shuffled outcomes")
        return hits / SHUFFLES


def _notes(results: "SweepResults", of: Response) -> tuple[str, ...]:
    notes = [
        "Boxes by PRIM (EMA Workbench), chosen for the balance of coverage (share of the runs with the outcome that "
        "lie in the box) and density (share of the runs in the box that have it).",
        f"Fresh: on points kept from the search, {FOLDS} folds. Shuffled: how often one of {SHUFFLES} shuffles of the "
        "outcome among points gave a box as good.",
        "Shares are of the points of this design, no probabilities of the world.",
    ]
    if of.missing:
        notes.insert(0, f"Left out for want of a result: {told_points(of.missing)}.")
    if results.sweep.design.kind in ("morris", "saltelli", "list"):
        notes.append(
            f"The design is {results.sweep.design.kind}, whose points are not spread evenly; a Latin hypercube or a "
            "Sobol sequence suits discovery better."
        )
    return tuple(notes)
