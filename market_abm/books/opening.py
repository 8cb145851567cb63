"""Opening entries: stocks at their normal level, capital of traders and state bodies (ODD: Initialisation)."""

import numpy as np

from market_abm.agents.life import Stage
from market_abm.agents.manufacturer import PRODUCT_COVER
from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.books.ledger import Ledger
from market_abm.core.rounding import split
from market_abm.core.units import GRAMS_PER_TONNE, MICROS_PER_DOLLAR, FloatArray, IntArray
from market_abm.scenario.own import OwnPopulation
from market_abm.scenario.parameters import Parameters
from market_abm.scenario.schema import Scenario

START_UTILISATION = 0.85  # of operating mines (assumed)
START_COVER_WEEKS = 4.0  # oxide at plants at the start, in weeks of output (assumed)


def fill_books(
    scenario: Scenario,
    parameters: Parameters,
    manufacturers: Population,
    miners: Population,
    mining: tuple[Population, Population],
    refiners: Population,
    speculators: Population,
    state_buyers: Population,
    populations: dict[str, Population],
    ledger: Ledger,
    accounts: Accounts,
) -> None:
    """Make the opening entries of a new world."""
    makers = manufacturers
    stock = np.floor(makers.use * makers.base_cover).astype(np.int64)
    selling = np.flatnonzero(makers.product >= 0)
    stock[makers.product[selling], selling] = np.floor(makers.output_rate[selling] * PRODUCT_COVER)
    ledger.move_all("opening", accounts.opening, accounts.group(makers), stock, source_row=0)
    _open_plants(mining, refiners)
    oxide = np.floor(START_COVER_WEEKS * refiners.usual_output).astype(np.int64)
    ledger.move_all("opening", accounts.opening, accounts.group(refiners), oxide, source_row=0)
    refiners.offered[:] = refiners.stock
    running = ~miners.corporate & (miners.stage == Stage.OPERATING)
    purse = np.where(running, np.floor(parameters.investment.working_capital * miners.capex), 0).astype(np.int64)
    ledger.pay("working capital", accounts.owners, accounts.group(miners), purse, payer_row=0)
    cash = np.floor(speculators.start_capital * MICROS_PER_DOLLAR).astype(np.int64)
    ledger.pay("capital", accounts.owners, accounts.group(speculators), cash, payer_row=0)
    for key, own in scenario.population.items():
        _endow(populations[key], own, list(scenario.material), ledger, accounts)
    for row, name in enumerate(state_buyers.name):
        money = int(scenario.state_buyer[name].budget_musd * 1e6) * MICROS_PER_DOLLAR
        ledger.pay("budget", accounts.treasury, accounts.group(state_buyers), money, int(state_buyers.zone[row]), row)


def _endow(agents: Population, own: OwnPopulation, materials: list[str], ledger: Ledger, accounts: Accounts) -> None:
    """Give agents of a user's own kind their capital and metal, in equal parts."""
    group, even, number = accounts.group(agents), np.ones(agents.size, dtype=np.int64), np.arange(agents.size)
    cash = split(int(own.capital_musd * 1e6) * MICROS_PER_DOLLAR, even, number)
    ledger.pay("capital", accounts.owners, group, cash, payer_row=0)
    for name, tonnes in own.stock_t.items():
        grams = split(int(tonnes * GRAMS_PER_TONNE), even, number)
        ledger.move("opening", materials.index(name), accounts.opening, group, grams, source_row=0)


def _open_plants(mining: tuple[Population, Population], refiners: Population) -> None:
    """Start plants at the output they can expect."""
    intake, content, cost = np.zeros(refiners.size), np.zeros(refiners.usual_output.shape), np.zeros(refiners.size)
    for miners in mining:
        output = np.where(miners.stage == Stage.OPERATING, miners.capacity * START_UTILISATION, 0.0)
        for row in np.flatnonzero(output):
            plants, share = _plants_for(refiners, miners, int(row))
            part = output[row] * share
            intake[plants] += part
            cost[plants] += part * miners.start_cost[row] * miners.concentrate_cost_share[row]
            content[:, plants] += miners.basket[:, row][:, None] * part
    refiners.usual_intake[:] = intake
    refiners.usual_output[:] = content * refiners.recovery
    refiners.unit_cost[:] = cost / np.maximum(intake, 1.0) + refiners.fee
    refiners.usual_sales[:] = refiners.usual_output


def _plants_for(refiners: Population, miners: Population, row: int) -> tuple[IntArray, FloatArray]:
    """Plants that treat a mine's concentrate at the start, and the part each takes: by capacity.

    The own plant; else running plants in the mine's own zone when they can treat it and have room for a mine of its
    size; else those anywhere.
    """
    if miners.plant[row] >= 0:
        return miners.plant[row : row + 1], np.ones(1)
    fits = refiners.operating & (refiners.takes_heavy if miners.heavy[row] else refiners.takes_light)
    near = np.flatnonzero(fits & (refiners.zone == miners.zone[row]))
    roomy = refiners.capacity[near].sum() >= miners.capacity[row] * START_UTILISATION
    plants = near if roomy else np.flatnonzero(fits)
    return plants, refiners.capacity[plants] / max(float(refiners.capacity[plants].sum()), 1e-9)
