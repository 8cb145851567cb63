"""The table of historical values: present, computed from the rows, and inside its own range."""

import pytest

from market_abm import history

METRICS = {
    "ndpr_fob_2009", "dy_fob_2009", "ndpr_peak_ratio", "dy_peak_ratio", "tb_peak_ratio", "la_peak_ratio",
    "ce_peak_ratio", "ndpr_peak_date", "ndpr_end2012_over_peak", "ndpr_2015_over_2009", "ndpr_mean_2016_2020",
    "ndpr_domestic_sep2011_over_2009", "ndpr_fob_over_domestic_sep2011", "japan_china_share_2008",
    "japan_china_share_2020", "row_mine_share_2009", "row_mine_share_2015", "row_mine_share_2020",
    "china_legal_output_2010", "china_legal_output_2011", "china_legal_output_2012",
    "japan_use_2012_over_2010", "japan_imports_autumn2010_over_2008mean", "world_demand_2010",
}  # fmt: skip


@pytest.fixture(scope="module")
def table():
    return history.reference_table().set_index("metric")


def test_every_metric_the_run_prints_is_there_once(table):
    assert table.index.is_unique
    assert set(table.index) == METRICS


def test_a_value_lies_within_its_own_range(table):
    assert (table["low"].isna() | (table["low"] <= table["value"])).all()
    assert (table["high"].isna() | (table["value"] <= table["high"])).all()
    assert (table["value"] > 0).all()


def test_every_value_names_its_sources_and_confidence(table):
    listed = {*history.sources()["source_id"], "recalled", "story"}
    assert {source for sources in table["source"] for source in sources.split("+")} <= listed
    assert table["confidence"].isin(["high", "med", "low"]).all()


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("ndpr_fob_2009", 0.75 * 19.12 + 0.25 * 18.03),
        ("ndpr_peak_ratio", (0.75 * 339 + 0.25 * 248) / (0.75 * 19.12 + 0.25 * 18.03)),
        ("dy_peak_ratio", 2510 / 115.7),
        ("ndpr_end2012_over_peak", 77.5 / 339),
        ("ndpr_2015_over_2009", 48 / 19.12),
        (
            "ndpr_mean_2016_2020",
            (40 + 50 + 50 + 45 + 49) / 5,
        ),  # 2020: the final figure, not the estimate of 47
        ("ndpr_domestic_sep2011_over_2009", (136.9 + 140.8 + 144.8) / 3 * 1.15 / 18.8475),
        ("japan_use_2012_over_2010", 14_470 / 30_000),
        ("japan_imports_autumn2010_over_2008mean", (1278 + 634) / 2 / (29_275 / 12)),
        ("row_mine_share_2020", 100 / 240),
        ("china_legal_output_2011", 105),
    ],
)
def test_a_value_is_what_its_rows_give_by_hand(table, metric, value):
    assert table.loc[metric, "value"] == pytest.approx(value)


def test_the_peak_came_in_the_third_quarter_of_2011(table):
    row = table.loc["ndpr_peak_date"]
    assert (row["low"], row["high"]) == pytest.approx((2011.5, 2011.75), abs=0.01)
    assert row["note"] == "2011-Q3"


def test_illegal_output_lowers_the_share_of_the_rest_of_the_world(table):
    counted = table.loc[["row_mine_share_2009", "row_mine_share_2015"]]
    assert (counted["low"] < counted["value"]).all()


def test_what_rests_on_memory_says_so(table):
    remembered = table[table["source"].str.contains("recalled")].index
    assert {"ndpr_peak_ratio", "la_peak_ratio", "row_mine_share_2009"} <= set(remembered)
    assert table.loc["japan_china_share_2020", "confidence"] == "low"
