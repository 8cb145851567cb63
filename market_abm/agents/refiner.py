"""Refiners separate concentrate into oxides and sell them from stock (ODD: Refiner)."""

import numpy as np

from market_abm.agents.arithmetic import TINY, between, beyond, over_materials, ratio
from market_abm.agents.column import Column
from market_abm.agents.population import Agent, rule
from market_abm.core.units import WEEKS_PER_YEAR, Values
from market_abm.scenario.parameters import RefinerParameters

PROMPT_DISCOUNT, SLOW_PREMIUM = -0.01, 0.02  # log steps of the two tranches (MODEL 6.4)
TREND_RANGE = (-0.3, 0.8)  # trends beyond these change withholding no further (prototype v3)
COVER_WEEKS = 4.0  # stock is counted in weeks of usual sales, four at a time (MODEL 6.4: of output)


class Refiner(Agent):
    """A separation plant."""

    group = Column("-", dtype=object)
    group_index = Column("group index", dtype=np.int64)
    capacity = Column("g/week", low=0)
    fee = Column("US$/kg REO", low=0)
    recovery = Column("1", low=0, high=1)
    takes_light = Column("-", dtype=np.bool_)
    takes_heavy = Column("-", dtype=np.bool_)
    surplus_to_mine = Column("1", low=0, high=1)
    operating = Column("-", dtype=np.bool_)
    owner = Column("miner row or -1", dtype=np.int64)
    corporate = Column("-", dtype=np.bool_)
    unit_cost = Column("US$/kg REO", low=0)
    usual_intake = Column("g REO/week", low=0)
    usual_output = Column("g/week", by_material=True, low=0)
    usual_sales = Column("g/week", by_material=True, low=0)
    offered = Column("g", by_material=True, low=0)
    stock = Column("g", by_material=True, book="mass", low=0)
    cash = Column("micro-US$", book="money")

    @property
    def parameters(self) -> RefinerParameters:
        """Numbers of the rules below."""
        return self.population.model.scenario.parameters.refiner

    @rule
    def cover(self) -> Values:
        """Unsold stock in four-week units of usual sales [4 weeks], shape (materials, ...).

        Of sales, not of output: else plants whose mines cut back while stocks run out see no shortage.
        """
        return ratio(self.stock, COVER_WEEKS * self.usual_sales)

    @rule
    def least_price(self) -> Values:
        """Price below which a refiner rather keeps its oxide [US$/kg].

        The joint cost of a basket is shared out by long-run value; large
        stocks make a seller accept a smaller part of it.
        """
        rules, anchor = self.parameters, self.market.anchor[:, self.zone]
        basket_value = ratio(over_materials(self.usual_output * anchor), self.usual_intake)
        share = anchor / np.maximum(basket_value + rules.other_credit_usd_per_kg, TINY)
        accepted = between(1 - rules.floor_slope * (self.cover() - 2), *rules.cost_floor)
        kept = np.maximum(self.unit_cost * share * accepted, self.storage_value())
        return np.maximum(kept, self.finishing_cost())

    @rule
    def finishing_cost(self) -> Values:
        """Cost that an oxide saves by staying in the mixture [US$/kg]: nobody precipitates and burns it for less.

        So cheap lanthanum and cerium are kept back unseparated when they do not pay (ODD: Refiner).
        """
        return self.parameters.finishing_share * self.fee * self.market.cost_index[self.zone]

    @rule
    def storage_value(self) -> Values:
        """What a kilogram is worth kept for later [US$/kg] (theory of storage: Working 1949, Deaton and Laroque 1992).

        Expected is the usual price of the last year and a half; waiting lasts as
        long as the stock takes to sell at the usual pace, and asks a return.
        """
        years = COVER_WEEKS * self.cover() / WEEKS_PER_YEAR
        return self.market.anchor[:, self.zone] * np.exp(-self.parameters.holding_return * years)

    @rule
    def asks(self) -> tuple[Values, Values]:
        """Offer the whole stock in two halves: prompt, and slower towards the usual price of half a year.

        The slow half leans on that price only as far as stock covers the target: else half of what is left
        would go at last half-year's price until nothing is left.

        Returns
        -------
        limit : (2, materials, ...) [US$/kg].
        quantity : (2, materials, ...) [g].
        """
        rules, market = self.parameters, self.market
        quote, usual = market.quote[:, self.zone], market.average[:, self.zone]
        trend = beyond(market.trend[:, self.zone], market.dead_band)
        held_back = rules.withholding * between(trend, *TREND_RANGE) * market.hoarding_on
        cover = self.cover()
        lean = between(-rules.cover_slope * (cover - rules.target_cover), -rules.ask_fall, rules.ask_rise)
        noise = rules.ask_noise * self.normal("asks", 2 * len(quote)).reshape(2, *quote.shape)
        step = lean + held_back + noise
        floor = self.least_price()
        prompt = np.maximum(floor, quote * np.exp(step[0] + PROMPT_DISCOUNT))
        of_usual = 0.5 * np.minimum(cover / rules.target_cover, 1.0)
        slow = np.maximum(floor, (quote + of_usual * (usual - quote)) * np.exp(step[1] + SLOW_PREMIUM))
        half = self.stock // 2
        return np.stack([prompt, slow]), np.stack([half, self.stock - half])
