"""A metric: one thing that happened, how it is read off a run, and how near the model must come."""

import math
from dataclasses import dataclass
from typing import Literal

from market_abm.history.figure import Figure
from market_abm.validate.band import Band
from market_abm.validate.measured_run import Compute, MeasuredRun, NotCoveredError

Sample = Literal["in", "out"]
"""Whether the model's numbers were chosen on it ("in"), or it was kept out ("out")."""


@dataclass(frozen=True)
class Metric:
    """A row of the scorecard.

    Parameters
    ----------
    name : machine name; that of `history.reference_table` where history has the same.
    theme : heading under which it stands.
    label, unit : as shown to people.
    basis : what the historical number is: where and with which charges, how often, assessed or traded.
    figure : historical value, source ids and the weakest confidence behind it.
    band : what passes.
    sample : "in" or "out".
    compute : the same thing read off a run; None where the study computes it from many runs.
    low, high : other readings of the same thing; NaN where one is all there is.
    note : what a reader must know, such as "one weak source".
    log : whether distances are ratios, as for prices; else differences.
    """

    name: str
    theme: str
    label: str
    unit: str
    basis: str
    figure: Figure
    band: Band
    sample: Sample
    compute: Compute | None = None
    low: float = math.nan
    high: float = math.nan
    note: str = ""
    log: bool = True

    def __call__(self, run: MeasuredRun) -> float:
        """Return the number of a run; NaN when the run does not cover it, infinite when it never happened."""
        if self.compute is None:
            return math.nan
        try:
            return float(self.compute(run))
        except NotCoveredError:
            return math.nan
