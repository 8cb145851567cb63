"""What states have promised a mine: floors, purchases in a band (ODD: Project).

A promise is worth what it adds to the price while it lasts. Owners count it when they decide to build, to run and
to come back: that is what it is made for.
"""

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np

from market_abm.agents.miner import NO_PLANT, OPERATING
from market_abm.agents.population import Population
from market_abm.agents.state_buyer import StateBuyer, bodies_of
from market_abm.core.arithmetic import between
from market_abm.core.units import DAYS_PER_YEAR, GRAMS_PER_TONNE, WEEKS_PER_YEAR, FloatArray
from market_abm.market.market import Market
from market_abm.policy import BandPurchase, PriceFloor
from market_abm.policy.base import Policy
from market_abm.policy.regime import Regime


@dataclass(frozen=True)
class Outlook:
    """How an owner looks over a project's life.

    Attributes
    ----------
    rate : discount rate [1/year].
    years : life of a project [year].
    today : date of the week.
    """

    rate: float
    years: float
    today: dt.date

    def part_covered(self, policy: Policy, wait: float) -> float:
        """Part of a project's discounted life that a promise covers [1]; wait : years until the project runs."""
        if policy.end is None:
            return 1.0
        years = between((policy.end - self.today).days / DAYS_PER_YEAR - wait, 0.0, self.years)
        return (1 - math.exp(-self.rate * years)) / (1 - math.exp(-self.rate * self.years))


def value_promises(
    state_buyers: Population, miners: Population, refiners: Population, market: Market, regime: Regime
) -> FloatArray:
    """Return what promises add this week to a kilogram from each mine's own plant [US$/kg REO], shape (mines,)."""
    return worth_of_promises(state_buyers, miners, refiners, market, regime, None)


def worth_of_promises(
    state_buyers: Population,
    miners: Population,
    refiners: Population,
    market: Market,
    regime: Regime,
    outlook: Outlook | None,
) -> FloatArray:
    """Return what promises add to the worth of a kilogram from each mine's own plant [US$/kg REO], shape (mines,).

    Parameters
    ----------
    outlook : of an owner who weighs promises at expected prices and by how long they last; None for this week's
        worth at last week's price.
    """
    added = np.zeros(miners.size)
    if not (state_buyers.size and regime.holds(PriceFloor, BandPurchase)):
        return added
    price = market.price[:, miners.plant_zone] if outlook is None else miners.expected_price()
    book = _PromiseBook(miners, refiners, market, price, outlook)
    for body in bodies_of(state_buyers):
        for floor in body.held(PriceFloor):
            for row in miners.rows_called([floor.project]):
                added[row] += book.lasting(floor, row) * book.of_floor(floor, row)
        for band in body.held(BandPurchase):
            for row in miners.rows_called(band.producers):
                added[row] += book.lasting(band, row) * book.of_band(body, band, row)
    return added


@dataclass(frozen=True)
class _PromiseBook:
    """Weighs promises one by one; price : at the own plant of each mine (materials, mines) [US$/kg]."""

    miners: Population
    refiners: Population
    market: Market
    price: FloatArray
    outlook: Outlook | None

    def lasting(self, policy: Policy, row: int) -> float:
        """Part of a project's discounted life that a promise covers [1]; all of this week."""
        if self.outlook is None:
            return 1.0
        wait = 0.0 if self.miners.stage[row] == OPERATING else float(self.miners.lead_years[row])
        return self.outlook.part_covered(policy, wait)

    def of_floor(self, policy: PriceFloor, row: int) -> float:
        """What a floor adds [US$/kg REO]; less than nothing where a part of a higher price is paid back."""
        plant = int(self.miners.plant[row])
        if plant == NO_PLANT:
            return 0.0
        material = self.market.materials.index(policy.material)
        gap = policy.floor - self.price.item(material, row)
        most = math.inf if policy.tonnes_per_year is None else policy.tonnes_per_year * GRAMS_PER_TONNE / WEEKS_PER_YEAR
        return self._per_kilogram(row, material, gap if gap > 0 else gap * policy.upside_share, most)

    def of_band(self, body: StateBuyer, policy: BandPurchase, row: int) -> float:
        """What purchases in a band add [US$/kg REO]."""
        plant, market = int(self.miners.plant[row]), self.market
        if plant == NO_PLANT:
            return 0.0
        added = 0.0
        for material in body.rows_of(policy.materials):
            gap = body.band(policy, material)[0] - self.price.item(material, row)
            most = policy.weekly_share * market.zone_use.item(material, body.zone)
            added += self._per_kilogram(row, material, max(gap, 0.0), most)
        return added

    def _per_kilogram(self, row: int, material: int, gap: float, covered: float) -> float:
        """A gap on the oxide, as US$/kg REO, when at most `covered` grams a week have it."""
        miners = self.miners
        basket, recovery = miners.basket.item(material, row), self.refiners.recovery.item(miners.plant[row])
        output = miners.capacity.item(row) * miners.scale.item(row) * basket * recovery  # [g/week] at full output
        return gap * (basket * recovery) * min(1.0, covered / output) if output > 0 else 0.0
