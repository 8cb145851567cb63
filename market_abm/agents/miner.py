"""Miners dig ore into concentrate and choose their output (ODD: Miner).

`Miner` is a licensed mine, private or state-owned. `IllegalMiner` obeys no
quota, pays no charge, and enters and leaves with the margin.
"""

import numpy as np

from market_abm.agents.arithmetic import TINY, between, power
from market_abm.agents.column import Column
from market_abm.agents.life import Stage
from market_abm.agents.population import Agent, rule
from market_abm.core.units import WEEKS_PER_YEAR, Values
from market_abm.scenario.parameters import MinerParameters

NO_PLANT = -1


class Miner(Agent):
    """A mine and the project around it."""

    group = Column("-", dtype=object)
    deposit = Column("deposit index", dtype=np.int64)
    heavy = Column("-", dtype=np.bool_)
    basket = Column("1", by_material=True, low=0, high=1)
    capacity = Column("g/week", low=0)
    scale = Column("1", low=0)
    start_cost = Column("US$/kg REO", low=0)
    concentrate_cost_share = Column("1", low=0, high=1)
    avoidable_cost_share = Column("1", low=0)
    under_quota = Column("-", dtype=np.bool_)
    corporate = Column("-", dtype=np.bool_)
    reserve = Column("g", dtype=np.int64, low=0)
    start_reserve = Column("g", low=0)
    plant = Column("refiner row or -1", dtype=np.int64)
    stage = Column("stage index", dtype=np.int64, low=0, high=5)
    utilisation = Column("1", low=0, high=1)
    ramp = Column("1", low=0, high=1)
    home_value = Column("US$/kg REO")
    outside_value = Column("US$/kg REO")
    cash_cost = Column("US$/kg REO", low=0)
    home_fee = Column("US$/kg REO", low=0)
    unsold = Column("4 weeks", low=0)
    tied = Column("-", dtype=np.bool_)
    capex = Column("micro-US$", low=0)
    lead_years = Column("year", low=0)
    ready_step = Column("week", dtype=np.int64)
    accessible_step = Column("week", dtype=np.int64)
    permit_chance = Column("1/quarter", low=0, high=1)
    good_quarters = Column("quarter", dtype=np.int64, low=0)
    sponsor = Column("state buyer row or -1", dtype=np.int64)
    state_share = Column("1", low=0, high=1)
    concentrate = Column("g", book="concentrate", low=0)
    cash = Column("micro-US$", book="money")
    debt = Column("micro-US$", book="debt", low=0)
    state_debt = Column("micro-US$", book="state_debt", low=0)

    @property
    def parameters(self) -> MinerParameters:
        """Numbers of the rules below."""
        return self.population.model.scenario.parameters.miner

    @rule
    def charge(self) -> Values:
        """Resource tax and environmental charge on legal mines, as a share of cost [1]."""
        return self.market.regime.mining_charge[self.zone]

    @rule
    def full_cost(self) -> Values:
        """Cash cost up to separated oxide [US$/kg REO], charges included."""
        left = np.maximum(self.reserve / np.maximum(self.start_reserve, TINY), 0.05)
        deeper = np.where(self.start_reserve > 0, power(left, -self.parameters.depletion), 1.0)
        return self.start_cost * self.market.cost_index[self.zone] * (1 + self.charge()) * deeper

    @rule
    def mining_cost(self) -> Values:
        """The part of the cost that falls before separation [US$/kg REO]."""
        return self.concentrate_cost_share * self.full_cost()

    @rule
    def goes_home(self) -> Values:
        """Whether ore goes to the own plant: it pays better there, or a contract obliges."""
        home_margin, outside_margin = self.home_value - self.cash_cost, self.outside_value - self.cash_cost
        return (self.plant != NO_PLANT) & self.plant_ready() & (self.tied | (home_margin >= outside_margin))

    @rule
    def plant_ready(self) -> Values:
        """Whether the own plant stands and runs."""
        refiners = self.market.refiners_operating
        if len(refiners) == 0:
            return self.plant > len(refiners)
        return np.where(self.plant == NO_PLANT, False, refiners[np.maximum(self.plant, 0)])

    @rule
    def revenue_over_cost(self) -> Values:
        """Revenue over cost on the better route [1]."""
        home = (self.home_value + self.home_fee) / np.maximum(self.cash_cost + self.home_fee, TINY)
        outside = self.outside_value / np.maximum(self.cash_cost, TINY)
        return np.where(self.goes_home(), home, outside)

    @rule
    def next_utilisation(self) -> Values:
        """Utilisation after this week's step towards what pays [1].

        Unsold oxide curbs output; a by-product mine stops only when revenue
        does not cover its avoidable cost.
        """
        rules = self.parameters
        margin = self.revenue_over_cost() / self.avoidable_cost_share
        wanted = between((margin - rules.shutdown_ratio) / rules.utilisation_band, 0.0, 1.0)
        wanted = wanted * between(1 - rules.stock_curb * (self.unsold - 2), 0.25, 1.0)
        speed = np.where(self.responds_fast(), rules.response_home, rules.response)
        return between(self.utilisation + speed * (wanted - self.utilisation), 0.0, 1.0)

    @rule
    def responds_fast(self) -> Values:
        """Whether output follows the margin at the faster speed."""
        return self.under_quota

    @rule
    def next_ramp(self) -> Values:
        """Ramp-up after this week [1]; a mine that does not operate starts again from nothing."""
        grown = np.minimum(self.ramp + 1 / self.parameters.ramp_weeks, 1.0)
        return np.where(self.stage == Stage.OPERATING, grown, 0.0)

    @rule
    def possible_output(self) -> Values:
        """Output chosen this week before any quota [g/week], within what is left in the ground."""
        chosen = self.capacity * self.scale * self.ramp * self.utilisation * self.capacity_left()
        chosen = np.where(self.stage == Stage.OPERATING, chosen, 0.0)
        return np.where(self.start_reserve > 0, np.minimum(chosen, self.reserve), chosen)

    @rule
    def capacity_left(self) -> Values:
        """Share of capacity that no outage has taken [1]."""
        return self.market.outage_left(self.group)

    @rule
    def next_scale(self) -> Values:
        """Capacity over start capacity: quota-bound mines expand while they run full."""
        growing = self.under_quota & (self.utilisation > 0.95) & (self.stage == Stage.OPERATING)
        return np.where(growing, self.scale * np.exp(self.parameters.expansion / WEEKS_PER_YEAR), self.scale)


class IllegalMiner(Miner):
    """A digger without licence: no quota, no charge, free entry."""

    @rule
    def charge(self) -> Values:
        """Illegal pits pay no charge."""
        return self.zone * 0.0

    @rule
    def responds_fast(self) -> Values:
        """A digger follows the margin at once."""
        return self.stage == Stage.OPERATING

    @rule
    def capacity_left(self) -> Values:
        """Share of capacity that outages and enforcement leave; high margins corrupt enforcement."""
        margin = np.maximum(self.revenue_over_cost() - self.parameters.entry_margin, 0.0)
        depth = self.market.regime.crackdown[self.zone] / (1 + self.parameters.enforcement_leak * margin)
        return (1 - np.minimum(depth, 1.0)) * self.market.outage_left(self.group)

    @rule
    def next_scale(self) -> Values:
        """Entry and exit: capacity grows or shrinks with the margin, within limits."""
        rules = self.parameters
        margin = between(self.revenue_over_cost() - rules.entry_margin, -0.5, 1.5)
        return between(self.scale * np.exp(margin * rules.entry_speed / WEEKS_PER_YEAR), *rules.illegal_bounds)
