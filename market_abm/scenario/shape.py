"""The shape of a scenario: which keys stand where, what kind of value each takes, in which unit.

Loading asks it to check paths and to word its complaints; it reads the schema's
own annotations, so nothing is said twice.
"""

import datetime as dt
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from market_abm.policy import AnyPolicy
from market_abm.scenario.errors import Where
from market_abm.scenario.fields import declared_unit
from market_abm.scenario.own import SEEN
from market_abm.scenario.schema import Scenario

POLICY_TYPES: dict[str, type[BaseModel]] = {
    kind.model_fields["type"].default: kind for kind in get_args(get_args(AnyPolicy)[0])
}
NUMBERS_WITHOUT_UNIT = {"1", "-", ""}


def bare(kind: Any) -> Any:
    """Annotation without limits and without `| None`."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, types.UnionType):
        rest = [part for part in get_args(kind) if part is not type(None)]
        return bare(rest[0]) if len(rest) == 1 else kind
    return kind


def is_part(kind: Any) -> bool:
    """Whether the annotation is a section with named keys."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def inside(kind: Any, key: str | int, value: Any) -> tuple[Any, FieldInfo | None]:
    """Kind of what lies under `key` in a value of `kind`; None when there is no such key.

    `value` is the row itself: a policy's class depends on its `type`.
    """
    kind = bare(kind)
    if is_part(kind):
        field = kind.model_fields.get(key)
        return (bare(field.annotation), field) if field else (None, None)
    if is_policy_list(kind):
        name = value.get("type") if isinstance(value, dict) else None
        return (POLICY_TYPES.get(name) or SEEN.get(name, BaseModel) if isinstance(name, str) else BaseModel), None
    parts = get_args(kind)
    if get_origin(kind) is dict or get_origin(kind) is list:
        return bare(parts[-1]), None
    if get_origin(kind) is tuple and isinstance(key, int) and key < len(parts):
        return bare(parts[key]), None
    return None, None


def is_policy_list(kind: Any) -> bool:
    """Whether the annotation is that of `[[policy]]`."""
    return get_origin(kind) is list and bool(get_args(kind)[0] == AnyPolicy)


def look_up(where: Where, data: Any) -> tuple[Any, FieldInfo | None]:
    """Kind of value at a path, and the field it belongs to, which knows the unit."""
    kind: Any = Scenario
    owner: FieldInfo | None = None
    for key in where:
        data = child(data, key)
        kind, field = inside(kind, key, data)
        owner = field or owner
        if kind is None:
            return None, owner
    return kind, owner


def child(data: Any, key: str | int) -> Any:
    """Value under a key or row number; None when there is none."""
    if isinstance(data, dict):
        return data.get(key)
    if isinstance(data, list | tuple) and isinstance(key, int) and key < len(data):
        return data[key]
    return None


def unit_of(field: FieldInfo | None) -> str:
    """Unit as written in the schema, empty for a pure number or a name."""
    unit = declared_unit(field)
    return "" if unit in NUMBERS_WITHOUT_UNIT else unit


def expected(kind: Any, field: FieldInfo | None) -> str:
    """What a value should be, in words, with its unit."""
    unit = unit_of(field)
    said = f" in {unit}" if unit and unit != "date" else ""
    kind = bare(kind)
    words: dict[Any, str] = {
        float: f"a number{said}",
        int: f"a whole number{said}",
        bool: "true or false",
        str: "text in quotes",
        dt.date: "a date such as 2010-09-27",
        tuple[float, float]: f"a pair of numbers [low, high]{said}",
        tuple[dt.date, float]: f"a row [date, number]{said}",
        list[tuple[dt.date, float]]: f"dated values such as [[2010-01-04, 0.25]]{said}",
    }
    if kind in words:
        return words[kind]
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, get_args(kind)))
    if is_part(kind) or get_origin(kind) is dict:
        return "a table"
    if get_origin(kind) is tuple:
        return f"a list of {len(get_args(kind))} numbers"
    if get_origin(kind) is list:
        item = get_args(kind)[0]
        return "rows in double brackets, such as [[policy]]" if is_policy_list(kind) or is_part(item) else "a list"
    return "another kind of value"
