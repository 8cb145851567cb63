"""Every gram and every dollar can be followed through the tables alone: `experiments/checks/tables.py` finds no gap."""

import copy
import datetime as dt
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from market_abm.model import MineralMarket
from market_abm.record.recorder import HOLDERS
from market_abm.record.run import Run, simulate
from market_abm.record.snapshot import restore, take
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

ROOT = Path(__file__).parents[2]
CHECK, EXAMPLES = ROOT / "experiments" / "checks" / "tables.py", ROOT / "docs" / "examples"
BOOKS = ("mass_flows", "mass_balances", "money_flows", "money_balances", "money")
CRISIS = [
    {"type": "embargo", "origin": "CN", "destination": "JP", "start": "2010-03-01"},
    {"type": "export_tax", "origin": "CN", "rate": [["2010-01-04", 0.15]]},
    {"type": "stockpile", "actor": "jogmec", "days": 30.0},
    {"type": "loan", "actor": "jogmec"},
    {"type": "equity", "actor": "jogmec"},
]
OFFTAKE = {
    "offtake": {
        "hill-jp": {"mine": "hill", "buyer_zone": "JP", "share": 0.3, "start": "2010-02-01", "end": "2010-12-06"}
    }
}
JP, MANUFACTURERS = 1, 0
Build = Callable[..., MineralMarket]
Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def checker() -> dict[str, Any]:
    return runpy.run_path(str(CHECK))


@pytest.fixture(scope="module")
def crisis(tiny_model: Build) -> MineralMarket:
    """A market in which everything happens: embargo, tax, licences of none, offtakes, state loans, smuggling."""
    return tiny_model(OFFTAKE, run=60, policy=CRISIS)


@pytest.fixture(scope="module")
def tables(crisis: MineralMarket) -> Tables:
    return crisis.tables()


def gaps(checker: dict[str, Any], tables: Tables) -> list[str]:
    return [line for line in checker["check"](tables).lines if line.startswith("GAP")]


# -- nothing is lost -------------------------------------------------------------------------------
def test_a_crisis_closes(checker: dict[str, Any], tables: Tables) -> None:
    purposes = set(tables["mass_flows"]["purpose"])

    assert not gaps(checker, tables)
    assert {"offtake", "recycling", "trade", "smuggled, tranche 1", "separation", "scrap lost"} <= purposes


def test_products_close_too(checker: dict[str, Any], tiny_model: Build, magnets: dict[str, Any]) -> None:
    tables = tiny_model(magnets, run=30).tables()
    flows = tables["mass_flows"]
    made = flows[flows["purpose"] == "making"]

    assert not gaps(checker, tables)
    assert set(made["stage"]) == {"magnet"}
    assert set(made["giver"]) == {"making CN", "making JP"}


def test_a_run_half_way_closes(checker: dict[str, Any], tiny_model: Build) -> None:
    for weeks in (0, 1, 4, 9):
        assert not gaps(checker, tiny_model(run=weeks).tables())


def test_a_record_that_begins_within_a_month_closes(checker: dict[str, Any], tiny_model: Build) -> None:
    begins = dt.date(2010, 3, 15)
    model = tiny_model({"time": {"record_from": begins}}, run=40)
    tables = model.tables()
    held = tables["mass_balances"]
    first = held[held["month"].eq("2010-03-01") & held["party"].eq("manufacturers JP") & held["material"].eq("NdPr")]
    week, material, zone = model.world.first_recorded - 1, model.market.materials.index("NdPr"), JP

    assert not gaps(checker, tables)
    assert "opening" not in set(tables["mass_flows"]["purpose"])
    assert first["opening_g"].item() == int(model.recorder.stock[week, MANUFACTURERS, material, zone])


def test_money_counts_recorded_weeks_only(tiny_model: Build) -> None:
    late = tiny_model({"time": {"record_from": dt.date(2010, 3, 15)}}, run=40).tables()["money"]
    whole = tiny_model(run=40).tables()["money"]

    assert "capital" in set(whole["purpose"])
    assert "capital" not in set(late["purpose"])
    assert late["micro_usd"].sum() < whole["micro_usd"].sum()


def test_an_agent_that_leaves_leaves_no_gap(checker: dict[str, Any], tiny_model: Build) -> None:
    model = tiny_model(run=20)
    for population in (model.world.manufacturers, model.world.refiners, model.world.miners):
        population.dismiss(0)
    while model.running:
        model.step()

    assert not gaps(checker, model.tables())
    assert "left the market" in set(model.tables()["mass_flows"]["purpose"])


def test_a_population_of_a_users_own_is_in_stocks_and_books(checker: dict[str, Any]) -> None:
    model = MineralMarket(load_scenario(EXAMPLES / "recycler" / "scenario.toml"), rng=0)
    while model.running:
        model.step()
    tables = model.tables()
    stocks, flows = tables["stocks"], tables["mass_flows"]
    held = stocks[stocks["holder"] == "recyclers"].groupby("week")["tonnes"].sum()

    assert not gaps(checker, tables)
    assert list(stocks["holder"].unique()) == [*HOLDERS, "recyclers"]
    assert held.iloc[-1] * 1e6 == pytest.approx(model.populations["recyclers"].stock.sum())
    assert set(flows.loc[flows["purpose"] == "collecting", "taker"]) == {"recyclers JP"}


# -- what they say ---------------------------------------------------------------------------------
def test_balances_are_those_of_the_ledger(crisis: MineralMarket, tables: Tables) -> None:
    held = tables["mass_balances"]
    last = held[held["month"] == held["month"].max()]
    group, world = crisis.world.accounts.group(crisis.world.refiners), crisis.world
    for zone, place in enumerate(world.zones):
        row = last[(last["party"] == f"refiners {place}") & (last["material"] == "NdPr")]

        assert row["closing_g"].sum() == group.mass[world.materials.index("NdPr"), world.refiners.zone == zone].sum()


def test_whole_numbers_stay_whole(tables: Tables) -> None:
    for name in BOOKS:
        exact = [column for column in tables[name] if column.endswith(("_g", "grams", "micro_usd"))]

        assert exact
        assert all(tables[name][column].dtype == np.int64 for column in exact)


def test_mines_and_plants_are_told_apart(tables: Tables) -> None:
    mines, plants = tables["mine_output"], tables["plant_output"]

    assert {"north", "north 2", "hill", "diggers"} <= set(mines["mine"])
    assert set(mines.loc[mines["mine"].str.startswith("diggers"), "legality"]) == {"illegal"}
    assert mines.groupby("mine")["company"].first()["north 2"] == "north"
    assert {"north-plant", "hill-plant"} <= set(plants["plant"])


def test_a_quote_without_trade_is_marked(tables: Tables) -> None:
    prices = tables["prices"]
    gate = prices[prices["zone"] == "CN export"]

    assert prices["traded"].dtype == bool
    assert (prices["traded"] == (prices["traded_t"] > 0)).all()
    assert gate["traded"].any()
    assert not prices["traded"].all()


def test_the_books_survive_copies_and_snapshots(tiny_model: Build) -> None:
    model = tiny_model(OFFTAKE, run=17, policy=CRISIS)
    twins = [model, copy.deepcopy(model), restore(take(model))]
    for twin in twins:
        while twin.running:
            twin.step()

    one, *others = (twin.tables() for twin in twins)
    for other in others:
        for name in (*BOOKS, "use", "mine_output", "plant_output", "prices"):
            pd.testing.assert_frame_equal(one[name], other[name])


# -- the check itself ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("mass_flows", "grams"),
        ("mass_balances", "closing_g"),
        ("mass_balances", "opening_g"),
        ("money_flows", "micro_usd"),
        ("money_balances", "closing_micro_usd"),
        ("money", "micro_usd"),
        ("mining", "tonnes"),
        ("mine_output", "grams"),
        ("refining", "tonnes"),
        ("plant_output", "grams"),
        ("use", "use_t"),
        ("prices", "traded_t"),
        ("flows", "tonnes"),
        ("contracts", "delivered_t"),
    ],
)
def test_a_gram_too_much_is_found(checker: dict[str, Any], tables: Tables, table: str, column: str) -> None:
    frame = tables[table].copy()
    row = len(frame) // 2
    place = frame.columns.get_loc(column)
    frame.iloc[row, place] += 1 if frame[column].dtype == np.int64 else 1e-6

    assert gaps(checker, {**tables, table: frame})


@pytest.mark.parametrize("table", BOOKS)
def test_a_row_that_is_missing_or_there_twice_is_found(checker: dict[str, Any], tables: Tables, table: str) -> None:
    frame = tables[table]
    row = int(frame.iloc[:, -1].abs().to_numpy().argmax())
    without, twice = frame.drop(index=row), pd.concat([frame, frame.iloc[[row]]], ignore_index=True)

    assert gaps(checker, {**tables, table: without})
    assert gaps(checker, {**tables, table: twice})


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The shipped scenario `tiny`, in its folder."""
    scenario: Scenario = load_scenario("tiny")
    return simulate(scenario, 0).save(tmp_path_factory.mktemp("runs") / "tiny")


def test_the_command_proves_a_folder(
    checker: dict[str, Any], saved: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checker["main"]([str(saved.path)]) == 0
    told = capsys.readouterr().out
    assert ", 0 gaps" in told
    assert "NdPr [t]:" in told
    assert "; 0 g not followed" in told

    broken = tmp_path / "broken"
    saved.save(broken)
    flows = saved.mass_flows.drop(index=3)
    flows.to_parquet(broken / "mass_flows.parquet", index=False)
    assert checker["main"]([str(broken)]) == 1
    assert "GAP" in capsys.readouterr().out


def test_the_command_says_what_is_no_run(
    checker: dict[str, Any], saved: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old"
    saved.save(old)
    (old / "mass_flows.parquet").unlink()

    for folder, words in ((tmp_path / "none", "does not exist"), (tmp_path, "no manifest"), (old, "lacks mass_flows")):
        assert checker["main"]([str(folder)]) == 2
        assert words in capsys.readouterr().err


def test_the_command_needs_no_model() -> None:
    text = CHECK.read_text("utf-8")

    assert "import market_abm" not in text
    assert "from market_abm" not in text
