"""Contracts: offtake at a formula price, purchases from named producers, price floors (ODD: Contracts; MODEL 8).

Contracts deliver before the spot market. A seller that does not run delivers
nothing: force majeure, counted as missed, no penalty.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market_abm.agents.life import Stage
from market_abm.core.units import GRAMS_PER_TONNE, WEEKS_PER_YEAR, BoolArray, IntArray
from market_abm.market.rounding import micros, split_whole
from market_abm.policy import BandPurchase, PriceFloor

if TYPE_CHECKING:
    from market_abm.agents.state_buyer import StateBuyer
    from market_abm.model import MineralMarket


@dataclass(eq=False)  # two contracts of equal terms are still two
class OfftakeContract:
    """A fixed quantity over a fixed time at a formula price.

    The price of the lead material is `weight x index + premium` between floor
    and cap; the other materials of the basket are priced in the same relation
    to their own index.
    """

    name: str
    seller: int
    buyer_zone: int
    share: float
    first_step: int
    end_step: int
    index_weight: float = 1.0
    premium: float = 0.0
    floor: float = 0.0
    cap: float = np.inf
    delivered: int = 0
    missed: int = 0

    def in_force(self, step: int) -> bool:
        """Whether deliveries are due in a week."""
        return self.first_step <= step < self.end_step

    def formula(self, index: float) -> float:
        """Contract price over the index price [1]."""
        return float(np.clip(self.index_weight * index + self.premium, self.floor, self.cap)) / index


class ContractBook:
    """All contracts of a run.

    Attributes
    ----------
    inflow : (materials, zones) grams delivered into each zone this week under contract.
    from_gated : the part of it made in gated zones.
    taken : (materials, zones) grams that manufacturers took under contract, from home too.
    """

    def __init__(self, model: "MineralMarket") -> None:
        self.model = model
        self.offtakes: list[OfftakeContract] = []
        self.signed: list[OfftakeContract] = []
        self.clear_week()

    def clear_week(self) -> None:
        """Forget last week's deliveries."""
        shape = (len(self.model.market.materials), len(self.model.market.zones))
        self.inflow: IntArray = np.zeros(shape, dtype=np.int64)
        self.from_gated: IntArray = np.zeros(shape, dtype=np.int64)
        self.taken: IntArray = np.zeros(shape, dtype=np.int64)

    def sign(self, contract: OfftakeContract) -> None:
        """Add an offtake; the mine is tied to its own plant while it lasts."""
        self.offtakes.append(contract)
        self.signed.append(contract)
        self.model.miners.tied[contract.seller] = True

    def end(self, seller: int) -> None:
        """End all offtakes of a mine; it is free of its own plant again."""
        for contract in self.offtakes:
            if contract.seller == seller:
                contract.end_step = min(contract.end_step, self.model.week_index)
        self.offtakes = [contract for contract in self.offtakes if contract.seller != seller]
        self.model.miners.tied[seller] = False

    def deliver(self) -> None:
        """Deliver what is due from the plants' stocks."""
        self.clear_week()
        step = self.model.week_index
        live = [contract for contract in self.offtakes if contract.end_step > step]
        for contract in self.offtakes:
            if contract.end_step == step:
                others = any(other.seller == contract.seller and other is not contract for other in live)
                self.model.miners.tied[contract.seller] = others
        self.offtakes = live
        for contract in live:
            if contract.in_force(step):
                self._deliver_offtake(contract)
        if self.model.state_buyers.size:
            for body in self.model.state_buyers.agents:
                for policy in body.held(BandPurchase):
                    self._buy_in_band(body, policy)

    def _deliver_offtake(self, contract: OfftakeContract) -> None:
        model, market = self.model, self.model.market
        miners, refiners, makers = model.miners, model.refiners, model.manufacturers
        plant = int(miners.plant[contract.seller])
        if plant < 0:
            return
        recovery = refiners.recovery[plant]
        size = miners.capacity[contract.seller] * miners.scale[contract.seller]
        due = np.floor(contract.share * size * miners.basket[:, contract.seller] * recovery).astype(np.int64)
        runs = miners.stage[contract.seller] == Stage.OPERATING and bool(refiners.operating[plant])
        lawful = self._lawful(int(refiners.zone[plant]), contract.buyer_zone)
        rows = makers.rows_in(contract.buyer_zone)
        wanted = np.floor(makers.usual_use[:, rows].sum(axis=1)).astype(np.int64) - self.taken[:, contract.buyer_zone]
        grams = np.maximum(np.minimum(np.minimum(due, refiners.stock[:, plant]), wanted), 0)
        grams = np.where(lawful & runs, grams, 0)
        contract.delivered += int(grams.sum())
        contract.missed += int((due - grams).sum())
        factor = contract.formula(float(market.price[market.lead, contract.buyer_zone]))
        self.taken[:, contract.buyer_zone] += grams
        seller, buyers = model.group_of(refiners), model.group_of(makers)
        parts = np.zeros((len(grams), len(rows)), dtype=np.int64)
        for row in np.flatnonzero(grams):
            parts[row] = split_whole(int(grams[row]), makers.usual_use[row, rows])
        model.ledger.move_all("offtake", seller, buyers, parts, plant, rows)
        due_price = factor * market.price[:, contract.buyer_zone]
        model.ledger.pay("offtake", buyers, seller, micros(parts, due_price[:, None]).sum(axis=0), rows, plant)
        self._pay_way(grams, plant, contract.buyer_zone)
        self._count_import(grams, int(refiners.zone[plant]), contract.buyer_zone)

    def _count_import(self, grams: IntArray, origin: int, destination: int) -> None:
        """Let deliveries across a border count as imports."""
        if origin != destination:
            self.inflow[:, destination] += grams
            if self.model.market.is_gated()[origin]:
                self.from_gated[:, destination] += grams

    def _lawful(self, origin: int, destination: int) -> BoolArray:
        """Which materials may go (materials,): law stands over contract.

        Nothing goes through an embargo, or out of a zone that asks for licences.
        """
        regime = self.model.market.regime
        lawful: BoolArray = np.ones(len(self.model.market.materials), dtype=bool)
        if origin != destination:
            lawful = np.isinf(regime.allowed[:, origin, destination])
            for pool in regime.pools.values():
                if pool.origin == origin:
                    lawful[list(pool.materials)] = False
        return lawful

    def _pay_way(self, grams: IntArray, plant: int, buyer_zone: int) -> None:
        """The seller pays freight, export tax and tariff; the formula price is a delivered price."""
        model, market = self.model, self.model.market
        origin = int(model.refiners.zone[plant])
        if origin == buyer_zone:
            return
        ledger, seller, regime = model.ledger, model.group_of(model.refiners), market.regime
        value = grams * market.price[:, origin]
        freight = int(micros(grams, model.network.freight_between(origin, buyer_zone)).sum())
        tax = int(micros(value, regime.export_tax[:, origin]).sum())
        tariff = int(micros(value, regime.tariff[:, origin, buyer_zone]).sum())
        ledger.pay("freight", seller, model.carriers, freight, plant, 0)
        ledger.pay("export tax", seller, model.treasury, tax, plant, origin)
        ledger.pay("import tariff", seller, model.treasury, tariff, plant, buyer_zone)

    def _buy_in_band(self, body: "StateBuyer", policy: BandPurchase) -> None:
        """Buy from the producers named, at the market price but never below the band's floor."""
        model, market = self.model, self.model.market
        rows = model.miner_rows(policy.producers)
        plants = [int(model.miners.plant[row]) for row in rows if model.miners.plant[row] >= 0]
        materials = [market.materials.index(name) for name in policy.materials] or range(len(market.materials))
        bought = dict.fromkeys(materials, 0)
        for plant in sorted(set(plants)):
            for row in materials:
                zone = int(model.refiners.zone[plant])
                if not self._lawful(zone, int(body.zone))[row]:
                    continue
                low, high = body.band(policy, row)
                price = max(float(market.price[row, zone]), low)
                if price > high:
                    continue
                most = int(policy.weekly_share * market.zone_use[row, body.zone]) - bought[row]
                afford = int(max(int(body.cash), 0) / (price * 1000.0))
                grams = min(int(model.refiners.stock[row, plant]), most, afford)
                if grams > 0:
                    bought[row] += grams
                    seller, buyer = model.group_of(model.refiners), model.group_of(model.state_buyers)
                    model.ledger.move("band purchase", row, seller, buyer, grams, plant, body.row)
                    model.ledger.pay("band purchase", buyer, seller, micros(grams, price), body.row, plant)
                    parcel = np.zeros(len(market.materials), dtype=np.int64)
                    parcel[row] = grams
                    self._pay_way(parcel, plant, int(body.zone))
                    self._count_import(parcel, zone, int(body.zone))

    def pay_floors(self) -> None:
        """Pay the difference between guaranteed floors and the week's price on what was sold on the spot market."""
        sold = self.model.exchange.sold_by(self.model.refiners) if self.model.state_buyers.size else None
        if sold is None:
            return
        price = self.model.market.price
        model = self.model
        for body in model.state_buyers.agents:
            for policy in body.held(PriceFloor):
                row = model.market.materials.index(policy.material)
                covered = {int(model.miners.plant[miner]) for miner in model.miner_rows([policy.project])}
                most = np.inf if policy.tonnes_per_year is None else policy.tonnes_per_year / WEEKS_PER_YEAR
                room = most * GRAMS_PER_TONNE
                for plant in sorted(covered - {-1}):
                    grams = min(float(sold[row, plant]), room)
                    room -= grams
                    gap = policy.floor - float(price[row, model.refiners.zone[plant]])
                    gap = gap if gap > 0 else gap * policy.upside_share
                    states, plants = model.group_of(model.state_buyers), model.group_of(model.refiners)
                    due = int(micros(grams, gap))
                    # The treasury tops the budget up: a guarantee is a promise of the state, not of the budget.
                    model.ledger.pay(
                        "price floor budget", model.treasury, states, max(due, 0), int(body.zone), body.row
                    )
                    model.ledger.pay("price floor", states, plants, due, body.row, plant)
