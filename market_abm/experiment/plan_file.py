"""An experiment file read, checked and resolved: one scenario an arm; every fault at once.

    plan = read_plan("experiments/export-quota.toml")

The faults of an arm's own scenario are told with their line in the experiment
file where they were written there.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel

from market_abm.experiment.arm import resolve_arm
from market_abm.experiment.file_faults import placed, read_file, understood
from market_abm.experiment.plan import Arm, Experiment, Hypothesis, Outcome
from market_abm.experiment.plan_checks import check_experiment, months_not_recorded
from market_abm.experiment.task import Task
from market_abm.experiment.vector import SHIPPED, Vector
from market_abm.record.errors import RecordError
from market_abm.scenario.errors import Fault, ScenarioError
from market_abm.scenario.reading import Source
from market_abm.scenario.schema import Scenario

_ROWS: dict[str, type[BaseModel]] = {"arm": Arm, "outcome": Outcome, "hypothesis": Hypothesis}


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
    source = read_file(Path(file))
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


def _understood(source: Source) -> tuple[Experiment | None, list[Fault]]:
    """Experiment, or None, and its faults, each with file and line."""
    experiment, faults = understood(source, Experiment, _ROWS, "an experiment")
    if experiment is not None:
        faults = [placed(fault, source) for fault in check_experiment(experiment)]
    return experiment, faults


def _outside(experiment: Experiment, scenarios: dict[str, Scenario], source: Source) -> list[Fault]:
    """Faults of outcomes whose months an arm does not record, each told of the first such arm."""
    faults: dict[tuple[int, str], Fault] = {}
    for number, outcome in enumerate(experiment.outcome):
        for arm, scenario in scenarios.items():
            for key, day, recorded in months_not_recorded(outcome, scenario):
                what = f'{day:%Y-%m} is not recorded in arm "{arm}", which has {recorded}.'
                faults.setdefault((number, key), placed(Fault(("outcome", number, key), what), source))
    return list(faults.values())


def _by_line(faults: Sequence[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: fault.line or 0)
