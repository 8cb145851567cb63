"""A kind of agent, and the population that holds its columns.

`Agent` is a `mesa.Agent` that owns no state: it is a population and a row. A rule may be asked of one agent
(`maker.target_stock()`) or of the population (`makers.target_stock()`); see `market_abm.core.rules`.
"""

import difflib
import functools
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import mesa
import numpy as np
from numpy.typing import NDArray

from market_abm.core.binding import RuleError, kind_of
from market_abm.core.columns import Column, Draw
from market_abm.core.loops import Loop, loop_of
from market_abm.core.random_numbers import RandomNumbers, stable_numbers
from market_abm.core.rules import Rule
from market_abm.core.senses import Senses
from market_abm.core.units import BoolArray, FloatArray, IntArray


class Home(Senses, Protocol):
    """The world as a population sees it."""

    materials: list[str]
    zones: list[str]
    material_numbers: NDArray[np.uint64]
    random_numbers: RandomNumbers
    model: mesa.Model | None


class Agent(mesa.Agent):  # type: ignore[misc]
    """One agent: a view of a row of its population."""

    sections: ClassVar[tuple[str, ...]] = ()
    """Sections of the behavioural parameters whose numbers the rules may use; the first is the kind's own."""
    bids: ClassVar[tuple[str, ...]] = ()
    """Rules that give the bids of the week, each a limit [US$/kg] and a quantity [g]."""
    asks: ClassVar[tuple[str, ...]] = ()
    """Rules that give the asks of the week, each a limit [US$/kg] and a quantity [g]."""
    overdraft: ClassVar[bool] = False
    """Whether others answer for what the agents cannot pay; see `market_abm.market.purse`."""
    sizes: ClassVar[tuple[str, ...]] = ()
    """Columns that make an agent do things: they fall to zero when it leaves the market."""

    name = Column("-", dtype=object)
    number = Column("-", dtype=np.uint64)
    zone = Column("zone index", dtype=np.int64)
    has_left = Column("-", dtype=np.bool_)

    def __init__(self, population: "Population", row: int) -> None:
        super().__init__(population.home.model)
        self.population = population
        self.row = row

    @classmethod
    def members(cls) -> dict[str, Any]:
        """Columns, draws and rules of the kind by name, base classes first.

        Raises
        ------
        RuleError
            When a class puts something else in the place of one, which would be passed over.
        """
        found: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            for key, value in vars(base).items():
                if isinstance(value, Column | Draw | Rule):
                    found[key] = value
                elif key in found:
                    old = type(found[key]).__name__.lower()
                    raise RuleError(
                        f"{base.__name__}.{key} stands in the place of a {old} but is none. "
                        f"Mark it with @rule, or choose another name."
                    )
        return found

    @classmethod
    def column_list(cls) -> list[Column]:
        """All columns of the kind, base classes first."""
        return [member for member in cls.members().values() if isinstance(member, Column)]

    @classmethod
    def rules(cls) -> list[str]:
        """Names of all rules of the kind."""
        return [name for name, member in cls.members().items() if isinstance(member, Rule)]

    @property
    def parameters(self) -> Any:
        """Behavioural parameters of the kind."""
        return self.population.parameters

    def remove(self) -> None:
        """Leave the market: the model books what the agent holds, and its columns fall to nothing."""
        self.population.dismiss(self.row)
        self.population.columns["has_left"][self.row] = True
        super().remove()

    def __reduce__(self) -> tuple[Any, ...]:
        return _agent_of, (self.model, self.population.key, self.row)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


def _agent_of(model: Any, key: str, row: int) -> Agent:
    """Return the agent of a model, for copies."""
    agent: Agent = model.populations[key].agents[row]
    return agent


ALL = slice(None)


class _Asking(NamedTuple):
    """A loop with what it reads: the fixed values in place, the others (place, source, name) come with each week.

    `room` holds shape and type of each answer, `known` the arrays that were last found fit to be written to.
    """

    loop: Loop
    values: list[Any]
    moving: list[tuple[int, str, str]]
    room: list[tuple[Any, Any]]
    known: list[Any]


class Population:
    """All agents of a kind.

    Parameters
    ----------
    home : the world they live in.
    kind : class of the agents.
    names : unique name of each agent.
    key : name of the population; with an agent's name it makes the agent's stable number, so that a class put
        in the place of a shipped one meets the same random numbers. The name of the class when silent.
    numbered : names that make the stable numbers, by which agents may be called too; `names` when silent.

    Attributes
    ----------
    columns : array of each column, shape (n,) or (materials, n); those kept by the ledger are read-only.
    """

    def __init__(
        self,
        home: Home,
        kind: type[Agent],
        names: Sequence[str],
        key: str = "",
        numbered: Sequence[str] | None = None,
    ) -> None:
        self.home = home
        self.kind = kind
        self.key = key or kind.__name__
        self.size = len(names)
        self.columns: dict[str, Any] = {}
        self.on_dismiss: Callable[[Population, int], None] | None = None
        for column in kind.column_list():
            shape = (len(home.materials), self.size) if column.by_material else (self.size,)
            self.columns[column.name] = np.zeros(shape, dtype=column.dtype)
        self.columns["name"][:] = names
        self._numbered = list(numbered or names)
        self.columns["number"][:] = stable_numbers([f"{self.key}/{name}" for name in self._numbered])
        self._bind()

    def _bind(self) -> None:
        """Make columns and rules attributes, so that `makers.stock` and `makers.bids()` are quick."""
        self._agents: list[Agent] | None = None
        self._rows_by_name: dict[str, list[int]] | None = None
        self._members = self.kind.members()
        self._parameters: dict[str, Any] = {}
        for section in reversed(self.kind.sections):
            self._parameters.update(dict(self.home.parameters_of(section)))
        self._kind = kind_of(self._members, self.home.series, frozenset(self._parameters))
        self._askings: dict[tuple[Any, ...], _Asking] = {}
        self._materials = len(self.home.materials)
        taken = {*dir(Population), *vars(self), "model", "unique_id", "pos", "population", "row"}
        taken |= {name for name, value in vars(Agent).items() if not isinstance(value, Column)}
        for name, member in self._members.items():
            if name in taken:
                raise RuleError(
                    f"{self.kind.__name__}.{name}: agents or populations have something of that name; choose another"
                )
            if isinstance(member, Column):
                self.__dict__[name] = self.columns[name]
            elif isinstance(member, Rule):
                self.__dict__[name] = functools.partial(self.ask, name)

    def keep(self, name: str, window: Any) -> None:
        """Let a column be a window on the ledger."""
        self.columns[name] = self.__dict__[name] = window
        self._askings.clear()

    def __getattr__(self, name: str) -> Any:
        # Only reached for what is neither a column nor a rule: draws, properties and methods of the kind.
        if name.startswith("__") or "_members" not in self.__dict__:
            raise AttributeError(name)
        member = self._members.get(name)
        if isinstance(member, Draw):
            return self.drawn(member)
        attribute = getattr(self.kind, name)
        if isinstance(attribute, property) and attribute.fget is not None:
            return attribute.fget(self)
        return functools.partial(attribute, self) if callable(attribute) else attribute

    @property
    def parameters(self) -> Any:
        """Behavioural parameters of the kind; None for a kind without a section."""
        return self.home.parameters_of(self.kind.sections[0]) if self.kind.sections else None

    def own_columns(self) -> list[str]:
        """Names of the columns that are state of their own: neither names nor kept by the ledger."""
        return [column.name for column in self.kind.column_list() if column.book is None and column.dtype != object]

    # -- rules -----------------------------------------------------------------------------------
    def ask(self, *names: str, into: Sequence[Any] | None = None, **given: Any) -> Any:
        """Ask rules of everybody in one pass.

        Parameters
        ----------
        names : rules to ask.
        into : arrays to write to, one for each number that the rules give; made when silent.
        given : numbers that stand in for what the rules would read: a scalar, (n,) or (materials, n). What no
            rule reads is passed over, so that a class may put a rule that needs less in the place of another.

        Returns
        -------
        An array for a rule that gives one number, a tuple of arrays for several; for several rules one after
        the other. Shape (n,), or (materials, n) when the rule has an answer for each material.

        Raises
        ------
        RuleError
            When a rule asks for what does not exist, or an array given or to write to has another shape.
        """
        asking = self._asking(names, given)
        values = self._values(asking, ALL, given) if asking.moving else asking.values
        if into is None:
            out: Sequence[Any] = [np.empty(shape, dtype) for shape, dtype in asking.room]
        else:
            out = into
            if len(asking.known) != len(into) or any(map(operator.is_not, asking.known, into)):
                asking.known[:] = self._checked(asking, into)  # the same arrays come week after week
        asking.loop.run(0, self.size, self._materials, *out, *values)
        return out[0] if len(out) == 1 else tuple(out)

    def bind(self, *names: str) -> None:
        """See that all that rules ask for exists, before anybody asks them.

        Raises
        ------
        RuleError
            When it does not.
        """
        for name in names:
            self._asking((name,), {})

    def ask_one(self, row: int, name: str, **given: Any) -> Any:
        """Ask a rule of one agent, in plain Python.

        Returns
        -------
        A number, or (materials,) when the rule has an answer for each material; a tuple where it gives several.
        """
        shaped = {key: value if np.ndim(value) == 0 else np.asarray(value)[:, None] for key, value in given.items()}
        asking = self._asking((name,), shaped)
        values = self._values(asking, slice(row, row + 1), shaped)
        out = [np.empty((*shape[:-1], 1), dtype) for shape, dtype in asking.room]
        asking.loop.plain(row, row + 1, self._materials, *out, *values)
        answers = [part[:, 0] if part.ndim == 2 else part[0].item() for part in out]
        return answers[0] if len(answers) == 1 else tuple(answers)

    def _asking(self, names: tuple[str, ...], given: dict[str, Any]) -> "_Asking":
        key: tuple[Any, ...] = names
        if given:
            key = (names, *((name, np.ndim(value)) for name, value in given.items()))
        asking = self._askings.get(key)
        if asking is None:
            for name in names:
                if not isinstance(self._members.get(name), Rule):
                    raise RuleError(f"{self.kind.__name__} has no rule {name!r}; it has {', '.join(self.kind.rules())}")
            asking = self._askings[key] = self._prepared(loop_of(self._kind, names, key[1:] if given else ()))
        return asking

    def _prepared(self, loop: Loop) -> "_Asking":
        """Gather what does not change from week to week: parameters, and arrays, which are written in place."""
        values: list[Any] = [None] * len(loop.inputs)
        moving = []
        for place, (source, name) in enumerate(loop.inputs):
            if source == "column":
                values[place] = self.columns[name]
            elif source == "parameter":
                values[place] = self._parameters[name]
            elif source == "series" and self.home.series[name].axes:
                values[place] = self.home.read(name)
            else:
                moving.append((place, source, name))
        room = [
            ((self._materials, self.size) if output.by_material else (self.size,), output.dtype)
            for output in loop.outputs
        ]
        return _Asking(loop, values, moving, room, [])

    def _values(self, asking: "_Asking", rows: slice, given: dict[str, Any]) -> list[Any]:
        """Return what a loop reads, in its order."""
        values = asking.values.copy()
        for place, source, name in asking.moving:
            if source == "series":
                values[place] = self.home.read(name)
            elif source == "draw":
                values[place] = self.drawn(self._members[name], rows)
            else:
                values[place] = self._fitting(name, given[name], rows)
        return values

    def _fitting(self, name: str, value: Any, rows: slice) -> Any:
        """Value given by the caller; compiled code looks at no bounds, so its shape is checked here."""
        array = np.asarray(value)
        if array.ndim == 0:
            return value
        size = self.size if rows is ALL else len(range(self.size)[rows])
        if array.shape != (size,) and array.shape != (self._materials, size):
            raise RuleError(
                f"{self.kind.__name__}: {name} is given with shape {array.shape}; it must be a number, ({size},) for "
                f"all agents or ({len(self.home.materials)}, {size}) for all materials and agents"
            )
        return array

    def _checked(self, asking: "_Asking", into: Sequence[Any]) -> Sequence[Any]:
        """Arrays to write to, when there are as many as answers, of the right shapes."""
        wanted = [shape for shape, _ in asking.room]
        if [array.shape for array in into] != wanted:
            raise RuleError(
                f"{self.kind.__name__}: the answers have shapes {wanted}, the arrays to write to "
                f"{[array.shape for array in into]}"
            )
        for output, array in zip(asking.loop.outputs, into, strict=True):
            if not (array.flags.writeable and np.can_cast(output.dtype, array.dtype, "same_kind")):
                raise RuleError(
                    f"{self.kind.__name__}: {output.rule} gives {output.dtype}, which cannot be written to an array "
                    f"of {array.dtype}{'' if array.flags.writeable else ' that the ledger keeps'}"
                )
        return into

    def drawn(self, draw: Draw, rows: slice = slice(None)) -> FloatArray:
        """Random numbers of this week: (n,), or (materials, n) for a draw by material."""
        numbers = self.columns["number"][rows]
        if draw.by_material:
            return self.home.random_numbers.draw_by_material(
                draw.distribution, draw.purpose, numbers, self.home.material_numbers
            )
        return self.home.random_numbers.draw(draw.distribution, draw.purpose, numbers)

    # -- agents ----------------------------------------------------------------------------------
    @property
    def agents(self) -> list[Agent]:
        """The agents themselves by row, made when first asked for; Mesa does not see those who have left."""
        if self._agents is None:
            self._agents = [self.kind(self, row) for row in range(self.size)]
            for row in np.flatnonzero(self.columns["has_left"]).tolist():
                mesa.Agent.remove(self._agents[row])
        return self._agents

    @property
    def has_agents(self) -> bool:
        """Whether the agents have been made."""
        return self._agents is not None

    def forget_agents(self) -> None:
        """Let agents be made anew: those made so far may have left in the state that was just loaded, or not yet."""
        for agent in self._agents or ():
            mesa.Agent.remove(agent)
        self._agents = None

    def dismiss(self, row: int) -> None:
        """Let an agent leave the market."""
        if self.on_dismiss is not None:
            self.on_dismiss(self, row)

    def rows_in(self, zone: int) -> IntArray:
        """Rows of the agents of a zone."""
        return np.flatnonzero(self.columns["zone"] == zone)

    def row_named(self, name: str) -> int:
        """Row of the agent called `name`, or by its number in its group: the first may be called "north 1".

        Raises
        ------
        KeyError
            When there is none.
        """
        for names in (self.columns["name"].tolist(), self._numbered):
            if name in names:
                return int(names.index(name))
        near = difflib.get_close_matches(name, self.columns["name"].tolist(), 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise KeyError(f"no {self.kind.__name__} is called {name!r}.{hint}")

    def names_of(self, row: int) -> set[str]:
        """Names by which a scenario can mean an agent: its own, its number in its group, and its group's."""
        groups = self.columns.get("group", self.columns["name"])
        return {str(self.columns["name"][row]), self._numbered[row], str(groups[row])}

    def rows_called(self, names: Sequence[str]) -> list[int]:
        """Rows of the agents that one of the names means, in order."""
        if self._rows_by_name is None:
            self._rows_by_name = {}
            for row in range(self.size):
                for label in sorted(self.names_of(row)):
                    self._rows_by_name.setdefault(label, []).append(row)
        if len(names) == 1:
            return self._rows_by_name.get(names[0], [])
        return sorted({row for name in names for row in self._rows_by_name.get(name, [])})

    def by_zone(self, values: Any) -> Any:
        """Sum values (n,) or (materials, n) over the agents of each zone, in the order of agents.

        Returns
        -------
        (zones,) or (materials, zones), of the type of the values.
        """
        zones, zone = len(self.home.zones), self.columns["zone"]
        if np.ndim(values) == 1:
            total = np.zeros(zones, dtype=np.asarray(values).dtype)
            np.add.at(total, zone, values)
            return total
        return np.stack([self.by_zone(row) for row in values])

    def outside_bounds(self) -> dict[str, BoolArray]:
        """Columns with values outside their declared bounds."""
        found: dict[str, BoolArray] = {}
        for column in self.kind.column_list():
            values = self.columns[column.name]
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
