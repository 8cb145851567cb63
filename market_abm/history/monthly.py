"""Monthly prices inside China in yuan, for statistics of returns.

The US$ column of the same file uses one exchange rate a year, so that its
returns jump every January; returns are taken from the yuan column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from market_abm.history.price import ND_PART
from market_abm.history.table import read_table

if TYPE_CHECKING:
    import pandas as pd


def monthly_ndpr_cny(start: str, end: str) -> pd.Series[float]:
    """Monthly mean price of NdPr oxide (75/25 of its parts) inside China, with VAT [CNY/t].

    Parameters
    ----------
    start, end : first and last month, such as "2013-01"; the file ends with 2024-07,
        of which it has five days.

    Returns
    -------
    Series indexed by month (Period), without gaps.
    """
    import pandas as pd

    rows = read_table("prices_monthly_china_domestic")
    price = rows.pivot(index="date", columns="material", values="price_cny_per_t")
    mixed = ND_PART * price["Nd2O3"] + (1 - ND_PART) * price["Pr6O11"]
    mixed.index = pd.PeriodIndex(mixed.index, freq="M", name="month")
    return mixed.loc[start:end].rename("price_cny_per_t")
