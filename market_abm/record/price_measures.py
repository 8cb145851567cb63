"""Measures of prices: the level, the spike, the fall, the gap at the gate."""

from functools import partial

import numpy as np
import pandas as pd

from market_abm.record.measure import Measure
from market_abm.record.reading import NotCoveredError, china, decimal_year, prices, ratio, within
from market_abm.record.run import Run

PEAK_START, PEAK_END = "2010", "2014"  # the years in which the peak is sought
SEPTEMBER_2011 = ("2011-09", "2011-10")


def export_prices(run: Run, material: str, start: str | None, end: str | None) -> "pd.Series[float]":
    """Weekly FOB prices at China's gate [US$/kg]."""
    return prices(run, material, f"{china(run)} export", start, end)


def domestic_prices(run: Run, material: str, start: str | None, end: str | None) -> "pd.Series[float]":
    """Weekly prices inside China [US$/kg]."""
    return prices(run, material, china(run), start, end)


def mean_export_price(run: Run, material: str, start: str, end: str) -> float:
    """Mean FOB price of a period [US$/kg]."""
    return float(export_prices(run, material, start, end).mean())


def peak_quarter(run: Run, material: str) -> float:
    """Highest mean FOB price of a calendar quarter, 2010 to 2013 [US$/kg]."""
    weekly = export_prices(run, material, PEAK_START, PEAK_END)
    return float(weekly.groupby(pd.PeriodIndex(weekly.index, freq="Q")).mean().max())


def peak_ratio(run: Run, material: str) -> float:
    """Peak quarter over the mean of 2009 [1]."""
    return ratio(peak_quarter(run, material), mean_export_price(run, material, "2009", "2010"))


def peak_date(run: Run, material: str) -> float:
    """Week of the highest FOB price, 2010 to 2013 [decimal year]."""
    weekly = export_prices(run, material, PEAK_START, PEAK_END)
    return decimal_year(weekly.index[int(weekly.to_numpy().argmax())])


def end_2012_over_peak(run: Run, material: str) -> float:
    """Mean of the last four weeks of 2012 over the peak quarter [1]."""
    last = export_prices(run, material, "2012", "2013").tail(4).mean()
    return ratio(float(last), peak_quarter(run, material))


def export_2015_over_2009(run: Run, material: str) -> float:
    """Mean FOB price of 2015 over that of 2009 [1]."""
    later = mean_export_price(run, material, "2015", "2016")
    return ratio(later, mean_export_price(run, material, "2009", "2010"))


def domestic_september_2011_over_2009(run: Run, material: str) -> float:
    """Price inside China, September 2011 over the mean of 2009 [1]."""
    then = domestic_prices(run, material, *SEPTEMBER_2011).mean()
    return ratio(float(then), float(domestic_prices(run, material, "2009", "2010").mean()))


def export_over_domestic_september_2011(run: Run, material: str) -> float:
    """FOB price over the price inside China, September 2011 [1]."""
    outside = export_prices(run, material, *SEPTEMBER_2011).mean()
    return ratio(float(outside), float(domestic_prices(run, material, *SEPTEMBER_2011).mean()))


def calm_weekly_sd(run: Run, material: str) -> float:
    """Spread (s.d.) of weekly log returns of the FOB price, from the first week to June 2010 [1]."""
    weekly = export_prices(run, material, None, "2010-07")
    if len(weekly) < 26:
        raise NotCoveredError
    return float(np.diff(np.log(weekly.to_numpy())).std(ddof=1))


def licence_peak(run: Run) -> float:
    """Highest price of an export licence [US$/kg]."""
    rows = within(run, "licences", None, None)
    if rows.empty:
        raise NotCoveredError
    return float(rows["price_usd_per_kg"].max())


def _peak(material: str) -> Measure:
    label = f"{material} export price, peak quarter / 2009"
    return Measure(f"{material.lower()}_peak_ratio", label, "1", partial(peak_ratio, material=material))


PRICE_MEASURES = [
    Measure(
        "ndpr_fob_2009", "NdPr export price, 2009", "US$/kg",
        partial(mean_export_price, material="NdPr", start="2009", end="2010"),
    ),
    Measure(
        "dy_fob_2009", "Dy export price, 2009", "US$/kg",
        partial(mean_export_price, material="Dy", start="2009", end="2010"),
    ),
    *(_peak(material) for material in ("NdPr", "Dy", "Tb", "La", "Ce")),
    Measure(
        "ndpr_peak_date", "NdPr export price, week of the peak", "year", partial(peak_date, material="NdPr")
    ),
    Measure(
        "ndpr_end2012_over_peak", "NdPr export price, end of 2012 / peak quarter", "1",
        partial(end_2012_over_peak, material="NdPr"),
    ),
    Measure(
        "ndpr_2015_over_2009", "NdPr export price, 2015 / 2009", "1",
        partial(export_2015_over_2009, material="NdPr"),
    ),
    Measure(
        "ndpr_mean_2016_2020", "NdPr export price, mean 2016-2020", "US$/kg",
        partial(mean_export_price, material="NdPr", start="2016", end="2021"),
    ),
    Measure(
        "ndpr_domestic_sep2011_over_2009", "NdPr price inside China, Sep 2011 / 2009", "1",
        partial(domestic_september_2011_over_2009, material="NdPr"),
    ),
    Measure(
        "ndpr_fob_over_domestic_sep2011", "NdPr export price / price inside China, Sep 2011", "1",
        partial(export_over_domestic_september_2011, material="NdPr"),
    ),
    Measure(
        "calm_weekly_sd", "NdPr export price, weekly log returns to mid-2010, s.d.", "1",
        partial(calm_weekly_sd, material="NdPr"), headline=False,
    ),
    Measure(
        "licence_peak_usd_per_kg", "Export licence, highest price", "US$/kg", licence_peak, headline=False
    ),
]  # fmt: skip
