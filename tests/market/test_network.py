"""The ways between zones: what they cost and let through under each kind of restriction."""

from collections.abc import Callable

import numpy as np
import pytest

from market_abm.market.network import GATE, SMUGGLED, TRADE, Charges, Network
from market_abm.auction.orders import UNLIMITED
from market_abm.model import MineralMarket

CN, JP, RW, FOB = range(4)
NDPR, DY = 0, 1
USE = np.array([[100e6, 50e6, 10e6], [9e6, 5e6, 1e6]])  # g a week
NO_GATED = np.zeros((2, 4))
OUTPUT = np.array([[90e6, 0.0, 7e6], [8e6, 0.0, 0.5e6]])


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
def network(tiny_model: Callable[..., MineralMarket]) -> Network:
    network = tiny_model(BY_HAND).network
    network.market.ticks[:] = [[15_005, 19_000, 19_000, 18_005], [90_003, 99_000, 99_000, 95_000]]
    return network


def charges(network: Network) -> Charges:
    return network.charges(USE, OUTPUT, NO_GATED)


def way(network: Network, origin: int, destination: int) -> int:
    return int(np.flatnonzero((network.origin == origin) & (network.destination == destination))[0])


def test_goods_of_a_gated_zone_leave_only_through_the_gate(network: Network) -> None:
    legal_from_home = (network.origin == CN) & (network.way != SMUGGLED)

    assert network.destination[legal_from_home].tolist() == [FOB]
    assert (network.way[network.origin == FOB] == TRADE).all()
    np.testing.assert_array_equal(network.gate_links(CN), np.flatnonzero(network.way == GATE))


def test_without_policies_a_way_costs_its_freight_and_has_no_limit(network: Network) -> None:
    told = charges(network)
    trade = network.way == TRADE

    assert told.cost[:, way(network, FOB, JP)].tolist() == [400, 1500]
    assert told.cost[:, way(network, RW, CN)].tolist() == [600, 2250]
    assert (told.capacity[:, trade | (network.way == GATE)] == UNLIMITED).all()


def test_an_export_tax_stands_on_the_inside_price_half_up(network: Network) -> None:
    network.market.regime.tax_exports("CN", [], 0.1)

    tax = charges(network).tax

    assert tax[:, way(network, CN, FOB)].tolist() == [1501, 9000]  # 1500.5 up, 9000.3 down
    assert np.count_nonzero(tax) == 2


def test_a_tariff_stands_on_the_price_where_goods_come_from(network: Network) -> None:
    network.market.regime.tax_imports("JP", ["CN"], ["NdPr"], 0.1)

    tariff = charges(network).tariff

    assert tariff[NDPR, way(network, FOB, JP)] == 1801  # 1800.5 up
    assert np.count_nonzero(tariff) == 1


def test_the_risk_of_smuggling_less_the_tax_evaded_rises_by_tranche(network: Network) -> None:
    hidden = network.way == SMUGGLED

    risk = charges(network).risk[NDPR, hidden]

    assert risk.tolist() == [int(np.floor(15_005 * share + 0.5)) for share in (0.0, 0.155, 0.455)]


def test_smugglers_carry_a_share_of_outside_use(network: Network) -> None:
    hidden = network.way == SMUGGLED

    capacity = charges(network).capacity[NDPR, hidden]

    assert capacity.tolist() == [int(0.33 * 60e6 * share) for share in (0.40, 0.35, 0.25)]


def test_an_embargo_leaves_the_leak(network: Network) -> None:
    network.market.regime.embargo("CN", "JP", [], 0.05, 0.06)

    capacity = charges(network).capacity

    assert capacity[:, way(network, FOB, JP)].tolist() == [int(0.05 * 50e6), int(0.05 * 5e6)]
    assert (capacity[:, way(network, FOB, RW)] == UNLIMITED).all()


def test_third_zones_re_export_their_own_output_and_the_leak(network: Network) -> None:
    network.market.regime.embargo("CN", "JP", [], 0.05, 0.06)

    capacity = charges(network).capacity[:, way(network, RW, JP)]

    assert capacity.tolist() == [int(0.06 * 50e6 + 7e6), int(0.06 * 5e6 + 0.5e6)]


def test_an_embargo_on_one_material_leaves_the_other_free(network: Network) -> None:
    network.market.regime.embargo("CN", "JP", ["Dy"], 0.05, 0.06)

    capacity = charges(network).capacity

    assert (capacity[NDPR, network.way == TRADE] == UNLIMITED).all()
    assert capacity[DY, way(network, FOB, JP)] == int(0.05 * 5e6)


def test_a_licence_regime_lets_its_share_through_directly_and_round_third_zones(network: Network) -> None:
    network.market.regime.limit_exports("CN", ["JP"], ["NdPr"], 0.3)

    capacity = charges(network).capacity

    assert capacity[NDPR, way(network, FOB, JP)] == int(0.3 * 50e6)
    assert capacity[NDPR, way(network, RW, JP)] == int(0.3 * 50e6 + OUTPUT[NDPR, RW])


def test_smuggling_follows_the_gap_between_the_prices(network: Network) -> None:
    network.market.price[NDPR, [CN, RW]] = [10.0, 20.0]
    network.market.price[DY, [CN, RW]] = [90.0, 90.0]

    network.adapt_smuggling()

    aim = 0.33 + 0.25 * (2.0 - 1.1)
    assert network.smuggling[NDPR] == pytest.approx(0.33 + (aim - 0.33) / 12.29)
    assert network.smuggling[DY] == pytest.approx(0.33)


def test_a_crackdown_frightens_smugglers(network: Network) -> None:
    network.market.regime.crack_down("CN", 1.0)
    network.market.price[:] = 20.0

    network.adapt_smuggling()

    np.testing.assert_allclose(network.smuggling, 0.33 + (0.33 * 0.75 - 0.33) / 12.29)


def test_without_the_rule_nobody_smuggles(tiny_model: Callable[..., MineralMarket]) -> None:
    network = tiny_model({"rules_off": ["smuggling"]}).network

    assert not charges(network).capacity[:, network.way == SMUGGLED].any()


def test_a_zone_may_have_no_use_for_a_material(network: Network) -> None:
    use = USE.copy()
    use[DY, RW] = 0.0

    assert network.charges(use, OUTPUT, NO_GATED).capacity[DY, way(network, FOB, RW)] == UNLIMITED


def _limit(regime, what: str) -> None:
    if what == "open":
        regime.embargo("CN", "JP", [], 1.0, 1.0)
    else:
        regime.limit_exports("CN", [], [], 0.5)


@pytest.mark.parametrize("what", ["open", "licence"])
def test_a_gate_itself_has_no_limit_but_the_pool(network: Network, what: str) -> None:
    _limit(network.market.regime, what)

    assert (charges(network).capacity[:, network.way == GATE] == UNLIMITED).all()
