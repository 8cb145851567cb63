"""Promises of states: what they add to a mine's worth, and that owners act on them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.agents.life import Stage
from market_abm.core.units import FloatArray
from market_abm.market.appraisal import appraise_concentrate
from market_abm.market.investment import invest
from market_abm.market.promises import Outlook, value_promises, worth_of_promises
from market_abm.model import MineralMarket

FLOOR = {"type": "price_floor", "actor": "jogmec", "project": "ridge", "material": "NdPr", "floor": 60.0}
BAND = {"type": "band_purchase", "actor": "jogmec", "producers": ["ridge"], "materials": ["NdPr"], "low_price": 60.0}
CALM = {"parameters": {"investment": {"funding_chance": 1.0, "boom_funding": 0.0}}}
COSTLY = {"mine": {"ridge": {"capex_usd_per_t": (60_000.0, 60_000.0), "lead_years": (0.0, 0.0)}}}


@pytest.fixture
def ready(tiny_model: Callable[..., MineralMarket], do: Callable[..., Any]) -> Callable[..., MineralMarket]:
    """Build a market in which policies are in the regime and mines know what their ore is worth."""

    def build(*args: Any, **kwargs: Any) -> MineralMarket:
        model = tiny_model(*args, **kwargs)
        for policy in model.scenario.policy:
            policy.enact(model.world.regime)
        do(model, appraise_concentrate, promises=do(model, value_promises))
        return model

    return build


@pytest.fixture
def promised(do: Callable[..., Any]) -> Callable[..., FloatArray]:
    """What promises add when every price is the one given."""

    def weigh(model: MineralMarket, price: float, outlook: Outlook | None = None) -> FloatArray:
        market = model.market
        market.price[:] = market.anchor[:] = market.average[:] = price
        added: FloatArray = do(model, worth_of_promises, outlook=outlook)
        return added

    return weigh


def ridge(model: MineralMarket) -> int:
    return int(model.world.miners.row_named("ridge"))


def test_a_floor_adds_the_gap_on_what_the_ore_holds(
    ready: Callable[..., MineralMarket], promised: Callable[..., FloatArray]
) -> None:
    model = ready(policy=[FLOOR])

    added = promised(model, 16.0)

    assert added[ridge(model)] == pytest.approx(0.9 * 0.2 * (60.0 - 16.0))
    assert np.count_nonzero(added) == 1


@pytest.mark.parametrize(("price", "added"), [(90.0, -0.3 * 0.9 * 0.2 * 30.0), (60.0, 0.0)])
def test_above_the_floor_a_share_is_paid_back(
    ready: Callable[..., MineralMarket], promised: Callable[..., FloatArray], price: float, added: float
) -> None:
    model = ready(policy=[{**FLOOR, "upside_share": 0.3}])

    found = promised(model, price)

    assert found[ridge(model)] == pytest.approx(added)


@pytest.mark.parametrize("policy", [{**FLOOR, "tonnes_per_year": 7.2}, {**BAND, "weekly_share": 0.0}])
def test_a_promise_counts_for_the_tonnes_it_covers(
    ready: Callable[..., MineralMarket], promised: Callable[..., FloatArray], policy: dict[str, Any]
) -> None:
    model = ready(policy=[policy])

    covered = 7.2 / (400.0 * 0.9 * 0.2) if policy["type"] == "price_floor" else 0.0

    assert promised(model, 16.0)[ridge(model)] == pytest.approx(covered * 0.9 * 0.2 * (60.0 - 16.0), rel=1e-3)


def test_an_owner_weighs_a_promise_by_the_part_of_life_it_lasts(
    ready: Callable[..., MineralMarket], promised: Callable[..., FloatArray]
) -> None:
    model = ready(COSTLY, policy=[{**FLOOR, "end": "2015-01-05"}])
    rate = 0.13

    part = (1 - np.exp(-rate * 5.0)) / (1 - np.exp(-rate * 15.0))

    assert promised(model, 16.0, Outlook(rate, 15.0, model.today))[ridge(model)] == pytest.approx(
        part * 0.9 * 0.2 * 44.0, rel=1e-3
    )


@pytest.mark.parametrize(("policy", "stage"), [([], Stage.PERMITTED), ([FLOOR], Stage.CONSTRUCTION)])
def test_a_mine_that_does_not_pay_is_built_on_a_promise(
    ready: Callable[..., MineralMarket], do: Callable[..., Any], policy: list[dict[str, Any]], stage: Stage
) -> None:
    model = ready({**CALM, **COSTLY}, policy=policy)

    do(model, invest)

    assert model.world.miners.stage[ridge(model)] == stage


def test_a_running_mine_is_told_what_its_ore_is_worth_with_the_promise(ready: Callable[..., MineralMarket]) -> None:
    without, under = ready(), ready(policy=[FLOOR])

    gain = under.world.miners.home_value - without.world.miners.home_value

    price = float(under.market.price[1, under.market.zones.index("RW")])
    assert gain[ridge(under)] == pytest.approx(0.9 * 0.2 * (60.0 - price))
    assert np.count_nonzero(gain) == 1


def test_without_promises_nothing_is_added(
    ready: Callable[..., MineralMarket], promised: Callable[..., FloatArray]
) -> None:
    model = ready(policy=[{"type": "equity", "actor": "jogmec"}])

    assert not promised(model, 1.0).any()
