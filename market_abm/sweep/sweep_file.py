"""A sweep file read, checked and resolved: its points, and the scenario of each; every fault at once.

plan = read_sweep("experiments/sweeps/stockpile-embargo.toml")
plan.scenario(3)
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel

from market_abm.experiment.file_faults import placed, read_file, understood
from market_abm.experiment.plan import Outcome
from market_abm.experiment.plan_checks import months_not_recorded
from market_abm.record.dates import shortened
from market_abm.record.errors import DateError
from market_abm.scenario.errors import Fault, ScenarioError, Where
from market_abm.scenario.loading import resolved, with_parents
from market_abm.scenario.reading import LIBRARY, Source, locate, read_source
from market_abm.scenario.schema import Scenario
from market_abm.sweep.design import design_points
from market_abm.sweep.plan import Design, Factor, Precise, Sweep, Tradeoff, Value
from market_abm.sweep.points import as_text, listed_points, plain_rows, settings_of
from market_abm.sweep.sweep_checks import check_sweep

_PARTS: dict[str, type[BaseModel]] = {
    "factor": Factor, "outcome": Outcome, "design": Design, "precise": Precise, "frontier": Tradeoff,
}  # fmt: skip
_TOLD = 5  # points that cannot be run, told one by one


@dataclass(frozen=True)
class SweepFile:
    """A sweep and what it is about.

    Parameters
    ----------
    file : where it was read.
    sweep : what the file says.
    points : index `point`, a column a factor.
    source : the file as written.
    base : the scenario's files, the most basic first.
    home : path of the scenario's file, or its name in the library.
    """

    file: Path
    sweep: Sweep
    points: pd.DataFrame = field(repr=False)
    source: Source = field(repr=False)
    base: Sequence[Source] = field(repr=False)
    home: str

    @property
    def name(self) -> str:
        """Name of the sweep: that of its file."""
        return self.file.stem

    @cached_property
    def rows(self) -> list[dict[str, Value]]:
        """Values of the factors, a dictionary a point."""
        return plain_rows(self.points)

    def settings(self, point: int) -> list[str]:
        """Everything a point sets in the scenario, as --set takes it."""
        return [*self.sweep.sets, *settings_of(self.sweep.factor, self.rows[point])]

    def scenario(self, point: int) -> Scenario:
        """Scenario of a point; takes some milliseconds.

        Raises
        ------
        ScenarioError
            When the values of the point cannot stand together.
        """
        return shortened(resolved(self.base, self.settings(point)), self.sweep.until)

    def told(self, point: int) -> str:
        """Values of a point, for people."""
        return ", ".join(f"{name} = {as_text(value)}" for name, value in self.rows[point].items())

    @cached_property
    def seals(self) -> dict[str, str]:
        """Hashes of what decides the points and their scenarios, by what a user would call it."""
        whole = self.sweep.model_dump(mode="json", by_alias=True)
        factors = [{key: one for key, one in row.items() if key not in ("label", "unit")} for row in whole["factor"]]
        listed = self.points.to_csv() if self.sweep.design.kind == "list" else ""
        return {
            "scenario": _seal([[layer.data for layer in self.base], whole["set"], whole["until"]]),
            "factors": _seal(factors),
            "design": _seal([{key: one for key, one in whole["design"].items() if key != "file"}, listed]),
        }


def read_sweep(file: str | Path) -> SweepFile:
    """Read a sweep file; paths in it are seen from its folder.

    Raises
    ------
    ScenarioError
        With every fault of the file, its list of points and its scenario.
    RecordError
        When the design needs a package that is not installed.
    """
    source = read_file(Path(file))
    sweep, faults = understood(source, Sweep, _PARTS, "a sweep")
    if sweep is None:
        raise ScenarioError(_by_line(faults), source.label)
    faults = [placed(fault, source) for fault in check_sweep(sweep)]
    base, home = _base(sweep, source, faults)
    scenario = _resolved(sweep, base, source, faults) if base else None
    if scenario is not None:
        faults += [placed(fault, source) for fault in _faults_of_factors(sweep, base)]
        faults += [placed(fault, source) for fault in _faults_of_months(sweep, scenario)]
    points = None if faults else _points(sweep, source, faults)
    if points is None:
        raise ScenarioError(_by_line(dict.fromkeys(faults)), source.label)
    return SweepFile(Path(file), sweep, points, source, base, home)


def check_points(plan: SweepFile, points: Sequence[int]) -> ScenarioError | None:
    """Faults of points whose values cannot stand together, the first few told; None when there are none."""
    faults: list[Fault] = []
    for point in points[:_TOLD]:
        try:
            plan.scenario(point)
        except ScenarioError as error:
            what = "; ".join(fault.told() for fault in error.faults)
            faults.append(placed(Fault(("factor",), f"point {point} ({plan.told(point)}): {what}"), plan.source))
    if len(points) > _TOLD:
        faults.append(placed(Fault(("factor",), f"and {len(points) - _TOLD} points more."), plan.source))
    return ScenarioError(faults, plan.source.label) if faults else None


# -- the scenario --------------------------------------------------------------------------------
def _base(sweep: Sweep, source: Source, faults: list[Fault]) -> tuple[list[Source], str]:
    """Files of the scenario, and what it is called on the command line."""
    try:
        path = locate(sweep.scenario, source.folder)
        layers = with_parents(read_source(path), path)
    except ScenarioError as error:
        faults += [_own(fault, ("scenario",), source) for fault in error.faults]
        return [], ""
    return layers, sweep.scenario if path.parent == LIBRARY else str(path)


def _resolved(sweep: Sweep, base: Sequence[Source], source: Source, faults: list[Fault]) -> Scenario | None:
    """Scenario before any factor is set."""
    try:
        return shortened(resolved(base, sweep.sets), sweep.until)
    except ScenarioError as error:
        faults += [_own(fault, ("set",) if fault.file == "--set" else ("scenario",), source) for fault in error.faults]
    except DateError as error:
        faults.append(placed(Fault(("until",), f"{error}"), source))
    return None


def _own(fault: Fault, where: Where, source: Source) -> Fault:
    """Fault of the scenario as one of the key that names it, unless a file of its own has it."""
    if fault.line is not None and fault.file not in ("", "--set"):
        return fault
    return placed(replace(fault, where=where, shown=""), source)


# -- factors -------------------------------------------------------------------------------------
def _faults_of_factors(sweep: Sweep, base: Sequence[Source]) -> Iterator[Fault]:
    """Values that the scenario does not take, each tried alone."""
    for number, factor in enumerate(sweep.factor):
        tried: list[tuple[str, Value]] = [("values", value) for value in factor.values or ()]
        tried += [(key, end) for key, end in (("low", factor.low), ("high", factor.high)) if end is not None]
        if not _can_be_tried(factor):
            continue
        found = [(key, value, _refusal(sweep, base, factor, value)) for key, value in tried]
        bad = [(key, value, fault) for key, value, fault in found if fault is not None]
        if len(bad) == len(tried) > 0 and len({fault for _, _, fault in bad}) == 1:
            fault = bad[0][2]
            yield Fault(("factor", number, "sets" if factor.sets else "path"), fault.what, fault.remedy)
            continue
        for key, value, fault in bad:
            said = fault.told() if factor.sets else fault.what
            yield Fault(("factor", number, key), f"with {as_text(value)}: {said}", fault.remedy)


def _can_be_tried(factor: Factor) -> bool:
    if factor.sets is not None:
        return len(factor.sets) == len(factor.values or ()) == len({str(value) for value in factor.values or ()})
    return bool(factor.path)


def _refusal(sweep: Sweep, base: Sequence[Source], factor: Factor, value: Value) -> Fault | None:
    """What the scenario has against a value."""
    if factor.integer and isinstance(value, float):
        value = round(value)
    try:
        resolved(base, [*sweep.sets, *settings_of([factor], {factor.name: value})])
    except ScenarioError as error:
        fault = error.faults[0]
        return Fault(fault.where if factor.sets else (), fault.what, "" if factor.sets else fault.remedy)
    return None


def _faults_of_months(sweep: Sweep, scenario: Scenario) -> Iterator[Fault]:
    for number, outcome in enumerate(sweep.outcome):
        for key, day, recorded in months_not_recorded(outcome, scenario):
            yield Fault(("outcome", number, key), f"{day:%Y-%m} is not recorded; the runs have {recorded}.")


# -- points --------------------------------------------------------------------------------------
def _points(sweep: Sweep, source: Source, faults: list[Fault]) -> pd.DataFrame | None:
    if sweep.design.kind != "list":
        return design_points(sweep)
    try:
        return listed_points(source.folder / str(sweep.design.file), sweep)
    except ScenarioError as error:
        faults += [
            fault if fault.file else placed(replace(fault, where=("design", "file")), source) for fault in error.faults
        ]
    return None


def _seal(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, default=str, sort_keys=True).encode()).hexdigest()[:32]


def _by_line(faults: "Sequence[Fault] | dict[Fault, None]") -> list[Fault]:
    return sorted(faults, key=lambda fault: fault.line or 0)
