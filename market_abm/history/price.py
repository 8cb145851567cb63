"""Prices of rare-earth oxides, 2007-2025, by basis; never of metals.

A basis says where and with which charges a price holds. FOB contains export
tax, quota rent and the VAT that China does not refund; a Chinese domestic quote
contains VAT. The two differ by a factor of two in 2011 and are never put into
one series (ODD: input data).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal

from market_abm.history.period import with_bounds
from market_abm.history.table import joined, least, read_table, require

if TYPE_CHECKING:
    import pandas as pd

OXIDES = {"La": "La2O3", "Ce": "CeO2", "NdPr": "NdPr_oxide", "Dy": "Dy2O3", "Tb": "Tb4O7"}
"""The program's materials and the oxide whose price stands for each."""
SEPARATE = ("La2O3", "CeO2", "Nd2O3", "Pr6O11", "Dy2O3", "Tb4O7", "Eu2O3", "Sm2O3")
"""Separated oxides, which may be asked for by formula."""
BASES = {"fob": "FOB China", "domestic": "China domestic"}
ND_PART = 0.75  # Nd2O3 in NdPr oxide, by mass; P03 lists the traded alloy with 75-80 % Nd and 20-25 % Pr
EX_VAT = ("P15", "P16", "P17", "P18")  # Lynas quotes the Chinese price without VAT

Basis = Literal["fob", "domestic"]
COLUMNS = ["date", "start", "end", "price_usd_per_kg", "low", "high", "period", "source_id", "confidence"]


def prices(material: str, basis: Basis, *, vat: bool = True) -> pd.DataFrame:
    """Price quotes of one material on one basis.

    NdPr, FOB: the mean of Nd2O3 and Pr6O11 weighted 75/25 where both exist for
    the same period, else Nd2O3; a quote of the mix itself comes first. NdPr,
    domestic: quotes of the mix only. Two sources for one period are two rows.
    There is no domestic row for La and Ce.

    Parameters
    ----------
    material : str
        "La", "Ce", "NdPr", "Dy", "Tb", or an oxide by formula, e.g. "Nd2O3".
    basis : {"fob", "domestic"}
        Free on board China, or inside China.
    vat : bool
        For "domestic": quotes that contain VAT (True), or the few that are
        stated without (False). No row is converted.

    Returns
    -------
    DataFrame with `date` (middle of the period), `start`, `end`,
    `price_usd_per_kg`, `low`, `high` [US$/kg oxide], `period` (annual_avg,
    quarter_avg, yearend, spot, list), `source_id`, `confidence`, and `series`
    (the oxides behind the row) and `note`.

    Raises
    ------
    ValueError
        If material or basis is unknown.
    """
    require("material", material, [*OXIDES, *SEPARATE])
    require("basis", basis, BASES)
    return _chosen(material, basis, vat).copy()


@functools.cache
def _chosen(material: str, basis: Basis, vat: bool) -> pd.DataFrame:
    quotes = _quotes(BASES[basis])
    if basis == "domestic":
        quotes = quotes[quotes["source_id"].isin(EX_VAT) != vat]
    oxide = OXIDES.get(material, material)
    chosen = quotes[quotes["series"] == oxide]
    if material == "NdPr" and basis == "fob":
        chosen = _mixed(quotes, chosen)
    result = with_bounds(chosen)
    yearend = result["period"] == "yearend"
    result.loc[yearend, ["date", "start"]] = result.loc[yearend, "end"]
    result = result.sort_values(["date", "start", "source_id"], kind="stable")
    return result[[*COLUMNS, "series", "note"]].reset_index(drop=True)


@functools.cache
def _quotes(basis: str) -> pd.DataFrame:
    """Rows of both price files on one basis, metals and baskets included."""
    import pandas as pd

    rows = pd.concat([read_table("prices"), read_table("prices_supplement")], ignore_index=True)
    rows = rows[rows["basis"] == basis].drop(columns="basis")
    names = {"material": "series", "price_low": "low", "price_high": "high"}
    return rows.rename(columns=names).fillna({"note": ""})


def _mixed(quotes: pd.DataFrame, direct: pd.DataFrame) -> pd.DataFrame:
    """NdPr by period: quoted as a mix, else 75/25 of the parts, else Nd2O3 alone."""
    import pandas as pd

    key = ["date", "period"]
    quoted = set(zip(direct["date"], direct["period"], strict=True))
    praseodymium = quotes[quotes["series"] == "Pr6O11"].set_index(key)
    rows = []
    for _, neodymium in quotes[quotes["series"] == "Nd2O3"].iterrows():
        period = (neodymium["date"], neodymium["period"])
        if period in quoted:
            continue
        row = neodymium.to_dict()
        if period in praseodymium.index:
            other = praseodymium.loc[[period]].iloc[0]
            for column in ("price_usd_per_kg", "low", "high"):
                row[column] = ND_PART * neodymium[column] + (1 - ND_PART) * other[column]
            row["series"] = "0.75 Nd2O3 + 0.25 Pr6O11"
            row["source_id"] = joined([neodymium["source_id"], other["source_id"]])
            row["confidence"] = least([neodymium["confidence"], other["confidence"]])
        rows.append(row)
    return pd.concat([direct, pd.DataFrame(rows)], ignore_index=True)


def monthly_domestic_prices(material: str, vat: bool) -> pd.DataFrame:
    """Monthly mean prices inside China, January 2013 - July 2024.

    Parameters
    ----------
    material : str
        "NdPr" (75/25 of its parts), "Nd2O3" or "Pr6O11".
    vat : bool
        With the VAT that is in the quotes, or without it.

    Returns
    -------
    DataFrame with `date`, `start`, `end`, `price_usd_per_kg` [US$/kg oxide],
    `n_days` (trading days, the fewer of the parts), `source_id`, `confidence`.
    The last month has five days.
    """
    import pandas as pd

    require("material with monthly prices", material, ["NdPr", "Nd2O3", "Pr6O11"])
    rows = read_table("prices_monthly_china_domestic")
    column = "price_usd_per_kg" if vat else "price_usd_per_kg_ex_vat"
    price = rows.pivot(index="date", columns="material", values=column)
    days = rows.pivot(index="date", columns="material", values="n_days")
    parts: dict[str, float] = {"NdPr": {"Nd2O3": ND_PART, "Pr6O11": 1 - ND_PART}}.get(material, {material: 1.0})
    mixed = (price[list(parts)] * pd.Series(parts)).sum(axis="columns", skipna=False)
    result = pd.DataFrame({"price_usd_per_kg": mixed, "n_days": days[list(parts)].min(axis="columns")})
    result = with_bounds(result.dropna().reset_index())
    return result.assign(source_id=joined(rows["source_id"]), confidence=least(rows["confidence"]))


def exchange_rate() -> pd.DataFrame:
    """Annual mean exchange rate: `year`, `cny_per_usd` [CNY/US$], sources; all recalled."""
    return read_table("fx_cny_usd").astype({"year": int})
