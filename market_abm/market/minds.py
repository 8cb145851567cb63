"""Verbs of the mind: news, alarm, fear, and what traders learn (ODD: Sensing, Learning)."""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.core.units import DAYS_PER_YEAR, GRAMS_PER_TONNE, WEEKS_PER_YEAR, FloatArray
from market_abm.market.market import TREND_WEEKS
from market_abm.policy.base import line_value

if TYPE_CHECKING:
    from market_abm.model import MineralMarket

CYCLE_WEEKS = 26.0  # persistence of a zone's demand cycle (MODEL 6.7)
CYCLE_STEP = 0.27  # weekly innovation over the cycle's standard deviation, sqrt(2 / 26) (MODEL 6.7)
CHART_POSITION, VALUE_POSITION = 0.08, 0.10  # moves at which each strategy would hold metal (MODEL 6.2)
QUARTERS_YEAR = 13.0  # strategy profits are counted over 13 weeks (prototype v3)
GATED_WEIGHT = 0.6  # weight of gated zones in the price traders learn from (prototype v3)


def open_week(model: "MineralMarket") -> None:
    """News, cycles, costs and rounds of licences, before anybody decides."""
    market, today, zones = model.market, model.today, model.scenario.zone.values()
    market.cost_index = np.array([line_value(zone.cost_index, today) for zone in zones])
    own_speed = np.array([zone.thrift_speed for zone in zones])
    market.thrift_speed = np.maximum(own_speed, market.regime.thrift_speed)
    turn_cycles(model)
    market.open_week(hear_news(model), market.attention)
    announce_rounds(model)
    watch_halts(model)


def look_around(model: "MineralMarket") -> None:
    """Totals that everybody can read in the statistics."""
    makers, market = model.manufacturers, model.market
    market.zone_use = makers.by_zone(makers.usual_use)
    market.zone_cover = makers.by_zone(makers.stock + makers.coming) / np.maximum(market.zone_use, 1e-9)
    market.own_output = model.refiners.by_zone(model.refiners.usual_output)
    if (makers.product >= 0).any():
        market.own_output = market.own_output + makers.by_zone(makers.own_product() * makers.usual_sales)


def hear_news(model: "MineralMarket") -> FloatArray:
    """Common news of each material: ordinary noise and rare stories that spread over weeks (MODEL 17)."""
    rules, market = model.scenario.parameters.news, model.market
    if not model.news_on:
        return np.zeros(len(market.materials))
    numbers = market.material_numbers
    ordinary, story = model.luck.normal("news", numbers, 2)
    breaks = model.luck.uniform("story", numbers) < rules.stories_per_year / WEEKS_PER_YEAR
    size = np.sqrt(rules.story_share * WEEKS_PER_YEAR / rules.stories_per_year)
    spread = market.news_sd * market.regime.news_factor
    shock = spread * (rules.daily_sd * ordinary + breaks * story * size)
    market.news = rules.persistence * market.news + (1 - rules.persistence) * shock
    return market.news


def turn_cycles(model: "MineralMarket") -> None:
    """Let each zone's demand cycle wander."""
    market = model.market
    spread = model.scenario.parameters.manufacturer.business_cycle_sd * CYCLE_STEP
    market.cycle += model.luck.normal("cycle", market.zone_numbers) * spread - market.cycle / CYCLE_WEEKS
    frozen = (model.today - model.scenario.time.growth_from).days / DAYS_PER_YEAR
    market.growth_years = max(frozen, 0.0)


def announce_rounds(model: "MineralMarket") -> None:
    """Export authorities open rounds; a cut against what was usual alarms buyers."""
    authorities, market = model.export_authorities, model.market
    alarm = 0.0
    for row in range(authorities.size):
        zone = int(authorities.zone[row])
        terms = [pool for pool in market.regime.pools.values() if pool.origin == zone]
        if not terms:
            continue
        opened = max(pool.opened for pool in terms)
        if authorities.round_opened[row] != opened.toordinal():
            tonnes = sum(pool.grams for pool in terms) / GRAMS_PER_TONNE
            quota = np.full(authorities.size, tonnes)
            authorities.surprise[row] = authorities.cut_against_usual(quota)[row]
            first = authorities.round_opened[row] == 0
            authorities.usual_quota[row] = tonnes if first else authorities.next_usual_quota(quota)[row]
            authorities.round_opened[row] = opened.toordinal()
            if not first:
                model.log("quota", str(authorities.name[row]), f"opens a round of {tonnes:,.0f} t")
        if market.regime.pools:
            alarm = max(alarm, float(authorities.quota_alarm(model.today.toordinal())[row]))
    weight = model.scenario.parameters.manufacturer.news_weight
    market.quota_alarm = float(np.clip(weight * alarm, 0.0, 1.0))


def watch_halts(model: "MineralMarket") -> None:
    """A price leader stops for some weeks when a price has fallen far below its average."""
    market = model.market
    for policy in market.regime.halts:
        zone, row = market.zones.index(policy.zone), market.materials.index(policy.material)
        fallen = market.price[row, zone] < policy.fall_below * market.average[row, zone]
        last = model.halts.get(policy.label, -(10**6))
        if fallen and model.week_index - last > policy.pause_weeks:
            model.halts[policy.label] = model.week_index
            model.log("halt", policy.zone, f"legal mines cut output for {policy.weeks:.0f} weeks to hold the price")


def fear(model: "MineralMarket") -> None:
    """Manufacturers take in the news and adjust their perceived risk."""
    market, regime, rules = model.market, model.market.regime, model.scenario.parameters.manufacturer
    zones = len(market.zones)
    alarm = np.zeros(zones)
    if regime.embargoed.any():
        alarm[:] = rules.alarm_others
        alarm[regime.embargoed.any(axis=1)] = rules.alarm_origin
        alarm[regime.embargoed.any(axis=0)] = 1.0
    market.zone_alarm = alarm + rules.crackdown_alarm * regime.crackdown
    model.manufacturers.risk[:] = model.manufacturers.next_risk()


def learn(model: "MineralMarket") -> None:
    """Traders note what they paid, compare what the strategies earn, and some switch (Brock and Hommes 1998)."""
    market, traders, rules = model.market, model.speculators, model.scenario.parameters.speculator
    if not (traders.size and model.speculation_on):
        return
    traders.paid[:] = traders.next_paid(model.exchange.bought_by(traders).sum(axis=0))
    if market.weeks_seen <= TREND_WEEKS + 1:
        return
    gated = market.is_gated()
    weight = np.where(gated, GATED_WEIGHT / max(gated.sum(), 1), (1 - GATED_WEIGHT) / max((~gated).sum(), 1))
    weight /= weight.sum()
    past = market.past[:, :, : len(market.zones)]
    gain = ((past[-1] - past[-2]) * weight).sum(axis=1)
    trend = ((past[-2] - past[-1 - TREND_WEEKS]) * weight).sum(axis=1)
    gap = ((np.log(market.anchor[:, : len(market.zones)]) - past[-2]) * weight).sum(axis=1)
    positions = np.stack([np.zeros_like(gain), trend > CHART_POSITION, gap > VALUE_POSITION], axis=1)
    model.fitness += (positions * (gain - rules.carrying_cost)[:, None] - model.fitness) / rules.learning_weeks
    utility = model.fitness * QUARTERS_YEAR
    utility[:, 0] = rules.outside_utility
    score = rules.choice_intensity * utility
    chances = np.exp(score - score.max(axis=1, keepdims=True))
    traders.strategy[:] = traders.next_strategy(chances / chances.sum(axis=1, keepdims=True))
