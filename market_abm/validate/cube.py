"""Which Chinese restriction makes the spike: a cube of paired runs with each of three taken away.

Quota, embargo and restraint at the mines are on or off: eight corners, twelve
edges, common seeds. An edge takes one restriction away from a corner; the peak
should not rise. Used for two rows of the scorecard, on which an earlier
version of the model was fitted: they are in-sample.
"""

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from market_abm.experiment.statistics import FEWEST, median_estimate
from market_abm.history.figure import Figure
from market_abm.record.dates import shortened
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario
from market_abm.validate.band import ISSUE, Band, stated
from market_abm.validate.metric import Metric

THEME = "What makes the spike"
RESTRICTIONS = {
    "quota": ("export-quota", "export-quota-light", "export-quota-heavy"),
    "embargo": ("embargo-japan",),
    "restraint": (
        "mining-quota-light",
        "mining-quota-heavy",
        "campaigns",
        "resource-tax",
        "baotou-reserve",
        "baotou-halt",
    ),
}
"""Chinese restrictions and the policies of `japan-2010` that they are made of."""
UNTIL = "2014-01-06"
NO_SPIKE, EDGES = "no_restriction_peak", "edges_that_rise"
Corner = frozenset[str]
"""The restrictions that are on."""
FULL: Corner = frozenset(RESTRICTIONS)
NONE: Corner = frozenset()


@dataclass(frozen=True)
class Edge:
    """One restriction taken away from a corner.

    Parameters
    ----------
    taken : the restriction; `beside` those that stay on.
    factor : median over seeds of the peak without it over the peak with it.
    low, high : 95 % interval of that median, by order statistics; 0 and infinite with fewer than six seeds.
    """

    taken: str
    beside: tuple[str, ...]
    factor: float
    low: float
    high: float

    @property
    def rises(self) -> bool:
        """Whether the peak rises for certain: the whole interval lies above one."""
        return self.low > 1


def corners() -> list[Corner]:
    """All eight corners, the full one first."""
    names = list(RESTRICTIONS)
    return [frozenset(some) for size in (3, 2, 1, 0) for some in itertools.combinations(names, size)]


def has_restrictions(scenario: Scenario) -> bool:
    """Whether the scenario has every policy of the cube and years before `UNTIL` to run them in."""
    there = {policy.name for policy in scenario.policy}
    begins = scenario.time.record_from.year <= 2009
    return (
        begins
        and scenario.time.end.isoformat() >= UNTIL
        and there >= {one for some in RESTRICTIONS.values() for one in some}
    )


def at_corner(scenario: Scenario, corner: Corner) -> Scenario:
    """Return the scenario to the start of 2014 with only the corner's restrictions on."""
    off = [name for restriction in RESTRICTIONS if restriction not in corner for name in RESTRICTIONS[restriction]]
    return load_scenario(shortened(scenario, UNTIL), [f"policy.{name}.enabled=false" for name in off])


def edges(peaks: Mapping[Corner, NDArray[np.float64]]) -> list[Edge]:
    """Return the twelve edges.

    Parameters
    ----------
    peaks : peak ratios at each corner, shape (seeds,), the same seeds in the same order.
    """
    found = []
    for corner in corners():
        for taken in (name for name in RESTRICTIONS if name in corner):
            ratios = np.log(peaks[corner - {taken}] / peaks[corner])
            middle = median_estimate(ratios)  # a seed counts where both runs finished
            low, high = (middle.low, middle.high) if middle.seeds >= FEWEST else (-math.inf, math.inf)
            beside = tuple(name for name in RESTRICTIONS if name in corner and name != taken)
            found.append(Edge(taken, beside, float(np.exp(middle.value)), math.exp(low), math.exp(high)))
    return found


def cube_metrics() -> list[Metric]:
    """The two rows of the scorecard; the study computes them from the corners' runs."""
    none = Figure(math.nan, "MODEL 18", "med")
    told = "export prices, paired runs on common seeds to the start of 2014; no historical counterpart"
    return [
        Metric(
            NO_SPIKE, THEME, "NdPr peak / 2009 without any restriction", "1", told, none,
            stated(0.0, 2.5), "in", note="no quota, no embargo, no restraint of mining; the tax stays",
        ),
        Metric(
            EDGES, THEME, "Restrictions whose removal raises the peak", "of 12 edges", told, none,
            Band(0.0, 0.0, f"{ISSUE}; an edge rises when the 95 % interval of its paired median lies above 1"), "in",
  note="few seeds make wide intervals, which pass more easily: see the table of edges", log=False,
        ),
    ]  # fmt: skip


def edge_frame(found: Iterable[Edge]) -> pd.DataFrame:
    """Edges as a table."""
    rows = [
        (edge.taken, " + ".join(edge.beside) or "nothing", edge.factor, edge.low, edge.high, edge.rises)
        for edge in found
    ]
    return pd.DataFrame(rows, columns=["taken_away", "stays_on", "factor", "low", "high", "rises"])


def told_corner(corner: Corner) -> str:
    """Words for a corner."""
    return " + ".join(name for name in RESTRICTIONS if name in corner) or "no restriction"
