"""The historical values printed beside a run, each computed from the data rows.

A value keeps the sources and the weakest confidence of the rows behind it.
"recalled" among its sources means that part of it was never checked.
"""

from __future__ import annotations

import functools
from datetime import date
from math import nan
from typing import TYPE_CHECKING

from market_abm.core.units import DAYS_PER_YEAR
from market_abm.history import series
from market_abm.history.figure import (
    Figure,
    average,
    fob,
    fob_2009,
    metric_of,
    mine_output,
    peak_quarter,
    september_2011,
)
from market_abm.history.period import bounds, middle

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["metric", "label", "unit", "value", "low", "high", "source", "confidence", "note"]
STORY_SHARE_2020 = 0.6  # Japan's dependence on China after ten years: the story's figure, no data row
LABELS = {
    "ndpr_fob_2009": ("NdPr export price, 2009", "US$/kg"),
    "dy_fob_2009": ("Dy export price, 2009", "US$/kg"),
    "ndpr_peak_ratio": ("NdPr export price, peak quarter / 2009", "1"),
    "dy_peak_ratio": ("Dy export price, peak quarter / 2009", "1"),
    "tb_peak_ratio": ("Tb export price, peak quarter / 2009", "1"),
    "la_peak_ratio": ("La export price, peak quarter / 2009", "1"),
    "ce_peak_ratio": ("Ce export price, peak quarter / 2009", "1"),
    "ndpr_peak_date": ("NdPr export price, middle of the peak quarter", "year"),
    "ndpr_end2012_over_peak": ("NdPr export price, end of 2012 / peak quarter", "1"),
    "ndpr_2015_over_2009": ("NdPr export price, 2015 / 2009", "1"),
    "ndpr_mean_2016_2020": ("NdPr export price, mean 2016-2020", "US$/kg"),
    "ndpr_domestic_sep2011_over_2009": ("NdPr price inside China, Sep 2011 / 2009", "1"),
    "ndpr_fob_over_domestic_sep2011": ("NdPr export price / price inside China, Sep 2011", "1"),
    "japan_china_share_2008": ("China's share of Japan's imports, 2008", "1"),
    "japan_china_share_2020": ("China's share of Japan's imports, 2020", "1"),
    "japan_use_2012_over_2010": ("Japan's use, 2012 / 2010", "1"),
    "japan_imports_autumn2010_over_2008mean": (
        "Japan's imports from China, Oct-Nov 2010 / month of 2008",
        "1",
    ),
    "row_mine_share_2009": ("Mine output outside China / world, 2009", "1"),
    "row_mine_share_2015": ("Mine output outside China / world, 2015", "1"),
    "row_mine_share_2020": ("Mine output outside China / world, 2020", "1"),
    "china_legal_output_2010": ("Chinese mine output, 2010", "kt REO/year"),
    "china_legal_output_2011": ("Chinese mine output, 2011", "kt REO/year"),
    "china_legal_output_2012": ("Chinese mine output, 2012", "kt REO/year"),
    "world_demand_2010": ("World demand, 2010", "kt REO/year"),
}
"""Metric names, in the order of the table, with label and unit."""

Row = list[str | float]


def _row(metric: str, figure: Figure, note: str, low: float = nan, high: float = nan) -> Row:
    return [metric, *LABELS[metric], figure.value, low, high, figure.source, figure.confidence, note]


def _decimal_year(day: date) -> float:
    return round(day.year + (day.timetuple().tm_yday - 1) / DAYS_PER_YEAR, 3)


def _rise() -> list[Row]:
    rows = [
        _row("ndpr_fob_2009", fob_2009("NdPr"), "annual mean; Nd and Pr 75/25"),
        _row("dy_fob_2009", fob_2009("Dy"), "annual mean"),
    ]
    for material in ("NdPr", "Dy", "Tb", "La", "Ce"):
        quarter, top = peak_quarter(material)
        annual = fob(material, "2011", "annual_avg") / fob_2009(material)
        note = f"{quarter} mean / 2009 mean; low: 2011 mean / 2009 mean"
        rows.append(_row(f"{material.lower()}_peak_ratio", top / fob_2009(material), note, annual.value))
    return rows


def _crash() -> list[Row]:
    """Date of the peak and what came after; Nd2O3 stands for NdPr where Pr has no price."""
    quarter, top = peak_quarter("NdPr")
    start, end = bounds(quarter)
    assert end is not None
    day = Figure(_decimal_year(middle(start, end)), top.source, top.confidence)
    fall = fob("Nd2O3", "2012", "yearend") / fob("Nd2O3", quarter, "quarter_avg")
    plateau = fob("Nd2O3", "2015", "annual_avg") / fob_2009("Nd2O3")
    years = [fob("Nd2O3", str(year), "annual_avg") for year in range(2016, 2021)]
    values = [year.value for year in years]
    note = "Nd2O3 on both sides: Pr has no price then"
    return [
        _row("ndpr_peak_date", day, quarter, _decimal_year(start), _decimal_year(end)),
        _row("ndpr_end2012_over_peak", fall, note),
        _row("ndpr_2015_over_2009", plateau, note),
        _row("ndpr_mean_2016_2020", average(years), "Nd2O3; cheapest, dearest year", min(values), max(values)),
    ]


def _two_tiers() -> list[Row]:
    """Price inside China at its height, over 2009 and under the export price."""
    taxes = series.export_taxes()
    tax = taxes[(taxes["material"] == "NdPr") & (taxes["start"] <= "2009-01-01")].iloc[-1]
    one_and_tax = Figure(1 + float(tax["rate"]), tax["source_id"], tax["confidence"])
    inside, before = september_2011("NdPr"), fob_2009("NdPr")
    ratio = fob("Nd2O3", "2011-Q3", "quarter_avg") / september_2011("Nd2O3")
    october = fob("Nd2O3", "2011-10", "spot") / september_2011("Nd2O3")
    mix = fob("NdPr", "2011-Q3", "quarter_avg") / inside
    derived = f"with VAT; 2009 derived: FOB / {one_and_tax.value:.2f} (tax), no quota rent; low: tax left in"
    like = "Nd2O3, Q3 mean / Sep quotes with VAT; low: Oct spot; high: NdPr mix, Q3"
    return [
        _row(
            "ndpr_domestic_sep2011_over_2009",
            (inside / (before / one_and_tax)).at_most("med"),
            derived,
            low=(inside / before).value,
        ),
        _row("ndpr_fob_over_domestic_sep2011", ratio, like, october.value, mix.value),
    ]


def _japan() -> list[Row]:
    imports, demand = series.japan_imports(), series.demand()
    china = metric_of(imports, "japan_ree_imports_china", "2008")
    tonnes = china / metric_of(imports, "japan_ree_imports_total", "2008")
    share = metric_of(imports, "china_share_japan_imports", "2008")
    used, before = (
        metric_of(demand, "japan_ree_demand", "2012"),
        metric_of(demand, "japan_ree_demand_baseline", "2010"),
    )
    autumn = [
        metric_of(imports, "japan_ree_imports_china", month) / china.times(1 / 12)
        for month in ("2010-09", "2010-10", "2010-11")
    ]
    scope = "low: November; high: Sep-Nov; monthly customs codes and METI total differ in scope"
    story = "the story's figure, no data row; K08: target .5 by 2025"
    return [
        _row("japan_china_share_2008", share, "high: tonnes of the same article", high=tonnes.value),
        _row("japan_china_share_2020", Figure(STORY_SHARE_2020, "story", "low"), story),
        _row("japan_use_2012_over_2010", (used / before).at_most("med"), "includes destocking; scopes differ"),
        _row(
            "japan_imports_autumn2010_over_2008mean",
            average(autumn[1:]).at_most("med"),
            scope,
            autumn[2].value,
            average(autumn).value,
        ),
    ]


def _mines() -> list[Row]:
    rows = []
    for year in (2009, 2015, 2020):
        world, china = mine_output("World", year), mine_output("China", year)
        note = "USGS, no illegal Chinese output; low: with it, a lower bound (USGS may hold some of it)"
        with_illegal = (world.value - china.value) / (world.value + _illegal_output(year, china.value))
        rows.append(_row(f"row_mine_share_{year}", (world - china) / world, note, with_illegal))
    quotas = series.mining_quotas()
    output = series.mine_production("China")
    for year in (2010, 2011, 2012):
        legal = quotas[(quotas["kind"] == "mining") & (quotas["group"] == "all") & (quotas["year"] == year)]
        most = output.loc[output["year"] == year, "production_t"].max()
        rows.append(
            _row(
                f"china_legal_output_{year}",
                mine_output("China", year).times(1e-3),
                "USGS, revised; low: mining quota; high: highest published",
                float(legal["quota_t"].iloc[0]) / 1e3,
                float(most) / 1e3,
            )
        )
    return rows


def _illegal_output(year: int, china: float) -> float:
    """Illegal Chinese output by the estimates for that year [t REO]; NaN where there is none."""
    rows = series.smuggling()
    rows = rows[(rows["start"].dt.year <= year) & (rows["end"].dt.year >= year)].set_index("metric")["value"]
    if "illegal_output_gap" in rows.index:
        return float(rows["illegal_output_gap"])
    share = float(rows.get("illegal_share_of_output_adamas", nan))
    return china * share / (1 - share)


def reference_table() -> pd.DataFrame:
    """Historical values to print beside a run.

    Returns
    -------
    DataFrame, one row a metric: `metric` (machine name), `label`, `unit`,
    `value`, `low` and `high` (NaN where one figure is all there is), `source`
    (ids joined by "+", see `sources()`), `confidence` (the weakest behind the
    value), `note`.
    """
    import pandas as pd

    return pd.DataFrame(_rows(), columns=COLUMNS)


@functools.cache
def _rows() -> list[Row]:
    demand = metric_of(series.demand(), "world_demand", "2010").times(1e-3)
    rows = [*_rise(), *_crash(), *_two_tiers(), *_japan(), *_mines()]
    rows.append(_row("world_demand_2010", demand, "Kingsnorth, via Jamestown"))
    return rows
