"""Why an agent last acted: sentences from its own rules, asked again of its state."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import numpy as np

from market_abm.agents.life import Stage
from market_abm.agents.refiner import COVER_WEEKS
from market_abm.agents.speculator import CHARTIST, OUT
from market_abm.app.rows import materials
from market_abm.app.watch import population_of
from market_abm.core.units import GRAMS_PER_TONNE
from market_abm.policy import BandPurchase, Stockpile

if TYPE_CHECKING:
    from market_abm.agents.population import Population
    from market_abm.agents.state_buyer import StateBuyer
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
    ratio, used = mines.ask_one(row, "revenue_over_cost"), float(mines.utilisation[row])
    home = mines.ask_one(row, "goes_home")
    route = "its own plant" if home else "the plants of others"
    value = float(mines.home_value[row] if home else mines.outside_value[row])
    cost = float(mines.cash_cost[row])
    yield f"Ore goes to {route}, where it is worth {value:.2f} US$/kg against a cash cost of {cost:.2f} US$/kg."
    wanted, left = mines.ask_one(row, "next_utilisation"), mines.ask_one(row, "capacity_left")
    way = "more" if wanted > used + 0.001 else "less" if wanted < used - 0.001 else "as much"
    yield f"Revenue is {ratio:.2f} times cost, so it digs {way} next week ({percent(used)} of capacity now)."
    if mines.unsold[row] > 2:
        yield f"Its plants hold {4 * mines.unsold[row]:.0f} weeks of unsold oxide, which curbs output."
    if left < 1:
        yield f"Outages or enforcement leave {percent(left)} of its capacity."


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
    cover, least = COVER_WEEKS * plants.ask_one(row, "cover"), plants.ask_one(row, "least_price")
    quote, sold = model.market.quote[:, plants.zone[row]], model.week.trade.sold[plants.key][:, row]
    for place, name in materials(model):
        if plants.usual_output[place, row] <= 0:
            continue
        tonnes = sold[place] / GRAMS_PER_TONNE
        mood = "keeps its oxide" if least[place] > quote[place] else "offers all it has"
        yield (
            f"{name}: {cover[place]:.1f} weeks of output unsold; it takes no less than {least[place]:,.2f} US$/kg "
            f"where the market stands at {quote[place]:,.2f}, so it {mood}. Last week it sold {tonnes:,.1f} t."
        )


# -- makers --------------------------------------------------------------------------------------
def _maker(model: "MineralMarket", makers: "Population", row: int) -> Iterator[str]:
    use, rules = makers.usual_use[:, row], makers.parameters
    held, target = makers.stock[:, row] + makers.coming[:, row], makers.ask_one(row, "target_stock")
    bought, trend = model.week.trade.bought[makers.key][:, row], makers.ask_one(row, "trend")
    fear = rules.fear_cover * float(makers.risk[row])
    for place, name in materials(model):
        if makers.use[place, row] <= 0 or use[place] <= 0:
            continue
        normal = float(makers.base_cover[row])
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
    strategy, expected = int(traders.strategy[row]), traders.ask_one(row, "expected_return")
    if strategy == OUT:
        yield "Out of the market: that has paid better lately than either strategy."
    else:
        belief = "the trend to go on" if strategy == CHARTIST else "the price to come back to its usual level"
        yield f"Expects {belief}: {percent(expected, sign='+')} over 13 weeks after costs, so it {_leaning(expected)}."
    if traders.ask_one(row, "called"):
        yield "Its lender calls: the loan has outgrown the stock, which is sold at a discount."
    if traders.ask_one(row, "reluctance") > 0.005:
        yield "Its stock has lost value, and it is loath to sell at a loss."
    place, deals = int(traders.material[row]), (model.week.trade.bought, model.week.trade.sold)
    bought, sold = (float(fills[traders.key][place, row]) if traders.key in fills else 0.0 for fills in deals)
    yield f"Bought {bought / GRAMS_PER_TONNE:.2f} t and sold {sold / GRAMS_PER_TONNE:.2f} t last week."


def _leaning(expected: float) -> str:
    """What a trader does with an expected return, at what people read as nothing."""
    return "wants a stock" if expected >= 0.005 else "sells what it has" if expected < 0 else "hardly moves"


# -- state bodies --------------------------------------------------------------------------------
def _body(model: "MineralMarket", bodies: "Population", row: int) -> Iterator[str]:
    body, market = cast("StateBuyer", bodies.agents[row]), model.market
    zone = int(body.zone)
    for policy in body.held(Stockpile):
        for name in policy.materials or model.scenario.material:
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
        for name in policy.materials or model.scenario.material:
            place = market.materials.index(name)
            (low, high), price = body.band(policy, place), float(market.price[place, zone])
            mood = "buys" if price < low else "sells" if price > high else "stands by"
            yield f"Band for {name}: {low:,.2f} to {high:,.2f} US$/kg, price {price:,.2f}; it {mood}."
    if not model.world.regime.instruments.get(str(body.name)):
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
