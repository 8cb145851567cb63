"""Verbs of use: run the factories, save, collect scrap and recover it (ODD: Use, Recycling)."""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.agents.manufacturer import USUAL_WEEKS
from market_abm.core.units import MICROS_PER_MILLION, WEEKS_PER_YEAR
from market_abm.market.rounding import micros

if TYPE_CHECKING:
    from market_abm.model import MineralMarket


def consume(model: "MineralMarket") -> None:
    """Manufacturers use what they need as far as stocks go, sell their goods, and learn to save."""
    makers, ledger = model.manufacturers, model.ledger
    need = makers.wanted_use()
    activity = makers.possible_activity(need)
    used = np.minimum(np.floor(activity * need).astype(np.int64), makers.stock)
    makers.activity[:] = activity
    price = makers.sales_price()
    revenue = np.where(makers.product < 0, micros(used, price).sum(axis=0), 0)
    model.need, model.used = need, used
    short = np.maximum(np.floor(need) - used, 0.0)  # the part of a gram that is rounded off is not lost
    model.lost_sales = (short * price / 1000.0).sum(axis=0)  # US$: grams x US$/kg / 1000
    group = model.group_of(makers)
    ledger.pay("goods", model.customers, group, revenue, payer_row=0)
    swarf = np.floor(used * model.market.is_oxide[:, None] * model.scenario.parameters.recycling.swarf_share).astype(
        np.int64
    )
    zones = makers.zone
    for row in range(len(used)):
        ledger.move("swarf", row, group, model.scrap, swarf[row], sink_row=zones)
        ledger.move("use", row, group, model.products, used[row] - swarf[row], sink_row=zones)
    _make_products(model)
    makers.usual_use[:] += (need - makers.usual_use) / USUAL_WEEKS
    if model.thrifting_on:
        makers.intensity[:] = makers.next_intensity()
    _pay_thrifting(model)


def _make_products(model: "MineralMarket") -> None:
    """Makers of a product put what they made on stock and pay for iron, energy and labour."""
    makers, ledger = model.manufacturers, model.ledger
    selling = np.flatnonzero(makers.product >= 0)
    if not selling.size:
        return
    scale = makers.wanted_scale() * makers.activity
    made = np.floor(makers.output_rate * scale).astype(np.int64)[selling]
    for row in np.unique(makers.product[selling]):
        of_row = makers.product[selling] == row
        ledger.move("making", int(row), model.making, model.group_of(makers), made[of_row], 0, selling[of_row])
    cost = micros(made, makers.other_cost[selling])
    ledger.pay("other inputs", model.group_of(makers), model.suppliers, cost, selling, 0)


def _pay_thrifting(model: "MineralMarket") -> None:
    """Treasuries pay their saving programmes to manufacturers by size."""
    makers, regime = model.manufacturers, model.market.regime
    for zone in np.flatnonzero(regime.thrift_money > 0):
        rows = makers.rows_in(int(zone))
        if not rows.size:
            continue
        weekly = regime.thrift_money[zone] * MICROS_PER_MILLION / WEEKS_PER_YEAR
        worth = (makers.use * makers.reference_price)[:, rows].sum(axis=0)
        parts = np.floor(weekly * worth / max(float(worth.sum()), 1e-9)).astype(np.int64)
        model.ledger.pay("thrifting subsidy", model.treasury, model.group_of(makers), parts, int(zone), rows)


def recycle(model: "MineralMarket") -> None:
    """Part of the scrap comes back to the zone's manufacturers; the rest of a year's scrap is lost."""
    if not model.recycling_on:
        return
    rules, market, ledger = model.scenario.parameters.recycling, model.market, model.ledger
    makers, zones, regime = model.manufacturers, len(model.market.zones), model.market.regime
    worn = market.is_oxide[:, None] * np.floor(
        model.products.mass[: len(market.materials)] * (rules.end_of_life_share / (rules.life_years * WEEKS_PER_YEAR))
    )
    ledger.move_all("end of life", model.products, model.scrap, worn.astype(np.int64))
    treated = np.floor(model.scrap.mass[: len(market.materials)] / (rules.lag_years * WEEKS_PER_YEAR)).astype(np.int64)
    price = market.price[:, :zones]
    half = rules.half_price_ratio * market.reference[:, None]
    recovery = np.minimum(rules.greatest_recovery + regime.extra_recovery, 1.0) * price / (price + half)
    share = makers.usual_use / np.maximum(makers.by_zone(makers.usual_use)[:, makers.zone], 1e-9)
    back = np.floor((treated * recovery)[:, makers.zone] * share).astype(np.int64)
    group = model.group_of(makers)
    cost = micros(back, rules.cost_share * price[:, makers.zone]).sum(axis=0)
    help_ = np.rint(cost * regime.recovery_subsidy[makers.zone]).astype(np.int64)
    ledger.pay("recycling subsidy", model.treasury, group, help_, payer_row=makers.zone)
    ledger.pay("recycling cost", group, model.suppliers, cost, payee_row=0)
    for row in range(len(back)):
        ledger.move("recycling", row, model.scrap, group, back[row], source_row=makers.zone)
        came_back = np.bincount(makers.zone, weights=back[row], minlength=zones).astype(np.int64)
        ledger.move("scrap lost", row, model.scrap, model.losses, treated[row] - came_back, sink_row=0)
