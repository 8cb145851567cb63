"""A pool of export licences: what is left of the round, and what a licence last cost (ODD: Export authority)."""

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from market_abm.agents.population import Population
from market_abm.core.rounding import split, whole_weights
from market_abm.core.units import TICKS_PER_DOLLAR, IntArray
from market_abm.policy.regime import PoolTerms

LAST_ROUND_WEEKS = 26  # length assumed for a round without an end (half a year)


@dataclass
class LicencePool:
    """Licences of one pool, in grams of product, by holder.

    Attributes
    ----------
    terms : as decreed this week.
    rows : holders of the pool's zone.
    left : licences left in the round [g], one entry a holder.
    price : last licence price [ticks]; a pool that takes another's place begins with its price.
    issued, used, offered : of this round, and of this week [g].
    """

    terms: PoolTerms
    rows: IntArray
    price: int = 0
    opened: dt.date = dt.date(1, 1, 1)
    left: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    issued: int = 0
    used: int = 0
    offered: int = 0

    @property
    def label(self) -> str:
        """Name of the pool."""
        return self.terms.label

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
        share = holders.share[self.rows]
        rest = max(terms.grams - self.used, 0) if share.any() else 0  # without holders nobody gets a licence
        self.left = split(rest, whole_weights(share), self.rows)
        return True

    def weeks_left(self, day: dt.date) -> float:
        """Weeks until the round closes, at least one."""
        closes = self.terms.closes or self.opened + dt.timedelta(weeks=LAST_ROUND_WEEKS)
        return max(1.0, round((closes - day).days / 7))

    def offers(self, holders: Population, day: dt.date) -> tuple[IntArray, IntArray]:
        """Limits [ticks] and quantities [g] that the holders offer this week, one entry a holder of the pool."""
        licences = self.left
        if self.rows.size != holders.size:  # several authorities have holders
            licences = np.zeros(holders.size, dtype=np.int64)
            licences[self.rows] = self.left
        limit, quantity = holders.offer(
            licences=licences, weeks_left=self.weeks_left(day), last_price=self.price / TICKS_PER_DOLLAR
        )
        ticks = np.floor(limit[self.rows] * TICKS_PER_DOLLAR).astype(np.int64)
        grams = np.minimum(np.floor(quantity[self.rows]).astype(np.int64), self.left)
        self.offered = int(grams.sum())
        return ticks, grams

    def settle(self, price: int, fills: IntArray) -> None:
        """Take the used licences out and remember the price."""
        self.price = int(price)
        self.left = self.left - fills
        self.used += int(fills.sum())


def opened_pool(terms: PoolTerms, holders: Population, price: int = 0) -> LicencePool:
    """Open a pool with its first round.

    Parameters
    ----------
    price : what a licence cost in the pool that this one replaces [ticks].
    """
    pool = LicencePool(terms, holders.rows_in(terms.origin), price)
    pool.renew(terms, holders)
    return pool
