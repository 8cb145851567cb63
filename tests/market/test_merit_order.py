"""Merit order of concentrate: the best pairs first, within what there is, what fits and what embargoes leave."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from market_abm.market.merit_order import assign

FREE = np.zeros((0, 0, 0), dtype=np.int64)


def shipped(surplus: Any, available: Any, room: Any, left: Any = FREE, basket: Any = None) -> np.ndarray:
    mines = len(available)
    basket = np.ones((1, mines)) if basket is None else np.array(basket)
    zone = np.zeros(mines, dtype=np.int64)
    return assign(np.array(surplus), np.array(available), np.array(room), zone, basket, left)


def test_the_best_pairs_come_first() -> None:
    assert shipped([[3.0, 1.0], [2.0, 1.5]], [10, 10], [12, 99]).tolist() == [[10, 0], [2, 8]]


def test_nobody_ships_at_a_loss() -> None:
    assert shipped([[-0.1], [0.0]], [10, 10], [99]).tolist() == [[0], [10]]


def test_equal_surpluses_are_served_by_mine_and_then_by_group() -> None:
    assert shipped(np.ones((2, 2)), [10, 10], [6, 99]).tolist() == [[6, 4], [0, 10]]


def test_an_embargo_leaves_its_leak_to_the_best_that_holds_the_material() -> None:
    left = np.array([[[3]], [[10**9]]])  # materials, zones, groups

    ways = shipped([[2.0], [3.0], [1.0]], [10, 10, 10], [99], left, basket=[[0.2, 0.1, 0.0], [0.1, 0.1, 0.1]])

    assert ways.tolist() == [[0], [3], [10]]


@given(
    st.lists(st.lists(st.floats(-5, 5), min_size=3, max_size=3), min_size=4, max_size=4),
    st.lists(st.integers(0, 50), min_size=4, max_size=4),
    st.lists(st.integers(0, 50), min_size=3, max_size=3),
)
def test_nobody_ships_more_than_it_has_nor_takes_more_than_fits(
    surplus: list[list[float]], available: list[int], room: list[int]
) -> None:
    ways = shipped(surplus, available, room)

    assert (ways.sum(axis=1) <= available).all()
    assert (ways.sum(axis=0) <= room).all()
    left, spare = np.array(available) - ways.sum(axis=1), np.array(room) - ways.sum(axis=0)
    assert not ((np.array(surplus) >= 0) & (left[:, None] > 0) & (spare > 0)).any()
