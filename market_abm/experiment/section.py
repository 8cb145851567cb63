"""A table of a TOML file being read: values by kind and limit, and every fault with its line."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from market_abm.scenario.errors import Fault, Where, show_path, suggest
from market_abm.scenario.messages import show_value
from market_abm.scenario.reading import Source


class Section:
    """One table; faults go to a list that all tables of a file share.

    A value that is missing or wrong is noted and stands in for by its default,
    so that reading goes on to the next fault.

    Parameters
    ----------
    source : the file.
    data : the table.
    where : its path in the file.
    faults : list of faults so far, added to.
    keys : keys it may have.
    """

    def __init__(
        self, source: Source, data: Any, where: Where, faults: list[Fault], keys: Iterable[str] | None = None
    ) -> None:
        self._source, self.where, self._faults = source, where, faults
        if not isinstance(data, dict):
            self.fault("", f"{show_value(data)} is given.", "Expected: a table.")
            data = {}
        self.data: dict[str, Any] = data
        known = list(keys) if keys is not None else list(data)
        for key in data:
            if key not in known:
                here = f" of {show_path(where)}" if where else " of this file"
                hint = suggest(key, known) or f"Known: {', '.join(known)}."
                self.fault(key, f'"{key}" is no key{here}.', hint)

    def fault(self, key: str, what: str, remedy: str = "", *deeper: str) -> None:
        """Note a fault at a key, or at the table when there is no key; `deeper` leads into the key's own table."""
        where = (*self.where, key, *deeper) if key else self.where
        at = where
        while at and at not in self._source.lines:
            at = at[:-1]
        self._faults.append(Fault(where, what, remedy, self._source.label, self._source.lines.get(at)))

    def text(self, key: str, default: str | None = None, among: Sequence[str] = ()) -> str:
        """Text, of a few words where `among` gives them; None as default makes it needed."""
        value = self.data.get(key, default)
        if value is None:
            self._missing(key, f"one of {', '.join(among)}" if among else "text in quotes")
            return among[0] if among else ""
        if not isinstance(value, str):
            self.fault(key, f"{show_value(value)} is given.", "Expected: text in quotes.")
            return default or ""
        if among and value not in among:
            self.fault(key, f'"{value}" is not allowed.', suggest(value, among) or f"Known: {', '.join(among)}.")
            return among[0]
        return value

    def number(
        self,
        key: str,
        default: float | None = None,
        *,
        above: float = -math.inf,
        least: float = -math.inf,
    ) -> float:
        """Finite number within limits; None as default makes it needed."""
        value = self.data.get(key, default)
        if value is None:
            self._missing(key, "a number")
            return math.nan
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.fault(key, f"{show_value(value)} is given.", "Expected: a number.")
            return math.nan if default is None else default
        if value <= above or value < least:
            limit = f"above {above:g}" if value <= above else f"at least {least:g}"
            self.fault(key, f"{value:g} is too small.", f"Expected: a number {limit}.")
            return math.nan if default is None else default
        return value

    def whole(self, key: str, default: int, least: int) -> int:
        """Whole number, at least `least`."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            self.fault(key, f"{show_value(value)} is given.", f"Expected: a whole number, at least {least}.")
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            self.fault(key, f"{show_value(value)} is given.", "Expected: true or false.")
            return default
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """List of texts, empty when missing."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.fault(key, f"{show_value(value)} is given.", "Expected: a list of texts in quotes.")
            return ()
        return tuple(value)

    def inner(self, key: str) -> "Section":
        """Return the table under a key; its keys are not checked."""
        return Section(self._source, self.data.get(key, {}), (*self.where, key), self._faults)

    def rows(self, key: str, keys: Iterable[str] | None = None) -> "list[Section]":
        """Rows of `[[key]]`; their keys are not checked when silent."""
        value = self.data.get(key, [])
        if not isinstance(value, list):
            self.fault(key, f"{show_value(value)} is given.", f"Expected: rows in double brackets, [[{key}]].")
            return []
        known = None if keys is None else list(keys)
        return [
            Section(self._source, row, (*self.where, key, place), self._faults, known)
            for place, row in enumerate(value)
        ]

    def tables(self, key: str, keys: Iterable[str]) -> "dict[str, Section]":
        """Tables `[key.<name>]` by name."""
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            self.fault(key, f"{show_value(value)} is given.", f'Expected: tables [{key}."name"].')
            return {}
        known = list(keys)
        return {
            name: Section(self._source, table, (*self.where, key, name), self._faults, known)
            for name, table in value.items()
        }

    def _missing(self, key: str, expected: str) -> None:
        self.fault(key, f"missing; give {expected}.")
