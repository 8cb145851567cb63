"""The week's trade: collect orders, clear every material over all zones, settle (ODD: Market).

Orders are matrices (materials, orders): the same agents stand at the same
columns for every material, and an agent without interest offers nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from market_abm.agents.manufacturer import USUAL_WEEKS
from market_abm.core.units import TICKS_PER_DOLLAR, FloatArray, IntArray
from market_abm.market.auction import clear
from market_abm.market.licence_auction import clear_pool
from market_abm.market.network import SMUGGLED, TRADE, Charges
from market_abm.market.orders import Book, Clearing, Links, Orders

if TYPE_CHECKING:
    from market_abm.agents.population import Population
    from market_abm.model import MineralMarket

GREATEST_LIMIT = 1e6  # US$/kg; nobody bids more


@dataclass
class Side:
    """Orders of one side of all materials, and whose they are.

    Attributes
    ----------
    limit, quantity : (materials, orders) [ticks] and [g].
    zone, number : (orders,).
    parts : for each population its columns and number of tranches.
    """

    limit: IntArray
    quantity: IntArray
    zone: IntArray
    number: IntArray
    parts: dict[str, tuple[slice, int]]

    def __post_init__(self) -> None:
        self.wanting = [np.flatnonzero(grams) for grams in self.quantity]

    def orders(self, material: int) -> Orders:
        """Orders of one material that want something; most want little of most materials."""
        rows = self.wanting[material]
        return Orders(self.zone[rows], self.limit[material, rows], self.quantity[material, rows], self.number[rows])

    def spread(self, fills: list[IntArray]) -> IntArray:
        """Fills of the orders given out, at the places of all orders: (materials, orders)."""
        placed = np.zeros_like(self.quantity)
        for row, fill in enumerate(fills):
            placed[row, self.wanting[row]] = fill
        return placed

    def fills_of(self, name: str, fills: IntArray) -> IntArray:
        """Fills (materials, orders) of a population, its tranches added up: (materials, n)."""
        part, tranches = self.parts[name]
        mine = fills[:, part]
        total: IntArray = mine.reshape(mine.shape[0], tranches, -1).sum(axis=1)
        return total


def _side(
    model: "MineralMarket", offers: list[tuple["Population", FloatArray, FloatArray]], up: bool, seats: Any
) -> Side:
    """Put the offers (tranches, materials, n) of several populations side by side, in whole ticks and grams."""
    materials = len(model.market.materials)
    limits, quantities = [], []
    for _, limit, quantity in offers:
        orders = limit.shape[0] * limit.shape[-1]
        limits.append(limit.transpose(1, 0, 2).reshape(materials, orders))
        quantities.append(quantity.transpose(1, 0, 2).reshape(materials, orders))
    ticks = np.minimum(
        np.maximum(np.concatenate(limits, axis=1) * TICKS_PER_DOLLAR, 1), GREATEST_LIMIT * TICKS_PER_DOLLAR
    )
    whole = np.ceil(ticks) if up else np.floor(ticks)  # asks round up, bids round down
    grams = np.floor(np.maximum(np.concatenate(quantities, axis=1), 0.0))
    standing = tuple((population, limit.shape[0]) for population, limit, _ in offers)
    if standing not in seats:
        seats[standing] = _seats(model, standing)
    return Side(whole.astype(np.int64), grams.astype(np.int64), *seats[standing])


def _seats(
    model: "MineralMarket", standing: "tuple[tuple[Population, int], ...]"
) -> tuple[IntArray, IntArray, dict[str, tuple[slice, int]]]:
    """Zone and number of every order of a side, and which orders are whose; agents keep their places."""
    zones, numbers, parts, start = [], [], {}, 0
    for population, tranches in standing:
        first, end = model.group_of(population).start, start + tranches * population.size
        zones.append(np.tile(population.zone, tranches))
        numbers.append(np.tile(np.arange(first, first + population.size), tranches))
        parts[population.key] = (slice(start, end), tranches)
        start = end
    return np.concatenate(zones), np.concatenate(numbers), parts


def own_material(traders: "Population", values: FloatArray, materials: int) -> FloatArray:
    """Spread values (n,) of traders over the materials they trade: (1, materials, n), zero elsewhere."""
    spread = np.zeros((1, materials, traders.size))
    spread[0, traders.material, np.arange(traders.size)] = values
    return spread


class Exchange:
    """Orders and outcome of a week."""

    def __init__(self, model: "MineralMarket") -> None:
        self.model = model
        self.seats: dict[Any, Any] = {}

    def collect(self) -> None:
        """Ask everybody for orders; all of them see only last week's prices."""
        model = self.model
        materials = len(model.market.materials)
        makers, traders, refiners, bodies = model.manufacturers, model.speculators, model.refiners, model.state_buyers
        bids: list[tuple[Population, FloatArray, FloatArray]] = [(makers, *makers.bids())]
        asks: list[tuple[Population, FloatArray, FloatArray]] = [(refiners, *refiners.asks())]
        if (makers.product >= 0).any():
            asks.append((makers, *makers.product_asks()))
        if traders.size and model.speculation_on:
            bid, buy, ask, sell = traders.orders()
            bids.append((traders, own_material(traders, bid, materials), own_material(traders, buy, materials)))
            asks.append((traders, own_material(traders, ask, materials), own_material(traders, sell, materials)))
        if bodies.size:
            bid, buy, ask, sell = bodies.orders()
            bids.append((bodies, bid, buy))
            asks.append((bodies, ask, sell))
        self.bids, self.asks = _side(model, bids, False, self.seats), _side(model, asks, True, self.seats)

    def clear(self) -> None:
        """Clear all materials; those under one quota clear together at one licence price."""
        model, market, network = self.model, self.model.market, self.model.network
        charges = network.charges(market.zone_use, market.own_output, model.gated_share)
        cost, count = charges.cost, len(market.materials)
        self.charges: Charges = charges
        results: list[Clearing | None] = [None] * count
        self.licence_ticks: IntArray = np.zeros((count, len(network.origin)), dtype=np.int64)
        self.licence_fills: dict[str, IntArray] = {}

        def links(material: int) -> Links:
            return Links(network.origin, network.destination, cost[material], charges.capacity[material])

        for pool in model.pools.values():
            rows, gate = pool.terms.materials, network.gate_links(pool.terms.origin)
            books = [
                Book(self.bids.orders(row), self.asks.orders(row), links(row), market.ticks[row], gate) for row in rows
            ]
            outcome = clear_pool(books, pool.offers(model.licence_holders, model.today), pool.price)
            for row, cleared in zip(rows, outcome.clearings, strict=True):
                results[row] = cleared
                self.licence_ticks[row, gate] = outcome.licence_price
            self.licence_fills[pool.label] = outcome.offer_fill
            pool.settle(outcome.licence_price, outcome.offer_fill)
        for row in range(count):
            if results[row] is None:
                results[row] = clear(self.bids.orders(row), self.asks.orders(row), links(row), market.ticks[row])
        cleared_all = [result for result in results if result is not None]
        self.bid_fill = self.bids.spread([result.bid_fill for result in cleared_all])
        self.ask_fill = self.asks.spread([result.ask_fill for result in cleared_all])
        self.flow = np.stack([result.flow for result in cleared_all])
        self.ticks = np.stack([result.price for result in cleared_all])

    def settle(self) -> None:
        """Move money and metal for every fill and every link, through a clearing house that ends empty."""
        self._learn_sales()
        model, ledger, house = self.model, self.model.ledger, self.model.house
        for name in self.asks.parts:
            group, zone = ledger.groups[name], model.populations[name].zone
            sold = self.asks.fills_of(name, self.ask_fill)
            ledger.move_all("sale", group, house, sold, sink_row=0)
            ledger.pay("sale", house, group, (sold * self.ticks[:, zone]).sum(axis=0), payer_row=0)
        for name in self.bids.parts:
            group, population = ledger.groups[name], model.populations[name]
            bought = self.bought_by(population)
            due = (bought * self.ticks[:, population.zone]).sum(axis=0)
            ledger.pay("purchase", group, house, due, payee_row=0)
            if population is model.manufacturers:
                self._send(bought)
            else:
                ledger.move_all("purchase", house, group, bought, source_row=0)
        self._settle_links()

    def _learn_sales(self) -> None:
        """Makers of a product average what they sell."""
        makers = self.model.manufacturers
        if makers.key in self.asks.parts:
            sold = self.sold_by(makers).sum(axis=0)
            makers.usual_sales[:] += (sold - makers.usual_sales) / USUAL_WEEKS

    def _send(self, bought: IntArray) -> None:
        """Let manufacturers' purchases travel: the part that came by slow links arrives later."""
        model, network = self.model, self.model.network
        makers, transit = model.manufacturers, model.transit
        total = np.maximum(self.inflow() + self._sold_in_zones(), 1)
        now = bought.copy()
        for weeks in transit.lags:
            slow = network.transit == weeks
            arrivals = _into_zones(self.flow[:, slow], network.destination[slow], len(model.market.zones))
            share = np.minimum(arrivals / total, 1.0)
            late = np.minimum(np.floor(bought * share[:, makers.zone]).astype(np.int64), now)
            transit.send(weeks, late)
            now -= late
        model.ledger.move_all("purchase", model.house, model.group_of(makers), now, source_row=0)

    def sold_by(self, population: "Population") -> IntArray:
        """Spot sales of a population this week [g], shape (materials, n)."""
        return self.asks.fills_of(population.key, self.ask_fill)

    def bought_by(self, population: "Population") -> IntArray:
        """Purchases of a population this week [g], shape (materials, n)."""
        return self.bids.fills_of(population.key, self.bid_fill)

    def inflow(self) -> IntArray:
        """Grams that entered each zone over all links, shape (materials, zones)."""
        return _into_zones(self.flow, self.model.network.destination, len(self.model.market.zones))

    def _sold_in_zones(self) -> IntArray:
        zones = len(self.model.market.zones)
        sold = np.zeros((len(self.ask_fill), zones), dtype=np.int64)
        for in_zones, fill in zip(sold, self.ask_fill, strict=True):
            np.add.at(in_zones, self.asks.zone, fill)
        return sold

    def _settle_links(self) -> None:
        """What stands between two prices goes to carriers, treasuries, licence holders, smugglers and middlemen."""
        model, network, charges = self.model, self.model.network, self.charges
        ledger, house, flow = model.ledger, model.house, self.flow
        gap = self.ticks[:, network.destination] - self.ticks[:, network.origin]
        rent = flow * (gap - charges.cost - self.licence_ticks)
        into = np.minimum(network.destination, len(model.market.zones) - 1)
        ledger.pay("freight", house, model.carriers, int((flow * charges.freight).sum()), 0, 0)
        tax, tariff = (flow * charges.tax).sum(axis=0), (flow * charges.tariff).sum(axis=0)
        trade, hidden = network.way == TRADE, network.way == SMUGGLED
        ledger.pay("export tax", house, model.treasury, tax, 0, network.from_zone)
        ledger.pay("import tariff", house, model.treasury, tariff[trade], 0, into[trade])
        smuggled = (flow * charges.risk + rent)[:, hidden]
        ledger.pay("smuggling", house, model.smugglers, int(smuggled.sum()), 0, 0)
        ledger.pay("scarcity rent", house, model.middlemen, int(rent[:, ~hidden].sum()), 0, 0)
        for pool in model.pools.values():
            fills = self.licence_fills[pool.label]
            ledger.pay("licence rent", house, model.group_of(model.licence_holders), fills * pool.price, 0, pool.rows)


def _into_zones(flow: IntArray, destination: IntArray, zones: int) -> IntArray:
    arrived = np.zeros((flow.shape[0], zones), dtype=np.int64)
    inside = destination < zones
    np.add.at(arrived.T, destination[inside], flow[:, inside].T)
    return arrived
