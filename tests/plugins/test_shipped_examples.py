"""The four examples of `docs/examples` go through every door: command line, sweeps, experiments, the page."""

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import market_abm
from market_abm.app import desk
from market_abm.app.limits import read_upload
from market_abm.app.world import World
from market_abm.cli.app import app
from market_abm.model import MineralMarket
from market_abm.scenario.errors import ScenarioError
from market_abm.scenario.loading import load_scenario, parse_scenario
from market_abm.scenario.writing import dump_toml

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
NAMES = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())
UNTIL = {"stockpile-swap": "2008-04-07", "posted-price": "2008-04-07"}  # a quarter on record, after three years


def scenario_file(name: str) -> Path:
    return EXAMPLES / name / "scenario.toml"


def command(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_at_most_twenty_five_lines_of_python(name: str) -> None:
    (file,) = (EXAMPLES / name).glob("*.py")

    assert len(file.read_text("utf-8").splitlines()) <= 25


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_checked_run_and_run_again_from_its_folder_alone(name: str, tmp_path: Path) -> None:
    here = shutil.copytree(EXAMPLES / name, tmp_path / "copy")
    until = UNTIL.get(name, "2009-10-05")
    assert "no faults" in command("check", here / "scenario.toml")
    command("run", here / "scenario.toml", "--until", until, "--out", tmp_path / "run")
    first = market_abm.load_run(tmp_path / "run")

    shutil.rmtree(here)  # the run holds the code that made it
    again = market_abm.run(tmp_path / "run" / "scenario.toml", first.seed, until=until)

    assert again.digest == first.digest
    assert again.id == first.id


def test_a_fund_trades_and_its_books_balance() -> None:
    run = market_abm.run(scenario_file("hedge-fund"), 1)

    paid = run.money[(run.money["payer"].str.startswith("funds")) & (run.money["purpose"] == "purchase")]
    assert paid["usd"].sum() > 0


def test_recyclers_sell_what_they_collect() -> None:
    run = market_abm.run(scenario_file("recycler"), 1)

    earned = run.money[(run.money["payee"].str.startswith("recyclers")) & (run.money["purpose"] == "sale")]
    assert earned["usd"].sum() > 0


def test_a_swap_moves_metal_of_the_same_worth_once_it_is_in_force() -> None:
    model = MineralMarket(load_scenario(scenario_file("stockpile-swap")), rng=1)
    while model.today < dt.date(2010, 9, 27):
        model.step()
    bodies, materials = model.world.state_buyers, model.world.materials
    other = list(bodies.name).index("eu-stockpile")
    before = bodies.stock[:, other].copy()

    model.step()

    change = (bodies.stock[:, other] - before) / 1e6
    assert change[materials.index("NdPr")] > 0.1
    assert change[materials.index("Dy")] < 0.0


def test_posted_prices_move_a_little_and_the_quota_binds() -> None:
    run = market_abm.run(scenario_file("posted-price"), 1, until="2009-06-01")

    table = run.prices.query("zone == 'CN' and material == 'NdPr'").set_index("week")["price_usd_per_kg"]
    steps = np.diff(np.log(table.to_numpy()))
    assert np.abs(steps).max() < np.log(1.04)
    assert (run.licences["used_t"] > 0).any()
    assert (run.licences["used_t"] <= run.licences["offered_t"] + 1e-9).all()


def test_workers_make_what_one_process_makes(tmp_path: Path) -> None:
    words = ("run", scenario_file("hedge-fund"), "--until", "2009-06-01", "--replications", 2)
    command(*words, "--out", tmp_path / "one", "--workers", 1)
    command(*words, "--out", tmp_path / "two", "--workers", 2)

    for seed in (0, 1):
        one, two = (market_abm.load_run(tmp_path / where / f"seed-{seed}") for where in ("one", "two"))
        assert one.digest == two.digest


def test_a_column_is_a_factor_of_a_sweep(tmp_path: Path) -> None:
    (tmp_path / "funds.toml").write_text(
        f"""title = "How much money"
question = "Do richer funds lower the price?"
scenario = "{scenario_file("hedge-fund").as_posix()}"
until = 2009-06-01
replications = 1
[design]
kind = "grid"
[[factor]]
name = "capital"
label = "Capital"
unit = "US$ m"
path = "population.funds.capital_musd"
values = [0.0, 300.0]
[[outcome]]
name = "price"
label = "Price in Japan"
unit = "US$/kg"
series = "price.NdPr.JP"
from = "2009-02"
to = "2009-05"
stat = "mean"
""",
        "utf-8",
    )

    command("sweep", tmp_path / "funds.toml", "--out", tmp_path / "sweep")
    command("results", tmp_path / "sweep", "--out", tmp_path / "results.parquet")

    results = pd.read_parquet(tmp_path / "results.parquet")
    assert results["price"].nunique() == 2


def test_a_policy_of_ones_own_is_an_arm_of_an_experiment(tmp_path: Path) -> None:
    (tmp_path / "swap.toml").write_text(
        f"""title = "Swap"
question = "Does a swap change the price of dysprosium?"
claim = "It does."
scenario = "{scenario_file("stockpile-swap").as_posix()}"
until = 2010-12-06
replications = 2
picture = "arms"
meaning = ""
overturn = ""
[[arm]]
name = "with"
label = "a swap"
[[arm]]
name = "without"
label = "none"
set = ["policy.swap.enabled=false"]
[[outcome]]
name = "price"
label = "Price in Japan"
unit = "US$/kg"
series = "price.Dy.JP"
from = "2010-10"
to = "2010-11"
stat = "mean"
[[hypothesis]]
name = "lower"
says = "The price of dysprosium differs."
outcome = "price"
arm = "with"
against = "without"
as = "difference"
expect = "above"
threshold = -1000.0
""",
        "utf-8",
    )

    result = CliRunner().invoke(app, ["experiment", str(tmp_path / "swap.toml"), "--out", str(tmp_path / "out")])

    assert result.exit_code == 0, result.output


def test_a_policy_of_ones_own_is_decreed_on_the_page_and_the_world_can_be_made_again() -> None:
    world = World(load_scenario(scenario_file("stockpile-swap"), ["policy.swap.enabled=false"]), 1)
    tools = {tool.type: tool for government in desk.desk(world) for tool in government.instruments}
    assert tools["swap:StockpileSwap"].title == "Stockpile swap"
    given = {"actor": "us-stockpile", "partner": "eu-stockpile", "give": "NdPr", "take": "Dy", "t_per_week": 3}
    policy = desk.make_policy(world, "US", "swap:StockpileSwap", given)

    name = world.decree(policy)

    again = parse_scenario(dump_toml(world.scenario))
    assert next(row for row in again.policy if row.name == name).t_per_week == 3.0


def test_an_upload_brings_no_code() -> None:
    text = dump_toml(load_scenario(scenario_file("hedge-fund")))

    with pytest.raises(ScenarioError, match="brings no code"):
        read_upload(text.encode())
