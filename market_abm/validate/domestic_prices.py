"""Prices inside China set against history: the bubble of 2011, the years 2013-24, and how they move.

The column with VAT is compared. A quote inside China contains VAT that is not
paid back on export, so it is what the export price without tax and rent equals
(2020-23: within 2 %). The model knows no VAT and its price inside China carries
all that an exporter bears, so its counterpart is the quote with VAT.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from market_abm.history.figure import Figure, mean_of, september_2011
from market_abm.history.monthly import monthly_ndpr_cny
from market_abm.history.price import monthly_domestic_prices, prices
from market_abm.validate import measured_run
from market_abm.validate.band import Band, added, dated, factored, resampled, stated
from market_abm.validate.evidence import quoted, quoted_2009, references
from market_abm.validate.measured_run import MeasuredRun, Series, fob, inside
from market_abm.validate.metric import Metric, Sample

BUBBLE, LATER, RETURNS = "Prices inside China 2011-2012", "Prices inside China 2013-2025", "Returns of prices"
INSIDE = "China domestic with VAT, assessed"
MONTHS = f"{INSIDE}; mean of monthly means of daily quotes"
KIN = "never a target itself; the FOB level of 2016-20, nearly the same price, was"
MIX = "75/25 of the separated oxides; quotes of the mix itself are lower (48-50 in autumn 2014)"
VAT_2024 = 1.13  # parameters.csv: 13 % from April 2019
NDPR = inside("NdPr")


# -- the bubble ----------------------------------------------------------------------------------
def _over_2009(run: MeasuredRun, month: str) -> float:
    return run.mean(NDPR, month, month) / run.mean(NDPR, "2009-01", "2009-12")


def _export_over_inside(run: MeasuredRun, material: str, start: str, end: str) -> float:
    return run.mean(fob(material), start, end) / run.mean(inside(material), start, end)


def _quote(material: str, month: str) -> Figure:
    """Mean of the quotes inside China of one month [US$/kg]."""
    rows = prices(material, "domestic")
    return mean_of(rows[rows["start"].dt.strftime("%Y-%m") == month], "price_usd_per_kg")


def bubble_metrics() -> list[Metric]:
    """The price inside China in 2011 and 2012; all in-sample."""
    table = references()
    september, gap = table["ndpr_domestic_sep2011_over_2009"], table["ndpr_fob_over_domestic_sep2011"]
    before = quoted_2009("NdPr").value / 1.15  # the tax of 2009 was 15 %, as in the reference table
    record = Figure(49.6 / (1 - 0.76) / before, "P33+P01+Q23", "med")
    march = Figure(_quote("NdPr", "2012-03").value / before, "P03+P01+Q23", "med")
    heavy = quoted("Dy", "2011-Q3", "quarter_avg") / september_2011("Dy")
    october = quoted("Dy", "2011-10", "spot") / september_2011("Dy")
    return [
        Metric(
            "ndpr_domestic_peak_ratio", BUBBLE, "NdPr inside China, peak quarter / 2009", "1",
            f"{INSIDE}; a record day over the derived mean of 2009 (run: quarterly mean)", record, stated(5.0, 14.0),
            "in", partial(measured_run.peak_over_2009, name=NDPR), low=september.figure.value,
            note="August 2014 stood 76 % below the record of mid-2011 (P33): a day, not a quarter; low: Sep 2011",
        ),
        Metric(
            "ndpr_domestic_peak_date", BUBBLE, "NdPr price inside China, peak month", "year", INSIDE,
            Figure(2011.54, "P33", "med"), stated(2011.0, 2012.0), "in",
            partial(measured_run.peak_month, name=NDPR, start="2010-01", end="2013-12"), note="mid-2011", log=False,
        ),
        Metric(
            "ndpr_domestic_sep2011_over_2009", BUBBLE, "NdPr price inside China, Sep 2011 / 2009", "1",
            f"{INSIDE}; weekly quotes over the derived mean of 2009", september.figure,
            factored(september.figure, variants=[september.low]), "in", partial(_over_2009, month="2011-09"),
            low=september.low, note=september.note,
        ),
        Metric(
            "ndpr_fob_over_domestic_sep2011", BUBBLE, "NdPr, export price / inside China, Q3 2011", "1",
            "FOB quarterly mean over domestic weekly quotes of September with VAT; assessed", gap.figure,
            factored(gap.figure, variants=[gap.low, gap.high]), "in",
            partial(_export_over_inside, material="NdPr", start="2011-07", end="2011-09"), low=gap.low, high=gap.high,
            note=gap.note,
        ),
        Metric(
            "dy_fob_over_domestic_2011q3", BUBBLE, "Dy, export price / inside China, Q3 2011", "1",
            "FOB quarterly mean over domestic weekly quotes of September with VAT; assessed", heavy,
            factored(heavy, variants=[october.value]), "in",
            partial(_export_over_inside, material="Dy", start="2011-07", end="2011-09"), low=october.value,
            note="low: October spot",
        ),
        Metric(
            "ndpr_domestic_mar2012_over_2009", BUBBLE, "NdPr price inside China, March 2012 / 2009", "1",
            f"{INSIDE}; one day's quote over the derived mean of 2009", march, stated(2.5, 5.0), "in",
            partial(_over_2009, month="2012-03"), note="one source",
        ),
    ]  # fmt: skip


# -- 2013 to 2025 --------------------------------------------------------------------------------
def _history() -> Series:
    """Monthly NdPr price inside China with VAT [US$/kg], by month; whole months only."""
    rows = monthly_domestic_prices("NdPr", vat=True)
    series: Series = rows.set_index(rows["start"].dt.to_period("M"))["price_usd_per_kg"]
    return series.loc[:"2024-06"]  # July 2024 has five days


def _window(start: str, end: str) -> tuple[Figure, list[float]]:
    """Mean of a window of the monthly series, and of the same window three months earlier and later."""
    series = _history()
    first, last = pd.Period(start, "M"), pd.Period(end, "M")
    moved = []
    for shift in (-3, 3):
        there = series.loc[str(first + shift) : str(last + shift)]
        if len(there) == (last - first).n + 1:
            moved.append(float(there.mean()))
    return Figure(float(series.loc[start:end].mean()), "P24", "high"), moved


def _level(name: str, label: str, start: str, end: str) -> Metric:
    figure, moved = _window(start, end)
    compute = partial(MeasuredRun.mean, name=NDPR, start=start, end=end)
    band = factored(figure, variants=moved)
    note = KIN if "2016" <= start < "2021" else MIX if start < "2015" else ""
    return Metric(name, LATER, label, "US$/kg", MONTHS, figure, band, "out", compute, note=note)


def _over_2020(run: MeasuredRun) -> float:
    return float(run.series(NDPR, "2021-01", "2022-12").max()) / run.mean(NDPR, "2020-01", "2020-12")


def _end_2024(run: MeasuredRun) -> float:
    return run.mean(NDPR, "2024-10", "2024-12") / float(run.series(NDPR, "2021-01", "2022-12").max())


def _rise_2017(run: MeasuredRun) -> float:
    return run.mean(NDPR, "2017-09", "2017-09") / run.mean(NDPR, "2017-05", "2017-05")


def later_metrics() -> list[Metric]:
    """The price inside China from 2013: never a target of any fit."""
    series = _history()
    rows = [
        _level(f"ndpr_domestic_{year}", f"NdPr price inside China, {year}", f"{year}-01", f"{year}-12")
        for year in range(2013, 2024)
    ]
    rows.append(_level("ndpr_domestic_2024h1", "NdPr price inside China, Jan-Jun 2024", "2024-01", "2024-06"))
    top = float(series.loc["2021-01":"2022-12"].max())
    peak = Figure(top / float(series.loc["2020-01":"2020-12"].mean()), "P24", "high")
    fourth = prices("NdPr", "domestic", vat=False)
    fourth = fourth[fourth["start"] == "2024-10-01"]
    end = mean_of(fourth, "price_usd_per_kg").times(VAT_2024 / top)
    end = Figure(end.value, f"{end.source}+P24+recalled", "med")
    rise = Figure(float(series.loc["2017-09"] / series.loc["2017-05"]), "P24", "high")
    july = prices("NdPr", "domestic")
    july_2025 = mean_of(july[july["start"] == "2025-07-01"], "price_usd_per_kg")
    benchmark = Figure(60.0, "P22", "med")
    rows += [
        Metric(
            "ndpr_domestic_rise_2017", LATER, "NdPr price inside China, Sep / May 2017", "1", MONTHS, rise,
            factored(rise), "out", _rise_2017, note="the campaign of 2017 is in the scenario",
        ),
        Metric(
            "ndpr_domestic_peak_2022", LATER, "NdPr inside China, peak month 2021-22 / 2020", "1", MONTHS,
            peak, factored(peak), "out", _over_2020,
        ),
        Metric(
            "ndpr_domestic_peak_2022_date", LATER, "NdPr inside China, peak month of 2020-23", "year", MONTHS,
            Figure(measured_run.middle_of(series.index[int(series.to_numpy().argmax())]), "P24", "high"),
            dated(2022.0, 2022.25, "high"), "out",
            partial(measured_run.peak_month, name=NDPR, start="2020-01", end="2023-12"), low=2022.0, high=2022.25,
            note="February 2022", log=False,
        ),
        Metric(
            "ndpr_domestic_end2024_over_peak", LATER, "NdPr inside China, Q4 2024 / peak of 2021-22", "1",
            f"{INSIDE}; Lynas's quarterly price without VAT times 1.13, over a monthly mean", end, factored(end), "out",
            _end_2024,
        ),
        Metric(
            "ndpr_domestic_jul2025", LATER, "NdPr price inside China, July 2025", "US$/kg", f"{INSIDE}; a spot quote",
            july_2025, factored(july_2025, [benchmark]), "out",
            partial(MeasuredRun.mean, name=NDPR, start="2025-07", end="2025-07"), low=benchmark.value,
            note="one weak source (an article that garbles its dates)",
        ),
        _wedge(2014, "in"),
        _wedge(2020, "out"),
    ]  # fmt: skip
    return rows


def _wedge(year: int, sample: Sample) -> Metric:
    """Export price over the price inside China in a year without a binding quota."""
    out = quoted("Nd2O3", str(year), "annual_avg")
    rows = monthly_domestic_prices("Nd2O3", vat=True)
    at_home = mean_of(rows[rows["start"].dt.year == year], "price_usd_per_kg")
    figure = out / at_home
    return Metric(
        f"ndpr_fob_over_domestic_{year}", LATER, f"NdPr, export price / inside China, {year}", "1",
        "USGS annual FOB over domestic monthly means with VAT, Nd2O3", figure, added(figure), sample,
        partial(_export_over_inside, material="NdPr", start=f"{year}-01", end=f"{year}-12"),
        note="25 % export tax, quota not binding" if year == 2014 else "no tax, no quota",
    )  # fmt: skip


# -- returns -------------------------------------------------------------------------------------
def _statistic(run: MeasuredRun, start: str, end: str, measure: Callable[[NDArray[np.float64]], float]) -> float:
    return measure(measured_run.log_returns(run.series(NDPR, start, end)))


def return_metrics() -> list[Metric]:
    """Statistics of monthly log returns inside China, monthly means against monthly means."""
    calm, late = ("2013-01", "2020-12"), ("2021-01", "2024-06")
    bands = {
        "sd": stated(0.05, 0.14),
        "kurtosis": stated(1.0, float("inf")),
        "ac1": stated(0.0, 0.45),
    }
    tellers = {
        "sd": ("standard deviation", measured_run.spread),
        "kurtosis": ("excess kurtosis", measured_run.excess_kurtosis),
        "ac1": ("autocorrelation", measured_run.autocorrelation),
        "ac1_abs": ("autocorr. of absolute", measured_run.clustering),
    }
    rows = []
    for (start, end), names, sample in ((calm, tuple(tellers), "in"), (late, ("sd", "ac1"), "out")):
        returns = measured_run.log_returns(monthly_ndpr_cny(start, end))
        for name in names:
            words, measure = tellers[name]
            band: Band = bands[name] if sample == "in" and name in bands else resampled(returns, measure)
            years = f"{start[:4]}-{end[2:4]}"
            rows.append(
                Metric(
                    f"return_{name}_{start[:4]}_{end[:4]}", RETURNS,
                    f"Monthly returns {years}, {words}", "1",
                    f"NdPr, {INSIDE}, in yuan; log returns of monthly means of daily quotes (run: of weekly prices)",
                    Figure(measure(returns), "P24", "high"), band, "in" if sample == "in" else "out",
                    partial(_statistic, start=start, end=end, measure=measure), log=False,
                )
            )  # fmt: skip
    return rows
