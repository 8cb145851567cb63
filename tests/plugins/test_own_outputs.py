"""Measures, series and report sections of a plugin stand beside the shipped ones."""

from pathlib import Path

import pytest

import market_abm
from market_abm.experiment.series import monthly_series
from market_abm.record.measures import comparison_table
from market_abm.report.page import page

CODE = """
from market_abm import Measure

def highest(run):
    return run.prices.query("zone == 'JP'")["price_usd_per_kg"].max()

def weekly_series(run):
    return run.prices.query("zone == 'JP'").set_index("week")[["price_usd_per_kg"]].rename(columns=NAMES)

def report_sections(runs):
    return [("Own pages", "How to read them.", f"<p>Highest: {highest(runs[0]):.1f}</p>")]

NAMES = {"price_usd_per_kg": "japan.price"}
HIGHEST = Measure("highest", "Highest price in Japan", "US$/kg", highest)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> market_abm.Run:
    folder = tmp_path_factory.mktemp("own")
    (folder / "mine.py").write_text(CODE, "utf-8")
    (folder / "own.toml").write_text('extends = "tiny"\nplugins = ["mine.py"]\n', "utf-8")
    return market_abm.run(folder / "own.toml", 1, until="2009-06-01")


def test_a_measure_stands_in_the_tables(run: market_abm.Run) -> None:
    table = comparison_table([run]).set_index("metric")

    assert table.loc["highest", "run"] == run.prices.query("zone == 'JP'")["price_usd_per_kg"].max()
    assert market_abm.compare(run, run).set_index("metric").loc["highest", "difference"] == 0.0


def test_a_series_is_one_of_the_monthly_series(run: market_abm.Run) -> None:
    series = monthly_series(run)

    assert series["japan.price"].to_numpy() == pytest.approx(series["price.NdPr.JP"].to_numpy())


def test_a_section_stands_in_the_report(run: market_abm.Run) -> None:
    text = page([run])

    assert "Own pages" in text
    assert "Highest price in Japan" in text


def test_a_series_under_a_shipped_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CODE.replace("japan.price", "price.NdPr.JP"), "utf-8")
    (tmp_path / "own.toml").write_text('extends = "tiny"\nplugins = ["mine.py"]\n', "utf-8")

    with pytest.raises(TypeError, match="plugin mine: weekly_series must return"):
        monthly_series(market_abm.run(tmp_path / "own.toml", 1, until="2009-04-06"))
