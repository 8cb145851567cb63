"""Binding of rules by name: what a name of a kind of agents means, and what a rule asks for."""

import difflib
import functools
from collections.abc import Mapping
from typing import Any

from market_abm.core.columns import Column, Draw
from market_abm.core.rules import Rule
from market_abm.core.senses import Series

Given = tuple[tuple[str, int], ...]
"""Names of numbers that the caller gives, with their number of dimensions: 0, 1 (agents) or 2 (materials, agents)."""


class RuleError(TypeError):
    """A rule asks for something that does not exist, or cannot be asked."""


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

    def check(self, name: str, given: Mapping[str, int], path: tuple[str, ...] = ()) -> None:
        """Refuse a rule that asks for itself, or for what does not exist.

        Raises
        ------
        RuleError
            With the rules on the way.
        """
        member = None if name in given else self.members.get(name)
        if not isinstance(member, Rule):
            return
        if name in path:
            raise RuleError(f"rule {name} asks for itself: {' asks for '.join([*path[path.index(name) :], name])}")
        for argument in self.asked(member, given):
            self.check(argument, given, (*path, name))

    def varies(self, name: str, given: Mapping[str, int]) -> bool:
        """Whether a name has a value for each material."""
        if self.one_material:
            return False
        if name in given:
            return given[name] == 2
        member = self.members.get(name)
        if isinstance(member, Column | Draw):
            return member.by_material
        if isinstance(member, Rule):
            return member.over_materials is None and any(
                self.varies(argument, given) for argument in self.asked(member, given)
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


def kind_of(members: Mapping[str, Any], series: Mapping[str, Series], parameters: frozenset[str]) -> Kind:
    """Names of a kind; the same object for the same names, so that all its populations share their loops."""
    return _kind_of(tuple(members.items()), tuple(series.items()), parameters)


@functools.cache
def _kind_of(
    members: tuple[tuple[str, Any], ...], series: tuple[tuple[str, Series], ...], parameters: frozenset[str]
) -> Kind:
    return Kind(dict(members), dict(series), parameters)
