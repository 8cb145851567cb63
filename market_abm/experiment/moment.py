"""A moment: a number that a run should share with history, and how far off counts as much."""

import math
from dataclasses import dataclass
from typing import Literal

from market_abm.experiment.plan import Outcome

WORST_MISS = 100.0
"""Miss of a moment that cannot be computed, and the most that any moment can miss.

Finite, so that a search can go on from it; far above what a fit comes near.
"""


@dataclass(frozen=True)
class Moment:
    """One term of the loss.

    Parameters
    ----------
    name : name in tables.
    outcome : what is computed of a run; its name tells it from the outcomes of other moments.
    target : its historical value, in the outcome's unit.
    source : where the target stands.
    scale : `log` counts ratios, `linear` differences.
    tolerance : deviation that costs 1: log points, or the outcome's unit.
    weight : weight among the moments.
    arm : setting whose runs it is computed on.
    """

    name: str
    outcome: Outcome
    target: float
    source: str
    scale: Literal["log", "linear"]
    tolerance: float
    weight: float
    arm: str

    def miss(self, value: float) -> float:
        """Deviation from the target in tolerances, 0 to `WORST_MISS`.

        Absolute and not squared, so that one moment out of reach does not rule
        the fit of the others (least absolute deviations).
        """
        if math.isnan(value) or (self.scale == "log" and value <= 0):
            return WORST_MISS
        gap = math.log(value / self.target) if self.scale == "log" else value - self.target
        return min(abs(gap) / self.tolerance, WORST_MISS)
