"""A file of ours against its model: what pydantic complains of, in plain words with file and line."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from market_abm.scenario.errors import Fault, ScenarioError, Where, show_path, suggest
from market_abm.scenario.messages import show_value
from market_abm.scenario.reading import Source, read_source

Model = TypeVar("Model", bound=BaseModel)
_BEYOND = {"ge": "is below", "gt": "is not above", "le": "is above", "lt": "is not below"}
_BRANCHES = {"bool", "int", "float", "str", "list[str]", "tuple[float, float]"}  # pydantic's names of a union's members


_BARE_MONTH = re.compile(r"=\s*\d{4}-\d{2}\s*(#.*)?$")


def read_file(file: Path) -> Source:
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


def understood(
    source: Source, model: type[Model], parts: Mapping[str, type[BaseModel]], whole: str
) -> tuple[Model | None, list[Fault]]:
    """Content of a file as its model; or None, and every fault.

    Parameters
    ----------
    source : the file.
    model : of the whole file.
    parts : models of its rows and tables, by key.
    whole : what such a file is called, such as "an experiment".
    """
    try:
        return model.model_validate(source.data), []
    except ValidationError as error:
        found = [_translated(one, source.data, model, parts, whole) for one in error.errors(include_url=False)]
        return None, [placed(fault, source) for fault in dict.fromkeys(found)]


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


def _translated(
    error: ErrorDetails, data: dict[str, Any], whole: type[BaseModel], parts: Mapping[str, type[BaseModel]], called: str
) -> Fault:
    """One complaint of pydantic in plain words."""
    where: Where = tuple(
        key for key in error["loc"] if key not in _BRANCHES and not str(key).startswith("function-")
    )  # fmt: skip
    inside = len(where) > 1 and str(where[0]) in parts
    model = parts[str(where[0])] if inside else whole
    keys = {found.alias or name: found.description or "" for name, found in model.model_fields.items()}
    section = (f"[[{where[0]}]]" if isinstance(where[1], int) else f"[{where[0]}]") if inside else called
    key, kind = str(next(one for one in reversed(where) if isinstance(one, str))), error["type"]
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


def _with_names(where: Where, data: dict[str, Any]) -> str:
    """Path with the name of a row in place of its number."""
    rows = data.get(str(where[0])) if where else None
    if isinstance(rows, list) and len(where) > 1 and isinstance(where[1], int):
        row = rows[where[1]] if where[1] < len(rows) else None
        name = row.get("name") if isinstance(row, dict) else None
        if isinstance(name, str) and name:
            return show_path((where[0], name, *where[2:]))
    return show_path(where)
