"""A world is played, governed, rewound and saved, and what was played can be run again without the page."""

import datetime as dt
import gc
import weakref
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_abm.app.compare import comparable, difference, first_difference
from market_abm.app.saving import scenario_toml
from market_abm.app.world import World, WorldError
from market_abm.policy import (
    AnyPolicy,
    Crackdown,
    Embargo,
    Equity,
    ExportLicence,
    ExportQuota,
    ExportTax,
    ImportTariff,
    Loan,
    PriceFloor,
    StateOfftake,
    Stockpile,
    ThriftingSubsidy,
)
from market_abm.record.digest import digest
from market_abm.record.run import simulate
from market_abm.scenario.loading import load_scenario, parse_scenario
from market_abm.scenario.schema import Scenario

EARLY = dt.date(2000, 1, 3)  # before every run
DECREES: list[Callable[[], AnyPolicy]] = [
    lambda: Embargo(origin="CN", destination="JP"),
    lambda: Embargo(origin="CN", destination="RW", leak=0.2, materials=["Dy"]),
    lambda: ExportQuota(origin="CN", rounds=[(EARLY, 300.0)]),
    lambda: ExportQuota(origin="CN", rounds=[(EARLY, 900.0)], materials=["NdPr"], end=dt.date(2010, 9, 15)),
    lambda: ExportLicence(origin="CN", destinations=["JP"], approval=[(EARLY, 0.4)], review_weeks=3),
    lambda: ExportTax(origin="CN", rate=[(EARLY, 0.25)]),
    lambda: ImportTariff(destination="JP", rate=[(EARLY, 0.1)]),
    lambda: Crackdown(zone="CN", depth=[(EARLY, 0.6)]),
    lambda: Stockpile(actor="jogmec", days=30, build_weeks=8),
    lambda: Equity(actor="jogmec"),
    lambda: Loan(actor="jogmec"),
    lambda: StateOfftake(actor="jogmec", floor_usd_per_kg=20),
    lambda: ThriftingSubsidy(zone="JP", speed=0.3, musd_per_year=5),
]


def replayed(world: World) -> str:
    """Digest of the saved scenario, run from its start without the page."""
    until = None if world.finished else world.today
    return simulate(parse_scenario(scenario_toml(world)), world.seed, until=until).digest


def finish(world: World) -> World:
    world.step(world.weeks)
    return world


# -- playing ---------------------------------------------------------------------------------
def test_a_world_plays_the_weeks_of_its_scenario(world: World, small: Scenario) -> None:
    world.step(7)
    assert (world.week, world.today) == (7, small.time.start + dt.timedelta(weeks=7))
    finish(world)

    assert world.finished
    assert world.week == world.weeks == 40
    assert digest(world.tables()) == simulate(small, 3).digest


def test_a_day_is_found_in_the_calendar_and_never_outside_the_run(world: World) -> None:
    assert world.week_of(world.date_of(5) + dt.timedelta(days=6)) == 5
    assert world.week_of(dt.date(1999, 1, 1)) == 0
    assert world.week_of(dt.date(2099, 1, 1)) == world.weeks


def test_a_week_that_breaks_down_leaves_the_world_as_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.step(15)
    world.decree(Embargo(origin="CN", destination="JP"))
    before = digest(world.tables())

    def broken() -> None:
        world.model.recorder.log("policy", "nobody", "half a week")
        world.model.ledger.money[0] += 1
        raise OverflowError("too large")

    with monkeypatch.context() as patched:
        patched.setattr(world.model, "step", broken)
        with pytest.raises(WorldError, match=r"broke down in the week of 2010-04-19.*too large"):
            world.step()

    assert world.week == 15
    assert digest(world.tables()) == before
    assert [policy.type for policy in world.policies if policy.state != "over"] == ["embargo"]
    assert replayed(finish(world)) == digest(world.tables())


# -- governing -------------------------------------------------------------------------------
def test_an_embargo_in_calm_2009_raises_the_price_outside_and_replays_to_the_same_digest() -> None:
    calm = load_scenario("baseline", ["time.start=2008-07-07", "time.record_from=2008-12-01", "time.end=2009-10-05"])
    free, shut = World(calm, seed=1), World(calm, seed=1, name="B")
    for world in (free, shut):
        world.step(world.week_of(dt.date(2009, 6, 1)))
    for zone in ("JP", "US", "EU", "RW"):
        shut.decree(Embargo(origin="CN", destination=zone))
    free.step(12)
    shut.step(12)

    for zone in ("JP", "US", "EU"):  # the rest of the world uses little and is smuggled to
        rise = shut.series(f"price.NdPr.{zone}")[1][-1] / free.series(f"price.NdPr.{zone}")[1][-1]
        assert rise > 1.1, zone
    assert shut.series("imports.NdPr.JP")[1][-4:].sum() < free.series("imports.NdPr.JP")[1][-4:].sum() / 2
    assert {flow.destination for flow in shut.flows() if flow.closed} == {"JP", "US", "EU", "RW"}
    finish(shut)
    assert replayed(shut) == digest(shut.tables())


acts = st.lists(st.tuples(st.integers(0, 6), st.integers(0, len(DECREES) - 1), st.booleans()), max_size=6)


@settings(max_examples=10)
@given(acts=acts)
def test_whatever_is_decreed_and_lifted_replays_to_the_same_digest(
    tiny_scenario: Callable[..., Scenario], acts: list[tuple[int, int, bool]]
) -> None:
    given_quota = {"type": "export_quota", "origin": "CN", "rounds": [[dt.date(2009, 12, 28), 700.0]]}
    world = World(tiny_scenario(weeks=32, policy=[given_quota]), seed=2)
    for weeks, number, lifts in acts:
        world.step(weeks)
        standing = [policy.label for policy in world.policies if policy.state != "over"]
        if lifts and standing:
            world.lift(standing[number % len(standing)])
        elif not world.finished:
            world.decree(DECREES[number]())
    told = replayed(world) if world.week else ""
    assert not world.week or told == digest(world.tables())  # amid the run
    assert replayed(finish(world)) == digest(world.tables())
    world.close()


def test_a_decree_holds_from_the_coming_monday_and_stands_in_the_log(world: World) -> None:
    world.step(10)
    monday = world.today
    label = world.decree(Embargo(origin="CN", destination="JP"))
    assert [(one.label, one.state, one.since) for one in world.policies] == [(label, "planned", monday)]

    world.step()

    (standing,) = world.policies
    assert (standing.state, standing.government, standing.decreed) == ("in force", "CN", True)
    assert world.events(1)[0].day == monday
    assert world.events(1)[0].text.startswith(f"in force: {label}")
    (decree,) = world.decrees
    assert (decree.week, decree.day, decree.government, decree.lifts) == (10, monday, "CN", False)
    assert decree.words == "Embargo: origin CN, destination JP"


def test_a_lifted_policy_is_gone_from_the_coming_week(world: World) -> None:
    label = world.decree(Embargo(origin="CN", destination="JP"))
    world.step(5)
    last = world.lift(label)
    world.step()

    assert last == world.date_of(5) == world.events(1)[0].day
    assert world.events(1)[0].text == f"ended: {label}"
    assert world.policies[0].state == "over"
    assert world.decrees[-1].lifts
    assert not [flow for flow in world.flows() if flow.closed]


def test_a_decree_lifted_before_it_held_leaves_no_trace(world: World, small: Scenario) -> None:
    world.step(5)
    world.lift(world.decree(Embargo(origin="CN", destination="JP")))

    assert world.policies == []
    assert digest(finish(world).tables()) == simulate(small, 3).digest


def test_the_same_decree_twice_gets_two_names(world: World) -> None:
    first = world.decree(Embargo(origin="CN", destination="JP"))
    second = world.decree(Embargo(origin="CN", destination="JP"))
    assert first != second
    assert second.startswith(first)


def test_what_does_not_fit_is_refused_in_words_and_changes_nothing(world: World) -> None:
    refused: list[tuple[AnyPolicy, str]] = [
        (Stockpile(actor="jogmce"), 'Did you mean "jogmec"'),
        (Embargo(origin="CN", destination="Mars"), '"Mars" is no zone'),
        (ExportQuota(origin="JP", rounds=[(EARLY, 1.0)]), "no export gate"),
        (Embargo(origin="CN", destination="JP", end=EARLY + dt.timedelta(days=1), start=EARLY), "before it starts"),
    ]
    for policy, words in refused:
        with pytest.raises(WorldError, match=words):
            world.decree(policy)
    with pytest.raises(WorldError, match="There is no policy"):
        world.lift("embargo")
    assert world.policies == []
    assert world.decrees == []


def test_nothing_is_decreed_or_lifted_twice_over(world: World) -> None:
    label = world.decree(Embargo(origin="CN", destination="JP"))
    world.step()
    world.lift(label)
    with pytest.raises(WorldError, match="over already"):
        world.lift(label)
    finish(world)
    with pytest.raises(WorldError, match="branch from an earlier week"):
        world.decree(Embargo(origin="CN", destination="JP"))


def test_a_promise_that_is_taken_back_was_believed_until_then(tiny_scenario: Callable[..., Scenario]) -> None:
    dear = {"mine": {"ridge": {"capex_usd_per_t": (60000.0, 60000.0)}}}  # built for the floor, or not at all
    world = World(tiny_scenario(dear, weeks=40), seed=3)
    label = world.decree(PriceFloor(actor="jogmec", project="ridge", material="Dy", floor=1000.0))
    world.step(30)
    world.lift(label)

    assert replayed(finish(world)) == digest(world.tables())
    world.close()


# -- going back ------------------------------------------------------------------------------
@settings(max_examples=6)
@given(week=st.integers(0, 40), decreed=st.lists(st.integers(0, 39), max_size=3, unique=True))
def test_a_branch_shares_the_past_to_the_last_bit_and_the_same_luck_after(
    tiny_scenario: Callable[..., Scenario], week: int, decreed: list[int]
) -> None:
    world = World(tiny_scenario(weeks=40), seed=6)
    for number, at in enumerate(sorted(decreed)):
        world.step(at - world.week)
        world.decree(DECREES[number]())
    finish(world)

    child = world.branch(week, "B")

    assert child.week == week
    assert first_difference(world, child) is None
    assert [decree.week for decree in child.decrees] == [at for at in sorted(decreed) if at < week]
    np.testing.assert_array_equal(child.series("public_money.JP")[1], world.series("public_money.JP")[1][:week])
    assert replayed(finish(child)) == digest(child.tables())
    if all(at < week for at in decreed):
        assert digest(child.tables()) == digest(world.tables())
    for one in (world, child):
        one.close()


def test_two_worlds_are_alike_until_one_is_governed(small: Scenario, world: World) -> None:
    world.step(30)
    child = world.branch(20, "B")
    child.decree(Embargo(origin="CN", destination="JP"))
    child.step(10)

    assert first_difference(world, child) == 20
    weeks, more = difference(world, child, "price.NdPr.JP")
    assert weeks[-1] == 29
    assert not more[:20].any()
    assert more[20:].any()
    assert comparable(world, child) == ""
    assert "luck differs" in comparable(world, World(small, seed=4, name="C"))


def test_a_branch_can_be_branched_and_the_first_world_goes_on_undisturbed(world: World) -> None:
    world.step(22)
    label = world.decree(Embargo(origin="CN", destination="JP"))  # what the branch leaves out
    world.step(8)
    child = world.branch(22, "B")
    child.step(2)
    child.decree(ExportTax(origin="CN", rate=[(EARLY, 0.5)]))
    child.step(8)
    grandchild = child.branch(28, "C")

    assert [policy.type for policy in grandchild.policies] == ["export_tax"]
    assert first_difference(child, grandchild) is None
    assert digest(finish(grandchild).tables()) == digest(finish(child).tables()) == replayed(child)
    assert [policy.label for policy in world.policies] == [label]
    assert digest(finish(world).tables()) == replayed(world)


def test_a_branch_knows_its_last_auction(world: World) -> None:
    world.step(30)
    child = world.branch(26, "B")  # the week of a snapshot
    np.testing.assert_array_equal(child.model.week.trade.ticks, world.model.recorder.price[25])


def test_no_world_branches_from_its_future(world: World) -> None:
    world.step(4)
    with pytest.raises(WorldError, match="up to that"):
        world.branch(5, "B")


def test_snapshots_stand_every_quarter_and_stay_small(world: World) -> None:
    finish(world)
    assert [kept.week for kept in world.timeline.snapshots] == [0, 13, 26, 39]
    assert world.timeline.size < 1_000_000


def test_a_closed_world_is_forgotten(small: Scenario) -> None:
    world = World(small, seed=1)
    world.step(14)
    child = world.branch(10, "B")
    models = [weakref.ref(one.model) for one in (world, child)]
    for one in (world, child):
        one.close()
    del world, child, one
    gc.collect()

    assert [model() for model in models] == [None, None]
