"""The times between which prices are compared: base, rise and fall.

By default the base is the last whole year on record before the first
restriction begins, the peak is sought in the three years after it, and the
fall is taken to the last quarter of those. For the episode of 2010 that is
2009, 2010 to 2012, and the last quarter of 2012.
"""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from market_abm.explain.cause import restrictions
from market_abm.record.dates import as_date
from market_abm.record.errors import DateError
from market_abm.scenario.schema import Scenario

SLACK = dt.timedelta(days=7)  # a quarter that lacks its first or last Monday is still that quarter
SEARCHED_QUARTERS = 12
LEAST_QUARTERS = 5  # a base of a year needs this many whole quarters after it, else it is one quarter


@dataclass(frozen=True)
class Window:
    """Calendar periods, all whole quarters.

    Parameters
    ----------
    base : year or quarter whose mean price is 1.
    quarters : quarters in which the peak is sought; the fall ends in the last.
    """

    base: pd.Period
    quarters: tuple[pd.Period, ...]

    @property
    def end(self) -> dt.date:
        """First day that no longer counts."""
        return (self.quarters[-1] + 1).start_time.date()

    @property
    def last(self) -> pd.Period:
        """Quarter in which the fall ends."""
        return self.quarters[-1]

    def end_of_run(self, scenario: Scenario) -> dt.date:
        """First Monday after the window, on which a run may end, or the scenario's end if that is earlier."""
        return min(self.end + dt.timedelta(days=-self.end.weekday() % 7), scenario.time.end)

    def facts(self) -> dict[str, str]:
        """Periods by name, for JSON and identities."""
        return {"base": str(self.base), "first": str(self.quarters[0]), "last": str(self.last)}


def window_of(scenario: Scenario, base: str | None = None, first: str | None = None, end: str | None = None) -> Window:
    """Choose the periods of a scenario; what is given replaces the default.

    Parameters
    ----------
    base : a year, `2009`, or a quarter, `2009Q1`.
    first, end : first day of the search for the peak and first day after it, YYYY-MM-DD.

    Raises
    ------
    DateError
        With everything that is wrong with the dates, or when the record is too short.
    """
    recorded = whole_quarters(scenario)
    if len(recorded) < 2:
        raise DateError(
            f"{scenario.name} records {len(recorded)} whole quarters from {scenario.time.record_from} to "
            f"{scenario.time.end}; at least two are needed. Let it run longer (time.end)."
        )
    faults: list[str] = []
    chosen = _default_base(scenario, recorded) if base is None else _read_base(base, recorded, faults)
    start = _read_day("--from", first, faults) or (chosen + 1).start_time.date()
    stop = _read_day("--to", end, faults)
    later = [one for one in recorded if one.start_time.date() >= start]
    found = later[:SEARCHED_QUARTERS] if stop is None else [one for one in later if one.end_time.date() < stop]
    if not found and not faults:
        faults.append(
            f"no whole quarter on record between {start} and {stop or recorded[-1].end_time.date()}: "
            f"the record holds {recorded[0]} to {recorded[-1]}; move --base, --from or --to."
        )
    if faults:
        raise DateError("\n * ".join([f"{scenario.name} cannot be explained in these periods:", *faults]))
    return Window(chosen, tuple(found))


def whole_quarters(scenario: Scenario) -> list[pd.Period]:
    """Quarters that the record holds whole."""
    begin, end = scenario.time.record_from, scenario.time.end
    every = pd.period_range(begin, end, freq="Q")
    return [
        one for one in every if begin <= one.start_time.date() + SLACK and end + SLACK > (one + 1).start_time.date()
    ]


def _default_base(scenario: Scenario, recorded: list[pd.Period]) -> pd.Period:
    """Last whole year before the first restriction that begins on record, else the first year or quarter."""
    held = set(recorded)
    years = [
        pd.Period(year=year, freq="Y")
        for year in sorted({one.year for one in recorded})
        if all(pd.Period(year=year, quarter=number, freq="Q") in held for number in range(1, 5))
    ]
    years = [year for year in years if sum(one.year > year.year for one in recorded) >= LEAST_QUARTERS - 1]
    if not years:
        return recorded[0]
    begun = [policy.start for policy in restrictions(scenario) if policy.start > scenario.time.record_from]
    before = [year for year in years if begun and year.end_time.date() < min(begun)]
    return before[-1] if before else years[0]


def _read_base(text: str, recorded: list[pd.Period], faults: list[str]) -> pd.Period:
    """Year or quarter as written; must be on record."""
    try:
        period = pd.Period(text, freq="Q" if "Q" in text.upper() else "Y")
    except ValueError:
        faults.append(f"--base {text!r} is no year and no quarter. Write 2009 or 2009Q1.")
        return recorded[0]
    parts = [one for one in recorded if period.start_time <= one.start_time <= period.end_time]
    wanted = 1 if period.freqstr.startswith("Q") else 4
    if len(parts) < wanted:
        faults.append(f"--base {text} is not on record as a whole; it holds {recorded[0]} to {recorded[-1]}.")
    return period


def _read_day(option: str, text: str | None, faults: list[str]) -> dt.date | None:
    try:
        return None if text is None else as_date(text)
    except DateError as fault:
        faults.append(f"{option} {fault}")
        return None
