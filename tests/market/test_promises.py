"""Promises of states: what they add to a mine's worth, and that owners act on them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.agents.life import Stage
from market_abm.market import investment
from market_abm.market.promises import promised
from market_abm.model import MineralMarket

FLOOR = {"type": "price_floor", "actor": "jogmec", "project": "ridge", "material": "NdPr", "floor": 60.0}
BAND = {"type": "band_purchase", "actor": "jogmec", "producers": ["ridge"], "materials": ["NdPr"], "low_price": 60.0}
CALM = {"parameters": {"investment": {"funding_chance": 1.0, "boom_funding": 0.0}}}
COSTLY = {"mine": {"ridge": {"capex_usd_per_t": (60_000.0, 60_000.0), "lead_years": (0.0, 0.0)}}}


def ready(model: MineralMarket) -> MineralMarket:
    for policy in model.scenario.policy:
        policy.enact(model.market.regime)
    model.concentrate_market.appraise()
    return model


def ridge(model: MineralMarket) -> int:
    return int(model.miners.row_named("ridge"))


def test_a_floor_adds_the_gap_on_what_the_ore_holds(tiny_model: Callable[..., MineralMarket]) -> None:
    model = ready(tiny_model(policy=[FLOOR]))
    price = np.full_like(model.market.price, 16.0)

    added = promised(model, price)

    assert added[ridge(model)] == pytest.approx(0.9 * 0.2 * (60.0 - 16.0))
    assert np.count_nonzero(added) == 1


@pytest.mark.parametrize(("price", "added"), [(90.0, -0.3 * 0.9 * 0.2 * 30.0), (60.0, 0.0)])
def test_above_the_floor_a_share_is_paid_back(
    tiny_model: Callable[..., MineralMarket], price: float, added: float
) -> None:
    model = ready(tiny_model(policy=[{**FLOOR, "upside_share": 0.3}]))

    found = promised(model, np.full_like(model.market.price, price))

    assert found[ridge(model)] == pytest.approx(added)


@pytest.mark.parametrize("policy", [{**FLOOR, "tonnes_per_year": 7.2}, {**BAND, "weekly_share": 0.0}])
def test_a_promise_counts_for_the_tonnes_it_covers(
    tiny_model: Callable[..., MineralMarket], policy: dict[str, Any]
) -> None:
    model = ready(tiny_model(policy=[policy]))
    price = np.full_like(model.market.price, 16.0)

    covered = 7.2 / (400.0 * 0.9 * 0.2) if policy["type"] == "price_floor" else 0.0

    assert promised(model, price)[ridge(model)] == pytest.approx(covered * 0.9 * 0.2 * (60.0 - 16.0), rel=1e-3)


def test_an_owner_weighs_a_promise_by_the_part_of_life_it_lasts(tiny_model: Callable[..., MineralMarket]) -> None:
    model = ready(tiny_model(COSTLY, policy=[{**FLOOR, "end": "2015-01-05"}]))
    price, rate = np.full_like(model.market.price, 16.0), 0.13

    part = (1 - np.exp(-rate * 5.0)) / (1 - np.exp(-rate * 15.0))

    assert promised(model, price, rate)[ridge(model)] == pytest.approx(part * 0.9 * 0.2 * 44.0, rel=1e-3)


@pytest.mark.parametrize(("policy", "stage"), [([], Stage.PERMITTED), ([FLOOR], Stage.CONSTRUCTION)])
def test_a_mine_that_does_not_pay_is_built_on_a_promise(
    tiny_model: Callable[..., MineralMarket], policy: list[dict[str, Any]], stage: Stage
) -> None:
    model = ready(tiny_model({**CALM, **COSTLY}, policy=policy))

    investment.invest(model)

    assert model.miners.stage[ridge(model)] == stage


def test_a_running_mine_is_told_what_its_ore_is_worth_with_the_promise(
    tiny_model: Callable[..., MineralMarket],
) -> None:
    without, under = ready(tiny_model()), ready(tiny_model(policy=[FLOOR]))

    gain = under.miners.home_value - without.miners.home_value

    price = float(under.market.price[0, under.market.zones.index("RW")])
    assert gain[ridge(under)] == pytest.approx(0.9 * 0.2 * (60.0 - price))
    assert np.count_nonzero(gain) == 1
