"""Columns and draws: what an agent of a kind has, declared in the class of the kind.

On an agent a column reads as that agent's value; on the population it is the whole array. Material columns
have the materials first, shape (materials, n).
"""

from typing import Any, Literal

import numpy as np

from market_abm.core.random_numbers import Distribution

Book = Literal["mass", "money", "concentrate", "debt", "state_debt"]
"""Which part of the ledger keeps a column; mass is that of all traded materials."""


class Column:
    """Declare a column of a kind of agent.

    Parameters
    ----------
    unit : unit of the values.
    dtype : type of the values.
    by_material : whether there is one value for each material.
    book : the part of the ledger that keeps the column, if any; such columns are read-only.
    low, high : bounds checked by `Population.outside_bounds`.
    """

    def __init__(
        self,
        unit: str,
        *,
        dtype: Any = np.float64,
        by_material: bool = False,
        book: Book | None = None,
        low: float | None = None,
        high: float | None = None,
    ) -> None:
        self.unit = unit
        self.dtype = np.dtype(np.int64 if book else dtype)
        self.by_material = by_material
        self.book = book
        self.low = low
        self.high = high
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        if agent is None:
            return self
        values = agent.population.columns[self.name]
        return values[:, agent.row] if self.by_material else values[agent.row]

    def __set__(self, agent: Any, value: Any) -> None:
        agent.population.columns[self.name][..., agent.row] = value


class Draw:
    """Declare a random number that every agent of a kind draws anew each week.

    Parameters
    ----------
    distribution : "uniform" in (0, 1) or "normal" with mean 0 and standard deviation 1.
    purpose : names the draw; another purpose gives independent numbers.
    by_material : whether there is one draw for each material.
    """

    def __init__(self, distribution: Distribution, purpose: str, *, by_material: bool = False) -> None:
        self.distribution: Distribution = distribution
        self.purpose = purpose
        self.by_material = by_material
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        if agent is None:
            return self
        drawn = agent.population.drawn(self, slice(agent.row, agent.row + 1))[..., 0]
        return drawn if self.by_material else float(drawn)
