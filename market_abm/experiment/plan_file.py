"""An experiment file read, checked and resolved: one scenario an arm; every fault at once.

    plan = read_plan("experiments/export-quota.toml")

The faults of an arm's own scenario are told with their line in the experiment
file where they were written there.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from market_abm.experiment.arm import resolve_arm
from market_abm.experiment.plan import Arm, Experiment, Hypothesis, Outcome
from market_abm.experiment.plan_checks import check_experiment
from market_abm.experiment.task import Task
from market_abm.experiment.vector import SHIPPED, Vector
from market_abm.record.errors import RecordError
from market_abm.scenario.errors import Fault, ScenarioError, Where, show_path, suggest
from market_abm.scenario.messages import show_value
from market_abm.scenario.reading import Source, read_source
from market_abm.scenario.schema import Scenario

_ROWS: dict[str, type[BaseModel]] = {"arm": Arm, "outcome": Outcome, "hypothesis": Hypothesis}
_BEYOND = {"ge": "is below", "gt": "is not above", "le": "is above", "lt": "is not below"}
_BARE_MONTH = re.compile(r"=\s*\d{4}-\d{2}\s*(#.*)?$")


class PlanError(RecordError):
    """Experiment files cannot be run; the message holds every fault of every file."""

    def __init__(self, errors: Sequence[ScenarioError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = tuple(errors)


@dataclass(frozen=True)
class Plan:
    """An experiment and the scenarios of its arms.

    Parameters
    ----------
    file : where it was read.
    experiment : what the file says.
    seal : SHA-256 of the file's text.
    scenarios : resolved scenario by vector and arm; the shipped parameters are the first vector.
    """

    file: Path
    experiment: Experiment
    seal: str
    scenarios: dict[Vector, dict[str, Scenario]] = field(repr=False)

    @property
    def name(self) -> str:
        """Name of the experiment: that of its file."""
        return self.file.stem

    @property
    def vectors(self) -> list[Vector]:
        """The vectors of a calibration, without the shipped one."""
        return [vector for vector in self.scenarios if vector != SHIPPED]

    @cached_property
    def twins(self) -> list[tuple[str, str]]:
        """Pairs of arms whose scenarios are the same."""
        arms = list(self.scenarios[SHIPPED].items())
        return [
            (name, other)
            for place, (name, scenario) in enumerate(arms)
            for other, earlier in arms[:place]
            if scenario == earlier
        ]

    def tasks(self, arm: str, seeds: Sequence[int], vector: Vector = SHIPPED) -> dict[int, Task]:
        """Runs of an arm by seed."""
        return {seed: self._task(arm, seed, vector) for seed in seeds}

    def _task(self, arm: str, seed: int, vector: Vector) -> Task:
        held: dict[tuple[str, int, Vector], Task] = self.__dict__.setdefault("_held", {})
        if (arm, seed, vector) not in held:  # a task's identity is a hash of the whole scenario
            held[arm, seed, vector] = Task(self.scenarios[vector][arm], seed)
        return held[arm, seed, vector]


def read_plans(files: Sequence[str | Path], vectors: Sequence[Vector] = ()) -> list[Plan]:
    """Read experiment files, each once.

    Raises
    ------
    PlanError
        With every fault of every file.
    """
    plans: list[Plan] = []
    errors: list[ScenarioError] = []
    for file in dict.fromkeys(Path(one) for one in files):
        try:
            plans.append(read_plan(file, vectors))
        except ScenarioError as error:
            errors.append(error)
    if errors:
        raise PlanError(errors)
    return plans


def read_plan(file: str | Path, vectors: Sequence[Vector] = ()) -> Plan:
    """Read one experiment file; `vectors` are laid over every arm as further settings.

    Raises
    ------
    ScenarioError
        With every fault of the file and of its arms' scenarios.
    """
    source = _read(Path(file))
    experiment, faults = _understood(source)
    if experiment is None:
        raise ScenarioError(_by_line(faults), source.label)
    scenarios: dict[Vector, dict[str, Scenario]] = {}
    for vector in (SHIPPED, *vectors):
        scenarios[vector] = {}
        for number, arm in enumerate(experiment.arm):
            try:
                scenarios[vector][arm.name] = resolve_arm(experiment, number, source, vector.overrides)
            except ScenarioError as error:
                faults += [found for found in error.faults if found not in faults]
    faults += [fault for fault in _outside(experiment, scenarios[SHIPPED], source) if fault not in faults]
    if faults:
        raise ScenarioError(_by_line(faults), source.label)
    return Plan(Path(file), experiment, hashlib.sha256(source.text.encode()).hexdigest(), scenarios)


def _read(file: Path) -> Source:
    """Read the file; a bare month, which TOML does not know, gets its own remedy."""
    try:
        return read_source(file)
    except ScenarioError as error:
        fault = error.faults[0]
        if fault.line is None or not file.is_file():
            raise
        lines = file.read_text("utf-8", errors="replace").splitlines()
        if fault.line <= len(lines) and _BARE_MONTH.search(lines[fault.line - 1]):
            fault = replace(fault, remedy='A month stands in quotes: from = "2010-01".')
        raise ScenarioError([fault], error.file) from None


def _understood(source: Source) -> tuple[Experiment | None, list[Fault]]:
    """Experiment, or None, and its faults, each with file and line."""
    try:
        experiment = Experiment.model_validate(source.data)
    except ValidationError as error:
        found = [_translated(one, source.data) for one in error.errors(include_url=False)]
        return None, [placed(fault, source) for fault in dict.fromkeys(found)]
    return experiment, [placed(fault, source) for fault in check_experiment(experiment)]


def _translated(error: ErrorDetails, data: dict[str, Any]) -> Fault:
    """One complaint of pydantic in plain words."""
    where: Where = tuple(key for key in error["loc"] if key not in ("float", "tuple[float, float]", "str", "list[str]"))
    where = tuple(key for key in where if not str(key).startswith("function-"))
    model: type[BaseModel] = _ROWS.get(str(where[0]), Experiment) if len(where) > 1 else Experiment
    keys = {found.alias or name: found.description or "" for name, found in model.model_fields.items()}
    key, kind = str(where[-1]), error["type"]
    section = f"[[{where[0]}]]" if len(where) > 1 else "an experiment"
    meaning = keys.get(key, "")
    if kind == "extra_forbidden":
        return Fault(where, f'"{key}" is no key of {section}.', suggest(key, keys) or f"Known: {', '.join(keys)}.")
    if kind == "missing":
        return Fault(where, f"missing in {section}.", f"Expected: {meaning}.")
    if kind == "literal_error":
        options = re.findall(r"'([^']*)'", str(error["ctx"]["expected"]))
        return Fault(
            where,
            f"{show_value(error['input'])} is not allowed.",
            suggest(str(error["input"]), options) or f"Known: {', '.join(options)}.",
        )
    if limits := [(words, error["ctx"][name]) for name, words in _BEYOND.items() if name in error.get("ctx", {})]:
        return Fault(where, f"{show_value(error['input'])} {limits[0][0]} {limits[0][1]:g}.", f"It is the {meaning}.")
    if kind == "value_error":
        return Fault(where, f"{show_value(error['input'])} is given: {error['ctx']['error']}.")
    return Fault(where, f"{show_value(error['input'])} is given.", f"Expected: {meaning}.")


def placed(fault: Fault, source: Source) -> Fault:
    """Fault with the file's name, its line, and rows by their names."""
    line = next(
        (
            source.lines[fault.where[:size]]
            for size in range(len(fault.where), 0, -1)
            if fault.where[:size] in source.lines
        ),
        None,
    )
    return replace(fault, file=source.label, line=line, shown=_with_names(fault.where, source.data))


def _with_names(where: Where, data: dict[str, Any]) -> str:
    if len(where) > 1 and where[0] in _ROWS and isinstance(where[1], int):
        name = data[str(where[0])][where[1]].get("name")
        if isinstance(name, str) and name:
            return show_path((where[0], name, *where[2:]))
    return show_path(where)


def _outside(experiment: Experiment, scenarios: dict[str, Scenario], source: Source) -> list[Fault]:
    """Faults of outcomes whose months an arm does not record."""
    faults = []
    for number, outcome in enumerate(experiment.outcome):
        for key, day in (
            ("from", outcome.first), ("to", outcome.last),
            ("base_from", outcome.base_first), ("base_to", outcome.base_last),
        ):  # fmt: skip
            for arm, scenario in scenarios.items() if day is not None else ():
                first = pd.Period(scenario.time.record_from, "M")
                last = pd.Period(scenario.time.end - pd.Timedelta(days=1), "M")
                if not first <= pd.Period(day, "M") <= last:
                    what = f'{day:%Y-%m} is not recorded in arm "{arm}", which has {first} to {last}.'
                    faults.append(placed(Fault(("outcome", number, key), what), source))
                    break
    return faults


def _by_line(faults: Sequence[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: fault.line or 0)
