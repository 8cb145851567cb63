"""What states have promised a mine: floors, purchases in a band, offtake at a floor (ODD: Project).

A promise is worth what it adds to the price while it lasts. Owners count it when they decide to
build, to run and to come back, which is what it is made for (MODEL 8).
"""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.agents.life import Stage
from market_abm.core.units import DAYS_PER_YEAR, GRAMS_PER_TONNE, WEEKS_PER_YEAR, FloatArray
from market_abm.policy import BandPurchase, PriceFloor
from market_abm.policy.base import Policy

if TYPE_CHECKING:
    from market_abm.agents.state_buyer import StateBuyer
    from market_abm.model import MineralMarket


def promised(model: "MineralMarket", price: FloatArray, rate: float | None = None) -> FloatArray:
    """What promises add to the worth of a kilogram from each mine's own plant [US$/kg REO], shape (mines,).

    Parameters
    ----------
    price : price without the promise (materials, zones or nodes) [US$/kg].
    rate : discount rate [1/year] of an owner who looks over a project's life; None for this week.
    """
    added = np.zeros(model.miners.size)
    for body in model.state_buyers.agents if model.state_buyers.size else []:
        for floor in body.held(PriceFloor):
            for row in model.miner_rows([floor.project]):
                added[row] += _lasting(model, floor, row, rate) * _floor(model, floor, row, price)
        for band in body.held(BandPurchase):
            for row in model.miner_rows(band.producers):
                added[row] += _lasting(model, band, row, rate) * _band(model, body, band, row, price)
    return added


def _output(model: "MineralMarket", row: int, material: int) -> float:
    """Oxide that a mine gives at full output through its own plant [g/week]."""
    miners, plant = model.miners, int(model.miners.plant[row])
    ore = miners.capacity[row] * miners.scale[row]
    return float(ore * miners.basket[material, row] * model.refiners.recovery[plant])


def _per_kilogram(model: "MineralMarket", row: int, material: int, gap: float, covered: float) -> float:
    """A gap on the oxide, as US$/kg REO, when at most `covered` grams a week have it."""
    output = _output(model, row, material)
    plant = int(model.miners.plant[row])
    content = float(model.miners.basket[material, row] * model.refiners.recovery[plant])
    return gap * content * min(1.0, covered / output) if output > 0 else 0.0


def _floor(model: "MineralMarket", policy: PriceFloor, row: int, price: FloatArray) -> float:
    plant = int(model.miners.plant[row])
    if plant < 0:
        return 0.0
    material = model.market.materials.index(policy.material)
    gap = policy.floor - float(price[material, model.refiners.zone[plant]])
    most = np.inf if policy.tonnes_per_year is None else policy.tonnes_per_year * GRAMS_PER_TONNE / WEEKS_PER_YEAR
    return _per_kilogram(model, row, material, gap if gap > 0 else gap * policy.upside_share, most)


def _band(model: "MineralMarket", body: "StateBuyer", policy: BandPurchase, row: int, price: FloatArray) -> float:
    plant, market = int(model.miners.plant[row]), model.market
    if plant < 0:
        return 0.0
    added = 0.0
    for material in [market.materials.index(name) for name in policy.materials] or range(len(market.materials)):
        gap = body.band(policy, material)[0] - float(price[material, model.refiners.zone[plant]])
        most = policy.weekly_share * float(market.zone_use[material, body.zone])
        added += _per_kilogram(model, row, material, max(gap, 0.0), most)
    return added


def _lasting(model: "MineralMarket", policy: Policy, row: int, rate: float | None) -> float:
    """Part of a project's discounted life that a promise covers [1]; all of this week."""
    if rate is None:
        return 1.0
    life = model.scenario.parameters.investment.horizon_years
    wait = 0.0 if model.miners.stage[row] == Stage.OPERATING else float(model.miners.lead_years[row])
    left = life if policy.end is None else (policy.end - model.today).days / DAYS_PER_YEAR - wait
    years = float(np.clip(left, 0.0, life))
    return float((1 - np.exp(-rate * years)) / (1 - np.exp(-rate * life)))
