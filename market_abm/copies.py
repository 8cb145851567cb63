"""Copies of a model, by `copy.deepcopy` and by `pickle`: each goes on bit for bit as its original would.

A copy is built from scenario, seed, kinds and verbs and takes the declared state of the world. Then it takes what
else hangs on the model: what the last week produced, Mesa's counters and generators, and attributes of a user's own.
"""

import copy
import functools
from typing import Any, Self

import mesa

from market_abm.agents.population import Agent
from market_abm.record.collector import RecordView
from market_abm.scenario.schema import Scenario
from market_abm.week_plan import WeekPlan
from market_abm.world import Week, World

REBUILT = frozenset({"world", "week", "verbs", "kinds", "seed", "_scenario", "_planned", "_bound"})
"""Attributes of a model that its copy builds for itself."""


class CopiedModel(mesa.Model):  # type: ignore[misc]
    """A Mesa model that is a world, a seed and a plan of the week, and can be copied at any week."""

    world: World
    week: Week
    seed: int
    kinds: dict[str, type[Agent]]
    verbs: WeekPlan
    scenario: Scenario

    def build(self, scenario: Scenario, seed: int, kinds: dict[str, type[Agent]], verbs: WeekPlan) -> None:
        """Build the model; a copy is built by this alone, so that no constructor of a user's class runs twice."""
        raise NotImplementedError

    def restore(self, state: dict[str, Any]) -> None:
        """Take the state that `world.dump()` of a model of the same scenario and seed returned."""
        self.world.load(state)
        self.steps, self.running = self.world.week_index, self.world.week_index < self.world.weeks
        self.week = Week(self.world.week_index, self.world.today)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin: Self = _revived(type(self), *self._parts())
        memo[id(self)] = twin  # what hangs on the model may refer to it
        twin.__setstate__(copy.deepcopy(self.__getstate__(), memo))
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        return _revived, (type(self), *self._parts()), self.__getstate__()

    def _parts(self) -> tuple[Any, ...]:
        return self.scenario, self.seed, self.kinds, list(self.verbs), self.world.dump()

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy takes beside the world: parts of the last week, generators, attributes, own agents."""
        mesas, attributes = _mesas_own(), {}
        for key, value in vars(self).items():
            counter = key in mesas and not key.startswith("_") and isinstance(value, bool | int | float)
            own = key not in mesas and key not in REBUILT and not isinstance(value, RecordView)
            if counter or own:
                attributes[key] = value
        return {
            "week": dict(vars(self.week)),
            "random": self.random.getstate(),
            "rng": self.rng.bit_generator.state,
            "attributes": attributes,
            "others": [agent for agent in self._agents if not isinstance(agent, Agent)],
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.week.__dict__.update(state["week"])
        self.random.setstate(state["random"])  # in place: Mesa's agent sets share the generators
        self.rng.bit_generator.state = state["rng"]
        self.__dict__.update(state["attributes"])
        for agent in state["others"]:
            self.register_agent(agent)


def _revived(
    kind: type[CopiedModel],
    scenario: Scenario,
    seed: int,
    kinds: dict[str, type[Agent]],
    verbs: list[Any],
    state: dict[str, Any],
) -> Any:
    """Build a model and put the state of its world in place."""
    model = kind.__new__(kind)
    model.build(scenario, seed, kinds, WeekPlan(verbs))
    model.restore(state)
    return model


@functools.cache
def _mesas_own() -> frozenset[str]:
    """Names of the attributes that every Mesa model has."""
    return frozenset(vars(mesa.Model()))
