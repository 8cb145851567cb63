"""What each order gets at the price of its zone (used by `clear`)."""

import numpy as np

from market_abm.auction.ladder import Ladder, find_step
from market_abm.core.compiled import compiled
from market_abm.core.rounding import split
from market_abm.core.units import IntArray


@compiled
def fill_orders(ladder: Ladder, price: IntArray, bought: IntArray, sold: IntArray) -> IntArray:
    """Return the fill of each row of a ladder [g].

    Orders better than the price are filled, orders at the price share what is left by largest remainder, odd
    grams going to the lowest agent number.
    """
    fill = np.zeros(ladder.limit.size, np.int64)
    for zone in range(price.size):
        begin, end = ladder.start[zone], ladder.start[zone + 1]
        left, right = find_step(ladder, zone, price[zone]) - zone, find_step(ladder, zone, price[zone] + 1) - zone
        middle = left
        while middle < right and ladder.asks[middle + zone + 1] == ladder.asks[middle + zone]:
            middle += 1  # of one limit the bids come first
        for row in range(begin, left):
            fill[row] = ladder.asks[row + zone + 1] - ladder.asks[row + zone]
        for row in range(right, end):
            grams = ladder.supply[row + zone + 1] - ladder.supply[row + zone]
            fill[row] = grams - ladder.asks[row + zone + 1] + ladder.asks[row + zone]
        above = ladder.asks[right + zone] - ladder.supply[right + zone]
        share_tie(ladder, zone, fill[left:middle], left, bought[zone] - above)
        share_tie(ladder, zone, fill[middle:right], middle, sold[zone] - ladder.asks[left + zone])
    return fill


@compiled
def share_tie(ladder: Ladder, zone: int, fill: IntArray, first: int, amount: int) -> None:
    """Share grams among rows of one zone, side and limit, of which `first` is the first."""
    if amount == 0 or fill.size == 0:
        return
    grams = (
        ladder.supply[first + zone + 1 : first + zone + fill.size + 1]
        - ladder.supply[first + zone : first + zone + fill.size]
    )
    fill[:] = split(amount, grams, ladder.number[first : first + fill.size])
