"""The frontier against brute force, its shares against what is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sweeps import grid, made

from market_abm.sweep.frontier import frontier, not_beaten
from market_abm.sweep.response import AnalysisError

NUMBERS = st.integers(-4, 4).map(float) | st.just(float("nan"))  # few values, so that ties are common


def beaten(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return other[0] <= one[0] and other[1] <= one[1] and other != one


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=30))
def test_the_frontier_is_that_of_brute_force(points):
    there = [one for one in points if not np.isnan(one).any()]
    expected = [one in there and not any(beaten(one, other) for other in there) for one in points]

    found = not_beaten(np.array([p[0] for p in points]), np.array([p[1] for p in points]))

    assert list(found) == expected


def plane(**options: object):
    points = grid(cap=[0, 1, 2], useless=[0, 1])
    rules = {"cost": lambda x: 10 * x.cap + 5 * x.useless, "lost": lambda x: 100 - 20 * x.cap}
    return made(points, rules, kind="grid", **options)


def test_points_that_only_cost_more_are_beaten():
    found = frontier(plane(), "cost", "lost", less_is_better=True)

    assert list(found.best["words"]) == ["cap 0, useless 0", "cap 1, useless 0", "cap 2, useless 0"]


def test_when_more_is_better_the_other_end_wins():
    found = frontier(plane(), "cost", "lost")

    assert list(found.best.index) == [0]


def test_shares_are_certain_without_luck_and_divided_with_it():
    sure = frontier(plane(seeds=6), "cost", "lost", less_is_better=True).table["share"]
    unsure = frontier(plane(seeds=6, noise=15), "cost", "lost", less_is_better=True).table["share"]

    assert set(sure) == {0.0, 1.0}
    assert ((unsure > 0) & (unsure < 1)).any()


def test_intervals_are_those_of_students_t():
    found = frontier(plane(seeds=5, noise=3), "cost", "lost", less_is_better=True)
    row, runs = found.table.loc[2], plane(seeds=5, noise=3).runs.query("point == 2")["cost"]

    reach = 2.776445 * runs.std(ddof=1) / np.sqrt(5)
    assert (row["cost_low"], row["cost_high"]) == pytest.approx((runs.mean() - reach, runs.mean() + reach))


def test_a_point_without_results_is_left_out_and_named():
    found = frontier(plane(lost=[(0, 0)]), "cost", "lost", less_is_better=True)

    assert 0 not in found.table.index
    assert found.notes[0] == "Left out for want of a result for both: 1 point (0)."


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        (("cost", "cost"), "needs two outcomes"),
        (("cots", "lost"), 'Did you mean "cost"'),
        (("cost", "losst"), '"lost"'),
    ],
)
def test_wrong_names_are_explained(pair, says):
    with pytest.raises(AnalysisError, match=says):
        frontier(plane(), *pair)
