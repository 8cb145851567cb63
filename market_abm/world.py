"""`World`: everything that outlives a week, and nothing else. `Week`: what one week produced.

Verbs of the week read both by name (see `market_abm.week_plan`). All state stands in the parts of the world and
in the columns of populations; each part declares its fields, so that a world is copied and saved by construction.
"""

import datetime as dt
import inspect
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from market_abm import build
from market_abm.agents.population import Agent, Population
from market_abm.auction.clear import clear_week
from market_abm.books.accounts import Accounts, open_accounts
from market_abm.books.ledger import Ledger
from market_abm.books.opening import fill_books
from market_abm.core.plugins import PluginError
from market_abm.core.random_numbers import RandomNumbers
from market_abm.core.senses import Series
from market_abm.core.state import Kept, State
from market_abm.core.units import IntArray
from market_abm.market.concentrate import ConcentrateMarket
from market_abm.market.contracts import ContractBook, sign_first_contracts
from market_abm.market.exchange import Exchange
from market_abm.market.expectations import publish_statistics
from market_abm.market.feed import Feed
from market_abm.market.government import Government
from market_abm.market.market import Market
from market_abm.market.mechanism import Mechanism
from market_abm.market.network import Network
from market_abm.market.origin import Origins
from market_abm.market.senses import PUBLIC
from market_abm.market.strategies import Strategies
from market_abm.market.transit import Transit
from market_abm.policy.regime import Regime
from market_abm.record.recorder import Recorder
from market_abm.scenario.parameters import Parameters
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    from market_abm.auction.orders import Orders
    from market_abm.market.contracts import Deliveries
    from market_abm.market.mining import Mined
    from market_abm.market.refining import Refined
    from market_abm.market.trade import Trade
    from market_abm.market.use import Use

Log = Callable[[str, str, str], None]
"""Puts an event on the record: kind, actor, text."""


def call(world: "World", function: Callable[..., Any]) -> Any:
    """Call a function whose parameters are named after parts of the world."""
    return function(*[getattr(world, name) for name in inspect.signature(function).parameters])


class Week:
    """What one week produced: each verb returns its part.

    Attributes
    ----------
    index, today : number of the week and its Monday.
    use, mined, refined, deliveries, orders, trade : parts, as the verbs of the shipped week give them.
    """

    index: int
    today: dt.date
    use: "Use"
    mined: "Mined"
    refined: "Refined"
    deliveries: "Deliveries"
    orders: "tuple[Orders, Orders]"
    trade: "Trade"

    def __init__(self, index: int, today: dt.date) -> None:
        self.index = self.week_index = index
        self.today = today

    @property
    def week(self) -> "Week":
        """Itself, for a verb that asks for the whole week."""
        return self

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the week has no part {name!r} yet; a verb that runs later may give it")


class World(State):
    """The declared state of a model.

    Parameters
    ----------
    scenario : what is simulated.
    seed : of the random numbers.
    kinds : class of each kind of agent, by key.
    model : the Mesa model whose agents live here, if any.

    Attributes
    ----------
    parts : every part that has declared state, by name.
    populations : every population, by key.
    """

    week_index = Kept("week")

    series: Mapping[str, Series] = PUBLIC
    _readers = {name: operator.attrgetter(series.path) for name, series in PUBLIC.items()}  # noqa: RUF012

    def __init__(
        self, scenario: Scenario, seed: int, kinds: dict[str, type[Agent]], model: mesa.Model | None = None
    ) -> None:
        self.scenario, self.model = scenario, model
        self.parameters: Parameters = scenario.parameters
        self.random_numbers = RandomNumbers(seed)
        self.week_index = 0
        self.weeks = (scenario.time.end - scenario.time.start).days // 7
        self.first_recorded = (scenario.time.record_from - scenario.time.start).days // 7
        off = set(scenario.rules_off)
        self.speculation_on, self.thrifting_on = "speculation" not in off, "thrifting" not in off
        self.news_on, self.recycling_on = "news" not in off, "recycling" not in off
        self.market = Market(scenario)
        self.zones, self.materials, self.nodes = self.market.zones, self.market.materials, self.market.nodes
        self.material_numbers = self.market.material_numbers
        self.material_index: IntArray = np.arange(len(self.materials), dtype=np.int64)
        self.regime = Regime(self.zones, self.materials, scenario.sectors, scenario.time.start)
        self.network = Network(scenario, self.market)
        self._settle(kinds)
        self._open()
        self._begin()
        self._name_own()
        self.parts: dict[str, State] = {
            "world": self,
            "market": self.market,
            "network": self.network,
            "ledger": self.ledger,
            "government": self.government,
            "origins": self.origins,
            "strategies": self.strategies,
            "transit": self.transit,
            "feed": self.feed,
            "contracts": self.contracts,
            "recorder": self.recorder,
        }
        self.seal()

    def _settle(self, kinds: dict[str, type[Agent]]) -> None:
        """Build the agents."""
        self.manufacturers = build.build_manufacturers(self, kinds["manufacturer"])
        self.speculators = build.build_speculators(self, kinds["speculator"])
        self.miners: Population = build.build_miners(self, kinds["miner"], "legal")
        self.illegal_miners: Population = build.build_miners(self, kinds["illegal_miner"], "illegal")
        self.refiners: Population = build.build_refiners(self, kinds["refiner"])
        self.state_buyers = build.build_state_buyers(self, kinds["state_buyer"])
        self.export_authorities, self.licence_holders = build.build_authorities(self)
        build.join_mines_and_plants(self)
        self.mining: tuple[Population, Population] = (self.miners, self.illegal_miners)
        everybody = [
            *(self.manufacturers, self.speculators, self.miners, self.illegal_miners),
            *(self.refiners, self.state_buyers, self.export_authorities, self.licence_holders),
        ]
        for key, row in self.scenario.population.items():
            everybody.append(build.build_own(self, key, self.scenario.find(row.kind)))
        self.populations: dict[str, Population] = {population.key: population for population in everybody}

    def _name_own(self) -> None:
        """Let verbs of the user's own ask for populations by name, when all that the world has is there."""
        for key in self.scenario.population:
            if hasattr(self, key) or key in ("week", "parts"):
                raise PluginError(f'population.{key}: the world has something called "{key}"; choose another name')
            setattr(self, key, self.populations[key])

    def _open(self) -> None:
        """Open the books and the places where agents meet."""
        self.ledger: Ledger
        self.accounts: Accounts
        self.ledger, self.accounts = open_accounts(
            *(self.populations, self.materials, self.zones, self.market.gated),
            *(self.manufacturers, self.refiners, self.state_buyers),
        )
        self.concentrate = ConcentrateMarket(self.scenario, self.market)
        self.government = Government()
        self.origins = Origins(self.market)
        self.strategies = Strategies(len(self.materials))
        self.transit = Transit(self.network, self.manufacturers)
        self.feed = Feed(self.concentrate, self.refiners, len(self.materials))
        self.contracts = ContractBook(self.network, len(self.zones))
        named = self.scenario.mechanism
        self.mechanism: Mechanism = clear_week if named is None else self.scenario.find(named)

    def _begin(self) -> None:
        """Open exchange and record, make the opening entries and sign the first contracts."""
        self.exchange = Exchange(self.populations, self.accounts, len(self.materials), self.speculation_on)
        self.recorder = Recorder(
            *(self.scenario, self.market, self.network, self.ledger, self.contracts),
            *(self.populations, self.manufacturers, self.refiners, self.mining, list(self.regime.sectors)),
        )
        self.log: Log = self.recorder.log
        self.record_move = self.recorder.move
        call(self, fill_books)
        call(self, publish_statistics)
        call(self, sign_first_contracts)

    # -- what verbs and rules read -------------------------------------------------------------
    @property
    def today(self) -> dt.date:
        """Monday of the current week."""
        return self.date_of(self.week_index)

    def date_of(self, week: int) -> dt.date:
        """Monday of a week."""
        return self.scenario.time.start + dt.timedelta(weeks=week)

    def parameters_of(self, section: str) -> Any:
        """Behavioural parameters of a section of the scenario."""
        return getattr(self.parameters, section)

    def read(self, name: str) -> Any:
        """Array or number of a public series as it is now."""
        return self._readers[name](self)

    # -- state ---------------------------------------------------------------------------------
    def dump(self) -> dict[str, Any]:
        """Return all declared state: parts by name, then own columns of populations; arrays are windows."""
        state: dict[str, Any] = {
            name: State.dump(part) if part is self else part.dump() for name, part in self.parts.items()
        }
        state["columns"] = {
            key: {name: population.columns[name] for name in population.own_columns()}
            for key, population in self.populations.items()
        }
        return state

    def load(self, values: dict[str, Any]) -> None:
        """Take state that `dump` returned, in place."""
        for name, part in self.parts.items():
            State.load(part, values[name]) if part is self else part.load(values[name])
        for key, columns in values["columns"].items():
            for name, column in columns.items():
                self.populations[key].columns[name][...] = column
            self.populations[key].forget_agents()
        self.random_numbers.week = self.week_index
