"""Verbs of the exchange: collect orders, clear every material over all zones, settle (ODD: Market).

Orders are matrices (materials, orders): the same agents stand at the same columns for every material, and an
agent without interest offers nothing.
"""

import datetime as dt
from typing import NamedTuple

import numpy as np

from market_abm.agents.population import Population
from market_abm.auction.clear import clear_week
from market_abm.auction.orders import Links, Orders, Pool
from market_abm.books.accounts import Accounts
from market_abm.core.compiled import compiled
from market_abm.core.units import TICKS_PER_DOLLAR, FloatArray, IntArray
from market_abm.market.government import Government
from market_abm.market.market import Market
from market_abm.market.mechanism import Mechanism, check_clearing
from market_abm.market.network import Network
from market_abm.market.origin import Origins
from market_abm.market.purse import keep_within_purse, purse_of
from market_abm.market.trade import Trade
from market_abm.policy.regime import Regime

PLANNED = 2  # orders on each side of an agent that plans: stockpile and band
GREATEST_LIMIT = 1e6  # US$/kg; nobody bids more


class Seat(NamedTuple):
    """Columns of a population on one side of the exchange, and how many orders each agent has."""

    key: str
    columns: slice
    tranches: int


class Side:
    """One side of the exchange: who stands where, and what they want this week.

    Parameters
    ----------
    populations : those who trade on this side, with the number of their orders.
    accounts : give every agent its number.
    materials : count of materials.
    up : whether limits are rounded up to ticks (asks) or down (bids).

    Attributes
    ----------
    limit, quantity : (materials, orders) [US$/kg] and [g], as agents say.
    zone, number : (orders,) node and account of each order.
    seats : columns by population.
    """

    def __init__(self, populations: list[tuple[Population, int]], accounts: Accounts, materials: int, up: bool) -> None:
        self.up = up
        self.seats: dict[str, Seat] = {}
        self._windows: dict[str, list[FloatArray]] = {}
        zones, numbers, start = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], 0
        for population, tranches in populations:
            end = start + tranches * population.size
            zones.append(np.tile(population.zone, tranches))
            numbers.append(np.tile(accounts.group(population).accounts, tranches))
            self.seats[population.key] = Seat(population.key, slice(start, end), tranches)
            start = end
        self.zone: IntArray = np.concatenate(zones)
        self.number: IntArray = np.concatenate(numbers)
        self.limit: FloatArray = np.ones((materials, start))
        self.quantity: FloatArray = np.zeros((materials, start))

    def whole(self) -> Orders:
        """Orders in whole ticks and grams."""
        ticks, grams = np.empty(self.limit.shape, dtype=np.int64), np.empty(self.limit.shape, dtype=np.int64)
        _round(self.limit, self.quantity, self.up, ticks, grams)
        return Orders(self.zone, ticks, grams, self.number)

    def by_population(self, fills: IntArray) -> dict[str, IntArray]:
        """Fills (materials, orders) by population, the orders of each agent added up: (materials, n)."""
        found = {}
        for key, columns, tranches in self.seats.values():
            mine = fills[:, columns]
            found[key] = mine if tranches == 1 else mine.reshape(len(mine), tranches, -1).sum(axis=1)
        return found

    def windows(self, key: str, size: int) -> list[FloatArray]:
        """Limit and quantity of each order of a population in turn: windows (materials, n) to write to."""
        if key not in self._windows:
            seat = self.seats[key]
            parts = [
                slice(seat.columns.start + number * size, seat.columns.start + (number + 1) * size)
                for number in range(seat.tranches)
            ]
            self._windows[key] = [side[:, part] for part in parts for side in (self.limit, self.quantity)]
        return self._windows[key]


@compiled
def _round(limit: FloatArray, quantity: FloatArray, up: bool, ticks: IntArray, grams: IntArray) -> None:
    for material in range(limit.shape[0]):
        for order in range(limit.shape[1]):
            wanted = quantity[material, order]
            if not wanted >= 1.0:  # nothing, or not a number
                ticks[material, order], grams[material, order] = 1, 0
                continue
            price = min(max(limit[material, order] * TICKS_PER_DOLLAR, 1.0), GREATEST_LIMIT * TICKS_PER_DOLLAR)
            ticks[material, order] = int(np.ceil(price)) if up else int(np.floor(price))
            grams[material, order] = int(np.floor(wanted))


class Exchange:
    """Seats of everybody who trades; made once, since agents keep their places.

    Parameters
    ----------
    populations : of the world; a kind that declares rules in `bids` or `asks`, or has a method `orders`, trades.
    traders_on : whether kinds that trade for the price alone take part.
    """

    def __init__(
        self, populations: dict[str, Population], accounts: Accounts, materials: int, speculation_on: bool
    ) -> None:
        self.populations = populations
        self.trading = [p for p in populations.values() if p.size and (speculation_on or p.key != "Speculator")]
        bids, asks = [], []
        for population in self.trading:
            if hasattr(population.kind, "orders"):
                bids.append((population, PLANNED))
                asks.append((population, PLANNED))
                continue
            if population.kind.bids:
                bids.append((population, len(population.kind.bids)))
            if population.kind.asks and self._sells(population):
                asks.append((population, len(population.kind.asks)))
        self.bids = Side(bids, accounts, materials, up=False)
        self.asks = Side(asks, accounts, materials, up=True)
        self.trading = [p for p in self.trading if p.key in self.bids.seats or p.key in self.asks.seats]

    @staticmethod
    def _sells(population: Population) -> bool:
        """Whether anybody of the kind has something to sell: makers only when they make a product."""
        return "product" not in population.columns or bool((population.product >= 0).any())


def collect_orders(exchange: Exchange, accounts: Accounts) -> tuple[Orders, Orders]:
    """Ask everybody for bids and asks; all of them see only last week's prices, and bid no more than they can pay.

    Returns
    -------
    bids, asks : in whole ticks and grams.
    """
    for population in exchange.trading:
        _ask(exchange, population)
    bids = exchange.bids.whole()
    for seat in exchange.bids.seats.values():
        purse = purse_of(exchange.populations[seat.key], accounts)
        if purse is not None:
            keep_within_purse(bids.limit, bids.quantity, seat.columns.start, seat.tranches, purse)
    return bids, exchange.asks.whole()


def _ask(exchange: Exchange, population: Population) -> None:
    """Let a population write its orders of both sides, in one pass over its agents."""
    kind = population.kind
    into: list[FloatArray] = []
    rules: list[str] = []
    seats = [(exchange.bids, kind.bids), (exchange.asks, kind.asks)]
    if hasattr(kind, "orders"):
        _ask_planners(exchange, population)
        return
    for side, names in seats:
        if population.key in side.seats:
            rules += names
            into += side.windows(population.key, population.size)
    if "material" not in population.columns:
        population.ask(*rules, into=into)
        return
    own = population.material, np.arange(population.size)  # each agent deals in one material
    for window, answer in zip(into, population.ask(*rules), strict=True):
        window[own] = answer


def _ask_planners(exchange: Exchange, population: Population) -> None:
    """Ask agents that plan one by one: both sides at once, two orders each."""
    windows = (
        exchange.bids.windows(population.key, population.size),
        exchange.asks.windows(population.key, population.size),
    )
    for agent in population.agents:
        bid_limit, bid, ask_limit, ask = agent.orders()
        for limits, quantities, side in ((bid_limit, bid, windows[0]), (ask_limit, ask, windows[1])):
            for number in range(PLANNED):
                side[2 * number][:, agent.row] = limits[number]
                side[2 * number + 1][:, agent.row] = quantities[number]


def clear_market(
    exchange: Exchange,
    orders: tuple[Orders, Orders],
    network: Network,
    market: Market,
    regime: Regime,
    origins: Origins,
    government: Government,
    licence_holders: Population,
    refiners: Population,
    manufacturers: Population,
    mechanism: Mechanism,
    today: dt.date,
) -> Trade:
    """Clear all materials; those under one quota clear together at one licence price."""
    charges = network.charges(market, regime, government.use_before, origins.gated_share)
    pools, labels = [], list(government.pools)
    for pool in government.pools.values():
        limit, quantity = pool.offers(licence_holders, today)
        rows, gate = np.array(pool.terms.materials, dtype=np.int64), network.gates[pool.terms.origin]
        pools.append(Pool(rows, gate, limit, quantity, pool.rows, pool.price))
    links = Links(network.origin, network.destination, charges.cost, charges.capacity)
    cleared = mechanism(*orders, links, market.ticks, pools)
    if mechanism is not clear_week:  # which proves its own result
        check_clearing(getattr(mechanism, "__name__", "mechanism"), *orders, links, pools, cleared)
    licence_ticks = np.zeros(charges.cost.shape, dtype=np.int64)
    for group, price in zip(pools, cleared.licence_price, strict=True):
        licence_ticks[np.ix_(group.materials, group.gate)] = price
    for label, price, fill in zip(labels, cleared.licence_price, cleared.offer_fill, strict=True):
        government.pools[label].settle(int(price), fill)
    sold = exchange.asks.by_population(cleared.ask_fill)
    sold_everywhere = _by_zone(cleared.ask_fill, exchange.asks.zone, len(market.zones))
    made = [seat.columns for seat in exchange.asks.seats.values() if seat.key in (refiners.key, manufacturers.key)]
    sold_in = sum(
        (_by_zone(cleared.ask_fill[:, columns], exchange.asks.zone[columns], len(market.zones)) for columns in made),
        np.zeros_like(sold_everywhere),
    )
    return Trade(
        *(cleared.price, cleared.bid_fill, cleared.ask_fill, cleared.flow, charges),
        *(exchange.bids.by_population(cleared.bid_fill), sold, sold_in, sold_everywhere, licence_ticks),
        *(dict(zip(labels, cleared.offer_fill, strict=True)), cleared.low, cleared.high),
    )


@compiled
def _by_zone(fills: IntArray, zone: IntArray, zones: int) -> IntArray:
    total = np.zeros((fills.shape[0], zones), dtype=np.int64)
    for material in range(fills.shape[0]):
        for order in range(zone.size):
            total[material, zone[order]] += fills[material, order]
    return total


def close_prices(market: Market, trade: Trade) -> None:
    """Publish the week's prices."""
    market.close_week(trade.ticks)
