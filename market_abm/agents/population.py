"""A kind of agent, and the population that holds its columns (DESIGN idea 1).

`Agent` is a `mesa.Agent` that owns no state: it is a population and a row.
A rule marked `@rule` is written with array operations and so may be asked of
one agent (`maker.wanted_use()`) or of the population (`makers.wanted_use()`).
A class with `vectorised = False` is asked agent by agent, in plain Python.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import mesa
import numpy as np

from market_abm.agents.column import Column
from market_abm.agents.luck import stable_number
from market_abm.core.units import BoolArray, FloatArray, IntArray, Values

if TYPE_CHECKING:
    from market_abm.market.market import Market
    from market_abm.model import MineralMarket

Rule = TypeVar("Rule", bound=Callable[..., Any])


def rule_of_each(arguments: int) -> Callable[[Rule], Rule]:
    """Mark a rule whose first arguments hold one value an agent, (..., n) for all."""

    def mark(method: Rule) -> Rule:
        method.__is_rule__ = True  # type: ignore[attr-defined]
        method.__each__ = arguments  # type: ignore[attr-defined]
        return method

    return mark


def rule(method: Rule) -> Rule:
    """Mark a method as a rule: it returns, never writes, and works for one or for all."""
    return rule_of_each(0)(method)


class Agent(mesa.Agent):  # type: ignore[misc]
    """One agent: a view of a row of its population."""

    vectorised: ClassVar[bool] = True

    name = Column("-", dtype=object)
    number = Column("-", dtype=np.uint64)
    zone = Column("zone index", dtype=np.int64)

    def __init__(self, population: "Population", row: int) -> None:
        super().__init__(population.model)
        self.population = population
        self.row = row

    @classmethod
    def columns(cls) -> list[Column]:
        """All columns of the kind, base classes first."""
        found: dict[str, Column] = {}
        for base in reversed(cls.__mro__):
            found.update({key: value for key, value in vars(base).items() if isinstance(value, Column)})
        return list(found.values())

    @classmethod
    def rules(cls) -> list[str]:
        """Names of all rules of the kind."""
        return [name for name in dir(cls) if getattr(getattr(cls, name), "__is_rule__", False)]

    @property
    def market(self) -> "Market":
        """What everybody can see: prices, trends, the week's regime."""
        return self.population.model.market

    def by_material(self, values: Values) -> Values:
        """Shape a (materials,) vector so that it meets this agent's material columns."""
        return values

    def normal(self, purpose: str, lanes: int = 0) -> Values:
        """Draw this agent's standard normal luck for a purpose this week."""
        return self.population.model.luck.normal(purpose, self.number, lanes)

    def uniform(self, purpose: str, lanes: int = 0) -> Values:
        """Draw this agent's uniform luck for a purpose this week."""
        return self.population.model.luck.uniform(purpose, self.number, lanes)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class Population:
    """All agents of a kind.

    Parameters
    ----------
    model : the model they live in.
    kind : class of the agents.
    names : unique name of each agent.
    key : name of the population; with an agent's name it makes the agent's stable number, so that a class put
        in the place of a shipped one meets the same luck. The name of the class when silent.
    """

    def __init__(self, model: "MineralMarket", kind: type[Agent], names: Sequence[str], key: str = "") -> None:
        self.model = model
        self.kind = kind
        self.key = key or kind.__name__
        self.size = len(names)
        materials = len(model.market.materials)
        for column in kind.columns():
            if column.book is None:
                shape = (materials, self.size) if column.by_material else (self.size,)
                self.__dict__[column.name] = np.zeros(shape, dtype=column.dtype)
        self.__dict__["name"][:] = names
        self.__dict__["number"][:] = [stable_number(f"{self.key}/{name}") for name in names]
        self._views: list[Agent] | None = None
        self._membership: FloatArray | None = None
        for name in kind.rules():
            self.__dict__[name] = self._bind(name)

    def _bind(self, name: str) -> Callable[..., Any]:
        if self.kind.vectorised:
            return functools.partial(getattr(self.kind, name), self)
        return functools.partial(self._ask_each, name)

    def _ask_each(self, name: str, *arguments: Any) -> Any:
        each = getattr(getattr(self.kind, name), "__each__", 0)
        answers = [
            getattr(agent, name)(*(part[..., agent.row] for part in arguments[:each]), *arguments[each:])
            for agent in self.agents
        ]
        if answers and isinstance(answers[0], tuple):
            return tuple(np.stack(part, axis=-1) for part in zip(*answers, strict=True))
        if not answers:  # nobody to ask: the array form knows the shapes
            return getattr(self.kind, name)(self, *arguments)
        return np.stack(answers, axis=-1)

    def __getattr__(self, name: str) -> Any:
        # Only reached for what is neither a column nor a rule: properties and plain methods of the kind.
        if name.startswith("__"):
            raise AttributeError(name)
        attribute = getattr(self.__dict__["kind"], name)
        if isinstance(attribute, property) and attribute.fget is not None:
            return attribute.fget(self)
        return functools.partial(attribute, self) if callable(attribute) else attribute

    @property
    def population(self) -> "Population":
        """Itself, so that a rule finds its population whoever it is asked of."""
        return self

    @property
    def agents(self) -> list[Agent]:
        """The agents themselves, made when first asked for."""
        if self._views is None:
            self._views = [self.kind(self, row) for row in range(self.size)]
        return self._views

    @property
    def market(self) -> "Market":
        """What everybody can see."""
        return self.model.market

    def by_material(self, values: Values) -> Values:
        """Shape a (materials,) vector so that it meets material columns (materials, n)."""
        return np.asarray(values)[:, None]

    def normal(self, purpose: str, lanes: int = 0) -> Values:
        """Draw everyone's standard normal luck for a purpose this week."""
        return self.model.luck.normal(purpose, self.__dict__["number"], lanes)

    def uniform(self, purpose: str, lanes: int = 0) -> Values:
        """Draw everyone's uniform luck for a purpose this week."""
        return self.model.luck.uniform(purpose, self.__dict__["number"], lanes)

    def rows_in(self, zone: int) -> IntArray:
        """Rows of the agents of a zone."""
        return np.flatnonzero(self.__dict__["zone"] == zone)

    def row_named(self, name: str) -> int:
        """Row of the agent called `name`."""
        return int(np.flatnonzero(self.__dict__["name"] == name)[0])

    def by_zone(self, values: Values) -> Values:
        """Sum values (n,) or (materials, n) over the agents of each zone: (zones,) or (materials, zones)."""
        if self._membership is None:
            membership = np.zeros((self.size, len(self.market.zones)))
            membership[np.arange(self.size), self.__dict__["zone"]] = 1.0
            self._membership = membership
        return values @ self._membership

    def outside_bounds(self) -> dict[str, BoolArray]:
        """Columns with values outside their declared bounds, for tests and `check_books`."""
        found: dict[str, BoolArray] = {}
        for column in self.kind.columns():
            values = self.__dict__[column.name]
            wrong = np.zeros(values.shape, dtype=bool)
            if column.low is not None:
                wrong |= values < column.low
            if column.high is not None:
                wrong |= values > column.high
            if wrong.any():
                found[column.name] = wrong
        return found

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Agent]:
        return iter(self.agents)

    def __repr__(self) -> str:
        return f"<Population of {self.size} {self.kind.__name__}>"
