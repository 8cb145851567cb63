"""The historical series: units and bases kept apart, files in step with their sources."""

import re
import subprocess
import sys
from decimal import Decimal
from importlib import resources

import pandas as pd
import pytest

from market_abm import history
from market_abm.history.period import bounds
from market_abm.history.table import read_table

MATERIALS = ("La", "Ce", "NdPr", "Dy", "Tb")


def one(frame, **wanted):
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def test_importing_history_does_not_load_pandas():
    code = "import sys, market_abm.history; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("material", MATERIALS)
def test_export_and_domestic_prices_never_share_a_row(material):
    key = ["start", "end", "price_usd_per_kg", "source_id"]
    both = history.prices(material, "fob").merge(history.prices(material, "domestic"), on=key)
    assert both.empty


@pytest.mark.parametrize("material", MATERIALS)
@pytest.mark.parametrize("basis", ["fob", "domestic"])
def test_prices_are_of_oxides_positive_and_inside_their_range(material, basis):
    rows = history.prices(material, basis)

    assert not rows["series"].str.contains("metal|basket|contract").any()
    assert (rows["price_usd_per_kg"] > 0).all()
    quoted = rows.dropna(subset=["low", "high"])
    assert (quoted["low"] <= quoted["price_usd_per_kg"]).all()
    assert (quoted["price_usd_per_kg"] <= quoted["high"]).all()
    assert ((rows["start"] <= rows["date"]) & (rows["date"] <= rows["end"])).all()
    assert rows["date"].is_monotonic_increasing


def test_metal_quotes_of_2011_are_in_no_oxide_series():
    metal = read_table("prices").query("material == 'Dy_metal'")["price_usd_per_kg"]
    oxide = history.prices("Dy", "fob")["price_usd_per_kg"]
    assert len(metal) == 2
    assert not oxide.isin(metal).any()


def test_ndpr_is_the_75_25_mix_where_both_parts_have_a_price_and_neodymium_elsewhere():
    rows = history.prices("NdPr", "fob")

    mixed = one(rows[rows["start"] == "2009-01-01"], period="annual_avg")
    assert mixed["price_usd_per_kg"] == pytest.approx(0.75 * 19.12 + 0.25 * 18.03)
    alone = one(rows[rows["start"] == "2015-01-01"], period="annual_avg")
    assert (alone["series"], alone["price_usd_per_kg"]) == ("Nd2O3", 48.0)
    quoted = rows[rows["start"] == "2014-10-02"]
    assert quoted["series"].tolist() == ["NdPr_oxide"]


def test_a_mix_is_only_as_trusted_as_its_weaker_part():
    rows = history.prices("NdPr", "fob")
    third = one(rows[rows["start"] == "2011-07-01"], period="quarter_avg")
    assert (third["confidence"], third["source_id"]) == ("low", "recalled")


def test_quotes_without_vat_stand_apart():
    without = history.prices("NdPr", "domestic", vat=False)
    assert without["price_usd_per_kg"].tolist() == [120.0, 83.0, 48.0, 51.0]
    assert not history.prices("NdPr", "domestic")["source_id"].isin(without["source_id"]).any()


def test_a_year_end_price_is_dated_at_the_end_of_the_year():
    row = one(history.prices("Dy", "fob").query("period == 'yearend' and source_id == 'P10'").head(1))
    assert row["date"] == pd.Timestamp("2011-12-31")


def annual_and_monthly(year):
    annual = history.prices("Nd2O3", "fob")
    annual = one(annual[annual["start"] == f"{year}-01-01"], period="annual_avg")["price_usd_per_kg"]
    monthly = history.monthly_domestic_prices("Nd2O3", vat=True)
    return annual, monthly.loc[monthly["date"].dt.year == year, "price_usd_per_kg"].mean()


def test_usgs_annual_price_of_2017_agrees_with_the_monthly_series_with_vat():
    annual, monthly = annual_and_monthly(2017)
    assert annual == pytest.approx(monthly, rel=0.05)


def test_in_2014_the_export_price_stood_above_the_domestic_one_by_the_duty():
    annual, monthly = annual_and_monthly(2014)
    assert annual / monthly == pytest.approx(1.25, abs=0.05)


def test_monthly_prices_differ_by_the_vat_of_the_day():
    with_vat, without = (history.monthly_domestic_prices("NdPr", vat=vat) for vat in (True, False))
    ratio = (with_vat["price_usd_per_kg"] / without["price_usd_per_kg"]).set_axis(with_vat["start"])
    assert ratio["2013-01-01"] == pytest.approx(1.17, abs=0.001)
    assert ratio["2024-01-01"] == pytest.approx(1.13, abs=0.001)
    assert len(ratio) == 139


def test_export_quota_rounds_sum_to_the_year():
    quotas = history.export_quotas()
    totals = read_table("china_quotas_trade").query("quota_type == 'export_quota_total' and value_t_reo > 0")

    assert quotas.loc[quotas["year"] == 2010, "quota_t"].sum() == 30_258
    assert quotas.groupby("year")["quota_t"].sum().tolist() == totals["value_t_reo"].tolist()
    assert (quotas.groupby("year").size() == 2).all()


def test_the_second_half_of_2010_was_cut_by_72_percent():
    quotas = history.export_quotas().set_index(["year", "half"])["quota_t"]
    assert quotas[2010, 2] / quotas[2009, 2] - 1 == pytest.approx(-0.72, abs=0.005)


def test_derived_quota_rounds_say_so():
    quotas = history.export_quotas().set_index(["year", "half"])["derived"]
    both = [(year, half) for year in (2009, 2010, 2011, 2014) for half in (1, 2)]
    assert sorted(quotas.index[~quotas]) == sorted([*both, (2012, 2), (2013, 2)])


def test_an_abolished_quota_is_no_row_rather_than_nil():
    assert history.export_quotas()["year"].max() == 2014


def test_light_and_heavy_mining_quotas_are_parts_of_all():
    quotas = history.mining_quotas().query("kind == 'mining' and year == 2011").set_index("group")["quota_t"]
    assert quotas["light"] + quotas["heavy"] == quotas["all"]


def test_export_taxes_rise_and_end():
    taxes = history.export_taxes()
    assert taxes.loc[taxes["material"] == "NdPr", "rate"].tolist() == [0.15, 0.25, 0.0]
    last = taxes.groupby("material").tail(1)
    assert (last["start"] == "2015-05-01").all()
    assert set(last["material"]) == set(MATERIALS)


def test_smuggling_states_shares_as_shares():
    rows = history.smuggling()
    assert len(rows) == 7
    assert (rows.loc[rows["metric"].str.contains("share"), "value"] < 1).all()
    assert (rows.loc[rows["unit"] != "1", "value"] > 1_000).all()


def test_one_production_figure_a_year_and_country_is_preferred():
    rows = history.mine_production()
    assert (rows.groupby(["year", "country"])["preferred"].sum() == 1).all()
    best = rows[rows["preferred"]].set_index(["country", "year"])["production_t"]
    assert best["United States", 2015] == 5_900  # revised from 4,100
    assert best["China", 2010] == 120_000  # revised from 130,000


def test_preference_does_not_depend_on_asking_for_one_country():
    everywhere = history.mine_production()
    china = history.mine_production("China")
    pd.testing.assert_frame_equal(everywhere[everywhere["country"] == "China"].reset_index(drop=True), china)


def test_countries_never_exceed_the_world_by_more_than_rounding():
    rows = history.mine_production().query("preferred").pivot(index="year", columns="country", values="production_t")
    others = rows.drop(columns="World").sum(axis="columns")
    assert (others <= rows["World"] * 1.03).all()


@pytest.mark.parametrize("stage", ["mined", "refined", "magnets"])
def test_shares_of_china_are_shares_and_no_forecasts(stage):
    rows = history.china_share(stage)
    assert rows["share"].between(0.5, 1).all()
    assert not rows["metric"].str.contains("forecast|demand").any()


def test_japanese_shares_and_tonnes_agree_for_2008():
    rows = history.japan_imports()
    rows = rows[rows["start"] == "2008-01-01"].set_index("metric")["value"]
    tonnes = rows["japan_ree_imports_china"] / rows["japan_ree_imports_total"]
    assert rows["china_share_japan_imports"] == pytest.approx(tonnes, abs=0.02)


@pytest.mark.parametrize(
    ("ask", "nearest"),
    [
        (lambda: history.prices("NdPt", "fob"), "NdPr"),
        (lambda: history.prices("Dy2O", "fob"), "Dy2O3"),
        (lambda: history.prices("Dy", "FOB"), "fob"),
        (lambda: history.monthly_domestic_prices("Nd", vat=True), "NdPr|Nd2O3"),
        (lambda: history.china_share("refning"), "refined"),
        (lambda: history.mine_production("Austria"), "Australia"),
        (lambda: history.baskets("Mount Weld"), "Mt Weld"),
        (lambda: history.uses("sectors"), "sector"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(ask, nearest):
    with pytest.raises(ValueError, match=rf'Did you mean "({nearest})"'):
        ask()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2011-Q3", "2011-07-01", "2011-09-30"),
        ("2010-H2", "2010-07-01", "2010-12-31"),
        ("2012-02", "2012-02-01", "2012-02-29"),
        ("2010-09-21", "2010-09-21", "2010-09-21"),
        ("2005-2010", "2005-01-01", "2010-12-31"),
        ("2017-06to09", "2017-06-01", "2017-09-30"),
        ("2020-12to2022-03", "2020-12-01", "2022-03-31"),
        ("1986+", "1986-01-01", "None"),
    ],
)
def test_a_written_period_has_a_first_and_a_last_day(text, first, last):
    assert tuple(map(str, bounds(text))) == (first, last)


def test_a_text_that_is_no_period_is_refused():
    with pytest.raises(ValueError, match="is no period"):
        bounds("2010-Q5")


@pytest.mark.parametrize("series", [history.events, history.stockpile_rules, history.demand, history.japan_imports])
def test_every_dated_row_has_a_start_before_its_end(series):
    rows = series()
    assert rows["start"].notna().all()
    assert (rows["end"].isna() | (rows["start"] <= rows["end"])).all()


def test_every_cited_source_is_listed_and_every_row_has_a_confidence():
    listed = set(history.sources()["source_id"])
    assert history.sources()["source_id"].is_unique
    for file in (resources.files("market_abm.history") / "data").iterdir():
        if not file.name.endswith(".csv"):
            continue
        name = file.name.removesuffix(".csv")
        rows = history.parameters() if name == "parameters" else read_table(name)
        cited = set(re.findall(r"\b[A-Z]\d\d\b", " ".join(rows["source_id"])))
        assert cited <= listed, file.name
        assert rows["source_id"].notna().all(), file.name
        if "confidence" in rows:
            assert rows["confidence"].isin(["high", "med", "low"]).all(), file.name


def test_a_basket_sums_to_exactly_one():
    text = (resources.files("market_abm.history") / "data" / "baskets.csv").read_text(encoding="utf-8")
    sums = {}
    for line in text.splitlines()[1:]:
        deposit, _, share = line.split(",")[:3]
        sums[deposit] = sums.get(deposit, Decimal(0)) + Decimal(share)
    assert len(sums) == 15
    assert set(sums.values()) == {Decimal(1)}
    assert (history.baskets().groupby("deposit")["oxide"].agg(set) == {*MATERIALS, "other"}).all()


@pytest.mark.parametrize("year", [2007, 2008, 2009])
def test_the_mt_weld_basket_gives_the_basket_price_lynas_printed(year):
    shares = history.baskets("Mt Weld").set_index("oxide")["share_of_reo"]
    printed = read_table("prices").query(f"material == 'MtWeld_basket' and date == '{year}'").iloc[0]

    def price(oxide):
        rows = history.prices(oxide, "fob")
        return one(rows[rows["start"] == f"{year}-01-01"], period="annual_avg")["price_usd_per_kg"]

    value = sum(shares[material] * price(material) for material in MATERIALS)
    value += 0.0227 / 0.9896 * price("Sm2O3") + 0.0044 / 0.9896 * price("Eu2O3")  # within `other`
    assert value == pytest.approx(printed["price_usd_per_kg"], rel=0.005)


def test_the_lofdal_basket_is_that_of_its_study():
    shares = history.baskets("Lofdal xenotime").set_index("oxide")["share_of_reo"]
    assert (shares["Dy"], shares["Tb"]) == (117 / 2000, 17.5 / 2000)


def test_uses_by_sector_agree_with_what_usgs_says_of_them():
    rows = history.uses("sector")
    assert rows.groupby("sector")["share"].sum().to_numpy() == pytest.approx(1, abs=5e-4)
    mature = rows[rows["sector_group"].isin(["catalysts", "glass", "polishing", "phosphors"])]
    mature = pd.concat([mature, rows[rows["sector"] == "metallurgy"]])
    assert mature["quantity_t"].sum() / rows["quantity_t"].sum() == pytest.approx(0.59, abs=0.005)  # U01
    light = mature[mature["oxide"].isin(["La", "Ce"])]["quantity_t"].sum()
    assert light / mature["quantity_t"].sum() == pytest.approx(0.80, abs=0.05)  # U01


def test_uses_by_region_imply_the_sourced_totals_of_china_and_japan():
    tonnes = history.uses("sector").groupby("sector_group")["quantity_t"].sum()
    shares = history.uses("region").pivot(index="sector", columns="region", values="share")
    assert shares.sum(axis="columns").to_numpy() == pytest.approx(1)
    implied = shares.mul(tonnes, axis="index").sum()
    totals = history.uses("total").set_index("region")["quantity_t"]
    assert implied["China"] == pytest.approx(totals["China"], rel=0.1)
    assert implied["Japan"] == pytest.approx(totals["Japan"], rel=0.15)
