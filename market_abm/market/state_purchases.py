"""Verbs of state bodies that guarantee prices: purchases from named producers, price floors (ODD: Contracts)."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market_abm.agents.miner import NO_PLANT
from market_abm.agents.population import Population
from market_abm.agents.state_buyer import StateBuyer, bodies_of
from market_abm.books.accounts import Accounts
from market_abm.books.ledger import Ledger
from market_abm.core.rounding import micros
from market_abm.core.units import GRAMS_PER_TONNE, MICROS_PER_GRAM_DOLLAR, WEEKS_PER_YEAR, IntArray
from market_abm.market.contracts import ContractBook, Deliveries
from market_abm.market.delivery import Way, count_import, is_lawful, open_way, pay_way
from market_abm.market.market import Market
from market_abm.policy import BandPurchase, PriceFloor
from market_abm.policy.regime import Regime

if TYPE_CHECKING:
    from market_abm.market.trade import Trade


def buy_from_producers(
    state_buyers: Population,
    miners: Population,
    refiners: Population,
    contracts: ContractBook,
    deliveries: Deliveries,
    market: Market,
    regime: Regime,
    ledger: Ledger,
    accounts: Accounts,
) -> None:
    """Let state bodies buy from the producers that their bands name, before the market opens.

    They pay the market price, but never less than the low price of the band, and no more than they have.
    """
    if not (state_buyers.size and regime.holds(BandPurchase)):
        return
    way = open_way(contracts.freight, refiners.key, market, regime, ledger, accounts)
    desk = _Desk(state_buyers, refiners, market, way, ledger, accounts)
    for body in bodies_of(state_buyers):
        for policy in body.held(BandPurchase):
            use = market.zone_use[:, body.zone].tolist()
            left = {row: int(policy.weekly_share * use[row]) for row in body.rows_of(policy.materials)}
            for plant in _own_plants(miners, policy.producers):
                origin, into = int(refiners.zone[plant]), int(body.zone)
                parcel = desk.buy(body, policy, plant, left)
                deliveries.bought[:, body.row] += parcel
                pay_way(ledger.books, way, accounts.group(refiners).start + plant, parcel, origin, into)
                count_import(way, deliveries.inflow, deliveries.from_gated, parcel, origin, into)


@dataclass(frozen=True)
class _Desk:
    """Buys for state bodies from plants."""

    state_buyers: Population
    refiners: Population
    market: Market
    way: Way
    ledger: Ledger
    accounts: Accounts

    def buy(self, body: StateBuyer, policy: BandPurchase, plant: int, left: dict[int, int]) -> IntArray:
        """Buy from a plant, and return what was bought (materials,) [g].

        left : what the policy may still buy this week [g], by material; what is bought is taken off.
        """
        parcel, origin = np.zeros(len(self.market.materials), dtype=np.int64), int(self.refiners.zone[plant])
        states, plants = self.accounts.group(self.state_buyers), self.accounts.group(self.refiners)
        for row, most in left.items():
            low, high = body.band(policy, row)
            price = max(self.market.price.item(row, origin), low)
            if price > high or not is_lawful(self.way, row, origin, int(body.zone)):
                continue
            grams = min(self.refiners.stock.item(row, plant), most, _affordable(int(body.cash), price))
            if grams > 0:
                parcel[row], left[row] = grams, most - grams
                self.ledger.move("band purchase", row, plants, states, grams, plant, body.row)
                self.ledger.pay("band purchase", states, plants, int(micros(grams, price)), body.row, plant)
        return parcel


def _own_plants(miners: Population, producers: list[str]) -> list[int]:
    """Plants of the mines named, each once, in order."""
    return sorted({int(miners.plant[row]) for row in miners.rows_called(producers)} - {NO_PLANT})


def _affordable(cash: int, price: float) -> int:
    """Most grams that a purse pays at a price [US$/kg]; cash : [micro-US$]."""
    if cash <= 0:
        return 0
    grams = int(cash / (price * MICROS_PER_GRAM_DOLLAR))
    return grams if int(micros(grams, price)) <= cash else max(grams - 1, 0)


def pay_floors(
    state_buyers: Population,
    miners: Population,
    refiners: Population,
    market: Market,
    regime: Regime,
    trade: "Trade",
    ledger: Ledger,
    accounts: Accounts,
) -> None:
    """Pay the difference between guaranteed floors and the week's price on what was sold on the spot market.

    The treasury tops the budget up: a guarantee is a promise of the state, not of the budget.
    """
    if not (state_buyers.size and regime.holds(PriceFloor)):
        return
    sold, states, plants = trade.sold[refiners.key], accounts.group(state_buyers), accounts.group(refiners)
    for body in bodies_of(state_buyers):
        for policy in body.held(PriceFloor):
            row = market.materials.index(policy.material)
            for plant, grams in _covered(policy, _own_plants(miners, [policy.project]), sold[row].tolist()):
                gap = policy.floor - market.price.item(row, refiners.zone[plant])
                due = int(micros(grams, gap if gap > 0 else gap * policy.upside_share))
                topped_up = max(due, 0)
                ledger.pay("price floor budget", accounts.treasury, states, topped_up, int(body.zone), body.row)
                ledger.pay("price floor", states, plants, due, body.row, plant)


def _covered(policy: PriceFloor, plants: list[int], sold: list[int]) -> list[tuple[int, float]]:
    """Sales of each plant that a floor covers [g], within its tonnes."""
    room = math.inf
    if policy.tonnes_per_year is not None:
        room = policy.tonnes_per_year / WEEKS_PER_YEAR * GRAMS_PER_TONNE
    covered = []
    for plant in plants:
        grams = min(float(sold[plant]), room)
        room -= grams
        covered.append((plant, grams))
    return covered
