"""Goods under way to manufacturers: bought, not yet there (ODD: Trade)."""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.units import IntArray

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
