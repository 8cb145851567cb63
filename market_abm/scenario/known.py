"""The names a scenario may refer to (used by the checks)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from market_abm.scenario.errors import Fault, Where, suggest

SECTIONS = ("zone", "material", "deposit", "mine", "refinery", "manufacturer", "state_buyer")


@dataclass(frozen=True)
class Known:
    """Names a scenario may refer to, and the rows that have faults of their own.

    Names come from what was written, not from what is valid: a mine with a
    fault is still a mine.
    """

    names: Mapping[str, frozenset[str]]
    doubtful: frozenset[Where] = field(default_factory=frozenset)

    def unknown(self, where: Where, section: str, names: object) -> Iterator[Fault]:
        """Fault for each of the names (one or a list) that is not in the section."""
        if (section,) in self.doubtful:
            return
        for name in [names] if isinstance(names, str) else names if isinstance(names, list) else []:
            if name not in self.names[section]:
                what = f'"{name}" is no {section.replace("_", " ")}.'
                yield Fault(where, what, suggest(name, self.names[section]))

    def is_sound(self, section: str, name: str) -> bool:
        """Whether the row is there and free of faults."""
        return name in self.names[section] and (section, name) not in self.doubtful


def known_in(data: Mapping[str, Any], doubtful: frozenset[Where] = frozenset()) -> Known:
    """Names written in plain scenario data."""
    names: dict[str, frozenset[str]] = {}
    for section in SECTIONS:
        table = data.get(section)
        names[section] = frozenset(table) if isinstance(table, dict) else frozenset()
    return Known(names, doubtful)
