"""Outcomes of runs: measures by name, and statistics of monthly series, one number a run."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from market_abm.experiment.plan import Outcome
from market_abm.experiment.plan_checks import names_in
from market_abm.experiment.store import RunStore


def measure_outcomes(outcomes: Sequence[Outcome], store: RunStore, ids: Mapping[int, str]) -> pd.DataFrame:
    """Outcomes of runs that are in the store.

    Parameters
    ----------
    outcomes : what is measured.
    store : where the runs are.
    ids : task ids by seed; those that the store lacks, because they failed, become NaN.

    Returns
    -------
    DataFrame, index: seeds, columns: names of outcomes, in their units.
    """
    there = store.has(ids.values())
    found = [one for one in ids.values() if one in there]
    values = store.values(found) if found and any(one.series is None for one in outcomes) else pd.DataFrame()
    monthly = store.monthly(found) if found and any(one.series is not None for one in outcomes) else pd.DataFrame()
    table = outcome_values(outcomes, found, values, monthly)
    return table.reindex(list(ids.values())).set_axis(pd.Index(list(ids), name="seed"))


def outcome_values(
    outcomes: Sequence[Outcome], ids: Sequence[str], values: pd.DataFrame, monthly: pd.DataFrame
) -> pd.DataFrame:
    """Outcomes of runs, a row an id, a column an outcome.

    Parameters
    ----------
    values : measures, a row an id; asked for outcomes without series only.
    monthly : rows (id, month), columns series; asked for the others.
    """
    table = pd.DataFrame(np.nan, index=pd.Index(ids, name="id"), columns=[one.name for one in outcomes])
    for one in outcomes if len(ids) else ():
        if one.series is None:
            table[one.name] = one.scale * values[one.name]
        else:
            table[one.name] = from_months(one, monthly).reindex(table.index)
    return table


def from_months(outcome: Outcome, monthly: pd.DataFrame) -> "pd.Series[float]":
    """Statistic of an outcome's series, one number a run.

    A flow that a run does not have counts as nothing in a sum; any other
    statistic of what is not there is NaN.

    Parameters
    ----------
    monthly : rows (id, month), columns series.
    """
    result = _statistic(outcome, names_in(outcome.series), monthly)
    if outcome.over is not None:
        below = _statistic(outcome, names_in(outcome.over), monthly)
        result = result / below.where(below != 0)
    return outcome.scale * result


def matching(names: Iterable[str], series: Iterable[str]) -> list[str]:
    """Series that one of the names asks for, each once; `*` stands for any one part."""
    wanted = [name.split(".") for name in names]
    return [one for one in series if any(_fits(one.split("."), parts) for parts in wanted)]


def absent(outcomes: Sequence[Outcome], series: Iterable[str]) -> list[tuple[int, str, str]]:
    """Rows of outcomes, keys and names that ask for a series that is not there."""
    known = list(series)
    return [
        (number, key, name)
        for number, one in enumerate(outcomes)
        for key, given in (("series", one.series), ("over", one.over))
        for name in names_in(given)
        if not matching([name], known)
    ]


def _fits(parts: list[str], wanted: list[str]) -> bool:
    return len(parts) == len(wanted) and all(ask in ("*", part) for part, ask in zip(parts, wanted, strict=True))


def _statistic(outcome: Outcome, names: list[str], monthly: pd.DataFrame) -> "pd.Series[float]":
    chosen = monthly[matching(names, monthly.columns)]
    months = chosen.sum(axis=1, min_count=1).unstack("id").sort_index()  # rows months, columns runs
    stat = outcome.stat or "sum"
    result = STATS[stat](
        _between(months, outcome.first, outcome.last), _between(months, outcome.base_first, outcome.base_last)
    )
    return result.fillna(0.0) if stat == "sum" else result


def _between(months: pd.DataFrame, first: dt.date | None, last: dt.date | None) -> pd.DataFrame:
    """Months from first to last, both included; all of them when silent."""
    start = None if first is None else pd.Period(first, "M")
    end = None if last is None else pd.Period(last, "M")
    return months.loc[start:end]


def _last(months: pd.DataFrame, base: pd.DataFrame) -> "pd.Series[float]":
    return months.ffill().iloc[-1] if len(months) else pd.Series(np.nan, months.columns)


def _sd_log_returns(months: pd.DataFrame, base: pd.DataFrame) -> "pd.Series[float]":
    """Standard deviation of monthly log changes (n - 1 in the denominator)."""
    return pd.DataFrame(np.log(months.where(months > 0))).diff().std()


def _max_over_mean(months: pd.DataFrame, base: pd.DataFrame) -> "pd.Series[float]":
    """Highest mean of a calendar quarter over the mean of the base months."""
    quarters = months.groupby(pd.PeriodIndex(months.index).asfreq("Q")).mean()
    return _over(quarters.max(), base.mean())


def _mean_over_mean(months: pd.DataFrame, base: pd.DataFrame) -> "pd.Series[float]":
    return _over(months.mean(), base.mean())


def _over(above: "pd.Series[float]", below: "pd.Series[float]") -> "pd.Series[float]":
    return above / below.where(below > 0)


def _middle(month: pd.Period) -> float:
    return month.year + (month.month - 0.5) / 12


def _date_of_max(months: pd.DataFrame, base: pd.DataFrame) -> "pd.Series[float]":
    """Middle of the month with the highest value, as a decimal year."""
    highest = months.dropna(axis=1, how="all").idxmax()
    return highest.map(_middle).astype(float).reindex(months.columns)


STATS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], "pd.Series[float]"]] = {
    "sum": lambda months, base: months.sum(min_count=1),
    "mean": lambda months, base: months.mean(),
    "max": lambda months, base: months.max(),
    "min": lambda months, base: months.min(),
    "last": _last,
    "sd_log_returns": _sd_log_returns,
    "max_over_mean": _max_over_mean,
    "mean_over_mean": _mean_over_mean,
    "date_of_max": _date_of_max,
}
"""How months become one number; each takes the months asked for and those of the base (months, runs)."""
