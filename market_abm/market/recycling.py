"""Verb of recycling: collect goods at the end of their life, recover scrap, lose the rest (ODD: Recycling)."""

import numpy as np

from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.books.entry import Books, move, pay
from market_abm.books.ledger import Ledger
from market_abm.core.compiled import compiled
from market_abm.core.units import WEEKS_PER_YEAR, BoolArray, FloatArray, IntArray
from market_abm.market.market import Market
from market_abm.policy.regime import Regime
from market_abm.scenario.parameters import Parameters


def recycle(
    manufacturers: Population,
    market: Market,
    regime: Regime,
    ledger: Ledger,
    accounts: Accounts,
    parameters: Parameters,
    recycling_on: bool,
) -> None:
    """Part of the scrap comes back to the zone's manufacturers; the rest of a year's scrap is lost.

    Scrap waits `lag_years` on average, and never less than a week: a week's step cannot treat more than there is.
    """
    if not recycling_on:
        return
    makers, rules = manufacturers, parameters.recycling
    entries = (
        ledger.entry("end of life", "goods in use", "scrap"),
        ledger.entry("recycling", "scrap", makers.key),
        ledger.entry("scrap lost", "scrap", "losses"),
        ledger.entry("recycling subsidy", "treasury", makers.key),
        ledger.entry("recycling cost", makers.key, "suppliers"),
    )
    group = accounts.group(makers)
    starts = (
        *(accounts.products.start, accounts.scrap.start, accounts.losses.start, accounts.treasury.start),
        *(group.start, accounts.suppliers.start),
    )
    _recycle(
        *(ledger.books, entries, starts, makers.zone, makers.usual_use, market.price, market.reference),
        *(market.is_oxide, regime.extra_recovery, regime.recovery_subsidy),
        min(rules.end_of_life_share / (rules.life_years * WEEKS_PER_YEAR), 1.0),
        min(1.0 / (rules.lag_years * WEEKS_PER_YEAR), 1.0),
        *(rules.half_price_ratio, rules.greatest_recovery, rules.cost_share),
    )


@compiled
def _recycle(
    books: Books,
    entries: tuple[int, ...],
    starts: tuple[int, ...],
    zone: IntArray,
    usual_use: FloatArray,
    price: FloatArray,
    reference: FloatArray,
    is_oxide: BoolArray,
    extra_recovery: FloatArray,
    subsidy: FloatArray,
    worn_share: float,
    treated_share: float,
    half_price_ratio: float,
    greatest_recovery: float,
    cost_share: float,
) -> None:
    end_of_life, recycling, lost, help_, cost_entry = entries
    products, scrap, losses, treasury, makers, suppliers = starts
    materials, zones = usual_use.shape[0], extra_recovery.size
    cost = np.zeros(zone.size)
    for material in range(materials):
        use = np.zeros(zones)
        for row in range(zone.size):
            use[zone[row]] += usual_use[material, row]
        treated, came_back, recovered = np.zeros(zones, np.int64), np.zeros(zones, np.int64), np.zeros(zones)
        for place in range(zones):
            if is_oxide[material]:
                worn = int(np.floor(books.mass[material, products + place] * worn_share))
                move(books, end_of_life, material, products + place, scrap + place, worn)
            treated[place] = int(np.floor(books.mass[material, scrap + place] * treated_share))
            half = half_price_ratio * reference[material]
            best = min(greatest_recovery + extra_recovery[place], 1.0)
            recovered[place] = treated[place] * (best * price[material, place] / (price[material, place] + half))
        for row in range(zone.size):
            place = zone[row]
            grams = int(np.floor(recovered[place] * (usual_use[material, row] / max(use[place], 1e-9))))
            grams = min(grams, treated[place] - came_back[place])
            came_back[place] += grams
            move(books, recycling, material, scrap + place, makers + row, grams)
            cost[row] += np.rint(grams * (cost_share * price[material, place]) * 1000.0)
        for place in range(zones):
            move(books, lost, material, scrap + place, losses, treated[place] - came_back[place])
    for row in range(zone.size):
        due = int(cost[row])
        pay(books, help_, treasury + zone[row], makers + row, int(np.rint(due * subsidy[zone[row]])))
        pay(books, cost_entry, makers + row, suppliers, due)
