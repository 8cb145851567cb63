"""The scarce permission to export: its price, its use and the rent it earns."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from market_abm.report.bars import draw_stack, period_axis, period_of, period_word, periods_of
from market_abm.report.frame import date_axis, header, panels, plain_axis
from market_abm.report.spread import Series, across, draw_spread, mean_of, middle, pick, table
from market_abm.report.style import BLUE, NothingToShowError, styled, window
from market_abm.report.words import month, number

if TYPE_CHECKING:
    from market_abm.record.run import Run

KG_PER_TONNE = 1000


def pools(runs: "Sequence[Run]") -> list[str]:
    """Names of licence pools in the runs."""
    return sorted({str(pool) for run in runs for pool in table(run, "licences")["pool"]})


def _weekly(run: "Run", pool: str, column: str) -> Series:
    return pick(table(run, "licences"), pool=pool).groupby("week")[column].sum()


def _rent(run: "Run", pool: str) -> pd.DataFrame:
    """Rent a period [US$ m]: licence price times licences used."""
    rows = pick(table(run, "licences"), pool=pool)
    if rows.empty:
        return pd.DataFrame()
    rent = rows["price_usd_per_kg"] * rows["used_t"] * KG_PER_TONNE / 1e6
    return rent.groupby(period_of(rows["week"], *window(run.scenario))).sum().to_frame("rent")


@styled
def licence_figure(runs: "Sequence[Run]", pool: str) -> Figure:
    """Price of a licence, licences used each week, licences left in the round, and the rent by period."""
    if pool not in pools(runs):
        raise NothingToShowError(f'The runs hold no licences of the pool "{pool}".')
    scenario = runs[0].scenario
    figure, axes = panels([1.0, 0.9, 0.9, 0.9], f"{pool}: licences", dated=[2])
    for axis, column, name, unit in (
        (axes[0], "price_usd_per_kg", "Price of a licence", "US$/kg"),
        (axes[1], "used_t", "Licences used", "t/week"),
        (axes[2], "left_t", "Licences left in the round", "t"),
    ):
        draw_spread(axis, across(runs, partial(_weekly, pool=pool, column=column)), BLUE)
        header(axis, name, unit)
        plain_axis(axis, 3)
    date_axis(axes[:3], *window(scenario))
    rent = mean_of(runs, partial(_rent, pool=pool)).reindex(periods_of(*window(scenario))).fillna(0.0)
    draw_stack(axes[3], rent, {"rent": BLUE})
    period_axis(axes[3:], list(rent.index))
    header(axes[3], "Rent (price x licences used)", f"US$ m/{period_word(*window(scenario))}")
    return figure


def licence_words(runs: "Sequence[Run]", pool: str) -> str:
    """One sentence on the dearest licence and the rent in all."""
    line = middle(across(runs, lambda run: _weekly(run, pool, "price_usd_per_kg")))
    rent = float(mean_of(runs, lambda run: _rent(run, pool))["rent"].sum())
    peak = pd.Timestamp(str(line.idxmax()))
    dearest = f"dearest in {month(peak)} ({number(float(line.max()))} US$/kg)" if line.max() > 0 else "never scarce"
    return f"{pool}: licences are {dearest}; rent in the whole window US$ {number(rent)} m."
