"""Concentrate under way to plants: bought, not yet there (ODD: Concentrate)."""

from typing import NamedTuple

import numpy as np

from market_abm.agents.population import Population
from market_abm.core.compiled import compiled
from market_abm.core.state import Kept, State
from market_abm.core.units import FloatArray, IntArray
from market_abm.market.concentrate import ConcentrateMarket


class UnderWay(NamedTuple):
    """Arrays of the feed, as compiled code sees them; see `Feed`."""

    grams: IntArray
    content: FloatArray
    cost: FloatArray


class Feed(State):
    """Concentrate under way to plants by week of arrival, in a ring of weeks.

    Attributes
    ----------
    grams : (weeks, plants) [g REO].
    content : (weeks, materials, plants) contained oxide [g].
    cost : (weeks, plants) cash cost of mining it [g x US$/kg].
    """

    grams = Kept("g REO", "week", "plant")
    content = Kept("g", "week", "material", "plant")
    cost = Kept("g x US$/kg", "week", "plant")

    def __init__(self, concentrate: ConcentrateMarket, refiners: Population, materials: int) -> None:
        weeks = int(concentrate.ways.transit.max(initial=0)) + 1
        self.grams = np.zeros((weeks, refiners.size), dtype=np.int64)
        self.content = np.zeros((weeks, materials, refiners.size))
        self.cost = np.zeros((weeks, refiners.size))
        self.seal()

    @property
    def under_way(self) -> UnderWay:
        """The arrays for compiled code."""
        return UnderWay(self.grams, self.content, self.cost)


@compiled
def send(
    under_way: UnderWay, week: int, plant: int, grams: int, content: FloatArray, cost: float, share: float
) -> None:
    """Put concentrate on the way to a plant.

    Parameters
    ----------
    week : of arrival, at most as far ahead as the longest way.
    grams : what the plant takes [g REO].
    content, cost : (materials,) contained oxide [g], and cost of mining [g x US$/kg], of the whole shipment.
    share : part of the shipment that the plant takes.
    """
    place = week % under_way.grams.shape[0]
    under_way.grams[place, plant] += grams
    under_way.cost[place, plant] += share * cost
    for material in range(content.size):
        under_way.content[place, material, plant] += share * content[material]
