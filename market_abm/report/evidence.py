"""What pictures are held against: dots from the shipped history, and the comparison table.

A material or stage of which the history says nothing gives a table without
rows, so that any mineral can be reported.
"""

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd
from matplotlib.axes import Axes

from market_abm.report.style import INK

if TYPE_CHECKING:
    from market_abm.record.run import Run

HISTORY_ZONE = "CN"  # the zone whose prices and shares the shipped history records
PRICE_COLUMNS = ["date", "price_usd_per_kg", "period"]
MONTHLY = "month_avg"


def price_dots(material: str, basis: Literal["fob", "domestic"]) -> pd.DataFrame:
    """Observed prices (date, price_usd_per_kg, period); FOB and domestic are never mixed.

    Domestic quotes contain VAT, as the monthly means that are added to them do.
    """
    from market_abm import history

    try:
        found = [history.prices(material, basis)[PRICE_COLUMNS]]
    except ValueError:
        return pd.DataFrame(columns=PRICE_COLUMNS)
    if basis == "domestic":
        with contextlib.suppress(ValueError):  # not every material has monthly means
            found.append(history.monthly_domestic_prices(material, vat=True).assign(period=MONTHLY)[PRICE_COLUMNS])
    return pd.concat([one for one in found if len(one)], ignore_index=True) if any(map(len, found)) else found[0]


def share_dots(stage: Literal["mined", "refined", "magnets"]) -> pd.DataFrame:
    """Observed shares of China in a stage (columns date, share)."""
    from market_abm import history

    found = history.china_share(stage)
    return pd.DataFrame({"date": pd.to_datetime(found["year"].astype(str) + "-07-01"), "share": found["share"]})


def comparison(runs: "Sequence[Run]") -> pd.DataFrame:
    """Measures of the runs beside the history's."""
    from market_abm.record.measures import comparison_table

    return comparison_table(runs)


def draw_dots(axes: Axes, dots: pd.DataFrame, value: str) -> None:
    """Filled dots for quotes, hollow ones for yearly averages, small ones for a series of monthly means."""
    if dots.empty:
        return
    period = dots["period"] if "period" in dots else pd.Series("", index=dots.index)
    yearly, monthly = period.str.startswith("annual"), period == MONTHLY
    for rows, size, face in (
        (dots[monthly], 2.5, INK),
        (dots[~yearly & ~monthly], 10, INK),
        (dots[yearly], 12, "white"),
    ):
        axes.scatter(rows["date"], rows[value], s=size, facecolor=face, edgecolor=INK, linewidth=0.7, zorder=4)
