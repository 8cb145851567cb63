"""What agents can read beside their own columns: public series and behavioural parameters, by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Axes = tuple[str, ...]
"""Axes of a series: `material`, `node` (the agent's zone as a place of trade), `gate` (where the zone's goods
are sold abroad), `zone`, or the name of a column that holds the index."""


@dataclass(frozen=True)
class Series:
    """A public series that rules may read by its name.

    Attributes
    ----------
    axes : of the array; an agent reads the place that its own columns name.
    unit : unit of the values.
    meaning : one line for the page that lists what a rule may read.
    path : where the array stands, from the world or the week.
    """

    axes: Axes
    unit: str
    meaning: str
    path: str


class Senses(Protocol):
    """What a population needs of the world it lives in."""

    series: Mapping[str, Series]

    def read(self, name: str) -> Any:
        """Array or number of a series as it is now."""

    def parameters_of(self, section: str) -> Any:
        """Behavioural parameters of a section of the scenario."""
