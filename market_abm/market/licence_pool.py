"""A pool of export licences: what is left of the round, and what a licence last cost (ODD: Export authority)."""

import datetime as dt

import numpy as np

from market_abm.agents.population import Population
from market_abm.core.units import TICKS_PER_DOLLAR, IntArray
from market_abm.market.orders import Orders
from market_abm.market.regime import PoolTerms
from market_abm.market.rounding import split_whole

LAST_ROUND_WEEKS = 26  # length assumed for a round without an end (half a year)


class LicencePool:
    """Licences of one pool, in grams of product, by holder.

    Attributes
    ----------
    left : licences left in the round [g], one entry a holder.
    price : last licence price [ticks]; a pool that takes another's place begins with its price.
    issued, used : of this round [g].
    """

    def __init__(self, terms: PoolTerms, holders: Population, rows: IntArray, price: int = 0) -> None:
        self.label = terms.label
        self.rows = rows
        self.price = price
        self.opened = dt.date(1, 1, 1)
        self.left: IntArray = np.zeros(len(rows), dtype=np.int64)
        self.issued = self.used = self.offered = 0
        self.renew(terms, holders)

    def renew(self, terms: PoolTerms, holders: Population) -> bool:
        """Open a new round when the terms say so; unused licences of the old one lapse."""
        self.terms = terms
        same_round = terms.opened == self.opened
        if same_round and terms.grams == self.issued:
            return False
        if not same_round:
            self.opened, self.used = terms.opened, 0
        # A round changed under way gives what is left of its new size.
        self.issued = terms.grams
        self.left = split_whole(max(terms.grams - self.used, 0), holders.share[self.rows])
        return True

    def weeks_left(self, day: dt.date) -> float:
        """Weeks until the round closes, at least one."""
        closes = self.terms.closes or self.opened + dt.timedelta(weeks=LAST_ROUND_WEEKS)
        return max(1.0, round((closes - day).days / 7))

    def offers(self, holders: Population, day: dt.date) -> Orders:
        """Offers of all holders this week, as asks of licences [ticks, g]."""
        limit, quantity = holders.offers(self._of_all(holders), self.weeks_left(day), self.price / TICKS_PER_DOLLAR)
        ticks = np.floor(limit[self.rows] * TICKS_PER_DOLLAR).astype(np.int64)
        grams = np.minimum(np.floor(quantity[self.rows]).astype(np.int64), self.left)
        self.offered = int(grams.sum())
        return Orders(zone=np.zeros(len(grams), dtype=np.int64), limit=ticks, quantity=grams, number=self.rows)

    def _of_all(self, holders: Population) -> IntArray:
        licences = np.zeros(holders.size, dtype=np.int64)
        licences[self.rows] = self.left
        return licences

    def settle(self, price: int, fills: IntArray) -> None:
        """Take the used licences out and remember the price."""
        self.price = price
        self.left = self.left - fills
        self.used += int(fills.sum())
