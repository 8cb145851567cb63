"""A rule: a decision written for one agent, in plain Python, and compiled for all.

A rule is a pure function of named numbers. Its arguments are bound by name: to columns and draws of the kind,
to other rules of the kind, to public series where the agent is, and to behavioural parameters. It may use `if`,
`min`, `max` and `math`, and functions of its own; it sees no arrays, makes no sum over agents and writes nothing.

`miner.next_ramp()` asks one agent and runs the function as it stands; `miners.next_ramp()` asks everybody in a
compiled loop (`market_abm.core.loops`). Both give the same bits.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any, Literal, overload

import numpy as np

Reduction = Literal["sum", "min", "max"]


class Rule:
    """A decision of a kind of agent.

    Parameters
    ----------
    function : the decision, for one agent (and one material, when an argument has a value for each material).
    gives : names of the numbers returned, when there are several.
    dtype : type of the numbers returned.
    over_materials : how the answers for all materials become one number; None keeps them apart.

    Attributes
    ----------
    arguments : names of the arguments.
    optional : those that have a default, which holds when nothing of that name exists.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        gives: tuple[str, ...] = (),
        dtype: Any = np.float64,
        over_materials: Reduction | None = None,
    ) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.gives = gives
        self.dtype = np.dtype(dtype)
        self.over_materials = over_materials
        parameters = inspect.signature(function).parameters.values()
        self.arguments = tuple(parameter.name for parameter in parameters)
        self.optional = frozenset(p.name for p in parameters if p.default is not inspect.Parameter.empty)
        self.name = function.__name__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        if agent is None:
            return self
        return functools.partial(agent.population.ask_one, agent.row, self.name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Answer for plain numbers, as the function stands."""
        return self.function(*args, **kwargs)


@overload
def rule(function: Callable[..., Any], /) -> Rule: ...
@overload
def rule(
    *, gives: tuple[str, ...] = (), dtype: Any = np.float64, over_materials: Reduction | None = None
) -> Callable[[Callable[..., Any]], Rule]: ...
def rule(
    function: Callable[..., Any] | None = None,
    /,
    *,
    gives: tuple[str, ...] = (),
    dtype: Any = np.float64,
    over_materials: Reduction | None = None,
) -> Rule | Callable[[Callable[..., Any]], Rule]:
    """Mark a function as a rule of the class it stands in; parameters as for `Rule`.

    Examples
    --------
    >>> @rule
    ... def target_stock(base_cover, usual_use):
    ...     return base_cover * usual_use
    >>> target_stock(8.0, 2.0)
    16.0
    """
    if function is not None:
        return Rule(function)
    return functools.partial(Rule, gives=gives, dtype=dtype, over_materials=over_materials)
