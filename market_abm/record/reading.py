"""Reading a run for its measures: windows of time, prices, sums, zones.

Whatever a run does not hold raises `NotCoveredError`, which makes its measure NaN;
so the measures themselves need no special cases.
"""

import math

import pandas as pd

from market_abm.record.run import Run

SLACK = pd.Timedelta(days=13)  # a year that lacks its first or last Monday is still that year
CHINA = "CN"
JAPAN = "JP"


class NotCoveredError(LookupError):
    """The run lacks the time, zone or material that a measure asks for."""


def years(run: Run) -> list[int]:
    """Whole years on record."""
    first, last = _weeks(run)
    seen = range(first.year, last.year + 2)
    return [year for year in seen if _holds(first, last, f"{year}", f"{year + 1}")]


def within(run: Run, table: str, start: str | None, end: str | None) -> pd.DataFrame:
    """Rows of a table from `start` to before `end`; None for the first or past the last week.

    Raises
    ------
    NotCoveredError
        When the run does not reach from `start` to `end`, or has no such table.
    """
    first, last = _weeks(run)
    if not _holds(first, last, start, end) or table not in run.tables:
        raise NotCoveredError
    rows = run.tables[table]
    kept = pd.Series(True, index=rows.index)
    if start is not None:
        kept &= rows["week"] >= pd.Timestamp(start)
    if end is not None:
        kept &= rows["week"] < pd.Timestamp(end)
    return rows[kept]


def prices(run: Run, material: str, zone: str, start: str | None, end: str | None) -> "pd.Series[float]":
    """Weekly prices of a material in a zone [US$/kg], by week; materials in any case of letters."""
    rows = within(run, "prices", start, end)
    rows = rows[(rows["material"].astype(str).str.casefold() == material.casefold()) & (rows["zone"] == zone)]
    if rows.empty:
        raise NotCoveredError
    return rows.set_index("week")["price_usd_per_kg"].sort_index()


def china(run: Run) -> str:
    """Name of the zone of China, which must have the export gate."""
    if (zone := gate(run)) != CHINA:
        raise NotCoveredError
    return zone


def gate(run: Run) -> str:
    """Name of the zone behind the export gate."""
    for name, zone in run.scenario.zone.items():
        if zone.export_gate:
            return name
    raise NotCoveredError


def ratio(part: float, whole: float) -> float:
    """Share or ratio; NaN over nothing."""
    return part / whole if whole else math.nan


def decimal_year(day: pd.Timestamp) -> float:
    """Date as a number: 2010.5 is the middle of 2010."""
    start, end = pd.Timestamp(day.year, 1, 1), pd.Timestamp(day.year + 1, 1, 1)
    return float(day.year + (day - start) / (end - start))


def _weeks(run: Run) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last week on record; prices are there in every week."""
    frame = run.tables.get("prices")
    if frame is None or frame.empty:
        raise NotCoveredError
    return frame["week"].min(), frame["week"].max()


def _holds(first: pd.Timestamp, last: pd.Timestamp, start: str | None, end: str | None) -> bool:
    begins = start is None or first <= pd.Timestamp(start) + SLACK
    reaches = end is None or last >= pd.Timestamp(end) - SLACK
    return begins and reaches
