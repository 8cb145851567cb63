"""Shapley values against hand-worked games and the four properties that define them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from market_abm.explain.shapley import first_effects, last_effects, members, shapley_values

NUMBERS = st.floats(-1e3, 1e3, allow_nan=False)


def games(most: int = 5):
    """Values of all coalitions of one to `most` players."""
    return st.integers(1, most).flatmap(lambda count: arrays(float, 2**count, elements=NUMBERS))


def test_the_glove_game_has_the_known_solution():
    # Player 0 holds a left glove, 1 and 2 a right one each; a pair is worth 1. Shapley: 2/3, 1/6, 1/6.
    values = np.array([1.0 if coalition & 1 and coalition > 1 else 0.0 for coalition in range(8)])

    np.testing.assert_allclose(shapley_values(values), [2 / 3, 1 / 6, 1 / 6], rtol=1e-14)


@given(games())
def test_parts_add_up_to_the_whole(values):
    np.testing.assert_allclose(shapley_values(values).sum(), values[-1] - values[0], atol=1e-9)


@given(games())
def test_equal_players_get_equal_parts(values):
    first, second = 0, (len(values) - 1).bit_length() - 1
    swapped = values[[_swap(coalition, first, second) for coalition in range(len(values))]]

    parts = shapley_values((values + swapped) / 2)

    np.testing.assert_allclose(parts[first], parts[second], atol=1e-9)


def _swap(coalition: int, first: int, second: int) -> int:
    bits = {first: coalition >> first & 1, second: coalition >> second & 1}
    rest = coalition & ~(1 << first) & ~(1 << second)
    return rest | bits[first] << second | bits[second] << first


@given(games(most=4))
def test_a_player_who_never_matters_gets_nothing_and_changes_nothing_for_others(values):
    with_dummy = np.concatenate([values, values])

    parts = shapley_values(with_dummy)

    assert parts[-1] == 0
    np.testing.assert_allclose(parts[:-1], shapley_values(values), atol=1e-9)


@given(st.integers(1, 4).flatmap(lambda count: arrays(float, (2**count, 2), elements=NUMBERS)))
def test_parts_of_a_sum_of_games_are_sums_of_parts(pair):
    np.testing.assert_allclose(shapley_values(pair).sum(axis=1), shapley_values(pair.sum(axis=1)), atol=1e-9)


def test_effects_at_both_ends():
    values = np.array([1.0, 2.0, 5.0, 11.0])  # nobody, player 0, player 1, both

    np.testing.assert_array_equal(first_effects(values), [1.0, 4.0])
    np.testing.assert_array_equal(last_effects(values), [6.0, 9.0])
    assert members(0b101, ["a", "b", "c"]) == ["a", "c"]


def test_a_missing_coalition_is_refused():
    with pytest.raises(ValueError, match="every coalition"):
        shapley_values(np.zeros(7))
