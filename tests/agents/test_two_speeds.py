"""One rule, two speeds: every rule of every kind, asked of all together and of one by one, to the last bit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.agents.export_authority import ExportAuthority, LicenceHolder
from market_abm.agents.manufacturer import Manufacturer
from market_abm.agents.miner import IllegalMiner, Miner
from market_abm.agents.population import Population
from market_abm.agents.refiner import Refiner
from market_abm.agents.speculator import Speculator
from market_abm.agents.state_buyer import StateBuyer
from market_abm.model import MineralMarket

KINDS = (Manufacturer, Speculator, Miner, IllegalMiner, Refiner, StateBuyer, ExportAuthority, LicenceHolder)
QUESTIONS = [(kind, name) for kind in KINDS for name in kind.rules()]

BUSY = [
    {"type": "embargo", "origin": "CN", "destination": "JP", "start": "2010-05-03"},
    {"type": "export_quota", "origin": "CN", "rounds": [("2010-01-01", 330.0), ("2010-07-01", 120.0)]},
    {"type": "export_tax", "origin": "CN", "rate": [("2010-01-01", 0.15)]},
    {"type": "crackdown", "zone": "CN", "depth": [("2010-01-01", 0.3)]},
    {"type": "mining_charge", "zone": "CN", "share": [("2010-01-01", 0.2)]},
    {"type": "production_quota", "zone": "CN", "tonnes": [("2010-01-01", 6000.0)], "overrun": [("2010-01-01", 1.1)]},
    {"type": "supply_outage", "producers": ["north", "diggers"], "lost": 0.4, "start": "2010-07-05"},
    {"type": "demand_shock", "sectors": ["magnets"], "factor": [("2010-01-01", 1.0), ("2010-10-01", 1.3)]},
    {"type": "louder_news", "factor": 4.0},
    {"type": "thrifting_subsidy", "zone": "JP", "musd_per_year": 5.0},
    {"type": "stockpile", "actor": "jogmec", "days": 30},
    {"type": "band_purchase", "actor": "jogmec", "low_price": 500.0},
    {"type": "equity", "actor": "jogmec"},
    {"type": "loan", "actor": "jogmec"},
]


@pytest.fixture(scope="module")
def busy_market(tiny_model: Callable[..., MineralMarket], magnets: dict[str, Any]) -> MineralMarket:
    """Market in the middle of a crisis, so that no rule is asked in a calm where everything is equal."""
    return tiny_model(magnets, run=42, policy=BUSY)


def _arguments(name: str, population: Population) -> list[tuple[Any, bool]]:
    """Arguments of a rule, each with whether its last axis is the agents'."""
    size, materials = population.size, len(population.market.materials)
    if name == "possible_activity":
        return [(population.wanted_use() * np.linspace(0.5, 40.0, size), True)]
    if name == "next_strategy":
        return [(np.tile([0.3, 0.4, 0.3], (materials, 1)), False)]
    if name == "next_paid":
        return [(np.minimum(population.held(), np.linspace(0.0, 9e5, size)), True)]
    if name in ("cut_against_usual", "next_usual_quota"):
        return [(np.linspace(90.0, 200.0, size), True)]
    if name == "quota_alarm":
        return [(population.model.today.toordinal(), False)]
    if name == "offers":
        return [(np.arange(size) * 1_234_567, True), (11.0, False), (7.3, False)]
    return []


@pytest.mark.parametrize(("kind", "name"), QUESTIONS, ids=[f"{kind.__name__}.{name}" for kind, name in QUESTIONS])
def test_a_rule_gives_the_same_numbers_for_one_and_for_all(busy_market: MineralMarket, kind: type, name: str) -> None:
    population = busy_market.populations[kind.__name__]
    arguments = _arguments(name, population)

    together = getattr(population, name)(*(value for value, _ in arguments))
    alone = [
        getattr(agent, name)(*(value[..., agent.row] if own else value for value, own in arguments))
        for agent in population
    ]

    assert population.size > 0
    if not isinstance(together, tuple):
        together, alone = (together,), [(answer,) for answer in alone]
    for part, answer in enumerate(together):
        np.testing.assert_array_equal(answer, np.stack([one[part] for one in alone], axis=-1), strict=True)


def test_the_crisis_moves_every_kind(busy_market: MineralMarket) -> None:
    makers, diggers = busy_market.manufacturers, busy_market.illegal_miners
    quantity = makers.bids()[1]

    assert np.ptp(makers.risk) > 0.1
    assert quantity.any(axis=(1, 2)).all()
    assert (diggers.capacity_left() < 0.6).all()
    assert busy_market.state_buyers.orders()[1].any()
    assert makers.product_asks()[1].any()


def _one_by_one(kind: type) -> type:
    """Class of the same name and luck, asked agent by agent."""
    return type(kind.__name__, (kind,), {"vectorised": False, "__doc__": kind.__doc__})


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("manufacturer", Manufacturer),
        ("speculator", Speculator),
        ("miner", Miner),
        ("illegal_miner", IllegalMiner),
        ("refiner", Refiner),
    ],
)
def test_a_kind_asked_one_by_one_makes_the_same_history(
    tiny_model: Callable[..., MineralMarket],
    seal: Callable[[MineralMarket], str],
    magnets: dict[str, Any],
    key: str,
    kind: type,
) -> None:
    fast = tiny_model(magnets, run=20, policy=BUSY)

    slow = tiny_model(magnets, run=20, policy=BUSY, kinds={key: _one_by_one(kind)})

    assert seal(slow) == seal(fast)


class Hermit(Speculator):
    """A trader in plain Python: bids a tenth above a low price for a fixed gram count, else sells all."""

    vectorised = False

    def orders(self) -> tuple[Any, Any, Any, Any]:
        price = float(self.market.quote[self.material, self.zone])
        if price < 17.0:
            return price * 1.1, 1000.0 if self.cash > 20e6 else 0.0, price, 0.0
        return price, 0.0, price * 0.9, float(self.stock.sum())

    orders.__is_rule__ = True  # type: ignore[attr-defined]


def test_a_plain_python_kind_takes_part(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=6, kinds={"speculator": Hermit})

    traders = model.speculators
    ndpr = traders.material == 0

    assert {type(trader) for trader in traders} == {Hermit}
    assert (traders.stock[0, ndpr] > 0).any()
    assert not traders.stock[:, ~ndpr].any()  # dysprosium is never below 17 US$/kg


def test_a_replaced_class_meets_the_luck_of_the_shipped_one(tiny_model: Callable[..., MineralMarket]) -> None:
    renamed = type("MyManufacturer", (Manufacturer,), {})

    changed = tiny_model(kinds={"manufacturer": renamed})

    np.testing.assert_array_equal(changed.manufacturers.number, tiny_model().manufacturers.number)


def test_mesa_can_ask_a_rule_of_its_agent_set(busy_market: MineralMarket) -> None:
    makers = busy_market.agents_by_type[Manufacturer]

    answers = makers.map("target_stock")

    np.testing.assert_array_equal(np.stack(answers, axis=-1), busy_market.manufacturers.target_stock())
