"""Who supplies whom: flows into each zone, mining by zone, dependence on the gated zone, its shares."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from market_abm.report.bars import draw_stack, period_axis, period_of, period_word, periods_of, swatches
from market_abm.report.evidence import HISTORY_ZONE, draw_dots, share_dots
from market_abm.report.frame import date_axis, header, legend, panels, plain_axis
from market_abm.report.spread import Series, across, draw_spread, mean_of, middle, pick, table
from market_abm.report.style import (
    INK,
    NothingToShowError,
    gates,
    material_colours,
    material_label,
    styled,
    window,
    zone_colours,
    zone_label,
)
from market_abm.report.words import number

if TYPE_CHECKING:
    from market_abm.record.run import Run

Stage = Literal["mined", "refined", "magnets"]
STAGES: tuple[Stage, ...] = ("mined", "refined", "magnets")
HALF_YEAR, YEAR = 26, 52  # weeks


def _flows_into(run: "Run", material: str, zone: str) -> pd.DataFrame:
    """Tonnes a period (rows) by origin and way (columns)."""
    rows = pick(table(run, "flows"), material=material, destination=zone)
    rows = rows[rows["origin"] != zone]
    if rows.empty:
        return pd.DataFrame()
    period = period_of(rows["week"], *window(run.scenario))
    return rows.groupby([period, "origin", "way"], observed=True)["tonnes"].sum().unstack(["origin", "way"])


@styled
def flow_figure(runs: "Sequence[Run]", material: str) -> Figure:
    """Tonnes of a material into each importing zone, stacked by origin; smuggled hatched. Several runs: the mean."""
    scenario = runs[0].scenario
    tables = {zone: mean_of(runs, partial(_flows_into, material=material, zone=zone)) for zone in scenario.zone}
    tables = {zone: wide for zone, wide in tables.items() if wide.size and wide.to_numpy().sum() > 0}
    if not tables:
        raise NothingToShowError(f"No {material_label(scenario, material)} is traded between zones in these runs.")
    hues = zone_colours(scenario)
    origins = [zone for zone in scenario.zone if any(zone in wide.columns.unique(0) for wide in tables.values())]
    periods = periods_of(*window(scenario))
    shown = {zone: hues[zone] for zone in origins}
    labels = {zone: f"from {zone_label(scenario, zone)}" for zone in origins}
    smuggled = any("smuggled" in wide.columns.unique(1) for wide in tables.values())
    patches, names = swatches(shown, labels, "smuggled" if smuggled else "")
    figure, axes = panels([1.0] * len(tables), f"{material_label(scenario, material)}: imports", names)
    legend(figure, patches, names)
    for axis, (zone, wide) in zip(axes, tables.items(), strict=True):
        order = [(origin, way) for origin in origins for way in ("legal", "smuggled") if (origin, way) in wide.columns]
        stack = wide.reindex(index=periods, columns=pd.MultiIndex.from_tuples(order)).fillna(0.0)
        draw_stack(axis, stack, {key: hues[key[0]] for key in order}, [key for key in order if key[1] == "smuggled"])
        header(axis, f"Into {zone_label(scenario, zone)}", f"t/{period_word(*window(scenario))}")
    period_axis(axes, periods)
    return figure


@styled
def mining_figure(runs: "Sequence[Run]") -> Figure:
    """Mine output by zone in contained oxide, illegal output hatched. Several runs: the mean."""
    scenario = runs[0].scenario

    def wide(run: "Run") -> pd.DataFrame:
        rows = table(run, "mining")
        if rows.empty:
            return pd.DataFrame()
        period = period_of(rows["week"], *window(run.scenario))
        return rows.groupby([period, "zone", "legality"], observed=True)["tonnes"].sum().unstack(["zone", "legality"])

    stack = mean_of(runs, wide)
    if not stack.size:
        raise NothingToShowError("The runs hold no mine output.")
    order = [(z, way) for z in scenario.zone for way in ("legal", "illegal") if (z, way) in stack.columns]
    hues = zone_colours(scenario)
    zones = {z: hues[z] for z in scenario.zone if any(z == key[0] and stack[key].sum() > 0 for key in order)}
    illegal = any(key[1] == "illegal" and stack[key].sum() > 0 for key in order)
    labels = {z: zone_label(scenario, z) for z in zones}
    patches, names = swatches(zones, labels, "illegal" if illegal else "")
    figure, axes = panels([2.0], "Mine output by zone", names)
    legend(figure, patches, names)
    thousand = stack[order].reindex(periods_of(*window(scenario))).fillna(0.0) / 1000
    draw_stack(axes[0], thousand, {key: hues[key[0]] for key in order}, [key for key in order if key[1] == "illegal"])
    header(axes[0], "Contained oxide", f"thousand t/{period_word(*window(scenario))}")
    period_axis(axes, list(thousand.index))
    return figure


def share_series(run: "Run", stage: str, zone: str, weeks: int = HALF_YEAR) -> Series:
    """A zone's share of a stage over the last `weeks`."""
    rows = pick(table(run, "shares"), stage=stage)
    if rows.empty:
        return pd.Series(dtype=float)
    wide = rows.pivot_table(index="week", columns="zone", values="tonnes", aggfunc="sum", observed=True).fillna(0.0)
    sums = wide.rolling(weeks, min_periods=min(8, weeks)).sum()
    total = sums.sum(axis=1)
    own = sums[zone] if zone in sums else total * 0
    return (own / total.where(total > 0)).dropna()


@styled
def share_figure(runs: "Sequence[Run]") -> Figure:
    """Share of the gated zone in what is mined, refined and made into magnets, with dots of history."""
    scenario = runs[0].scenario
    if not gates(scenario):
        raise NothingToShowError("The scenario has no zone with an export gate.")
    zone = gates(scenario)[0]
    stages = {stage: across(runs, partial(share_series, stage=stage, zone=zone)) for stage in STAGES}
    stages = {stage: frame for stage, frame in stages.items() if frame.size}
    if not stages:
        raise NothingToShowError("The runs hold no output by zone.")
    hue = zone_colours(scenario)[zone]
    figure, axes = panels(
        [1.05] * len(stages), f"Share of {zone_label(scenario, zone)} in the world", ["model", "history"]
    )
    first, last = (pd.Timestamp(day) for day in window(scenario))
    for axis, (stage, frame) in zip(axes, stages.items(), strict=True):
        draw_spread(axis, frame * 100, hue)
        if zone == HISTORY_ZONE:
            dots = share_dots(stage)
            dots = dots[(dots["date"] >= first) & (dots["date"] <= last)]
            draw_dots(axis, dots.assign(share=dots["share"] * 100), "share")
        axis.set_ylim(0, 104)
        plain_axis(axis, zero=False)
        header(axis, stage.capitalize(), "% of the world, half-year sum")
    date_axis(axes, *window(scenario))
    dot = Line2D([], [], color="none", marker="o", markersize=3.2, mfc=INK, mec=INK)
    legend(figure, [Line2D([], [], color=hue), dot], ["model", "history"])
    return figure


def share_words(runs: "Sequence[Run]") -> str:
    """One sentence on the shares at the beginning and the end."""
    scenario = runs[0].scenario
    zone = gates(scenario)[0]
    said = []
    for stage in STAGES:
        frame = across(runs, partial(share_series, stage=stage, zone=zone, weeks=YEAR))
        if frame.size:
            line = middle(frame).dropna()
            said.append(f"{stage} from {100 * line.iloc[0]:.0f} % to {100 * line.iloc[-1]:.0f} %")
    return f"Share of {zone_label(scenario, zone)}: {', '.join(said)}."


def dependence_series(run: "Run", material: str, zone: str, weeks: int = HALF_YEAR) -> Series:
    """Share of a zone's imports of a material that came from the gated zone, over the last `weeks`."""
    rows = pick(table(run, "imports"), material=material, zone=zone)
    if rows.empty:
        return pd.Series(dtype=float)
    sums = rows.groupby("week")[["tonnes", "from_gated_tonnes"]].sum().rolling(weeks, min_periods=min(8, weeks)).sum()
    total = sums["tonnes"]
    return (sums["from_gated_tonnes"] / total.where(total > 1e-9)).dropna()


@styled
def dependence_figure(runs: "Sequence[Run]") -> Figure:
    """Share of each zone's imports that comes from the gated zone, a panel a zone, a line a material."""
    scenario = runs[0].scenario
    lines: dict[str, dict[str, pd.DataFrame]] = {}
    for zone in scenario.zone:
        series = {m: across(runs, partial(dependence_series, material=m, zone=zone)) for m in scenario.material}
        found = {m: frame for m, frame in series.items() if frame.size}
        if found and zone not in gates(scenario):
            lines[zone] = found
    if not lines:
        raise NothingToShowError("The runs hold no imports.")
    hues = material_colours(scenario)
    materials = [m for m in scenario.material if any(m in found for found in lines.values())]
    labels = [material_label(scenario, m) for m in materials]
    figure, axes = panels([1.0] * len(lines), "Dependence of imports on the gated zone", labels)
    for axis, (zone, found) in zip(axes, lines.items(), strict=True):
        for m, frame in found.items():
            draw_spread(axis, frame * 100, hues[m], bands=m == scenario.lead_material)
        axis.set_ylim(0, 104)
        plain_axis(axis, zero=False)
        header(axis, zone_label(scenario, zone), "% of imports, half-year sum")
    date_axis(axes, *window(scenario))
    legend(figure, [Line2D([], [], color=hues[m]) for m in materials], labels)
    return figure


def flow_words(runs: "Sequence[Run]", material: str) -> str:
    """One sentence on the sum of imports and what of them was smuggled."""
    scenario = runs[0].scenario
    total = smuggled = 0.0
    for run in runs:
        rows = pick(table(run, "flows"), material=material)
        rows = rows[rows["origin"] != rows["destination"]]
        total += float(rows["tonnes"].sum()) / len(runs)
        smuggled += float(pick(rows, way="smuggled")["tonnes"].sum()) / len(runs)
    part = f", {100 * smuggled / total:.0f} % of it smuggled" if smuggled > 0 else ""
    return f"{material_label(scenario, material)}: {number(total)} t crossed a border in the whole window{part}."


def dependence_words(runs: "Sequence[Run]") -> str:
    """One sentence on the lead material at the beginning and the end, by zone."""
    scenario = runs[0].scenario
    lead, said = scenario.lead_material, []
    for zone in scenario.zone:
        line = across(runs, partial(dependence_series, material=lead, zone=zone, weeks=YEAR))
        if line.size and zone not in gates(scenario):
            ends = middle(line).dropna()
            said.append(f"{zone_label(scenario, zone)} from {100 * ends.iloc[0]:.0f} % to {100 * ends.iloc[-1]:.0f} %")
    label = material_label(scenario, lead)
    return f"{label} from the gated zone, share of imports: {'; '.join(said)}." if said else f"No imports of {label}."


def mining_words(runs: "Sequence[Run]") -> str:
    """One sentence on the sum of mine output."""
    rows = [table(run, "mining") for run in runs]
    total = sum(float(one["tonnes"].sum()) for one in rows)
    illegal = sum(float(pick(one, legality="illegal")["tonnes"].sum()) for one in rows)
    part = f", {100 * illegal / total:.0f} % of it illegal" if illegal > 0 else ""
    return f"{number(total / len(runs))} t of contained oxide were mined in the whole window{part}."
