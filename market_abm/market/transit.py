"""Goods under way: oxides to manufacturers, concentrate to plants; bought, not yet there (ODD: Trade)."""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.core.units import FloatArray, IntArray

if TYPE_CHECKING:
    from market_abm.model import MineralMarket


class Transit:
    """A ring of arrivals by week; the buyer has title, so orders are net of what is coming.

    Attributes
    ----------
    lags : the transit times that occur, longest first [week].
    ring : (weeks, materials, manufacturers) grams by week of arrival.
    """

    def __init__(self, model: "MineralMarket") -> None:
        self.model = model
        self.lags = sorted({int(weeks) for weeks in model.network.transit if weeks > 0}, reverse=True)
        slots = max(self.lags, default=0) + 1
        self.ring: IntArray = np.zeros((slots, len(model.market.materials), model.manufacturers.size), dtype=np.int64)

    def send(self, weeks: int, grams: IntArray) -> None:
        """Put grams (materials, manufacturers) on the way for some weeks."""
        makers = self.model.manufacturers
        self.ring[(self.model.week_index + weeks) % len(self.ring)] += grams
        makers.coming[:] += grams
        self.model.ledger.move_all("under way", self.model.house, self.model.under_way, grams, source_row=0)

    def deliver(self) -> None:
        """Let this week's arrivals enter the stocks."""
        slot = self.week_slot()
        if self.ring[slot].any():
            makers, arrived = self.model.manufacturers, self.ring[slot].copy()
            self.ring[slot] = 0
            makers.coming[:] -= arrived
            self.model.ledger.move_all("arrival", self.model.under_way, self.model.group_of(makers), arrived)

    def week_slot(self) -> int:
        """Place of this week in the ring."""
        return self.model.week_index % len(self.ring)


class Feed:
    """Concentrate under way to plants, by week of arrival, with what it holds and what it cost.

    Attributes
    ----------
    grams : (weeks, plants) [g].
    content : (weeks, materials, plants) contained oxide [g].
    cost : (weeks, plants) cash cost of mining it [g x US$/kg].
    """

    def __init__(self, model: "MineralMarket") -> None:
        self.model = model
        slots, plants = int(model.concentrate_market.transit.max(initial=0)) + 1, model.refiners.size
        self.grams: IntArray = np.zeros((slots, plants), dtype=np.int64)
        self.content: FloatArray = np.zeros((slots, len(model.market.materials), plants))
        self.cost: FloatArray = np.zeros((slots, plants))

    def send(self, weeks: int, plants: IntArray, grams: IntArray, content: FloatArray, cost: FloatArray) -> None:
        """Put concentrate on the way to plants; a plant may be named more than once."""
        slot = (self.model.week_index + weeks) % len(self.grams)
        np.add.at(self.grams[slot], plants, grams)
        for held, part in zip(self.content[slot], content, strict=True):
            np.add.at(held, plants, part)
        np.add.at(self.cost[slot], plants, cost)

    def arrive(self) -> tuple[IntArray, FloatArray, FloatArray]:
        """What arrives at each plant this week: grams, content and cost."""
        slot = self.model.week_index % len(self.grams)
        arrived = self.grams[slot].copy(), self.content[slot].copy(), self.cost[slot].copy()
        self.grams[slot], self.content[slot], self.cost[slot] = 0, 0.0, 0.0
        return arrived
