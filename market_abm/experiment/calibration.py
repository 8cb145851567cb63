"""A calibration: which numbers of a scenario may move, and what their runs should share with history."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from market_abm.experiment.free_parameter import FreeParameter, Vector, as_overrides, value_at
from market_abm.experiment.moment import Moment
from market_abm.experiment.task import Task
from market_abm.record.identity import combined_id
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

WHOLE = "whole"
"""Arm that is always there: the scenario as it is."""


@dataclass(frozen=True)
class Calibration:
    """What is fitted, to what, and how it is searched.

    Parameters
    ----------
    title : what it is for.
    parameters : dimensions of the search.
    moments : terms of the loss.
    arms : resolved scenario of each setting by its name, ended where its runs end; `whole` is among them.
    replications : common seeds of all trials: 0, 1, ...
    trials : how many vectors are tried.
    sampler : how vectors are proposed: tpe, cmaes, random or sobol.
    seed : seed of the sampler.
    batch : vectors proposed before their losses are known. A number of the
        file, not of the machine, so that any number of workers tries the same.
    within : a vector fits when its loss is at most this share above the best.
    most_vectors : most vectors that the set holds.
    confirm_replications : fresh seeds on which candidates must hold.
    """

    title: str
    parameters: tuple[FreeParameter, ...]
    moments: tuple[Moment, ...]
    arms: Mapping[str, Scenario]
    replications: int = 2
    trials: int = 200
    sampler: str = "tpe"
    seed: int = 0
    batch: int = 4
    within: float = 0.1
    most_vectors: int = 8
    confirm_replications: int = 6

    @property
    def start(self) -> dict[str, float]:
        """Vector that is tried first."""
        return {parameter.path: parameter.start for parameter in self.parameters}

    @property
    def seeds(self) -> range:
        """Seeds of all trials."""
        return range(self.replications)

    @property
    def fresh_seeds(self) -> range:
        """Seeds of the confirmation, none of which the search has seen."""
        return range(self.replications, self.replications + self.confirm_replications)

    @property
    def arms_in_use(self) -> tuple[str, ...]:
        """Arms that some moment is computed on; the others are not run."""
        return tuple(dict.fromkeys(moment.arm for moment in self.moments))

    def scenario_of(self, vector: Vector, arm: str) -> Scenario:
        """Scenario of a vector in an arm.

        What the arm itself changes stays: an arm without credit has none,
        whatever the vector says of credit.

        Raises
        ------
        ScenarioError
            When the values cannot stand together.
        """
        free = {path: value for path, value in vector.items() if path not in self._own[arm]}
        return load_scenario(self.arms[arm], as_overrides(free))

    @cached_property
    def _own(self) -> dict[str, set[str]]:
        """Paths of parameters that an arm sets itself, or that lead nowhere in it, by arm."""
        paths = [parameter.path for parameter in self.parameters]
        whole = {path: value_at(self.arms[WHOLE], path) for path in paths}
        own: dict[str, set[str]] = {arm: set() for arm in self.arms}
        for arm, scenario in self.arms.items():
            for path in paths:
                try:
                    changed = value_at(scenario, path) != whole[path]
                except LookupError:  # the arm drops what the path leads to
                    changed = True
                if changed:
                    own[arm].add(path)
        return own

    @cached_property
    def id(self) -> str:
        """Hash of everything that decides what a trial is and what it is worth.

        The number of trials and the rules of the set are left out: more trials
        continue the same search. A changed model, scenario, moment or sampler
        is another search.
        """
        first = [Task(self.scenario_of(self.start, arm), seed).id for arm in self.arms_in_use for seed in self.seeds]
        loss = [[repr(m.outcome), m.target, m.scale, m.tolerance, m.weight, m.arm, m.name] for m in self.moments]
        space = [[p.path, p.low, p.high, p.log, p.start, sorted(self._held(p.path))] for p in self.parameters]
        return combined_id(*first, json.dumps([[self.sampler, self.seed, self.batch], loss, space]))

    def _held(self, path: str) -> set[str]:
        return {arm for arm in self.arms_in_use if path in self._own[arm]}
