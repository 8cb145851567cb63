"""Monthly series of a run: small enough to keep of every run, rich enough to ask new questions later.

A series has a dotted name, `quantity.subject`, such as `price.NdPr.CN export`
or `mined.CN.legal`; `QUANTITIES` tells what each quantity means and its unit.
"""

import pandas as pd

from market_abm.record.run import Run

QUANTITIES = {
    "price": ("US$/kg", "mean price of a material at a node: price.<material>.<node>"),
}
"""Unit and meaning of every quantity."""


def monthly_series(run: Run) -> pd.DataFrame:
    """All monthly series of a run, float64, index: months, columns: dotted names in order of `QUANTITIES`."""
    prices = run.tables["prices"]
    names = "price." + prices["material"].astype(str) + "." + prices["zone"].astype(str)
    wide = prices.assign(series=names).pivot_table(
        index=prices["week"].dt.to_period("M"), columns="series", values="price_usd_per_kg", aggfunc="mean"
    )
    return wide.rename_axis(index="month", columns="series").astype(float)
