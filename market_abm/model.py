"""`MineralMarket`: the model. A week is a list of verbs in market order (ODD: Process overview)."""

import datetime as dt
import difflib
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import mesa

from market_abm.agents.population import Agent, Population
from market_abm.books.checking import check_books
from market_abm.books.ledger import Ledger, NameTakenError
from market_abm.build import KINDS
from market_abm.copies import CopiedModel
from market_abm.core.binding import RuleError
from market_abm.core.plugins import PluginError
from market_abm.dismissal import dismiss
from market_abm.market.market import Market
from market_abm.policy import ActorPolicy, AnyPolicy
from market_abm.record.collector import RecordView
from market_abm.record.recorder import Recorder
from market_abm.scenario.canonical import in_canonical_order
from market_abm.scenario.checks import require_limits
from market_abm.scenario.errors import Fault, ScenarioError
from market_abm.scenario.schema import Scenario, with_names
from market_abm.shipped_week import shipped_week
from market_abm.week_plan import BoundVerb, Verb, VerbError, WeekPlan
from market_abm.world import Week, World

if TYPE_CHECKING:
    import pandas as pd

GREATEST_SEED = 2**31


class KindError(ValueError):
    """A class of agents cannot stand in the place of a kind."""


class RunOverError(RuntimeError):
    """The last week of the scenario has been run; there is no further one."""


class MineralMarket(CopiedModel):
    """A market for critical minerals.

    Parameters
    ----------
    scenario : Scenario or str
        What is simulated; a name or path is loaded.
    rng : int, optional
        Seed of the run; random numbers are keyed by it, so nothing else decides them. A fresh one when silent.
    kinds : dict, optional
        Classes of agents by `build.KINDS` key that replace the shipped ones.
    verbs : WeekPlan, optional
        The week; the shipped one when silent.

    Attributes
    ----------
    seed : the seed, given or drawn.
    world : all that outlives a week.
    week : what the last week produced, or what this one has produced so far.
    verbs : the week as a list; insert a verb, or replace one.

    Raises
    ------
    ValueError
        When `kinds` has a key that is no kind, or the seed is no whole number.
    ScenarioError
        When the scenario plans more mass, money or price than books and auction can hold.
    """

    def __init__(
        self,
        scenario: Scenario | str = "tiny",
        rng: int | None = None,
        kinds: dict[str, type[Agent]] | None = None,
        verbs: WeekPlan | None = None,
    ) -> None:
        seed = secrets.randbelow(GREATEST_SEED) if rng is None else int(rng)
        if not isinstance(scenario, Scenario):
            from market_abm.scenario.loading import load_scenario

            scenario = load_scenario(scenario)
        require_limits(scenario)
        given, plan = _checked_kinds(kinds or {}), verbs
        try:
            given = {**_checked_kinds({key: scenario.find(name) for key, name in scenario.kinds.items()}), **given}
            plan = week_of(scenario) if plan is None else plan
            self.build(scenario, seed, given, plan)
            if scenario.verb:
                plan.bound(self.world)
        except (RuleError, VerbError, PluginError, KindError, NameTakenError) as fault:
            if not scenario.plugins:
                raise
            raise ScenarioError([Fault(("plugins",), f"{fault}".rstrip(".") + ".")], scenario.name) from fault

    def build(self, scenario: Scenario, seed: int, kinds: dict[str, type[Agent]], verbs: WeekPlan) -> None:
        """Build the world and open its books."""
        super().__init__(rng=seed)
        self.seed, self.kinds, self.verbs = seed, kinds, WeekPlan(verbs)
        self._scenario = scenario  # in the order in which it was written; the world has it in canonical order
        self.world = World(in_canonical_order(scenario), seed, {**KINDS, **kinds}, self)
        for population in self.world.populations.values():
            population.on_dismiss = self._dismiss
        self.week = Week(0, self.world.today)
        self.running = self.world.weeks > 0
        self.datacollector = RecordView(self.recorder)
        self._planned: list[Verb] = []
        self._bound: list[BoundVerb] = []

    # -- the week ----------------------------------------------------------------------------
    def step(self) -> None:
        """Run one week.

        Raises
        ------
        RunOverError
            When the last week of the scenario has been run.
        """
        world = self.world
        if world.week_index >= world.weeks:
            raise RunOverError(
                f"the run of {self.scenario.name} is over: all {world.weeks} weeks up to {self.scenario.time.end} "
                "have been run. Set a later `time.end`, or ask `model.running` before a step."
            )
        if self._planned != self.verbs:
            self._bound, self._planned = self.verbs.bound(world), list(self.verbs)
        world.random_numbers.week = world.week_index
        self.week = Week(world.week_index, world.today)
        try:
            for verb in self._bound:
                verb.run(world, self.week)
        except OverflowError as fault:  # a compiled entry beyond the limit of the books
            raise world.ledger.beyond_limit() from fault
        world.week_index += 1
        self.running = world.week_index < world.weeks

    def check_books(self) -> None:
        """Check all accounts; see `market_abm.books.checking`."""
        check_books(self.world.ledger, self.world.accounts, self.today)

    def _dismiss(self, population: Population, row: int) -> None:
        dismiss(self.world, population, row)

    # -- what people ask for -------------------------------------------------------------------
    @property
    def scenario(self) -> Scenario:
        """What is simulated, in the order in which it was written: rows of arrays follow `world.scenario` instead.

        Mesa 3.5 has a `scenario` of its own, which this one stands before.
        """
        return self._scenario

    @scenario.setter
    def scenario(self, scenario: Scenario | None) -> None:
        if scenario is not None:  # Mesa 3.5 sets it at construction
            self._scenario = scenario
            self.world.__dict__["scenario"] = in_canonical_order(scenario)

    @property
    def market(self) -> Market:
        """Public information: prices, averages, statistics."""
        return self.world.market

    @property
    def ledger(self) -> Ledger:
        """The books."""
        return self.world.ledger

    @property
    def recorder(self) -> Recorder:
        """What was recorded so far."""
        return self.world.recorder

    @property
    def populations(self) -> dict[str, Population]:
        """All populations by key."""
        return self.world.populations

    @property
    def week_index(self) -> int:
        """Number of the current week, from the start of the run."""
        return self.world.week_index  # type: ignore[no-any-return]

    @property
    def weeks(self) -> int:
        """Weeks of the whole run."""
        return self.world.weeks

    @property
    def today(self) -> dt.date:
        """Monday of the current week."""
        return self.world.today

    def date_of(self, week: int) -> dt.date:
        """Monday of a week."""
        return self.world.date_of(week)

    def change_policies(self, policies: Sequence[AnyPolicy]) -> None:
        """Govern by other policies from this week on; what they replace ends today.

        Raises
        ------
        ValueError
            When a policy is carried out by a state body that the scenario does not have, or promises more than the
            books can hold.
        """
        known = set(self.scenario.state_buyer)
        strangers = {policy.actor for policy in policies if isinstance(policy, ActorPolicy)} - known
        if strangers:
            raise ValueError(f"no state body called {', '.join(sorted(strangers))}; there are {sorted(known)}")
        changed = self.scenario.model_copy(update={"policy": with_names(policies)})
        require_limits(changed)
        self.scenario = changed

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Tidy tables of what was recorded so far."""
        return self.recorder.tables()

    # -- Mesa ------------------------------------------------------------------------------------
    @property
    def agents(self) -> Any:
        """All agents as a Mesa AgentSet; they are made when first asked for."""
        self._make_agents()
        return self._all_agents

    @property
    def agents_by_type(self) -> Any:
        """Agents of each kind as Mesa AgentSets."""
        self._make_agents()
        return self._agents_by_type

    def _make_agents(self) -> None:
        if "world" not in self.__dict__ or all(group.has_agents for group in self.populations.values()):
            return
        for population in self.populations.values():
            population.agents  # noqa: B018 - making the views registers them
        places = {key: place for place, key in enumerate(self.populations)}

        def place_of(agent: Any) -> tuple[int, int]:
            own = isinstance(agent, Agent)
            return (places[agent.population.key], agent.row) if own else (len(places), 0)

        for agents in (self._all_agents, *self._agents_by_type.values()):  # some kinds were made before others
            agents.sort(place_of, ascending=True, inplace=True)

    def close(self) -> None:
        """Let Mesa forget this model; it keeps every model it ever saw alive by an agent counter."""
        getattr(mesa.Agent, "_ids", {}).pop(self, None)  # Mesa 3.5 counts in the model and keeps none


def week_of(scenario: Scenario) -> WeekPlan:
    """Return the shipped week with the verbs that a scenario adds.

    Raises
    ------
    VerbError
        When one stands beside a verb that the week does not have.
    """
    plan = shipped_week()
    for row in scenario.verb:
        verb = Verb(scenario.find(row.function), row.gives, row.every)
        if row.place == "before":
            plan.before(row.verb, verb)
        elif row.place == "after":
            plan.after(row.verb, verb)
        else:  # unlike `replace`, under its own name and with what it gives
            plan[plan.place(row.verb)] = verb
    return plan


def _checked_kinds(kinds: dict[str, type[Agent]]) -> dict[str, type[Agent]]:
    """Refuse keys that are no kind."""
    for key, kind in kinds.items():
        if key not in KINDS:
            near = difflib.get_close_matches(key, KINDS, 1)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            raise KindError(f'kinds: "{key}" is no kind of agent.{hint} The kinds are {", ".join(KINDS)}.')
        if not (isinstance(kind, type) and issubclass(kind, Agent)):
            raise KindError(f"kinds: {key} is {kind!r}; give a class that inherits from market_abm's Agent.")
        if lacks := sorted(KINDS[key].members().keys() - kind.members().keys()):
            raise KindError(
                f'kinds: "{key}" is {kind.__name__}, which lacks {", ".join(lacks)}; '
                f"inherit from {KINDS[key].__name__}."
            )
    return dict(kinds)


def branch(scenario: Scenario, seed: int, at: dt.date, other: Scenario) -> MineralMarket:
    """Run a scenario up to a date and go on under the policies of another.

    Parameters
    ----------
    scenario, seed : the run to branch from; it is repeated, which gives the same weeks.
    at : the first week under other policies is the first Monday on or after it.
    other : its policies hold from then on; the rest must be the same world.

    Raises
    ------
    ValueError
        When the date lies outside the run or the worlds differ in more than policies.
    """
    if not scenario.time.start <= at < scenario.time.end:
        raise ValueError(f"{at} is outside the run, {scenario.time.start} to {scenario.time.end}")
    own = {"name", "title", "description", "policy", "time"}
    here, there = in_canonical_order(scenario), in_canonical_order(other)
    differing = [key for key in Scenario.model_fields if key not in own and getattr(here, key) != getattr(there, key)]
    if differing:
        raise ValueError(f"a branch may change policies only, not {', '.join(differing)}")
    model = MineralMarket(scenario, rng=seed)
    while model.today < at:
        model.step()
    model.change_policies(other.policy)
    return model
