"""Verb of appraisal: what a mine's concentrate is worth at its own plant and elsewhere (ODD: Concentrate).

A kilogram of concentrate is worth, at a plant, what its oxides fetch there less fee and freight. An outside plant
pays the mine's cost and a part of the surplus.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from market_abm.agents.miner import NO_PLANT, NOWHERE
from market_abm.agents.population import Population
from market_abm.agents.refiner import paid_for_concentrate
from market_abm.core.arithmetic import TINY
from market_abm.core.compiled import compiled
from market_abm.core.units import BoolArray, FloatArray, IntArray
from market_abm.market.concentrate import ConcentrateMarket, Ways
from market_abm.market.market import Market
from market_abm.policy.regime import Regime
from market_abm.scenario.parameters import Parameters

ENOUGH = 0.1  # part of a mine's full output that a plant must be able to take for its offer to count in full (assumed)

Plants: TypeAlias = tuple[IntArray, FloatArray, BoolArray, FloatArray, FloatArray, FloatArray]
"""Group, capacity, whether it runs, recovery, fee paid and part of the surplus paid to a mine; each (plants,)."""


@dataclass(frozen=True)
class Appraised:
    """What concentrate is worth away from the own plant; legal mines first, then illegal ones.

    Attributes
    ----------
    surplus : (mines, groups) worth less cash cost [US$/kg REO]; `NOWHERE` where it cannot be delivered.
    offer : (mines, groups) what plants pay [US$/kg REO].
    """

    surplus: FloatArray
    offer: FloatArray


class Terms(NamedTuple):
    """What groups of plants can take and ask for, shape (groups,).

    Attributes
    ----------
    room : capacity of running plants [g/week].
    recovery : oxide recovered from concentrate [1].
    fee : for separation, less subsidy [US$/kg REO].
    mine_share : part of the surplus paid to a mine [1].
    """

    room: FloatArray
    recovery: FloatArray
    fee: FloatArray
    mine_share: FloatArray


class Worth(NamedTuple):
    """Arrays that an appraisal of mines writes: columns of the mines, and their rows of `Appraised`."""

    home_value: FloatArray
    home_fee: FloatArray
    outside_value: FloatArray
    plant_running: BoolArray
    surplus: FloatArray
    offer: FloatArray


def appraise_concentrate(
    concentrate: ConcentrateMarket,
    mining: tuple[Population, Population],
    refiners: Population,
    market: Market,
    regime: Regime,
    parameters: Parameters,
    promises: FloatArray,
) -> Appraised:
    """Tell every mine what its concentrate is worth at its own plant and elsewhere.

    What states promised a licensed mine is added to its worth at the own plant.
    """
    ways, groups = concentrate.ways, len(concentrate.groups)
    _tell_outages(refiners, "capacity_left", regime)
    fee, mine_share = refiners.ask("fee_paid", "mine_share")
    plants = (refiners.group_index, refiners.capacity, refiners.operating, refiners.recovery, fee, mine_share)
    credit, embargo = parameters.refiner.other_credit_usd_per_kg, bool(regime.embargoed.any())
    mines = sum(miners.size for miners in mining)
    appraised, start = Appraised(np.empty((mines, groups)), np.empty((mines, groups))), 0
    for miners in mining:
        _tell_outages(miners, "outage_left", regime)
        miners.ask("mining_cost", into=[miners.cash_cost])
        part = slice(start, start + miners.size)
        start += miners.size
        columns = (miners.home_value, miners.home_fee, miners.outside_value, miners.plant_running)
        worth = Worth(*columns, appraised.surplus[part], appraised.offer[part])
        size = (miners.zone, miners.heavy, miners.basket, miners.capacity, miners.scale, miners.cash_cost)
        _appraise(
            *(ways, market.price, credit, embargo, regime.concentrate_allowed),
            *(size, miners.plant, plants, worth),
        )
    mining[0].home_value[:] += promises
    return appraised


def _tell_outages(producers: Population, column: str, regime: Regime) -> None:
    """Set what outages leave of each producer's capacity; they are decreed by name of the group."""
    left = producers.columns[column]
    left.fill(1.0)
    for name, share in regime.supply.items():
        left[producers.group == name] = share


@compiled
def _terms_of_groups(groups: int, plants: Plants) -> Terms:
    """Add up the plants of each group; terms that differ within a group are averaged by running capacity."""
    group, capacity, operating, recovery, fee, mine_share = plants
    room = np.zeros(groups)
    for plant in range(group.size):
        if operating[plant]:
            room[group[plant]] += capacity[plant]
    first, of_group = np.full(groups, -1), np.zeros((3, groups))
    for plant in range(group.size):
        index = group[plant]
        if first[index] < 0:
            first[index] = plant
            of_group[0, index], of_group[1, index] = recovery[plant], fee[plant]
            of_group[2, index] = mine_share[plant]
        elif operating[plant]:
            # The way from the first plant's terms, so that like plants give their own terms to the last bit.
            weight, start = capacity[plant] / max(room[index], TINY), first[index]
            of_group[0, index] += weight * (recovery[plant] - recovery[start])
            of_group[1, index] += weight * (fee[plant] - fee[start])
            of_group[2, index] += weight * (mine_share[plant] - mine_share[start])
    return Terms(room, of_group[0], of_group[1], of_group[2])


@compiled
def allowed_share(allowed: FloatArray, basket: FloatArray, mine: int, origin: int, destination: int) -> float:
    """Part of the destination's plants that a mine's concentrate may fill: the strictest of what it holds [1].

    Parameters
    ----------
    allowed : (materials, zones, zones) by material held; infinite where nothing limits it.
    basket : (materials, mines) contained oxide [1].
    """
    share = math.inf
    for material in range(basket.shape[0]):
        if basket[material, mine] > 0.0:
            share = min(share, allowed[material, origin, destination])
    return share


@compiled
def _netback(
    ways: Ways,
    price: FloatArray,
    basket: FloatArray,
    mine: int,
    is_heavy: bool,
    origin: int,
    group: int,
    recovery: float,
    fee: float,
) -> float:
    """What a mine's oxides fetch at a group of plants, less fee and freight [US$/kg REO]."""
    destination = ways.zone[group]
    treated = ways.heavy[group] if is_heavy else ways.light[group]
    if not (treated and ways.is_open[origin, destination]):
        return NOWHERE
    oxides = 0.0
    for material in range(price.shape[0]):
        oxides += basket[material, mine] * (price[material, destination] * recovery)
    return float(oxides - fee - ways.freight[origin, destination])


@compiled
def _appraise(
    ways: Ways,
    price: FloatArray,
    credit: float,
    embargo: bool,
    allowed: FloatArray,
    mines: tuple[IntArray, BoolArray, FloatArray, FloatArray, FloatArray, FloatArray],
    own_plant: IntArray,
    plants: Plants,
    worth: Worth,
) -> None:
    """Fill `worth` for the mines of a population."""
    zone, heavy, basket, capacity, scale, cash_cost = mines
    plant_group, _, operating, recovery, fee, _ = plants
    groups = ways.zone.size
    terms = _terms_of_groups(groups, plants)
    outlet = np.zeros(groups)
    for mine in range(zone.size):
        place, cost, own = (mine, heavy[mine], zone[mine]), cash_cost[mine], -1
        plant = own_plant[mine]
        worth.home_value[mine], worth.home_fee[mine], worth.plant_running[mine] = NOWHERE, 0.0, False
        if plant != NO_PLANT:
            own = plant_group[plant]
            value = _netback(ways, price, basket, *place, own, recovery[plant], fee[plant])
            worth.home_value[mine] = value + credit
            worth.home_fee[mine], worth.plant_running[mine] = fee[plant], operating[plant]
        for group in range(groups):
            outlet[group] = terms.room[group] if group != own else 0.0
            if embargo:
                share = allowed_share(allowed, basket, mine, zone[mine], ways.zone[group])
                outlet[group] *= min(share, 1.0)
            worth.surplus[mine, group], worth.offer[mine, group] = NOWHERE, NOWHERE
            if outlet[group] >= 1.0:  # a plant that takes less than a gram a week is no outlet
                value = _netback(ways, price, basket, *place, group, terms.recovery[group], terms.fee[group])
                if value > NOWHERE:
                    value += credit
                    worth.surplus[mine, group] = value - cost
                    worth.offer[mine, group] = paid_for_concentrate(value, cost, terms.mine_share[group])
        worth.outside_value[mine] = _outside_value(worth.offer[mine], outlet, capacity[mine] * scale[mine])


@compiled
def _outside_value(offer: FloatArray, outlet: FloatArray, output: float) -> float:
    """Price that a mine reckons with away from its own plant [US$/kg REO]: the best offer that can take enough.

    An offer counts as far as its plants have room for a tenth of the mine's full output; the rest is filled by the
    next best, and earns nothing where there is none. So a plant with next to no room changes next to nothing.

    Parameters
    ----------
    offer : (groups,) [US$/kg REO].
    outlet : (groups,) room for this mine's concentrate [g/week].
    output : of the mine at full capacity [g/week].
    """
    best, below = NOWHERE, math.inf
    for price in offer:
        best = max(best, price)
    if best <= 0.0:
        return float(best)
    left, value = 1.0, 0.0
    while best > 0.0 and left > 0.0:
        for group in range(offer.size):
            if offer[group] == best:
                part = min(left, outlet[group] / max(ENOUGH * output, TINY))
                value += part * best
                left -= part
        below, best = best, 0.0
        for price in offer:
            if price < below:
                best = max(best, price)
    return value
