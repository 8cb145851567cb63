"""Indices of sensitivity against known values, and what is done about missing points."""

import numpy as np
import pandas as pd
import pytest
from made_sweeps import FACTORS, grid, made, uniform
from SALib.sample import latin

from market_abm.sweep.design import design_points
from market_abm.sweep.response import AnalysisError
from market_abm.sweep.results import SweepResults
from market_abm.sweep.sensitivity import sensitivity

ISHIGAMI_FIRST = {"x1": 0.3139, "x2": 0.4424, "x3": 0.0}  # a = 7, b = 0.1 (Ishigami and Homma 1990)
ISHIGAMI_TOTAL = {"x1": 0.5576, "x2": 0.4424, "x3": 0.2437}
PROBLEM = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-np.pi, np.pi]] * 3}
RANGES = [{"name": name, "low": -np.pi, "high": np.pi} for name in ("x1", "x2", "x3")]


def ishigami(x: pd.DataFrame) -> pd.Series:
    return np.sin(x.x1) + 7 * np.sin(x.x2) ** 2 + 0.1 * x.x3**4 * np.sin(x.x1)


def saltelli(base: int, **options: object) -> SweepResults:
    second = bool(options.pop("second_order", False))
    design = {"kind": "saltelli", "points": base, "second_order": second}
    return made(drawn(RANGES, **design), {"y": ishigami}, factors=RANGES, **design, **options)


def drawn(factors: list[dict[str, object]], **design: object) -> pd.DataFrame:
    """Points of a design as a sweep draws them."""
    return design_points(made(uniform(1, a=(0, 1)), {"y": lambda x: x.a}, factors=factors, **design).sweep)


def test_sobol_indices_of_ishigamis_function_are_the_known_ones():
    found = sensitivity(saltelli(1024), "y").wide()

    for name in ("x1", "x2", "x3"):
        assert found.at[name, "first"] == pytest.approx(ISHIGAMI_FIRST[name], abs=0.05)
        assert found.at[name, "total"] == pytest.approx(ISHIGAMI_TOTAL[name], abs=0.05)
        assert found.at[name, "total_low"] < ISHIGAMI_TOTAL[name] < found.at[name, "total_high"]


def test_factors_are_ranked_by_their_total_share():
    assert list(sensitivity(saltelli(512), "y").labels) == ["x1", "x2", "x3"]


def test_a_second_order_design_tells_pairs_apart():
    found = sensitivity(saltelli(1024, second_order=True), "y")
    pairs = found.indices.pairs.set_index(["factor", "other"])["value"]

    assert pairs[("x1", "x3")] == pytest.approx(0.2437, abs=0.08)
    assert pairs[("x1", "x2")] == pytest.approx(0, abs=0.08)
    assert found.pair_cells()[0][:2] == ["x1", "x3"]


def test_a_missing_point_takes_its_whole_block_and_nothing_else():
    whole, short = saltelli(64), saltelli(64, lost=[(7, 0)])  # blocks of five: point 7 is in the second

    found = sensitivity(short, "y")

    assert found.indices.points == sensitivity(whole, "y").indices.points - 5
    assert found.notes[0] == "1 of 64 blocks left out whole, for want of results: 1 point (7)."
    assert found.told()["missing_points"] == [7]


def test_indices_do_not_depend_on_the_order_of_the_runs():
    results = saltelli(32, seeds=2, noise=0.5)
    shuffled = results.runs.sample(frac=1, random_state=1)

    again = SweepResults(**{**vars(results), "runs": shuffled})

    pd.testing.assert_frame_equal(sensitivity(again, "y").wide(), sensitivity(results, "y").wide())


def trajectories(count: int, **options: object) -> SweepResults:
    """The plane 3 a - 2 b over trajectories; b runs through whole numbers, c over a log scale."""
    factors: list[dict[str, object]] = [
        {"name": "a", "low": 0.0, "high": 10.0},
        {"name": "b", "low": 0, "high": 3, "integer": True},
        {"name": "c", "low": 1.0, "high": 100.0, "scale": "log"},
    ]
    design = {"kind": "morris", "levels": 4, "trajectories": count}
    return made(drawn(factors, **design), {"y": lambda x: 3 * x.a - 2 * x.b}, factors=factors, **design, **options)


def test_elementary_effects_of_a_plane_are_its_slopes_over_the_whole_range():
    found = sensitivity(trajectories(6), "y").wide()

    assert found["mu"].to_dict() == pytest.approx({"a": 30.0, "b": -6.0, "c": 0.0})
    assert found["mu_star"].to_dict() == pytest.approx({"a": 30.0, "b": 6.0, "c": 0.0})
    assert found["sigma"].abs().max() < 1e-9
    assert list(found.index) == ["a", "b", "c"]


def test_a_trajectory_with_a_hole_is_left_out():
    found = sensitivity(trajectories(6, lost=[(5, 0)]), "y")

    assert found.indices.points == 20
    assert found.wide()["mu"].to_dict() == pytest.approx({"a": 30.0, "b": -6.0, "c": 0.0})


def test_too_few_whole_trajectories_are_an_error_that_names_the_holes():
    with pytest.raises(AnalysisError, match="3 of 5 trajectories"):
        sensitivity(trajectories(5, lost=[(0, 0), (4, 0)]), "y")


def test_shares_over_a_grid_are_those_of_its_analysis_of_variance():
    points = grid(a=[0, 1, 2], b=[0, 1])
    results = made(points, {"y": lambda x: 2 * x.a + 3 * x.b}, kind="grid")  # variances 4 * 2/3 and 9 / 4

    found = sensitivity(results, "y").wide()

    expected = {"a": (8 / 3) / (8 / 3 + 9 / 4), "b": (9 / 4) / (8 / 3 + 9 / 4)}
    assert found["first"].to_dict() == pytest.approx(expected)
    assert found["total"].to_dict() == pytest.approx(expected)


def test_factors_that_only_work_together_have_total_shares_alone():
    results = made(grid(a=[-1, 1], b=[-1, 1]), {"y": lambda x: x.a * x.b}, kind="grid")

    found = sensitivity(results, "y").wide()

    assert found["first"].to_dict() == pytest.approx({"a": 0, "b": 0})
    assert found["total"].to_dict() == pytest.approx({"a": 1, "b": 1})


def test_intervals_over_a_grid_narrow_with_seeds_and_mostly_hold_the_truth():
    rule, points = {"y": lambda x: 2 * x.a + 3 * x.b}, grid(a=[0, 1, 2], b=[0, 1])

    def interval(seeds: int, luck: int) -> tuple[float, float]:
        found = sensitivity(made(points, rule, kind="grid", seeds=seeds, noise=2, luck=luck), "y").wide().loc["b"]
        return found["first_low"], found["first_high"]

    truth = (9 / 4) / (8 / 3 + 9 / 4)
    many = [interval(100, luck) for luck in range(10)]
    few = [interval(10, luck) for luck in range(10)]

    assert sum(low < truth < high for low, high in many) >= 8
    assert np.mean([high - low for low, high in many]) < 0.6 * np.mean([high - low for low, high in few])


def test_ranks_of_a_monotone_response_tell_sign_and_order():
    points = uniform(80, a=(0, 1), b=(0, 1), c=(0, 1))
    results = made(points, {"y": lambda x: np.exp(5 * x.a) - 20 * x.b}, kind="latin_hypercube")

    found = sensitivity(results, "y")
    wide = found.wide()

    assert found.indices.method == "standardised rank regression"
    assert wide.at["a", "rank_coefficient"] > 0.5 > 0 > wide.at["b", "rank_coefficient"]
    assert wide.at["c", "rank_coefficient_low"] < 0 < wide.at["c", "rank_coefficient_high"]


def test_where_ranks_say_little_an_even_sample_is_read_by_rbd_fast():
    points = pd.DataFrame(latin.sample(PROBLEM, 1000, seed=2), columns=PROBLEM["names"])
    results = made(points, {"y": ishigami}, kind="latin_hypercube", factors=RANGES)

    found = sensitivity(results, "y")

    assert "RBD-FAST" in found.indices.method
    assert found.wide()["first"].to_dict() == pytest.approx(ISHIGAMI_FIRST, abs=0.07)


def test_a_list_whose_ranks_say_little_warns_instead():
    results = made(uniform(200, x=(-1, 1), z=(0, 1)), {"y": lambda x: x.x**2}, kind="list")

    assert any("no effect" in note for note in sensitivity(results, "y").notes)


def test_luck_is_the_share_of_variance_between_seeds_of_a_point():
    results = made(uniform(200, a=(0, np.sqrt(12))), {"y": lambda x: x.a}, seeds=5, noise=1)  # both variances are 1

    assert sensitivity(results, "y").response.luck == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize(
    ("results", "says"),
    [
        (made(grid(a=[1, 2]), {"price": lambda x: x.a}, kind="grid"), 'Did you mean "price"'),
        (made(grid(a=[1, 2]), {"prise": lambda x: 0 * x.a + 4}, kind="grid"), "the same .4. at all 2 points"),
        (made(uniform(5, a=(0, 1), b=(0, 1)), {"prise": lambda x: x.a}), "2 factors need at least 8"),
        (made(grid(a=[1, 2]), {"prise": lambda x: np.nan * x.a}, kind="grid"), "no run of made has a number"),
        (saltelli(4), "4 of 4 blocks"),
    ],
)
def test_what_cannot_be_answered_says_why(results, says):
    name = "y" if "y" in results.runs else "prise"
    with pytest.raises(AnalysisError, match=says):
        sensitivity(results, name)


def test_a_factor_without_order_is_taken_in_the_order_of_the_file_and_said():
    points = uniform(60, stock=(0, 100)).assign(who=["state", "firms", "nobody"] * 20)
    factors = [FACTORS[0], {"name": "who", "values": ["nobody", "firms", "state"]}]
    worth = {"nobody": 0, "firms": 1, "state": 2}

    found = sensitivity(made(points, {"y": lambda x: x.who.map(worth)}, factors=factors), "y")

    assert found.wide().at["who", "rank_coefficient"] == pytest.approx(1, abs=0.02)
    assert any("order of the file: who" in note for note in found.notes)
