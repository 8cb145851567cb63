"""The ways between zones: what they cost and let through under each kind of restriction."""

from collections.abc import Callable

import numpy as np
import pytest

from market_abm.auction.orders import UNLIMITED
from market_abm.core.units import FloatArray
from market_abm.market.network import GATE, SMUGGLED, TRADE, Charges
from market_abm.model import MineralMarket
from market_abm.policy.regime import Regime
from market_abm.world import World

CN, JP, RW, FOB = range(4)
DY, NDPR = 0, 1  # in the order of names
USE = np.array([[9e6, 5e6, 1e6], [100e6, 50e6, 10e6]])  # g a week
NO_GATED = np.zeros((2, 4))
OUTPUT = np.array([[8e6, 0.0, 0.5e6], [90e6, 0.0, 7e6]])


BY_HAND = {
    "parameters": {
        "smuggling": {
            "least": 0.33,
            "response": 0.25,
            "threshold": 1.1,
            "response_weeks": 12.29,
            "risk_costs": (0.12, 0.30, 0.60),
            "evaded_tax": 0.145,
            "tranche_shares": (0.40, 0.35, 0.25),
            "crackdown_effect": 0.25,
        }
    }
}


@pytest.fixture
def world(tiny_model: Callable[..., MineralMarket]) -> World:
    world = tiny_model(BY_HAND).world
    world.market.ticks[:] = [[90_003, 99_000, 99_000, 95_000], [15_005, 19_000, 19_000, 18_005]]
    world.market.zone_use[:], world.market.own_output[:] = USE, OUTPUT
    return world


def charges(world: World, use_before: dict[str, FloatArray] | None = None) -> Charges:
    return world.network.charges(world.market, world.regime, use_before or {}, NO_GATED)


def way(world: World, origin: int, destination: int) -> int:
    network = world.network
    return int(np.flatnonzero((network.origin == origin) & (network.destination == destination))[0])


def test_goods_of_a_gated_zone_leave_only_through_the_gate(world: World) -> None:
    legal_from_home = (world.network.origin == CN) & (world.network.way != SMUGGLED)

    assert world.network.destination[legal_from_home].tolist() == [FOB]
    assert (world.network.way[world.network.origin == FOB] == TRADE).all()
    np.testing.assert_array_equal(world.network.gate_links(CN), np.flatnonzero(world.network.way == GATE))


def test_without_policies_a_way_costs_its_freight_and_has_no_limit(world: World) -> None:
    told = charges(world)
    trade = world.network.way == TRADE

    assert told.cost[:, way(world, FOB, JP)].tolist() == [1500, 400]
    assert told.cost[:, way(world, RW, CN)].tolist() == [2250, 600]
    assert (told.capacity[:, trade | (world.network.way == GATE)] == UNLIMITED).all()


def test_an_export_tax_stands_on_the_inside_price_half_up(world: World) -> None:
    world.regime.tax_exports("CN", [], 0.1)

    tax = charges(world).tax

    assert tax[:, way(world, CN, FOB)].tolist() == [9000, 1501]  # 9000.3 down, 1500.5 up
    assert np.count_nonzero(tax) == 2


def test_a_tariff_stands_on_the_price_where_goods_come_from(world: World) -> None:
    world.regime.tax_imports("JP", ["CN"], ["NdPr"], 0.1)

    tariff = charges(world).tariff

    assert tariff[NDPR, way(world, FOB, JP)] == 1801  # 1800.5 up
    assert np.count_nonzero(tariff) == 1


def test_the_risk_of_smuggling_less_the_tax_evaded_rises_by_tranche(world: World) -> None:
    hidden = world.network.way == SMUGGLED

    risk = charges(world).risk[NDPR, hidden]

    assert risk.tolist() == [int(np.floor(15_005 * share + 0.5)) for share in (0.0, 0.155, 0.455)]


def test_smugglers_carry_a_share_of_outside_use(world: World) -> None:
    hidden = world.network.way == SMUGGLED

    capacity = charges(world).capacity[NDPR, hidden]

    assert capacity.tolist() == [int(0.33 * 60e6 * share) for share in (0.40, 0.35, 0.25)]


def test_an_embargo_leaves_the_leak(world: World) -> None:
    world.regime.embargo("CN", "JP", [], 0.05, 0.06)

    capacity = charges(world).capacity

    assert capacity[:, way(world, FOB, JP)].tolist() == [int(0.05 * 5e6), int(0.05 * 50e6)]
    assert (capacity[:, way(world, FOB, RW)] == UNLIMITED).all()


def test_third_zones_re_export_their_own_output_and_the_leak(world: World) -> None:
    world.regime.embargo("CN", "JP", [], 0.05, 0.06)

    capacity = charges(world).capacity[:, way(world, RW, JP)]

    assert capacity.tolist() == [int(0.06 * 5e6 + 0.5e6), int(0.06 * 50e6 + 7e6)]


def test_an_embargo_on_one_material_leaves_the_other_free(world: World) -> None:
    world.regime.embargo("CN", "JP", ["Dy"], 0.05, 0.06)

    capacity = charges(world).capacity

    assert (capacity[NDPR, world.network.way == TRADE] == UNLIMITED).all()
    assert capacity[DY, way(world, FOB, JP)] == int(0.05 * 5e6)


def test_a_licence_regime_lets_its_share_through_directly_and_round_third_zones(world: World) -> None:
    world.regime.limit_exports("licences", "CN", ["JP"], ["NdPr"], 0.3)

    capacity = charges(world).capacity

    assert capacity[NDPR, way(world, FOB, JP)] == int(0.3 * 50e6)
    assert capacity[NDPR, way(world, RW, JP)] == int(0.3 * 50e6 + OUTPUT[NDPR, RW])


def test_smuggling_follows_the_gap_between_the_prices(world: World) -> None:
    world.market.price[NDPR, [CN, RW]] = [10.0, 20.0]
    world.market.price[DY, [CN, RW]] = [90.0, 90.0]

    world.network.adapt_smuggling(world.market, world.regime)

    aim = 0.33 + 0.25 * (2.0 - 1.1)
    assert world.network.smuggling[NDPR] == pytest.approx(0.33 + (aim - 0.33) / 12.29)
    assert world.network.smuggling[DY] == pytest.approx(0.33)


def test_a_crackdown_frightens_smugglers(world: World) -> None:
    world.regime.crack_down("CN", 1.0)
    world.market.price[:] = 20.0

    world.network.adapt_smuggling(world.market, world.regime)

    np.testing.assert_allclose(world.network.smuggling, 0.33 + (0.33 * 0.75 - 0.33) / 12.29)


def test_without_the_rule_nobody_smuggles(tiny_model: Callable[..., MineralMarket]) -> None:
    world = tiny_model({"rules_off": ["smuggling"]}).world

    assert not charges(world).capacity[:, world.network.way == SMUGGLED].any()


def test_a_zone_may_have_no_use_for_a_material(world: World) -> None:
    world.market.zone_use[DY, RW] = 0.0

    assert charges(world).capacity[DY, way(world, FOB, RW)] == UNLIMITED


def _limit(regime: Regime, what: str) -> None:
    if what == "open":
        regime.embargo("CN", "JP", [], 1.0, 1.0)
    else:
        regime.limit_exports("licences", "CN", [], [], 0.5)


@pytest.mark.parametrize("what", ["open", "licence"])
def test_a_gate_itself_has_no_limit_but_the_pool(world: World, what: str) -> None:
    _limit(world.regime, what)

    assert (charges(world).capacity[:, world.network.way == GATE] == UNLIMITED).all()


def test_licences_stand_on_the_use_before_them(world: World) -> None:
    world.regime.limit_exports("licences", "CN", ["JP"], ["NdPr"], 0.3)
    before = {"licences": 2 * USE}

    capacity = charges(world, before).capacity[NDPR]

    assert capacity[way(world, FOB, JP)] == int(0.3 * 100e6)
    assert capacity[way(world, RW, JP)] == int(0.3 * 100e6 + OUTPUT[NDPR, RW])


def test_of_two_licence_regimes_the_smaller_amount_holds(world: World) -> None:
    world.regime.limit_exports("old", "CN", ["JP"], ["NdPr"], 0.3)
    world.regime.limit_exports("new", "CN", ["JP"], ["NdPr"], 0.5)
    before = {"old": USE, "new": 0.4 * USE}

    assert charges(world, before).capacity[NDPR, way(world, FOB, JP)] == int(0.5 * 0.4 * 50e6)
