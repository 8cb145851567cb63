"""Illegal miners obey no quota, pay no charge, and enter and leave with the margin (ODD: Illegal miner)."""

import math

import numpy as np

from market_abm.agents.miner import OPERATING, Miner
from market_abm.core.arithmetic import between
from market_abm.core.rules import rule
from market_abm.core.units import WEEKS_PER_YEAR

LEAST_ENTRY, GREATEST_ENTRY = -0.5, 1.5  # margins beyond these change capacity no faster (assumed)


class IllegalMiner(Miner):
    """A digger without licence."""

    @rule
    def charge():
        """Illegal pits pay no charge [1]."""
        return 0.0

    @rule(dtype=np.bool_)
    def responds_fast(stage):
        """A digger follows the margin at once."""
        return stage == OPERATING

    @rule
    def capacity_left(outage_left, crackdown, revenue_over_cost, entry_margin, enforcement_leak):
        """Share of capacity that outages and enforcement leave [1]; high margins corrupt enforcement."""
        margin = max(revenue_over_cost - entry_margin, 0.0)
        depth = crackdown / (1.0 + enforcement_leak * margin)
        return (1.0 - min(depth, 1.0)) * outage_left

    @rule
    def next_scale(scale, revenue_over_cost, entry_margin, entry_speed, illegal_bounds):
        """Entry and exit: capacity grows or shrinks with the margin, within limits [1]."""
        margin = between(revenue_over_cost - entry_margin, LEAST_ENTRY, GREATEST_ENTRY)
        grown = scale * math.exp(margin * entry_speed / WEEKS_PER_YEAR)
        return between(grown, illegal_bounds[0], illegal_bounds[1])
