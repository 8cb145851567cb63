"""The week as a list of named verbs, into which a user may insert one, or of which he may replace one.

A verb is a function. The names of its parameters say what it reads and changes: parts of the world
(`market_abm.world.World`) or parts of the week that an earlier verb returned; one with a default may be neither.
What it returns becomes a part of the week.
"""

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from market_abm.world import Week, World


class VerbError(TypeError):
    """A verb asks for something that neither the world nor an earlier verb has."""


@dataclass(frozen=True)
class Verb:
    """One verb of the week.

    Attributes
    ----------
    function : what is done.
    gives : the part of the week that it returns, if any.
    every : done in each week whose number is a multiple of it.
    name : by which it is found; that of the function when silent.
    needs : names of the function's parameters.
    defaults : what holds for parameters that nothing has the name of.

    Raises
    ------
    VerbError
        When the names of the parameters cannot be read, or `every` is no number of weeks.
    """

    function: Callable[..., Any]
    gives: str | None = None
    every: int = 1
    name: str = ""
    needs: tuple[str, ...] = field(init=False)
    defaults: dict[str, Any] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or getattr(self.function, "__name__", repr(self.function)))
        if self.every < 1:
            raise VerbError(f"verb {self.name} is to be done every {self.every} weeks; give 1 or more")
        try:
            parameters = inspect.signature(self.function).parameters.values()
        except ValueError as fault:
            raise VerbError(f"verb {self.name}: the names of its parameters cannot be read") from fault
        for parameter in parameters:
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise VerbError(f"verb {self.name}: {parameter} has no name by which it could be bound")
        object.__setattr__(self, "needs", tuple(parameter.name for parameter in parameters))
        defaults = {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}
        object.__setattr__(self, "defaults", defaults)

    def run(self, world: "World", week: "Week") -> None:
        """Do it alone, outside a plan, with what the world and the week have; the week keeps what it returns."""
        values = dict(self.defaults)
        for name in self.needs:
            if name != "scenario" and (name in MOVING or hasattr(week, name)):
                values[name] = getattr(week, name)
            elif hasattr(world, name) or name not in values:
                values[name] = getattr(world, name)
        part = self.function(**values)
        if self.gives is not None:
            setattr(week, self.gives, part)


MOVING = frozenset({"week", "week_index", "today", "scenario"})
"""Names whose values differ from week to week."""


class BoundVerb(NamedTuple):
    """A verb with the fixed parts of a world in place; `moving` names those that come with each week."""

    verb: Verb
    fixed: dict[str, Any]
    moving: list[str]

    def run(self, world: "World", week: "Week") -> None:
        """Do it, and keep what it returns."""
        verb = self.verb
        if week.index % verb.every:
            return
        values = self.fixed.copy()
        for name in self.moving:
            values[name] = world.scenario if name == "scenario" else getattr(week, name)
        part = verb.function(**values)
        if verb.gives is not None:
            setattr(week, verb.gives, part)


class WeekPlan(list[Verb]):
    """The verbs of a week in order: an ordinary list with helpers to insert and replace.

    Examples
    --------
    >>> def first(market): ...
    >>> def middle(market): ...
    >>> plan = WeekPlan([Verb(first)])
    >>> plan.after("first", Verb(middle, every=13))
    >>> [verb.name for verb in plan]
    ['first', 'middle']
    """

    def copy(self) -> "WeekPlan":
        """Return a plan of its own with the same verbs."""
        return WeekPlan(self)

    def place(self, name: str) -> int:
        """Place of a verb.

        Raises
        ------
        VerbError
            When there is none of that name.
        """
        names = [verb.name for verb in self]
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise VerbError(f"the week has no verb {name!r}.{hint} It has {', '.join(names)}.")
        return names.index(name)

    def before(self, name: str, verb: Verb) -> None:
        """Insert a verb before another."""
        self.insert(self.place(name), verb)

    def after(self, name: str, verb: Verb) -> None:
        """Insert a verb after another."""
        self.insert(self.place(name) + 1, verb)

    def replace(self, name: str, function: Callable[..., Any]) -> None:
        """Let a verb do something else under its name; it must return the same part."""
        old = self[self.place(name)]
        self[self.place(name)] = Verb(function, old.gives, old.every, old.name)

    def bound(self, world: "World") -> list[BoundVerb]:
        """Return the verbs ready to run in a world.

        Raises
        ------
        VerbError
            When a verb asks for what does not exist when it runs, with the nearest name that does; when it gives a
            part whose name is taken, or reads a part in weeks in which nobody gives it.
        """
        bound, every = [], dict.fromkeys(("index", *MOVING), 1)
        for verb in self:
            fixed, moving = dict(verb.defaults), []
            for name in verb.needs:
                if name in every:
                    if verb.every % every[name]:
                        raise VerbError(
                            f"verb {verb.name} runs every {verb.every} weeks but reads {name!r}, which is given every "
                            f"{every[name]}"
                        )
                    fixed.pop(name, None)
                    moving.append(name)
                elif hasattr(world, name):
                    fixed[name] = getattr(world, name)
                elif name not in fixed:
                    raise VerbError(_unknown(verb, name, [*every, *vars(world)]))
            bound.append(BoundVerb(verb, fixed, moving))
            if verb.gives is not None:
                if verb.gives in MOVING or verb.gives == "index" or hasattr(world, verb.gives):
                    raise VerbError(f"verb {verb.name} gives {verb.gives!r}, but the world has something of that name")
                every[verb.gives] = verb.every
        return bound


def _unknown(verb: Verb, name: str, known: list[str]) -> str:
    """Words for a name that does not exist when a verb runs."""
    near = difflib.get_close_matches(name, [key for key in known if not key.startswith("_")], 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"verb {verb.name} asks for {name!r}, which is neither in the world nor given by a verb before it.{hint}"
