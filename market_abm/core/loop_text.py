"""Text of a loop: the plain Python of one pass that asks some rules of a population.

The text is made from the names of the rules' arguments. What does not depend on the material stands before the
loop over materials. All rules of a pass read an agent before anything of it is written, so that an answer may be
written over what another rule reads.
"""

from typing import Any, NamedTuple

import numpy as np

from market_abm.core.binding import Given, Kind, RuleError
from market_abm.core.columns import Column, Draw
from market_abm.core.rules import Rule

NAME = "loop"
_START = {"sum": "0.0", "min": "math.inf", "max": "-math.inf"}
_JOIN = {"sum": "{0} + {1}", "min": "min({0}, {1})", "max": "max({0}, {1})"}


class Input(NamedTuple):
    """An argument of a loop: where its values come from."""

    source: str  # column, draw, series, parameter or given
    name: str


class Output(NamedTuple):
    """A number among the answers of a loop."""

    rule: str
    number: int  # among those that the rule gives
    by_material: bool
    dtype: np.dtype[Any]


class Writer:
    """Writes the text of one loop.

    Parameters
    ----------
    kind : names that the rules are bound to.
    targets : names of the rules asked.
    given : numbers that the caller gives.
    plain : whether the text is to be run as it stands; arrays are then read as Python's own numbers.

    Attributes
    ----------
    inputs : what the loop reads, by the name of the argument.
    outputs : its results, rule by rule as they were named.
    rules : all rules that it asks.
    """

    def __init__(self, kind: Kind, targets: tuple[str, ...], given: Given, plain: bool) -> None:
        self.kind, self.given, self.plain = kind, dict(given), plain
        self.inputs: dict[str, Input] = {}
        self.rules: dict[str, Rule] = {}
        self.lines: list[str] = []
        self.each: dict[str, str] = {}  # expressions of one agent, by name
        for name in targets:
            kind.check(name, self.given)
        varying = [name for name in targets if kind.varies(name, self.given)]
        for name in targets:
            self._hoist(name)
        if varying:
            self._line(2, "for m in range(materials):")
            scope: dict[str, str] = {}
            values = [(name, self._material(name, scope, 3)) for name in varying]
            for name, value in values:
                self._put(name, value, 3)
        for name in targets:
            if name not in varying:
                self._put(name, self._agent(name), 2)
        self.outputs = [
            Output(name, number, name in varying, kind.members[name].dtype)
            for name in targets
            for number in range(max(len(kind.members[name].gives), 1))
        ]

    def _line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def _put(self, name: str, value: str, depth: int) -> None:
        """Write an answer to its place in the results."""
        gives = self.kind.members[name].gives
        place = "[m, i - first]" if depth == 3 else "[i - first]"
        for number in range(max(len(gives), 1)):
            self._line(depth, f"o_{name}_{number}{place} = {f'{value}[{number}]' if gives else value}")

    def _input(self, source: str, name: str) -> str:
        key = f"{source[0]}_{name}"
        self.inputs[key] = Input(source, name)
        return key

    def _read(self, array: str, index: str) -> str:
        return f"{array}.item({index})" if self.plain else f"{array}[{index}]"

    def _column(self, name: str, series: str) -> str:
        """Integer column of the agent, as an index of a series."""
        if name not in self.kind.members or not isinstance(self.kind.members[name], Column):
            raise RuleError(f"series {series} has the axis {name!r}, but the kind has no column of that name")
        if f"={name}" not in self.each:
            self.each[f"={name}"] = f"x_{name}"
            self._line(2, f"x_{name} = {self._read(self._input('column', name), 'i')}")
        return f"x_{name}"

    def _index(self, series: str) -> str:
        """Place of the agent on the axes of a series."""
        places = []
        for axis in self.kind.series[series].axes:
            if axis == "material":
                places.append(self._column("material", series) if self.kind.one_material else "m")
            elif axis == "node":
                places.append(self._column("zone", series))
            elif axis == "gate":
                places.append(self._gate(series))
            else:
                places.append(self._column(axis, series))
        return ", ".join(places)

    def _gate(self, series: str) -> str:
        """Node at which goods of the agent's zone sell abroad."""
        if "=gate" not in self.each:
            self.each["=gate"] = "x_gate"
            zone = self._column("zone", series)
            self._line(2, f"x_gate = {self._read(self._input('series', 'export_node'), zone)}")
        return "x_gate"

    def _access(self, name: str) -> str:
        """Expression that reads a name from its array."""
        member, dimensions = self.kind.members.get(name), self.given.get(name)
        material = self._column("material", name) if self.kind.one_material else "m"
        if dimensions is not None:
            index = "i - first" if dimensions == 1 else f"{material}, i - first"
            array = self._input("given", name)
            return self._read(array, index) if dimensions else array
        if isinstance(member, Column):
            return self._read(self._input("column", name), f"{material}, i" if member.by_material else "i")
        if isinstance(member, Draw):
            index = f"{material}, i - first" if member.by_material else "i - first"
            return self._read(self._input("draw", name), index)
        if name in self.kind.series:
            array = self._input("series", name)
            return self._read(array, self._index(name)) if self.kind.series[name].axes else array
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
        outputs = [f"o_{output.rule}_{output.number}" for output in self.outputs]
        names = ", ".join(["first", "last", "materials", *outputs, *self.inputs])
        return "\n".join([f"def {NAME}({names}):", "    for i in range(first, last):", *self.lines, ""])
