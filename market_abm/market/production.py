"""Verbs of the pit and the plant: dig, ship concentrate, separate (ODD: Production)."""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.agents.life import Stage
from market_abm.agents.refiner import COVER_WEEKS
from market_abm.core.units import GRAMS_PER_TONNE, WEEKS_PER_YEAR, FloatArray, IntArray
from market_abm.market import finance
from market_abm.market.concentrate import ticks_of
from market_abm.market.rounding import micros, split_whole

if TYPE_CHECKING:
    from market_abm.agents.population import Population
    from market_abm.model import MineralMarket

GREATEST_OVERRUN = 0.3  # tolerated output over the quota in a boom (MODEL 17)
OVERRUN_MARGIN = 1.5  # revenue over cost at which overruns begin (MODEL 17)
USUAL_WEEKS = 26.0  # span of the averages of a plant's intake, output and sales (prototype v3)
COST_WEEKS = 8.0  # span of the average of a plant's unit cost (assumed)
GREATEST_STORE = 0.5  # part of output that can be diverted into a reserve (prototype v3)


def dig(model: "MineralMarket") -> None:
    """Every mine chooses its output, quotas bind, concentrate comes out of the ground."""
    halted = np.array([model.halt_share(zone) for zone in range(len(model.market.zones))])
    for miners in model.mining:
        miners.unsold[:] = _unsold(model, miners)
        utilisation, scale = miners.next_utilisation(), miners.next_scale()
        miners.ramp[:] = miners.next_ramp()
        miners.utilisation[:], miners.scale[:] = utilisation, scale
        output = _within_quota(model, miners, miners.possible_output())
        output = np.where(miners.under_quota, output * halted[miners.zone], output)
        grams = np.floor(output).astype(np.int64)
        limited = miners.start_reserve > 0
        grams = np.where(limited, np.minimum(grams, miners.reserve), grams)
        miners.reserve[:] = np.where(limited, miners.reserve - grams, miners.reserve)
        ledger, row = model.ledger, model.concentrate_row
        ledger.move("mining", row, model.ground, model.group_of(miners), grams, source_row=0)
        cost, rate = micros(grams, miners.cash_cost), miners.charge()
        charge = np.rint(cost * (rate / (1 + rate))).astype(np.int64)
        ledger.pay("mining charge", model.group_of(miners), model.treasury, charge, payee_row=miners.zone)
        ledger.pay("mining cost", model.group_of(miners), model.suppliers, cost - charge, payee_row=0)
        model.dug[miners.kind] = grams
        _store(model, miners, grams)
    mines = model.miners
    used_up = (mines.stage == Stage.OPERATING) & (mines.start_reserve > 0) & (mines.reserve == 0)
    for mine in np.flatnonzero(used_up):
        finance.wind_up(model, int(mine))
        model.move_project(int(mine), Stage.DEPLETED, "reserve used up")


def _unsold(model: "MineralMarket", miners: "Population") -> FloatArray:
    """Unsold oxide behind each mine in four-week units: of its own plant, else of its zone's plants."""
    refiners, market = model.refiners, model.market
    if not refiners.size:
        return np.zeros(miners.size)
    value = refiners.stock * market.price[:, refiners.zone]
    usual = refiners.usual_sales * market.price[:, refiners.zone] * COVER_WEEKS
    held, made = value.sum(axis=0), usual.sum(axis=0)
    own = held / np.maximum(made, 1e-9)
    zones = len(market.zones)
    zone_held = np.bincount(refiners.zone, weights=held, minlength=zones)
    zone_made = np.bincount(refiners.zone, weights=made, minlength=zones)
    of_zone = zone_held / np.maximum(zone_made, 1e-9)
    unsold: FloatArray = np.where(miners.plant >= 0, own[np.maximum(miners.plant, 0)], of_zone[miners.zone])
    return unsold


def _within_quota(model: "MineralMarket", miners: "Population", output: FloatArray) -> FloatArray:
    """Scale the output of quota-bound mines down to the zone's tolerated total."""
    if not (model.market.regime.mining_limits and miners.under_quota.any()):
        return output
    margins = miners.revenue_over_cost()
    for (zone, family), tonnes in model.market.regime.mining_limits.items():
        of_family = {"all": True, "light": ~miners.heavy, "heavy": miners.heavy}[family]
        bound = miners.under_quota & (miners.zone == zone) & of_family
        total = float(output[bound].sum())
        if total <= 0:
            continue
        margin = float(np.average(margins[bound], weights=miners.capacity[bound]))
        lax = min(GREATEST_OVERRUN, miners.parameters.overrun_response * max(margin - OVERRUN_MARGIN, 0.0))
        limit = tonnes * GRAMS_PER_TONNE / WEEKS_PER_YEAR * (1 + lax)
        output = np.where(bound, output * min(1.0, limit / total), output)
    return output


def _store(model: "MineralMarket", miners: "Population", grams: IntArray) -> None:
    """Divert part of light legal concentrate into a zone's reserve."""
    regime = model.market.regime
    for zone in np.flatnonzero(regime.concentrate_store > 0):
        rows = np.flatnonzero(miners.under_quota & ~miners.heavy & (miners.zone == zone))
        total = int(grams[rows].sum())
        wanted = regime.concentrate_store[zone] * GRAMS_PER_TONNE / WEEKS_PER_YEAR
        put = int(min(wanted, GREATEST_STORE * total))
        if put > 0:
            parts = np.minimum(split_whole(put, grams[rows]), miners.concentrate[rows])
            model.ledger.move(
                "concentrate reserve",
                model.concentrate_row,
                model.group_of(miners),
                model.reserve_store,
                parts,
                rows,
                int(zone),
            )


def ship_and_refine(model: "MineralMarket") -> None:
    """Assign concentrate to plants, pay for it, send it, and separate what arrives into oxides."""
    for miners, (own, shipped, price) in zip(model.mining, model.concentrate_market.assign(), strict=True):
        _send_home(model, miners, own)
        for index in np.flatnonzero(shipped.any(axis=0)):
            _send_outside(model, miners, shipped[:, index], price[:, index], int(index))
    _refine(model, *model.feed.arrive())


def _send_home(model: "MineralMarket", miners: "Population", grams: IntArray) -> None:
    """Concentrate goes to the mine's own plant, next door."""
    home = np.flatnonzero(grams)
    content = miners.basket[:, home] * grams[home]
    cost = grams[home] * miners.cash_cost[home]
    model.feed.send(0, miners.plant[home], grams[home], content, cost)
    model.ledger.move(
        "concentrate",
        model.concentrate_row,
        model.group_of(miners),
        model.feed_group,
        grams[home],
        home,
        miners.plant[home],
    )


def _send_outside(model: "MineralMarket", miners: "Population", grams: IntArray, price: FloatArray, index: int) -> None:
    """Concentrate goes to a group of plants, which pay by the gram and share it by capacity."""
    refiners, market = model.refiners, model.concentrate_market
    rows = np.flatnonzero((refiners.group_index == index) & refiners.operating)
    weeks = market.transit[miners.zone, market.zone[index]]
    cost = miners.cash_cost
    for lag in sorted(set(weeks[grams > 0].tolist())):
        sent = np.where(weeks == lag, grams, 0)
        parts = split_whole(int(sent.sum()), refiners.capacity[rows])
        share = parts / max(int(sent.sum()), 1)
        content = (miners.basket @ sent.astype(float))[:, None] * share
        model.feed.send(int(lag), rows, parts, content, share * float((sent * cost).sum()))
        _pay_for_concentrate(model, miners, rows, sent, price, index, share)
        house, row = model.house, model.concentrate_row
        model.ledger.move("concentrate", row, model.group_of(miners), house, sent, sink_row=0)
        model.ledger.move("concentrate", row, house, model.feed_group, parts, 0, rows)


def _refine(model: "MineralMarket", intake: IntArray, content: FloatArray, feed_cost: FloatArray) -> None:
    """Separate what arrived: each oxide is floored, the rest is other oxides and losses."""
    refiners, ledger = model.refiners, model.ledger
    sold = np.maximum(refiners.offered - refiners.stock, 0)  # by contract and on the spot, since the last week
    refiners.usual_sales[:] += (sold - refiners.usual_sales) / USUAL_WEEKS
    ledger.move("separation", model.concentrate_row, model.feed_group, model.separation, intake, sink_row=0)
    oxide = np.floor(content * refiners.recovery).astype(np.int64)
    ledger.move_all("separation", model.separation, model.group_of(refiners), oxide, source_row=0)
    refiners.offered[:] = refiners.stock
    lost = int(intake.sum() - oxide.sum())
    ledger.move("other oxides and losses", model.concentrate_row, model.separation, model.losses, [lost], 0, 0)
    _pay_fees(model, intake)
    fees = model.concentrate_market.fees()[refiners.group_index] if refiners.size else np.zeros(0)
    now = feed_cost / np.maximum(intake, 1) + fees
    changed = refiners.unit_cost + (now - refiners.unit_cost) / COST_WEEKS
    refiners.unit_cost[:] = np.where(intake > 0, changed, refiners.unit_cost)
    refiners.usual_intake[:] += (intake - refiners.usual_intake) / USUAL_WEEKS
    refiners.usual_output[:] += (oxide - refiners.usual_output) / USUAL_WEEKS
    model.refined = oxide


def _pay_for_concentrate(
    model: "MineralMarket",
    miners: "Population",
    rows: IntArray,
    grams: IntArray,
    price: FloatArray,
    index: int,
    share: FloatArray,
) -> None:
    """Plants of a group pay outside mines by the gram, and carriers for the way."""
    due = ticks_of(price) * grams  # grams x ticks = micro-US$
    total = int(due.sum())
    refiners, ledger = model.group_of(model.refiners), model.ledger
    ledger.pay("concentrate", refiners, model.house, split_whole(total, share), rows, 0)
    ledger.pay("concentrate", model.house, model.group_of(miners), due, payer_row=0)
    way = model.concentrate_market.freight[miners.zone, model.concentrate_market.zone[index]]
    freight = int(micros(grams, way).sum())
    ledger.pay("freight", refiners, model.carriers, split_whole(freight, share), rows, 0)


def _pay_fees(model: "MineralMarket", intake: IntArray) -> None:
    """Cost of separation, the treasury's part of it, and the revenue from other oxides."""
    refiners, ledger, market = model.refiners, model.ledger, model.market
    if not refiners.size:
        return
    group = model.group_of(refiners)
    net = micros(intake, model.concentrate_market.fees()[refiners.group_index])
    gross = micros(intake, refiners.fee * market.cost_index[refiners.zone])
    ledger.pay("processing subsidy", model.treasury, group, gross - net, payer_row=refiners.zone)
    ledger.pay("separation cost", group, model.suppliers, gross, payee_row=0)
    credit = model.scenario.parameters.refiner.other_credit_usd_per_kg
    ledger.pay("other oxides", model.customers, group, micros(intake, credit), payer_row=0)
