"""`MineralMarket`: the model. `step()` is one week, a flat list of verbs in market order (ODD: Process overview)."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from market_abm import build
from market_abm.agents.life import Stage, check_move
from market_abm.agents.luck import Luck
from market_abm.agents.population import Agent, Population
from market_abm.market import finance, investment, minds, production, use
from market_abm.market.concentrate import ConcentrateMarket
from market_abm.market.contracts import ContractBook, OfftakeContract
from market_abm.market.exchange import Exchange
from market_abm.market.ledger import Group, Ledger
from market_abm.market.licence_pool import LicencePool
from market_abm.market.market import Market
from market_abm.market.network import Network
from market_abm.market.origin import gated_shares
from market_abm.market.transit import Transit
from market_abm.policy import Policy
from market_abm.policy.base import line_value
from market_abm.record.recorder import Recorder
from market_abm.scenario.schema import Scenario
from market_abm.units import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

QUARTER_WEEKS = 13


class MineralMarket(mesa.Model):  # type: ignore[misc]
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
        self._open_books()
        self._in_force: list[Policy] = []
        self.recorder = Recorder(self)
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
        self.populations = {population.kind.__name__: population for population in everybody}
        self.market.refiners_operating = self.refiners.operating
        self.surplus: dict[type, FloatArray] = {}
        self.dug: dict[type, IntArray] = {
            population.kind: np.zeros(population.size, dtype=np.int64) for population in self.mining
        }
        self.shipped_abroad: dict[type, IntArray] = {}

    def _open_books(self) -> None:
        """Open an account for everybody who can hold money or mass, and make the opening entries."""
        traded = len(self.market.materials)
        self.concentrate_row, self.debt_row, self.state_debt_row = traded, traded + 1, traded + 2
        self.ledger = Ledger([*self.market.materials, "concentrate", "debt", "state debt"])
        zones = len(self.market.zones)
        for name, population in self.populations.items():
            self.ledger.open(name, population.size)
        holders = {
            "under way": self.manufacturers.size,
            "scrap": zones,
            "goods in use": zones,
            "concentrate reserve": zones,
            "house": 1,
        }
        for name, size in holders.items():
            self.ledger.open(name, size)
        sources = {"treasury": zones} | dict.fromkeys(
            (
                "opening",
                "ground",
                "separation",
                "losses",
                "customers",
                "suppliers",
                "owners",
                "banks",
                "carriers",
                "smugglers",
                "middlemen",
            ),
            1,
        )
        for name, size in sources.items():
            self.ledger.open(name, size, source=True)
        self.ledger.begin()
        self._name_groups()
        self._bind_books()
        self.exchange = Exchange(self)
        self.transit = Transit(self)
        self.concentrate_market = ConcentrateMarket(self)
        self.contracts = ContractBook(self)
        self.market.zone_use = self.manufacturers.by_zone(self.manufacturers.usual_use)
        build.fill_books(self)

    def _name_groups(self) -> None:
        groups = self.ledger.groups
        self.under_way, self.scrap, self.products = groups["under way"], groups["scrap"], groups["goods in use"]
        self.reserve_store, self.house, self.treasury = (
            groups["concentrate reserve"],
            groups["house"],
            groups["treasury"],
        )
        self.opening, self.ground, self.separation, self.losses = (
            groups[n] for n in ("opening", "ground", "separation", "losses")
        )
        self.customers, self.suppliers, self.owners, self.banks = (
            groups[n] for n in ("customers", "suppliers", "owners", "banks")
        )
        self.carriers, self.smugglers, self.middlemen = (groups[n] for n in ("carriers", "smugglers", "middlemen"))

    def _bind_books(self) -> None:
        """Let book columns of agents be read-only windows on the ledger."""
        rows = {"concentrate": self.concentrate_row, "debt": self.debt_row, "state_debt": self.state_debt_row}
        for name, population in self.populations.items():
            group = self.ledger.groups[name]
            for column in population.kind.columns():
                if column.book is None:
                    continue
                if column.book == "money":
                    window = group.money[:]
                elif column.book == "mass":
                    window = group.mass[: len(self.market.materials)]
                else:
                    window = group.mass[rows[column.book]][:]
                window.flags.writeable = False
                population.__dict__[column.name] = window

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
        self.enact_policies()
        self.open_week()
        self.transit.deliver()
        use.consume(self)
        use.recycle(self)
        minds.fear(self)
        self.concentrate_market.appraise()
        production.dig(self)
        production.ship_and_refine(self)
        self.contracts.deliver()
        self.look_around()
        self.exchange.collect()
        self.exchange.clear()
        self.exchange.settle()
        self.trace_origins()
        self.close_week()
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

    def enact_policies(self) -> None:
        """Empty the regime and let every policy in force write into it."""
        regime, today = self.market.regime, self.today
        regime.clear(today)
        now: list[Policy] = [policy for policy in self.scenario.policy if policy.in_force(today)]
        for policy in now:
            policy.enact(regime)
        if now != self._in_force:
            for policy in now:
                if policy not in self._in_force:
                    self.log("policy", policy.type, f"in force: {policy.describe()}")
            for policy in self._in_force:
                if policy not in now:
                    self.log("policy", policy.type, f"ended: {policy.label}")
            self._in_force = now
        self._renew_pools()

    def _renew_pools(self) -> None:
        for label in [label for label in self.pools if label not in self.market.regime.pools]:
            del self.pools[label]
        for label, terms in self.market.regime.pools.items():
            if label in self.pools:
                self.pools[label].renew(terms, self.licence_holders)
            else:
                self.pools[label] = LicencePool(terms, self.licence_holders, self.licence_holders.rows_in(terms.origin))

    def open_week(self) -> None:
        """News, cycles, costs and rounds of licences, before anybody decides."""
        market, today = self.market, self.today
        zones = self.scenario.zone.values()
        market.cost_index = np.array([line_value(zone.cost_index, today) for zone in zones])
        own_speed = np.array([zone.thrift_speed for zone in zones])
        market.thrift_speed = np.maximum(own_speed, market.regime.thrift_speed)
        minds.turn_cycles(self)
        market.open_week(minds.hear_news(self), market.attention)
        minds.announce_rounds(self)
        minds.watch_halts(self)

    def look_around(self) -> None:
        """Totals that everybody can read in the statistics."""
        makers, refiners, market = self.manufacturers, self.refiners, self.market
        market.zone_use = makers.by_zone(makers.usual_use)
        market.zone_cover = makers.by_zone(makers.stock + makers.coming) / np.maximum(market.zone_use, 1e-9)
        self.own_output: FloatArray = refiners.by_zone(refiners.usual_output)

    def trace_origins(self) -> None:
        """Attribute imports to gated or other origin, spot and contract together."""
        market, network, zones = self.market, self.network, len(self.market.zones)
        made = np.zeros((len(market.materials), len(market.nodes)))
        sold = self.exchange.asks.fills_of(self.refiners.kind.__name__, self.exchange.ask_fill)
        made[:, :zones] = self.refiners.by_zone(sold)
        fixed = np.zeros(len(market.nodes), dtype=bool)
        fixed[market.gated] = True
        fixed[zones:] = True
        flow = self.exchange.flow
        self.gated_share = gated_shares(flow, network.origin, network.destination, made, fixed, self.gated_share)
        total, gated = np.zeros((2, len(market.materials), zones))
        inward = network.destination < zones
        np.add.at(total.T, network.destination[inward], flow[:, inward].T)
        np.add.at(gated.T, network.destination[inward], (flow * self.gated_share[:, network.origin])[:, inward].T)
        self.imports[0], self.imports[1] = total + self.contracts.inflow, gated + self.contracts.from_gated
        minds.remember_origins(self, self.imports[0], self.imports[1])
        self.contracts.pay_floors(sold, self.exchange.ticks / 1000.0)

    def close_week(self) -> None:
        """Take the cleared prices."""
        self.market.close_week(self.exchange.ticks)

    def check_books(self) -> None:
        """Nothing appeared, nothing vanished, nobody holds less than nothing, the house is empty."""
        where = f"week of {self.today}"
        self.ledger.check(where)
        if self.house.money.any() or self.house.mass.any():
            self.house.last_entry = f"{self.house.last_entry} (the clearing house must end empty)"
            self.ledger._fail("money", self.house.money, where)

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
        return self.ledger.groups[population.kind.__name__]

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

    def end_contracts_of(self, row: int) -> None:
        """End all offtakes of a mine; it is free of its own plant again."""
        self.contracts.offtakes = [contract for contract in self.contracts.offtakes if contract.seller != row]
        self.miners.tied[row] = False

    def log(self, kind: str, actor: str, text: str) -> None:
        """Put an event on the record."""
        self.recorder.log(kind, actor, text)

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
        mesa.Agent._ids.pop(self, None)
