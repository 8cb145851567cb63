"""Splitting whole numbers: nothing lost, nothing made, and as fair as whole numbers can be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.market.rounding import micros, split_whole

weights = st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 1e12)), min_size=1, max_size=30)
totals = st.integers(0, 10**15)


@given(totals, weights)
def test_the_parts_add_up(total: int, shares: list[float]) -> None:
    assert int(split_whole(total, np.array(shares)).sum()) == total


@given(totals, weights)
def test_no_part_is_negative(total: int, shares: list[float]) -> None:
    assert (split_whole(total, np.array(shares)) >= 0).all()


@given(st.integers(0, 10**12), weights.filter(any))
def test_every_part_is_within_a_gram_of_its_share(total: int, shares: list[float]) -> None:
    exact = np.array(shares) * (total / sum(shares))

    assert (np.abs(split_whole(total, np.array(shares)) - exact) <= 1 + 1e-3).all()


@given(totals, weights.filter(any))
def test_who_has_no_weight_gets_at_most_an_odd_gram(total: int, shares: list[float]) -> None:
    parts = split_whole(total, np.array(shares))

    assert (parts[np.array(shares) == 0] <= 1).all()


@given(st.integers(0, 10**9), st.lists(st.integers(1, 10**6), min_size=2, max_size=20))
def test_more_weight_never_brings_less(total: int, shares: list[int]) -> None:
    ordered = np.array(sorted(shares))

    parts = split_whole(total, ordered)

    assert (np.diff(parts)[np.diff(ordered) > 0] >= -1).all()


@pytest.mark.parametrize(
    ("total", "shares", "parts"),
    [
        (10, [1, 1, 1], [4, 3, 3]),
        (11, [1, 1, 1], [4, 4, 3]),
        (7, [5, 1, 1], [5, 1, 1]),
        (3, [0.5, 0.3, 0.2], [1, 1, 1]),
        (9, [0, 0], [9, 0]),
        (0, [1, 2], [0, 0]),
    ],
)
def test_odd_grams_go_to_the_largest_remainder_then_the_lower_index(
    total: int, shares: list[float], parts: list[int]
) -> None:
    assert split_whole(total, np.array(shares)).tolist() == parts


@pytest.mark.parametrize(("grams", "price", "money"), [(1, 1.0, 1000), (3, 0.0005, 2), (1, 0.0004, 0), (0, 9.0, 0)])
def test_money_for_grams_is_one_rounded_product(grams: int, price: float, money: int) -> None:
    assert int(micros(grams, price)) == money
