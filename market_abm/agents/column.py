"""A column: one attribute of every agent of a kind, in one array.

On an agent a column reads as that agent's value; on the population it is the
whole array. Material columns have the materials first, `(materials, n)`, so
that per-agent columns `(n,)` broadcast against them in a rule, and a single
agent sees `(materials,)` and a scalar: the same arithmetic serves both.
"""

from typing import Any, Literal

import numpy as np

Book = Literal["mass", "money", "concentrate", "debt", "state_debt"]
"""Which part of the ledger keeps a column; mass is that of all traded materials."""


class Column:
    """Declare a column of a kind of agent.

    Parameters
    ----------
    unit : unit of the values.
    dtype : type of the values.
    by_material : whether there is one value for each material.
    book : the part of the ledger that keeps the column, if any; such columns are read-only to rules.
    low, high : bounds checked by `Population.check_bounds`.
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
        values = agent.population.__dict__[self.name]
        return values[:, agent.row] if self.by_material else values[agent.row]

    def __set__(self, agent: Any, value: Any) -> None:
        agent.population.__dict__[self.name][..., agent.row] = value
