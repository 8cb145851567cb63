"""Rows of a model's arrays in the order in which its scenario was written; the arrays themselves go by name."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from market_abm.agents.population import Population
    from market_abm.model import MineralMarket

Rows = list[tuple[int, str]]
"""Rows with their names."""


def materials(model: "MineralMarket") -> Rows:
    """Materials."""
    return _in_order(model.market.materials, model.scenario.material)


def zones(model: "MineralMarket") -> Rows:
    """Zones."""
    return _in_order(model.market.zones, model.scenario.zone)


def nodes(model: "MineralMarket") -> Rows:
    """Places of trade: zones, then export gates."""
    market = model.market
    gates = [(market.gate_of[row], market.nodes[market.gate_of[row]]) for row, _ in zones(model) if row in market.gated]
    return [*zones(model), *gates]


def agents(population: "Population", groups: Iterable[str]) -> list[int]:
    """Rows of a population, group by group.

    Parameters
    ----------
    groups : names of the groups, or of single agents, as the scenario lists them.
    """
    place = {name: number for number, name in enumerate(groups)}
    of = population.columns.get("group", population.columns["name"])
    return sorted(range(population.size), key=lambda row: place[str(of[row])])


def _in_order(names: Sequence[str], order: Iterable[str]) -> Rows:
    return [(names.index(name), name) for name in order]
