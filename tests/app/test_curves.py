"""The curves of an auction cross at the price that it cleared at."""

from collections.abc import Callable

import numpy as np
import pytest

from market_abm.app.curves import Curves, supply_and_demand
from market_abm.app.world import World
from market_abm.policy import Embargo
from market_abm.scenario.schema import Scenario


@pytest.fixture(scope="module")
def played(tiny_scenario: Callable[..., Scenario]) -> World:
    quota = {"type": "export_quota", "name": "quota", "origin": "CN", "rounds": [["2010-01-04", 150.0]]}
    world = World(tiny_scenario(weeks=40, policy=[quota]), seed=1)
    world.step(20)
    return world


def filled(prices: np.ndarray, tonnes: np.ndarray, within: np.ndarray) -> float:
    """Length of the steps of a curve whose price is within."""
    steps = tonnes[1::2] - tonnes[::2]
    return float(steps[within[::2]].sum())


@pytest.mark.parametrize("material", ["NdPr", "Dy"])
@pytest.mark.parametrize("zone", ["CN", "JP", "RW"])
def test_what_is_traded_lies_between_the_better_and_the_no_worse_orders(
    played: World, material: str, zone: str
) -> None:
    curves = supply_and_demand(played, material, zone)
    assert isinstance(curves, Curves)
    near = 1e-9
    for tonnes, prices, good in (
        (curves.demand_t, curves.demand_price, 1),
        (curves.supply_t, curves.supply_price, -1),
    ):
        better = filled(prices, tonnes, good * (prices - curves.price) > near)
        no_worse = filled(prices, tonnes, good * (prices - curves.price) > -near)
        assert better - 1e-6 <= curves.traded_t <= no_worse + 1e-6
        assert (np.diff(tonnes) >= 0).all()
        assert (good * np.diff(prices) <= 0).all()


def test_the_price_is_the_recorded_one_and_the_rent_the_licences(played: World) -> None:
    curves = supply_and_demand(played, "NdPr", "CN")
    assert curves is not None
    assert curves.week == 19
    assert curves.price == pytest.approx(played.series("price.NdPr.CN")[1][-1])
    assert curves.licence_rent == pytest.approx(played.series("licence.quota")[1][-1])
    assert curves.licence_rent > 0


def test_an_embargo_leaves_a_rent_to_what_leaks(played: World) -> None:
    open_gate, shut = played.branch(20, "A"), played.branch(20, "B")
    shut.decree(Embargo(origin="CN", destination="JP"))
    before, after = month(open_gate), month(shut)
    assert after[-1].scarcity_rent > before[-1].scarcity_rent
    assert sum(week.shipped_in_t for week in after) < sum(week.shipped_in_t for week in before)


def month(world: World) -> list[Curves]:
    """Auctions of the next four weeks in Japan."""
    seen = []
    for _ in range(4):
        world.step()
        curves = supply_and_demand(world, "NdPr", "JP")
        assert curves is not None
        seen.append(curves)
    return seen


def test_there_are_no_curves_before_the_first_auction(world: World) -> None:
    assert supply_and_demand(world, "NdPr", "JP") is None
