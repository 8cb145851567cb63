"""Measures of a made-up history whose every number was chosen, not computed."""

import math

import numpy as np
import pandas as pd
import pytest

from market_abm.history import reference_table
from market_abm.record.measures import MEASURES, compare, comparison_table, measures
from market_abm.record.public_measures import spending
from market_abm.record.run import Run
from market_abm.record.supply_measures import concentration_table
from market_abm.scenario.schema import Scenario

WEEKS = pd.date_range("2008-01-07", "2020-12-21", freq="7D")


def steps(weeks: pd.DatetimeIndex, first: float, *changes: tuple[str, float]) -> np.ndarray:
    """A value that holds until a dated change."""
    values = np.full(len(weeks), first)
    for day, value in changes:
        values[weeks >= pd.Timestamp(day)] = value
    return values


def column(weeks: pd.DatetimeIndex, values: dict, **words: str) -> pd.DataFrame:
    return pd.DataFrame({"week": weeks, **words, **values})


def made_up_scenario() -> Scenario:
    return Scenario.model_validate(
        {
            "name": "made-up",
            "time": {
                "start": "2008-01-07",
                "record_from": "2008-01-07",
                "growth_from": "2009-01-05",
                "end": "2020-12-28",
            },
            "zone": {"CN": {"export_gate": True}, "JP": {}, "RW": {}},
            "material": {"NdPr": {"price_usd_per_kg": 20, "value_in_use_usd_per_kg": 400}},
            "lead_material": "NdPr",
            "state_buyer": {"jogmec": {"zone": "JP"}, "nds": {"zone": "RW"}},
        }
    )


def made_up_tables(weeks: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
    abroad = steps(
        weeks, 20.0, ("2011-07-01", 300), ("2011-10-01", 100), ("2012-12-01", 60), ("2015", 40), ("2016", 50)
    )
    abroad[weeks == pd.Timestamp("2011-08-01")] = 300.5  # the week of the peak
    inside = steps(weeks, 16.0, ("2011-09-01", 160), ("2011-10-01", 80))
    prices = [
        column(weeks, {"price_usd_per_kg": abroad}, material="NdPr", zone="CN export"),
        column(weeks, {"price_usd_per_kg": inside}, material="NdPr", zone="CN"),
        column(weeks, {"price_usd_per_kg": abroad * 5}, material="Dy", zone="CN export"),
    ]
    whole = steps(weeks, 100.0, ("2010-10-01", 30), ("2010-12-01", 100))
    gated = whole * steps(weeks, 0.9, ("2012", 0.6), ("2015", 0.5), ("2020", 0.4))
    imports = [
        column(weeks, {"tonnes": whole, "from_gated_tonnes": gated}, material="NdPr", zone="JP"),
        column(weeks, {"tonnes": whole, "from_gated_tonnes": whole}, material="Dy", zone="JP"),
    ]
    idle = steps(weeks, 1.0, ("2011-01-03", 0.5), ("2011-01-17", 1))  # two weeks of one sector at half
    activity = [
        column(
            weeks,
            {
                "need_t": 30.0,
                "use_t": steps(weeks, 30.0, ("2012", 15)),
                "activity": idle,
                "lost_usd": (1 - idle) * 4e6,
                "cover_weeks": steps(weeks, 8.0, ("2011-06-06", 40), ("2011-06-13", 8)),
            },
            zone="JP",
            sector="magnets",
        ),
        column(
            weeks,
            {"need_t": 10.0, "use_t": 10.0, "activity": 1.0, "lost_usd": 0.0, "cover_weeks": 8.0},
            zone="JP",
            sector="polishing",
        ),
    ]
    mining = [
        column(weeks, {"tonnes": 2000.0}, zone="CN", legality="legal"),
        column(weeks, {"tonnes": 400.0}, zone="CN", legality="illegal"),
        column(weeks, {"tonnes": steps(weeks, 0.0, ("2015", 600))}, zone="RW", legality="legal"),
    ]
    shares = [
        column(weeks, {"tonnes": 80.0}, stage="mined", zone="CN"),
        column(weeks, {"tonnes": 20.0}, stage="mined", zone="RW"),
        column(weeks, {"tonnes": 1.0}, stage="refined", zone="CN"),
    ]
    money = [
        (2010, "treasury JP", "state:jogmec", "vote", 900e6),
        (2011, "state:jogmec", "mines", "loan", 200e6),
        (2012, "treasury JP", "manufacturers", "subsidy", 50e6),
        (2012, "treasury RW", "mines", "grant", 7e6),
        (2012, "state:nds", "mines", "purchase", 3e6),
        (2012, "mines", "treasury JP", "tax", 1e6),
    ]
    projects = [
        ("Weld", "RW", "construction", "2009-01-05", "2012-01-02"),
        ("Weld", "RW", "operating", "2012-01-02", None),
        ("Pass", "RW", "operating", "2012-01-02", "2015-08-31"),
        ("Pass", "RW", "care_and_maintenance", "2015-08-31", None),
        ("Nolans", "RW", "permitted", "2012-01-02", None),
    ]
    return {
        "prices": pd.concat(prices, ignore_index=True),
        "imports": pd.concat(imports, ignore_index=True),
        "activity": pd.concat(activity, ignore_index=True),
        "mining": pd.concat(mining, ignore_index=True),
        "shares": pd.concat(shares, ignore_index=True),
        "licences": column(
            weeks, {"price_usd_per_kg": steps(weeks, 0.0, ("2011-07-04", 150), ("2011-08-01", 2))}, pool="all"
        ),
        "money": pd.DataFrame(money, columns=["year", "payer", "payee", "purpose", "usd"]),
        "projects": pd.DataFrame(projects, columns=["project", "zone", "status", "since", "until"]),
    }


@pytest.fixture(scope="module")
def made_up() -> Run:
    return Run(made_up_scenario(), 0, made_up_tables(WEEKS))


@pytest.fixture(scope="module")
def found(made_up) -> pd.Series:
    return measures(made_up)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ndpr_fob_2009", 20),
        ("dy_fob_2009", 100),
        ("ndpr_peak_ratio", 300.5 * 1 / 13 / 20 + 300 * 12 / 13 / 20),
        ("ndpr_peak_date", 2011 + 212 / 365),
        ("ndpr_end2012_over_peak", 60 / (300 + 0.5 / 13)),
        ("ndpr_2015_over_2009", 2),
        ("ndpr_mean_2016_2020", 50),
        ("ndpr_domestic_sep2011_over_2009", 10),
        ("ndpr_fob_over_domestic_sep2011", 300 / 160),
        ("calm_weekly_sd", 0),
        ("licence_peak_usd_per_kg", 150),
        ("japan_china_share_2008", 0.9),
        ("japan_china_share_2012", 0.6),
        ("japan_china_share_2015", 0.5),
        ("japan_china_share_2020", 0.4),
        ("japan_imports_autumn2010_over_2008mean", 0.3),
        ("japan_imports_autumn2010_over_h1", 0.3),
        ("japan_use_2012_over_2010", 25 / 40),
        ("japan_lost_activity_weeks", 2 * 0.5 * 30 / 40),
        ("japan_lost_activity_musd", 4),
        ("world_lost_activity_musd", 4),
        ("japan_peak_cover_weeks", (40 * 30 + 8 * 10) / 40),
        ("row_mine_share_2009", 0),
        ("row_mine_share_2015", 3 / 13),  # the illegal tonnes do not count
        ("china_legal_output_2010", 104),
        ("hhi_mined_2012", 0.8**2 + 0.2**2),
        ("hhi_refined_2012", 1),
        ("china_share_mined_2012", 0.8),
        ("china_share_refined_2012", 1),
        ("public_money_musd", 260),
        ("japan_public_money_musd", 250),
        ("japan_public_musd_per_point", 250 / 50),
        ("project_survival", 0.5),
    ],
)
def test_a_measure_gives_the_number_that_was_put_in(found, name, value):
    assert found[name] == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("name", ["tb_peak_ratio", "la_peak_ratio", "ce_peak_ratio", "hhi_magnets_2012"])
def test_a_material_or_stage_that_is_not_there_gives_nan(found, name):
    assert math.isnan(found[name])


def test_calm_sd_is_that_of_the_returns(made_up):
    prices = made_up.prices.copy()
    growth = np.exp(np.cumsum(np.tile([0.01, -0.01], len(WEEKS))[: len(WEEKS)]))
    prices.loc[prices["zone"] == "CN export", "price_usd_per_kg"] = np.tile(20 * growth, 2)
    wavy = Run(made_up.scenario, 0, {**made_up.tables, "prices": prices})

    assert measures(wavy)["calm_weekly_sd"] == pytest.approx(0.01, rel=0.01)


def test_a_short_run_answers_only_for_the_years_it_covers():
    short = Run(made_up_scenario(), 0, made_up_tables(WEEKS[WEEKS < "2011-06-01"]))

    found = measures(short)

    assert found["ndpr_fob_2009"] == 20
    assert found[["ndpr_peak_ratio", "japan_china_share_2012", "japan_lost_activity_weeks"]].isna().all()
    assert math.isnan(found["china_legal_output_2011"])


def test_a_run_without_anything_gives_nan_everywhere(made_up):
    assert measures(Run(made_up.scenario, 0, {})).drop("project_survival").isna().all()
    assert comparison_table([Run(made_up.scenario, 0, {})]).empty


def test_a_run_without_china_or_japan_says_nothing_about_them(made_up):
    scenario = made_up.scenario.model_copy(update={"zone": {"A": made_up.scenario.zone["RW"]}, "state_buyer": {}})

    found = measures(Run(scenario, 0, made_up.tables)).dropna()

    assert not [name for name in found.index if name.startswith(("ndpr", "japan_china", "china", "public"))]


def test_all_public_money_is_what_the_zones_spend(made_up):
    assert spending(made_up) == spending(made_up, "JP") + spending(made_up, "RW")


def test_concentration_is_told_for_every_whole_year(made_up):
    table = concentration_table(made_up)

    assert sorted(table["year"].unique()) == list(range(2008, 2021))
    assert set(table["stage"]) == {"mined", "refined"}


def test_names_are_those_of_history():
    strangers = set(reference_table()["metric"]) - set(MEASURES)

    assert strangers <= {"world_demand_2010"}  # of all rare earths, which no scenario holds


class TestComparisonTable:
    def test_one_run_stands_beside_history(self, made_up):
        table = comparison_table([made_up]).set_index("metric")

        assert list(table.columns) == ["label", "unit", "history", "run"]
        assert table.loc["ndpr_fob_2009", "run"] == 20
        assert table.loc["ndpr_fob_2009", "history"] == pytest.approx(
            reference_table().set_index("metric").loc["ndpr_fob_2009", "value"]
        )

    def test_replications_give_median_and_deciles(self, made_up):
        runs = []
        for seed in range(11):
            prices = made_up.prices.assign(price_usd_per_kg=made_up.prices["price_usd_per_kg"] + seed)
            runs.append(Run(made_up.scenario, seed, {**made_up.tables, "prices": prices}))

        row = comparison_table(runs).set_index("metric").loc["ndpr_fob_2009"]

        assert (row["median"], row["p10"], row["p90"]) == (25, 21, 29)

    def test_the_full_table_holds_every_measure_covered(self, made_up, found):
        assert len(comparison_table([made_up], headlines=False)) == found.notna().sum()

    def test_no_run_is_refused(self):
        with pytest.raises(ValueError, match="no run"):
            comparison_table([])


def test_compare_tells_the_difference(made_up):
    prices = made_up.prices.assign(price_usd_per_kg=made_up.prices["price_usd_per_kg"] * 2)
    other = Run(made_up.scenario, 1, {**made_up.tables, "prices": prices})

    row = compare(made_up, [other, other]).set_index("metric").loc["ndpr_fob_2009"]

    assert (row["first"], row["second"], row["difference"]) == (20, 40, 20)
