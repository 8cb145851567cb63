"""A measure: one number that sums up a run, with a name, a label and a unit."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from market_abm.record.reading import NotCoveredError
from market_abm.record.run import Run


@dataclass(frozen=True)
class Measure:
    """One number of a run.

    Parameters
    ----------
    name : machine name; that of `history.reference_table` where history has the same.
    label, unit : as shown to people.
    compute : a function of the run.
    headline : whether the short table shows it.
    """

    name: str
    label: str
    unit: str
    compute: Callable[[Run], float]
    headline: bool = True

    def __call__(self, run: Run) -> float:
        """Return the number; NaN when the run does not cover it."""
        try:
            return float(self.compute(run))
        except NotCoveredError:
            return math.nan
