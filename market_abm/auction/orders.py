"""What goes into the auction and comes out of it (ODD: Market).

All quantities are int64 grams, all prices int64 ticks, so money is int64 micro-US$ and every result is exact.
"""

from typing import NamedTuple

import numpy as np

from market_abm.core.units import IntArray

UNLIMITED = 2**62  # g, capacity of a link without a limit


class CertificateError(ArithmeticError):
    """A clearing is not optimal by its own dual. Always a fault of the program, never of the orders."""


class OrderError(ValueError):
    """Orders, links or books that cannot be cleared."""


class Orders(NamedTuple):
    """One side of one material's book, or of a week's: columns of equal length.

    Attributes
    ----------
    zone : (orders,) node of each order.
    limit : (orders,) or (materials, orders) highest price paid or lowest price taken [ticks], at least 1.
    quantity : (orders,) or (materials, orders) size [g], zero allowed.
    number : (orders,) stable agent number, which decides who gets the odd gram of a tie.
    """

    zone: IntArray
    limit: IntArray
    quantity: IntArray
    number: IntArray

    @classmethod
    def none(cls) -> "Orders":
        """No orders at all."""
        return cls(*(np.zeros(0, np.int64) for _ in range(4)))


class Links(NamedTuple):
    """Directed ways between zones.

    Attributes
    ----------
    origin, destination : (links,) nodes.
    cost : (links,) or (materials, links) everything paid for one kilogram [ticks], never negative.
    capacity : (links,) or (materials, links) limit [g]; `UNLIMITED` for none, 0 for a closed link.
    """

    origin: IntArray
    destination: IntArray
    cost: IntArray
    capacity: IntArray


class Pool(NamedTuple):
    """A licence that several materials of a week share.

    Attributes
    ----------
    materials : rows of the week's matrices. A material stands in one pool at most.
    gate : links that need a licence, all from one node.
    limit : reservation price of each offer of licences [ticks per kg], 0 allowed.
    quantity : size of each offer [g].
    number : stable number of who offers.
    last_price : last week's licence price [ticks per kg].
    """

    materials: IntArray
    gate: IntArray
    limit: IntArray
    quantity: IntArray
    number: IntArray
    last_price: int


class Book(NamedTuple):
    """One material under a joint licence; `gate` lists the links that need one, all from one node."""

    bids: Orders
    asks: Orders
    links: Links
    last_price: IntArray
    gate: IntArray


class Clearing(NamedTuple):
    """What an auction decided about one material.

    Attributes
    ----------
    bid_fill, ask_fill : bought and sold by each order [g].
    flow : carried by each link [g].
    low, high : least and greatest optimal prices of each zone [ticks]. Where nothing holds a price from
        below, low is 1; where nothing holds it from above, high is last week's price or low.
    price : the price paid in each zone [ticks].
    gap : dual value less welfare [micro-US$], proved to be 0.
    """

    bid_fill: IntArray
    ask_fill: IntArray
    flow: IntArray
    low: IntArray
    high: IntArray
    price: IntArray
    gap: int


class PoolClearing(NamedTuple):
    """Books cleared under one licence price.

    Attributes
    ----------
    clearings : one for each book, with the licence price added to the cost of its gate links.
    licence_price : [ticks per kg].
    used : licences used over all books [g].
    offer_fill : licences sold by each offer [g].
    gap : dual value less welfare of the whole pool [micro-US$], proved to be 0.
    """

    clearings: tuple[Clearing, ...]
    licence_price: int
    used: int
    offer_fill: IntArray
    gap: int


class WeekClearing(NamedTuple):
    """What the auction decided about all materials of a week; each part is proved optimal.

    Attributes
    ----------
    bid_fill, ask_fill : (materials, orders) bought and sold by each order [g].
    flow : (materials, links) carried by each link [g].
    low, high, price : (materials, nodes), as those of `Clearing` [ticks].
    licence_price : (pools,) [ticks per kg].
    offer_fill : for each pool, licences sold by each offer [g].
    """

    bid_fill: IntArray
    ask_fill: IntArray
    flow: IntArray
    low: IntArray
    high: IntArray
    price: IntArray
    licence_price: IntArray
    offer_fill: tuple[IntArray, ...]
