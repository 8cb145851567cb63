"""Several runs as one: tables by name, series over runs, and how their spread is drawn.

One run is a line. Several are their median with the middle 50 % and 80 %
shaded. Stacks show means instead, since medians do not add up.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd
from matplotlib.axes import Axes

if TYPE_CHECKING:
    from market_abm.record.run import Run

Series: TypeAlias = "pd.Series[float]"

COLUMNS = {
    "prices": "week material zone price_usd_per_kg traded_t traded",
    "flows": "week material origin destination way tonnes",
    "stocks": "week material holder zone tonnes",
    "activity": "week zone sector need_t use_t activity lost_usd cover_weeks risk",
    "imports": "week material zone tonnes from_gated_tonnes",
    "shares": "week stage zone tonnes",
    "mining": "week zone legality tonnes",
    "licences": "week pool price_usd_per_kg offered_t used_t left_t",
    "money": "year payer payee purpose usd",
    "projects": "project zone status since until",
    "events": "week kind actor text",
}


def table(run: "Run", name: str) -> pd.DataFrame:
    """A run's table, or one without rows if it is absent."""
    found = run.tables.get(name)
    return found if found is not None and len(found) else pd.DataFrame(columns=COLUMNS[name].split())


def pick(frame: pd.DataFrame, **where: str) -> pd.DataFrame:
    """Rows in which each named column has the value given."""
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


def across(runs: "Sequence[Run]", series: "Callable[[Run], Series]") -> pd.DataFrame:
    """One column a run, on the union of their indices; runs without data are left out."""
    found = [series(run) for run in runs]
    found = [one.astype(float) for one in found if len(one)]
    if not found:
        return pd.DataFrame()
    return pd.concat(found, axis=1, keys=range(len(found)), sort=True)


def middle(frame: pd.DataFrame) -> Series:
    """Median over runs."""
    return frame.median(axis=1)


def mean_of(runs: "Sequence[Run]", frame: "Callable[[Run], pd.DataFrame]") -> pd.DataFrame:
    """Mean of like-shaped wide tables over runs; what a run lacks counts as nothing."""
    found = [one for one in (frame(run) for run in runs) if one.size]
    if not found:
        return pd.DataFrame()
    total = found[0]
    for one in found[1:]:
        total = total.add(one, fill_value=0.0)
    return (total / len(runs)).fillna(0.0).sort_index()


def thin(frame: pd.DataFrame, most: int = 170) -> pd.DataFrame:
    """Every nth row, so that a picture stays small."""
    step = max(1, len(frame) // most)
    return frame.iloc[::step]


def draw_spread(
    axes: Axes,
    frame: pd.DataFrame,
    colour: str,
    width: float = 1.4,
    bands: bool = True,
    firm: "pd.Series[bool] | None" = None,
) -> None:
    """A line, or a median with its 50 % and 80 % bands.

    Parameters
    ----------
    firm : where the line is drawn in full; it is thin and dotted elsewhere. In full everywhere when silent.
    """
    if frame.empty:
        return
    if frame.shape[1] > 1 and bands:
        few = thin(frame)
        for low, high, alpha in ((0.10, 0.90, 0.16), (0.25, 0.75, 0.26)):
            bottom, top = few.quantile(low, axis=1), few.quantile(high, axis=1)
            axes.fill_between(few.index, bottom, top, color=colour, alpha=alpha, linewidth=0)
    line = middle(frame).dropna()
    if firm is not None and not firm.reindex(line.index, fill_value=True).all():
        there = firm.reindex(line.index, fill_value=True)
        axes.plot(line.index, line.to_numpy(), color=colour, linewidth=0.7, linestyle=":")
        line = line.where(there | there.shift(-1, fill_value=False))  # a piece of line belongs to the week it leads to
    axes.plot(line.index, line.to_numpy(), color=colour, linewidth=width)


def how_many(runs: "Sequence[Run]") -> str:
    """Words for what the lines are."""
    return "one run" if len(runs) == 1 else f"median of {len(runs)} runs, shaded: middle 50 % and 80 %"
