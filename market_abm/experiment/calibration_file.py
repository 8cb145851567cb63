"""A calibration file read and checked; every fault at once, with its line."""

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from pydantic import BaseModel, ValidationError

from market_abm.experiment.arm import resolve_arm
from market_abm.experiment.calibration import WHOLE, Calibration
from market_abm.experiment.free_parameter import FreeParameter, value_at
from market_abm.experiment.moment import Moment
from market_abm.experiment.plan import Arm, Experiment, Outcome
from market_abm.experiment.plan_checks import check_outcome, months_not_recorded
from market_abm.experiment.search import SAMPLERS
from market_abm.experiment.section import Section
from market_abm.history import reference_table
from market_abm.scenario.errors import Fault, ScenarioError, suggest
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.messages import show_value
from market_abm.scenario.reading import Source, read_source
from market_abm.scenario.schema import Scenario

KEYS = (
    "title",
    "scenario",
    "until",
    "replications",
    "trials",
    "sampler",
    "seed",
    "batch",
    "within",
    "most_vectors",
    "confirm_replications",
    "parameter",
    "arm",
    "moment",
)
PARAMETER_KEYS = ("low", "high", "log", "start")
MOMENT_KEYS = ("name", "outcome", "target", "source", "scale", "tolerance", "weight", "arm")
SCALES = ("log", "linear")
Kind = TypeVar("Kind", bound=BaseModel)


def read_calibration(file: str | Path) -> Calibration:
    """Read a calibration file; its scenario is a library name or a path seen from the file's folder.

    Raises
    ------
    ScenarioError
        With every fault of the file and of its arms' scenarios.
    """
    source = read_source(Path(file))
    faults: list[Fault] = []
    top = Section(source, source.data, (), faults, KEYS)
    title, sampler = top.text("title"), top.text("sampler", "tpe", SAMPLERS)
    arms = _arms(top, source, faults)
    parameters = [_parameter(path, section, arms.get(WHOLE)) for path, section in _needed(top, "parameter").items()]
    moments = _moments(top, arms, faults)
    numbers: dict[str, Any] = {
        "replications": top.whole("replications", 2, 1),
        "trials": top.whole("trials", 200, 1),
        "seed": top.whole("seed", 0, 0),
        "batch": top.whole("batch", 4, 1),
        "within": top.number("within", 0.1, least=0.0),
        "most_vectors": top.whole("most_vectors", 8, 1),
        "confirm_replications": top.whole("confirm_replications", 6, 1),
    }
    if faults:
        once = dict.fromkeys(faults)
        own = sorted((fault for fault in once if fault.file in ("", source.label)), key=lambda fault: fault.line or 0)
        raise ScenarioError([*own, *(fault for fault in once if fault not in own)], source.label)
    return Calibration(title, tuple(parameters), tuple(moments), arms, sampler=sampler, **numbers)


# -- arms ----------------------------------------------------------------------------------------
def _arms(top: Section, source: Source, faults: list[Fault]) -> dict[str, Scenario]:
    """Resolved scenarios by arm, `whole` first; those with faults are missing."""
    rows = top.rows("arm")
    arms = [_parsed(Arm, row) or Arm.model_validate({"name": f"arm {place}"}) for place, row in enumerate(rows, 1)]
    names = [arm.name for arm in arms]
    for place, row in enumerate(rows):
        if names[place] in names[:place]:
            row.fault("name", f'"{names[place]}" is written twice.', "Give each arm its own name.")
    if WHOLE not in names:
        arms.append(Arm.model_validate({"name": WHOLE}))  # last, so that the rows keep their numbers
    # A stand-in for an experiment, of which only what an arm needs is filled in.
    plan = Experiment.model_construct(scenario=top.text("scenario"), until=top.data.get("until"), arm=arms)
    resolved: dict[str, Scenario] = {}
    for number in range(len(arms)) if plan.scenario else ():
        try:
            resolved[arms[number].name] = resolve_arm(plan, number, source)
        except ScenarioError as error:
            faults += error.faults
    return dict(sorted(resolved.items(), key=lambda item: item[0] != WHOLE))


# -- parameters ----------------------------------------------------------------------------------
def _needed(top: Section, key: str) -> dict[str, Section]:
    found = top.tables(key, PARAMETER_KEYS)
    if not found:
        top.fault(key, "missing; nothing is free.", 'Write [parameter."path.of.a.number"] with low and high.')
    return found


def _parameter(path: str, section: Section, base: Scenario | None) -> FreeParameter:
    """One free parameter; what is at fault is noted and made up."""
    low, high, log = section.number("low"), section.number("high"), section.flag("log", False)
    if low >= high:
        section.fault("high", f"{high:g} is not above low = {low:g}.")
    if log and low <= 0:
        section.fault("low", f"{low:g} is not above 0.", "log = true needs bounds above 0.")
    now = _value_now(path, section, base)
    whole = isinstance(now, int)
    if base is not None and now is not None:
        for key in ("low", "high"):
            _check_bound(path, section, key, base, whole)
    start = section.number("start", now) if now is not None or "start" in section.data else low
    if not low <= start <= high and low < high:
        said = "start" if "start" in section.data else "The scenario's value"
        remedy = "Move the bound." if said == "start" else "Move the bound, or give start."
        section.fault("start", f"{said} {start:g} lies outside {low:g} to {high:g}.", remedy)
    return FreeParameter(path, low, high, log, start, whole)


def _value_now(path: str, section: Section, base: Scenario | None) -> float | None:
    """Value of the scenario at a path; None when there is no number."""
    if base is None:
        return None
    try:
        value = value_at(base, path)
    except LookupError:
        fault = _fault_of(base, path, 0)
        section.fault("", fault.what if fault else "this is no path.", fault.remedy if fault else "")
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        section.fault("", "This is no number.", "Choose a path that leads to one number.")
        return None
    return value


def _check_bound(path: str, section: Section, key: str, base: Scenario, whole: bool) -> None:
    bound = section.data.get(key)
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        return  # noted already
    if whole and bound != int(bound):
        section.fault(key, f"{bound:g} is given.", "Expected: a whole number.")
    elif fault := _fault_of(base, path, bound):
        section.fault(key, fault.what, fault.remedy)


def _fault_of(base: Scenario, path: str, value: float) -> Fault | None:
    """What the scenario has against a value at a path."""
    try:
        load_scenario(base, [f"{path}={value!r}"])
    except ScenarioError as error:
        return error.faults[0]
    return None


# -- moments -------------------------------------------------------------------------------------
def _moments(top: Section, arms: dict[str, Scenario], faults: list[Fault]) -> list[Moment]:
    rows = top.rows("moment", MOMENT_KEYS)
    if not rows:
        top.fault("moment", "missing; there is nothing to fit.", "Write rows [[moment]].")
    asked = [row.data.get("name") for row in top.rows("arm")]
    known = [WHOLE, *(name for name in asked if isinstance(name, str) and name != WHOLE)]
    moments = [_moment(row, place, known) for place, row in enumerate(rows, 1)]
    for place, row in enumerate(rows):
        moment = moments[place]
        if moment.name and moment.name in [other.name for other in moments[:place]]:
            row.fault("name", f'"{moment.name}" is written twice.', "Give each moment its own name.")
        if moment.arm in arms:
            _check_months(row, moment.outcome, arms[moment.arm])
    if rows and not any(moment.weight > 0 for moment in moments):
        top.fault("moment", "every weight is 0.", "Give one moment a weight above 0.")
    return moments


def _moment(row: Section, place: int, arms: Sequence[str]) -> Moment:
    name, arm = row.text("name"), row.text("arm", WHOLE)
    if arm not in arms:
        row.fault("arm", f'"{arm}" is no arm of this file.', suggest(arm, arms))
    outcome = _outcome(row, place)
    value, source = _history(outcome)
    target, source = row.number("target", value), row.text("source", source)
    scale = cast(Literal["log", "linear"], row.text("scale", "log", SCALES))
    if scale == "log" and target <= 0:
        row.fault("target", f"{target:g} is not above 0.", 'scale = "log" needs a target above 0.')
    tolerance, weight = row.number("tolerance", above=0.0), row.number("weight", 1.0, least=0.0)
    return Moment(name, outcome, target, source, scale, tolerance, weight, arm)


def _outcome(row: Section, place: int) -> Outcome:
    """Outcome of a moment: a measure's name, or a table as in [[outcome]] of an experiment."""
    given = row.data.get("outcome")
    unknown = Outcome.model_validate({"name": "unknown"})
    if given is None:
        row.fault("outcome", "missing; give the name of a measure, or a table with series and stat.")
        return unknown
    if isinstance(given, str):
        outcome: Outcome | None = unknown.model_copy(update={"name": given})
    else:
        section = row.inner("outcome")
        if "series" in section.data:  # its name is only for telling it from others
            section.data = {**section.data, "name": f"moment {place}"}
        outcome = _parsed(Outcome, section)
    if outcome is None:
        return unknown
    for fault in check_outcome(Experiment.model_construct(outcome=[outcome])):
        row.fault("outcome", fault.what, fault.remedy, *(() if isinstance(given, str) else map(str, fault.where[2:])))
    return outcome


def _history(outcome: Outcome) -> tuple[float | None, str | None]:
    """Historical value and source of a measure that history has."""
    found = _reference() if outcome.series is None else {}
    return found.get(outcome.name, (None, None))


@functools.cache
def _reference() -> dict[str, tuple[float, str]]:
    """Value and source of what history knows, by measure."""
    rows = reference_table().dropna(subset="value").to_dict("records")
    return {str(row["metric"]): (float(row["value"]), str(row["source"])) for row in rows}


def _check_months(row: Section, outcome: Outcome, scenario: Scenario) -> None:
    """Months that the runs do not record."""
    for key, day, recorded in months_not_recorded(outcome, scenario):
        row.fault("outcome", f"{day:%Y-%m} is not recorded; the runs have {recorded}.", "", key)


def _parsed(kind: type[Kind], section: Section) -> Kind | None:
    """Table as an object; None with faults noted."""
    try:
        return kind.model_validate(section.data)
    except ValidationError as error:
        keys = {field.alias or name: field.description or "" for name, field in kind.model_fields.items()}
        for found in error.errors(include_url=False):
            key = str(found["loc"][0]) if found["loc"] else ""
            if found["type"] == "extra_forbidden":
                section.fault(key, f'"{key}" is no key here.', suggest(key, keys) or f"Known: {', '.join(keys)}.")
            elif found["type"] == "missing":
                section.fault(key, f"missing; give {keys[key]}.")
            elif found["type"] == "literal_error":
                known = re.findall("'([^']*)'", str(found["ctx"]["expected"]))
                hint = suggest(str(found["input"]), known) or f"Known: {', '.join(known)}."
                section.fault(key, f"{show_value(found['input'])} is not allowed.", hint)
            else:
                section.fault(key, f"{found['msg']}.", f"Expected: {keys.get(key, 'something else')}.")
    return None
