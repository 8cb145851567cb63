"""The verdict on a hypothesis: supported, contradicted, or not decided at this number of replications."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from market_abm.core.units import FloatArray
from market_abm.experiment.plan import Experiment, Hypothesis
from market_abm.experiment.statistics import (
    NO_RATIO,
    Estimate,
    difference_estimate,
    mean_estimate,
    median_estimate,
    ratio_estimate,
    share_estimate,
)

SUPPORTED, CONTRADICTED, OPEN = "supported", "contradicted", "not decided"


@dataclass(frozen=True)
class Judgement:
    """A hypothesis and what the runs say to it."""

    hypothesis: Hypothesis
    estimate: Estimate
    answer: str

    @property
    def verdict(self) -> str:
        """Answer in words; an open one says at how many replications."""
        if self.answer != OPEN:
            return self.answer
        count = self.estimate.seeds
        return f"{OPEN} at {count} replication{'' if count == 1 else 's'}"

    def is_settled(self, width: float) -> bool:
        """Whether it is decided, or its interval narrower than `width` times the threshold."""
        if self.answer != OPEN:
            return True
        scale = _scale(self.hypothesis, self.estimate)
        return math.isfinite(self.estimate.width) and self.estimate.width <= width * scale


def judge_all(experiment: Experiment, arms: Mapping[str, pd.DataFrame]) -> list[Judgement]:
    """Judge every hypothesis.

    Parameters
    ----------
    arms : outcomes by arm; index: seeds, columns: outcomes.
    """
    return [judge(hypothesis, arms) for hypothesis in experiment.hypothesis]


def judge(hypothesis: Hypothesis, arms: Mapping[str, pd.DataFrame]) -> Judgement:
    """Judge one hypothesis.

    It is supported when the whole 95 % interval lies on the expected side, and
    contradicted when it lies wholly on the other.
    """
    values, against = _pairs(hypothesis, arms)
    estimate = _estimate(hypothesis, values, against)
    return Judgement(hypothesis, estimate, _answer(hypothesis, estimate))


def common_verdict(answers: Sequence[str], pooled: Judgement) -> str:
    """Verdict over several vectors of parameters: that of all their runs together, unless it flips.

    Parameters
    ----------
    answers : answer under each vector, judged by its own runs.
    pooled : judgement on the runs of all vectors.
    """
    if {SUPPORTED, CONTRADICTED} <= {*answers, pooled.answer}:
        return f"{OPEN} (flips over the set that fits)"
    return pooled.verdict


def _pairs(hypothesis: Hypothesis, arms: Mapping[str, pd.DataFrame]) -> tuple[FloatArray, FloatArray | None]:
    values = arms[hypothesis.arm][hypothesis.outcome]
    if hypothesis.against is None:
        return values.to_numpy(dtype=float), None
    other = arms[hypothesis.against][hypothesis.outcome].reindex(values.index)
    return values.to_numpy(dtype=float), other.to_numpy(dtype=float)


def _estimate(hypothesis: Hypothesis, values: FloatArray, against: FloatArray | None) -> Estimate:
    if against is not None and hypothesis.kind == "ratio":
        return ratio_estimate(values, against)
    if against is not None and hypothesis.kind in ("difference", "mean"):
        return difference_estimate(values, against)
    level = values if against is None else values - against
    if hypothesis.kind == "share":
        there = level[~np.isnan(level)]
        return share_estimate(sum(_holds(hypothesis, float(one)) for one in there), len(there))
    return median_estimate(level) if hypothesis.kind == "median" else mean_estimate(level)


def _holds(hypothesis: Hypothesis, value: float) -> bool:
    """Whether one number is as expected."""
    return _side(hypothesis, value, value) == SUPPORTED


def _answer(hypothesis: Hypothesis, estimate: Estimate) -> str:
    low, high = estimate.low, estimate.high
    if math.isnan(low) or math.isnan(high) or estimate.note == NO_RATIO:
        return OPEN
    if hypothesis.kind == "share":
        wanted = hypothesis.at_least or 0.0
        return SUPPORTED if low >= wanted else CONTRADICTED if high < wanted else OPEN
    return _side(hypothesis, low, high)


def _side(hypothesis: Hypothesis, low: float, high: float) -> str:
    """Side on which an interval lies; the ends of `between` belong to it, a plain threshold to the other side."""
    if isinstance(hypothesis.threshold, tuple):
        bottom, top = hypothesis.threshold
        inside, outside = bottom <= low and high <= top, high < bottom or low > top
    elif hypothesis.expect == "below":
        inside, outside = high < hypothesis.threshold, low >= hypothesis.threshold
    else:
        inside, outside = low > hypothesis.threshold, high <= hypothesis.threshold
    return SUPPORTED if inside else CONTRADICTED if outside else OPEN


def _scale(hypothesis: Hypothesis, estimate: Estimate) -> float:
    """What the width of an interval is measured by: the threshold, or the estimate where that is zero."""
    if hypothesis.kind == "share":
        return hypothesis.at_least or 1.0
    threshold = hypothesis.threshold
    size = max(abs(one) for one in threshold) if isinstance(threshold, tuple) else abs(threshold)
    return size or abs(estimate.value)
