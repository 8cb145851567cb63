"""Who holds the metal: stocks of a material by holder, in all zones and in each."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from market_abm.core.units import WEEKS_PER_YEAR
from market_abm.report.frame import date_axis, header, legend, panels, plain_axis
from market_abm.report.spread import mean_of, pick, table, thin
from market_abm.report.style import (
    GREY,
    HOLDERS,
    NothingToShowError,
    material_label,
    styled,
    window,
    with_spares,
    zone_label,
)
from market_abm.report.words import month, number
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    from market_abm.record.run import Run

LEAST_PART = 0.005  # a zone with less of the stock than this has no panel of its own


def weekly_use(scenario: Scenario, material: str, zone: str | None) -> float:
    """Use at the growth date [t/week] of a zone, or of all."""
    makers = scenario.manufacturer.values()
    uses = [maker.use_t_per_year.get(material, 0.0) for maker in makers if zone in (None, maker.zone)]
    return sum(uses) / WEEKS_PER_YEAR


def _held(run: "Run", material: str, zone: str | None) -> pd.DataFrame:
    rows = pick(table(run, "stocks"), material=material)
    rows = rows if zone is None else pick(rows, zone=zone)
    if rows.empty:
        return pd.DataFrame()
    return rows.pivot_table(index="week", columns="holder", values="tonnes", aggfunc="sum", observed=True).fillna(0.0)


@styled
def stock_figure(runs: "Sequence[Run]", material: str) -> Figure:
    """Tonnes held by kind of holder; the right scale counts weeks of use at the growth date. Several runs: the mean."""
    scenario = runs[0].scenario
    whole = mean_of(runs, lambda run: _held(run, material, None))
    if not whole.size or whole.to_numpy().sum() <= 0:
        raise NothingToShowError(f"Nobody holds {material_label(scenario, material)} in these runs.")
    shown: dict[str | None, pd.DataFrame] = {None: whole}
    for zone in scenario.zone:
        held = mean_of(runs, partial(_held, material=material, zone=zone))
        if held.size and held.to_numpy().sum() > LEAST_PART * whole.to_numpy().sum():
            shown[zone] = held
    if len(shown) == 2:
        del shown[None]
    known = [holder for holder in HOLDERS if holder in whole.columns]
    holders = known + [holder for holder in whole.columns if holder not in known]
    holders = [holder for holder in holders if whole[holder].sum() > 0]
    hues = with_spares(holders, HOLDERS)
    title = f"{material_label(scenario, material)}: stocks by holder"
    figure, axes = panels([1.0] * len(shown), title, holders, right=0.42)
    for axis, (place, held) in zip(axes, shown.items(), strict=True):
        few = thin(held.reindex(columns=holders).fillna(0.0))
        axis.stackplot(few.index, few.to_numpy().T, colors=[hues[holder] for holder in holders], linewidth=0)
        plain_axis(axis)
        weeks = _weeks_scale(axis, weekly_use(scenario, material, place))
        name = "All zones" if place is None else zone_label(scenario, place)
        header(axis, name, "t (left); weeks of use at start (right)" if weeks else "t")
    date_axis(axes, *window(scenario))
    legend(figure, [Patch(color=hues[holder], linewidth=0) for holder in holders], holders)
    return figure


def stock_words(runs: "Sequence[Run]", material: str) -> str:
    """One sentence on the least and greatest stock."""
    total = mean_of(runs, lambda run: _held(run, material, None)).sum(axis=1)
    low, high = pd.Timestamp(str(total.idxmin())), pd.Timestamp(str(total.idxmax()))
    label = material_label(runs[0].scenario, material)
    return (
        f"{label}: all stocks together are greatest in {month(high)} ({number(float(total.max()))} t) "
        f"and least in {month(low)} ({number(float(total.min()))} t)."
    )


def _weeks_scale(axes: Axes, use: float) -> bool:
    """Second scale at the right in weeks of use; False if nobody uses the material there."""
    low, high = axes.get_ylim()
    if use <= 0:
        return False
    marks = ticker.MaxNLocator(3, integer=True, min_n_ticks=2).tick_values(low / use, high / use)
    shown = [float(mark) for mark in marks if low <= mark * use <= high]
    right = axes.twinx()
    right.set_ylim(low / use, high / use)
    right.set_yticks(shown, [f"{mark:,.10g}" for mark in shown])
    right.tick_params(axis="y", labelcolor=GREY, length=0)
    right.grid(visible=False)
    return True
