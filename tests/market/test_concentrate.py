"""Where concentrate goes: the merit order, own plants first, and no way round an embargo."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.market.concentrate import NOWHERE, _assign, ticks_of
from market_abm.model import MineralMarket

NDPR, CN, JP, RW = 0, 0, 1, 2


def assign(surplus: list[list[float]], available: list[int], room: list[int]) -> np.ndarray:
    values = np.array(surplus, dtype=float)
    shipped = np.zeros(values.shape, dtype=np.int64)
    order = np.argsort(-values.ravel(), kind="stable")
    _assign(values, order, np.array(available), np.array(room), shipped)
    return shipped


def give_concentrate(model: MineralMarket, name: str, grams: int) -> int:
    row = model.miners.row_named(name)
    group = model.group_of(model.miners)
    model.ledger.move("test", model.concentrate_row, model.ground, group, grams, 0, row)
    return row


def test_the_best_pairs_come_first() -> None:
    assert assign([[3.0, 1.0], [2.0, 1.5]], [10, 10], [12, 99]).tolist() == [[10, 0], [2, 8]]


def test_nobody_ships_at_a_loss() -> None:
    assert assign([[-0.1], [0.0]], [10, 10], [99]).tolist() == [[0], [10]]


@given(
    st.lists(st.lists(st.floats(-5, 5), min_size=3, max_size=3), min_size=4, max_size=4),
    st.lists(st.integers(0, 50), min_size=4, max_size=4),
    st.lists(st.integers(0, 50), min_size=3, max_size=3),
)
def test_nobody_ships_more_than_it_has_nor_takes_more_than_fits(
    surplus: list[list[float]], available: list[int], room: list[int]
) -> None:
    shipped = assign(surplus, available, room)

    assert (shipped.sum(axis=1) <= available).all()
    assert (shipped.sum(axis=0) <= room).all()
    left, spare = np.array(available) - shipped.sum(axis=1), np.array(room) - shipped.sum(axis=0)
    worthwhile = np.array(surplus) >= 0
    assert not (worthwhile & (left[:, None] > 0) & (spare > 0)).any()


def test_concentrate_is_worth_its_oxides_less_fee_and_freight(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()
    model.concentrate_market.appraise()
    row = model.miners.row_named("hill")

    at_home = 0.2 * 0.9 * 19.2 + 0.3 - 1.2

    assert model.miners.home_value[row] == pytest.approx(at_home)


def test_a_mine_without_plant_gets_its_cost_and_half_the_surplus(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()
    model.concentrate_market.appraise()
    row = model.miners.row_named("clays")
    value = 0.9 * (0.2 * 16.0 + 0.04 * 90.0) + 0.3 - 1.5
    cost = 0.45 * 3.5

    assert model.miners.outside_value[row] == pytest.approx(cost + 0.5 * (value - cost))


def test_a_plant_takes_only_what_it_can_separate(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()
    model.concentrate_market.appraise()
    heavy_mines, groups = model.miners.heavy, model.concentrate_market.groups

    surplus = model.surplus[model.miners.kind]

    assert (surplus[heavy_mines][:, groups.index("north-plant")] < NOWHERE / 2).all()
    assert (surplus[~heavy_mines][:, groups.index("ridge-plant")] < NOWHERE / 2).all()


def test_a_gated_zone_keeps_its_concentrate(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()
    model.concentrate_market.appraise()
    groups = model.concentrate_market.groups

    surplus = model.surplus[model.miners.kind][model.miners.zone == CN]

    assert (surplus[:, groups.index("hill-plant")] < NOWHERE / 2).all()


def test_an_embargo_stops_concentrate_too(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(
        {
            "mine": {"hill": {"plant": None}},
            "refinery": {"hill-plant": None, "lake-plant": None},
            "zone": {"CN": {"export_gate": True}},
        }
        | {"mine": {"lake": None, "hill": {"plant": None}}}
    )
    model.concentrate_market.appraise()
    row = model.miners.row_named("hill")
    before = float(model.miners.outside_value[row])

    model.market.regime.embargo("RW", "CN", [], 0.0, 0.0)
    model.concentrate_market.appraise()

    assert before > 0
    assert model.miners.outside_value[row] < NOWHERE / 2


def test_the_own_plant_is_served_first(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()
    row = give_concentrate(model, "north 1", 5_000_000)
    model.concentrate_market.appraise()

    own, shipped, _ = model.concentrate_market.assign()[0]

    assert own[row] == 5_000_000
    assert not shipped[row].any()


def test_what_the_own_plant_cannot_take_goes_elsewhere(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()
    row = give_concentrate(model, "north 1", 250_000_000)
    model.concentrate_market.appraise()

    own, shipped, _ = model.concentrate_market.assign()[0]

    assert own[row] == int(8000e6 / 52.1775)
    assert shipped[row, model.concentrate_market.groups.index("south-plant")] > 0


def test_an_outage_takes_room_from_a_plant(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()
    row = give_concentrate(model, "north 1", 250_000_000)
    model.market.regime.cut_supply(["north-plant"], 0.25)
    model.concentrate_market.appraise()

    assert model.concentrate_market.assign()[0][0][row] == int(0.25 * 8000e6 / 52.1775)


def test_prices_of_concentrate_round_down() -> None:
    assert ticks_of(np.array([1.2349, 0.0005])).tolist() == [1234, 0]


def test_all_that_is_mined_is_separated_stored_lost_or_still_there(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=20)
    row, groups = model.concentrate_row, model.ledger.groups
    mined = -int(model.ground.mass[row].sum())

    there = sum(int(groups[name].mass[row].sum()) for name in ("Miner", "IllegalMiner", "concentrate reserve"))
    separated = int(model.separation.mass[row].sum()) + int(model.losses.mass[row].sum())
    oxide = -int(model.separation.mass[: len(model.market.materials)].sum())

    assert mined == there + separated
    assert model.separation.mass[row].sum() == oxide
