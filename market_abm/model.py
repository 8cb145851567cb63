"""`MineralMarket`: the model. `step()` is one week, a flat list of verbs in market order (ODD: Process overview)."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from market_abm import build
from market_abm.agents.life import Stage, check_move
from market_abm.agents.luck import Luck
from market_abm.agents.population import Agent, Population
from market_abm.core.units import FloatArray, IntArray
from market_abm.market import books, enactment, finance, investment, minds, origin, production, use
from market_abm.market.concentrate import ConcentrateMarket
from market_abm.market.contracts import ContractBook, OfftakeContract
from market_abm.market.exchange import Exchange
from market_abm.market.ledger import ConservationError, Group
from market_abm.market.licence_pool import LicencePool
from market_abm.market.market import Market
from market_abm.market.network import Network
from market_abm.market.transit import Feed, Transit
from market_abm.policy import ActorPolicy, AnyPolicy, Policy
from market_abm.record.collector import RecordView
from market_abm.record.recorder import Recorder
from market_abm.scenario.schema import Scenario, with_names

if TYPE_CHECKING:
    import pandas as pd

QUARTER_WEEKS = 13


class MineralMarket(mesa.Model, books.KeepsBooks):  # type: ignore[misc]
    """A market for critical minerals.

    Parameters
    ----------
    scenario : Scenario or str
        What is simulated; a name or path is loaded.
    rng : int
        Seed of the run. Luck is keyed by it, so nothing else decides it.
    kinds : dict, optional
        Classes of agents by `build.KINDS` key that replace the shipped ones.
    """

    need: FloatArray
    used: IntArray
    lost_sales: FloatArray
    refined: IntArray

    def __init__(
        self, scenario: Scenario | str = "tiny", rng: int | None = 0, kinds: dict[str, type[Agent]] | None = None
    ) -> None:
        super().__init__(rng=rng)
        if not isinstance(scenario, Scenario):
            from market_abm.scenario.loading import load_scenario

            scenario = load_scenario(scenario)
        self.scenario = scenario
        self.luck = Luck(int(rng or 0))
        self.market = Market(scenario)
        self.week_index = 0
        self.weeks = (scenario.time.end - scenario.time.start).days // 7
        self.first_recorded = (scenario.time.record_from - scenario.time.start).days // 7
        off = set(scenario.rules_off)
        self.speculation_on, self.thrifting_on = "speculation" not in off, "thrifting" not in off
        self.news_on, self.recycling_on = "news" not in off, "recycling" not in off
        self._settle_in()
        self._build_agents({**build.KINDS, **(kinds or {})})
        books.open_books(self)
        self._open_places()
        self.in_force: list[Policy] = []
        self.running = self.week_index < self.weeks
        self.recorder = Recorder(self)
        self.datacollector = RecordView(self)
        self._sign_first_contracts()

    # -- construction ------------------------------------------------------------------------
    def _settle_in(self) -> None:
        """State of the market beside prices and agents."""
        scenario, market = self.scenario, self.market
        zones, materials = len(market.zones), len(market.materials)
        self.fitness = np.zeros((materials, 3))
        self.network = Network(scenario, market)
        self.pools: dict[str, LicencePool] = {}
        self.halts: dict[str, int] = {}
        self.gated_share: FloatArray = np.zeros((materials, len(market.nodes)))
        self.gated_share[:, :zones] = market.dependence
        self.imports: FloatArray = np.zeros((2, materials, zones))

    def _build_agents(self, kinds: dict[str, type[Agent]]) -> None:
        self.manufacturers = build.build_manufacturers(self, kinds["manufacturer"])
        self.speculators = build.build_speculators(self, kinds["speculator"])
        self.miners = build.build_miners(self, kinds["miner"], "legal")
        self.illegal_miners = build.build_miners(self, kinds["illegal_miner"], "illegal")
        self.refiners = build.build_refiners(self, kinds["refiner"])
        self.state_buyers = build.build_state_buyers(self, kinds["state_buyer"])
        self.export_authorities, self.licence_holders = build.build_authorities(self)
        own = np.flatnonzero(self.miners.plant >= 0)
        self.refiners.owner[self.miners.plant[own]] = own
        self.mining = [self.miners, self.illegal_miners]
        everybody = (
            *(self.manufacturers, self.speculators, self.miners, self.illegal_miners),
            *(self.refiners, self.state_buyers, self.export_authorities, self.licence_holders),
        )
        self.populations = {population.key: population for population in everybody}
        self.market.refiners_operating = self.refiners.operating
        self.surplus: dict[type, FloatArray] = {}
        self.dug: dict[type, IntArray] = {
            population.kind: np.zeros(population.size, dtype=np.int64) for population in self.mining
        }

    def _open_places(self) -> None:
        """Where agents meet, and what they own at the start."""
        self.exchange = Exchange(self)
        self.transit = Transit(self)
        self.concentrate_market = ConcentrateMarket(self)
        self.feed = Feed(self)
        self.contracts = ContractBook(self)
        self.market.zone_use = self.manufacturers.by_zone(self.manufacturers.usual_use)
        books.fill_books(self)

    def _sign_first_contracts(self) -> None:
        for name, row in self.scenario.offtake.items():
            first, end = ((day - self.scenario.time.start).days // 7 for day in (row.start, row.end))
            for miner in self.miner_rows([row.mine]):
                self.contracts.sign(
                    OfftakeContract(
                        *(name, miner, self.market.zones.index(row.buyer_zone), row.share, first, end),
                        *(row.index_weight, row.premium_usd_per_kg, row.floor_usd_per_kg, row.cap_usd_per_kg or np.inf),
                    )
                )

    # -- the week ----------------------------------------------------------------------------
    def step(self) -> None:
        """Run one week."""
        self.luck.step = self.week_index
        enactment.enact_policies(self)
        minds.open_week(self)
        self.transit.deliver()
        use.consume(self)
        use.recycle(self)
        minds.fear(self)
        self.concentrate_market.appraise()
        production.dig(self)
        production.ship_and_refine(self)
        self.contracts.deliver()
        minds.look_around(self)
        self.exchange.collect()
        self.exchange.clear()
        self.exchange.settle()
        origin.trace_origins(self)
        self.market.close_week(self.exchange.ticks)
        self.contracts.pay_floors()
        self.network.adapt_smuggling()
        finance.service_debt(self)
        minds.learn(self)
        if self.week_index % QUARTER_WEEKS == 0:
            investment.invest(self)
            investment.fund_projects(self)
        self.check_books()
        self.recorder.record()
        self.week_index += 1
        self.running = self.week_index < self.weeks

    def check_books(self) -> None:
        """Nothing appeared, nothing vanished, nobody holds less than nothing, the house is empty."""
        where = f"week of {self.today}"
        self.ledger.check(where)
        if self.separation.mass.sum():
            raise ConservationError(
                f"{int(self.separation.mass.sum()):+,} g went into separation and did not come out, {where}."
            )
        if self.house.money.any() or self.house.mass.any():
            left = f"{int(self.house.money.sum()):+,} micro-US$ and {int(self.house.mass.sum()):+,} g"
            raise ConservationError(
                f"{left} left in the accounts of house, {where}: the clearing house must end empty. "
                f"Last entry: {self.house.last_entry}."
            )

    # -- what verbs ask for --------------------------------------------------------------------
    @property
    def today(self) -> dt.date:
        """Monday of the current week."""
        return self.date_of(self.week_index)

    def date_of(self, week: int) -> dt.date:
        """Monday of a week."""
        return self.scenario.time.start + dt.timedelta(weeks=week)

    def group_of(self, population: Population) -> Group:
        """Accounts of a population."""
        return self.ledger.groups[population.key]

    def miner_rows(self, names: list[str]) -> list[int]:
        """Rows of the legal mines whose own or group name is given."""
        wanted = set(names)
        return [
            row
            for row in range(self.miners.size)
            if self.miners.group[row] in wanted or self.miners.name[row] in wanted
        ]

    def plants_for(self, miners: Population, row: int) -> list[int]:
        """Running plants in a mine's own zone that can treat its concentrate, else anywhere."""
        refiners = self.refiners
        fits = refiners.operating & (refiners.takes_heavy if miners.heavy[row] else refiners.takes_light)
        near = np.flatnonzero(fits & (refiners.zone == miners.zone[row]))
        return [int(plant) for plant in (near if near.size else np.flatnonzero(fits))]

    def halt_share(self, zone: int) -> float:
        """Share of the mining limit that a price leader's halt leaves to a zone."""
        left = 1.0
        for policy in self.market.regime.halts:
            begun = self.halts.get(policy.label)
            if self.market.zones[zone] == policy.zone and begun is not None and self.week_index - begun < policy.weeks:
                left = min(left, policy.output)
        return left

    def move_project(self, row: int, stage: Stage, why: str) -> None:
        """Move a mine to another stage of its life and log it."""
        words = check_move(Stage(int(self.miners.stage[row])), stage)
        self.miners.stage[row] = stage
        self.recorder.move(str(self.miners.name[row]), int(self.miners.zone[row]), int(stage))
        self.log("project", str(self.miners.name[row]), f"{words} ({why})")

    def change_policies(self, policies: Sequence[AnyPolicy]) -> None:
        """Govern by other policies from this week on; what they replace ends today.

        Raises
        ------
        ValueError
            When a policy is carried out by a state body that the scenario does not have.
        """
        known = set(self.scenario.state_buyer)
        strangers = {policy.actor for policy in policies if isinstance(policy, ActorPolicy)} - known
        if strangers:
            raise ValueError(f"no state body called {', '.join(sorted(strangers))}; there are {sorted(known)}")
        self.scenario = self.scenario.model_copy(update={"policy": with_names(policies)})

    def log(self, kind: str, actor: str, text: str) -> None:
        """Put an event on the record."""
        self.recorder.log(kind, actor, text)

    @property
    def scenario(self) -> Scenario:
        """What is simulated. Mesa 3.5 has a `scenario` of its own, which this one stands before."""
        return self._scenario

    @scenario.setter
    def scenario(self, scenario: Scenario) -> None:
        self._scenario = scenario

    # -- Mesa and results ----------------------------------------------------------------------
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
        for population in getattr(self, "populations", {}).values():
            population.agents  # noqa: B018 - making the views registers them

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Tidy tables of what was recorded so far."""
        return self.recorder.tables()

    def close(self) -> None:
        """Let Mesa forget this model; it keeps every model it ever saw alive by an agent counter."""
        getattr(mesa.Agent, "_ids", {}).pop(self, None)  # Mesa 3.5 counts in the model and keeps none


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
    differing = [
        key for key in Scenario.model_fields if key not in own and getattr(scenario, key) != getattr(other, key)
    ]
    if differing:
        raise ValueError(f"a branch may change policies only, not {', '.join(differing)}")
    model = MineralMarket(scenario, rng=seed)
    while model.today < at:
        model.step()
    model.change_policies(other.policy)
    return model
