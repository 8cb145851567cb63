"""Verbs of expectation: news, cycles, alarm and risk, public statistics, and what traders learn (ODD: Sensing)."""

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from market_abm.agents.population import Population
from market_abm.core.compiled import compiled
from market_abm.core.random_numbers import RandomNumbers
from market_abm.core.units import DAYS_PER_YEAR, WEEKS_PER_YEAR, BoolArray, FloatArray, IntArray
from market_abm.market.market import TREND_WEEKS, Market
from market_abm.market.strategies import Strategies
from market_abm.policy.base import line_value
from market_abm.policy.regime import Regime
from market_abm.scenario.parameters import Parameters
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    from market_abm.market.trade import Trade

CYCLE_WEEKS = 26.0  # persistence of a zone's demand cycle (assumed)
CYCLE_STEP = 0.27  # weekly innovation over the cycle's standard deviation: sqrt(2 / 26)
CHART_POSITION, VALUE_POSITION = 0.08, 0.10  # moves at which each strategy would hold metal (assumed)
GATED_WEIGHT = 0.6  # weight of gated zones in the price traders learn from (assumed)


def update_costs(scenario: Scenario, market: Market, regime: Regime, today: dt.date) -> None:
    """Read the level of costs and the speed of saving of each zone, programmes included."""
    for zone, row in enumerate(scenario.zone.values()):
        market.cost_index[zone] = line_value(row.cost_index, today)
        market.thrift_speed[zone] = max(row.thrift_speed, regime.thrift_speed[zone])


def turn_cycles(
    scenario: Scenario, market: Market, parameters: Parameters, random_numbers: RandomNumbers, today: dt.date
) -> None:
    """Let each zone's demand cycle wander, and trend growth go on."""
    spread = parameters.manufacturer.business_cycle_sd * CYCLE_STEP
    drawn = random_numbers.draw("normal", "cycle", market.zone_numbers)
    market.cycle = market.cycle + drawn * spread - market.cycle / CYCLE_WEEKS
    market.growth_years = max((today - scenario.time.growth_from).days / DAYS_PER_YEAR, 0.0)


def hear_news(
    market: Market, regime: Regime, parameters: Parameters, random_numbers: RandomNumbers, news_on: bool
) -> None:
    """Common news moves quotes: ordinary noise, and rare stories that spread over weeks; trends are measured."""
    if news_on:
        rules, numbers = parameters.news, market.material_numbers
        ordinary = random_numbers.draw("normal", "news", numbers)
        story = random_numbers.draw("normal", "size of story", numbers)
        breaks = random_numbers.draw("uniform", "story", numbers) < rules.stories_per_year / WEEKS_PER_YEAR
        size = np.sqrt(rules.story_share * WEEKS_PER_YEAR / rules.stories_per_year)
        shock = market.news_sd * regime.news_factor * (rules.daily_sd * ordinary + breaks * story * size)
        market.news = rules.persistence * market.news + (1 - rules.persistence) * shock
    market.open_week(market.news if news_on else np.zeros_like(market.news))


def update_risk(manufacturers: Population, market: Market, regime: Regime, parameters: Parameters) -> None:
    """Manufacturers take in the news and adjust their perceived risk."""
    rules = parameters.manufacturer
    alarm = rules.crackdown_alarm * regime.crackdown
    if regime.embargoed.any():
        shut = np.full(len(market.zones), rules.alarm_others)
        shut[regime.embargoed.any(axis=1)] = rules.alarm_origin
        shut[regime.embargoed.any(axis=0)] = 1.0
        alarm += shut
    market.zone_alarm = alarm
    manufacturers.ask("next_risk", into=[manufacturers.risk])


def publish_statistics(manufacturers: Population, refiners: Population, market: Market) -> None:
    """Publish totals by zone that everybody can read: use, cover, output."""
    makers = manufacturers
    _publish(
        *(makers.zone, makers.usual_use, makers.stock, makers.coming, makers.product, makers.usual_sales),
        *(refiners.zone, refiners.usual_output, market.zone_use, market.zone_cover, market.own_output),
    )


@compiled
def _publish(
    zone: IntArray,
    usual_use: FloatArray,
    stock: IntArray,
    coming: IntArray,
    product: IntArray,
    usual_sales: FloatArray,
    plant_zone: IntArray,
    usual_output: FloatArray,
    zone_use: FloatArray,
    zone_cover: FloatArray,
    own_output: FloatArray,
) -> None:
    zone_use[:] = 0.0
    zone_cover[:] = 0.0
    own_output[:] = 0.0
    for material in range(usual_use.shape[0]):
        for row in range(zone.size):
            zone_use[material, zone[row]] += usual_use[material, row]
            zone_cover[material, zone[row]] += float(stock[material, row] + coming[material, row])
            if product[row] == material:
                own_output[material, zone[row]] += usual_sales[row]
        for row in range(plant_zone.size):
            own_output[material, plant_zone[row]] += usual_output[material, row]
        for place in range(zone_use.shape[1]):
            zone_cover[material, place] /= max(zone_use[material, place], 1e-9)


def look_back(speculators: Population, market: Market) -> None:
    """Traders see how far prices moved over their own memory: here, abroad, and in the lead material."""
    traders = speculators
    if traders.size:
        _look_back(
            *(traders.material, traders.zone, traders.memory, market.price, market.past, market.export_nodes),
            *(market.lead, traders.own_move, traders.gate_move, traders.lead_move),
        )


@compiled
def _look_back(
    material: IntArray,
    zone: IntArray,
    memory: IntArray,
    price: FloatArray,
    past: FloatArray,
    export_nodes: IntArray,
    lead: int,
    own_move: FloatArray,
    gate_move: FloatArray,
    lead_move: FloatArray,
) -> None:
    newest = past.shape[0] - 1
    for row in range(material.size):
        own, here, gate, then = material[row], zone[row], export_nodes[zone[row]], newest - memory[row]
        own_move[row] = past[newest, own, here] - past[then, own, here]
        gate_move[row] = past[newest, own, gate] - past[then, own, gate]
        lead_move[row] = past[newest, lead, gate] - past[then, lead, gate]


def compare_strategies(strategies: Strategies, market: Market, parameters: Parameters, speculation_on: bool) -> None:
    """Average what following trends, and buying below the usual price, would have earned last week."""
    if speculation_on and market.weeks_seen > TREND_WEEKS + 1:
        rules = parameters.speculator
        _compare(
            *(market.past, market.anchor, market.zone_use, market.is_gated()),
            *(rules.carrying_cost, rules.learning_weeks),
            *(strategies.chartist_profit, strategies.fundamentalist_profit),
        )


@compiled
def _compare(
    past: FloatArray,
    anchor: FloatArray,
    zone_use: FloatArray,
    gated: BoolArray,
    carrying_cost: float,
    learning_weeks: float,
    chartist: FloatArray,
    fundamentalist: FloatArray,
) -> None:
    newest = past.shape[0] - 1
    for material in range(chartist.size):
        inside, outside = 0, 0  # zones where the material is used: the others have no price to learn from
        for zone in range(gated.size):
            if zone_use[material, zone] > 0.0:
                if gated[zone]:
                    inside += 1
                else:
                    outside += 1
        total = (GATED_WEIGHT if inside else 0.0) + (1.0 - GATED_WEIGHT if outside else 0.0)
        if total == 0.0:
            continue
        gain, trend, gap = 0.0, 0.0, 0.0
        for zone in range(gated.size):
            if zone_use[material, zone] <= 0.0:
                continue
            weight = (GATED_WEIGHT / inside if gated[zone] else (1.0 - GATED_WEIGHT) / outside) / total
            last = past[newest - 1, material, zone]
            gain += weight * (past[newest, material, zone] - last)
            trend += weight * (last - past[newest - TREND_WEEKS, material, zone])
            gap += weight * (np.log(anchor[material, zone]) - last)
        earned = gain - carrying_cost
        chartist[material] += ((earned if trend > CHART_POSITION else 0.0) - chartist[material]) / learning_weeks
        fundamentalist[material] += (
            (earned if gap > VALUE_POSITION else 0.0) - fundamentalist[material]
        ) / learning_weeks


def learn(speculators: Population, market: Market, trade: "Trade", speculation_on: bool) -> None:
    """Traders note what they paid, and some reconsider their strategy."""
    if not (speculators.size and speculation_on):
        return
    bought = trade.bought[speculators.key].sum(axis=0)
    if market.weeks_seen > TREND_WEEKS + 1:
        into = [speculators.paid, speculators.strategy]
        speculators.ask("next_paid", "next_strategy", into=into, bought=bought)
    else:
        speculators.ask("next_paid", into=[speculators.paid], bought=bought)
