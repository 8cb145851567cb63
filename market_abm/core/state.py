"""State: what outlives a week, declared once, so that copies and snapshots are complete by construction.

A class of state declares its fields with `Kept`. Anything else it has is a fact, set at construction and never
again: setting an undeclared attribute later is an error. Arrays are written in place, so that windows on them
and compiled code that holds them stay true.
"""

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
    """

    def __init__(self, unit: str = "-", *axes: str) -> None:
        self.unit = unit
        self.axes = axes
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, holder: Any, owner: type | None = None) -> Any:
        return self if holder is None else holder.__dict__[self.name]

    def __set__(self, holder: Any, value: Any) -> None:
        before = holder.__dict__.get(self.name)
        same = isinstance(before, np.ndarray) and np.shape(value) == before.shape
        if same and before is not value:
            before[...] = value
        elif not same:
            holder.__dict__[self.name] = value


class State:
    """Base of everything that outlives a week."""

    def seal(self) -> None:
        """End construction: from now on only declared fields may be set."""
        self.__dict__["_sealed"] = True

    def __setattr__(self, name: str, value: Any) -> None:
        if "_sealed" in self.__dict__ and not hasattr(type(self), name):
            raise AttributeError(f"{type(self).__name__} declares no state {name!r}; declare it with Kept")
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
    value : numbers, strings, dates, lists, tuples, dictionaries, arrays and dataclasses of them.
    arrays : takes the arrays.
    path : name of the value.

    Raises
    ------
    TypeError
        When something else is met.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return {"array": path}
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value)
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
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
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        fields = {
            field.name: encode(getattr(value, field.name), arrays, f"{path}.{field.name}")
            for field in dataclasses.fields(value)
        }
        return {"record": f"{kind.__module__}:{kind.__qualname__}", "fields": fields}
    raise TypeError(f"{path}: {type(value).__name__} cannot stand in a snapshot")


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
    module, _, name = value["record"].partition(":")
    kind: Any = getattr(importlib.import_module(module), name) if module.startswith("market_abm.") else None
    if kind is None or not dataclasses.is_dataclass(kind):
        raise TypeError(f"{value['record']} is no record of this program")
    record: Any = kind
    return record(**{key: decode(item, arrays) for key, item in value["fields"].items()})
