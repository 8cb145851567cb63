"""What the shape of an experiment file cannot see: names that lead nowhere, statements that cannot be judged.

One function a fault. Each yields every place where it occurs, so that all are told at once.
"""

import datetime as dt
from collections.abc import Callable, Iterator

import pandas as pd

from market_abm.experiment.plan import Experiment, Outcome
from market_abm.experiment.series import QUANTITIES
from market_abm.record.measures import MEASURES
from market_abm.scenario.errors import Fault, Where, suggest
from market_abm.scenario.schema import Scenario

NEED_BASE = {"max_over_mean", "mean_over_mean"}


def check_experiment(experiment: Experiment) -> list[Fault]:
    """Every fault of an experiment that has passed its schema; paths have row numbers."""
    return [fault for check in CHECKS for fault in check(experiment)]


def names_in(series: str | list[str] | None) -> list[str]:
    """Names of a series entry as a list."""
    return [series] if isinstance(series, str) else list(series or ())


def check_same_name(experiment: Experiment) -> Iterator[Fault]:
    """Arms, outcomes and hypotheses each need a name of their own."""
    for section in ("arm", "outcome", "hypothesis"):
        seen: set[str] = set()
        for number, row in enumerate(getattr(experiment, section)):
            if row.name in seen:
                what = f'"{row.name}" is written twice.'
                yield Fault((section, number, "name"), what, f"Give each {section} its own name.")
            seen.add(row.name)


def check_unknown_name(experiment: Experiment) -> Iterator[Fault]:
    """A hypothesis must speak of arms and outcomes of the file."""
    arms = [arm.name for arm in experiment.arm]
    outcomes = [outcome.name for outcome in experiment.outcome]
    for number, row in enumerate(experiment.hypothesis):
        for key, name, known in (
            ("arm", row.arm, arms),
            ("against", row.against, arms),
            ("outcome", row.outcome, outcomes),
        ):
            if name is not None and name not in known:
                kind = "outcome" if key == "outcome" else "arm"
                yield Fault(("hypothesis", number, key), f'"{name}" is no {kind} of this file.', suggest(name, known))


def check_hypothesis(experiment: Experiment) -> Iterator[Fault]:
    """A hypothesis must say what its kind of statement needs."""
    for number, row in enumerate(experiment.hypothesis):
        where: Where = ("hypothesis", number)
        if row.kind in ("ratio", "difference") and row.against is None:
            yield Fault((*where, "against"), f"missing; a {row.kind} needs the arm it is taken against.")
        if row.against == row.arm:
            yield Fault((*where, "against"), f'"{row.arm}" is compared with itself.')
        if row.kind == "share" and row.at_least is None:
            yield Fault(
                (*where, "at_least"), 'missing; as = "share" needs the share of seeds wanted.', "Write at_least = 0.9."
            )
        if row.kind != "share" and row.at_least is not None:
            yield Fault((*where, "at_least"), 'belongs to as = "share" only.')
        if (row.expect == "between") != isinstance(row.threshold, tuple):
            wanted = "[low, high]" if row.expect == "between" else "one number"
            yield Fault((*where, "threshold"), f'expect = "{row.expect}" needs {wanted}.')


def check_outcome(experiment: Experiment) -> Iterator[Fault]:
    """An outcome is a measure that exists, or a whole statement on series of a known quantity."""
    for number, row in enumerate(experiment.outcome):
        where: Where = ("outcome", number)
        if row.series is None:
            yield from _faults_of_measure(row, where)
        else:
            yield from _faults_of_series(row, where)


def _faults_of_measure(row: Outcome, where: Where) -> Iterator[Fault]:
    if row.name not in MEASURES:
        remedy = suggest(row.name, MEASURES) or "Give `series` and `stat`, or the name of a measure."
        yield Fault((*where, "name"), f'"{row.name}" is no measure.', remedy)
    given = {"stat": row.stat, "over": row.over, "from": row.first, "to": row.last}
    for key in [key for key, value in given.items() if value is not None]:
        yield Fault((*where, key), "belongs to an outcome with `series`.")


def _faults_of_series(row: Outcome, where: Where) -> Iterator[Fault]:
    for key, names in (("series", names_in(row.series)), ("over", names_in(row.over))):
        for name in names:
            if not name.startswith(("*", *(f"{quantity}." for quantity in QUANTITIES))):
                quantity = name.partition(".")[0]
                remedy = suggest(quantity, QUANTITIES) or f"Known: {', '.join(QUANTITIES)}."
                yield Fault((*where, key), f'"{name}" is no series: no quantity begins it.', remedy)
    if row.stat is None:
        yield Fault((*where, "stat"), "missing; say how months become one number.", "Such as: sum, mean, max.")
    has_base = row.base_first is not None and row.base_last is not None
    if row.stat in NEED_BASE and not has_base:
        yield Fault((*where, "stat"), f'stat = "{row.stat}" needs base_from and base_to.')
    if row.stat not in NEED_BASE and (row.base_first or row.base_last):
        yield Fault((*where, "base_from"), f"belongs to stat = {' or '.join(sorted(NEED_BASE))}.")
    for first, last, key in ((row.first, row.last, "from"), (row.base_first, row.base_last, "base_from")):
        if first is not None and last is not None and first > last:
            yield Fault((*where, key), f"{first:%Y-%m} is after {last:%Y-%m}.")


def months_not_recorded(outcome: Outcome, scenario: Scenario) -> Iterator[tuple[str, dt.date, str]]:
    """Key and month of an outcome that runs of a scenario do not record, and which months they do."""
    first = pd.Period(scenario.time.record_from, "M")
    last = pd.Period(scenario.time.end - pd.Timedelta(days=1), "M")
    months = {"from": outcome.first, "to": outcome.last, "base_from": outcome.base_first, "base_to": outcome.base_last}
    for key, day in months.items():
        if day is not None and not first <= pd.Period(day, "M") <= last:
            yield key, day, f"{first} to {last}"


def check_curve(experiment: Experiment) -> Iterator[Fault]:
    """A curve needs at least two arms with a number."""
    if experiment.picture == "curve" and len({arm.x for arm in experiment.arm} - {None}) < 2:
        yield Fault(("picture",), "a curve needs two arms with different x.", "Give the arms x = a number.")


def check_limits(experiment: Experiment) -> Iterator[Fault]:
    """The limit of replications cannot lie below their number."""
    if "most_replications" in experiment.model_fields_set and experiment.most_replications < experiment.replications:
        what = f"{experiment.most_replications} is below replications = {experiment.replications}."
        yield Fault(("most_replications",), what)


CHECKS: tuple[Callable[[Experiment], Iterator[Fault]], ...] = (
    check_same_name,
    check_unknown_name,
    check_hypothesis,
    check_outcome,
    check_curve,
    check_limits,
)
