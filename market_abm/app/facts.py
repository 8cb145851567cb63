"""How an agent stands: its state in words and numbers with units."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market_abm.agents.life import Stage
from market_abm.agents.speculator import CHARTIST, FUNDAMENTALIST, OUT
from market_abm.app.rows import agents, materials
from market_abm.app.watch import population_of
from market_abm.core.units import GRAMS_PER_TONNE, MICROS_PER_MILLION, WEEKS_PER_YEAR, BoolArray

if TYPE_CHECKING:
    from market_abm.agents.population import Population
    from market_abm.model import MineralMarket

STRATEGIES = {OUT: "out of the market", CHARTIST: "follows the trend", FUNDAMENTALIST: "bets on the usual price"}
YEARLY = WEEKS_PER_YEAR / GRAMS_PER_TONNE  # g/week to t/year


@dataclass(frozen=True)
class Fact:
    """One line of an agent's state; `number` is None for words."""

    label: str
    value: str
    unit: str = ""
    number: float | None = None


def facts(model: "MineralMarket", kind: str, row: int) -> list[Fact]:
    """State of an agent."""
    population = population_of(model, kind)
    zone = model.market.zones[population.zone[row]]
    label = model.scenario.zone[zone].label or zone
    return [Fact("Zone", label), *_TELLERS[kind](model, population, row), *_cash(population, row)]


def number(label: str, value: float, unit: str) -> Fact:
    """Fact of a number, with as many digits as help."""
    size = abs(value)
    digits = 0 if size >= 100 or value == 0 else 1 if size >= 10 else 2 if size >= 0.1 else 3
    return Fact(label, f"{value:,.{digits}f}", unit, float(value))


def _cash(population: "Population", row: int) -> Iterator[Fact]:
    yield number("Cash", population.cash[row] / MICROS_PER_MILLION, "US$ m")


def _mine(model: "MineralMarket", mines: "Population", row: int) -> Iterator[Fact]:
    yield Fact("Stage", Stage(int(mines.stage[row])).label.replace("_", " "))
    yield Fact("Deposit", list(model.world.scenario.deposit)[mines.deposit[row]])
    yield number("Capacity", mines.capacity[row] * mines.scale[row] * YEARLY, "t REO/year")
    yield number("Output last week, a year of it", _dug(model, mines, row) * YEARLY, "t REO/year")
    yield number("Utilisation", 100 * mines.utilisation[row], "%")
    yield number("Cash cost of concentrate", mines.cash_cost[row], "US$/kg REO")
    yield number("Concentrate waiting", mines.concentrate[row] / GRAMS_PER_TONNE, "t REO")
    if mines.start_reserve[row] > 0:
        yield number("Left in the ground", mines.reserve[row] / GRAMS_PER_TONNE, "t REO")
    if mines.plant[row] >= 0:
        yield Fact("Own plant", str(model.world.refiners.name[mines.plant[row]]))
    if not mines.corporate[row]:
        yield number("Debt", mines.debt[row] / MICROS_PER_MILLION, "US$ m")
        yield number("Debt to state bodies", mines.state_debt[row] / MICROS_PER_MILLION, "US$ m")
        yield number("Building cost", mines.capex[row] / MICROS_PER_MILLION, "US$ m")
    if mines.sponsor[row] >= 0:
        yield Fact("State sponsor", str(model.world.state_buyers.name[mines.sponsor[row]]))
        yield number("State share of equity", 100 * mines.state_share[row], "%")


def _dug(model: "MineralMarket", mines: "Population", row: int) -> float:
    """Output of a mine last week [g]; nothing before the first."""
    mined = getattr(model.week, "mined", None)
    if mined is None:
        return 0.0
    return float((mined.legal if mines is model.world.miners else mined.illegal)[row])


def _plant(model: "MineralMarket", plants: "Population", row: int) -> Iterator[Fact]:
    yield Fact("Runs", "yes" if plants.operating[row] else "no")
    yield number("Capacity", plants.capacity[row] * YEARLY, "t REO/year")
    yield number("Usual intake", plants.usual_intake[row] * YEARLY, "t REO/year")
    yield number("Cost of its oxide", plants.unit_cost[row], "US$/kg REO")
    yield from _stocks(model, plants, row, plants.stock[:, row] > 0)


def _maker(model: "MineralMarket", makers: "Population", row: int) -> Iterator[Fact]:
    yield Fact("Sector", list(model.world.regime.sectors)[makers.sector[row]])
    yield number("Activity", 100 * makers.activity[row], "%")
    yield number("Perceived supply risk", 100 * makers.risk[row], "%")
    yield number("Normal stock", makers.base_cover[row], "weeks of use")
    for place, material in materials(model):
        if makers.use[place, row] > 0:
            yield number(f"Usual use of {material}", makers.usual_use[place, row] * YEARLY, "t/year")
            yield number(f"Use per product of {material}, over start", 100 * makers.intensity[place, row], "%")
            yield number(f"{material} under way", makers.coming[place, row] / GRAMS_PER_TONNE, "t")
    yield from _stocks(model, makers, row, makers.use[:, row] > 0)


def _trader(model: "MineralMarket", traders: "Population", row: int) -> Iterator[Fact]:
    place = int(traders.material[row])
    yield Fact("Trades", model.market.materials[place])
    yield Fact("Strategy", STRATEGIES[int(traders.strategy[row])])
    yield number("Looks back", float(traders.memory[row]), "weeks")
    yield from _stocks(model, traders, row, np.arange(len(traders.stock)) == place)
    yield number("Average price paid", traders.paid[row], "US$/kg")
    yield number("Value of its stock", traders.ask_one(row, "stock_value") / MICROS_PER_MILLION, "US$ m")


def _body(model: "MineralMarket", bodies: "Population", row: int) -> Iterator[Fact]:
    held = [policy.label for policy in model.world.regime.instruments.get(str(bodies.name[row]), [])]
    yield Fact("Instruments", ", ".join(held) or "none in force")
    yield Fact("Further money voted", "yes" if bodies.voted[row] else "no")
    yield Fact("Sponsors", _sponsored(model, row) or "no project")
    yield from _stocks(model, bodies, row, bodies.stock[:, row] > 0)


def _sponsored(model: "MineralMarket", body: int) -> str:
    """Names of the projects that a state body sponsors."""
    miners = model.world.miners
    there = agents(miners, model.scenario.mine)
    return ", ".join(str(miners.name[row]) for row in there if miners.sponsor[row] == body)


def _stocks(model: "MineralMarket", population: "Population", row: int, shown: BoolArray) -> Iterator[Fact]:
    for place, material in materials(model):
        if shown[place]:
            yield number(f"Stock of {material}", population.stock[place, row] / GRAMS_PER_TONNE, "t")


_TELLERS = {
    "mine": _mine,
    "illegal mine": _mine,
    "plant": _plant,
    "maker": _maker,
    "trader": _trader,
    "state body": _body,
}
