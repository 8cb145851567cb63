"""Verb of use: run the factories, sell the goods, make products, learn to save (ODD: Use)."""

from dataclasses import dataclass

import numpy as np

from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.books.entry import Books, move, pay
from market_abm.books.ledger import Ledger
from market_abm.core.compiled import compiled
from market_abm.core.units import MICROS_PER_MILLION, WEEKS_PER_YEAR, BoolArray, FloatArray, IntArray
from market_abm.market.market import Market
from market_abm.policy.regime import Regime
from market_abm.scenario.parameters import Parameters


@dataclass(frozen=True)
class Use:
    """What manufacturers used in a week.

    Attributes
    ----------
    need : (materials, manufacturers) use wanted [g].
    used : (materials, manufacturers) [g].
    lost_sales : (manufacturers,) worth of the use that stocks did not allow [US$].
    """

    need: FloatArray
    used: IntArray
    lost_sales: FloatArray


def consume(
    manufacturers: Population,
    market: Market,
    regime: Regime,
    ledger: Ledger,
    accounts: Accounts,
    parameters: Parameters,
    thrifting_on: bool,
) -> Use:
    """Manufacturers use what they need as far as stocks go, sell their goods, and learn to save."""
    makers, group = manufacturers, accounts.group(manufacturers)
    need, activity, price, scale = makers.ask("wanted_use", "possible_activity", "sales_price", "wanted_scale")
    makers.activity[:] = activity
    used, lost = np.zeros(need.shape, dtype=np.int64), np.zeros(makers.size)
    entries = (
        ledger.entry("goods", "customers", makers.key),
        ledger.entry("swarf", makers.key, "scrap"),
        ledger.entry("use", makers.key, "goods in use"),
        ledger.entry("making", "making", makers.key),
        ledger.entry("other inputs", makers.key, "suppliers"),
    )
    starts = (group.start, accounts.scrap.start, accounts.products.start)
    sources = (accounts.customers.start, accounts.making.start, accounts.suppliers.start)
    _consume(
        *(ledger.books, entries, starts, sources, need, activity, price, scale, makers.zone, makers.product),
        *(makers.output_rate, makers.other_cost, market.is_oxide, parameters.recycling.swarf_share, used, lost),
    )
    if thrifting_on:
        makers.ask("next_usual_use", "next_intensity", into=[makers.usual_use, makers.intensity], need=need)
    else:
        makers.ask("next_usual_use", into=[makers.usual_use], need=need)
    _pay_thrifting(makers, regime, ledger, accounts)
    return Use(need, used, lost)


@compiled
def _consume(
    books: Books,
    entries: tuple[int, ...],
    starts: tuple[int, ...],
    sources: tuple[int, ...],
    need: FloatArray,
    activity: FloatArray,
    price: FloatArray,
    scale: FloatArray,
    zone: IntArray,
    product: IntArray,
    output_rate: FloatArray,
    other_cost: FloatArray,
    is_oxide: BoolArray,
    swarf_share: float,
    used: IntArray,
    lost: FloatArray,
) -> None:
    goods, swarf, use, making, other = entries
    for row in range(zone.size):
        account = starts[0] + row
        revenue = 0
        for material in range(need.shape[0]):
            wanted = need[material, row]
            stock = books.mass[material, account]
            grams = min(int(np.floor(activity[row] * wanted)), stock)
            used[material, row] = grams
            # The part of a gram that is rounded off is not lost. Grams x US$/kg / 1000 = US$.
            lost[row] += max(np.floor(wanted) - grams, 0.0) * price[material, row] / 1000.0
            if product[row] < 0:
                revenue += int(np.rint(grams * price[material, row] * 1000.0))
            scrap = int(np.floor(grams * swarf_share)) if is_oxide[material] else 0
            move(books, swarf, material, account, starts[1] + zone[row], scrap)
            move(books, use, material, account, starts[2] + zone[row], grams - scrap)
        pay(books, goods, sources[0], account, revenue)
        if product[row] >= 0:  # put on stock what was made, and pay for iron, energy and labour
            made = int(np.floor(output_rate[row] * (scale[row] * activity[row])))
            move(books, making, product[row], sources[1] + zone[row], account, made)
            pay(books, other, account, sources[2], int(np.rint(made * other_cost[row] * 1000.0)))


def _pay_thrifting(makers: Population, regime: Regime, ledger: Ledger, accounts: Accounts) -> None:
    """Treasuries pay their saving programmes to manufacturers by size."""
    if not regime.thrift_money.any():
        return
    for zone in np.flatnonzero(regime.thrift_money > 0):
        rows = makers.rows_in(int(zone))
        if not rows.size:
            continue
        weekly = regime.thrift_money[zone] * MICROS_PER_MILLION / WEEKS_PER_YEAR
        worth = (makers.use * makers.reference_price)[:, rows].sum(axis=0)
        parts = np.floor(weekly * worth / max(float(worth.sum()), 1e-9)).astype(np.int64)
        ledger.pay("thrifting subsidy", accounts.treasury, accounts.group(makers), parts, int(zone), rows)
