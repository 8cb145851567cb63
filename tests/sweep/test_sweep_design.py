"""Designs: the samplers' own points, stretched to the factors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from SALib.sample import morris, sobol
from scipy.stats import qmc

from market_abm.sweep.design import design_points, grid_values, point_count, value_at
from market_abm.sweep.plan import Factor, Sweep

OUTCOME = {"name": "price", "series": "price.NdPr.JP", "stat": "mean"}
RANGES = [
    {"name": "a", "path": "a", "low": 2.0, "high": 4.0},
    {"name": "b", "path": "b", "low": 1.0, "high": 100.0, "scale": "log"},
    {"name": "c", "path": "c", "low": -1.0, "high": 0.0},
]


def sweep_of(factors, **design) -> Sweep:
    return Sweep.model_validate(
        {"title": "t", "scenario": "tiny", "design": design, "factor": factors, "outcome": [OUTCOME]}
    )


def stretched(shares):
    """The three ranges, worked out beside the program."""
    return np.column_stack([2 + 2 * shares[:, 0], 100 ** shares[:, 1], shares[:, 2] - 1])


PROBLEM = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
DRAWN = {
    "latin_hypercube": ({"points": 7, "seed": 3}, lambda: qmc.LatinHypercube(3, rng=3).random(7)),
    "sobol": ({"points": 8, "seed": 3}, lambda: qmc.Sobol(3, rng=3).random(8)),
    "saltelli": ({"points": 8, "seed": 3}, lambda: sobol.sample(PROBLEM, 8, calc_second_order=False, seed=3)),
    "morris": ({"trajectories": 5, "levels": 6, "seed": 3}, lambda: morris.sample(PROBLEM, 5, num_levels=6, seed=3)),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_a_sample_is_that_of_the_library(kind):
    keys, drawn = DRAWN[kind]
    sweep = sweep_of(RANGES, kind=kind, **keys)

    points = design_points(sweep)

    np.testing.assert_allclose(points.to_numpy(), stretched(drawn()), rtol=1e-11)
    assert list(points.columns) == ["a", "b", "c"]
    assert len(points) == point_count(sweep)


def test_saltelli_tells_pairs_apart_on_wish():
    sweep = sweep_of(RANGES, kind="saltelli", points=8, second_order=True)
    points = design_points(sweep)
    assert len(points) == point_count(sweep) == 8 * (2 * 3 + 2)
    np.testing.assert_allclose(points.to_numpy(), stretched(sobol.sample(PROBLEM, 8, seed=0)), rtol=1e-11)


def test_another_seed_is_another_sample():
    one, two = (design_points(sweep_of(RANGES, kind="latin_hypercube", points=5, seed=seed)) for seed in (0, 1))
    assert not one.equals(two)


def test_a_grid_has_every_combination_with_the_first_factor_slowest():
    factors = [
        {"name": "on", "path": "policy.x.enabled", "values": [True, False]},
        {"name": "share", "path": "b", "low": 0.0, "high": 0.3},
        {"name": "weeks", "path": "c", "low": 1, "high": 2, "integer": True},
    ]
    sweep = sweep_of(factors, kind="grid", levels=4)

    points = design_points(sweep)

    assert len(points) == point_count(sweep) == 2 * 4 * 2
    assert points["on"].tolist() == [True] * 8 + [False] * 8
    assert points["share"].tolist()[:8] == [0.0, 0.0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3]
    assert points["weeks"].tolist()[:4] == [1, 2, 1, 2]


def test_whole_numbers_without_levels_are_all_taken():
    assert grid_values(Factor(name="n", path="n", low=2, high=5, integer=True), None) == [2, 3, 4, 5]


@given(share=st.floats(0, 1), low=st.floats(-100, 100), size=st.floats(0.001, 1000))
def test_a_value_never_leaves_its_range(share, low, size):
    factor = Factor(name="x", path="x", low=low, high=low + size)
    assert low <= value_at(factor, share) <= low + size


@given(share=st.floats(0, 1), low=st.integers(-50, 50), size=st.integers(1, 20))
def test_whole_numbers_share_the_cube_evenly(share, low, size):
    factor = Factor(name="x", path="x", low=low, high=low + size, integer=True)
    value = value_at(factor, share)
    assert low <= value <= low + size
    assert value - low == min(int(share * (size + 1)), size)


def test_values_share_the_cube_evenly():
    factor = Factor(name="x", path="x", values=["a", "b", "c", "d"])
    assert [value_at(factor, share) for share in (0.0, 0.24, 0.26, 0.6, 0.99, 1.0)] == ["a", "a", "b", "c", "d", "d"]
