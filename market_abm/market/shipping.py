"""Verb of concentrate: which mine's goes to which plant, and what is paid for it (ODD: Concentrate).

Own plants come first; the rest is assigned in order of surplus over the mine's cash cost, as far as plants have
room and embargoes leave a way.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from market_abm.agents.miner import NO_PLANT
from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.books.entry import Books, move, pay
from market_abm.books.ledger import Ledger
from market_abm.core.compiled import compiled
from market_abm.core.rounding import micros_of, split, whole_weights
from market_abm.core.units import TICKS_PER_DOLLAR, BoolArray, FloatArray, IntArray
from market_abm.market.appraisal import Appraised
from market_abm.market.concentrate import ConcentrateMarket, Ways
from market_abm.market.feed import Feed, UnderWay, send
from market_abm.market.merit_order import assign
from market_abm.policy.regime import Regime


@dataclass(frozen=True)
class Shipped:
    """Concentrate that left the mines in a week; legal mines first, then illegal ones.

    Attributes
    ----------
    own : (mines,) to the own plant [g REO].
    outside : (mines, groups) to other plants [g REO].
    """

    own: IntArray
    outside: IntArray


class Mines(NamedTuple):
    """Mines of both kinds as compiled code sees them, shape (mines,) but for the basket (materials, mines)."""

    account: IntArray
    kind: IntArray
    zone: IntArray
    basket: FloatArray
    plant: IntArray
    goes_home: BoolArray
    tied: BoolArray
    cash_cost: FloatArray


class Plants(NamedTuple):
    """Plants as compiled code sees them, shape (plants,)."""

    group: IntArray
    zone: IntArray
    capacity: FloatArray
    operating: BoolArray
    capacity_left: FloatArray


class Sides(NamedTuple):
    """First accounts of both sides of a shipment, and the entries, one for each kind of mine where there are two."""

    plants: int
    feed: int
    house: int
    carriers: int
    row: int
    home: tuple[int, int]
    collected: tuple[int, int]
    sent: int
    bought: int
    paid: tuple[int, int]
    freight: int


def ship_concentrate(
    appraised: Appraised,
    concentrate: ConcentrateMarket,
    mining: tuple[Population, Population],
    refiners: Population,
    regime: Regime,
    feed: Feed,
    week_index: int,
    ledger: Ledger,
    accounts: Accounts,
) -> Shipped:
    """Send concentrate to own plants, then to the plants where it earns most, which pay for it."""
    goes_home = [miners.ask("goes_home") for miners in mining]
    mines = Mines(
        np.concatenate([accounts.group(miners).accounts for miners in mining]),
        np.repeat(np.arange(len(mining)), [miners.size for miners in mining]),
        _joined(mining, "zone"),
        _joined(mining, "basket"),
        _joined(mining, "plant"),
        np.concatenate(goes_home),
        _joined(mining, "tied"),
        _joined(mining, "cash_cost"),
    )
    columns = (refiners.group_index, refiners.zone, refiners.capacity, refiners.operating, refiners.capacity_left)
    sides = _sides(mining, refiners, ledger, accounts)
    own, outside = _ship(
        *(ledger.books, sides, mines, Plants(*columns), concentrate.ways, feed.under_way, week_index),
        *(appraised.surplus, appraised.offer, bool(regime.embargoed.any()), regime.concentrate_allowed),
    )
    return Shipped(own, outside)


def _joined(mining: tuple[Population, Population], column: str) -> Any:
    """Return a column of all mines, legal ones first."""
    return np.concatenate([miners.columns[column] for miners in mining], axis=-1)


def _sides(mining: tuple[Population, Population], refiners: Population, ledger: Ledger, accounts: Accounts) -> Sides:
    feed, house, (legal, illegal) = accounts.feed.name, accounts.house.name, mining
    return Sides(
        *(accounts.group(refiners).start, accounts.feed.start, accounts.house.start, accounts.carriers.start),
        accounts.concentrate_row,
        (ledger.entry("concentrate", legal.key, feed), ledger.entry("concentrate", illegal.key, feed)),
        (ledger.entry("concentrate", legal.key, house), ledger.entry("concentrate", illegal.key, house)),
        ledger.entry("concentrate", house, feed),
        ledger.entry("concentrate", refiners.key, house),
        (ledger.entry("concentrate", house, legal.key), ledger.entry("concentrate", house, illegal.key)),
        ledger.entry("freight", refiners.key, accounts.carriers.name),
    )


@compiled
def _ship(
    books: Books,
    sides: Sides,
    mines: Mines,
    plants: Plants,
    ways: Ways,
    under_way: UnderWay,
    week: int,
    surplus: FloatArray,
    offer: FloatArray,
    embargo: bool,
    allowed: FloatArray,
) -> tuple[IntArray, IntArray]:
    """Assign, send and pay; returns grams to own plants (mines,) and to others (mines, groups)."""
    room = np.zeros(plants.zone.size, np.int64)
    for plant in range(room.size):
        if plants.operating[plant]:
            room[plant] = int(np.floor(plants.capacity[plant] * plants.capacity_left[plant]))
    available = np.empty(mines.zone.size, np.int64)
    for mine in range(available.size):
        available[mine] = books.mass[sides.row, mines.account[mine]]
    own = _serve_own_plants(mines, available, room)
    group_room = np.zeros(ways.zone.size, np.int64)
    for plant in range(room.size):
        group_room[plants.group[plant]] += room[plant]
    left = _leak(plants, ways, allowed) if embargo else np.zeros((0, 0, 0), np.int64)
    outside = assign(surplus, available, group_room, mines.zone, mines.basket, left)
    content = np.zeros(mines.basket.shape[0])
    for mine in range(own.size):
        if own[mine] > 0:
            content[:] = mines.basket[:, mine] * own[mine]
            plant = mines.plant[mine]
            send(under_way, week, plant, own[mine], content, own[mine] * mines.cash_cost[mine], 1.0)
            move(books, sides.home[mines.kind[mine]], sides.row, mines.account[mine], sides.feed + plant, own[mine])
    for group in range(ways.zone.size):
        if outside[:, group].sum() > 0:
            _send_to_group(books, sides, mines, plants, ways, under_way, week, group, outside[:, group], offer)
    return own, outside


@compiled
def _serve_own_plants(mines: Mines, available: IntArray, room: IntArray) -> IntArray:
    """Give own plants what they can take; mines that share a plant share its room by what they have.

    `available` and `room` are left with the rest. A mine tied to its plant keeps its rest for later.
    """
    own, wanted = np.zeros(available.size, np.int64), np.zeros(room.size, np.int64)
    for mine in range(own.size):
        if mines.goes_home[mine] and mines.plant[mine] != NO_PLANT:
            own[mine] = available[mine]
            wanted[mines.plant[mine]] += own[mine]
    for plant in range(room.size):
        if wanted[plant] > room[plant]:
            rows = np.flatnonzero((mines.plant == plant) & (own > 0))
            own[rows] = split(room[plant], own[rows], rows)
        room[plant] -= min(wanted[plant], room[plant])
    for mine in range(own.size):
        tied = mines.goes_home[mine] and mines.tied[mine]
        available[mine] = 0 if tied else available[mine] - own[mine]
    return own


@compiled
def _leak(plants: Plants, ways: Ways, allowed: FloatArray) -> IntArray:
    """Concentrate that groups of plants may take from each zone, by material held [g]: the leak of embargoes."""
    materials, zones, _ = allowed.shape
    running = np.zeros(ways.zone.size)
    for plant in range(plants.zone.size):
        if plants.operating[plant]:
            running[plants.group[plant]] += plants.capacity[plant]
    left = np.full((materials, zones, running.size), np.int64(2**62))
    for material in range(materials):
        for zone in range(zones):
            for group in range(running.size):
                share = allowed[material, zone, ways.zone[group]]
                if share < np.inf:
                    left[material, zone, group] = int(np.floor(share * running[group]))
    return left


@compiled
def _send_to_group(
    books: Books,
    sides: Sides,
    mines: Mines,
    plants: Plants,
    ways: Ways,
    under_way: UnderWay,
    week: int,
    group: int,
    grams: IntArray,
    offer: FloatArray,
) -> None:
    """Send concentrate of outside mines to a group of plants, which share and pay for it by capacity."""
    rows = np.flatnonzero((plants.group == group) & plants.operating)
    weights = whole_weights(plants.capacity[rows])
    content = np.zeros(mines.basket.shape[0])
    for lag in range(under_way.grams.shape[0]):
        total, cost, due, freight = 0, 0.0, 0, 0
        content[:] = 0.0
        for mine in range(grams.size):
            if grams[mine] == 0 or ways.transit[mines.zone[mine], ways.zone[group]] != lag:
                continue
            total += grams[mine]
            cost += grams[mine] * mines.cash_cost[mine]
            content += mines.basket[:, mine] * grams[mine]
            # A price in whole ticks, rounded down; grams x ticks = micro-US$.
            price = grams[mine] * int(np.floor(offer[mine, group] * TICKS_PER_DOLLAR))
            due += price
            freight += micros_of(grams[mine], ways.freight[mines.zone[mine], ways.zone[group]])
            pay(books, sides.paid[mines.kind[mine]], sides.house, mines.account[mine], price)
            move(books, sides.collected[mines.kind[mine]], sides.row, mines.account[mine], sides.house, grams[mine])
        if total == 0:
            continue
        parts = split(total, weights, rows)
        prices, freights = split(due, parts, rows), split(freight, parts, rows)
        for place in range(rows.size):
            plant = rows[place]
            send(under_way, week + lag, plant, parts[place], content, cost, parts[place] / total)
            move(books, sides.sent, sides.row, sides.house, sides.feed + plant, parts[place])
            pay(books, sides.bought, sides.plants + plant, sides.house, prices[place])
            pay(books, sides.freight, sides.plants + plant, sides.carriers, freights[place])
