"""Prices of a material: at the export gate, inside the gated zone and elsewhere, with the policies beneath."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from market_abm.report.evidence import HISTORY_ZONE, draw_dots, price_dots
from market_abm.report.frame import date_axis, header, legend, log_prices, panels
from market_abm.report.spread import Series, across, draw_spread, middle, pick, table
from market_abm.report.strip import draw_strip, shade_embargoes, strip_height
from market_abm.report.style import (
    INK,
    NothingToShowError,
    gates,
    material_label,
    styled,
    window,
    zone_colours,
    zone_label,
)
from market_abm.report.words import month, number
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    from market_abm.record.run import Run

UNIT = "US$/kg, log scale"


def price_series(run: "Run", material: str, zone: str) -> Series:
    """Weekly price of a material in a zone; `CN export` is the FOB price at CN's gate."""
    rows = pick(table(run, "prices"), material=material, zone=zone)
    series: Series = rows.set_index("week")["price_usd_per_kg"]
    return series[series > 0]


def traded_weeks(runs: "Sequence[Run]", material: str, zone: str) -> "pd.Series[bool] | None":
    """Weeks in which anything was traded at the quote of a zone, in half of the runs; None where no run tells."""

    def traded(run: "Run") -> Series:
        rows = pick(table(run, "prices"), material=material, zone=zone)
        return rows.set_index("week")["traded"].astype(float) if "traded" in rows else pd.Series(dtype=float)

    frame = across(runs, traded)
    return None if frame.empty else frame.mean(axis=1) >= 0.5


@styled
def price_figure(runs: "Sequence[Run]", material: str) -> Figure:
    """Panels for FOB, domestic and other prices of a material, above a strip of policies.

    Dots are history: FOB quotes on the FOB panel, domestic quotes on the domestic panel, never mixed. A line is thin
    and dotted in weeks in which nothing was traded at the quote.
    """
    scenario = runs[0].scenario
    groups = _groups(runs, material)
    if not groups:
        raise NothingToShowError(f"The runs hold no prices of {material_label(scenario, material)}.")
    strip = strip_height(scenario, material)
    zones = [zone for _, zones, _ in groups for zone in zones]
    names = list(dict.fromkeys(zone.removesuffix(" export") for zone in zones))
    heights = [1.3] * len(groups) + ([strip] if strip else [])
    title = f"{material_label(scenario, material)}: prices"
    labels = [*(zone_label(scenario, name) for name in names), "history"]
    idle = any(firm is not None and not firm.all() for firm in (traded_weeks(runs, material, zone) for zone in zones))
    labels += ["quote without trade"] if idle else []
    figure, axes = panels(heights, title, labels, [len(groups) - 1] if strip else [], bottom=0.08 if strip else 0.3)
    for axis, (name, zones, dots) in zip(axes, groups, strict=False):
        _panel(axis, runs, material, name, zones, dots)
    date_axis(axes[: len(groups)], *window(scenario))
    if strip:
        date_axis(axes[len(groups) :], *window(scenario))
        axes[-1].tick_params(axis="x", labelbottom=False)
        draw_strip(axes[-1], scenario, material)
    hues = zone_colours(scenario)
    lines = [Line2D([], [], color=hues.get(name, INK)) for name in names]
    lines.append(Line2D([], [], color="none", marker="o", markersize=3.2, mfc=INK, mec=INK))
    lines += [Line2D([], [], color=INK, linewidth=0.7, linestyle=":")] if idle else []
    legend(figure, lines, labels)
    return figure


def price_words(runs: "Sequence[Run]", material: str) -> str:
    """One sentence on the FOB price, or the first zone's without a gate."""
    scenario = runs[0].scenario
    groups = _groups(runs, material)
    if not groups:
        return ""
    _, zones, _ = groups[0]
    line = middle(across(runs, lambda run: price_series(run, material, zones[0]))).dropna()
    peak = pd.Timestamp(str(line.idxmax()))
    firm = traded_weeks(runs, material, zones[0])
    idle = 0 if firm is None else int((~firm.reindex(line.index, fill_value=True)).sum())
    return (
        f"{material_label(scenario, material)}, {zone_label(scenario, zones[0])}: "
        f"from {number(float(line.iloc[0]))} US$/kg to a peak of {number(float(line.max()))} US$/kg in {month(peak)}; "
        f"{number(float(line.iloc[-1]))} US$/kg at the end."
        + (f" In {idle} of {len(line)} weeks nothing was traded at the quote." if idle else "")
    )


def _groups(runs: "Sequence[Run]", material: str) -> list[tuple[str, list[str], pd.DataFrame | None]]:
    """Panels that have data: name, zones, dots of history."""
    scenario: Scenario = runs[0].scenario
    there = set()
    for run in runs:
        rows = pick(table(run, "prices"), material=material)
        there |= set(rows.loc[rows["price_usd_per_kg"] > 0, "zone"])
    groups: list[tuple[str, list[str], pd.DataFrame | None]] = []
    for gate in gates(scenario):
        label = zone_label(scenario, gate)
        known = gate == HISTORY_ZONE
        if f"{gate} export" in there:
            dots = price_dots(material, "fob") if known else None
            groups.append((f"FOB price at the export gate of {label}", [f"{gate} export"], dots))
        if gate in there:
            dots = price_dots(material, "domestic") if known else None
            groups.append((f"Price inside {label}", [gate], dots))
    done = {zone for _, zones, _ in groups for zone in zones}
    rest = [zone for zone in scenario.zone if zone in there - done]
    if rest:
        groups.append(("Prices elsewhere" if groups else "Prices", rest, None))
    return groups


def _panel(
    axes: Axes, runs: "Sequence[Run]", material: str, name: str, zones: Sequence[str], dots: pd.DataFrame | None
) -> None:
    scenario = runs[0].scenario
    hues = zone_colours(scenario)
    for place, zone in enumerate(zones):
        frame = across(runs, partial(price_series, material=material, zone=zone))
        firm = traded_weeks(runs, material, zone)
        width = 1.4 if len(zones) == 1 else 1.0 + 0.7 * (len(zones) - 1 - place)  # a line under another still shows
        draw_spread(axes, frame, hues.get(zone.removesuffix(" export"), INK), width, len(zones) == 1, firm)
    if dots is not None and len(dots):
        first, last = (pd.Timestamp(day) for day in window(scenario))
        draw_dots(axes, dots[(dots["date"] >= first) & (dots["date"] <= last)], "price_usd_per_kg")
    shade_embargoes(axes, scenario, material)
    header(axes, name, UNIT)
    log_prices(axes)
