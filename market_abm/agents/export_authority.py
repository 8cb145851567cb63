"""The export authority of a gated zone, and the holders of its licences (ODD: Export authority).

The authority announces rounds and stops output when a policy tells it to; the
surprise in a round is what alarms buyers abroad. Holders offer the licences
they have got, a little below the last licence price, and keep the rest for
later in the round: an unused licence still has a value.
"""

import numpy as np

from market_abm.agents.arithmetic import between
from market_abm.agents.column import Column
from market_abm.agents.population import Agent, rule, rule_of_each
from market_abm.core.units import Values
from market_abm.scenario.parameters import LicenceParameters


class ExportAuthority(Agent):
    """The government office at the gate."""

    usual_quota = Column("t", low=0)
    surprise = Column("1", low=0, high=1)
    round_opened = Column("ordinal day", dtype=np.int64)
    halted_until = Column("week", dtype=np.int64)
    cash = Column("micro-US$", book="money")

    @property
    def parameters(self) -> LicenceParameters:
        """Numbers of the rules below."""
        return self.population.model.scenario.parameters.licence

    @rule_of_each(1)
    def cut_against_usual(self, quota_t: Values) -> Values:
        """Cut of a new round against what buyers had come to expect [1].

        Parameters
        ----------
        quota_t : the round's tonnes.
        """
        return between(1 - quota_t / np.maximum(self.usual_quota, 1.0), 0.0, 1.0)

    @rule_of_each(1)
    def next_usual_quota(self, quota_t: Values) -> Values:
        """What buyers expect after a round [t]: they learn part of the change."""
        rules = self.parameters
        seen = np.minimum(quota_t, rules.reference_ceiling_t)
        return self.usual_quota + rules.reference_adaptation * (seen - self.usual_quota)

    @rule
    def quota_alarm(self, today: int) -> Values:
        """Alarm left of the last surprise [1]: it fades by a factor e in a year."""
        years = np.maximum(today - self.round_opened, 0) / 365.2425
        return self.surprise * np.exp(-years)


class LicenceHolder(Agent):
    """A trading company with a share of the export licences."""

    share = Column("1", low=0, high=1)
    concession = Column("1/week", low=0, high=1)
    cash = Column("micro-US$", book="money")

    @property
    def parameters(self) -> LicenceParameters:
        """Numbers of the rules below."""
        return self.population.model.scenario.parameters.licence

    @rule_of_each(1)
    def offers(self, licences: Values, weeks_left: float, last_price: float) -> tuple[Values, Values]:
        """Licences offered this week.

        Parameters
        ----------
        licences : licences left [g].
        weeks_left : weeks left in the round.
        last_price : last licence price [US$/kg].

        Returns
        -------
        limit [US$/kg] and quantity [g] of the offer.
        """
        pace = min(1.0, self.parameters.release / max(weeks_left, 1.0))
        return last_price * (1 - self.concession), licences * pace
