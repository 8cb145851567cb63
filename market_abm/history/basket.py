"""What a deposit holds and where oxides are first used: the two ends of the balance problem.

Baskets are shares of each oxide in a deposit's rare-earth oxide (REO); uses are
tonnes by sector about 2008. Most numbers are recalled (ODD: input data).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from market_abm.history.table import read_table, require

if TYPE_CHECKING:
    import pandas as pd

Split = Literal["sector", "region", "total"]


def baskets(deposit: str | None = None) -> pd.DataFrame:
    """Shares of each oxide in the REO of a deposit, as mined; they sum to one.

    Parameters
    ----------
    deposit : str or None
        A deposit, e.g. "Mt Weld"; None for all.

    Returns
    -------
    DataFrame with `deposit`, `oxide` (La, Ce, NdPr, Dy, Tb, other), `share_of_reo`
    [1, by mass of oxide], `source_id`, `confidence`, `note`. `other` is the rest
    to one (Y, Sm, Eu, Gd, ...).
    """
    rows = read_table("baskets")
    if deposit is not None:
        rows = rows[rows["deposit"] == require("deposit", deposit, rows["deposit"].unique())]
    return rows.reset_index(drop=True)


def uses(split: Split = "sector") -> pd.DataFrame:
    """First uses of rare-earth oxides about 2008-2010, in one of three splits.

    Parameters
    ----------
    split : {"sector", "region", "total"}
        "sector": tonnes of each oxide by sector, world, 2008. "region": each
        region's share of a sector, all oxides, 2008. "total": tonnes of all
        oxides by region, from sources of differing scope, not to be summed.

    Returns
    -------
    DataFrame with `year`, `sector`, `sector_group`, `oxide` (or "all"),
    `region`, `quantity_t` [t REO a year], `share` [1, of the sector],
    `source_id`, `confidence`, `note`.
    """
    rows = read_table("uses")
    rows = rows[rows["split"] == require("split", split, rows["split"].unique())]
    return rows.drop(columns="split").astype({"year": int}).reset_index(drop=True)
