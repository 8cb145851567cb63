"""The week as a list of named verbs, into which a user may insert one, or of which he may replace one.

A verb is a function. The names of its parameters say what it reads and changes: parts of the world
(`market_abm.world.World`) or parts of the week that an earlier verb returned. What it returns becomes a part
of the week.
"""

import difflib
import inspect
from collections.abc import Callable, Iterable
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
    """

    function: Callable[..., Any]
    gives: str | None = None
    every: int = 1
    name: str = ""
    needs: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.function.__name__)
        object.__setattr__(self, "needs", tuple(inspect.signature(self.function).parameters))

    def bound(self, world: "World") -> "BoundVerb":
        """Return the verb with the parts of a world in place; those that change, and parts of weeks, come later."""
        fixed: list[Any] = [None] * len(self.needs)
        moving = []
        for place, name in enumerate(self.needs):
            if name in MOVING or not hasattr(world, name):
                moving.append((place, name))
            else:
                fixed[place] = getattr(world, name)
        return BoundVerb(self, fixed, moving)


MOVING = frozenset({"week", "week_index", "today", "scenario"})
"""Names whose values differ from week to week."""


class BoundVerb(NamedTuple):
    """A verb with the fixed parts of a world in place; `moving` lists (place, name) of the others."""

    verb: Verb
    fixed: list[Any]
    moving: list[tuple[int, str]]

    def run(self, world: "World", week: "Week") -> None:
        """Do it, and keep what it returns."""
        verb = self.verb
        if week.index % verb.every:
            return
        values = self.fixed.copy()
        for place, name in self.moving:
            values[place] = world.scenario if name == "scenario" else getattr(week, name)
        part = verb.function(*values)
        if verb.gives is not None:
            setattr(week, verb.gives, part)


class WeekPlan(list[Verb]):
    """The verbs of a week in order; an ordinary list with three helpers.

    Examples
    --------
    >>> plan = WeekPlan([Verb(max, name="first"), Verb(min, name="last")])
    >>> plan.after("first", Verb(sum, name="middle"))
    >>> [verb.name for verb in plan]
    ['first', 'middle', 'last']
    """

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
            With the verb, the name and the nearest one that exists.
        """
        parts = {"index", *MOVING}
        for verb in self:
            for name in verb.needs:
                if name not in parts and not hasattr(world, name):
                    known: Iterable[str] = [*parts, *(key for key in vars(world) if not key.startswith("_"))]
                    near = difflib.get_close_matches(name, known, 1)
                    hint = f" Did you mean {near[0]!r}?" if near else ""
                    raise VerbError(
                        f"verb {verb.name} asks for {name!r}, which is neither in the world nor given by a verb "
                        f"before it.{hint}"
                    )
            parts |= {verb.gives} if verb.gives else set()
        return [verb.bound(world) for verb in self]
