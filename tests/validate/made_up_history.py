"""Made-up runs for the tests of validation: histories of months, and a store that holds them."""

import numpy as np
import pandas as pd

from market_abm.history import monthly_domestic_prices, prices
from market_abm.validate.measured_run import OXIDES, MeasuredRun, fob, inside

MONTHS = pd.period_range("2008-01", "2025-12", freq="M", name="month")


def flat(**series: float) -> MeasuredRun:
    """A run whose series (dots written as two underscores) never move."""
    columns = {name.replace("__", "."): value for name, value in series.items()}
    return MeasuredRun({}, pd.DataFrame(columns, index=MONTHS, dtype=float))


def with_series(name: str, values: dict[str, float], otherwise: float = 0.0) -> MeasuredRun:
    """A run of one series: its months by text, the rest alike."""
    series = pd.Series(otherwise, index=MONTHS, dtype=float)
    for month, value in values.items():
        series.loc[month] = value
    return MeasuredRun({}, series.to_frame(name))


def true_prices() -> MeasuredRun:
    """Export prices that are what history's yearly and quarterly means say, and the monthly prices inside China."""
    columns = {}
    for oxide in OXIDES:
        series = pd.Series(np.nan, index=MONTHS)
        rows = prices(oxide, "fob")
        for kind in ("annual_avg", "quarter_avg"):
            for _, row in rows[(rows["period"] == kind) & ~rows["note"].str.contains("estimate")].iterrows():
                series.loc[str(row["start"].to_period("M")) : str(row["end"].to_period("M"))] = row["price_usd_per_kg"]
        columns[fob(oxide)] = series.ffill().bfill()
        columns[inside(oxide)] = columns[fob(oxide)] / 1.25
    monthly = monthly_domestic_prices("NdPr", vat=True)
    at_home = monthly.set_index(monthly["start"].dt.to_period("M"))["price_usd_per_kg"]
    columns[inside("NdPr")] = at_home.reindex(MONTHS).ffill().fillna(columns[inside("NdPr")])
    return MeasuredRun({}, pd.DataFrame(columns))


class MadeUpStore:
    """A store that holds one made-up run for every task."""

    def __init__(self, run: MeasuredRun) -> None:
        self.run = run

    def values(self, ids):
        return pd.DataFrame([dict(self.run.values) or {"ndpr_fob_2009": np.nan} for _ in ids])

    def monthly(self, ids):
        return pd.concat(dict.fromkeys(ids, self.run.monthly), names=["id", "month"])
