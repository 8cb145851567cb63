"""Holders of export licences (ODD: Licence holder).

They offer the licences they have got, a little below the last licence price, and keep the rest for later in the
round: an unused licence still has a value.
"""

from market_abm.agents.population import Agent
from market_abm.core.columns import Column
from market_abm.core.rules import rule


class LicenceHolder(Agent):
    """A trading company with a share of the export licences."""

    sections = ("licence",)
    sizes = ("share",)

    share = Column("1", low=0, high=1)
    concession = Column("1/week", low=0, high=1)
    cash = Column("micro-US$", book="money")

    @rule(gives=("limit", "quantity"))
    def offer(concession, licences, weeks_left, last_price, release):
        """Licences offered this week: limit [US$/kg] and quantity [g].

        licences : licences left [g]; weeks_left : weeks left in the round; last_price : last licence price
        [US$/kg]; all given by the pool.
        """
        return last_price * (1.0 - concession), licences * min(1.0, release / max(weeks_left, 1.0))
