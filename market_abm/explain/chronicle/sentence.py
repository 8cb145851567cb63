"""A sentence of the chronicle, and the names that sentences use."""

from dataclasses import dataclass

import pandas as pd

from market_abm.explain.window import Window
from market_abm.record.run import Run
from market_abm.scenario.schema import Scenario

WITH_ARTICLE = ("United", "European", "Rest", "Republic", "Netherlands", "Philippines")


@dataclass(frozen=True)
class Sentence:
    """Something worth telling.

    Parameters
    ----------
    month : when.
    kind : what it is about; of many of a kind the later ones weigh less.
    weight : importance, 0 to 10; below 1 it is told only when everything is asked for.
    text : what happened, without the date.
    """

    month: pd.Period
    kind: str
    weight: float
    text: str

    def __str__(self) -> str:
        return f"{self.month}: {self.text}"


def month_of(day: pd.Timestamp) -> pd.Period:
    """Month of a day."""
    return pd.Period(day, freq="M")


def in_zone(scenario: Scenario, name: str) -> str:
    """Name of a zone inside a sentence: `Japan`, `the United States`, `the rest of the world`."""
    zone = scenario.zone.get(name)
    label = (zone.label if zone else "") or name
    if label.startswith("Rest of world"):
        return "the rest of the world"
    return f"the {label}" if label.split()[0] in WITH_ARTICLE else label


def mine_label(scenario: Scenario, name: str) -> str:
    """Name of a mine or plant; of a group, with the number of the member."""
    group, _, number = name.rpartition(" ")
    part = scenario.mine.get(name) or scenario.refinery.get(name)
    if part is not None:
        return part.label or name
    whole = scenario.mine.get(group) or scenario.refinery.get(group)
    return f"{whole.label} {number}" if whole is not None and whole.label else name


def listed(names: "list[str]") -> str:
    """Names in a sentence: `a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def upper_first(text: str) -> str:
    """Text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def rows_of(run: Run, table: str) -> pd.DataFrame:
    """Rows of a table; none when the run has no such table."""
    return run.tables.get(table, pd.DataFrame())


def by_month(frame: pd.DataFrame, value: str, how: str = "mean") -> "pd.Series[float]":
    """A column of a weekly table by month."""
    return frame.groupby(frame["week"].dt.to_period("M"))[value].agg(how).astype(float)


def highest(monthly: "pd.Series[float]") -> tuple[pd.Period, float]:
    """First month of the greatest value, and that value."""
    place = int(monthly.to_numpy().argmax())
    return month_at(monthly, place), float(monthly.iloc[place])


def lowest(monthly: "pd.Series[float]") -> tuple[pd.Period, float]:
    """First month of the least value, and that value."""
    place = int(monthly.to_numpy().argmin())
    return month_at(monthly, place), float(monthly.iloc[place])


def month_at(monthly: "pd.Series[float]", place: int) -> pd.Period:
    """Month of a place in a monthly series."""
    month: pd.Period = monthly.index[place]
    return month


def months_between(first: pd.Period, second: pd.Period) -> int:
    """Months from one to another."""
    return (second.year - first.year) * 12 + second.month - first.month


def usual(monthly: "pd.Series[float]", window: Window) -> float:
    """Mean over the base of the window; the first value where the record does not hold the base."""
    months = pd.period_range(window.base.start_time, window.base.end_time, freq="M")
    inside = monthly.reindex(months).dropna()
    return float(inside.mean()) if len(inside) else float(monthly.iloc[0])
