"""The sealed call auction over all zones: a week at once, one book, or one pool (ODD: Market).

Each clear proves itself: its welfare equals the value of its dual at the prices returned. The arithmetic is in
compiled kernels (`week` and what it calls); here columns are handed to them and failures are said in words.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from market_abm.auction.checks import check_columns, check_gate, find_fault, join_pools
from market_abm.auction.orders import (
    Book,
    CertificateError,
    Clearing,
    Links,
    OrderError,
    Orders,
    Pool,
    PoolClearing,
    WeekClearing,
)
from market_abm.auction.records import (
    HIGH,
    LICENCE_PRICE,
    LOW,
    OFFER_END,
    PAID,
    PROVED,
    UNPROVED_POOL,
    UNSOUND,
    Outcome,
    Pools,
    Verdict,
    Week,
)
from market_abm.auction.week import solve_week
from market_abm.core.units import IntArray

NOTHING: IntArray = np.zeros(0, np.int64)
NO_POOLS = Pools(NOTHING, NOTHING, np.zeros((3, 0), np.int64), np.zeros((3, 1), np.int64), NOTHING)


def clear_week(
    bids: Orders, asks: Orders, links: Links, last_price: IntArray, pools: Sequence[Pool] = ()
) -> WeekClearing:
    """Clear all materials of a week, each in all zones at once.

    Materials outside pools are cleared as by `clear`, those of a pool as by `clear_pool`.

    Parameters
    ----------
    bids, asks : limit and quantity (materials, orders); an order for nothing takes no part.
    links : cost and capacity (materials, links).
    last_price : (materials, nodes) [ticks].
    pools : licences that materials share.

    Raises
    ------
    OrderError
        If a column is malformed or a book is too large for int64.
    CertificateError
        If a result fails its own proof.
    """
    week, joined = check_columns(Week(bids, asks, links, last_price)), NO_POOLS
    if pools:
        joined = join_pools(pools)
        for pool in pools:
            check_gate(week.links.origin, pool.gate)
    out = _solve(week, joined)
    offer_fill = tuple(out.offer_fill[begin:end] for begin, end in pairwise(joined.ends[OFFER_END].tolist()))
    return WeekClearing(
        out.bid_fill,
        out.ask_fill,
        out.flow,
        out.prices[LOW],
        out.prices[HIGH],
        out.prices[PAID],
        out.licences[LICENCE_PRICE],
        offer_fill,
    )


def clear(bids: Orders, asks: Orders, links: Links, last_price: IntArray) -> Clearing:
    """Clear one material in all zones at once.

    Maximises the limits of bids filled, less the limits of asks filled, less the cost of flows. Of all such
    results it takes one with the greatest volume. Orders of one zone, side and limit share by largest
    remainder, odd grams going to the lowest agent number. Of all optimal prices it takes last week's, put right
    as little as needed, half from above and half from below (`bounds.set_price`).

    Among routes of equal cost the one with fewest links goes first, then that of the lowest zone, then that by the
    lowest link. The same decides between zones whose orders stand at exactly equal terms: the zone nearest by links
    is served first. They do not share as orders of one zone do: a fair share over a network is a problem of its own,
    whose parts would not be whole. So zones and links must be numbered in an order that means nothing, as by name.

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
    out = _solve(_week_of_one(bids, asks, links, last_price), NO_POOLS, single=True)
    low, high, price = out.prices[:, 0]
    return Clearing(out.bid_fill[0], out.ask_fill[0], out.flow[0], low, high, price, 0)


def clear_pool(books: Sequence[Book], offers: Orders, last_licence_price: int) -> PoolClearing:
    """Clear several materials that share licences, at one licence price.

    The licence price is added to the cost of every gate link. The pool's dual is convex in it, and where it
    is least the licences offered equal the licences used. Of several such prices the one nearest to last
    week's is taken; at it the pool uses as many licences as it can, and books at the margin share by largest
    remainder. Without offers nothing passes the gates, at the price nearest to last week's at which nobody
    wants to.

    Parameters
    ----------
    books : one for each material; each has zones, links and gate of its own.
    offers : licences on offer: `limit` is the reservation price [ticks per kg, 0 allowed], `zone` is not read.
    last_licence_price : last week's [ticks per kg].

    Raises
    ------
    OrderError, CertificateError
        As `clear`; also if the gate links of one book start in different zones.
    """
    weeks = [_week_of_one(book.bids, book.asks, book.links, book.last_price) for book in books]
    for week, book in zip(weeks, books, strict=True):
        if fault := find_fault(week, NO_POOLS, single=True):
            raise OrderError(fault)
        check_gate(book.links.origin, book.gate)
    bids, bid_part = _side_by_side([book.bids for book in books])
    asks, ask_part = _side_by_side([book.asks for book in books])
    links, link_part = _links_side_by_side([book.links for book in books])
    nodes = max((book.last_price.size for book in books), default=0)
    last_price = np.array([np.pad(book.last_price, (0, nodes - book.last_price.size)) for book in books], np.int64)
    gate = [book.gate + part.start for book, part in zip(books, link_part, strict=True)]
    pool = Pool(
        np.arange(len(books)),
        np.concatenate((NOTHING, *gate)),
        offers.limit,
        offers.quantity,
        offers.number,
        int(last_licence_price),
    )
    out = _solve(Week(bids, asks, links, last_price.reshape(len(books), nodes)), join_pools([pool]), single=True)
    clearings = tuple(
        Clearing(
            out.bid_fill[row, bid_part[row]],
            out.ask_fill[row, ask_part[row]],
            out.flow[row, link_part[row]],
            out.prices[LOW, row, : book.last_price.size],
            out.prices[HIGH, row, : book.last_price.size],
            out.prices[PAID, row, : book.last_price.size],
            0,
        )
        for row, book in enumerate(books)
    )
    used = sum(int(cleared.flow[book.gate].sum()) for book, cleared in zip(books, clearings, strict=True))
    return PoolClearing(clearings, int(out.licences[LICENCE_PRICE, 0]), used, out.offer_fill, 0)


def _week_of_one(bids: Orders, asks: Orders, links: Links, last_price: IntArray) -> Week:
    """One book as a week of one material."""
    return check_columns(
        Week(
            bids._replace(limit=bids.limit[np.newaxis], quantity=bids.quantity[np.newaxis]),
            asks._replace(limit=asks.limit[np.newaxis], quantity=asks.quantity[np.newaxis]),
            links._replace(cost=links.cost[np.newaxis], capacity=links.capacity[np.newaxis]),
            last_price[np.newaxis],
        )
    )


def _side_by_side(sides: Sequence[Orders]) -> tuple[Orders, list[slice]]:
    """Orders of several books in one matrix, in which each book wants nothing in the columns of others."""
    parts = _parts([side.zone.size for side in sides])
    count = parts[-1].stop if parts else 0
    limit, quantity = np.ones((len(sides), count), np.int64), np.zeros((len(sides), count), np.int64)
    for row, (side, part) in enumerate(zip(sides, parts, strict=True)):
        limit[row, part], quantity[row, part] = side.limit, side.quantity
    zone = np.concatenate((NOTHING, *(side.zone for side in sides)))
    number = np.concatenate((NOTHING, *(side.number for side in sides)))
    return Orders(zone, limit, quantity, number), parts


def _links_side_by_side(ways: Sequence[Links]) -> tuple[Links, list[slice]]:
    """Links of several books in one matrix, in which the links of others are closed to each book."""
    parts = _parts([links.origin.size for links in ways])
    count = parts[-1].stop if parts else 0
    cost, capacity = np.zeros((len(ways), count), np.int64), np.zeros((len(ways), count), np.int64)
    for row, (links, part) in enumerate(zip(ways, parts, strict=True)):
        cost[row, part], capacity[row, part] = links.cost, links.capacity
    origin = np.concatenate((NOTHING, *(links.origin for links in ways)))
    destination = np.concatenate((NOTHING, *(links.destination for links in ways)))
    return Links(origin, destination, cost, capacity), parts


def _parts(sizes: Sequence[int]) -> list[slice]:
    ends = np.cumsum([0, *sizes]).tolist()
    return [slice(begin, end) for begin, end in pairwise(ends)]


def _solve(week: Week, pools: Pools, single: bool = False) -> Outcome:
    """Solve a week, and see that all of it is sound and proved."""
    solved: tuple[Verdict, Outcome] = solve_week(week, pools)
    verdict, out = solved
    if verdict.code != PROVED:
        if verdict.code == UNSOUND:
            raise OrderError(find_fault(week, pools, single))
        place = f"{'pool' if verdict.code == UNPROVED_POOL else 'material'} {verdict.row}"
        raise CertificateError(
            f"Auction of {place}: welfare is {verdict.welfare:,}, its dual {verdict.dual:,} micro-US$"
            f"{'' if verdict.feasible else ', and fills and flows do not balance'}. Please report the orders."
        )
    return out
