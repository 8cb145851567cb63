"""Orders, links and results of the coupled auction, and the checks they pass (ODD: Market).

All quantities are int64 grams, all prices int64 ticks, so money is int64 micro-US$ and every result is exact.
"""

from dataclasses import dataclass

import numpy as np

from market_abm.core.units import IntArray
from market_abm.market import settlement

UNLIMITED = 2**62  # g, capacity of a link without a limit
GREATEST_PRICE = 2**32  # ticks (4.3 million US$/kg): keeps the price projection inside int64
GREATEST_QUANTITY = 2**60  # g
GREATEST_VALUE = 2**62  # micro-US$


class CertificateError(ArithmeticError):
    """A clearing is not optimal by its own dual. Always a fault of the program, never of the orders."""


class OrderError(ValueError):
    """Orders, links or books that cannot be cleared."""


@dataclass(frozen=True)
class Orders:
    """One side of one material's book: columns of equal length.

    Attributes
    ----------
    zone : node of each order.
    limit : highest price paid or lowest price taken [ticks], at least 1.
    quantity : size [g], zero allowed.
    number : stable agent number, which decides who gets the odd gram of a tie.
    """

    zone: IntArray
    limit: IntArray
    quantity: IntArray
    number: IntArray

    @classmethod
    def none(cls) -> "Orders":
        """No orders at all."""
        return cls(*(np.zeros(0, np.int64) for _ in range(4)))


@dataclass(frozen=True)
class Links:
    """Directed ways between zones.

    Attributes
    ----------
    origin, destination : nodes.
    cost : everything paid for one kilogram [ticks], never negative.
    capacity : limit [g]; `UNLIMITED` for none, 0 for a closed link.
    """

    origin: IntArray
    destination: IntArray
    cost: IntArray
    capacity: IntArray


@dataclass(frozen=True)
class Clearing:
    """What an auction decided.

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


@dataclass(frozen=True)
class Book:
    """One material under a joint licence; `gate` lists the links that need one, all from one node."""

    bids: Orders
    asks: Orders
    links: Links
    last_price: IntArray
    gate: IntArray


@dataclass(frozen=True)
class PoolClearing:
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


def split(amount: int, quantity: IntArray, number: IntArray) -> IntArray:
    """Split grams in proportion to `quantity` by largest remainder, ties to the lowest agent number."""
    if quantity.size < 2 or amount == 0:
        return np.full(quantity.size, amount, np.int64)
    parts: IntArray
    parts, remainders = settlement.share_out(amount, quantity)
    odd = amount - int(parts.sum())
    parts[np.lexsort((-quantity, number, -remainders))[:odd]] += 1
    return parts


def check_orders(side: str, orders: Orders, zones: int, least: int = 1) -> int:
    """Refuse columns the kernels could not read; return the sum of quantities."""
    columns = (orders.zone, orders.limit, orders.quantity, orders.number)
    if any(column.dtype != np.int64 or column.shape != orders.zone.shape for column in columns):
        raise OrderError(f"{side}: zone, limit, quantity and number must be int64 columns of one length.")
    row = settlement.bad_order(orders.zone, orders.limit, orders.quantity, zones, least, GREATEST_PRICE)
    if row >= 0:
        raise OrderError(
            f"{side}[{row}]: zone {orders.zone[row]}, limit {orders.limit[row]:,} ticks, quantity"
            f" {orders.quantity[row]:,} g. Zones run from 0 to {zones - 1}, limits from {least} to"
            f" {GREATEST_PRICE:,} ticks; quantities are not negative."
        )
    if float(orders.quantity.sum(dtype=np.float64)) > GREATEST_QUANTITY:
        raise OrderError(f"{side}: more than {GREATEST_QUANTITY:,} g in all. Use fewer grams.")
    return int(orders.quantity.sum())


def check_links(links: Links, last_price: IntArray) -> None:
    """Refuse links the kernels could not read."""
    columns = (links.origin, links.destination, links.cost, links.capacity)
    if any(column.dtype != np.int64 or column.shape != links.origin.shape for column in columns):
        raise OrderError("links: origin, destination, cost and capacity must be int64 columns of one length.")
    if last_price.dtype != np.int64 or (last_price < 0).any() or (last_price > GREATEST_PRICE).any():
        raise OrderError(f"last_price: must be int64 between 0 and {GREATEST_PRICE:,} ticks.")
    if not links.cost.size:
        return
    ends = np.concatenate((links.origin, links.destination))
    if ends.min() < 0 or ends.max() >= last_price.size:
        raise OrderError(f"links: nodes run from 0 to {last_price.size - 1}.")
    if links.cost.min() < 0 or links.capacity.min() < 0:
        raise OrderError("links: costs and capacities are not negative.")
