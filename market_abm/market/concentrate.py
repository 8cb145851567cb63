"""Where concentrate goes: netback merit order of mines over plants (ODD: Concentrate; MODEL 6.4).

A kilogram of concentrate is worth, at a plant, what its oxides fetch there less
fee and freight. Own plants come first; the rest is assigned in order of
surplus over the mine's cash cost, within the plants' capacity.
"""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.core.compiled import compiled
from market_abm.core.units import TICKS_PER_DOLLAR, BoolArray, FloatArray, IntArray
from market_abm.market.promises import promised

if TYPE_CHECKING:
    from market_abm.model import MineralMarket

NOWHERE = -1e9  # value of concentrate that cannot be delivered [US$/kg]


@compiled
def _assign(surplus: FloatArray, order: IntArray, available: IntArray, room: IntArray, shipped: IntArray) -> None:
    """Fill `shipped` (mines, plant groups) greedily in the order given; stop at the first loss."""
    groups = room.size
    for place in order:
        mine, group = place // groups, place % groups
        if surplus[mine, group] < 0.0:
            break
        grams = min(available[mine], room[group])
        if grams > 0:
            shipped[mine, group] += grams
            available[mine] -= grams
            room[group] -= grams


class ConcentrateMarket:
    """Assigns the week's concentrate to plants.

    Plants of one scenario row are alike, so mines meet plant groups; what a
    group takes is split over its plants by capacity.
    """

    def __init__(self, model: "MineralMarket") -> None:
        self.model = model
        refineries = model.scenario.refinery
        names, market = list(refineries), model.market
        self.groups = names
        self.zone = np.array([market.zones.index(refineries[name].zone) for name in names], dtype=np.int64)
        self.recovery = np.array([refineries[name].recovery for name in names])
        self.fee = np.array([refineries[name].fee_usd_per_kg for name in names])
        self.to_mine = np.array([refineries[name].surplus_to_mine for name in names])
        self.light = np.array(["light" in refineries[name].families for name in names], dtype=bool)
        self.heavy = np.array(["heavy" in refineries[name].families for name in names], dtype=bool)
        freight = np.array([material.freight_usd_per_kg for material in model.scenario.material.values()])
        zones = len(market.zones)
        self.open_way: BoolArray = np.eye(zones, dtype=bool)
        self.freight: FloatArray = np.zeros((zones, zones))
        self.transit: IntArray = np.zeros((zones, zones), dtype=np.int64)
        for link in model.scenario.link:
            origin, destination = market.zones.index(link.origin), market.zones.index(link.destination)
            if not link.smuggled and origin not in market.gated:  # gated zones keep their concentrate
                self.open_way[origin, destination] = True
                self.freight[origin, destination] = freight.min() * link.freight_factor
                self.transit[origin, destination] = link.transit_weeks

    def fees(self) -> FloatArray:
        """Separation fee less subsidy, by plant group [US$/kg REO]."""
        market = self.model.market
        return self.fee * market.cost_index[self.zone] * (1 - market.regime.fee_subsidy[self.zone])

    def appraise(self) -> None:
        """Tell every mine what its concentrate is worth at its own plant and elsewhere."""
        market, refiners = self.model.market, self.model.refiners
        credit = self.model.scenario.parameters.refiner.other_credit_usd_per_kg
        fees = self.fees()
        room = np.zeros(len(self.groups))
        np.add.at(room, refiners.group_index, refiners.capacity * refiners.operating)
        self.working = room > 0
        oxide_value = market.price[:, self.zone] * self.recovery  # (materials, groups)
        for miners in self.model.mining:
            value = miners.basket.T @ oxide_value + credit - fees  # (mines, groups)
            value -= self.freight[miners.zone][:, self.zone]
            fits = np.where(miners.heavy[:, None], self.heavy, self.light) & self.open_way[miners.zone][:, self.zone]
            closed = market.regime.embargoed[miners.zone][:, self.zone] > 0
            value = np.where(fits & ~closed, value, NOWHERE)
            has_plant = miners.plant >= 0
            own = np.where(has_plant, refiners.group_index[np.maximum(miners.plant, 0)] if refiners.size else 0, 0)
            rows = np.arange(miners.size)
            miners.home_fee[:] = np.where(has_plant, fees[own] if len(fees) else 0.0, 0.0)
            miners.home_value[:] = np.where(has_plant, value[rows, own] if len(fees) else NOWHERE, NOWHERE)
            outside = np.where(self.working, value, NOWHERE)
            if refiners.size:
                outside[rows[has_plant], own[has_plant]] = NOWHERE
            cost = miners.cash_cost[:] = miners.mining_cost()
            surplus = outside - cost[:, None]
            paid = np.where(surplus > 0, cost[:, None] + self.to_mine * surplus, outside)
            miners.outside_value[:] = paid.max(axis=1) if len(self.groups) else NOWHERE
            self.model.surplus[miners.kind] = surplus
        licensed = self.model.miners
        licensed.home_value[:] += promised(self.model, market.price)

    def assign(self) -> list[tuple[IntArray, IntArray, FloatArray]]:
        """Assign all concentrate at the mines.

        Returns
        -------
        For each mining population: `own` (mines,) grams to the own plant, `shipped`
        (mines, plant groups) grams to others, and `price` (mines, plant groups) paid [US$/kg].
        """
        refiners, sent = self.model.refiners, []
        capacity = np.floor(
            refiners.capacity * refiners.operating * self.model.market.outage_left(refiners.group)
        ).astype(np.int64)
        for miners in self.model.mining:
            available = miners.concentrate.copy()
            home = miners.goes_home() & (miners.plant >= 0)
            own = np.where(home, available, 0)
            if home.any():
                wanted = np.zeros(refiners.size, dtype=np.int64)
                np.add.at(wanted, miners.plant[home], own[home])
                tight = np.minimum(1.0, capacity / np.maximum(wanted, 1))
                own = np.where(home, np.floor(own * tight[np.maximum(miners.plant, 0)]), 0).astype(np.int64)
                np.subtract.at(capacity, miners.plant[home], own[home])
            sent.append((miners, available - own, own))
        room = np.zeros(len(self.groups), dtype=np.int64)
        np.add.at(room, refiners.group_index, np.maximum(capacity, 0))
        surplus = np.concatenate([self.model.surplus[miners.kind] for miners, _, _ in sent])
        available = np.concatenate([rest for _, rest, _ in sent])
        # Mines that keep to their own plant do not ship elsewhere, whatever is paid there.
        loyal = np.concatenate([miners.goes_home() & miners.tied for miners, _, _ in sent])
        available = np.where(loyal, 0, available)
        shipped = np.zeros(surplus.shape, dtype=np.int64)
        order = np.argsort(-surplus.ravel(), kind="stable")
        _assign(surplus, order, available, room, shipped)
        answer, start = [], 0
        for miners, _, own in sent:
            part = slice(start, start + miners.size)
            price = miners.cash_cost[:, None] + self.to_mine * np.maximum(surplus[part], 0.0)
            answer.append((own, shipped[part], price))
            start += miners.size
        return answer


def ticks_of(price: FloatArray) -> IntArray:
    """Price in ticks, rounded down: a bid floors."""
    return np.floor(price * TICKS_PER_DOLLAR).astype(np.int64)
