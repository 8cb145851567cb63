"""Gallium and germanium: another mineral as data alone, calm until the licences of 2023, split in two by them."""

import re
from functools import cache
from importlib import resources

import pandas as pd
import pytest

import market_abm
from market_abm.history.table import read_table
from market_abm.record.run import Run
from market_abm.scenario.reading import LIBRARY

NAME = "gallium-germanium-2023"
NO_LICENCES = tuple(f"policy.licences-{which}.enabled=false" for which in ("gallium", "germanium", "us"))


@cache
def run(*overrides: str) -> Run:
    return market_abm.run(NAME, seed=3, overrides=overrides)


def prices(of: Run, material: str, zone: str) -> "pd.Series[float]":
    rows = of.prices.query("material == @material and zone == @zone")
    return rows.set_index("week")["price_usd_per_kg"]


def exported(of: Run, material: str, year: str) -> float:
    rows = of.tables["flows"].query("material == @material and origin == 'CN'")  # imports count re-exports again
    return float(rows.loc[rows["week"].dt.year == int(year), "tonnes"].sum())


def test_it_runs_to_its_end() -> None:
    assert run().prices["week"].max() == pd.Timestamp("2025-12-22")


@pytest.mark.parametrize(("material", "start"), [("Ga", 240.0), ("Ge", 1264.0)])
def test_it_is_calm_before_the_licences(material: str, start: float) -> None:
    before = prices(run(), material, "EU").loc["2021":"2023-06"].resample("QS").mean()

    assert before.between(0.75 * start, 1.3 * start).all()


@pytest.mark.parametrize("material", ["Ga", "Ge"])
def test_one_price_becomes_two_because_of_the_licences(material: str) -> None:
    gaps = {}
    for arm in ((), NO_LICENCES):
        inside, outside = (prices(run(*arm), material, zone).loc["2024"].mean() for zone in ("CN", "EU"))
        gaps[arm] = outside / inside

    assert gaps[()] > 1.2
    assert gaps[NO_LICENCES] < 1.1


@pytest.mark.parametrize("material", ["Ga", "Ge"])
def test_licences_let_through_about_what_the_customs_counted(material: str) -> None:
    rows = read_table("gallium_germanium").query("material == @material and metric == 'china_exports'")
    counted = float(rows.set_index("date").loc["2024", "value"])

    assert exported(run(), material, "2024") == pytest.approx(counted, rel=0.3)


def test_every_source_of_the_scenario_and_of_its_figures_is_listed() -> None:
    listed = set(
        re.findall(r"^\| ([A-Z]\d\d) \|", (resources.files("market_abm.history.data") / "SOURCES.md").read_text(), re.M)
    )
    named = set(re.findall(r"\b[A-Z]\d\d\b", (LIBRARY / f"{NAME}.toml").read_text()))
    cited = set(read_table("gallium_germanium")["source_id"]) - {"recalled"}

    assert named
    assert named | cited <= listed
