"""Opens the books of a model: accounts for everybody, windows on them, opening entries (ODD: Initialisation)."""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.agents.life import Stage
from market_abm.agents.manufacturer import PRODUCT_COVER
from market_abm.core.units import MICROS_PER_DOLLAR
from market_abm.market.ledger import Group, Ledger

if TYPE_CHECKING:
    from market_abm.model import MineralMarket

START_UTILISATION = 0.85  # of operating mines (prototype v3)
START_COVER_WEEKS = 4.0  # oxide at plants at the start, in weeks of output (prototype v3)
CLAIMS = ("concentrate", "debt", "state debt")  # kept in the ledger beside the traded materials
PARTIES = {
    "Manufacturer": "manufacturers",
    "Speculator": "speculators",
    "Miner": "mines",
    "IllegalMiner": "illegal mines",
    "Refiner": "refiners",
    "StateBuyer": "state",
    "LicenceHolder": "licence holders",
}
"""Names of the parties in tables of money; zones and names of state bodies follow."""
INSTITUTIONS = (
    *("opening", "ground", "separation", "making", "losses", "customers", "suppliers"),
    *("owners", "banks", "carriers", "smugglers", "middlemen"),
)


class KeepsBooks:
    """Names of the books and institutions that `open_books` gives a model."""

    ledger: Ledger
    concentrate_row: int
    debt_row: int
    state_debt_row: int
    under_way: Group
    scrap: Group
    products: Group
    feed_group: Group
    reserve_store: Group
    house: Group
    treasury: Group
    opening: Group
    ground: Group
    separation: Group
    making: Group
    losses: Group
    customers: Group
    suppliers: Group
    owners: Group
    banks: Group
    carriers: Group
    smugglers: Group
    middlemen: Group


def open_books(model: "MineralMarket") -> None:
    """Open an account for everybody who can hold money or mass."""
    model.ledger = Ledger([*model.market.materials, *CLAIMS])
    zones = len(model.market.zones)
    zone_names = model.market.zones
    for name, population in model.populations.items():
        kind = PARTIES.get(name, name)
        labels = [f"{kind} {zone_names[zone]}" for zone in population.zone]
        if population is model.state_buyers:
            labels = [f"{kind}:{body}" for body in population.name]
        model.ledger.open(name, population.size, labels=labels)
    holders = {"under way": model.manufacturers.size, "scrap": zones, "goods in use": zones}
    holders |= {"concentrate under way": model.refiners.size, "concentrate reserve": zones, "house": 1}
    for name, size in holders.items():
        model.ledger.open(name, size)
    model.ledger.open("treasury", zones, labels=[f"treasury {zone}" for zone in zone_names], source=True)
    for name in INSTITUTIONS:
        model.ledger.open(name, 1, source=True)
    model.ledger.begin()
    _name_groups(model)
    _bind_windows(model)


def _name_groups(model: "MineralMarket") -> None:
    """Give the institutions short names on the model."""
    groups = model.ledger.groups
    model.under_way, model.scrap, model.products = groups["under way"], groups["scrap"], groups["goods in use"]
    model.feed_group = groups["concentrate under way"]
    model.reserve_store, model.house, model.treasury = (
        groups["concentrate reserve"],
        groups["house"],
        groups["treasury"],
    )
    for name in INSTITUTIONS:
        setattr(model, name, groups[name])


def _bind_windows(model: "MineralMarket") -> None:
    """Let book columns of agents be read-only windows on the ledger."""
    traded = len(model.market.materials)
    model.concentrate_row, model.debt_row, model.state_debt_row = traded, traded + 1, traded + 2
    rows = {"concentrate": model.concentrate_row, "debt": model.debt_row, "state_debt": model.state_debt_row}
    for name, population in model.populations.items():
        group = model.ledger.groups[name]
        for column in population.kind.columns():
            if column.book is None:
                continue
            if column.book == "money":
                window = group.money[:]
            elif column.book == "mass":
                window = group.mass[:traded]
            else:
                window = group.mass[rows[column.book]][:]
            window.flags.writeable = False
            population.__dict__[column.name] = window


def fill_books(model: "MineralMarket") -> None:
    """Opening entries: stocks at their normal level, capital of traders and state bodies."""
    makers, ledger = model.manufacturers, model.ledger
    stock = np.floor(makers.use * makers.base_cover).astype(np.int64)
    selling = np.flatnonzero(makers.product >= 0)
    stock[makers.product[selling], selling] = np.floor(makers.output_rate[selling] * PRODUCT_COVER)
    ledger.move_all("opening", model.opening, model.group_of(makers), stock, source_row=0)
    _open_plants(model)
    miners, capital = model.miners, model.scenario.parameters.investment.working_capital
    running = ~miners.corporate & (miners.stage == Stage.OPERATING)
    purse = np.where(running, np.floor(capital * miners.capex), 0).astype(np.int64)
    ledger.pay("working capital", model.owners, model.group_of(miners), purse, payer_row=0)
    traders = model.speculators
    if traders.size:
        cash = np.floor(traders.start_capital * MICROS_PER_DOLLAR).astype(np.int64)
        ledger.pay("capital", model.owners, model.group_of(traders), cash, payer_row=0)
    bodies = model.state_buyers
    for row, name in enumerate(bodies.name):
        money = int(model.scenario.state_buyer[name].budget_musd * 1e6) * MICROS_PER_DOLLAR
        ledger.pay("budget", model.treasury, model.group_of(bodies), money, int(bodies.zone[row]), row)


def _open_plants(model: "MineralMarket") -> None:
    """Start plants at the output they can expect, with about four weeks of it in stock."""
    refiners, shape = model.refiners, model.refiners.usual_output.shape
    intake, content, cost = np.zeros(refiners.size), np.zeros(shape), np.zeros(refiners.size)
    for miners in model.mining:
        output = np.where(miners.stage == Stage.OPERATING, miners.capacity * START_UTILISATION, 0.0)
        fits: dict[tuple[int, bool], list[int]] = {}
        for row in np.flatnonzero(output):
            kind = int(miners.zone[row]), bool(miners.heavy[row])
            if miners.plant[row] < 0 and kind not in fits:
                fits[kind] = model.plants_for(miners, int(row))
            plants = [int(miners.plant[row])] if miners.plant[row] >= 0 else fits[kind]
            if not plants:
                continue
            part = output[row] / len(plants)
            intake[plants] += part
            cost[plants] += part * miners.start_cost[row] * miners.concentrate_cost_share[row]
            content[:, plants] += (part * miners.basket[:, row])[:, None]
    refiners.usual_intake[:] = intake
    refiners.usual_output[:] = content * refiners.recovery
    refiners.unit_cost[:] = cost / np.maximum(intake, 1.0) + refiners.fee
    refiners.usual_sales[:] = refiners.usual_output
    stock = np.floor(START_COVER_WEEKS * refiners.usual_output).astype(np.int64)
    model.ledger.move_all("opening", model.opening, model.group_of(refiners), stock, source_row=0)
    refiners.offered[:] = refiners.stock
