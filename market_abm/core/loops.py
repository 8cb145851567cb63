"""Loops over a population: compiles and keeps the pass that asks some rules of everybody.

Compiled by numba, the text of a loop serves all agents; run as it stands it serves one agent, or a rule that numba
cannot compile. The arithmetic is the same line by line, so both give the same bits, but for three things that a
rule should leave alone: powers (`x**3`; write `x * x * x`, or `math.exp(a * math.log(x))`), which numba rounds
otherwise, divisions of two whole numbers beyond 2**53, and divisions by nothing, at which plain Python stops.
"""

import functools
import hashlib
import itertools
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit, typeof

from market_abm.core.binding import Given, Kind
from market_abm.core.code_hash import code_hash
from market_abm.core.compiled import compiled, stamp_of
from market_abm.core.loop_text import NAME, Input, Writer


class SlowRuleWarning(UserWarning):
    """A rule cannot be compiled and is asked agent by agent."""


class Loop:
    """One pass over a population that asks some rules together.

    Parameters
    ----------
    kind : names that the rules are bound to.
    targets : names of the rules asked.
    given : numbers that the caller gives.

    Attributes
    ----------
    inputs : what the pass reads, in the order in which it takes them.
    outputs : the results, rule by rule as they were named.
    text : the pass as Python text.
    plain : the pass in plain Python.
    """

    def __init__(self, kind: Kind, targets: tuple[str, ...], given: Given) -> None:
        fast, slow = Writer(kind, targets, given, plain=False), Writer(kind, targets, given, plain=True)
        self.inputs, self.outputs = tuple(fast.inputs.values()), tuple(fast.outputs)
        self.text = fast.text()
        self.plain = _made(slow.text(), {f"r_{name}": rule.function for name, rule in slow.rules.items()}, NAME)
        self._kind, self._given, self._rules = kind, given, fast.rules
        self._fast: Callable[..., None] | None = None

    def run(self, *arguments: Any) -> None:
        """Run the compiled pass, or the plain one when a rule cannot be compiled."""
        if self._fast is None:
            fast, fault = self._compiled(arguments)
            if fault is not None:
                self._warn_of_slow_rules(arguments, fault)
            self._fast = fast if fault is None else self.plain
        self._fast(*arguments)

    def _compiled(self, arguments: tuple[Any, ...]) -> tuple[Callable[..., None], Exception | None]:
        """Compiled pass, and why it cannot be compiled for such arguments."""
        fast: Any = _compiled_pass(self.text, tuple((name, rule.function) for name, rule in self._rules.items()))
        try:
            if hasattr(fast, "compile"):  # not where numba is switched off
                fast.compile(tuple(typeof(argument) for argument in arguments))  # type: ignore[no-untyped-call]
        except Exception as fault:  # numba raises many kinds
            return fast, fault
        return fast, None

    def _warn_of_slow_rules(self, arguments: tuple[Any, ...], fault: Exception) -> None:
        """Say once which rules cannot be compiled."""
        values = dict(zip(self.inputs, arguments[-len(self.inputs) :], strict=True)) if self.inputs else {}
        failing = {name for name in self._rules if not self._compiles(name, values)}
        slow = [name for name in self._rules if name in failing and not failing & set(self._rules[name].arguments)]
        new = [name for name in slow if self._rules[name].function not in _SLOW]
        _SLOW.update(self._rules[name].function for name in slow)
        if new or not slow:
            warnings.warn(
                f"{', '.join(new or self._rules)}: cannot be compiled and is asked agent by agent, which is slower. "
                f"{str(fault).strip().splitlines()[0]}",
                SlowRuleWarning,
                stacklevel=4,
            )

    def _compiles(self, name: str, values: dict[Input, Any]) -> bool:
        """Whether a rule can be compiled with all that it asks for."""
        loop = Loop(self._kind, (name,), self._given)
        out = [np.empty((1, 1) if output.by_material else 1, output.dtype) for output in loop.outputs]
        return loop._compiled((0, 0, 0, *out, *(values[place] for place in loop.inputs)))[1] is None


@functools.cache
def loop_of(kind: Kind, targets: tuple[str, ...], given: Given) -> Loop:
    """Return the loop of a kind that asks some rules; it depends on names only, never on sizes."""
    return Loop(kind, targets, given)


def _made(text: str, functions: dict[str, Any], name: str) -> Callable[..., None]:
    """Make a function of the text of a loop."""
    space: dict[str, Any] = {"__name__": __name__, "math": math, **functions}
    exec(compile(text.replace(f"def {NAME}(", f"def {name}(", 1), "<rules>", "exec"), space)
    made: Callable[..., None] = space[name]
    return made


@functools.cache
def _compiled_pass(text: str, functions: tuple[tuple[str, Callable[..., Any]], ...]) -> Callable[..., None]:
    """Compile a loop, once a process: kinds that ask the same of the same rules share it."""
    own = code_hash(dict(functions), text)
    stamp = hashlib.sha256((own + stamp_of(Path(__file__))).encode()).hexdigest()[:20] if own else ""
    # Numba names machine code after the function: two loops in one process must not share a name.
    name = f"{NAME}_{stamp or next(_UNNAMED)}"
    return compiled(_made(text, {f"r_{key}": _machine(function) for key, function in functions}, name), stamp)


_UNNAMED = itertools.count()


@functools.cache
def _machine(function: Callable[..., Any]) -> Any:
    """Compiled form of a rule's function, made once a process."""
    return njit(error_model="numpy")(function)


_SLOW: set[Callable[..., Any]] = set()
"""Functions of rules that users were warned of."""
