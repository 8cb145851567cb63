"""Scenario discovery finds what was planted, says so in words, and knows luck when it sees it."""

import numpy as np
import pandas as pd
import pytest
from made_sweeps import FACTORS, grid, made, uniform

from market_abm.sweep.box import Limit, balance, find_box, inside, told_box
from market_abm.sweep.discover import discover
from market_abm.sweep.response import AnalysisError

POINTS = uniform(160, stock=(0, 100), weeks=(0, 52), other=(0, 1))
PLANTED = {"lost": lambda x: 10.0 * ((x.stock < 40) & (x.weeks > 12))}
SAMPLED = made(
    POINTS,
    PLANTED,
    kind="latin_hypercube",
    factors=[*FACTORS, {"name": "other"}],
    seeds=2,
    noise=1,
    lost=[(3, 0), (3, 1)],
)


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("market_abm.sweep.discover.SHUFFLES", 4)  # each is a search
        return discover(SAMPLED, "lost", above=5)


def test_a_planted_box_is_found(found):
    (region,) = found.regions

    assert set(region.box) == {"stock", "weeks"}
    assert region.box["stock"].high == pytest.approx(40, abs=4)
    assert region.box["weeks"].low == pytest.approx(12, abs=3)
    assert region.box["stock"].low is None
    assert region.box["weeks"].high is None
    assert min(region.coverage, region.density, region.fresh_coverage, region.fresh_density) > 0.85
    assert region.as_good == 0
    assert not region.is_luck


def test_the_sentence_counts_what_it_says(found):
    (region,) = found.regions
    table = found.table
    within = (table["stock"] <= region.box["stock"].high) & (table["weeks"] >= region.box["weeks"].low)
    hits = int((within & (table["value"] > 5)).sum())

    assert region.sentence.startswith("stockpile below ")
    assert " and embargo above " in region.sentence
    assert f": {hits} of {int(within.sum())} runs; " in region.sentence
    assert region.coverage == hits / found.cases


def test_missing_points_are_said(found):
    assert found.runs == 318
    assert found.notes[0] == "Left out for want of a result: 1 point (3)."


def test_noise_alone_is_called_luck():
    draws = iter(range(9))
    noise = made(
        uniform(40, a=(0, 1), b=(0, 1), c=(0, 1)),
        {"y": lambda x: np.random.default_rng(next(draws)).standard_normal(len(x))},
        kind="latin_hypercube",
    )

    regions = discover(noise, "y", above=0.5).regions

    assert all(region.is_luck for region in regions)


def test_levels_of_a_grid_and_switches_are_said_as_they_are():
    points = grid(stock=[0, 10, 20, 30, 40], weeks=[0, 4, 8, 12], on=[False, True])
    inputs, factors = points, made(points, {"y": lambda x: x.stock}, factors=[*FACTORS, {"name": "on"}]).sweep.factor
    case = ((points["stock"] <= 20) & (points["weeks"] >= 8) & points["on"]).to_numpy()

    box = find_box(inputs, case, factors)

    assert (inside(box, inputs) == case).all()
    assert told_box(box, factors, points) == "stockpile at most 20 day and embargo at least 8 week and on on"


def test_words_without_order_are_found_the_same_whatever_their_names():
    points = uniform(120, a=(0, 1)).assign(who=["state", "firms", "nobody"] * 40)
    factors = made(points, {"y": lambda x: x.a}).sweep.factor

    box = find_box(points, points["who"].isin(["state", "nobody"]).to_numpy(), factors)

    assert dict(box) == {"who": Limit(among=("nobody", "state"))}


def test_balance_is_the_harmonic_mean_of_coverage_and_density():
    coverage, density = 30 / 50, 30 / 40

    assert balance(30, 40, 50) == pytest.approx(2 * coverage * density / (coverage + density))
    assert balance(0, 40, 50) == 0


def test_a_run_on_the_limit_is_inside():
    inputs = pd.DataFrame({"a": [1.0, 2.0, 3.0]})

    assert list(inside({"a": Limit(low=2.0)}, inputs)) == [False, True, True]


@pytest.mark.parametrize(
    ("results", "asked", "says"),
    [
        (SAMPLED, {"above": 500}, "0 of 318 runs have lost above 500; .* It goes from"),
        (SAMPLED, {"below": 500}, "318 of 318 runs have lost below 500"),
        (SAMPLED, {}, "give one of --above and --below"),
        (SAMPLED, {"above": 1, "below": 2}, "give one of --above and --below"),
        (made(uniform(15, a=(0, 1)), {"lost": lambda x: x.a}), {"above": 0.5}, "at least 20"),
    ],
)
def test_what_cannot_be_answered_says_why(results, asked, says):
    with pytest.raises(AnalysisError, match=says):
        discover(results, "lost", **asked)
