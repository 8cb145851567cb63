"""The one rounding rule: nothing lost, nothing made, exact in whole numbers, and blind to the order of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.core.rounding import micros, micros_of, split, whole_weights
from market_abm.core.units import IntArray

weights = st.lists(st.integers(0, 2**50), min_size=1, max_size=40)
amounts = st.integers(0, 2**62)


def column(values: list[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def by_hand(amount: int, weight: list[int], number: list[int]) -> list[int]:
    """Largest remainder in Python's own whole numbers."""
    total = sum(weight)
    parts = [amount * own // total for own in weight]
    remainders = [amount * own % total for own in weight]
    order = sorted(range(len(weight)), key=lambda row: (-remainders[row], number[row], -weight[row], row))
    for row in order[: amount - sum(parts)]:
        parts[row] += 1
    return parts


@given(amounts, weights.filter(any), st.data())
def test_a_split_is_that_of_unlimited_whole_numbers(amount: int, weight: list[int], data: st.DataObject) -> None:
    number = data.draw(st.lists(st.integers(0, 9), min_size=len(weight), max_size=len(weight)))

    assert split(amount, column(weight), column(number)).tolist() == by_hand(amount, weight, number)


@given(amounts, weights)
def test_parts_add_up(amount: int, weight: list[int]) -> None:
    assert int(split(amount, column(weight), np.arange(len(weight))).sum()) == amount


@given(st.integers(0, 2**50), weights, st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(amount: int, weight: list[int], random) -> None:  # type: ignore[no-untyped-def]
    if not any(weight):
        return
    order = random.sample(range(len(weight)), len(weight))

    listed = split(amount, column(weight), np.arange(len(weight)))
    shuffled = split(amount, column([weight[row] for row in order]), column(order))

    assert shuffled.tolist() == listed[order].tolist()


@pytest.mark.parametrize(
    ("amount", "weight", "number", "parts"),
    [
        (10, [1, 1, 1], [0, 1, 2], [4, 3, 3]),
        (10, [1, 1, 1], [2, 1, 0], [3, 3, 4]),
        (7, [5, 1, 1], [0, 1, 2], [5, 1, 1]),
        (3, [0, 2, 2], [0, 1, 2], [0, 2, 1]),
        (9, [0, 0], [5, 4], [9, 0]),
        (0, [1, 2], [0, 1], [0, 0]),
        (4, [], [], []),
        (2**62, [2**60, 2**60], [0, 1], [2**61, 2**61]),
    ],
)
def test_odd_units_go_to_the_largest_remainder_then_the_lowest_number(
    amount: int, weight: list[int], number: list[int], parts: list[int]
) -> None:
    assert split(amount, column(weight), column(number)).tolist() == parts


@given(st.lists(st.integers(0, 2**43), min_size=1, max_size=20).filter(any), st.integers(0, 2**40))
def test_floats_that_are_whole_numbers_keep_their_proportion(weight: list[int], amount: int) -> None:
    number = np.arange(len(weight))

    parts = split(amount, whole_weights(np.array(weight, dtype=float)), number)

    assert parts.tolist() == split(amount, column(weight), number).tolist()


@given(st.lists(st.floats(0, 1e300, allow_subnormal=False), min_size=1, max_size=30).filter(any))
def test_whole_weights_add_up_to_what_a_split_takes(weight: list[float]) -> None:
    whole = whole_weights(np.array(weight))

    assert 0 < int(whole.sum()) <= 2**61
    assert (whole >= 0).all()


def test_without_weight_the_first_part_is_all() -> None:
    assert split(5, whole_weights(np.zeros(3)), np.arange(3)).tolist() == [5, 0, 0]


@pytest.mark.parametrize(("grams", "price", "money"), [(1, 1.0, 1000), (3, 0.0005, 2), (1, 0.0004, 0), (0, 9.0, 0)])
def test_money_for_grams_is_one_rounded_product(grams: int, price: float, money: int) -> None:
    assert int(micros(grams, price)) == micros_of(grams, price) == money
