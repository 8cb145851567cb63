"""The sealed call auction of a material over all zones (ODD: Market).

Each clear proves itself: its welfare equals the value of its dual at the prices returned. `orders` holds what
goes in and comes out, `clearing` and `settlement` the compiled arithmetic, `licence_auction` the clearing of
several materials at one licence price.
"""

import numpy as np

from market_abm.core.units import BoolArray, IntArray
from market_abm.market import clearing, settlement
from market_abm.market.clearing import Ladder, Network
from market_abm.market.orders import (
    GREATEST_PRICE,
    GREATEST_VALUE,
    CertificateError,
    Clearing,
    Links,
    OrderError,
    Orders,
    check_links,
    check_orders,
    split,
)

NEAR_PART = 32  # a first step of about 3 % of the price
LONGEST_SEARCH = 10  # at most 2**10 first steps to anywhere


def clear(bids: Orders, asks: Orders, links: Links, last_price: IntArray) -> Clearing:
    """Clear one material in all zones at once.

    Maximises the limits of bids filled, less the limits of asks filled, less the cost of flows. Of all such
    results it takes one with the greatest volume. Orders of one zone, side and limit share by largest
    remainder, odd grams going to the lowest agent number. Among routes of equal cost the one with fewest
    links, then the lowest link, goes first. The price is floor(a + theta * (b - a)): a and b are the least
    and greatest optimal prices, a side without bound being closed at last week's price, and one theta for
    all zones is the best fit to last week's prices.

    Parameters
    ----------
    bids, asks : the book, listed in any order.
    links : ways between zones.
    last_price : last week's price of each node; its length is the number of nodes [ticks].

    Returns
    -------
    Clearing, with one fill an order, one flow a link and one price a node.

    Raises
    ------
    OrderError
        If a column is malformed or the book is too large for int64.
    CertificateError
        If the result fails its own proof.
    """
    book = Prepared(bids, asks, links, last_price)
    prices = book.start.copy()
    clearing.find_prices(book.ladder, book.network, prices, book.step)
    return book.finish(links, last_price.size, *book.route(prices))


class Prepared:
    """A book sorted once, however often it is solved."""

    def __init__(self, bids: Orders, asks: Orders, links: Links, last_price: IntArray) -> None:
        zones = last_price.size
        bid_total, ask_total = check_orders("bids", bids, zones), check_orders("asks", asks, zones)
        check_links(links, last_price)
        self.links, self.last_price = links, np.array(last_price)
        self.zone = zone = np.concatenate((bids.zone, asks.zone))
        self.limit = limit = np.concatenate((bids.limit, asks.limit))
        self.quantity = quantity = np.concatenate((bids.quantity, asks.quantity))
        self.number = np.concatenate((bids.number, asks.number))
        self.bids = bids.zone.size
        rows, bottom, top = zone.size, int(limit.min(initial=GREATEST_PRICE)), int(limit.max(initial=0))
        if (bid_total + ask_total) * top > GREATEST_VALUE:
            raise OrderError(
                f"Orders: {bid_total + ask_total:,} g at up to {top:,} ticks are worth more than"
                f" {GREATEST_VALUE:,} micro-US$, which int64 cannot add up. Use fewer grams or lower limits."
            )
        span = max(top - bottom, 0) + 1
        if zones * span * 2 * max(rows, 1) < 2**63:  # packed keys sort ten times faster than a lexsort
            key = zone * span
            key += limit
            key -= bottom
            key *= 2
            key[self.bids :] += 1
            key *= rows
            key += np.arange(rows)
            key.sort()
            key %= max(rows, 1)
            self.order = key
        else:
            self.order = np.lexsort((np.arange(rows) >= self.bids, limit, zone))
        self.ladder: Ladder = clearing.build_ladder(self.order, self.bids, zone, limit, quantity, zones)
        self.most_traded = min(bid_total, ask_total)
        self.live, self.network = usable(links, self.most_traded)
        self.start = np.clip(self.last_price, bottom, top) if rows else self.last_price.copy()
        # Prices move a few percent a week, so the search starts with small steps; a jump takes more of them.
        near = int(self.start.max(initial=0)) // NEAR_PART
        self.step = 1 << max(min(near.bit_length(), span.bit_length() - 3), span.bit_length() - LONGEST_SEARCH, 0)

    def route(self, prices: IntArray, fixed: int = -1, amount: int = 0) -> tuple[IntArray, IntArray, IntArray]:
        """Flows, purchases and sales at the least optimal prices, given any optimal ones."""
        live_flow, bought, sold = settlement.route_at_least(
            self.ladder, self.network, prices, self.last_price, fixed, amount
        )
        flow = np.zeros(self.live.size, np.int64)
        flow[self.live] = live_flow
        return flow, bought, sold

    def finish(self, links: Links, zones: int, flow: IntArray, bought: IntArray, sold: IntArray) -> Clearing:
        """Prices, fills and proof of flows on `links`."""
        last_price = self.last_price[:zones]
        live, network = (self.live, self.network) if links is self.links else usable(links, self.most_traded)
        bounds = settlement.price_bounds(self.ladder, network, flow[live], bought, sold, last_price)
        low, near_low, high = bounds
        price = settlement.canonical_price(near_low, high, last_price)
        sorted_fill, ties = settlement.fill_rows(self.ladder, price, bought, sold)
        fill = np.empty_like(sorted_fill)
        fill[self.order] = sorted_fill
        for begin, end, amount in ties:
            rows = self.order[begin:end]
            fill[rows] = split(amount, self.quantity[rows], self.number[rows])
        columns = (self.zone, self.limit, self.quantity, fill)
        feasible, welfare, dual = settlement.prove(self.bids, *columns, network, flow[live], price)
        if not feasible or welfare != dual:
            raise CertificateError(
                f"Auction: welfare is {welfare:,}, its dual {dual:,} micro-US$"
                f"{'' if feasible else ', and fills and flows do not balance'}. Please report the orders."
            )
        return Clearing(fill[: self.bids], fill[self.bids :], flow, low, high, price, int(dual - welfare))


def usable(links: Links, most_traded: int) -> tuple[BoolArray, Network]:
    """Which links can carry anything, and those links.

    No flow exceeds what is traded, so a capacity of one gram more is as good as none. Costs beyond every
    price are cut to a size that additions cannot overflow.
    """
    live = (links.capacity > 0) & (links.origin != links.destination)
    cost = np.minimum(links.cost[live], 2 * GREATEST_PRICE)
    capacity = np.minimum(links.capacity[live], most_traded + 1)
    return live, Network(links.origin[live], links.destination[live], cost, capacity)
