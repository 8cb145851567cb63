"""A policy: a dated, typed thing that a government does (ODD: Policies).

A policy is data plus one method. Each week the market hands every policy in
force an empty `Regime`; `enact` writes into it what holds this week. Nothing
has to be undone when a policy ends: next week it no longer writes.
"""

import bisect
import datetime as dt
import re
from typing import Self

from pydantic import model_validator

from market_abm.policy.regime import Regime
from market_abm.scenario.fields import DatedValue, Name, Part, field


def step_value(path: list[DatedValue], day: dt.date) -> float:
    """Value of the last row at or before `day`; the first value before that."""
    row = bisect.bisect_right(path, day, key=lambda pair: pair[0]) - 1
    return path[max(row, 0)][1]


def line_value(path: list[DatedValue], day: dt.date) -> float:
    """Value on the polyline through the rows; constant before the first and after the last."""
    row = bisect.bisect_right(path, day, key=lambda pair: pair[0])
    if row == 0 or row == len(path):
        return path[max(row - 1, 0)][1]
    (before, low), (after, high) = path[row - 1], path[row]
    return low + (high - low) * ((day - before).days / (after - before).days)


def plain_name(kind: str) -> str:
    """Name that a policy of a type gets when it has none: `export-tax`, `stockpile-swap` for "swap:StockpileSwap"."""
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", kind.rpartition(":")[2])
    return word.replace("_", "-").lower()


class Policy(Part):
    """What all policies share: a name, a time in force, a switch and a source."""

    type: str
    name: Name | None = field(None, "-", "Name used in logs, `--set` and branches; the type when silent.")
    enabled: bool = field(True, "-", "false switches the policy off without deleting it.")
    start: dt.date = field(dt.date(1900, 1, 1), "date", "First day in force.")
    end: dt.date | None = field(None, "date", "First day no longer in force; silent means for good.")
    lifted: dt.date | None = field(
        None, "date", "First day on which it holds no more because it was lifted; before it nobody knew."
    )
    note: str = field("", "-", "Source or remark, shown in reports.")

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"ends {self.end} before it starts {self.start}; `end` is the first day not in force")
        return self

    @property
    def until(self) -> dt.date | None:
        """First day on which it holds no more, as planned or because it was lifted; None for good."""
        return min((day for day in (self.end, self.lifted) if day is not None), default=None)

    @property
    def label(self) -> str:
        """Name shown to people."""
        return self.name or self.type.replace("_", " ")

    def in_force(self, day: dt.date) -> bool:
        """Whether the policy holds on `day`."""
        return self.enabled and self.start <= day and (self.until is None or day < self.until)

    def enact(self, regime: Regime) -> None:
        """Write what this policy decrees into the week's regime."""
        raise NotImplementedError

    def describe(self) -> str:
        """One line for the event log."""
        skip = {"type", "name", "enabled", "start", "end", "lifted", "note"}
        told = {key: value for key, value in self if key not in skip and value not in (None, [], "")}
        said = ", ".join(f"{key} {_short(value)}" for key, value in told.items())
        return f"{self.label} ({said})" if said else self.label


def _short(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return f"{len(value)} dated values"
    if isinstance(value, list):
        return "/".join(str(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
