"""The export authority of a gated zone (ODD: Export authority).

It announces rounds and stops output when a policy tells it to; the surprise in a round is what alarms buyers
abroad.
"""

import math

import numpy as np

from market_abm.agents.population import Agent
from market_abm.core.arithmetic import between
from market_abm.core.columns import Column
from market_abm.core.rules import rule
from market_abm.core.units import DAYS_PER_YEAR


class ExportAuthority(Agent):
    """The government office at the gate."""

    sections = ("licence",)
    sizes = ("surprise",)

    usual_quota = Column("t", low=0)
    surprise = Column("1", low=0, high=1)
    round_opened = Column("ordinal day", dtype=np.int64)
    halted_until = Column("week", dtype=np.int64)
    cash = Column("micro-US$", book="money")

    @rule
    def cut_against_usual(usual_quota, quota_t):
        """Cut of a new round against what buyers had come to expect [1]; quota_t : the round [t]."""
        return between(1.0 - quota_t / max(usual_quota, 1.0), 0.0, 1.0)

    @rule
    def next_usual_quota(usual_quota, quota_t, reference_ceiling_t, reference_adaptation):
        """What buyers expect after a round [t]: they learn part of the change."""
        return usual_quota + reference_adaptation * (min(quota_t, reference_ceiling_t) - usual_quota)

    @rule
    def alarm_left(surprise, round_opened, today):
        """Alarm left of the last surprise [1]: it fades by a factor e in a year; today : ordinal day."""
        return surprise * math.exp(-max(today - round_opened, 0) / DAYS_PER_YEAR)
