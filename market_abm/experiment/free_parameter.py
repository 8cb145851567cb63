"""A free parameter: a number of the scenario that calibration may move between two bounds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from market_abm.scenario.draft import link_name
from market_abm.scenario.overrides import split_path
from market_abm.scenario.schema import Scenario

Vector = Mapping[str, float]
"""Values of the free parameters by path."""


@dataclass(frozen=True)
class FreeParameter:
    """One dimension of the search.

    Parameters
    ----------
    path : where the number stands, as `--set` takes it.
    low, high : bounds, both allowed; in the number's own unit.
    log : whether ratios count rather than differences; needs `low` above 0.
    start : value tried first.
    whole : whether only whole numbers are allowed.
    """

    path: str
    low: float
    high: float
    log: bool
    start: float
    whole: bool = False

    def scaled(self, value: float) -> float:
        """Place between the bounds, from 0 at `low` to 1 at `high`."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def unscaled(self, share: float) -> float:
        """Value at a place between the bounds; the inverse of `scaled`."""
        value = self.low * (self.high / self.low) ** share if self.log else self.low + share * (self.high - self.low)
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else value


def as_overrides(vector: Vector) -> list[str]:
    """Write a vector as overrides for `load_scenario`; no digit of a value is lost."""
    return [f"{path}={value!r}" for path, value in vector.items()]


def value_at(scenario: Scenario, path: str) -> Any:
    """Value that a scenario has at a path.

    Raises
    ------
    LookupError
        When the path leads nowhere.
    """
    node: Any = scenario.model_dump()
    for depth, key in enumerate(split_path(path) or (path,)):
        if isinstance(node, list) and depth == 1:  # rows of [[policy]] and [[link]] go by name
            node = {row["name"] if "name" in row else link_name(row): row for row in node}
        if not isinstance(node, dict) or key not in node:
            raise LookupError(path)
        node = node[key]
    return node
