"""Every instrument can be decreed as its form stands; nothing absurd becomes a policy, and nothing raises but words."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_abm.app.desk import DeskError, desk, make_policy
from market_abm.app.form import LASTS
from market_abm.app.world import World
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

USABLE = [
    *(("CN", kind) for kind in ("embargo", "export_quota", "export_licence", "export_tax", "import_tariff")),
    *(("CN", kind) for kind in ("production_quota", "crackdown", "mining_charge", "concentrate_reserve")),
    *(("CN", kind) for kind in ("output_halt", "processing_subsidy")),
    *(("JP", kind) for kind in ("import_tariff", "thrifting_subsidy", "recycling_subsidy", "stockpile")),
    *(("JP", kind) for kind in ("stockpile_release", "band_purchase", "equity", "loan", "offtake", "price_floor")),
    *(("JP", kind) for kind in ("exploration_grant", "embargo")),
    *(("", kind) for kind in ("demand_shock", "supply_outage", "louder_news")),
]


def entries(world: World, zone: str, kind: str) -> dict[str, Any]:
    (tool,) = (one for office in desk(world) if office.zone == zone for one in office.instruments if one.type == kind)
    return {field.name: field for field in tool.fields}


@pytest.mark.parametrize(("zone", "kind"), USABLE)
def test_a_form_as_it_stands_is_a_policy_that_the_world_takes(world: World, zone: str, kind: str) -> None:
    world.step(3)
    policy = make_policy(world, zone, kind, {})

    world.decree(policy)
    world.step()

    assert world.policies[-1].state == "in force"
    assert world.policies[-1].government == zone
    assert policy.start == world.date_of(3)
    assert policy.end is None


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize(("zone", "kind"), USABLE)
def test_the_market_bears_whatever_a_form_allows(small: Scenario, zone: str, kind: str, end: str) -> None:
    world = World(small, seed=1)
    numbers = {
        name: getattr(field, end) for name, field in entries(world, zone, kind).items() if field.kind == "number"
    }
    numbers[LASTS] = None
    if kind == "band_purchase":
        numbers |= {"low_price": None, "high_price": None}

    world.decree(make_policy(world, zone, kind, numbers))
    world.step(14)

    assert world.week == 14
    world.close()


def test_what_is_read_in_per_cent_and_for_some_weeks_is_what_the_model_gets(world: World) -> None:
    world.step(2)
    policy = make_policy(world, "CN", "export_tax", {"rate": "25", "materials": ["Dy"], LASTS: 10})

    assert policy.model_dump(include={"origin", "rate", "materials", "start", "end"}) == {
        "origin": "CN",
        "rate": [(world.today, 0.25)],
        "materials": ["Dy"],
        "start": world.today,
        "end": world.today + dt.timedelta(weeks=10),
    }


def test_a_released_stockpile_is_sold(world: World) -> None:
    world.decree(make_policy(world, "JP", "stockpile", {"days": 90, "build_weeks": 4, "buy_below": 9}))
    world.step(15)
    held = world.series("stock.state.NdPr")[1][-1]
    world.lift(world.policies[0].label)
    world.decree(make_policy(world, "JP", "stockpile_release", {"weekly_share": 50}))
    world.step(15)

    assert held > 0
    assert world.series("stock.state.NdPr")[1][-1] < held
    assert world.policies[-1].words.startswith("Release of the stockpile: state body jogmec")


@pytest.mark.parametrize(
    ("zone", "kind", "values", "said"),
    [
        ("CN", "export_tax", {"rate": 2500}, "must lie between 0 and 100 %, not 2,500"),
        ("CN", "export_tax", {"rate": -1}, "must lie between 0 and 100 %"),
        ("CN", "export_tax", {"rate": "nan"}, "must lie between"),
        ("CN", "export_tax", {"rate": 10**400}, "is no number"),
        ("CN", "export_tax", {"rate": ""}, "Rate is empty"),
        ("CN", "export_tax", {"rate": "much"}, '"much" is no number'),
        ("CN", "export_tax", {"rat": 5}, 'Did you mean "rate"'),
        ("CN", "export_quota", {"rounds": 1e12}, "must lie between 0 and 1,000,000 t"),
        ("CN", "embargo", {"destination": "CN"}, '"CN" cannot be chosen'),
        ("CN", "embargo", {"materials": ["Unobtainium"]}, '"Unobtainium" cannot be chosen'),
        ("CN", "embrago", {}, 'Did you mean "embargo"'),
        ("Mars", "embargo", {}, '"Mars" is no government'),
        ("CN", "stockpile", {}, "CN has no state body in this scenario"),
        ("JP", "export_quota", {}, "no export gate"),
        ("JP", "band_purchase", {"low_price": 50, "high_price": 20}, "must exceed"),
    ],
)
def test_what_cannot_be_is_refused_in_words(world: World, zone: str, kind: str, values: Any, said: str) -> None:
    with pytest.raises(DeskError, match=said) as refused:
        make_policy(world, zone, kind, values)
    assert all(fault.endswith((".", "?")) for fault in refused.value.faults)


def test_all_faults_of_a_form_are_told_at_once(world: World) -> None:
    with pytest.raises(DeskError) as refused:
        make_policy(world, "CN", "embargo", {"destination": "Mars", "leak": 300, "reexport_leak": "x"})
    assert len(refused.value.faults) == 3


junk = st.one_of(
    st.none(), st.text(max_size=8), st.floats(), st.integers(), st.booleans(), st.lists(st.text(max_size=4))
)


@settings(max_examples=60)
@given(place=st.sampled_from(USABLE), values=st.data())
def test_no_form_makes_the_desk_stumble(small: Scenario, place: tuple[str, str], values: st.DataObject) -> None:
    world = World(small, seed=1)
    fields = entries(world, *place)
    filled = {name: values.draw(junk) for name in values.draw(st.sets(st.sampled_from(sorted(fields))))}
    faults: list[str] = []
    try:
        assert make_policy(world, *place, filled).start == world.today
    except DeskError as refused:
        faults = refused.faults or [""]
    assert all(faults)
    world.close()


def test_an_offer_can_be_made_to_one_project(world: World) -> None:
    field = entries(world, "JP", "equity")["projects"]
    assert [name for name, _ in field.choices] == ["lake", "ridge", "desert"]
    policy = make_policy(world, "JP", "equity", {"projects": ["ridge"]})
    assert policy.model_dump()["projects"] == ["ridge"]


def test_every_government_of_the_shipped_world_has_a_desk() -> None:
    world = World(load_scenario("japan-2010"), seed=1)
    offices = {office.zone: office for office in desk(world)}

    assert list(offices) == ["CN", "JP", "US", "EU", ""]
    assert offices["JP"].bodies == (("JOGMEC", 0.0),)
    assert "no state body" in next(one for one in offices["US"].instruments if one.type == "equity").missing
    for office in offices.values():
        for tool in office.instruments:
            assert tool.words.endswith(".")
            assert len({field.name for field in tool.fields}) == len(tool.fields)
            for field in tool.fields:
                assert field.help.endswith(".")
                assert field.label[:1].isupper()
                assert (field.kind == "number") == (field.low is not None)
    world.close()
