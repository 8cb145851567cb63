"""The way of goods under contract: what the law lets through, and what the seller pays on the way (ODD: Contracts)."""

from typing import NamedTuple

import numpy as np

from market_abm.books.accounts import Accounts
from market_abm.books.entry import Books, pay
from market_abm.books.ledger import Ledger
from market_abm.core.compiled import compiled
from market_abm.core.rounding import micros_of
from market_abm.core.units import BoolArray, FloatArray, IntArray
from market_abm.market.market import Market
from market_abm.policy.regime import Regime


class Way(NamedTuple):
    """What decides on a delivery from zone to zone and its cost this week, as compiled code sees it.

    Attributes
    ----------
    entries : numbers of the entries of freight, export tax and import tariff.
    carriers, treasury : account of the carriers, and first account of the treasuries.
    price : (materials, nodes) [US$/kg].
    freight : (materials, zones, zones) [US$/kg].
    export_tax, tariff : (materials, zones) and (materials, zones, zones) [1].
    allowed : (materials, zones, zones) share of normal use let through; infinite where the way is open.
    licensed : (materials, zones) whether exports need a licence of a pool.
    gated : (zones,) whether the zone has an export gate.
    """

    entries: tuple[int, int, int]
    carriers: int
    treasury: int
    price: FloatArray
    freight: FloatArray
    export_tax: FloatArray
    tariff: FloatArray
    allowed: FloatArray
    licensed: BoolArray
    gated: BoolArray


def open_way(
    freight: FloatArray, seller: str, market: Market, regime: Regime, ledger: Ledger, accounts: Accounts
) -> Way:
    """Gather what decides on deliveries this week; seller : key of the population that delivers."""
    entries = (
        ledger.entry("freight", seller, "carriers"),
        ledger.entry("export tax", seller, "treasury"),
        ledger.entry("import tariff", seller, "treasury"),
    )
    licensed = np.zeros(regime.export_tax.shape, dtype=np.bool_)
    for pool in regime.pools.values():
        licensed[list(pool.materials), pool.origin] = True
    return Way(
        *(entries, accounts.carriers.start, accounts.treasury.start, market.price, freight),
        *(regime.export_tax, regime.tariff, regime.allowed, licensed, market.is_gated()),
    )


@compiled
def is_lawful(way: Way, material: int, origin: int, into: int) -> bool:
    """Whether a material may go from zone to zone: law stands over contract.

    Nothing goes through an embargo, or out of a zone that asks for licences.
    """
    return origin == into or (np.isinf(way.allowed[material, origin, into]) and not way.licensed[material, origin])


@compiled
def pay_way(books: Books, way: Way, seller: int, grams: IntArray, origin: int, into: int) -> None:
    """Let the seller pay freight, export tax and tariff; the contract price is a delivered price.

    Parameters
    ----------
    seller : account of the plant.
    grams : (materials,) sent [g].
    origin, into : zones.
    """
    if origin == into:
        return
    freight, tax, tariff = 0, 0, 0
    for material in range(grams.size):
        value = grams[material] * way.price[material, origin]
        freight += micros_of(grams[material], way.freight[material, origin, into])
        tax += micros_of(value, way.export_tax[material, origin])
        tariff += micros_of(value, way.tariff[material, origin, into])
    pay(books, way.entries[0], seller, way.carriers, freight)
    pay(books, way.entries[1], seller, way.treasury + origin, tax)
    pay(books, way.entries[2], seller, way.treasury + into, tariff)


@compiled
def count_import(way: Way, inflow: IntArray, from_gated: IntArray, grams: IntArray, origin: int, into: int) -> None:
    """Let deliveries across a border count as imports, (materials, zones) [g]."""
    if origin != into:
        for material in range(grams.size):
            inflow[material, into] += grams[material]
            if way.gated[origin]:
                from_gated[material, into] += grams[material]
