"""One rule, two speeds, in the middle of a crisis: the same bits, the same history, and classes of a user's own."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.agents.illegal_miner import IllegalMiner
from market_abm.agents.manufacturer import Manufacturer
from market_abm.agents.miner import Miner
from market_abm.agents.population import Agent, Population
from market_abm.agents.refiner import Refiner
from market_abm.agents.speculator import Speculator
from market_abm.core.binding import RuleError
from market_abm.core.loops import Loop
from market_abm.core.rules import rule
from market_abm.model import MineralMarket

KEYS = [
    *("Manufacturer", "Speculator", "Miner", "IllegalMiner", "Refiner", "StateBuyer"),
    *("ExportAuthority", "LicenceHolder"),
]
GIVEN = {
    "quota_t": 150.0,
    "today": 734_000.0,
    "licences": 1_234_567.0,
    "need": 1e6,
    "intake": 2e6,
    "private_part": 1e12,
}
"""What verbs give to rules; 1.5 for all others."""

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


def _given(population: Population) -> dict[str, float]:
    """What the rules of a kind ask for that only verbs can give."""
    given: dict[str, float] = {}
    while True:
        try:
            population.ask(*population.kind.rules(), **given)
        except RuleError as fault:
            missing = str(fault).split("'")[1]
            given[missing] = GIVEN.get(missing, 1.5)
        else:
            return given


@pytest.mark.parametrize("key", KEYS)
def test_every_rule_gives_the_same_numbers_for_one_and_for_all(busy_market: MineralMarket, key: str) -> None:
    population = busy_market.populations[key]
    given, names = _given(population), population.kind.rules()

    together = iter(population.ask(*names, **given))

    assert population.size > 0
    for name in names:
        alone = [getattr(agent, name)(**given) for agent in population]
        for part in range(max(len(population.kind.members()[name].gives), 1)):
            answers = [answer[part] if isinstance(answer, tuple) else answer for answer in alone]
            np.testing.assert_array_equal(next(together), np.stack(answers, axis=-1), strict=True, err_msg=name)


def test_the_crisis_moves_every_kind(busy_market: MineralMarket) -> None:
    world = busy_market.world
    makers, diggers = world.manufacturers, world.illegal_miners
    quantity = np.stack([makers.critical_bid()[1], makers.normal_bid()[1], makers.patient_bid()[1]])

    assert np.ptp(makers.risk) > 0.1
    assert quantity.any(axis=(1, 2)).all()
    assert (diggers.capacity_left() < 0.6).all()
    assert world.state_buyers.agents[0].orders()[1].any()
    assert makers.product_ask()[1].any()


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
def test_a_kind_asked_in_plain_python_makes_the_same_history(
    tiny_model: Callable[..., MineralMarket],
    seal: Callable[[MineralMarket], str],
    magnets: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    kind: type[Agent],
) -> None:
    fast = tiny_model(magnets, run=20, policy=BUSY)

    plain: type[Agent] = type("Plain", (kind,), {"__doc__": kind.__doc__})
    slow = tiny_model(magnets, policy=BUSY, kinds={key: plain})
    population = next(made for made in slow.populations.values() if made.kind is plain)
    asked = []

    def ask_plain(loop: Loop, *arguments: Any) -> None:
        if loop._kind is population._kind:
            asked.append(loop)
            loop.plain(*arguments)
        else:
            original(loop, *arguments)

    original = Loop.run
    monkeypatch.setattr(Loop, "run", ask_plain)
    for _ in range(20):
        slow.step()

    assert asked
    assert seal(slow) == seal(fast)


class Hermit(Speculator):
    """A trader in plain Python: bids a tenth above a low price for a fixed gram count, else sells all."""

    @rule(gives=("limit", "quantity"))
    def purchase(price, cash):
        """Buy when it is cheap."""
        return price * 1.1, 1000.0 if price < 17.0 and cash > 20e6 else 0.0

    @rule(gives=("limit", "quantity"))
    def sale(price, stock):
        """Sell when it is not."""
        return price * 0.9, 0.0 if price < 17.0 else float(stock)


def test_a_kind_of_ones_own_takes_part(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=6, kinds={"speculator": Hermit})

    traders, ndpr = model.world.speculators, model.world.materials.index("NdPr")
    own = traders.material == ndpr

    assert {type(trader) for trader in traders} == {Hermit}
    assert (traders.stock[ndpr, own] > 0).any()
    assert not traders.stock[:, ~own].any()  # dysprosium is never below 17 US$/kg


class Hoarder(Manufacturer):
    """Wants twice its base cover, whatever happens."""

    @rule
    def target_stock(base_cover, usual_use):
        """Stock wanted [g], by material."""
        return 2.0 * base_cover * usual_use


def test_a_kind_with_a_rule_of_its_own_lives_in_the_market(tiny_model: Callable[..., MineralMarket]) -> None:
    hoarding, usual = tiny_model(run=20, kinds={"manufacturer": Hoarder}), tiny_model(run=20)

    makers = hoarding.world.manufacturers
    assert {type(maker) for maker in makers} == {Hoarder}
    np.testing.assert_array_equal(makers.target_stock(), 2.0 * makers.base_cover * makers.usual_use)
    assert makers.stock.sum() > usual.world.manufacturers.stock.sum()


def test_a_replaced_class_meets_the_random_numbers_of_the_shipped_one(tiny_model: Callable[..., MineralMarket]) -> None:
    renamed = type("MyManufacturer", (Manufacturer,), {})

    changed = tiny_model(kinds={"manufacturer": renamed}).world.manufacturers
    shipped = tiny_model().world.manufacturers

    np.testing.assert_array_equal(changed.number, shipped.number)
    np.testing.assert_array_equal(changed.normal_noise, shipped.normal_noise)


def test_mesa_can_ask_a_rule_of_its_agent_set(busy_market: MineralMarket) -> None:
    makers = busy_market.agents_by_type[Manufacturer]

    answers = makers.map("target_stock")

    np.testing.assert_array_equal(np.stack(answers, axis=-1), busy_market.world.manufacturers.target_stock())
