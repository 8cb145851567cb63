"""Records that the kernels of a week hand to each other (used by `week` and `clear`)."""

from typing import NamedTuple

from market_abm.auction.orders import Links, Orders
from market_abm.core.units import IntArray

PROVED, UNSOUND, UNPROVED_BOOK, UNPROVED_POOL = range(4)
LOW, HIGH, PAID = range(3)
LICENCE_PRICE, TRIED = range(2)
OFFER_LIMIT, OFFER_QUANTITY, OFFER_NUMBER = range(3)
MATERIAL_END, GATE_END, OFFER_END = range(3)


class Week(NamedTuple):
    """What is cleared: orders and links of all materials, and last week's prices (materials, nodes) [ticks]."""

    bids: Orders
    asks: Orders
    links: Links
    last_price: IntArray


class Pools(NamedTuple):
    """The pools of a week, their columns one behind the other.

    Attributes
    ----------
    material : rows of the materials of all pools.
    gate : links that need a licence.
    offers : (3, offers) `OFFER_LIMIT` [ticks per kg], `OFFER_QUANTITY` [g] and `OFFER_NUMBER` of who offers.
    ends : (3, pools + 1) `MATERIAL_END`, `GATE_END` and `OFFER_END`: where each pool's part of these begins, and the
        end.
    last_price : (pools,) [ticks per kg].
    """

    material: IntArray
    gate: IntArray
    offers: IntArray
    ends: IntArray
    last_price: IntArray


class Outcome(NamedTuple):
    """What was decided about the week.

    Attributes
    ----------
    bid_fill, ask_fill : (materials, orders) [g].
    flow : (materials, links) [g].
    prices : (3, materials, nodes) `LOW`, `HIGH` and the price `PAID` [ticks].
    licences : (2, pools) `LICENCE_PRICE` [ticks per kg], and how many were `TRIED`.
    offer_fill : (offers of all pools,) [g].
    """

    bid_fill: IntArray
    ask_fill: IntArray
    flow: IntArray
    prices: IntArray
    licences: IntArray
    offer_fill: IntArray


class Verdict(NamedTuple):
    """What came of the proof: `PROVED`, or what failed, its row, whether it was feasible, its welfare and its dual."""

    code: int
    row: int
    feasible: bool
    welfare: int
    dual: int
