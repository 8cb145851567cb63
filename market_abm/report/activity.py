"""What users suffered: output lost for want of material, cover in weeks, and fear."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from market_abm.report.bars import draw_stack, period_axis, period_of, period_word, periods_of, swatches
from market_abm.report.frame import date_axis, header, legend, panels, plain_axis
from market_abm.report.spread import Series, across, draw_spread, mean_of, pick, table
from market_abm.report.style import NothingToShowError, styled, window, zone_colours, zone_label
from market_abm.report.words import month, number

if TYPE_CHECKING:
    from market_abm.record.run import Run

SMOOTH = 4  # weeks


def weighted(run: "Run", zone: str, column: str) -> Series:
    """A column of the activity table in a zone, sectors weighted by their need."""
    rows = pick(table(run, "activity"), zone=zone).dropna(subset=[column])
    weight = rows["need_t"].clip(lower=1e-9)
    sums = pd.DataFrame({"week": rows["week"], "part": rows[column] * weight, "whole": weight}).groupby("week").sum()
    series: Series = (sums["part"] / sums["whole"]).rolling(SMOOTH, min_periods=1).mean()
    return series


def _zones(runs: "Sequence[Run]") -> list[str]:
    there = {zone for run in runs for zone in table(run, "activity")["zone"]}
    found = [zone for zone in runs[0].scenario.zone if zone in there]
    if not found:
        raise NothingToShowError("The runs hold no activity of manufacturers.")
    return found


@styled
def cover_figure(runs: "Sequence[Run]") -> Figure:
    """Weeks of use in the stores of manufacturers, a panel a zone."""
    scenario, zones = runs[0].scenario, _zones(runs)
    hues = zone_colours(scenario)
    figure, axes = panels([0.85] * len(zones), "Cover of manufacturers")
    for axis, zone in zip(axes, zones, strict=True):
        frame = across(runs, partial(weighted, zone=zone, column="cover_weeks"))
        draw_spread(axis, frame, hues[zone])
        plain_axis(axis, 3)
        header(axis, zone_label(scenario, zone), "weeks of use")
    date_axis(axes, *window(scenario))
    return figure


@styled
def activity_figure(runs: "Sequence[Run]") -> Figure:
    """Output lost for want of material: in percent by zone, and in US$ by period, stacked by zone; mean of runs."""
    scenario, zones = runs[0].scenario, _zones(runs)
    hues = {zone: zone_colours(scenario)[zone] for zone in zones}
    patches, names = swatches(hues, {zone: zone_label(scenario, zone) for zone in zones})
    figure, axes = panels([1.3, 1.0, 1.3], "Output lost, and fear of a cut", names, dated=[0, 1])
    legend(figure, patches, names)
    for zone in zones:
        frame = across(runs, partial(weighted, zone=zone, column="activity"))
        draw_spread(axes[0], 100 * (1 - frame), hues[zone], bands=False)
        frame = across(runs, partial(weighted, zone=zone, column="risk"))
        draw_spread(axes[2], frame, hues[zone], bands=False)
    plain_axis(axes[0])
    plain_axis(axes[2])
    date_axis([axes[0], axes[2]], *window(scenario))
    axes[0].tick_params(axis="x", labelbottom=True)
    lost = mean_of(runs, _lost).reindex(index=periods_of(*window(scenario)), columns=zones).fillna(0.0)
    draw_stack(axes[1], lost, hues)
    period_axis(axes[1:2], list(lost.index))
    header(axes[0], "Activity lost", "%, 4-week mean")
    header(axes[1], "Value of output lost", f"US$ m/{period_word(*window(scenario))}")
    header(axes[2], "Perceived risk of supply", "0 to 1")
    return figure


def _lost(run: "Run") -> pd.DataFrame:
    rows = table(run, "activity")
    if rows.empty:
        return pd.DataFrame()
    period = period_of(rows["week"], *window(run.scenario))
    return rows.groupby([period, "zone"], observed=True)["lost_usd"].sum().unstack("zone") / 1e6


def activity_words(runs: "Sequence[Run]") -> str:
    """One sentence on the value lost by zone."""
    scenario = runs[0].scenario
    lost = mean_of(runs, _lost).sum().sort_values(ascending=False, kind="stable")
    said = [f"{zone_label(scenario, str(zone))} {number(float(usd))}" for zone, usd in lost.items() if usd > 0]
    return f"Output lost in the whole window [US$ m]: {', '.join(said)}." if said else "No output was lost."


def cover_words(runs: "Sequence[Run]") -> str:
    """One sentence on the least cover of each zone."""
    scenario, said = runs[0].scenario, []
    for zone in _zones(runs):
        line = across(runs, partial(weighted, zone=zone, column="cover_weeks")).median(axis=1).dropna()
        if len(line):
            least = month(pd.Timestamp(str(line.idxmin())))
            said.append(f"{zone_label(scenario, zone)} {number(float(line.min()))} ({least})")
    return f"Least cover in weeks: {', '.join(said)}."
