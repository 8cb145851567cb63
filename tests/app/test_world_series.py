"""Series, flows, lives and money say what the tables say, without making them."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from market_abm.app.inspector import agents
from market_abm.app.saving import as_run, file_stem, report_html, tables_zip
from market_abm.app.world import World
from market_abm.policy import Embargo, Equity, Stockpile, ThriftingSubsidy
from market_abm.record.public_measures import spending
from market_abm.scenario.schema import Scenario


@pytest.fixture(scope="module")
def played(tiny_scenario: Callable[..., Scenario]) -> World:
    """Thirty weeks with an embargo, a quota that binds and a state body that spends."""
    quota = {"type": "export_quota", "name": "quota", "origin": "CN", "rounds": [["2010-01-04", 300.0]]}
    world = World(tiny_scenario(weeks=40, policy=[quota]), seed=1)
    world.decree(Stockpile(actor="jogmec", days=60, build_weeks=4, buy_below=9))
    world.decree(Equity(actor="jogmec", cap=1.0))
    world.decree(ThriftingSubsidy(zone="RW", musd_per_year=10))
    world.step(20)
    world.decree(Embargo(origin="CN", destination="JP"))
    world.step(10)
    return world


def table(world: World, name: str, **where: str) -> pd.DataFrame:
    frame = world.tables()[name]
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


@pytest.fixture
def turned(small: Scenario) -> World:
    """A world whose scenario lists zones, materials and groups from the last to the first."""
    sections = ("zone", "material", "mine", "refinery", "manufacturer", "speculator")
    rows = {name: dict(reversed(getattr(small, name).items())) for name in sections}
    world = World(small.model_copy(update=rows), seed=3)
    world.step(3)
    return world


def test_everything_is_listed_in_the_order_of_the_scenario(turned: World) -> None:
    series = turned.list_series()
    prices = [info.name for info in series if info.group == "price"]
    places = ["RW", "JP", "CN", "CN export"]

    assert prices == [f"price.{material}.{place}" for material in ("Dy", "NdPr") for place in places]
    assert [info.zone for info in series if info.group == "cover"] == ["RW", "JP", "CN"]
    assert [life.name for life in turned.projects()] == ["desert", "ridge", "lake"]
    makers = [choice.name for choice in agents(turned) if choice.kind == "maker"]
    assert makers == ["alloys-rw", "magnets-jp", "magnets-jp 2", "magnets-jp 3", "magnets-cn", "magnets-cn 2"]


def test_the_order_of_the_scenario_does_not_change_its_weeks(turned: World, small: Scenario) -> None:
    straight = World(small, seed=3)
    straight.step(3)

    for name in ("price.NdPr.JP", "stock.manufacturers.Dy.CN", "mined.RW", "public_money.JP"):
        np.testing.assert_array_equal(turned.series(name)[1], straight.series(name)[1])


@pytest.mark.parametrize(
    ("name", "frame", "where", "column", "scale"),
    [
        ("price.NdPr.JP", "prices", {"material": "NdPr", "zone": "JP"}, "price_usd_per_kg", 1.0),
        ("price.Dy.CN export", "prices", {"material": "Dy", "zone": "CN export"}, "price_usd_per_kg", 1.0),
        ("licence.quota", "licences", {"pool": "quota"}, "price_usd_per_kg", 1.0),
        ("stock.state.NdPr.JP", "stocks", {"material": "NdPr", "holder": "state", "zone": "JP"}, "tonnes", 1.0),
        ("imports.NdPr.JP", "imports", {"material": "NdPr", "zone": "JP"}, "tonnes", 1.0),
        ("mined.RW", "shares", {"stage": "mined", "zone": "RW"}, "tonnes", 1.0),
        ("lost.JP", "activity", {"zone": "JP"}, "lost_usd", 1e-6),
        ("activity.JP", "activity", {"zone": "JP"}, "activity", 1.0),
        ("cover.JP", "activity", {"zone": "JP"}, "cover_weeks", 1.0),
        ("risk.JP", "activity", {"zone": "JP"}, "risk", 1.0),
    ],
)
def test_a_series_is_the_column_of_its_table(
    played: World, name: str, frame: str, where: dict[str, str], column: str, scale: float
) -> None:
    weeks, values = played.series(name)
    rows = table(played, frame, **where)

    np.testing.assert_allclose(values, rows[column].to_numpy() * scale, rtol=1e-12)
    assert [pd.Timestamp(played.date_of(int(week))) for week in weeks] == list(rows["week"])


def test_dependence_is_the_share_of_half_a_year_of_imports(played: World) -> None:
    rows = table(played, "imports", material="NdPr", zone="JP").tail(26)
    share = rows["from_gated_tonnes"].sum() / rows["tonnes"].sum()
    assert played.series("dependence.JP")[1][-1] == pytest.approx(share)
    np.testing.assert_array_equal(played.series("dependence.JP")[1], played.series("dependence.JP.NdPr")[1])


def test_shares_of_a_stage_add_up_to_one(played: World) -> None:
    total = sum(played.series(f"share.mined.{zone}")[1] for zone in ("CN", "JP", "RW"))
    np.testing.assert_allclose(total, 1.0)


def test_public_money_is_what_the_books_say(played: World) -> None:
    spent = {zone: played.series(f"public_money.{zone}")[1] for zone in ("JP", "RW")}
    for zone, line in spent.items():
        assert line[-1] == pytest.approx(spending(as_run(played), zone))
        assert line[-1] > 0
        assert (np.diff(line) >= 0).all()
        assert sum(row.usd for row in played.money() if row.government == zone) / 1e6 == pytest.approx(line[-1])


def test_every_series_that_is_listed_can_be_asked_for(played: World) -> None:
    names = [info.name for info in played.list_series()]
    assert len(set(names)) == len(names)
    for info in played.list_series():
        weeks, values = played.series(info.name)
        assert len(weeks) == len(values) == 30
        assert info.unit
        assert info.label
        assert info.name.startswith(info.group)
    with pytest.raises(KeyError, match="no series"):
        played.series("price.NdPr.Mars")


def test_burn_in_is_left_out(tiny_scenario: Callable[..., Scenario]) -> None:
    scenario = tiny_scenario({"time": {"record_from": "2010-03-01"}}, weeks=20)
    world = World(scenario, seed=1)
    world.step(5)
    assert world.series("price.NdPr.JP")[0].size == 0
    world.step(15)
    assert world.series("price.NdPr.JP")[0].tolist() == list(range(world.burn_in, 20))
    assert world.burn_in == 8
    world.close()


def test_flows_add_up_to_the_table_and_closed_ways_are_marked(played: World) -> None:
    rows = table(played, "flows").tail(10**6)
    last = (
        rows[rows["week"] >= pd.Timestamp(played.date_of(22))].groupby(["origin", "destination", "way"])["tonnes"].sum()
    )
    told = pd.Series(dtype=float)
    for flow in played.flows(weeks=8):
        key = (flow.origin, flow.destination, flow.way)
        told[str(key)] = told.get(str(key), 0.0) + flow.tonnes
    for place, tonnes in last.items():
        assert told[str(place)] == pytest.approx(tonnes)
    assert {(flow.origin, flow.destination) for flow in played.flows() if flow.closed} == {("CN", "JP")}


def test_a_project_has_lived_from_the_first_week_to_today(played: World) -> None:
    rows = table(played, "projects", project="lake")
    (life,) = (one for one in played.projects() if one.name == "lake")
    assert [stage for stage, _, _ in life.spans] == [status.replace("_", " ") for status in rows["status"]]
    assert life.spans[0][1] == played.date_of(0)
    assert life.spans[-1][2] == played.today


def test_events_come_newest_first(played: World) -> None:
    events = played.events(5)
    assert len(events) == 5
    assert [event.week for event in events] == sorted((event.week for event in events), reverse=True)
    assert played.events(0) == []


def test_what_is_taken_away_opens(played: World) -> None:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(tables_zip(played))) as archive:
        assert {"prices.csv", "events.csv", "scenario.toml"} <= set(archive.namelist())
        prices = pd.read_csv(archive.open("prices.csv"))
    assert len(prices) == len(played.tables()["prices"])
    assert "price_usd_per_kg" in prices
    assert file_stem(played) == "tiny-three-A-seed-1-2010-08-02"


def test_the_report_of_a_world_is_the_houses_page(played: World) -> None:
    page = report_html(played)
    assert page.startswith("<!DOCTYPE html>")
    assert as_run(played).digest in page
