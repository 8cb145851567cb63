"""Builds the agents of a scenario: one function a kind (ODD: Initialisation).

Draws are keyed by the agent's name, so an agent added to a scenario changes
nobody else's start.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np

from market_abm.agents.export_authority import ExportAuthority
from market_abm.agents.illegal_miner import IllegalMiner
from market_abm.agents.licence_holder import LicenceHolder
from market_abm.agents.life import Stage
from market_abm.agents.manufacturer import Manufacturer
from market_abm.agents.miner import Miner
from market_abm.agents.population import Agent, Home, Population
from market_abm.agents.refiner import Refiner
from market_abm.agents.speculator import Speculator
from market_abm.agents.state_buyer import StateBuyer
from market_abm.books.opening import START_UTILISATION
from market_abm.core.units import GRAMS_PER_TONNE, MICROS_PER_DOLLAR, WEEKS_PER_YEAR, FloatArray
from market_abm.market.market import Market
from market_abm.policy.regime import Regime
from market_abm.scenario.schema import Scenario

LEAST_WEALTH = 0.3  # added to a Pareto draw of wealth, so that nobody starts with next to nothing (assumed)
FAR = 10**9  # a week that never comes


class Founding(Home, Protocol):
    """A world in which agents settle: what it has before the first of them, and those who are there already."""

    scenario: Scenario
    market: Market
    regime: Regime
    miners: Population
    illegal_miners: Population
    refiners: Population


class Rows(NamedTuple):
    """Agents of a section of the scenario, one entry an agent.

    Attributes
    ----------
    names, groups : of the agent and of its row in the scenario; the first of a group is called as its row, so that
        a second member does not rename it.
    numbered : name with its number, which keys the agent's random numbers.
    specs : the row.
    """

    names: list[str]
    groups: list[str]
    numbered: list[str]
    specs: list[Any]


def rows_of(section: dict[str, Any]) -> Rows:
    """Agents of a section, `count` of each row."""
    rows = Rows([], [], [], [])
    for group, spec in section.items():
        for number in range(spec.count):
            rows.names.append(group if number == 0 else f"{group} {number + 1}")
            rows.groups.append(group)
            rows.numbered.append(f"{group} {number + 1}")
            rows.specs.append(spec)
    return rows


def _uniform(population: Population, purpose: str) -> FloatArray:
    return population.home.random_numbers.draw("uniform", purpose, population.number)


def _normal(population: Population, purpose: str) -> FloatArray:
    return population.home.random_numbers.draw("normal", purpose, population.number)


def _within(population: Population, purpose: str, ranges: list[tuple[float, float]]) -> FloatArray:
    """Draw a value for each agent uniformly from its range."""
    low, high = np.array(ranges, dtype=float).reshape(-1, 2).T
    drawn: FloatArray = low + (high - low) * _uniform(population, purpose)
    return drawn


def _zones(world: Founding, specs: list[Any]) -> list[int]:
    return [world.market.zones.index(spec.zone) for spec in specs]


def build_manufacturers(world: Founding, kind: type) -> Population:
    """Manufacturers with lognormal sizes that add up to their group's use."""
    market = world.market
    names, groups, numbered, specs = rows_of(world.scenario.manufacturer)
    makers = Population(world, kind, names, "Manufacturer", numbered)
    makers.zone[:], makers.group[:] = _zones(world, specs), groups
    makers.sector[:] = [world.regime.sectors[spec.sector] for spec in specs]
    makers.growth[:] = [spec.growth_per_year for spec in specs]
    makers.elasticity[:] = _within(makers, "elasticity", [spec.elasticity for spec in specs])
    makers.base_cover[:] = _within(makers, "cover", [spec.cover_weeks for spec in specs])
    size = np.exp(np.array([spec.size_sigma for spec in specs]) * _normal(makers, "size"))
    total = {group: float(size[np.array(groups) == group].sum()) for group in dict.fromkeys(groups)}
    size = size / np.array([total[group] for group in groups]) if groups else size
    luck = world.random_numbers.draw_by_material("normal", "value in use", makers.number, market.material_numbers)
    for row, (name, material) in enumerate(world.scenario.material.items()):
        tonnes = np.array([spec.use_t_per_year.get(name, 0.0) for spec in specs])
        makers.use[row] = tonnes * size * GRAMS_PER_TONNE / WEEKS_PER_YEAR
        factor = np.array([spec.value_in_use_factor for spec in specs])
        makers.value_in_use[row] = (
            material.value_in_use_usd_per_kg * factor * np.exp(material.value_in_use_sigma * luck[row])
        )
    makers.reference_price[:] = market.price[:, makers.zone]
    worth = makers.use * makers.reference_price
    makers.cost_share[:] = worth / np.maximum(worth.sum(axis=0), 1e-9)
    makers.intensity[:], makers.activity[:] = 1.0, 1.0
    for row, spec in enumerate(specs):
        makers.product[row] = market.materials.index(spec.makes.material) if spec.makes else -1
        makers.output_rate[row] = (
            spec.makes.t_per_year * size[row] * GRAMS_PER_TONNE / WEEKS_PER_YEAR if spec.makes else 0.0
        )
        makers.other_cost[row] = spec.makes.other_cost_usd_per_kg if spec.makes else 0.0
    makers.usual_sales[:] = makers.output_rate
    makers.usual_use[:] = makers.use
    return makers


def build_miners(world: Founding, kind: type, legality: str) -> Population:
    """Mines of one legality with their baskets, costs and life stages."""
    scenario, market = world.scenario, world.market
    names, groups, numbered, specs = rows_of({k: row for k, row in scenario.mine.items() if row.legality == legality})
    miners = Population(world, kind, names, "Miner" if legality == "legal" else "IllegalMiner", numbered)
    miners.zone[:], miners.group[:] = _zones(world, specs), groups
    deposits = list(scenario.deposit)
    miners.deposit[:] = [deposits.index(spec.deposit) for spec in specs]
    miners.heavy[:] = [scenario.deposit[spec.deposit].family == "heavy" for spec in specs]
    for row, name in enumerate(market.materials):
        miners.basket[row] = [scenario.deposit[spec.deposit].basket.get(name, 0.0) for spec in specs]
    tonnes = _within(miners, "capacity", [spec.capacity_t_per_year for spec in specs])
    miners.capacity[:] = tonnes * GRAMS_PER_TONNE / WEEKS_PER_YEAR
    miners.scale[:] = 1.0
    miners.start_cost[:] = _spread_costs(miners, groups, specs)
    miners.concentrate_cost_share[:] = [spec.concentrate_cost_share for spec in specs]
    miners.avoidable_cost_share[:] = [spec.avoidable_cost_share for spec in specs]
    miners.under_quota[:] = [spec.under_quota for spec in specs]
    miners.corporate[:] = [spec.finance == "corporate" for spec in specs]
    miners.start_reserve[:] = [(spec.reserve_t or 0.0) * GRAMS_PER_TONNE for spec in specs]
    miners.reserve[:] = miners.start_reserve
    miners.stage[:] = [Stage[spec.status.upper()] for spec in specs]
    running = miners.stage == Stage.OPERATING
    miners.utilisation[:] = np.where(running, START_UTILISATION, 0.0)
    miners.ramp[:] = np.where(running, 1.0, 0.0)
    per_tonne = _within(miners, "capex", [spec.capex_usd_per_t for spec in specs])
    miners.capex[:] = np.floor(per_tonne * tonnes) * MICROS_PER_DOLLAR
    miners.lead_years[:] = _within(miners, "lead", [spec.lead_years for spec in specs])
    miners.permit_chance[:] = [spec.permit_chance for spec in specs]
    start = scenario.time.start
    miners.ready_step[:] = [(spec.opens - start).days // 7 if spec.opens else FAR for spec in specs]
    miners.accessible_step[:] = [
        (spec.accessible_from - start).days // 7 if spec.accessible_from else 0 for spec in specs
    ]
    miners.sponsor[:] = -1
    plants = list(scenario.refinery)
    first = np.cumsum([0] + [scenario.refinery[name].count for name in plants])
    taken = dict.fromkeys(plants, 0)  # mines of several groups may share a row of plants, one each
    for row, spec in enumerate(specs):
        miners.plant[row] = -1
        if spec.plant is not None:
            index = plants.index(spec.plant)
            miners.plant[row] = first[index] + taken[spec.plant] % scenario.refinery[spec.plant].count
            taken[spec.plant] += 1
    return miners


def _spread_costs(miners: Population, groups: list[str], specs: list[Any]) -> FloatArray:
    """Costs of a group: drawn from its range, or spread evenly over it with a little luck."""
    luck, costs, seen = _uniform(miners, "cost"), np.zeros(len(specs)), dict.fromkeys(groups, 0)
    for row, (group, spec) in enumerate(zip(groups, specs, strict=True)):
        low, high = spec.cost_usd_per_kg
        place = luck[row]
        if spec.spread == "even" and spec.count > 1:
            place = (seen[group] + 0.6 * (luck[row] - 0.5)) / (spec.count - 1)
            seen[group] += 1
        costs[row] = low + (high - low) * place
    return costs


def build_refiners(world: Founding, kind: type) -> Population:
    """Separation plants; those of a project belong to its mine."""
    scenario = world.scenario
    names, groups, numbered, specs = rows_of(scenario.refinery)
    refiners = Population(world, kind, names, "Refiner", numbered)
    refiners.zone[:], refiners.group[:] = _zones(world, specs), groups
    order = list(scenario.refinery)
    refiners.group_index[:] = [order.index(group) for group in groups]
    refiners.capacity[:] = [spec.capacity_t_per_year * GRAMS_PER_TONNE / WEEKS_PER_YEAR for spec in specs]
    refiners.fee[:] = [spec.fee_usd_per_kg for spec in specs]
    refiners.recovery[:] = [spec.recovery for spec in specs]
    refiners.takes_light[:] = ["light" in spec.families for spec in specs]
    refiners.takes_heavy[:] = ["heavy" in spec.families for spec in specs]
    refiners.surplus_to_mine[:] = [spec.surplus_to_mine for spec in specs]
    refiners.operating[:] = [spec.status == "operating" for spec in specs]
    refiners.corporate[:] = [spec.finance == "corporate" for spec in specs]
    refiners.owner[:] = -1
    return refiners


def build_speculators(world: Founding, kind: type) -> Population:
    """Traders with Pareto wealth; their capital is paid in by `fill_books`."""
    names, groups, numbered, specs = rows_of(world.scenario.speculator)
    traders = Population(world, kind, names, "Speculator", numbered)
    rules = world.scenario.parameters.speculator
    traders.zone[:], traders.group[:] = _zones(world, specs), groups
    traders.material[:] = [world.market.materials.index(spec.material) for spec in specs]
    traders.credit[:] = [spec.credit for spec in specs]
    traders.gain[:] = rules.gain * _within(traders, "gain", [rules.gain_range] * len(specs))
    tail = np.array([spec.tail for spec in specs])
    wealth = np.exp(-np.log(_uniform(traders, "wealth")) / tail) - 1 + LEAST_WEALTH
    total = {group: float(wealth[np.array(groups) == group].sum()) for group in dict.fromkeys(groups)}
    shares = wealth / np.array([total[group] for group in groups]) if groups else wealth
    traders.start_capital[:] = np.array([spec.capital_musd for spec in specs]) * 1e6 * shares
    traders.memory[:] = np.floor(_within(traders, "memory", [rules.memory_weeks] * len(specs)))
    return traders


def build_authorities(world: Founding) -> tuple[Population, Population]:
    """One export authority for each gated zone, and the holders of its licences."""
    zones, rules = world.market.gated, world.scenario.parameters.licence
    names = [world.market.zones[zone] for zone in zones]
    authorities = Population(world, ExportAuthority, [f"{name} export authority" for name in names])
    authorities.zone[:] = zones
    count = rules.holders
    holders = Population(
        world, LicenceHolder, [f"{name} licence holder {n + 1}" for name in names for n in range(count)]
    )
    holders.zone[:] = np.repeat(zones, count)
    size = np.exp(0.5 * _normal(holders, "size"))
    holders.share[:] = size / np.maximum(np.bincount(holders.zone, weights=size, minlength=1)[holders.zone], 1e-9)
    holders.concession[:] = _within(holders, "concession", [rules.concession] * holders.size)
    return authorities, holders


def build_state_buyers(world: Founding, kind: type) -> Population:
    """State bodies that are enabled."""
    rows = {name: row for name, row in world.scenario.state_buyer.items() if row.enabled}
    bodies = Population(world, kind, list(rows), "StateBuyer")
    bodies.zone[:] = _zones(world, list(rows.values()))
    return bodies


def build_own(world: Founding, key: str, kind: type[Agent]) -> Population:
    """Agents of a kind of the user's own; columns that the scenario is silent about start at zero."""
    spec = world.scenario.population[key]
    names, groups, numbered, _ = rows_of({key: spec})
    agents = Population(world, kind, names, key, numbered)
    agents.zone[:] = world.market.zones.index(spec.zone)
    if "group" in agents.columns:
        agents.columns["group"][:] = groups
    for name, value in spec.columns.items():
        if isinstance(value, str):
            agents.columns[name][:] = world.market.materials.index(value)
        elif isinstance(value, tuple):
            agents.columns[name][..., :] = _within(agents, name, [value] * spec.count)
        else:
            agents.columns[name][:] = value
    agents.bind(*kind.bids, *kind.asks)
    return agents


def join_mines_and_plants(world: Founding) -> None:
    """Let mines and their own plants know each other."""
    refiners = world.refiners
    own = np.flatnonzero(world.miners.plant >= 0)
    refiners.owner[world.miners.plant[own]] = own
    refiners.capacity_left[:] = 1.0
    for miners in (world.miners, world.illegal_miners):
        has_plant = miners.plant >= 0
        miners.outage_left[:] = 1.0
        miners.plant_zone[:] = miners.zone
        miners.plant_zone[has_plant] = refiners.zone[miners.plant[has_plant]]
        miners.plant_running[has_plant] = refiners.operating[miners.plant[has_plant]]
        miners.plant_recovery[has_plant] = refiners.recovery[miners.plant[has_plant]]


KINDS: dict[str, type[Agent]] = {
    "manufacturer": Manufacturer,
    "miner": Miner,
    "illegal_miner": IllegalMiner,
    "refiner": Refiner,
    "speculator": Speculator,
    "state_buyer": StateBuyer,
}
"""Classes of agents; a model takes replacements by these keys."""
