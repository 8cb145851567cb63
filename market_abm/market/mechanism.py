"""What clears the market: the auction, or a mechanism of the user's own (ODD: Market).

A mechanism is a function of the week's book that says who trades what at which price. The auction proves its result;
what any other mechanism decides is checked here: nobody trades more than it offered, nothing is lost on the way, and
no licence is used twice.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from market_abm.auction.orders import Links, Orders, Pool, WeekClearing
from market_abm.core.limits import GREATEST_PRICE
from market_abm.core.units import IntArray


class Mechanism(Protocol):
    """A function that clears a week; `market_abm.auction.clear.clear_week` is the shipped one."""

    def __call__(
        self, bids: Orders, asks: Orders, links: Links, last_price: IntArray, pools: Sequence[Pool] = ()
    ) -> WeekClearing:
        """Clear all materials of a week.

        Parameters
        ----------
        bids, asks : limit [ticks] and quantity [g], (materials, orders); an order for nothing takes no part.
        links : cost [ticks] and capacity [g], (materials, links).
        last_price : (materials, nodes) [ticks].
        pools : licences that materials share.
        """


class MechanismError(ArithmeticError):
    """A mechanism decided something that cannot be booked."""


def check_clearing(
    name: str, bids: Orders, asks: Orders, links: Links, pools: Sequence[Pool], cleared: WeekClearing
) -> None:
    """Refuse what cannot be booked.

    Raises
    ------
    MechanismError
        With everything that is wrong.
    """
    faults = []
    sides = (("bids", bids, cleared.bid_fill), ("asks", asks, cleared.ask_fill))
    for what, side, fill in sides:
        if fill.shape != side.quantity.shape or fill.dtype != np.int64:
            raise MechanismError(f"{name}: fills of {what} must be int64 of shape {side.quantity.shape}")
        if (fill < 0).any() or (fill > side.quantity).any():
            faults.append(f"{what} are filled beyond their quantity, or below nothing")
    if ((cleared.flow < 0) | (cleared.flow > links.capacity)).any():
        faults.append("a link carries more than its capacity, or less than nothing")
    if ((cleared.price < 0) | (cleared.price > GREATEST_PRICE)).any():
        faults.append(f"prices must be from 0 to {GREATEST_PRICE:,} ticks")
    left = np.zeros(cleared.price.shape, dtype=np.int64)
    for zone, amount in (
        *((asks.zone, cleared.ask_fill), (bids.zone, -cleared.bid_fill)),
        *((links.origin, -cleared.flow), (links.destination, cleared.flow)),
    ):
        for material in range(len(left)):
            np.add.at(left[material], zone, amount[material])
    if left.any():
        material, node = np.argwhere(left)[0]
        faults.append(f"{left[material, node]:,} g of material {material} are left over in node {node}")
    for number, (pool, fill) in enumerate(zip(pools, cleared.offer_fill, strict=True)):
        used = int(cleared.flow[np.ix_(pool.materials, pool.gate)].sum())
        if used != int(fill.sum()) or (fill < 0).any() or (fill > pool.quantity).any():
            faults.append(f"pool {number}: {used:,} g passed the gate, {int(fill.sum()):,} g of licences were sold")
    if faults:
        raise MechanismError(f"{name}: {'; '.join(faults)}.")
