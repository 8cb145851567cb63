"""Records that the kernels of a week hand to each other (used by `week` and `clear`)."""

from typing import NamedTuple

from market_abm.auction.orders import Links, Orders
from market_abm.core.units import IntArray

PROVED, UNSOUND, UNPROVED_BOOK, UNPROVED_POOL = range(4)


class Week(NamedTuple):
    """What is cleared: orders and links of all materials, and last week's prices (materials, nodes) [ticks]."""

    bids: Orders
    asks: Orders
    links: Links
    last_price: IntArray


class Pools(NamedTuple):
    """The pools of a week, their columns one behind the other; `..._end` (pools + 1,) tells where each ends."""

    material: IntArray
    gate: IntArray
    limit: IntArray
    quantity: IntArray
    number: IntArray
    last_price: IntArray
    material_end: IntArray
    gate_end: IntArray
    offer_end: IntArray


class Outcome(NamedTuple):
    """What was decided about the week.

    Attributes
    ----------
    bid_fill, ask_fill : (materials, orders) [g].
    flow : (materials, links) [g].
    low, high, price : (materials, nodes) [ticks].
    licence_price, tried : (pools,) licence prices [ticks per kg], and how many of them were tried.
    offer_fill : (offers of all pools,) [g].
    """

    bid_fill: IntArray
    ask_fill: IntArray
    flow: IntArray
    low: IntArray
    high: IntArray
    price: IntArray
    licence_price: IntArray
    tried: IntArray
    offer_fill: IntArray


class Verdict(NamedTuple):
    """What came of the proof: `PROVED`, or what failed, its row, whether it was feasible, its welfare and its dual."""

    code: int
    row: int
    feasible: bool
    welfare: int
    dual: int
