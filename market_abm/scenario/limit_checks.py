"""What a scenario plans must fit into the books: mass, money and price (see `core.limits`).

Single numbers are found by the unit that their field declares. Sums over the
run are estimates from above: tonnes a year, times years, times what users pay
in a run of high prices.
"""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

from market_abm.core.limits import MASS, MONEY, PRICE, Limit
from market_abm.core.units import DAYS_PER_YEAR, WEEKS_PER_YEAR
from market_abm.policy import DemandShock, PriceFloor, StateOfftake, Stockpile
from market_abm.scenario.errors import Fault, Where
from market_abm.scenario.fields import declared_unit
from market_abm.scenario.known import Known
from market_abm.scenario.schema import Manufacturer, Mine, Scenario, Speculator

KG_PER_TONNE = 1000.0
USD_PER_MILLION = 1e6
ONCE: dict[str, tuple[Limit, float]] = {
    "US$/kg": (PRICE, 1.0),
    "US$/kg REO": (PRICE, 1.0),
    "US$ m": (MONEY, USD_PER_MILLION),
    "t": (MASS, 1.0),
    "t REO": (MASS, 1.0),
}
"""Limit of a number by its unit, and what one of it is in the unit of the limit."""
YEARLY: dict[str, tuple[Limit, float]] = {
    "US$ m/year": (MONEY, USD_PER_MILLION),
    "t/year": (MASS, 1.0),
    "t REO/year": (MASS, 1.0),
}
"""The same for numbers that add up over the years of the run."""
MOST = 300.0  # exponent near which floats end, and every limit with them
LASTING_PRICE = 0.5  # mean price of a run over the value in use, at which users stop buying: no peak lasts for years
SHORTER = "Check the unit, or end the run earlier (time.end)."


# -- single numbers --------------------------------------------------------------------------------
def check_beyond_limits(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """No single number exceeds what books and auction can hold; the years of the run and `count` are counted."""
    years = _years(scenario)
    for section in Scenario.model_fields:
        if section != "parameters":  # thresholds, which nobody adds up
            yield from _too_great((section,), getattr(scenario, section), years)


def _too_great(where: Where, value: Any, years: float, unit: str = "-", count: int = 1) -> Iterator[Fault]:
    """Yield a fault for every number in a part, table, list or pair that exceeds the limit of its unit."""
    if isinstance(value, BaseModel):
        if getattr(value, "enabled", True):
            for key, declared in _limited(type(value)):
                yield from _too_great((*where, key), getattr(value, key), years, declared, _count(value))
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from _too_great((*where, key), below, years, unit, count)
    elif isinstance(value, list):
        for row, below in enumerate(value):
            yield from _too_great((*where, getattr(below, "name", None) or row), below, years, unit, count)
    elif isinstance(value, tuple):  # [low, high], or a date and a number
        greatest = max((abs(number) for number in value if isinstance(number, int | float)), default=0.0)
        yield from _too_great(where, greatest, years, unit, count)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        limit, scale = (ONCE | YEARLY).get(unit, (PRICE, 0.0))
        often = years * count if unit in YEARLY else 1.0
        if not limit.holds(value * scale * often):
            told = f"{value:g} {unit}"
            if unit in YEARLY:
                told += f"{f' of {count:,} agents' if count > 1 else ''} over {years:.1f} years"
            yield Fault(where, f"{told} exceeds {limit}.", SHORTER if unit in YEARLY else "Check the unit.")


@cache
def _limited(part: type[BaseModel]) -> list[tuple[str, str]]:
    """Fields of a part that hold limited numbers, or parts that may hold some, with their units."""
    found = []
    for key, field in part.model_fields.items():
        unit = declared_unit(field) or "-"
        if unit == "-" or unit in ONCE or unit in YEARLY:
            found.append((key, unit))
    return found


def _count(part: BaseModel) -> int:
    """Agents that each have the amounts of a part; groups of manufacturers and of speculators share them."""
    return 1 if isinstance(part, Manufacturer | Speculator) else int(getattr(part, "count", 1))


def _years(scenario: Scenario) -> float:
    """Length of the run; a short one counts as a year, since openings hold months of use."""
    years: float = (scenario.time.end - scenario.time.start).days / DAYS_PER_YEAR
    return max(years, 1.0)


# -- products and sums -----------------------------------------------------------------------------
def check_bill_of_users(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """What manufacturers pay for over the run fits into the accounts, and what they would bid into the auction."""
    parts: list[tuple[float, Where, str]] = []
    for name, group in scenario.manufacturer.items():
        years = _years_of_use(scenario, group)
        for material, use in group.use_t_per_year.items():
            if not known.is_sound("material", material):
                continue
            worth = scenario.material[material].value_in_use_usd_per_kg * group.value_in_use_factor
            where: Where = ("manufacturer", name, "use_t_per_year", material)
            if not PRICE.holds(worth):
                what = f"users pay up to {worth:g} US$/kg, which exceeds {PRICE}."
                yield Fault(("manufacturer", name, "value_in_use_factor"), what, "Lower it.")
            if not MASS.holds(use * years):
                yield Fault(where, f"use of {use * years:.1e} t in the run exceeds {MASS}.", SHORTER)
            price = LASTING_PRICE * worth
            told = f"{use:g} t/year at {price:g} US$/kg; growth and shocks make it {years:.1f} times as much"
            parts.append((use * years * KG_PER_TONNE * price, where, told))
    yield from _sum_fits(parts, "what users may pay")


def check_cost_of_mines(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """What mines cost to build, and to run at capacity over the run, fits into the accounts."""
    built: list[tuple[float, Where, str]] = []
    run: list[tuple[float, Where, str]] = []
    for name, mine in scenario.mine.items():
        tonnes = max(mine.capacity_t_per_year) * mine.count
        capex = max(mine.capex_usd_per_t)
        told = f"{tonnes:g} t/year at {capex:g} US$ per t/year"
        built.append((tonnes * capex, ("mine", name, "capex_usd_per_t"), told))
        cost = max(mine.cost_usd_per_kg) * _cost_index(scenario, mine)
        told = f"{tonnes:g} t/year over {_years(scenario):.1f} years at {cost:g} US$/kg"
        run.append((tonnes * KG_PER_TONNE * cost * _years(scenario), ("mine", name, "cost_usd_per_kg"), told))
    yield from _sum_fits(built, "what mines cost to build")
    yield from _sum_fits(run, "what mines cost to run")


def check_turnover_of_traders(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """What speculators buy and sell over the run, when they turn their capital over all the time, fits."""
    weeks, pace = _years(scenario) * WEEKS_PER_YEAR, scenario.parameters.speculator.aggressiveness
    parts: list[tuple[float, Where, str]] = []
    for name, group in scenario.speculator.items():
        capital = group.capital_musd * USD_PER_MILLION / (1 - group.credit)
        told = f"{capital:.1e} US$ with credit, turned over by {pace:g} a week for {weeks:.0f} weeks"
        parts.append((capital * pace * weeks, ("speculator", name, "capital_musd"), told))
    yield from _sum_fits(parts, "what speculators may trade")


def check_promises(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """What price floors and offtakes promise over the run fits into the accounts."""
    years = _years(scenario)
    for where, project, floor, share in _floors(scenario):
        for name in [project] if project else scenario.mine:
            if floor and known.is_sound("mine", name):
                mine = scenario.mine[name]
                tonnes = max(mine.capacity_t_per_year) * mine.count * share
                promised = tonnes * KG_PER_TONNE * floor * years
                if not MONEY.holds(promised):
                    told = f"{floor:g} US$/kg for {tonnes:g} t/year of {name} over {years:.1f} years"
                    yield Fault(where, f"{told} is {promised:.1e} US$, which exceeds {MONEY}.", "Lower it.")
                    break


def _floors(scenario: Scenario) -> Iterator[tuple[Where, str, float, float]]:
    """Path, mine (all when empty), price [US$/kg] and share of capacity of every promised price."""
    for name, offtake in scenario.offtake.items():
        yield ("offtake", name, "floor_usd_per_kg"), offtake.mine, offtake.floor_usd_per_kg, offtake.share
    for row, policy in enumerate(scenario.policy):
        where = ("policy", policy.name or row)
        if isinstance(policy, PriceFloor) and policy.enabled:
            yield (*where, "floor"), policy.project, policy.floor, 1.0
        if isinstance(policy, StateOfftake) and policy.enabled:
            yield (*where, "floor_usd_per_kg"), "", policy.floor_usd_per_kg, policy.share


def check_size_of_stocks(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Stocks aimed at, in weeks or days of use, fit into the books."""
    use = sum(
        sum(group.use_t_per_year.values()) * _years_of_use(scenario, group) for group in scenario.manufacturer.values()
    )
    for name, group in scenario.manufacturer.items():
        stock = sum(group.use_t_per_year.values()) * max(group.cover_weeks) / WEEKS_PER_YEAR
        if not MASS.holds(stock):
            what = f"{max(group.cover_weeks):g} weeks of use are {stock:.1e} t, which exceeds {MASS}."
            yield Fault(("manufacturer", name, "cover_weeks"), what, "Lower it.")
    for row, policy in enumerate(scenario.policy):
        if isinstance(policy, Stockpile) and policy.enabled and not MASS.holds(use * policy.days / DAYS_PER_YEAR):
            what = f"{policy.days:g} days of use are {use * policy.days / DAYS_PER_YEAR:.1e} t, which exceeds {MASS}."
            yield Fault(("policy", policy.name or row, "days"), what, "Lower it.")


def _sum_fits(parts: Sequence[tuple[float, Where, str]], what: str) -> Iterator[Fault]:
    """Fault at the largest part of a sum of US$ that exceeds the limit of money."""
    total = sum(amount for amount, _, _ in parts)
    if parts and not MONEY.holds(total):
        _, where, told = max(parts, key=lambda part: part[0])
        said = f"{what} is estimated at {total:.1e} US$, most of it here ({told}); that exceeds {MONEY}."
        yield Fault(where, said, SHORTER)


def _years_of_use(scenario: Scenario, group: Manufacturer) -> float:
    """Use of the run over yearly use at the growth date: frozen before it, then the trend, all times the shocks.

    Every demand shock that is meant for the group counts with its greatest factor over the whole run.
    """
    time, rate = scenario.time, math.log1p(group.growth_per_year)
    growing = max((time.end - max(time.growth_from, time.start)).days / DAYS_PER_YEAR, 0.0)
    exponent = 0.0
    for policy in scenario.policy:
        if isinstance(policy, DemandShock) and policy.enabled and _meets(policy, group, time.end):
            exponent += math.log(max(1.0, *(value for _, value in policy.factor)))
    trend = math.expm1(min(rate * growing, MOST)) / rate if rate else growing
    return (max(_years(scenario) - growing, 0.0) + trend) * math.exp(min(exponent, MOST))


def _meets(policy: DemandShock, group: Manufacturer, end: dt.date) -> bool:
    """Whether a shock begins within the run and is meant for a group."""
    meant = (not policy.zones or group.zone in policy.zones) and (not policy.sectors or group.sector in policy.sectors)
    return policy.start < end and meant


def _cost_index(scenario: Scenario, mine: Mine) -> float:
    """Greatest cost over that of 2009 in the mine's zone [1]."""
    zone = scenario.zone.get(mine.zone)
    return max(value for _, value in zone.cost_index) if zone is not None else 1.0


LIMIT_CHECKS = (
    check_bill_of_users,
    check_cost_of_mines,
    check_turnover_of_traders,
    check_promises,
    check_size_of_stocks,
)
"""Sums over the run; they mean something only when nothing else is wrong."""
