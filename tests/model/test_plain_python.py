"""Rules as they stand against rules compiled: the same history, to the last bit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.agents.manufacturer import Manufacturer
from market_abm.core.loops import Loop
from market_abm.core.rules import rule
from market_abm.model import MineralMarket

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


def test_plain_rules_make_the_same_history(
    tiny_model: Callable[..., MineralMarket],
    seal: Callable[[MineralMarket], str],
    magnets: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled = tiny_model(magnets, run=20, policy=BUSY)
    asked: list[Loop] = []

    def plainly(loop: Loop, *arguments: Any) -> None:
        asked.append(loop)
        loop.plain(*arguments)

    monkeypatch.setattr(Loop, "run", plainly)
    plain = tiny_model(magnets, run=20, policy=BUSY)

    assert len(asked) > 20 * 15
    assert seal(plain) == seal(compiled)


def test_the_crisis_moves_every_kind(busy_market: MineralMarket) -> None:
    world = busy_market.world
    makers, diggers = world.manufacturers, world.illegal_miners

    assert np.ptp(makers.risk) > 0.1
    assert makers.wanted_purchases().any(axis=0).all()
    assert (diggers.capacity_left() < 0.6).all()
    assert any(body.orders()[1].any() for body in world.state_buyers)
    assert makers.product_ask()[1].any()


def test_a_replaced_class_meets_the_random_numbers_of_the_shipped_one(
    tiny_model: Callable[..., MineralMarket],
) -> None:
    renamed = type("MyManufacturer", (Manufacturer,), {})

    changed = tiny_model(kinds={"manufacturer": renamed})

    np.testing.assert_array_equal(changed.world.manufacturers.number, tiny_model().world.manufacturers.number)


def test_mesa_can_ask_a_rule_of_its_agent_set(busy_market: MineralMarket) -> None:
    makers = busy_market.agents_by_type[Manufacturer]

    answers = makers.map("target_stock")

    np.testing.assert_array_equal(np.stack(answers, axis=-1), busy_market.world.manufacturers.target_stock())


class Hoarder(Manufacturer):
    """Wants twice its base cover, whatever happens."""

    @rule
    def target_stock(base_cover, usual_use):  # type: ignore[no-untyped-def]
        """Stock wanted [g], by material."""
        return 2.0 * base_cover * usual_use


def test_a_kind_with_a_rule_of_its_own_lives_in_the_market(tiny_model: Callable[..., MineralMarket]) -> None:
    hoarding, usual = tiny_model(run=20, kinds={"manufacturer": Hoarder}), tiny_model(run=20)

    makers = hoarding.world.manufacturers
    assert {type(maker) for maker in makers} == {Hoarder}
    np.testing.assert_array_equal(makers.target_stock(), 2.0 * makers.base_cover * makers.usual_use)
    assert makers.stock.sum() > usual.world.manufacturers.stock.sum()
