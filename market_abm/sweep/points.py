"""Points as settings of a scenario, and as the CSV files in which they are written.

A list of points that a user gives is a CSV file with a column a factor; cells are
read as `--set` reads values. `points.csv` of a sweep's folder has the same columns,
`point` before them and `setting`, the identity of the point's scenario, after them.
"""

import contextlib
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from market_abm.scenario.errors import Fault, ScenarioError, suggest
from market_abm.scenario.messages import show_value
from market_abm.scenario.overrides import read_value
from market_abm.sweep.plan import Factor, Sweep, Value

FIRST_LINE = 2  # of the points in a CSV file, after the heads


def settings_of(factors: Sequence[Factor], values: Mapping[str, Value]) -> list[str]:
    """Settings `path=value` that a point stands for."""
    found = []
    for factor in factors:
        value = values[factor.name]
        if factor.sets is not None:
            found += factor.sets[(factor.values or []).index(value)]
        else:
            found.append(f"{factor.path}={as_text(value)}")
    return found


def as_text(value: Value) -> str:
    """Value as `--set` takes it; no digit of a number is lost."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def plain_rows(points: pd.DataFrame) -> list[dict[str, Value]]:
    """Points as dictionaries of plain Python values."""
    columns = [points[name].tolist() for name in points.columns]
    names = [str(name) for name in points.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


# -- points.csv ----------------------------------------------------------------------------------
def points_text(points: pd.DataFrame, settings: Sequence[str]) -> str:
    """Content of `points.csv`."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(["point", *points.columns, "setting"])
    for number, (row, setting) in enumerate(zip(plain_rows(points), settings, strict=True)):
        writer.writerow([number, *(as_text(value) for value in row.values()), setting])
    return sink.getvalue()


def read_points(file: Path, factors: Sequence[Factor]) -> tuple[pd.DataFrame, list[str]]:
    """Points and their settings' identities, from `points.csv`."""
    heads, *rows = csv.reader(io.StringIO(file.read_text("utf-8")))
    columns = dict(zip(heads, zip(*rows, strict=True), strict=True)) if rows else {}
    index = pd.RangeIndex(len(rows), name="point")
    table = pd.DataFrame({factor.name: _column(columns[factor.name], factor) for factor in factors}, index=index)
    return table, list(columns["setting"])


def _column(texts: Sequence[str], factor: Factor) -> "list[int] | list[float] | list[bool] | list[str]":
    """Values of one kind; no digit is lost."""
    if factor.values and isinstance(factor.values[0], str):
        return list(texts)
    if set(texts) <= {"true", "false"}:
        return [text == "true" for text in texts]
    with contextlib.suppress(ValueError):
        return [int(text) for text in texts]
    with contextlib.suppress(ValueError):
        return [float(text) for text in texts]
    return list(texts)


# -- lists of users ------------------------------------------------------------------------------
def listed_points(file: Path, sweep: Sweep) -> pd.DataFrame:
    """Points of a CSV file.

    Raises
    ------
    ScenarioError
        With every fault of the file, and its line.
    """
    try:
        rows = list(csv.reader(io.StringIO(file.read_text("utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        why = getattr(fault, "strerror", None) or str(fault)
        raise ScenarioError([Fault((), f"{file} cannot be read: {why}.")], file.name) from None
    heads = [head.strip() for head in rows[0]] if rows else []
    faults = _faults_of_heads(heads, sweep.names, file.name)
    if not faults and not any(rows[1:]):
        faults.append(Fault((), "the list is empty.", "Write one line a point.", file.name))
    if faults:
        raise ScenarioError(faults, file.name)
    points: dict[tuple[Value, ...], int] = {}
    for line, row in enumerate(rows[1:], FIRST_LINE):
        if row:
            _add_point(points, row, heads, sweep, line, file.name, faults)
    if faults:
        raise ScenarioError(faults, file.name)
    return pd.DataFrame(list(points), columns=sweep.names, index=pd.RangeIndex(len(points), name="point"))


def _faults_of_heads(heads: Sequence[str], names: Sequence[str], label: str) -> list[Fault]:
    strange = [head for head in heads if head not in names]
    faults = [Fault((), f'"{head}" is no factor of the sweep.', suggest(head, names), label, 1) for head in strange]
    lacking = [name for name in names if name not in heads]
    faults += [Fault((), f'the column "{name}" is missing.', "One column a factor.", label, 1) for name in lacking]
    twice = sorted({head for head in heads if heads.count(head) > 1})
    return faults + [Fault((), f'the column "{head}" stands twice.', "Keep one.", label, 1) for head in twice]


def _add_point(
    points: dict[tuple[Value, ...], int], row: Sequence[str], heads: Sequence[str], sweep: Sweep, line: int,
    label: str, faults: list[Fault],
) -> None:  # fmt: skip
    if len(row) != len(heads):
        faults.append(Fault((), f"{len(row)} cells under {len(heads)} heads.", "", label, line))
        return
    values = []
    for factor in sweep.factor:
        value, what = _cell(row[heads.index(factor.name)].strip(), factor)
        if what:
            faults.append(Fault((), f"{factor.name}: {what}", "", label, line))
        values.append(value)
    point = tuple(values)
    if point in points:
        faults.append(Fault((), f"the same point as in line {points[point]}.", "Take one out.", label, line))
    points.setdefault(point, line)


def _cell(text: str, factor: Factor) -> tuple[Value, str]:
    """Value of a cell, and what is wrong with it."""
    found = read_value(text)
    value: Value = found if isinstance(found, bool | int | float) else text
    shown = show_value(value)
    if text == "":
        return value, "the cell is empty."
    if factor.values is not None:
        if value not in factor.values:
            return value, f"{shown} is none of its values."
        return factor.values[factor.values.index(value)], ""
    if factor.low is not None and factor.high is not None:
        if isinstance(value, bool | str):
            return value, f"{shown} is no number."
        if not factor.low <= value <= factor.high:
            return value, f"{shown} lies outside {factor.low:g} to {factor.high:g}."
    if factor.integer and (isinstance(value, bool | str) or value != round(value)):
        return value, f"{shown} is no whole number."
    return value, ""
