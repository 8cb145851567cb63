"""Goods under way: oxides to manufacturers, concentrate to plants; bought, not yet there (ODD: Trade)."""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.books.ledger import Ledger
from market_abm.core.state import Kept, State
from market_abm.core.units import FloatArray, IntArray
from market_abm.market.network import Network

if TYPE_CHECKING:
    from market_abm.model import MineralMarket


class Transit(State):
    """A ring of arrivals by week; the buyer has title, so orders are net of what is coming.

    Attributes
    ----------
    lags : the transit times that occur, longest first [week].
    ring : (weeks, materials, manufacturers) grams by week of arrival.
    """

    ring = Kept("g", "week", "material", "manufacturer")

    def __init__(self, network: Network, manufacturers: Population) -> None:
        self.lags = sorted({int(weeks) for weeks in network.transit if weeks > 0}, reverse=True)
        slots = max(self.lags, default=0) + 1
        self.ring = np.zeros((slots, *manufacturers.stock.shape), dtype=np.int64)
        self.seal()


def deliver_goods(
    transit: Transit, manufacturers: Population, ledger: Ledger, accounts: Accounts, week_index: int
) -> None:
    """Let this week's arrivals enter the stocks."""
    slot = transit.ring[week_index % len(transit.ring)]
    if slot.any():
        manufacturers.coming[:] -= slot
        ledger.move_all("arrival", accounts.under_way, accounts.group(manufacturers), slot)
        slot[:] = 0


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
