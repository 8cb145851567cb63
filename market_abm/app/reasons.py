"""Why an agent last acted: sentences from its own rules, asked again of its state."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from market_abm.agents.life import Stage
from market_abm.agents.speculator import CHARTIST, OUT
from market_abm.app.watch import population_of
from market_abm.core.units import GRAMS_PER_TONNE
from market_abm.policy import BandPurchase, Stockpile

if TYPE_CHECKING:
    from market_abm.agents.population import Population
    from market_abm.model import MineralMarket

NEXT_TO_NOTHING = 1e-9  # of a share


def percent(share: float, sign: str = "") -> str:
    """Share in per cent."""
    return f"{100 * share:{sign}.0f} %"


def of(model: "MineralMarket", kind: str, row: int) -> list[str]:
    """Reasons of an agent; a market that has been played is asked."""
    return list(_TELLERS[kind](model, population_of(model, kind), row))


# -- mines ---------------------------------------------------------------------------------------
def _mine(model: "MineralMarket", mines: "Population", row: int) -> Iterator[str]:
    stage = Stage(int(mines.stage[row]))
    if stage == Stage.OPERATING:
        yield from _digging(mines, row)
    elif stage == Stage.CONSTRUCTION:
        yield f"Being built; it starts around {model.date_of(int(mines.ready_step[row]))}."
    elif stage == Stage.RESOURCE:
        yield f"Waits for its permit; the chance is {percent(mines.permit_chance[row])} a quarter."
    elif stage == Stage.DEPLETED:
        yield "Mined out."
    else:
        yield from _waiting(model, mines, row, stage)


def _digging(mines: "Population", row: int) -> Iterator[str]:
    ratio, used = float(mines.revenue_over_cost()[row]), float(mines.utilisation[row])
    home = bool(mines.goes_home()[row])
    route = "its own plant" if home else "the plants of others"
    value = float(mines.home_value[row] if home else mines.outside_value[row])
    cost = float(mines.cash_cost[row])
    yield f"Ore goes to {route}, where it is worth {value:.2f} US$/kg against a cash cost of {cost:.2f} US$/kg."
    wanted = float(mines.next_utilisation()[row])
    way = "more" if wanted > used + 0.001 else "less" if wanted < used - 0.001 else "as much"
    yield f"Revenue is {ratio:.2f} times cost, so it digs {way} next week ({percent(used)} of capacity now)."
    if mines.unsold[row] > 2:
        yield f"Its plants hold {4 * mines.unsold[row]:.0f} weeks of unsold oxide, which curbs output."
    if mines.capacity_left()[row] < 1:
        yield f"Outages or enforcement leave {percent(mines.capacity_left()[row])} of its capacity."


def _waiting(model: "MineralMarket", mines: "Population", row: int, stage: Stage) -> Iterator[str]:
    if mines.accessible_step[row] > model.week_index:
        yield f"Nobody may invest before {model.date_of(int(mines.accessible_step[row]))}."
    values = [float(mines.home_value[row]) if mines.plant[row] >= 0 else -np.inf, float(mines.outside_value[row])]
    if max(values) <= 0:
        yield "At last week's prices nobody would pay for its ore."
        return
    left = max(values) - float(mines.cash_cost[row])
    yield f"At last week's prices its ore would bring {left:.2f} US$/kg over cash cost, before the cost of building."
    if stage == Stage.PERMITTED:
        yield "It has its permit and waits for money: investors look each quarter at what they expect over its life."
    else:
        yield "Closed; it reopens when prices have been good for some quarters in a row."


# -- plants --------------------------------------------------------------------------------------
def _plant(model: "MineralMarket", plants: "Population", row: int) -> Iterator[str]:
    if not plants.operating[row]:
        yield "Does not run: its mine is not open."
        return
    cover, least = 4 * plants.cover()[:, row], plants.least_price()[:, row]
    quote, sold = model.market.quote[:, plants.zone[row]], model.exchange.sold_by(plants)[:, row]
    for place in np.flatnonzero(plants.usual_output[:, row] > 0):
        name, tonnes = model.market.materials[place], sold[place] / GRAMS_PER_TONNE
        mood = "keeps its oxide" if least[place] > quote[place] else "offers all it has"
        yield (
            f"{name}: {cover[place]:.1f} weeks of output unsold; it takes no less than {least[place]:,.2f} US$/kg "
            f"where the market stands at {quote[place]:,.2f}, so it {mood}. Last week it sold {tonnes:,.1f} t."
        )


# -- makers --------------------------------------------------------------------------------------
def _maker(model: "MineralMarket", makers: "Population", row: int) -> Iterator[str]:
    use, rules = makers.usual_use[:, row], makers.parameters
    held, target = (makers.stock + makers.coming)[:, row], makers.target_stock()[:, row]
    bought, trend = model.exchange.bought_by(makers)[:, row], makers.trend()[:, row]
    fear = rules.fear_cover * float(makers.risk[row])
    for place in np.flatnonzero(makers.use[:, row] * (use > 0)):
        name, normal = model.market.materials[place], float(makers.base_cover[row])
        has, wants = held[place] / use[place], target[place] / use[place]
        why = [f"normal {normal:.1f}"]
        if fear > 0.005:
            why.append(f"fear of cut-offs adds {percent(fear)}")
        if abs(trend[place]) > NEXT_TO_NOTHING:
            why.append("rising prices make it hoard" if trend[place] > 0 else "falling prices make it wait")
        deed = "buys more than it uses" if bought[place] > use[place] else "buys less than it uses"
        yield (
            f"{name}: holds {has:.1f} weeks of use, under way included, and wants {wants:.1f} ({', '.join(why)}); "
            f"{deed} ({bought[place] / GRAMS_PER_TONNE:.2f} t last week)."
        )
    if makers.activity[row] < 0.999:
        yield f"Works at {percent(makers.activity[row])} of what it wants, for lack of material."
    saved = 1 - makers.intensity[:, row]
    if (worst := int(saved.argmax())) >= 0 and saved[worst] > 0.005:
        name = model.market.materials[worst]
        yield f"Has learnt to do with {percent(saved[worst])} less {name}, because it was dear."


# -- traders -------------------------------------------------------------------------------------
def _trader(model: "MineralMarket", traders: "Population", row: int) -> Iterator[str]:
    strategy, expected = int(traders.strategy[row]), float(traders.expected_return()[row])
    if strategy == OUT:
        yield "Out of the market: that has paid better lately than either strategy."
    else:
        belief = "the trend to go on" if strategy == CHARTIST else "the price to come back to its usual level"
        yield f"Expects {belief}: {percent(expected, sign='+')} over 13 weeks after costs, so it {_leaning(expected)}."
    if traders.called()[row]:
        yield "Its lender calls: the loan has outgrown the stock, which is sold at a discount."
    if traders.reluctance()[row] > 0.005:
        yield "Its stock has lost value, and it is loath to sell at a loss."
    place = int(traders.material[row])
    bought = model.exchange.bought_by(traders)[place, row] if "Speculator" in model.exchange.bids.parts else 0
    sold = model.exchange.sold_by(traders)[place, row] if "Speculator" in model.exchange.asks.parts else 0
    yield f"Bought {bought / GRAMS_PER_TONNE:.2f} t and sold {sold / GRAMS_PER_TONNE:.2f} t last week."


def _leaning(expected: float) -> str:
    """What a trader does with an expected return, at what people read as nothing."""
    return "wants a stock" if expected >= 0.005 else "sells what it has" if expected < 0 else "hardly moves"


# -- state bodies --------------------------------------------------------------------------------
def _body(model: "MineralMarket", bodies: "Population", row: int) -> Iterator[str]:
    body, market = bodies.agents[row], model.market
    zone = int(body.zone)
    for policy in body.held(Stockpile):
        for name in policy.materials or market.materials:
            place = market.materials.index(name)
            days = 7 * float(body.stock[place]) / max(float(market.zone_use[place, zone]), 1.0)
            dear = float(market.price[place, zone] / market.long_average[place, zone])
            mood = f"waits, for the price is {dear:.1f} times its 3-year average" if dear > policy.buy_below else "buys"
            if market.zone_cover[place, zone] < policy.release_below_weeks:
                mood = f"releases, for makers hold {market.zone_cover[place, zone]:.1f} weeks only"
            elif days >= policy.days:
                mood = "has reached its target"
            yield f"Stockpile of {name}: {days:.0f} of {policy.days:g} days of use; it {mood}."
    for policy in body.held(BandPurchase):
        for name in policy.materials or market.materials:
            place = market.materials.index(name)
            (low, high), price = body.band(policy, place), float(market.price[place, zone])
            mood = "buys" if price < low else "sells" if price > high else "stands by"
            yield f"Band for {name}: {low:,.2f} to {high:,.2f} US$/kg, price {price:,.2f}; it {mood}."
    if not market.regime.instruments.get(str(body.name)):
        yield "No instrument is in its hands this week."
    elif float(body.cash) <= 0:
        yield "It has no money left."


_TELLERS = {
    "mine": _mine,
    "illegal mine": _mine,
    "plant": _plant,
    "maker": _maker,
    "trader": _trader,
    "state body": _body,
}
