"""What an experiment found: estimates of every arm and outcome, judgements, and how they hold over parameters."""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from market_abm.experiment.hypothesis import Judgement, common_verdict, judge_all
from market_abm.experiment.plan import Outcome
from market_abm.experiment.plan_file import Plan
from market_abm.experiment.statistics import (
    NO_RATIO,
    Estimate,
    difference_estimate,
    median_estimate,
    ratio_estimate,
)
from market_abm.experiment.vector import SHIPPED, Vector
from market_abm.record.identity import model_version

Arms = Mapping[str, pd.DataFrame]
"""Outcomes by arm; index: seeds, columns: outcomes."""


@dataclass(frozen=True)
class Row:
    """One arm and one outcome: its level, and how it stands to the reference arm.

    `against` is a factor, or a difference when `is_factor` is false; None for the reference itself.
    """

    outcome: Outcome
    arm: str
    level: Estimate
    against: Estimate | None
    is_factor: bool


@dataclass(frozen=True)
class Finding:
    """Everything an experiment found.

    Parameters
    ----------
    plan : the file and its scenarios.
    seeds : common seeds of all arms.
    arms : outcomes under the shipped parameters.
    over : outcomes by vector of a calibration; empty without one.
    failures : what went wrong, by run; such runs count in no number.
    runs : number of runs behind it.
    adaptive : whether seeds were added until intervals were narrow.
    """

    plan: Plan
    seeds: tuple[int, ...]
    arms: Arms
    over: Mapping[Vector, Arms] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    runs: int = 0
    adaptive: bool = False

    @functools.cached_property
    def judgements(self) -> list[Judgement]:
        """A judgement on each hypothesis under the shipped parameters."""
        return judge_all(self.plan.experiment, self.arms)

    @functools.cached_property
    def robustness(self) -> dict[str, list[Judgement]]:
        """Judgements on all hypotheses by vector, the shipped parameters first."""
        return {name: judge_all(self.plan.experiment, arms) for name, arms in self._by_vector.items()}

    @functools.cached_property
    def pooled(self) -> list[Judgement]:
        """Judgements on the runs of all vectors together; a pair is one vector and one seed."""
        together = {arm: pd.concat({name: arms[arm] for name, arms in self._by_vector.items()}) for arm in self.arms}
        return judge_all(self.plan.experiment, together)

    @functools.cached_property
    def verdicts(self) -> list[str]:
        """The verdict on each hypothesis: over all vectors when there are any."""
        if not self.over:
            return [judgement.verdict for judgement in self.judgements]
        columns = zip(*self.robustness.values(), strict=True)
        return [
            common_verdict([judgement.answer for judgement in column], pooled)
            for column, pooled in zip(columns, self.pooled, strict=True)
        ]

    @functools.cached_property
    def rows(self) -> list[Row]:
        """Levels and comparisons, outcome by outcome."""
        return [self._row(outcome, arm) for outcome in self.plan.experiment.outcome for arm in self.arms]

    @property
    def _by_vector(self) -> dict[str, Arms]:
        """Outcomes by name of the vector, the shipped parameters first."""
        return {SHIPPED.name: self.arms} | {vector.name: arms for vector, arms in self.over.items()}

    def unmeasured(self) -> list[str]:
        """Outcomes that no run covers."""
        names = [outcome.name for outcome in self.plan.experiment.outcome]
        return [name for name in names if all(table[name].isna().all() for table in self.arms.values())]

    def _row(self, outcome: Outcome, arm: str) -> Row:
        values = self.arms[arm][outcome.name].to_numpy(dtype=float)
        level = median_estimate(values)
        reference = self.plan.experiment.reference.name
        if arm == reference:
            return Row(outcome, arm, level, None, True)
        base = self.arms[reference][outcome.name].to_numpy(dtype=float)
        factor = ratio_estimate(values, base)
        is_factor = outcome.shown_unit not in ("year", "date") and factor.note != NO_RATIO
        return Row(outcome, arm, level, factor if is_factor else difference_estimate(values, base), is_factor)

    def told(self) -> dict[str, Any]:
        """Everything for a machine: the same runs give the same, on any day."""
        experiment = self.plan.experiment
        return {
            "experiment": self.plan.name,
            "title": experiment.title,
            "question": experiment.question,
            "claim": experiment.claim,
            "model_version": model_version(),
            "file_sha256": self.plan.seal,
            "seeds": list(self.seeds),
            "adaptive": self.adaptive,
            "hypotheses": [
                self._hypothesis_told(number, judgement) for number, judgement in enumerate(self.judgements)
            ],
            "outcomes": [_row_told(row) for row in self.rows],
            "vectors": [{"name": one.name, "loss": one.loss, "set": list(one.overrides)} for one in self.over],
            "failures": dict(self.failures),
        }

    def _hypothesis_told(self, number: int, judgement: Judgement) -> dict[str, Any]:
        told = {
            key: value for key, value in judgement.hypothesis.model_dump(by_alias=True).items() if value is not None
        }
        told |= {"verdict": self.verdicts[number], "answer": judgement.answer, **estimate_told(judgement.estimate)}
        told["unit"] = self.plan.experiment.outcome_named(judgement.hypothesis.outcome).shown_unit
        if self.over:
            told["over"] = [
                {"vector": name, "answer": judgements[number].answer, **estimate_told(judgements[number].estimate)}
                for name, judgements in self.robustness.items()
            ]
            pooled = self.pooled[number]
            told["pooled"] = {"answer": pooled.answer, **estimate_told(pooled.estimate)}
        return told


def outcome_table(arms: Arms, outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Every number in long form: arm, seed, outcome, unit, value."""
    units = {outcome.name: outcome.shown_unit for outcome in outcomes}
    rows = [
        (arm, seed, name, units[name], value)
        for arm, table in arms.items()
        for name in units
        for seed, value in table[name].items()
    ]
    return pd.DataFrame(rows, columns=["arm", "seed", "outcome", "unit", "value"])


def estimate_told(estimate: Estimate) -> dict[str, Any]:
    """An estimate for a machine; what is not finite becomes None."""
    numbers = {key: getattr(estimate, key) for key in ("value", "low", "high", "effect")}
    told: dict[str, Any] = {key: value if math.isfinite(value) else None for key, value in numbers.items()}
    return told | {"seeds_used": estimate.seeds, "method": estimate.method, "note": estimate.note}


def _row_told(row: Row) -> dict[str, Any]:
    told: dict[str, Any] = {"outcome": row.outcome.name, "arm": row.arm, "unit": row.outcome.shown_unit}
    told["level"] = estimate_told(row.level)
    if row.against is not None:
        told["factor" if row.is_factor else "difference"] = estimate_told(row.against)
    return told
