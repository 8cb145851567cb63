"""Contracts: offtake at a formula price (ODD: Contracts).

Contracts deliver before the spot market. A seller that does not run delivers nothing: force majeure, counted as
missed, no penalty.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from market_abm.agents.miner import NO_PLANT, OPERATING
from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.books.entry import Books, move, pay
from market_abm.books.ledger import Ledger
from market_abm.core.arithmetic import between, helper
from market_abm.core.compiled import compiled
from market_abm.core.rounding import micros_of, split, whole_weights
from market_abm.core.state import Kept, State
from market_abm.core.units import BoolArray, FloatArray, IntArray
from market_abm.market.delivery import Way, count_import, is_lawful, open_way, pay_way
from market_abm.market.market import Market
from market_abm.market.network import Network
from market_abm.policy.regime import Regime
from market_abm.scenario.schema import Scenario


@helper
def over_index(index: float, weight: float, premium: float, floor: float, cap: float) -> float:
    """Contract price over the index price [1]: weight x index + premium, between floor and cap [US$/kg]."""
    return between(weight * index + premium, floor, cap) / index


@dataclass(eq=False)  # two contracts of equal terms are still two
class OfftakeContract:
    """A fixed quantity over a fixed time at a formula price.

    The price of the lead material is `weight x index + premium` between floor and cap; the other materials of the
    basket are priced in the same relation to their own index.

    Attributes
    ----------
    seller : row of the mine.
    delivered, missed : in the recorded weeks [g].
    ended : whether nothing is due any more.
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
    ended: bool = False

    def in_force(self, step: int) -> bool:
        """Whether deliveries are due in a week."""
        return self.first_step <= step < self.end_step

    def formula(self, index: float) -> float:
        """Contract price over the index price [1]."""
        return over_index(index, self.index_weight, self.premium, self.floor, self.cap)


class ContractBook(State):
    """All contracts of a run.

    Attributes
    ----------
    signed : offtakes in the order of signature, ended ones too.
    freight : (materials, zones, zones) freight from the first to the second zone [US$/kg].
    """

    signed = Kept("-")

    def __init__(self, network: Network, zones: int) -> None:
        self.signed = []
        places = range(zones)
        rows = [[network.freight_between(origin, into) for into in places] for origin in places]
        self.freight: FloatArray = np.ascontiguousarray(np.moveaxis(np.array(rows), 2, 0))
        self.seal()

    @property
    def offtakes(self) -> list[OfftakeContract]:
        """Contracts that have not ended."""
        return [contract for contract in self.signed if not contract.ended]

    def sign(self, contract: OfftakeContract, miners: Population) -> None:
        """Add an offtake; the mine is tied to its own plant while it lasts."""
        self.signed.append(contract)
        miners.tied[contract.seller] = True

    def end(self, seller: int, week_index: int, miners: Population) -> None:
        """End all offtakes of a mine; it is free of its own plant again."""
        for contract in self.offtakes:
            if contract.seller == seller:
                contract.end_step, contract.ended = min(contract.end_step, week_index), True
        miners.tied[seller] = False

    def expire(self, week_index: int, miners: Population) -> list[OfftakeContract]:
        """End the offtakes whose time is over, and return the others."""
        live = [contract for contract in self.signed if not contract.ended and contract.end_step > week_index]
        for contract in self.signed:
            if not contract.ended and contract.end_step <= week_index:
                contract.ended = True
                miners.tied[contract.seller] = any(other.seller == contract.seller for other in live)
        return live


def sign_first_contracts(scenario: Scenario, contracts: ContractBook, miners: Population, market: Market) -> None:
    """Sign the offtakes that are in force at the start of a scenario."""
    for name, row in scenario.offtake.items():
        first, end = ((day - scenario.time.start).days // 7 for day in (row.start, row.end))
        buyer_zone, cap = market.zones.index(row.buyer_zone), row.cap_usd_per_kg or np.inf
        for miner in miners.rows_called([row.mine]):
            terms = (row.share, first, end, row.index_weight, row.premium_usd_per_kg, row.floor_usd_per_kg, cap)
            contracts.sign(OfftakeContract(name, miner, buyer_zone, *terms), miners)


@dataclass(frozen=True)
class Deliveries:
    """What contracts brought in a week.

    Attributes
    ----------
    inflow : (materials, zones) delivered into each zone from another [g].
    from_gated : the part of it made in gated zones [g].
    taken : (materials, zones) that manufacturers took, from home too [g].
    bought : (materials, state buyers) that state bodies bought from named producers [g].
    """

    inflow: IntArray
    from_gated: IntArray
    taken: IntArray
    bought: IntArray


def deliver_contracts(
    contracts: ContractBook,
    miners: Population,
    refiners: Population,
    manufacturers: Population,
    state_buyers: Population,
    market: Market,
    regime: Regime,
    ledger: Ledger,
    accounts: Accounts,
    week_index: int,
    first_recorded: int,
) -> Deliveries:
    """Deliver what offtakes oblige to from the plants' stocks, before the market opens."""
    inflow, from_gated, taken = np.zeros((3, len(market.materials), len(market.zones)), dtype=np.int64)
    bought = np.zeros((len(market.materials), state_buyers.size), dtype=np.int64)
    due = [contract for contract in contracts.expire(week_index, miners) if contract.in_force(week_index)]
    if due:
        counts = np.zeros((len(due), 2), dtype=np.int64)
        entries = (
            ledger.entry("offtake", refiners.key, manufacturers.key),
            ledger.entry("offtake", manufacturers.key, refiners.key),
        )
        way = open_way(contracts.freight, refiners.key, market, regime, ledger, accounts)
        _deliver(
            *(ledger.books, entries, accounts.group(refiners).start, accounts.group(manufacturers).start, way),
            *(_terms_of(due, market.lead), _sellers(miners, refiners), manufacturers.zone, manufacturers.usual_use),
            *(inflow, from_gated, taken, counts),
        )
        if week_index >= first_recorded:
            for contract, (delivered, missed) in zip(due, counts.tolist(), strict=True):
                contract.delivered += delivered
                contract.missed += missed
    return Deliveries(inflow, from_gated, taken, bought)


class _Terms(NamedTuple):
    """Contracts as compiled code sees them, one entry a contract; `lead` is the material of the index."""

    lead: int
    seller: IntArray
    buyer_zone: IntArray
    share: FloatArray
    formula: FloatArray


class _Sellers(NamedTuple):
    """Mines (capacity to stage) and plants (zone to operating), as compiled code sees them."""

    capacity: FloatArray
    scale: FloatArray
    basket: FloatArray
    plant: IntArray
    stage: IntArray
    zone: IntArray
    recovery: FloatArray
    operating: BoolArray


def _terms_of(contracts: list[OfftakeContract], lead: int) -> _Terms:
    return _Terms(
        lead,
        np.array([contract.seller for contract in contracts]),
        np.array([contract.buyer_zone for contract in contracts]),
        np.array([contract.share for contract in contracts]),
        np.array([(row.index_weight, row.premium, row.floor, row.cap) for row in contracts]),
    )


def _sellers(miners: Population, refiners: Population) -> _Sellers:
    return _Sellers(
        *(miners.capacity, miners.scale, miners.basket, miners.plant, miners.stage),
        *(refiners.zone, refiners.recovery, refiners.operating),
    )


@compiled
def _deliver(
    books: Books,
    entries: tuple[int, int],
    plants: int,
    makers: int,
    way: Way,
    terms: _Terms,
    sellers: _Sellers,
    maker_zone: IntArray,
    usual_use: FloatArray,
    inflow: IntArray,
    from_gated: IntArray,
    taken: IntArray,
    counts: IntArray,
) -> None:
    """Deliver contracts in turn; `counts` takes what each delivered and missed [g]."""
    materials, grams = usual_use.shape[0], np.zeros(usual_use.shape[0], np.int64)
    for number in range(terms.seller.size):
        seller, into = terms.seller[number], terms.buyer_zone[number]
        plant = sellers.plant[seller]
        if plant == NO_PLANT:
            continue
        origin, rows = sellers.zone[plant], np.flatnonzero(maker_zone == into)
        runs = sellers.stage[seller] == OPERATING and sellers.operating[plant]
        size = sellers.capacity[seller] * sellers.scale[seller]
        formula = terms.formula[number]
        factor = over_index(way.price[terms.lead, into], formula[0], formula[1], formula[2], formula[3])
        due_of = np.zeros(rows.size, np.int64)
        for material in range(materials):
            content = sellers.basket[material, seller]
            due = int(np.floor(terms.share[number] * size * content * sellers.recovery[plant]))
            wanted = 0.0
            for row in rows:
                wanted += usual_use[material, row]
            most = min(min(due, books.mass[material, plants + plant]), int(np.floor(wanted)) - taken[material, into])
            sent = max(most, 0) if runs and is_lawful(way, material, origin, into) else 0
            grams[material] = sent
            counts[number, 0] += sent
            counts[number, 1] += due - sent
            if sent > 0:
                taken[material, into] += sent
                parts = split(sent, whole_weights(usual_use[material][rows]), rows)
                for place in range(rows.size):
                    move(books, entries[0], material, plants + plant, makers + rows[place], parts[place])
                    due_of[place] += micros_of(parts[place], factor * way.price[material, into])
        for place in range(rows.size):
            pay(books, entries[1], makers + rows[place], plants + plant, due_of[place])
        pay_way(books, way, plants + plant, grams, origin, into)
        count_import(way, inflow, from_gated, grams, origin, into)
