"""What pydantic found, in plain words with path, unit and remedy."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from market_abm.scenario.errors import Fault, Where, show_path, suggest
from market_abm.scenario.shape import POLICY_TYPES, bare, child, expected, inside, is_part, look_up, unit_of

_RELATIONS = {
    "less_than_equal": ("exceeds", "le"),
    "less_than": ("is not below", "lt"),
    "greater_than_equal": ("is below", "ge"),
    "greater_than": ("is not above", "gt"),
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def place_of(error: ErrorDetails) -> Where:
    """Path of an error, without pydantic's own marks."""
    where = tuple(key for key in error["loc"] if key != "[key]")
    if where[:1] == ("policy",) and len(where) > 2:
        return (*where[:2], *where[3:])  # the policy's type stands between row and key
    return where


def translated(error: ErrorDetails, data: dict[str, Any]) -> Fault:
    """One fault in words; its path still has row numbers."""
    where, kind = place_of(error), error["type"]
    told = _TOLD.get(kind)
    if told is None and kind in _RELATIONS:
        return _beyond_limit(error, where, data)
    if told is None and (kind.startswith(("date_", "int_", "bool_")) or kind.endswith(("_type", "_parsing"))):
        return wrong_kind(where, error["input"], data)
    return told(error, where, data) if told else Fault(where, f"{error['msg']}.")


def wrong_kind(where: Where, value: Any, data: dict[str, Any]) -> Fault:
    """Build the fault for a value of another type than the schema asks for."""
    kind, field = look_up(where, data)
    return Fault(where, f"{show_value(value)} is given.", f"Expected: {expected(kind, field)}.")


def show_value(value: Any) -> str:
    """Value as the file shows it, cut when long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "A table"
    if isinstance(value, list | tuple) and len(str(value)) > 40:
        return "A list"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else f'"{value[:37]}..."'
    return f"{value:,}" if isinstance(value, int) else str(value)[:60]


def _no_such_key(error: ErrorDetails, where: Where, data: dict[str, Any]) -> Fault:
    parent, _ = look_up(where[:-1], data)
    keys = list(parent.model_fields) if is_part(parent) else []
    if len(where) == 1:
        keys += ["extends", "drop"]
    remedy = suggest(str(where[-1]), keys)
    section = "a scenario" if len(where) == 1 else show_path(where[:1])
    return Fault(where, f'"{where[-1]}" is no key of {section}.', remedy or f"Known: {', '.join(sorted(keys))}.")


def _missing(error: ErrorDetails, where: Where, data: dict[str, Any]) -> Fault:
    parent, field = look_up(where[:-1], data)
    if get_origin(bare(parent)) is tuple:
        return Fault(where[:-1], f"{show_value(error['input'])} is too short.", f"Expected: {expected(parent, field)}.")
    kind, field = look_up(where, data)
    return Fault(where, f"missing; give {expected(kind, field)}.", _meaning(field))


def _meaning(field: FieldInfo | None) -> str:
    """What a field means, without the unit that `expected` has told."""
    return (field.description or "").rpartition(" [")[0] if field is not None else ""


def _no_policy(error: ErrorDetails, where: Where, data: dict[str, Any]) -> Fault:
    tag = str(error["ctx"]["tag"])
    remedy = suggest(tag, POLICY_TYPES) or f"Known: {', '.join(sorted(POLICY_TYPES))}."
    return Fault((*where, "type"), f'"{tag[:60]}" is no policy.', remedy)


def _no_type(error: ErrorDetails, where: Where, data: dict[str, Any]) -> Fault:
    return Fault((*where, "type"), "missing; a policy needs its type.", f"Known: {', '.join(sorted(POLICY_TYPES))}.")


def _no_choice(error: ErrorDetails, where: Where, data: dict[str, Any]) -> Fault:
    kind, _ = look_up(where, data)
    options = [str(option) for option in get_args(kind)] if get_origin(kind) is Literal else []
    remedy = suggest(str(error["input"]), options)
    return Fault(where, f"{show_value(error['input'])} is not allowed.", remedy)


def _beyond_limit(error: ErrorDetails, where: Where, data: dict[str, Any]) -> Fault:
    words, name = _RELATIONS[error["type"]]
    _, field = look_up(where, data)
    value, limit, unit = error["input"], error["ctx"][name], unit_of(field)
    is_percent = name == "le" and limit == 1 and isinstance(value, int | float) and 1 < value <= 100
    remedy = f"A rate is a share; {value:g} % is {value / 100:g}." if is_percent else ""
    return Fault(where, f"{value} {words} {limit:g}{f' {unit}' if unit else ''}.", remedy)


def _wrong_length(error: ErrorDetails, where: Where, data: dict[str, Any]) -> Fault:
    kind, field = look_up(where, data)
    if get_origin(bare(kind)) is tuple:
        return Fault(where, f"{show_value(error['input'])} has another length.", f"Expected: {expected(kind, field)}.")
    return Fault(where, "is empty; at least one is needed.", _meaning(field))


def _bad_name(error: ErrorDetails, where: Where, data: dict[str, Any]) -> Fault:
    if not error["input"]:
        return Fault(where, "is empty.", "Give it a name.")
    remedy = f"At most {error['ctx']['max_length']} characters."
    return Fault(where, f"{show_value(error['input'])} is too long.", remedy)


def _own_words(error: ErrorDetails, where: Where, data: dict[str, Any]) -> Fault:
    return Fault(where, f"{error['ctx']['error']}.")


def _not_finite(error: ErrorDetails, where: Where, data: dict[str, Any]) -> Fault:
    return Fault(where, f"{error['input']} is no finite number.", "Leave the key out when there is no limit.")


_TOLD = {
    "extra_forbidden": _no_such_key,
    "missing": _missing,
    "union_tag_invalid": _no_policy,
    "union_tag_not_found": _no_type,
    "literal_error": _no_choice,
    "too_short": _wrong_length,
    "too_long": _wrong_length,
    "string_too_short": _bad_name,
    "string_too_long": _bad_name,
    "value_error": _own_words,
    "finite_number": _not_finite,
}


def loose_values(data: dict[str, Any], value: Any, kind: Any, where: Where = ()) -> Iterator[Where]:
    """Paths of values that pydantic would quietly turn into something else.

    It reads `true` as 1.0, "0.1" as 0.1, and 86400 as the second of January 1970.
    """
    kind = bare(kind)
    if kind in (float, int):
        loose = isinstance(value, bool | str)
    elif kind is bool:
        loose = not isinstance(value, bool)
    elif kind is dt.date:
        loose = not (isinstance(value, dt.date) or (isinstance(value, str) and _DAY.fullmatch(value) is not None))
    else:
        loose = False
    if loose:
        yield where
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list | tuple) else ()
    for key in keys:
        below, _ = inside(kind, key, child(value, key))
        if below is not None:
            yield from loose_values(data, child(value, key), below, (*where, key))
