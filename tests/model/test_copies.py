"""A copy of a model, however it is made, goes on bit for bit from any week, and shares nothing with its original."""

import copy
import datetime as dt
import hashlib
import pickle
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
import pytest

from market_abm.agents.speculator import Speculator
from market_abm.model import MineralMarket
from market_abm.record.snapshot import flattened, restore, take
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario
from market_abm.week_plan import Verb

Build = Callable[..., MineralMarket]
AHEAD = 4
"""Weeks that a copy is followed: what is in no state would be missed within one."""
COPIES: dict[str, Callable[[MineralMarket], MineralMarket]] = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "snapshot": lambda model: restore(take(model)),
}
ways = pytest.mark.parametrize("way", COPIES)


def state_of(model: MineralMarket) -> dict[str, str]:
    """All that a model is, part by part, each as a digest to the last bit."""
    arrays, plain = flattened(model)
    parts = {
        name: hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest() for name, values in arrays.items()
    }
    return {**parts, "plain": plain.decode()}


def month(day: str) -> tuple[dt.date, dt.date]:
    """From three weeks before a day to two weeks after it."""
    middle = dt.date.fromisoformat(day)
    return middle - dt.timedelta(weeks=3), middle + dt.timedelta(weeks=2)


def part_of(name: str, start: str, end: str) -> Scenario:
    """A shipped scenario begun and ended within its policies."""
    scenario = load_scenario(name)
    times = {"start": start, "record_from": start, "end": end}
    time = {key: dt.date.fromisoformat(day) for key, day in times.items()}
    return scenario.model_copy(update={"time": scenario.time.model_copy(update=time)})


PERIODS: dict[str, tuple[str, str, str, list[str]]] = {
    "crisis": (
        *("japan-2010", "2010-05-03", "2011-08-29"),
        # A cut of the quota, the embargo, a vote of parliament, a round, a contract signed, a halt of output.
        ["2010-07-05", "2010-09-20", "2010-11-01", "2011-01-03", "2011-01-31", "2011-07-04"],
    ),
    "licences": ("controls-2025", "2024-12-02", "2025-12-01", ["2025-01-06", "2025-04-07", "2025-10-06"]),
}
"""A shipped scenario, its first and last day here, and days about which copies are taken every week."""


def eventful(scenario: Scenario, days: list[str]) -> list[int]:
    """Weeks of a scenario that lie within three weeks before and two after one of the days."""
    found = set()
    for day in days:
        first, last = month(day)
        found |= {(first - scenario.time.start).days // 7 + number for number in range((last - first).days // 7 + 1)}
    return sorted(week for week in found if week >= 0)


@ways
@pytest.mark.parametrize("period", PERIODS)
def test_a_copy_taken_about_an_event_goes_on_bit_for_bit(period: str, way: str) -> None:
    name, start, end, days = PERIODS[period]
    scenario = part_of(name, start, end)
    weeks = eventful(scenario, days)
    model = MineralMarket(scenario, rng=4)
    followed: list[tuple[int, MineralMarket]] = []
    while model.running:
        if model.week_index in weeks:
            followed.append((model.week_index, COPIES[way](model)))
        model.step()
        for _, other in followed:
            other.step()
        if followed and followed[0][0] + AHEAD == model.week_index:
            (taken, other), expected = followed.pop(0), state_of(model)
            found = state_of(other)
            assert [part for part in expected if found[part] != expected[part]] == [], f"copy of week {taken}"
    assert not followed


def test_the_periods_hold_what_copies_are_tested_about() -> None:
    seen = set()
    for name, start, end, _ in PERIODS.values():
        model = MineralMarket(part_of(name, start, end), rng=4)
        while model.running:
            model.step()
        seen |= {kind for _, kind, _, _ in model.recorder.events}
    assert seen >= {"policy", "quota", "vote", "state funding", "halt"}


@ways
def test_a_copy_of_a_copy_is_as_good(tiny_model: Build, way: str) -> None:
    model = tiny_model(run=11)

    twin = COPIES[way](COPIES[way](model))

    for each in (model, twin):
        for _ in range(5):
            each.step()
    assert state_of(twin) == state_of(model)


@ways
def test_who_has_left_has_left_in_the_copy_too(tiny_model: Build, way: str) -> None:
    model = tiny_model(run=5)
    model.agents_by_type[Speculator][0].remove()

    twin = COPIES[way](model)

    assert [agent.name for agent in twin.agents] == [agent.name for agent in model.agents]
    twin.step()
    model.step()
    assert state_of(twin) == state_of(model)


def test_a_model_restored_to_an_earlier_week_has_its_agents_back(tiny_model: Build) -> None:
    model = tiny_model(run=5)
    before, count = copy.deepcopy(model.world.dump()), len(model.agents)
    model.agents_by_type[Speculator][0].remove()

    model.restore(before)

    assert len(model.agents) == count


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_a_copy_keeps_what_a_user_hung_on_the_model(tiny_model: Build, way: str) -> None:
    model: Any = tiny_model(run=3)
    model.notes, model._own, model.favourite, model.me = ["one"], 7, model.world.speculators.agents[2], model
    model.running = False

    twin = COPIES[way](model)
    twin.notes.append("two")

    assert model.notes == ["one"]
    assert (twin._own, twin.running, twin.steps) == (7, False, 3)
    assert twin.me is twin
    assert twin.favourite is twin.world.speculators.agents[2]


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_a_copy_keeps_the_last_week_and_the_luck_of_mesa(tiny_model: Build, way: str) -> None:
    model = tiny_model(run=3)
    model.random.random(), model.rng.random()

    twin = COPIES[way](model)

    np.testing.assert_array_equal(twin.week.trade.flow, model.week.trade.flow)
    assert twin.week.trade.flow is not model.week.trade.flow
    assert (twin.random.random(), twin.rng.random()) == (model.random.random(), model.rng.random())
    assert [a.name for a in twin.agents.shuffle()] == [a.name for a in model.agents.shuffle()]


class Watched(MineralMarket):
    """A class of one's own, with a constructor of its own."""

    def __init__(self, scenario: Scenario, margin: float) -> None:
        super().__init__(scenario, rng=2)
        self.margin = margin
        self.datacollector = mesa.DataCollector(model_reporters={"week": "week_index"})

    def step(self) -> None:
        super().step()
        self.datacollector.collect(self)


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_a_class_of_ones_own_is_copied_whole(tiny_scenario: Callable[..., Scenario], way: str) -> None:
    model = Watched(tiny_scenario(), margin=0.3)
    model.step()

    twin = COPIES[way](model)
    twin.step()

    assert isinstance(twin, Watched)
    assert twin.margin == 0.3
    assert twin.datacollector.model_vars["week"] == [1, 2]
    assert model.datacollector.model_vars["week"] == [1]


def lend_a_hand(week_index: int, market: Any) -> None:
    """A verb of one's own."""
    market.news[:] += 0.001 * week_index


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_a_copy_has_the_week_of_its_original(tiny_model: Build, way: str) -> None:
    model = tiny_model()
    model.verbs.before("collect_orders", Verb(lend_a_hand))
    model.step()

    twin = COPIES[way](model)
    for each in (model, twin):
        each.step()

    assert state_of(twin) == state_of(model)
    twin.verbs.pop()
    assert len(model.verbs) == len(twin.verbs) + 1


class Onlooker(mesa.Agent):
    """An agent that belongs to no population."""


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_agents_that_are_no_part_of_the_market_are_copied(tiny_model: Build, way: str) -> None:
    model: Any = tiny_model(run=1)
    model.onlooker = Onlooker(model)

    twin: Any = COPIES[way](model)

    assert len(twin.agents) == len(model.agents)
    assert list(twin.agents_by_type[Onlooker]) == [twin.onlooker]
    assert twin.onlooker is not model.onlooker
    assert twin.onlooker.model is twin
