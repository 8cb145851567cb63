"""A book as the search reads it: in each zone the orders by limit, with running sums (used by `clear`)."""

from typing import NamedTuple

import numpy as np

from market_abm.auction.orders import GREATEST_PRICE, GREATEST_QUANTITY, GREATEST_VALUE, Orders
from market_abm.core.compiled import compiled
from market_abm.core.sorting import sorted_rows
from market_abm.core.units import IntArray


class Ladder(NamedTuple):
    """Orders of one material that want something, sorted by zone, limit and side (bids first).

    A zone with rows `start[zone]` to `start[zone + 1]` has one step more than rows. Step k of it stands at place
    `start[zone] + zone + k` of the running sums, and tells what is so at a price above its first k limits.

    Attributes
    ----------
    start : (zones + 1,) first row of each zone, and the end.
    limit : (rows,) [ticks].
    source : (rows,) place of each order in the book, asks being counted on from the last bid.
    number : (rows,) agent numbers.
    supply : (rows + zones,) asks below a price less bids at or above it [g].
    asks : (rows + zones,) asks below a price [g].
    value : (rows + zones,) grams times limit of bids at or above a price less those of asks below it.
    traded : no more than this can be traded [g]; -1 where the book is out of range.
    """

    start: IntArray
    limit: IntArray
    source: IntArray
    number: IntArray
    supply: IntArray
    asks: IntArray
    value: IntArray
    traded: int


@compiled
def build_ladder(bids: Orders, asks: Orders, material: int, zones: int) -> Ladder:
    """Sort the orders of one material, leaving out those for nothing."""
    bid_count, source = bids.zone.size, np.empty(bids.zone.size + asks.zone.size, np.int64)
    bid_rows, rows = 0, 0
    for row in range(bid_count):
        source[bid_rows] = row
        bid_rows += 1 if bids.quantity[material, row] != 0 else 0
    rows = bid_rows
    for row in range(asks.zone.size):
        source[rows] = row + bid_count
        rows += 1 if asks.quantity[material, row] != 0 else 0
    zone, limit, grams = np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(rows, np.int64)
    for row in range(bid_rows):
        at = source[row]
        zone[row], limit[row], grams[row] = bids.zone[at], bids.limit[material, at], bids.quantity[material, at]
    for row in range(bid_rows, rows):
        at = source[row] - bid_count
        zone[row], limit[row], grams[row] = asks.zone[at], asks.limit[material, at], asks.quantity[material, at]
    traded = tradable(limit, grams, bid_rows)
    order = sorted_rows(limit)
    start, filled = np.zeros(zones + 1, np.int64), np.zeros(zones, np.int64)
    for row in range(rows):
        start[zone[row] + 1] += 1
    for node in range(zones):
        start[node + 1] += start[node]
        filled[node] = start[node]
    # Now each zone's orders, sorted by limit, go to its own part of the columns.
    columns = np.empty((3, rows), np.int64)
    sums = np.empty((3, rows + zones), np.int64)
    supply, below, value = sums
    for node in range(zones):
        supply[start[node] + node] = below[start[node] + node] = value[start[node] + node] = 0
    for row in range(bid_rows):
        step = start[zone[row]] + zone[row]
        supply[step] -= grams[row]
        value[step] += grams[row] * limit[row]
    for row in order:
        node = zone[row]
        place, is_ask = filled[node], row >= bid_rows
        step = place + node
        at = source[row]
        columns[0, place], columns[1, place] = limit[row], at
        columns[2, place] = asks.number[at - bid_count] if is_ask else bids.number[at]
        supply[step + 1] = supply[step] + grams[row]
        below[step + 1] = below[step] + (grams[row] if is_ask else 0)
        value[step + 1] = value[step] - grams[row] * limit[row]
        filled[node] += 1
    return Ladder(start, columns[0], columns[1], columns[2], supply, below, value, traded)


@compiled
def tradable(limit: IntArray, grams: IntArray, bid_rows: int) -> int:
    """Return the lesser of what is bid and asked for [g]; -1 where limits or quantities are out of range."""
    bid_total, ask_total, bottom, top, sound = 0, 0, 1, 1, True
    for row in range(limit.size):
        bottom, top = min(bottom, limit[row]), max(top, limit[row])
        sound &= 0 < grams[row] <= GREATEST_QUANTITY
        if row < bid_rows:
            bid_total = min(bid_total + grams[row], GREATEST_QUANTITY + 1)
        else:
            ask_total = min(ask_total + grams[row], GREATEST_QUANTITY + 1)
    sound &= bottom == 1 and top <= GREATEST_PRICE and max(bid_total, ask_total) <= GREATEST_QUANTITY
    return min(bid_total, ask_total) if sound and bid_total + ask_total <= GREATEST_VALUE // top else -1


@compiled
def find_step(ladder: Ladder, zone: int, price: int) -> int:
    """Place in the running sums of what is so in a zone at a price."""
    left, right = ladder.start[zone], ladder.start[zone + 1]
    while left < right:
        middle = (left + right) // 2
        if ladder.limit[middle] < price:
            left = middle + 1
        else:
            right = middle
    return left + zone


@compiled
def gains(ladder: Ladder, price: IntArray) -> int:
    """What orders gain together at the prices of their zones [micro-US$]."""
    total = 0
    for zone in range(ladder.start.size - 1):
        step = find_step(ladder, zone, price[zone])
        total += ladder.value[step] + price[zone] * ladder.supply[step]
    return total
