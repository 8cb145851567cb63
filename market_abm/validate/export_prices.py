"""Export prices (FOB) set against history: the spike of 2010-12, its fall, and the level afterwards.

A FOB price contains export tax, quota rent and the VAT that China does not
refund. All rows to 2018 are in-sample: the defaults were chosen with them in sight.
"""

from dataclasses import replace
from functools import partial

from market_abm.history.figure import Figure, average
from market_abm.history.figure import peak_quarter as dearest_quarter
from market_abm.validate import measured_run
from market_abm.validate.band import dated, factored, stated, within_months
from market_abm.validate.evidence import quoted, quoted_2009
from market_abm.validate.measured_run import NEVER, MeasuredRun, fob
from market_abm.validate.metric import Metric, Sample

RISE, AFTER = "Export prices 2008-2012", "Export prices after 2012"
FOB = "FOB China with tax, quota rent and unrefunded VAT; assessed"
ANNUAL, QUARTER = f"{FOB}; annual mean", f"{FOB}; quarterly mean"
MATERIALS = ("NdPr", "Dy", "Tb", "La", "Ce")
ND = "Nd2O3 stands for NdPr: Pr has no price then"
QUARTER_YEAR = 0.25


def _year(material: str, year: int) -> Figure | None:
    """Export price of a year; None where the data have none."""
    try:
        return quoted(material, str(year), "annual_avg")
    except LookupError:
        return None


def shifted(material: str, year: int) -> list[float]:
    """Annual mean of a window a quarter earlier and later, by the geometric mix with the year beside it [US$/kg]."""
    own, moved = _year(material, year), []
    for beside in (_year(material, year - 1), _year(material, year + 1)):
        if own is not None and beside is not None:
            moved.append(own.value ** (1 - QUARTER_YEAR) * beside.value**QUARTER_YEAR)
    return moved


def _mean(run: MeasuredRun, material: str, first: int, last: int) -> float:
    return run.mean(fob(material), f"{first}-01", f"{last}-12")


def _annual(material: str, year: int) -> Metric:
    figure = quoted(material, str(year), "annual_avg")
    is_stated = (material, year) == ("NdPr", 2012)
    return Metric(
        f"{material.lower()}_fob_{year}",
        RISE,
        f"{material} export price, {year}",
        "US$/kg",
        ANNUAL,
        figure,
        stated(80.0, 180.0) if is_stated else factored(figure, variants=shifted(material, year)),
        "in",
        partial(_mean, material=material, first=year, last=year),
    )


def _peak(material: str) -> Metric:
    quarter, top = dearest_quarter(material)
    figure = top / quoted_2009(material)
    annual = quoted(material, "2011", "annual_avg") / quoted_2009(material)
    return Metric(
        f"{material.lower()}_peak_ratio",
        RISE,
        f"{material} export price, peak quarter / 2009",
        "1",
        QUARTER,
        figure,
        stated(8.0, 30.0) if material == "NdPr" else factored(figure, variants=[annual.value]),
        "in",
        partial(measured_run.peak_over_2009, name=fob(material)),
        low=annual.value,
        note=f"{quarter} mean / 2009 mean; low: 2011 mean / 2009 mean",
    )


def _end_over_peak(run: MeasuredRun, material: str) -> float:
    return run.mean(fob(material), "2012-12", "2012-12") / measured_run.peak_quarter(run, fob(material))


def _fall(material: str, oxide: str) -> Metric:
    quarter, _ = dearest_quarter(oxide)
    figure = quoted(oxide, "2012", "yearend") / quoted(oxide, quarter, "quarter_avg")
    return Metric(
        f"{material.lower()}_end2012_over_peak",
        RISE,
        f"{material} export price, end of 2012 / peak quarter",
        "1",
        f"{FOB}; year-end quote over quarterly mean (run: December over quarterly mean)",
        figure,
        factored(figure),
        "in",
        partial(_end_over_peak, material=material),
        note=ND if oxide == "Nd2O3" else "",
    )


def months_to_half(run: MeasuredRun, material: str) -> float:
    """Months from the dearest month of 2010-2013 to the first at half its price; never when it does not come."""
    series = run.series(fob(material), "2010-01", "2013-12")
    after = series.iloc[int(series.to_numpy().argmax()) :].to_numpy()
    halved = after <= after[0] / 2
    return float(halved.argmax()) if halved.any() else NEVER


def _period(material: str, oxide: str, first: int, last: int, sample: Sample, name: str = "") -> Metric:
    """Level of one or several years after 2012."""
    years = [quoted(oxide, str(year), "annual_avg") for year in range(first, last + 1)]
    figure = average(years)
    words = f"{first}" if first == last else f"mean {first}-{last}"
    values = [year.value for year in years]
    moved = shifted(oxide, first) if first == last else []
    return Metric(
        name or f"{material.lower()}_fob_{words.replace('mean ', '').replace('-', '_')}",
        AFTER,
        f"{material} export price, {words}",
        "US$/kg",
        ANNUAL,
        figure,
        factored(figure, variants=moved),
        sample,
        partial(_mean, material=material, first=first, last=last),
        low=min(values) if first < last else float("nan"),
        high=max(values) if first < last else float("nan"),
        note=ND if oxide == "Nd2O3" else "",
    )


def _cheap(material: str) -> Metric:
    """Level of La or Ce after the spike, which the source rounds to 1 US$/kg."""
    row = _period(material, material, 2016, 2018, "in")
    ends = [Figure(row.figure.value + half, row.figure.source, row.figure.confidence) for half in (-0.5, 0.5)]
    note = "one source, recalled, rounded to 1 US$/kg"
    return replace(row, band=factored(row.figure, ends), low=ends[0].value, high=ends[1].value, note=note)


def _over_2009(run: MeasuredRun) -> float:
    return _mean(run, "NdPr", 2015, 2015) / _mean(run, "NdPr", 2009, 2009)


def _plateau() -> Metric:
    figure = quoted("Nd2O3", "2015", "annual_avg") / quoted_2009("Nd2O3")
    moved = [value / quoted_2009("Nd2O3").value for value in shifted("Nd2O3", 2015)]
    return Metric(
        "ndpr_2015_over_2009", AFTER, "NdPr export price, 2015 / 2009", "1", ANNUAL, figure,
        factored(figure, variants=moved), "in", _over_2009, note=f"{ND}, on both sides",
    )  # fmt: skip


def _timing() -> list[Metric]:
    peak = Figure(2011.62, "P34+recalled", "med")
    half = Figure(6.0, "recalled+P10+P03", "med")
    return [
        Metric(
            "ndpr_peak_date", RISE, "NdPr export price, peak month", "year", QUARTER,
            peak, stated(2011.0, 2012.0), "in",
            partial(measured_run.peak_month, name=fob("NdPr"), start="2010-01", end="2013-12"),
            low=2011.5, high=2011.75, note="2011-Q3", log=False,
        ),
        Metric(
            "dy_peak_date", RISE, "Dy export price, peak month", "year", QUARTER,
            peak, dated(2011.5, 2011.75, "med"), "in",
            partial(measured_run.peak_month, name=fob("Dy"), start="2010-01", end="2013-12"),
            low=2011.5, high=2011.75, note="2011-Q3", log=False,
        ),
        Metric(
            "ndpr_months_to_half", RISE, "NdPr export price, months from peak to half", "month",
            f"{FOB}; from the middle of the peak quarter", half, within_months(4.5, 7.5, "med"), "in",
            partial(months_to_half, material="NdPr"), low=4.5, high=7.5, log=False,
            note="year-end 2011 still at .58 of the peak quarter; inside China at .42 of Sep 2011 in March 2012",
        ),
    ]  # fmt: skip


def export_price_metrics() -> list[Metric]:
    """All rows on export prices."""
    rows = [_annual(material, year) for material in MATERIALS for year in range(2008, 2013)]
    rows += [_peak(material) for material in MATERIALS]
    rows += [*_timing(), _fall("NdPr", "Nd2O3"), _fall("Dy", "Dy")]
    rows += [_period("NdPr", "Nd2O3", year, year, "in") for year in (2013, 2014)]
    rows += [_plateau(), _period("NdPr", "Nd2O3", 2016, 2020, "in", "ndpr_mean_2016_2020")]
    rows += [_period("Dy", "Dy", 2013, 2015, "in"), _period("Dy", "Dy", 2016, 2018, "in")]
    rows += [_period("Tb", "Tb", 2016, 2018, "in")]
    rows += [_cheap(oxide) for oxide in ("La", "Ce")]
    rows += [_period("Dy", "Dy", first, first + 1, "out") for first in (2019, 2021, 2023)]
    rows += [_period("Tb", "Tb", 2019, 2020, "out")]
    return rows
