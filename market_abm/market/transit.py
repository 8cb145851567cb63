"""Goods under way to manufacturers: bought, not yet there (ODD: Trade)."""

import numpy as np

from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.books.entry import Books, move
from market_abm.books.ledger import Ledger
from market_abm.core.compiled import compiled
from market_abm.core.state import Kept, State
from market_abm.core.units import IntArray
from market_abm.market.network import Network


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
    entry = ledger.entry("arrival", "under way", manufacturers.key)
    _arrive(
        *(ledger.books, entry, accounts.under_way.start, accounts.group(manufacturers).start),
        *(transit.ring, week_index, manufacturers.coming),
    )


@compiled
def _arrive(
    books: Books, entry: int, under_way: int, makers: int, ring: IntArray, week_index: int, coming: IntArray
) -> None:
    slot = ring[week_index % ring.shape[0]]
    for material in range(slot.shape[0]):
        for row in range(slot.shape[1]):
            grams = slot[material, row]
            if grams > 0:
                move(books, entry, material, under_way + row, makers + row, grams)
                coming[material, row] -= grams
                slot[material, row] = 0
