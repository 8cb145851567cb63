"""Verb of concentrate: which mine's goes to which plant, and what is paid for it (ODD: Concentrate).

Own plants come first; the rest is assigned in order of surplus over the mine's cash cost, as far as plants have
room and embargoes leave a way.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from market_abm.agents.miner import NO_PLANT
from market_abm.agents.population import Population
from market_abm.auction.orders import UNLIMITED
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

NO_LEAK: IntArray = np.zeros((0, 0, 0), dtype=np.int64)
"""What embargoes let pass while there is none."""


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
    plants = Plants(refiners.group_index, refiners.capacity, refiners.operating, refiners.capacity_left)
    sides, ways = _sides(mining, refiners, ledger, accounts), concentrate.ways
    own, available, room = _serve_own_plants(ledger.books.mass[sides.row], mines, plants, ways.zone.size)
    left = NO_LEAK
    if regime.embargoed.any():
        left = _leak(plants.group, plants.capacity, plants.operating, ways.zone, regime.concentrate_allowed)
    outside = assign(appraised.surplus, available, room, mines.zone, mines.basket, left)
    _send(ledger.books, sides, mines, plants, ways, feed.under_way, week_index, own, outside, appraised.offer)
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
def _serve_own_plants(
    concentrate: IntArray, mines: Mines, plants: Plants, groups: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Give own plants what they can take; mines that share a plant share its room by what they have.

    Parameters
    ----------
    concentrate : (accounts,) concentrate held [g].

    Returns
    -------
    own : (mines,) what goes to own plants [g].
    available : (mines,) what may go elsewhere [g]; a mine tied to its plant keeps its rest for later.
    room : (groups,) what plants can still take [g].
    """
    own, available = np.zeros(mines.zone.size, np.int64), np.zeros(mines.zone.size, np.int64)
    wanted, users = np.zeros(plants.group.size, np.int64), np.zeros(plants.group.size, np.int64)
    for mine in range(own.size):
        available[mine] = concentrate[mines.account[mine]]
        if mines.goes_home[mine] and mines.plant[mine] != NO_PLANT:
            own[mine] = available[mine]
            wanted[mines.plant[mine]] += own[mine]
            users[mines.plant[mine]] += 1
    room = np.zeros(groups, np.int64)
    for plant in range(plants.group.size):
        whole = int(np.floor(plants.capacity[plant] * plants.capacity_left[plant])) if plants.operating[plant] else 0
        if wanted[plant] > whole:
            rows, have, count = np.empty(users[plant], np.int64), np.empty(users[plant], np.int64), 0
            for mine in range(own.size):
                if mines.goes_home[mine] and mines.plant[mine] == plant:
                    rows[count], have[count] = mine, own[mine]
                    count += 1
            parts = split(whole, have, rows)
            for place in range(count):
                own[rows[place]] = parts[place]
        room[plants.group[plant]] += whole - min(wanted[plant], whole)
    for mine in range(own.size):
        available[mine] = 0 if mines.goes_home[mine] and mines.tied[mine] else available[mine] - own[mine]
    return own, available, room


@compiled
def _leak(
    group: IntArray, capacity: FloatArray, operating: BoolArray, group_zone: IntArray, allowed: FloatArray
) -> IntArray:
    """Concentrate that groups of plants may take from each zone, by material held [g]: the leak of embargoes."""
    materials, zones, groups = allowed.shape[0], allowed.shape[1], group_zone.size
    running, left = np.zeros(groups), np.zeros((materials, zones, groups), np.int64)
    for plant in range(group.size):
        if operating[plant]:
            running[group[plant]] += capacity[plant]
    for material in range(materials):
        for zone in range(zones):
            for place in range(groups):
                share = allowed[material, zone, group_zone[place]]
                left[material, zone, place] = int(np.floor(share * running[place])) if share < np.inf else UNLIMITED
    return left


@compiled
def _send(
    books: Books,
    sides: Sides,
    mines: Mines,
    plants: Plants,
    ways: Ways,
    under_way: UnderWay,
    week: int,
    own: IntArray,
    outside: IntArray,
    offer: FloatArray,
) -> None:
    """Put on the way what was assigned; plants pay for what comes from mines that are not their own."""
    content = np.zeros(mines.basket.shape[0])
    for mine in range(own.size):
        if own[mine] > 0:
            plant, kind = mines.plant[mine], mines.kind[mine]
            _set_content(content, 0.0, mines.basket, mine, own[mine])
            send(under_way, week, plant, own[mine], content, own[mine] * mines.cash_cost[mine], 1.0)
            move(books, sides.home[kind], sides.row, mines.account[mine], sides.feed + plant, own[mine])
    bought = np.zeros(ways.zone.size, np.int64)
    for mine in range(own.size):
        for group in range(bought.size):
            bought[group] += outside[mine, group]
    for group in range(bought.size):
        if bought[group] == 0:
            continue
        rows, capacity = _running_plants(plants.group, plants.capacity, plants.operating, group)
        for lag in range(under_way.grams.shape[0]):
            total, due, freight, cost = _collect(books, sides, mines, ways, group, lag, outside, offer, content)
            if total > 0:
                parts = split(total, whole_weights(capacity), rows)
                prices, freights = split(due, parts, rows), split(freight, parts, rows)
                for place in range(rows.size):
                    plant, part = rows[place], parts[place]
                    send(under_way, week + lag, plant, part, content, cost, part / total)
                    move(books, sides.sent, sides.row, sides.house + ways.zone[group], sides.feed + plant, part)
                    pay(books, sides.bought, sides.plants + plant, sides.house + ways.zone[group], prices[place])
                    pay(books, sides.freight, sides.plants + plant, sides.carriers, freights[place])


@compiled
def _collect(
    books: Books,
    sides: Sides,
    mines: Mines,
    ways: Ways,
    group: int,
    lag: int,
    grams: IntArray,
    offer: FloatArray,
    content: FloatArray,
) -> tuple[int, int, int, float]:
    """Take from mines, and pay them for, what travels to a group of plants for some weeks.

    It goes through the account that the clearing house has in the zone of the plants.

    Returns
    -------
    Grams, their price and their freight [micro-US$], and what mining them cost [g x US$/kg]; `content` is set.
    """
    total, due, freight, cost, destination = 0, 0, 0, 0.0, ways.zone[group]
    for mine in range(mines.zone.size):
        sent, origin, kind = grams[mine, group], mines.zone[mine], mines.kind[mine]
        if sent > 0 and ways.transit[origin, destination] == lag:
            _set_content(content, 0.0 if total == 0 else 1.0, mines.basket, mine, sent)
            # A price in whole ticks, rounded down; grams x ticks = micro-US$.
            price = sent * int(np.floor(offer[mine, group] * TICKS_PER_DOLLAR))
            total += sent
            due += price
            freight += micros_of(sent, ways.freight[origin, destination])
            cost += sent * mines.cash_cost[mine]
            pay(books, sides.paid[kind], sides.house + destination, mines.account[mine], price)
            move(books, sides.collected[kind], sides.row, mines.account[mine], sides.house + destination, sent)
    return total, due, freight, cost


@compiled
def _set_content(content: FloatArray, kept: float, basket: FloatArray, mine: int, grams: int) -> None:
    """Set the oxides of a shipment [g]: a part of what stands there, and those that a mine's concentrate holds."""
    for material in range(content.size):
        content[material] = kept * content[material] + basket[material, mine] * grams


@compiled
def _running_plants(
    group_of: IntArray, capacity: FloatArray, operating: BoolArray, group: int
) -> tuple[IntArray, FloatArray]:
    """Return rows and capacities [g/week] of the running plants of a group."""
    rows, found, count = np.empty(group_of.size, np.int64), np.empty(group_of.size), 0
    for plant in range(group_of.size):
        if group_of[plant] == group and operating[plant]:
            rows[count], found[count] = plant, capacity[plant]
            count += 1
    return rows[:count], found[:count]
