"""Summaries made up for tests; importable by name in other processes."""

import numpy as np
import pandas as pd

from market_abm.experiment.summary import Summary


def made_up(number: int, identity: str | None = None, series: str = "price.NdPr.CN", months: int = 5) -> Summary:
    """Summary whose numbers follow from its number, and have all their bits."""
    luck = np.random.default_rng(number)
    index = pd.period_range("2010-01", periods=months, freq="M", name="month")
    columns = [series, "stock.Dy.state"]
    monthly = pd.DataFrame(luck.random((months, 2)), index=index, columns=pd.Index(columns, name="series"))
    monthly.iloc[0, 1] = np.nan
    values = {"ndpr_fob_2009": luck.random() / 3, "tb_peak_ratio": float("nan"), "own": luck.random()}
    return Summary(identity or f"run-{number}", "made-up", number, f"{number:064x}", luck.random(), values, monthly)
