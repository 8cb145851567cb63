"""Snapshots continue a run bit for bit; branches share the past and nothing else."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_abm.model import MineralMarket, branch
from market_abm.record.digest import digest
from market_abm.record.snapshot import SnapshotError, restore, take
from market_abm.scenario.loading import load_scenario, parse_scenario

SHUT = """
extends = "tiny"
[[policy]]
type = "embargo"
name = "shut"
origin = "CN"
destination = "JP"
start = 2009-09-07
"""


def finished(model: MineralMarket) -> MineralMarket:
    while model.running:
        model.step()
    return model


@settings(max_examples=6, deadline=None)
@given(week=st.integers(0, 59))
def test_a_run_restored_at_any_week_ends_the_same(week: int) -> None:
    straight, stopped = MineralMarket("tiny", rng=5), MineralMarket("tiny", rng=5)
    for _ in range(week):
        stopped.step()

    resumed = finished(restore(take(stopped)))

    assert digest(resumed.tables()) == digest(finished(straight).tables())
    np.testing.assert_array_equal(resumed.ledger.money, straight.ledger.money)
    np.testing.assert_array_equal(resumed.ledger.mass, straight.ledger.mass)


def test_the_crisis_goes_on_after_a_restore_amid_the_embargo() -> None:
    scenario = load_scenario("japan-2010", ["time.end=2011-02-28"])
    model = MineralMarket(scenario, rng=2)
    while model.today < dt.date(2010, 10, 18):
        model.step()

    resumed = finished(restore(take(model)))

    assert digest(resumed.tables()) == digest(finished(model).tables())


def test_a_restored_model_counts_its_steps_on() -> None:
    model = MineralMarket("tiny", rng=0)
    for _ in range(7):
        model.step()

    resumed = restore(take(model))

    assert (resumed.steps, resumed.today, resumed.running) == (7, model.today, True)


@pytest.mark.parametrize("damage", [lambda data: data[:-40], lambda data: b"not an archive", lambda data: b""])
def test_damaged_bytes_are_no_snapshot(damage: Callable[[bytes], bytes]) -> None:
    data = take(MineralMarket("tiny", rng=0))

    with pytest.raises(SnapshotError, match="no snapshot"):
        restore(damage(data))


def test_a_branch_shares_the_past_and_feels_the_difference() -> None:
    at = dt.date(2009, 6, 1)
    calm, other = load_scenario("tiny"), parse_scenario(SHUT)
    straight = finished(MineralMarket(calm, rng=4))

    shut = finished(branch(calm, 4, at, other))

    first = (dt.date(2009, 9, 7) - calm.time.start).days // 7
    np.testing.assert_array_equal(shut.recorder.price[:first], straight.recorder.price[:first])
    assert (shut.recorder.price[first:] != straight.recorder.price[first:]).any()


def test_a_branch_may_not_change_the_world() -> None:
    calm = load_scenario("tiny")
    bigger = load_scenario("tiny", ["parameters.miner.ramp_weeks=10"])

    with pytest.raises(ValueError, match="parameters"):
        branch(calm, 0, dt.date(2009, 6, 1), bigger)


def test_a_branch_leaves_inside_the_run() -> None:
    calm = load_scenario("tiny")

    with pytest.raises(ValueError, match="outside the run"):
        branch(calm, 0, dt.date(2030, 1, 7), calm)
