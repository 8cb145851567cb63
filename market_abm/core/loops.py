"""Loops over a population: writes, compiles and keeps the pass that asks some rules of everybody.

A loop is plain Python text made from the names of the rules' arguments. Compiled by numba it serves all agents;
run as it stands it serves one agent, or a rule that numba cannot compile. The arithmetic is the same line by
line, so both give the same bits.
"""

import difflib
import hashlib
import inspect
import math
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numba.core.errors import NumbaError

from market_abm.core.columns import Column, Draw
from market_abm.core.compiled import compiled, stamp_of
from market_abm.core.rules import Rule
from market_abm.core.senses import Series

Given = tuple[tuple[str, int], ...]
"""Names of numbers that the caller gives, with their number of dimensions: 0, 1 (agents) or 2 (materials, agents)."""

NAME = "loop"
_START = {"sum": "0.0", "min": "math.inf", "max": "-math.inf"}
_JOIN = {"sum": "{0} + {1}", "min": "min({0}, {1})", "max": "max({0}, {1})"}


class RuleError(TypeError):
    """A rule asks for something that does not exist, or cannot be asked."""


class SlowRuleWarning(UserWarning):
    """A rule cannot be compiled and is asked agent by agent."""


class Input(NamedTuple):
    """An argument of a loop: where its values come from."""

    source: str  # column, draw, series, parameter or given
    name: str


class Kind:
    """Names that rules of a class of agents can be bound to.

    Parameters
    ----------
    members : attributes of the class by name: columns, draws and rules among them.
    series : public series by name.
    parameters : names of the behavioural parameters of the kind.
    """

    def __init__(self, members: Mapping[str, Any], series: Mapping[str, Series], parameters: frozenset[str]) -> None:
        self.members = members
        self.series = series
        self.parameters = parameters
        self.one_material = isinstance(members.get("material"), Column)

    def varies(self, name: str, given: Mapping[str, int], path: tuple[str, ...] = ()) -> bool:
        """Whether a name has a value for each material."""
        if self.one_material:
            return False
        if name in given:
            return given[name] == 2
        member = self.members.get(name)
        if isinstance(member, Column | Draw):
            return member.by_material
        if isinstance(member, Rule):
            if name in path:
                raise RuleError(f"rule {name} asks for itself: {' asks for '.join([*path, name])}")
            return member.over_materials is None and any(
                self.varies(argument, given, (*path, name)) for argument in self.asked(member, given)
            )
        return name in self.series and "material" in self.series[name].axes

    def asked(self, rule: Rule, given: Mapping[str, int]) -> list[str]:
        """Arguments of a rule that are bound; those that exist nowhere keep their default.

        Raises
        ------
        RuleError
            When a name without default exists nowhere.
        """
        found = []
        for name in rule.arguments:
            if (
                name in given
                or isinstance(self.members.get(name), Column | Draw | Rule)
                or name in self.series
                or name in self.parameters
            ):
                found.append(name)
            elif name not in rule.optional:
                own = [key for key, value in self.members.items() if isinstance(value, Column | Draw | Rule)]
                near = difflib.get_close_matches(name, [*own, *self.series, *self.parameters], 1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise RuleError(
                    f"rule {rule.name} asks for {name!r}, which is no column, draw or rule of its kind, no public "
                    f"series and no parameter.{hint} Give it as an argument, or a default."
                )
        return found


class _Writer:
    """Writes the text of one loop."""

    def __init__(self, kind: Kind, targets: tuple[str, ...], given: Given, plain: bool) -> None:
        self.kind, self.given, self.plain = kind, dict(given), plain
        self.inputs: dict[str, Input] = {}
        self.rules: dict[str, Rule] = {}
        self.lines: list[str] = []
        self.each: dict[str, str] = {}  # expressions of one agent, by name
        self.outputs: list[tuple[str, int, bool, np.dtype[Any]]] = []
        varying = [name for name in targets if kind.varies(name, self.given)]
        for name in targets:
            if name in varying:
                self._hoist(name)
            else:
                self._put(name, self._agent(name), f"{name}")
        if varying:
            self._line(2, "for m in range(materials):")
            scope: dict[str, str] = {}
            for name in varying:
                self._put(name, self._material(name, scope, 3), name, 3)
        self.outputs.sort(key=lambda output: (targets.index(output[0]), output[1]))

    def _line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def _put(self, name: str, value: str, label: str, depth: int = 2) -> None:
        rule = self.kind.members[name]
        place = "[m, i - first]" if depth == 3 else "[i - first]"
        for number in range(max(len(rule.gives), 1)):
            part = f"{value}[{number}]" if rule.gives else value
            out = f"o_{label}_{number}"
            self._line(depth, f"{out}{place} = {part}")
            self.outputs.append((name, number, depth == 3, rule.dtype))

    def _input(self, source: str, name: str) -> str:
        key = f"{source[0]}_{name}"
        self.inputs[key] = Input(source, name)
        return key

    def _read(self, array: str, index: str) -> str:
        return f"{array}.item({index})" if self.plain else f"{array}[{index}]"

    def _column(self, name: str) -> str:
        """Integer column of the agent, as an index."""
        if name not in self.kind.members or not isinstance(self.kind.members[name], Column):
            raise RuleError(f"a series has the axis {name!r}, but the kind has no column of that name")
        if f"={name}" not in self.each:
            self.each[f"={name}"] = f"x_{name}"
            self._line(2, f"x_{name} = {self._read(self._input('column', name), 'i')}")
        return f"x_{name}"

    def _index(self, axes: tuple[str, ...]) -> str:
        places = []
        for axis in axes:
            if axis == "material":
                places.append(self._column("material") if self.kind.one_material else "m")
            elif axis == "node":
                places.append(self._column("zone"))
            elif axis == "gate":
                places.append(self._gate())
            else:
                places.append(self._column(axis))
        return ", ".join(places)

    def _gate(self) -> str:
        if "=gate" not in self.each:
            self.each["=gate"] = "x_gate"
            zone = self._column("zone")
            self._line(2, f"x_gate = {self._read(self._input('series', 'export_node'), zone)}")
        return "x_gate"

    def _access(self, name: str) -> str:
        """Expression that reads a name from its array."""
        member, given = self.kind.members.get(name), self.given.get(name)
        material = "m" if not self.kind.one_material else None
        if given is not None:
            if given == 0:
                return self._input("given", name)
            index = "i - first" if given == 1 else f"{material or self._column('material')}, i - first"
            return self._read(self._input("given", name), index)
        if isinstance(member, Column):
            index = f"{material or self._column('material')}, i" if member.by_material else "i"
            return self._read(self._input("column", name), index)
        if isinstance(member, Draw):
            index = f"{material or self._column('material')}, i - first" if member.by_material else "i - first"
            return self._read(self._input("draw", name), index)
        if name in self.kind.series:
            axes = self.kind.series[name].axes
            array = self._input("series", name)
            return self._read(array, self._index(axes)) if axes else array
        return self._input("parameter", name)

    def _agent(self, name: str) -> str:
        """Expression of a name that is the same for all materials; what it needs is written before it."""
        if name in self.each:
            return self.each[name]
        member = None if name in self.given else self.kind.members.get(name)
        if isinstance(member, Rule):
            self.rules[name] = member
            self._reduce(name, member) if member.over_materials else self._compute(name, member)
            self.each[name] = f"v_{name}"
        else:
            value = self._access(name)
            if value.isidentifier():
                self.each[name] = value
            else:
                self._line(2, f"v_{name} = {value}")
                self.each[name] = f"v_{name}"
        return self.each[name]

    def _compute(self, name: str, rule: Rule) -> None:
        values = [f"{argument}={self._agent(argument)}" for argument in self.kind.asked(rule, self.given)]
        self._line(2, f"v_{name} = r_{name}({', '.join(values)})")

    def _reduce(self, name: str, rule: Rule) -> None:
        how = rule.over_materials or "sum"
        arguments = self.kind.asked(rule, self.given)
        for argument in arguments:
            self._hoist(argument)
        self._line(2, f"v_{name} = {_START[how]}")
        self._line(2, "for m in range(materials):")
        scope: dict[str, str] = {}
        values = [f"{argument}={self._material(argument, scope, 3)}" for argument in arguments]
        part = f"r_{name}({', '.join(values)})"
        self._line(3, f"v_{name} = {_JOIN[how].format(f'v_{name}', part)}")

    def _hoist(self, name: str) -> None:
        """Write what does not depend on the material before the loop over materials."""
        if not self.kind.varies(name, self.given):
            self._agent(name)
            return
        member = None if name in self.given else self.kind.members.get(name)
        if isinstance(member, Rule):
            for argument in self.kind.asked(member, self.given):
                self._hoist(argument)
        else:
            self._access(name)  # writes the indices it needs

    def _material(self, name: str, scope: dict[str, str], depth: int) -> str:
        if not self.kind.varies(name, self.given):
            return self._agent(name)
        if name not in scope:
            member = None if name in self.given else self.kind.members.get(name)
            if isinstance(member, Rule):
                self.rules[name] = member
                values = [
                    f"{argument}={self._material(argument, scope, depth)}"
                    for argument in self.kind.asked(member, self.given)
                ]
                self._line(depth, f"w_{name} = r_{name}({', '.join(values)})")
            else:
                self._line(depth, f"w_{name} = {self._access(name)}")
            scope[name] = f"w_{name}"
        return scope[name]

    def text(self) -> str:
        """Return the loop as Python text."""
        outputs = [f"o_{name}_{number}" for name, number, _, _ in self.outputs]
        names = ", ".join(["first", "last", "materials", *outputs, *self.inputs])
        return "\n".join([f"def {NAME}({names}):", "    for i in range(first, last):", *self.lines, ""])


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
    outputs : (rule, number among its answers, whether by material, type) in the order of the results.
    """

    def __init__(self, kind: Kind, targets: tuple[str, ...], given: Given) -> None:
        fast, plain = _Writer(kind, targets, given, plain=False), _Writer(kind, targets, given, plain=True)
        self.targets = targets
        self.inputs, self.outputs = tuple(fast.inputs.values()), tuple(fast.outputs)
        self.text = fast.text()
        self._rules = fast.rules
        self.plain = _made(plain.text(), {f"r_{name}": rule.function for name, rule in plain.rules.items()}, NAME)
        self._fast: Callable[..., None] | None = None

    def run(self, *arguments: Any) -> None:
        """Run the compiled pass, or the plain one when a rule cannot be compiled."""
        if self._fast is None:
            self._fast = self._compile()
            try:
                self._fast(*arguments)
            except NumbaError as fault:
                self._fast = self.plain
                culprits = [name for name, rule in self._rules.items() if not _compiles(rule)] or list(self.targets)
                warnings.warn(
                    f"{', '.join(culprits)}: cannot be compiled and is asked agent by agent, which is slower. "
                    f"{str(fault).strip().splitlines()[0]}",
                    SlowRuleWarning,
                    stacklevel=4,
                )
                self._fast(*arguments)
            return
        self._fast(*arguments)

    def _compile(self) -> Callable[..., None]:
        stamp = _stamp(self.text, self._rules)
        # Numba names machine code after the function: two loops in one process must not share a name.
        name = f"{NAME}_{stamp}" if stamp else f"{NAME}_{id(self)}"
        return compiled(
            _made(self.text, {f"r_{key}": _machine(rule) for key, rule in self._rules.items()}, name), stamp
        )


def _made(text: str, functions: dict[str, Any], name: str) -> Callable[..., None]:
    """Make a function of the text of a loop."""
    space: dict[str, Any] = {"__name__": __name__, "math": math, **functions}
    exec(compile(text.replace(f"def {NAME}(", f"def {name}(", 1), "<rules>", "exec"), space)
    made: Callable[..., None] = space[name]
    return made


_MACHINE: dict[Callable[..., Any], Any] = {}


def _machine(rule: Rule) -> Any:
    """Compiled form of a rule's function, made once a process."""
    from numba import njit

    if rule.function not in _MACHINE:
        _MACHINE[rule.function] = njit(error_model="numpy")(rule.function)
    return _MACHINE[rule.function]


def _compiles(rule: Rule) -> bool:
    """Whether numba's front end accepts a rule for plain numbers."""
    try:
        _machine(rule).compile(tuple(np.float64 for _ in rule.arguments))
    except Exception:  # numba raises many kinds
        return False
    return True


def _stamp(text: str, rules: Mapping[str, Rule]) -> str:
    """Hash of all code that a loop consists of; empty when the source of a rule cannot be read."""
    seal = hashlib.sha256(text.encode())
    for name in sorted(rules):
        function = rules[name].function
        try:
            seal.update(inspect.getsource(function).encode())
            seal.update(stamp_of(Path(inspect.getfile(function))).encode())
        except OSError:
            return ""
    return seal.hexdigest()[:20]
