"""Verb of settlement: money and metal of every fill and every link, through a clearing house that ends empty.

The house has an account at every node of the market: sellers deliver to that of their zone, buyers fetch from that
of theirs, and what goes from node to node is booked between the two, legal and smuggled ways apart.
"""

import numpy as np

from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.books.entry import Books, move, pay
from market_abm.books.ledger import Ledger
from market_abm.core.compiled import compiled
from market_abm.core.units import IntArray
from market_abm.market.exchange import Exchange, Side
from market_abm.market.government import Government
from market_abm.market.network import SMUGGLED, TRADE, Network
from market_abm.market.trade import Trade
from market_abm.market.transit import Transit


def settle_trade(
    exchange: Exchange,
    trade: Trade,
    network: Network,
    government: Government,
    transit: Transit,
    manufacturers: Population,
    licence_holders: Population,
    ledger: Ledger,
    accounts: Accounts,
    week_index: int,
) -> None:
    """Settle sales, purchases, ways and licences; manufacturers' purchases travel."""
    house, makers = accounts.house.start, manufacturers
    mass, money = _entries(exchange.asks, "sale", ledger, sells=True)
    _settle_side(
        ledger.books, mass, money, trade.ask_fill, exchange.asks.number, exchange.asks.zone, trade.ticks, house, True
    )
    travelling = accounts.group(makers).start, accounts.group(makers).start + makers.size
    mass, money = _entries(exchange.bids, "purchase", ledger, sells=False)
    _settle_side(
        *(ledger.books, mass, money, trade.bid_fill, exchange.bids.number, exchange.bids.zone, trade.ticks, house),
        *(False, *travelling),
    )
    if makers.key in trade.bought:
        _send(trade, network, transit, makers, ledger, accounts, week_index)
    if makers.key in trade.sold:
        sold = trade.sold[makers.key].sum(axis=0)
        makers.ask("next_usual_sales", into=[makers.usual_sales], sold=sold)
    _settle_links(trade, network, government, licence_holders, ledger, accounts)


def _entries(side: Side, purpose: str, ledger: Ledger, sells: bool) -> tuple[IntArray, IntArray]:
    """Entries of mass and of money for each order, shape (orders,)."""
    mass, money = np.empty(side.zone.size, dtype=np.int64), np.empty(side.zone.size, dtype=np.int64)
    for key, columns, _ in side.seats.values():
        there, back = (key, "house") if sells else ("house", key)
        mass[columns] = ledger.entry(purpose, there, back)
        money[columns] = ledger.entry(purpose, back, there)
    return mass, money


@compiled
def _settle_side(
    books: Books,
    mass: IntArray,
    money: IntArray,
    fills: IntArray,
    number: IntArray,
    zone: IntArray,
    ticks: IntArray,
    house: int,
    sells: bool,
    first_travelling: int = 0,
    last_travelling: int = 0,
) -> None:
    """Book fills: sellers give metal and get money; buyers the other way, but what travels is booked elsewhere."""
    for material in range(fills.shape[0]):
        for order in range(fills.shape[1]):
            grams = fills[material, order]
            if grams == 0:
                continue
            account, node, due = number[order], house + zone[order], grams * ticks[material, zone[order]]
            if sells:
                move(books, mass[order], material, account, node, grams)
                pay(books, money[order], node, account, due)
            else:
                if not first_travelling <= account < last_travelling:
                    move(books, mass[order], material, node, account, grams)
                pay(books, money[order], account, node, due)


def _send(
    trade: Trade,
    network: Network,
    transit: Transit,
    makers: Population,
    ledger: Ledger,
    accounts: Accounts,
    week_index: int,
) -> None:
    """Let manufacturers' purchases travel: the part that came by slow links arrives later."""
    entries = ledger.entry("under way", "house", "under way"), ledger.entry("purchase", "house", makers.key)
    starts = accounts.house.start, accounts.under_way.start, accounts.group(makers).start
    _send_off(
        *(ledger.books, entries, starts, trade.bought[makers.key], makers.zone, makers.coming),
        *(trade.flow, network.destination, network.transit, trade.sold_everywhere),
        *(np.array(transit.lags, dtype=np.int64), transit.ring, week_index),
    )


@compiled
def _send_off(
    books: Books,
    entries: tuple[int, ...],
    starts: tuple[int, ...],
    bought: IntArray,
    zone: IntArray,
    coming: IntArray,
    flow: IntArray,
    destination: IntArray,
    weeks: IntArray,
    sold_everywhere: IntArray,
    lags: IntArray,
    ring: IntArray,
    week_index: int,
) -> None:
    under_way, purchase = entries
    house, travelling, makers = starts
    zones = sold_everywhere.shape[1]
    share = np.zeros((lags.size, zones))
    for material in range(bought.shape[0]):
        for place in range(zones):
            total = sold_everywhere[material, place]
            for link in range(weeks.size):
                if destination[link] == place:
                    total += flow[material, link]
            for order in range(lags.size):
                arrivals = 0
                for link in range(weeks.size):
                    if destination[link] == place and weeks[link] == lags[order]:
                        arrivals += flow[material, link]
                share[order, place] = min(arrivals / max(total, 1), 1.0)
        for row in range(zone.size):
            now = bought[material, row]
            for order in range(lags.size):
                late = min(int(np.floor(bought[material, row] * share[order, zone[row]])), now)
                if late > 0:
                    ring[(week_index + lags[order]) % ring.shape[0], material, row] += late
                    coming[material, row] += late
                    move(books, under_way, material, house + zone[row], travelling + row, late)
                    now -= late
            move(books, purchase, material, house + zone[row], makers + row, now)


def _settle_links(
    trade: Trade,
    network: Network,
    government: Government,
    holders: Population,
    ledger: Ledger,
    accounts: Accounts,
) -> None:
    """What stands between two prices goes to carriers, treasuries, licence holders, smugglers and middlemen."""
    entries = (
        ledger.entry("freight", "house", "carriers"),
        ledger.entry("export tax", "house", "treasury"),
        ledger.entry("import tariff", "house", "treasury"),
        ledger.entry("smuggling", "house", "smugglers"),
        ledger.entry("scarcity rent", "house", "middlemen"),
    )
    passage = np.array([ledger.entry(purpose, "house", "house") for purpose in network.purposes])[network.tranche]
    starts = (
        *(accounts.house.start, accounts.carriers.start, accounts.treasury.start),
        *(accounts.smugglers.start, accounts.middlemen.start),
    )
    charges = trade.charges
    _settle_ways(
        *(ledger.books, entries, passage, starts, trade.flow, trade.ticks, network.origin, network.destination),
        *(network.from_zone, network.to_zone, network.way, charges.freight, charges.tax, charges.tariff),
        *(charges.risk, charges.cost, trade.licence_ticks),
    )
    for label, pool in government.pools.items():
        rent, gate = (
            trade.licence_fills[label] * pool.price,
            int(network.destination[network.gates[pool.terms.origin][0]]),
        )
        ledger.pay("licence rent", accounts.house, accounts.group(holders), rent, gate, pool.rows)


@compiled
def _settle_ways(
    books: Books,
    entries: tuple[int, ...],
    passage: IntArray,
    starts: tuple[int, ...],
    flow: IntArray,
    ticks: IntArray,
    origin: IntArray,
    destination: IntArray,
    from_zone: IntArray,
    to_zone: IntArray,
    way: IntArray,
    freight: IntArray,
    tax: IntArray,
    tariff: IntArray,
    risk: IntArray,
    cost: IntArray,
    licence: IntArray,
) -> None:
    to_carriers, to_exporter, to_importer, to_smugglers, to_middlemen = entries
    nodes, carriers, treasury, smugglers, middlemen = starts
    for material in range(flow.shape[0]):
        for link in range(flow.shape[1]):
            grams = flow[material, link]
            if grams == 0:
                continue
            start, house = nodes + origin[link], nodes + destination[link]
            move(books, passage[link], material, start, house, grams)
            pay(books, passage[link], house, start, grams * ticks[material, origin[link]])
            gap = ticks[material, destination[link]] - ticks[material, origin[link]]
            rent = grams * (gap - cost[material, link] - licence[material, link])
            pay(books, to_carriers, house, carriers, grams * freight[material, link])
            pay(books, to_exporter, house, treasury + from_zone[link], grams * tax[material, link])
            if way[link] == TRADE:
                pay(books, to_importer, house, treasury + to_zone[link], grams * tariff[material, link])
            if way[link] == SMUGGLED:
                pay(books, to_smugglers, house, smugglers, grams * risk[material, link] + rent)
            else:
                pay(books, to_middlemen, house, middlemen, rent)
