"""Causes: each takes away what it says, groups do not overlap, and what is absent costs no run."""

import itertools

import pytest

from market_abm.explain.cause import (
    AT_THE_BORDER,
    AT_THE_PIT,
    CAUSES,
    GROUPS,
    is_present,
    restrictions,
    settings,
    without,
)
from market_abm.scenario.library import scenario_names
from market_abm.scenario.loading import load_scenario

CAUSE = {cause.name: cause for cause in CAUSES}


@pytest.fixture(scope="module")
def japan():
    return load_scenario("japan-2010")


def test_the_episode_holds_every_cause_but_case_by_case_licences(japan):
    assert [cause.name for cause in CAUSES if not is_present(japan, cause)] == ["licences"]


def test_no_change_belongs_to_two_groups(japan):
    for first, second in itertools.combinations(GROUPS, 2):
        shared = set(first.change(japan).sets) & set(second.change(japan).sets)
        assert not shared, f"{first.name} and {second.name}"
        assert not first.change(japan).rules & second.change(japan).rules


def test_without_restrictions_the_exporter_restricts_nothing_and_everybody_else_acts_as_before(japan):
    free = without(japan, [GROUPS[0]])

    assert restrictions(japan)
    assert not restrictions(free)
    kept = {policy.label for policy in japan.policy if not isinstance(policy, (*AT_THE_BORDER, *AT_THE_PIT))}
    assert {policy.label for policy in free.policy if policy.enabled} == kept


def test_single_restrictions_together_are_the_group(japan):
    border = [CAUSE[name] for name in ("quota", "licences", "embargo", "tax", "restraint")]

    assert set(settings(japan, border)) == set(settings(japan, [GROUPS[0]]))


def test_rules_of_several_causes_go_off_together_and_those_off_already_stay_off():
    scenario = load_scenario("tiny", ["rules_off=['recycling']"])

    off = without(scenario, [CAUSE["speculation"], CAUSE["news"]]).rules_off

    assert set(off) == {"recycling", "speculation", "news"}


def test_in_a_ready_world_nothing_is_slower_or_stiffer_than_before(japan):
    rigid, ready = japan, without(japan, [GROUPS[3]])

    for name, maker in rigid.manufacturer.items():
        assert ready.manufacturer[name].elasticity[0] >= max(maker.elasticity[0], 0.4)
    assert ready.parameters.miner.response > rigid.parameters.miner.response
    assert ready.parameters.miner.ramp_weeks < rigid.parameters.miner.ramp_weeks
    assert all(max(mine.lead_years) <= 1 for mine in ready.mine.values() if mine.status in ("permitted", "resource"))


def test_flat_costs_stay_at_the_level_of_the_growth_date(japan):
    flat = without(japan, [CAUSE["cost"]])

    for zone in flat.zone.values():
        assert [value for _, value in zone.cost_index] == [pytest.approx(1.0, abs=0.01)]


def test_a_cause_that_is_absent_leaves_the_very_same_scenario():
    scenario = load_scenario("tiny")

    assert without(scenario, [CAUSE["embargo"]]) is scenario


def test_a_restriction_that_begins_after_the_run_is_no_cause_of_it():
    scenario = load_scenario("rare-earths-2025", ["time.end=2013-01-07"])

    assert not is_present(scenario, CAUSE["licences"])


@pytest.mark.parametrize("name", scenario_names())
def test_every_group_can_be_taken_out_of_every_shipped_scenario(name):
    assert set(without(load_scenario(name), GROUPS).rules_off) >= {"hoarding", "speculation", "news"}
