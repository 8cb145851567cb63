"""Dates that users write, and the end of a run that they choose."""

import datetime as dt

from market_abm.record.errors import DateError
from market_abm.scenario.schema import Scenario


def as_date(given: str | dt.date) -> dt.date:
    """Read a date written as YYYY-MM-DD.

    Raises
    ------
    DateError
        When it is no date.
    """
    if isinstance(given, dt.datetime):
        return given.date()
    if isinstance(given, dt.date):
        return given
    try:
        return dt.date.fromisoformat(given)
    except (TypeError, ValueError):
        raise DateError(f"{given!r} is no date. Write year-month-day, as in 2010-09-21.") from None


def shortened(scenario: Scenario, until: str | dt.date | None) -> Scenario:
    """Return the scenario with `until` as the first day not run; unchanged for None.

    The end is part of the scenario, so a shortened run has its own identity.

    Raises
    ------
    DateError
        When `until` is no date, or not after `record_from`, or after the scenario's end.
    """
    if until is None:
        return scenario
    time, day = scenario.time, as_date(until)
    if not time.record_from < day <= time.end:
        raise DateError(
            f"a run of {scenario.name} cannot stop before {day}: choose a day after {time.record_from} "
            f"(time.record_from) and not after {time.end} (time.end), or change these with --set."
        )
    return scenario.model_copy(update={"time": time.model_copy(update={"end": day})})
