"""State: what outlives a week, declared once, so that copies and snapshots are complete by construction.

A class of state declares its fields with `Kept`. Anything else it has is a fact, set at construction and never
again: setting an undeclared attribute later is an error. Arrays are written in place, so that windows on them
and compiled code that holds them stay true.
"""

import contextlib
import copy
import dataclasses
import datetime as dt
import importlib
from typing import Any

import numpy as np


class Kept:
    """Declare a field of the state.

    Parameters
    ----------
    unit : unit of the values, "-" for things.
    axes : names of the axes of an array.
    grows : whether an array may be replaced by one of another shape; windows on it are then stale.
    """

    def __init__(self, unit: str = "-", *axes: str, grows: bool = False) -> None:
        self.unit = unit
        self.axes = axes
        self.grows = grows
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, holder: Any, owner: type | None = None) -> Any:
        return self if holder is None else holder.__dict__[self.name]

    def __set__(self, holder: Any, value: Any) -> None:
        before = holder.__dict__.get(self.name)
        if not isinstance(before, np.ndarray) or (self.grows and np.shape(value) != before.shape):
            holder.__dict__[self.name] = value
        elif before is not value:
            given = np.asarray(value)
            if given.shape not in (before.shape, ()) or not np.can_cast(given.dtype, before.dtype, "same_kind"):
                raise ValueError(
                    f"{type(holder).__name__}.{self.name} is {before.dtype} of shape {before.shape} and is written in "
                    f"place; it cannot take {given.dtype} of shape {given.shape}"
                )
            before[...] = given


class State:
    """Base of everything that outlives a week."""

    def seal(self) -> None:
        """End construction: from now on only declared fields may be set."""
        self.__dict__["_sealed"] = True

    def __setattr__(self, name: str, value: Any) -> None:
        if "_sealed" in self.__dict__ and not isinstance(getattr(type(self), name, None), Kept | property):
            what = "it is a fact, set at construction" if hasattr(self, name) else "declare it with Kept"
            raise AttributeError(f"{type(self).__name__} declares no state {name!r}: {what}")
        object.__setattr__(self, name, value)

    @classmethod
    def kept(cls) -> list[str]:
        """Names of the declared fields."""
        return [name for base in reversed(cls.__mro__) for name, value in vars(base).items() if isinstance(value, Kept)]

    def dump(self) -> dict[str, Any]:
        """Return the values of all declared fields; arrays are windows, not copies."""
        return {name: self.__dict__[name] for name in self.kept()}

    def load(self, values: dict[str, Any]) -> None:
        """Take copies of the values of all declared fields, arrays in place."""
        for name in self.kept():
            setattr(self, name, copy.deepcopy(values[name]))


def encode(value: Any, arrays: dict[str, Any], path: str) -> Any:
    """Turn a value into JSON, with its arrays put aside under their paths.

    Parameters
    ----------
    value : numbers, strings, dates, lists, tuples, dictionaries, arrays, and dataclasses and named tuples of them.
    arrays : takes the arrays.
    path : name of the value.

    Raises
    ------
    TypeError
        When something else is met.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        arrays[path] = value
        return {"array": path}
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return {"date": value.isoformat()}
    fields = _fields_of(value)
    if fields is not None:
        parts = {name: encode(part, arrays, f"{path}.{name}") for name, part in fields.items()}
        return {"record": f"{type(value).__module__}:{type(value).__qualname__}", "fields": parts}
    if isinstance(value, list | tuple):
        items = [encode(item, arrays, f"{path}.{place}") for place, item in enumerate(value)]
        return {"tuple": items} if isinstance(value, tuple) else items
    if isinstance(value, dict):
        return {
            "pairs": [
                [encode(key, arrays, f"{path}.key{place}"), encode(item, arrays, f"{path}.{place}")]
                for place, (key, item) in enumerate(value.items())
            ]
        }
    raise TypeError(f"{path}: {type(value).__name__} cannot stand in a snapshot")


def _fields_of(value: Any) -> dict[str, Any] | None:
    """Fields of a record: of a dataclass, or of a named tuple; None for anything else."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
    return value._asdict() if isinstance(value, tuple) and hasattr(value, "_asdict") else None


def decode(value: Any, arrays: dict[str, Any]) -> Any:
    """Return what `encode` was given.

    Raises
    ------
    TypeError
        When a record's class is not one of this package.
    """
    if isinstance(value, list):
        return [decode(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    if "date" in value:
        return dt.date.fromisoformat(value["date"])
    if "tuple" in value:
        return tuple(decode(item, arrays) for item in value["tuple"])
    if "pairs" in value:
        return {decode(key, arrays): decode(item, arrays) for key, item in value["pairs"]}
    kind = _record_class(value["record"])
    return kind(**{key: decode(item, arrays) for key, item in value["fields"].items()})


def _record_class(name: str) -> Any:
    """Class of a record by `module:Class`."""
    module, _, kind = name.partition(":")
    found: Any = None
    if module.startswith("market_abm."):
        with contextlib.suppress(ImportError, AttributeError):
            found = getattr(importlib.import_module(module), kind)
    if not (isinstance(found, type) and (dataclasses.is_dataclass(found) or hasattr(found, "_asdict"))):
        raise TypeError(f"{name} is no record of this program")
    return found
