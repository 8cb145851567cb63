"""Charts that Plotly accepts, sessions that end, a command that explains itself: no browser needed."""

import json
import math
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner

from market_abm.app.world import World
from market_abm.cli import app
from market_abm.scenario.loading import load_scenario

pytest.importorskip("solara", reason="the page's libraries are not installed: pip install -e '.[app]'")
graphs = pytest.importorskip("plotly.graph_objects")

from market_abm.app.page import entrance  # noqa: E402
from market_abm.app.page.auction import curve_figure  # noqa: E402
from market_abm.app.page.dependence import import_figure, stage_figure  # noqa: E402
from market_abm.app.page.flows import flow_figure  # noqa: E402
from market_abm.app.page.look import Figure, value_axis  # noqa: E402
from market_abm.app.page.money import total_figure  # noqa: E402
from market_abm.app.page.parts import part  # noqa: E402
from market_abm.app.page.prices import price_figure  # noqa: E402
from market_abm.app.page.projects import life_figure  # noqa: E402
from market_abm.app.page.session import Session  # noqa: E402
from market_abm.app.page.stocks import cover_figure, stock_figure  # noqa: E402


def _auction(world: World) -> Figure:
    from market_abm.app.curves import supply_and_demand

    curves = supply_and_demand(world, "NdPr", "JP")
    assert curves is not None
    return curve_figure(world, curves)


FIGURES: dict[str, Callable[[World], Figure]] = {
    "prices": lambda world: price_figure(world, "NdPr", True),
    "prices, linear": lambda world: price_figure(world, "NdPr", False),
    "stages": lambda world: stage_figure(world, "CN"),
    "imports": import_figure,
    "stocks": lambda world: stock_figure(world, "NdPr", "JP"),
    "cover": cover_figure,
    "flows": lambda world: flow_figure(world, "NdPr", world.flows(), "the last year"),
    "projects": lambda world: life_figure(world, world.projects()),
    "money": total_figure,
    "auction": _auction,
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    played = World(load_scenario("tiny"), 1)
    played.step(30)
    yield played
    played.close()


@pytest.mark.parametrize("name", FIGURES)
def test_plotly_accepts_the_figure_and_its_values_have_a_unit(world: World, name: str) -> None:
    figure = FIGURES[name](world)

    drawn = json.loads(figure.as_json())

    graphs.Figure(data=drawn["traces"], layout=drawn["layout"])  # names and values that Plotly does not know raise
    assert figure.unit
    assert figure.words


def test_prices_of_the_figure_are_those_of_the_record(world: World) -> None:
    figure = price_figure(world, "NdPr", True)

    drawn = {trace["name"]: trace["y"] for trace in figure.traces if trace["type"] == "scatter"}

    _, recorded = world.series("price.NdPr.JP")
    assert drawn["Japan"] == pytest.approx(list(recorded), rel=1e-4)


def test_a_quote_without_trade_is_thin_and_says_so() -> None:
    world = World(load_scenario("tiny"), 1)
    world.step(30)
    world.model.recorder.traded[10:14, 0, world.model.market.nodes.index("JP")] = 0

    traces = [trace for trace in price_figure(world, "NdPr", True).traces if trace.get("name") == "Japan"]

    thin, firm = traces
    assert thin["line"]["dash"] == "dot"
    assert [week for week, words in enumerate(thin["text"]) if words] == [10, 11, 12, 13]
    assert [week for week, price in enumerate(firm["y"]) if price is None] == [10, 11, 12]
    assert None not in thin["y"]
    world.close()


@pytest.mark.parametrize("values", [[], [0.0], [15.0, 16.0], [0.3, 4000.0], [None, 7.0]])
def test_a_logarithmic_axis_shows_all_values_and_at_least_a_factor_of_four(values: list[float | None]) -> None:
    axis = value_axis(True, values)

    low, high = (10**end for end in axis["range"])
    assert high / low >= 4
    assert all(low < value < high for value in values if value)
    assert len(axis["tickvals"]) >= 2


def test_text_of_a_scenario_is_never_html() -> None:
    made = part("p", "<script>alert(1)</script>", part("b", "bold"), kind='"x')

    assert "<script>" not in made
    assert "<b>bold</b>" in made
    assert 'class="&quot;x"' in made


def _open(session: Session, name: str, seed: int = 1) -> None:
    session.open(lambda: load_scenario(name), seed)
    _wait(lambda: bool(session.worlds) and not session.opening.value)


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_worlds_that_are_played_together_reach_the_same_week() -> None:
    session = Session()
    _open(session, "tiny")
    session.player.step(13)
    session.branch(5)
    session.player.together.value = True
    session.player.speed.value = 0

    session.player.play(20)
    _wait(lambda: not session.player.playing.value)

    assert [world.week for world in session.worlds] == [20, 20]
    assert session.world is session.worlds[1]
    session.close()


def test_a_session_that_ends_stops_its_player_and_lets_go_of_its_worlds() -> None:
    session = Session()
    _open(session, "tiny")
    session.player.speed.value = 4
    session.player.play()
    world = session.world
    assert world is not None

    session.close()
    time.sleep(0.1)
    week = world.week
    time.sleep(0.6)

    assert session.worlds == []
    assert world.week == week


def test_a_mistake_leaves_the_worlds_as_they_are() -> None:
    session = Session()
    _open(session, "tiny")
    before = session.worlds

    session.open(lambda: load_scenario("no-such-scenario"), 1)
    _wait(lambda: session.note.value is not None and session.note.value.wrong)

    assert session.worlds is before
    session.close()


def test_places_are_limited_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrance.beginning, "places", entrance.inside() + 1)

    assert entrance.enter()
    assert not entrance.enter()
    entrance.leave()
    assert entrance.enter()
    entrance.leave()


def test_the_command_names_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["app", "tiny", "--port", str(port), "--no-browser"])

    assert result.exit_code == 2
    assert f"127.0.0.1:{port} cannot be listened on" in result.output
    assert "--port" in result.output


def test_the_command_suggests_a_scenario() -> None:
    result = CliRunner().invoke(app, ["app", "tini", "--no-browser"])

    assert result.exit_code == 2
    assert "tiny" in result.output


def test_numbers_that_are_none_become_gaps() -> None:
    from market_abm.app.page.look import plain

    assert plain([1.23456789, math.nan, math.inf]) == [1.2346, None, None]
