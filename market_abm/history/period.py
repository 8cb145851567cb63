"""A period of time as the data files write it: "2009", "2011-Q3", "2010-11", "2014-01to05".

Used by every series, so that a row has a first day, a last day and a middle.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def bounds(text: str) -> tuple[date, date | None]:
    """First and last day of a written period, both inside it.

    Parameters
    ----------
    text : str
        A year, half ("2010-H2"), quarter, month or day, a span of years or
        months, or an open span ("1986+").

    Returns
    -------
    tuple of date; the last day is None if the period is open.

    Raises
    ------
    ValueError
        If the text is no period.
    """
    match = re.fullmatch(
        r"(?P<year>\d{4})(?:-(?P<part>Q[1-4]|H[12]|\d{4}|\d{2})(?:-(?P<day>\d{2}))?)?"
        r"(?P<open>\+)?(?:to(?:(?P<to_year>\d{4})-)?(?P<to_month>\d{2}))?",
        text,
    )
    if match is None:
        raise ValueError(f'"{text}" is no period. Write 2010, 2010-H2, 2010-Q4, 2010-11 or 2010-11-20.')
    year, part = int(match["year"]), match["part"]
    if part is None:
        first, last = date(year, 1, 1), date(year, 12, 31)
    elif part[0] in "QH":
        months = 3 if part[0] == "Q" else 6
        end = int(part[1]) * months
        first, last = date(year, end - months + 1, 1), _month_end(year, end)
    elif len(part) == 4:
        first, last = date(year, 1, 1), date(int(part), 12, 31)
    elif match["day"]:
        first = last = date(year, int(part), int(match["day"]))
    else:
        first, last = date(year, int(part), 1), _month_end(year, int(part))
    if match["to_month"]:
        last = _month_end(int(match["to_year"] or year), int(match["to_month"]))
    return first, None if match["open"] else last


def middle(first: date, last: date | None) -> date:
    """Middle day of a period; the first day if it is open."""
    return first if last is None else first + timedelta(days=(last - first).days // 2)


def with_bounds(frame: pd.DataFrame, column: str = "date") -> pd.DataFrame:
    """Put `date` (middle), `start` and `end` (NaT if open) in front, in place of a text column.

    Parameters
    ----------
    frame : DataFrame
        Rows of a data file.
    column : str
        The column of written periods.

    Returns
    -------
    DataFrame, a new one, with three timestamp columns and without the text.
    """
    import pandas as pd

    spans = [bounds(text) for text in frame[column]]
    result = frame.drop(columns=column)
    result.insert(0, "date", pd.to_datetime([middle(*span) for span in spans]))
    result.insert(1, "start", pd.to_datetime([first for first, _ in spans]))
    result.insert(2, "end", pd.to_datetime(pd.Series([last for _, last in spans], dtype=object)).to_numpy())
    return result.reset_index(drop=True)
