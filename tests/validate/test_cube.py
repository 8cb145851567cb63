import math

import numpy as np
import pytest

from market_abm.scenario.loading import load_scenario
from market_abm.validate import cube


def peaks(**off: float) -> dict:
    """Peaks of twenty seeds at every corner; each restriction taken away multiplies them by its factor."""
    luck = np.exp(np.random.default_rng(5).normal(0, 0.3, 20))
    return {
        corner: 15 * luck * math.prod(factor for name, factor in off.items() if name not in corner)
        for corner in cube.corners()
    }


def test_the_cube_has_eight_corners_and_twelve_edges():
    found = cube.edges(peaks(quota=0.4, embargo=0.9, restraint=0.8))

    assert len(set(cube.corners())) == 8
    assert len(found) == 12
    assert sorted(edge.taken for edge in found) == ["embargo"] * 4 + ["quota"] * 4 + ["restraint"] * 4


def test_pairing_finds_an_effect_that_luck_would_hide():
    edges = {edge.taken: edge for edge in cube.edges(peaks(quota=0.4, embargo=1.1, restraint=0.8))}

    assert edges["quota"].factor == pytest.approx(0.4)
    assert not edges["quota"].rises
    assert edges["embargo"].rises


def test_a_rise_that_the_seeds_do_not_agree_on_is_no_rise():
    found = peaks(quota=0.4, embargo=1.0, restraint=0.8)
    found[cube.FULL - {"embargo"}] = found[cube.FULL] * np.where(np.arange(20) < 12, 1.2, 0.7)

    edge = next(one for one in cube.edges(found) if one.taken == "embargo" and len(one.beside) == 2)

    assert edge.factor > 1
    assert not edge.rises


def test_few_seeds_decide_nothing_and_failed_runs_are_left_out():
    found = {corner: some[:5] for corner, some in peaks(quota=5.0, embargo=1.0, restraint=1.0).items()}
    found[cube.NONE] = np.full(5, np.nan)

    edges = cube.edges(found)

    assert not any(edge.rises for edge in edges)
    assert sum(math.isnan(edge.factor) for edge in edges) == 3


def test_a_corner_switches_off_what_its_restrictions_are_made_of_and_nothing_else():
    whole = load_scenario("japan-2010")

    bare = cube.at_corner(whole, frozenset({"embargo"}))

    switched = {*cube.RESTRICTIONS["quota"], *cube.RESTRICTIONS["restraint"]}
    assert {policy.name for policy in bare.policy if not policy.enabled} == switched
    assert {policy.name for policy in bare.policy} == {policy.name for policy in whole.policy}
    assert bare.time.end.isoformat() == cube.UNTIL
    assert cube.at_corner(whole, cube.FULL).policy == whole.policy


@pytest.mark.parametrize(
    ("name", "there"), [("japan-2010", True), ("rare-earths-2025", True), ("tiny", False), ("controls-2025", False)]
)
def test_only_a_scenario_with_these_policies_has_the_cube(name, there):
    assert cube.has_restrictions(load_scenario(name)) is there
