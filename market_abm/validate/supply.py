"""Mines, plants, shares, projects and use set against history.

Statistics leave illegal Chinese output out and equal the mining quota from 2014;
a run's legal output is compared. Countries are put together as the scenario's
zones are: RW holds Australia, Burma, Thailand and others, US the United States.
"""

import math
from collections.abc import Callable
from functools import partial
from math import nan

from market_abm.history import series
from market_abm.history.figure import Figure, metric_of, mine_output
from market_abm.history.policy import projects
from market_abm.history.table import joined, least
from market_abm.validate.band import Band, added, dated, factored, stated
from market_abm.validate.evidence import references, shares_of_year, trade_figure
from market_abm.validate.measured_run import Compute, MeasuredRun, NotCoveredError, first_year_above, ratio
from market_abm.validate.metric import Metric, Sample

MINES, PROJECTS, SHARES, USE = "Mines", "Projects", "China's shares", "Use"
REO = "USGS, t REO in concentrate; annual"
RW = ("Australia", "Burma", "Thailand", "Nigeria")
OPEN_T = 1000.0  # a mine counts as open from the month whose next twelve give more than this [t REO]
SURVIVED = {
    "Mt Weld + LAMP phase 2": True,
    "Mountain Pass restart": True,
    "Orissa/Vizag": True,
    "Kazakhstan SARECO": False,
}
"""Projects of projects.csv that came into operation, and whether they still operate."""


def _legal(run: MeasuredRun, zone: str, year: int) -> float:
    return run.total(f"mined.{zone}.legal", f"{year}-01", f"{year}-12") / 1e3


def _outside(run: MeasuredRun, year: int) -> float:
    all_legal = run.named("mined.", ".legal")
    if "mined.CN.legal" not in all_legal:
        raise NotCoveredError
    others = [name for name in all_legal if name != "mined.CN.legal"]
    return ratio(run.total(others, f"{year}-01", f"{year}-12"), run.total(all_legal, f"{year}-01", f"{year}-12"))


def _illegal_share(run: MeasuredRun) -> float:
    illegal, legal = (run.total(f"mined.CN.{kind}", "2009-01", "2012-12") for kind in ("illegal", "legal"))
    return ratio(illegal, illegal + legal)


def _stage_share(run: MeasuredRun, stage: str, year: int) -> float:
    period = f"{year}-01", f"{year}-12"
    return ratio(run.total(f"{stage}.CN", *period), run.total(run.named(f"{stage}."), *period))


def _world_use(run: MeasuredRun, year: int) -> float:
    return run.total(run.named("use."), f"{year}-01", f"{year}-12") / 1e3


def _use_share(run: MeasuredRun, zone: str, year: int) -> float:
    period = f"{year}-01", f"{year}-12"
    return ratio(run.total(f"use.{zone}", *period), run.total(run.named("use."), *period))


def _summed(countries: tuple[str, ...], year: int) -> Figure:
    """Preferred output of several countries [kt REO]; one without a row counts as nothing."""
    rows = series.mine_production()
    rows = rows[rows["country"].isin(countries) & (rows["year"] == year) & rows["preferred"]]
    return Figure(float(rows["production_t"].sum()) / 1e3, joined(rows["source_id"]), least(rows["confidence"]))


# -- mines ---------------------------------------------------------------------------------------
def mine_metrics() -> list[Metric]:
    """Output by zone and year, and shares outside China."""
    rows = []
    for year in (2010, 2011, 2012):
        found = references()[f"china_legal_output_{year}"]
        band = stated(85.0, 115.0) if year == 2012 else factored(found.figure, variants=[found.low, found.high])
        rows.append(
            Metric(
                f"china_legal_output_{year}", MINES, f"Chinese mine output, {year}", "kt REO/year", REO, found.figure,
                band, "in", partial(_legal, zone="CN", year=year), low=found.low, high=found.high, note=found.note,
            )
        )  # fmt: skip
    for year in (2016, 2020, 2024):
        figure = mine_output("China", year).times(1e-3)
        rows.append(
            Metric(
                f"china_legal_output_{year}", MINES, f"Chinese mine output, {year}", "kt REO/year", REO, figure,
                factored(figure), "out", partial(_legal, zone="CN", year=year),
                note="the statistic is the quota, which the scenario knows",
            )
        )  # fmt: skip
    rows.append(_illegal())
    rows += [_outside_share(year) for year in (2009, 2012, 2015, 2020, 2024)]
    rows += [_zone_output("US", ("United States",), year) for year in (2013, 2020, 2023)]
    rows += [_zone_output("RW", RW, year) for year in (2015, 2020, 2023)]
    return rows


def _illegal() -> Metric:
    adamas, kingsnorth = (
        trade_figure(f"illegal_share_of_output_{whose}_pct", year).times(0.01).at_most("med")
        for whose, year in (("adamas", "2005-2012"), ("kingsnorth", "2012"))
    )
    return Metric(
        "china_illegal_share_2009_2012", MINES, "Illegal share of Chinese output, 2009-2012", "1",
        "estimates of illegal output over all output", adamas, added(adamas, [kingsnorth], 0.0, 1.0), "in",
        _illegal_share, low=kingsnorth.value, note="Adamas 2005-2012; low: Kingsnorth; one paper cites both", log=False,
    )  # fmt: skip


def _outside_share(year: int) -> Metric:
    world, china = mine_output("World", year), mine_output("China", year)
    figure = (world - china) / world
    name = f"row_mine_share_{year}"
    low = references()[name].low if name in references() else nan
    rivals = [] if math.isnan(low) else [Figure(low, figure.source, figure.confidence)]
    return Metric(
        name, MINES, f"Mine output outside China / world, {year}", "1", f"{REO}; legal", figure,
        added(figure, rivals, 0.0, 1.0), "out", partial(_outside, year=year), low=low,
        note="low: with estimates of illegal Chinese output" if rivals else "", log=False,
    )  # fmt: skip


def _zone_output(zone: str, countries: tuple[str, ...], year: int) -> Metric:
    figure = _summed(countries, year)
    return Metric(
        f"{zone.lower()}_mine_output_{year}", MINES, f"Mine output of {zone}, {year}",
        "kt REO/year", f"{REO}; {', '.join(countries)}", figure, factored(figure), "out",
        partial(_legal, zone=zone, year=year),
    )  # fmt: skip


# -- projects ------------------------------------------------------------------------------------
def _survival(run: MeasuredRun) -> float:
    run.series("operating.US", "2020-01", "2020-12")  # the share is that of the run's end, so it must come this far
    return run.value("project_survival")


def project_metrics() -> list[Metric]:
    """Openings, the failure and the restart of Mountain Pass, Lynas's plant, and who survived."""
    opened = partial(first_year_above, names="mined.US.legal", tonnes=OPEN_T, start="2009-01", end="2015-12")
    again = partial(first_year_above, names="mined.US.legal", tonnes=OPEN_T, start="2016-07", end="2021-12")
    plant = partial(first_year_above, names="refined.RW", tonnes=OPEN_T / 5, start="2009-01", end="2017-12")
    known = set(projects()["project"])
    assert set(SURVIVED) <= known, "projects.csv has changed"
    survived = Figure(sum(SURVIVED.values()) / len(SURVIVED), "R02+R08+recalled", "low")
    still = Figure(0.0, "P11", "high")

    def date(name: str, label: str, start: float, end: float, source: str, confidence: str, read: Compute,
             note: str) -> Metric:  # fmt: skip
        figure = Figure((start + end) / 2, source, confidence)
        return Metric(
            name, PROJECTS, label, "year", "year or quarter named by the source (run: output opens or resumes)", figure,
            dated(start, end, confidence), "out", read, low=start, high=end, note=note, log=False,
        )  # fmt: skip

    return [
        date("mountain_pass_opens", "Mountain Pass opens", 2012.0, 2013.0, "R06+P10", "high", opened,
             "the only American mine: output of the zone US"),
        Metric(
            "us_mine_output_2016_2017", PROJECTS, "Mine output of US, 2016-17, after the bankruptcy",
            "kt REO/year", REO, still, Band(0.0, OPEN_T / 1e3, "no output; below what counts as open"), "out",
            lambda run: (_legal(run, "US", 2016) + _legal(run, "US", 2017)) / 2, note="closed in 2015 (R06)", log=False,
        ),
        date("mountain_pass_restarts", "Mountain Pass restarts", 2018.0, 2018.25, "R08", "high", again,
             "a run in which it never stopped has July 2016"),
        date("lynas_plant_opens", "Lynas's plant opens (refining in RW)", 2013.0, 2013.25, "recalled", "low", plant,
             "one weak source"),
        Metric(
            "project_survival", PROJECTS, "Projects that operated and still do", "1",
            "count of named projects outside China", survived, added(survived, least=0.0, most=1.0), "out", _survival,
            log=False, note="weak: 3 of 4 (Lynas, Mountain Pass, Orissa; not SARECO); a run counts all of its own",
        ),
    ]  # fmt: skip


# -- shares and use ------------------------------------------------------------------------------
def share_metrics() -> list[Metric]:
    """China's share of refining and magnets."""
    rows = []
    for stage, year in (("refined", 2020), ("refined", 2024), ("magnets", 2024)):
        figure, *rivals = shares_of_year("refined" if stage == "refined" else "magnets", year)
        rows.append(
            Metric(
                f"china_share_{stage}_{year}", SHARES, f"China's share, {stage}, {year}", "1", "tonnes, annual", figure,
                 added(figure, rivals, 0.0, 1.0), "out", partial(_stage_share, stage=stage, year=year),
                low=rivals[0].value if rivals else nan, note="" if rivals else "one source", log=False,
            )
        )  # fmt: skip
    return rows


def use_metrics() -> list[Metric]:
    """World use by year, and who uses."""
    found = series.demand()

    def world(year: int, sample: Sample, basis: str, note: str = "") -> Metric:
        figure = metric_of(found, "world_demand", str(year)).times(1e-3)
        return Metric(
            f"world_demand_{year}", USE, f"World use, {year}", "kt REO/year", f"{basis}; all rare earths, annual",
            figure, factored(figure), sample, partial(_world_use, year=year), note=note,
        )  # fmt: skip

    def share(zone: str, year: int, value: float, source: str, confidence: str) -> Metric:
        figure = Figure(value, source, confidence)
        compute: Callable[[MeasuredRun], float] = partial(_use_share, zone=zone, year=year)
        return Metric(
            f"{zone.lower()}_use_share_{year}", USE, f"Share of {zone} in world use, {year}", "1",
            "share of tonnes, all rare earths", figure, added(figure, least=0.0, most=1.0), "in", compute,
            note="one source; the start values of use lean on it", log=False,
        )  # fmt: skip

    return [
        world(2010, "in", "Kingsnorth", "the start values of use lean on it"),
        world(2012, "out", "IHS", "more than 100 kt, says the source"),
        world(2013, "out", "trade press"),
        world(2014, "out", "Adamas"),
        share("CN", 2011, 0.70, "D05", "high"),
        share("JP", 2012, 0.15, "D02", "med"),
    ]
