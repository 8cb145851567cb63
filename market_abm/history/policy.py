"""What was built, stored and decreed: projects, stock rules, the timeline, single parameters.

These are facts to read and cite, not series to plot (ODD: input data).
"""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

from market_abm.history.period import with_bounds
from market_abm.history.table import CONFIDENCES, read_table

if TYPE_CHECKING:
    import pandas as pd


def projects() -> pd.DataFrame:
    """Named projects outside China.

    Returns
    -------
    DataFrame as in `projects.csv`: `capacity_t_per_y` [t of `product` a year],
    `capex_musd` [million US$], `lead_time_years` [year], text columns, sources.
    """
    return read_table("projects")


def stockpile_rules() -> pd.DataFrame:
    """Stock targets, purchases and budgets of Japan, China, the USA and Korea.

    Returns
    -------
    DataFrame with `date`, `start`, `end` (NaT while in force), `actor`, `item`,
    `value` (text: some are ranges), `unit`, `source_id`, `confidence`, `note`.
    """
    return with_bounds(read_table("stockpiles_policy").fillna({"note": ""}).astype({"value": str}))


def events() -> pd.DataFrame:
    """Timeline 2010-2026.

    Returns
    -------
    DataFrame with `date`, `start`, `end`, `event`, `value`, `unit` (text, empty
    where the event has no number), `source_id`, `confidence`, `note`.
    """
    rows = read_table("events").astype({"value": object}).fillna({"value": "", "unit": "", "note": ""})
    return with_bounds(rows.astype({"value": str}))


def parameters() -> pd.DataFrame:
    """Elasticities, lead times, costs and intensities as found.

    Returns
    -------
    DataFrame with `parameter`, `value` (text: some are ranges), `unit`,
    `applies_to`, `source_id`, `confidence`, `note`.
    """
    rows = read_table("parameters").astype({"value": str})
    shifted = ~rows["confidence"].isin(CONFIDENCES)  # a row of the file lacks `applies_to`
    rows.loc[shifted, "note"] = rows["confidence"]
    rows.loc[shifted, "confidence"] = rows["source_id"]
    rows.loc[shifted, "source_id"] = rows["applies_to"]
    rows.loc[shifted, "applies_to"] = ""
    return rows.fillna({"note": ""})


def stylised_facts() -> pd.DataFrame:
    """Statistics of monthly domestic prices 2013-2024 (own calculation); `value` is text."""
    return read_table("stylised_facts").astype({"value": str})


def sources() -> pd.DataFrame:
    """Every cited source.

    Returns
    -------
    DataFrame with `source_id`, `source`, `address`. The ids "recalled"
    (remembered, no source seen) and "derived" (computed from sourced numbers)
    are no sources and have no row.
    """
    import pandas as pd

    path = resources.files("market_abm.history") / "data" / "SOURCES.md"
    text = path.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z]\d\d) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    return pd.DataFrame(rows, columns=["source_id", "source", "address"])
