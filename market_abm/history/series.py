"""Trade, production, demand and policy of rare earths, 2004-2025, one function a series.

Each function says its unit and basis. A year with two figures keeps both; where
one must be chosen, a column says which. Prices are in `price` (ODD: input data).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from market_abm.history.period import with_bounds
from market_abm.history.table import read_table, require

if TYPE_CHECKING:
    import pandas as pd

ROUNDS = {
    1: re.compile(r"first round (\d+)"),
    2: re.compile(r"second (?:round )?(\d+)"),
}  # in the totals' notes
TAXED = {
    "export_tax_dy_tb_y_eu_pct": ("Dy", "Tb"),
    "export_tax_la_nd_pct": ("La", "NdPr"),
    "export_tax_la_ce_pct": ("La", "Ce"),
    "export_tax_nd_pct": ("NdPr",),
    "export_tax_all_pct": ("La", "Ce", "NdPr", "Dy", "Tb"),
}
SMUGGLING = ("smuggled_exports", "illegal_exports", "illegal_output", "illegal_share", "foreign_customs")
STAGES = {
    "mined": ("china_share_mining", "china_share_of_world_production", "china_share_world_output_bgr_pct"),
    "refined": ("china_share_refining", "china_share_refining_argonne"),
    "magnets": ("china_share_magnets",),
}
USGS_EDITIONS = ("P10", "P11", "P12", "P50", "P30")  # Mineral Commodity Summaries, oldest first

Stage = Literal["mined", "refined", "magnets"]


def _china(prefix: str | tuple[str, ...]) -> pd.DataFrame:
    """Rows of `china_quotas_trade.csv` whose type starts so."""
    rows = read_table("china_quotas_trade").rename(columns={"value_t_reo": "value"})
    return rows[rows["quota_type"].str.startswith(prefix)].fillna({"note": ""}).reset_index(drop=True)


def export_quotas() -> pd.DataFrame:
    """Chinese export quotas by half-year round, 2004-2014.

    2009-2011 and 2014 are announced rounds; of 2012-2013 the second is known and
    the first is the total less the second; before 2009 a half is half the year.
    The quota was abolished in 2015: no row, which means no limit, not nil.

    Returns
    -------
    DataFrame with `date`, `start`, `end`, `year`, `half` (1, 2), `quota_t` [t
    of product, called REO], `derived` (False: announced), `source_id`,
    `confidence`, `note`. The halves of a year sum to its total.
    """
    import pandas as pd

    rows = _china("export_quota_")
    totals = rows[(rows["quota_type"] == "export_quota_total") & (rows["value"] > 0)]
    rounds = []
    for _, total in totals.iterrows():
        of_year = rows[rows["year"] == total["year"]]
        announced = {}
        for half, in_note in ROUNDS.items():
            own, noted = (
                of_year[of_year["quota_type"] == f"export_quota_H{half}"],
                in_note.search(total["note"]),
            )
            if not own.empty:
                announced[half] = own.iloc[0]
            elif noted:
                announced[half] = total.copy()
                announced[half]["value"] = float(noted[1])
        rest = total["value"] - sum(row["value"] for row in announced.values())
        share = rest / max(2 - len(announced), 1)
        for half in (1, 2):
            row, derived = announced.get(half, total), half not in announced
            quota = share if derived else float(row["value"])
            rounds.append({**row, "half": half, "quota_t": quota, "derived": derived})
    frame = pd.DataFrame(rounds)
    frame["period"] = frame["year"] + "-H" + frame["half"].astype(str)
    columns = ["period", "year", "half", "quota_t", "derived", "source_id", "confidence", "note"]
    return with_bounds(frame[columns].astype({"year": int}), "period")


def mining_quotas() -> pd.DataFrame:
    """Chinese mining and separation quotas, 2006-2024.

    Returns
    -------
    DataFrame with `year`, `kind` (mining, separation), `group` (all, light,
    heavy), `quota_t` [t REO a year], `source_id`, `confidence`, `note`. Light
    and heavy are parts of all, not additions.
    """
    rows = _china(("mining_quota", "separation_quota")).rename(columns={"value": "quota_t"})
    group = rows["quota_type"].str.extract(r"_(LRE|HRE)$")[0].map({"LRE": "light", "HRE": "heavy"})
    rows = rows.assign(kind=rows["quota_type"].str.split("_").str[0], group=group.fillna("all"))
    rows = rows.astype({"year": int})
    return rows[["year", "kind", "group", "quota_t", "source_id", "confidence", "note"]]


def export_taxes() -> pd.DataFrame:
    """Chinese export taxes by material, each from its start until the next row.

    The tax of Nd stands for NdPr. Cerium has no row before 2011: unknown, not nil.

    Returns
    -------
    DataFrame with `material`, `start`, `rate` [share of the price before tax],
    `source_id`, `confidence`, `note`, sorted by material and start.
    """
    import pandas as pd

    rows = _china("export_tax_")
    rows["material"] = rows["quota_type"].map(TAXED)
    rows["rate"] = rows["value"] / 100
    ended = rows["quota_type"] == "export_tax_all_pct"  # its note: from 1 May 2015
    rows["start"] = pd.to_datetime(rows["year"] + ended.map({True: "-05-01", False: "-01-01"}))
    rows = rows.explode("material").sort_values(["material", "start"], ignore_index=True)
    return rows[["material", "start", "rate", "source_id", "confidence", "note"]]


def smuggling() -> pd.DataFrame:
    """Estimates of smuggled exports and illegal output of China, which disagree widely.

    Returns
    -------
    DataFrame with `date`, `start`, `end`, `metric`, `value`, `unit` ("t REO/year",
    or "1" for shares and ratios), `source_id`, `confidence`, `note`.
    """
    rows = _china(SMUGGLING)
    share = rows["quota_type"].str.endswith("_pct")
    bare = share | rows["quota_type"].str.endswith("_ratio")
    rows["value"] = rows["value"].where(~share, rows["value"] / 100)
    rows["metric"] = rows["quota_type"].str.replace("_pct$|_t$", "", regex=True)
    rows["unit"] = bare.map({True: "1", False: "t REO/year"})
    return with_bounds(rows, "year")[
        ["date", "start", "end", "metric", "value", "unit", "source_id", "confidence", "note"]
    ]


def mine_production(country: str | None = None) -> pd.DataFrame:
    """Mine output by country, 2005-2024 (USGS, some BGR and others).

    China's figure from 2014 equals its mining quota and leaves out illegal
    output. Do not sum countries to the world: `country="World"` is its own row.

    Parameters
    ----------
    country : str or None
        A country or "World"; None for all rows.

    Returns
    -------
    DataFrame with `year`, `country`, `production_t` [t REO a year],
    `preferred` (one row a year and country: the latest USGS revision),
    `source_id`, `confidence`, `note`.
    """
    rows = read_table("world_production").rename(columns={"production_t_reo": "production_t"})
    if country is not None:
        rows = rows[rows["country"] == require("country", country, rows["country"].unique())]
    edition = rows["source_id"].map({source: float(rank) for rank, source in enumerate(USGS_EDITIONS)})
    same = ["year", "country"]
    all_editions = edition.notna().groupby([rows[column] for column in same]).transform("all")
    in_file = -rows.groupby(same).cumcount().astype(float)  # which lists the revised USGS figure first
    rank = edition.astype(float).where(all_editions, in_file)
    best = rank == rank.groupby([rows[column] for column in same]).transform("max")
    rows = rows.assign(preferred=best).fillna({"note": ""}).astype({"year": int})
    columns = [*same, "production_t", "preferred", "source_id", "confidence", "note"]
    return rows[columns].sort_values(["country", "year"], kind="stable", ignore_index=True)


def china_share(stage: Stage) -> pd.DataFrame:
    """China's share of the world at one stage; forecasts are left out.

    Parameters
    ----------
    stage : {"mined", "refined", "magnets"}
        The stages are different measures and not to be mixed.

    Returns
    -------
    DataFrame with `year`, `share` [1], `metric` (the measure in the file),
    `source_id`, `confidence`, `note`.
    """
    import pandas as pd

    metrics = STAGES[require("stage", stage, STAGES)]
    official = _china("china_share_").rename(columns={"quota_type": "metric"})
    rows = pd.concat([read_table("china_shares"), official], ignore_index=True)
    rows = rows[rows["metric"].isin(metrics)].fillna({"note": ""}).astype({"year": int})
    rows["share"] = rows["value"].astype(float) / 100
    columns = ["year", "share", "metric", "source_id", "confidence", "note"]
    return rows[columns].sort_values("year", kind="stable", ignore_index=True)


def _dated(name: str, prefixes: tuple[str, ...] = ("",), column: str = "date") -> pd.DataFrame:
    """Rows of a metric-value file with their periods; `value` stays text where it is a range."""
    rows = read_table(name)
    rows = rows[rows["metric"].str.startswith(prefixes)].fillna({"note": ""})
    return with_bounds(rows, column)


def japan_imports() -> pd.DataFrame:
    """Return rare-earth imports of Japan and China's share in them, 2008-2022.

    Totals of 2008-10 (METI, JOGMEC), monthly figures (Ministry of Finance codes)
    and those of 2022 (Argus, narrower) differ in scope: `note` and `unit` say how.

    Returns
    -------
    DataFrame with `date`, `start`, `end`, `metric`, `value`, `unit` (t, "1" for
    shares, bn yen), `source_id`, `confidence`, `note`.
    """
    rows = _dated("japan_imports_demand", ("japan_ree_import", "china_share_japan_imports"))
    share = rows["unit"] == "%"
    value = rows["value"].astype(float)
    return rows.assign(value=value.where(~share, value / 100), unit=rows["unit"].where(~share, "1"))


def demand() -> pd.DataFrame:
    """Demand figures of the world, China and Japan, and end-use intensities.

    Returns
    -------
    DataFrame with `date`, `start`, `end`, `metric`, `value` (text: some are
    ranges), `unit`, `source_id`, `confidence`, `note`. Forecasts are named so.
    """
    import pandas as pd

    japan = _dated("japan_imports_demand", ("japan_ree_demand",)).astype({"value": str})
    world = _dated("demand", column="year").astype({"value": str})
    return pd.concat([world, japan], ignore_index=True)
