"""Orders of one material, sorted and summed up (used by `week`)."""

import numpy as np

from market_abm.auction.orders import Orders
from market_abm.auction.problem import ASKS, LIMIT, NUMBER, SOURCE, SUPPLY, VALUE
from market_abm.core.compiled import compiled, inlined
from market_abm.core.limits import GREATEST_PRICE, GREATEST_QUANTITY, GREATEST_VALUE
from market_abm.core.sorting import sort_rows
from market_abm.core.units import IntArray


@compiled
def build_ladder(bids: Orders, asks: Orders, material: int, nodes: int) -> tuple[IntArray, IntArray, IntArray, int]:
    """Return `start`, `rows`, `sums` and `traded` of a `Problem`; `traded` is -1 where the book is out of range."""
    bid_count, count = bids.zone.size, 0
    place = np.empty(bid_count + asks.zone.size, np.int64)
    for row in range(bid_count):
        place[count] = row
        count += 1 if bids.quantity[material, row] != 0 else 0
    bid_rows = count
    for row in range(asks.zone.size):
        place[count] = row + bid_count
        count += 1 if asks.quantity[material, row] != 0 else 0
    order, zone = np.empty(count, np.int64), np.empty(count, np.int64)
    limit, grams = np.empty(count, np.int64), np.empty(count, np.int64)
    start, filled = np.zeros(nodes + 1, np.int64), np.zeros(nodes, np.int64)
    for row in range(count):
        at = place[row]
        if row < bid_rows:
            zone[row], limit[row], grams[row] = bids.zone[at], bids.limit[material, at], bids.quantity[material, at]
        else:
            at -= bid_count
            zone[row], limit[row], grams[row] = asks.zone[at], asks.limit[material, at], asks.quantity[material, at]
        order[row] = row
        start[zone[row] + 1] += 1
    traded = tradable(limit, grams, bid_rows)
    sort_rows(order, limit)
    rows, sums = np.empty((3, count), np.int64), np.zeros((3, count + nodes), np.int64)
    for node in range(nodes):
        filled[node] = start[node]
        start[node + 1] += start[node]
    for bid in range(bid_rows):
        step = start[zone[bid]] + zone[bid]
        sums[SUPPLY, step] -= grams[bid]
        sums[VALUE, step] += grams[bid] * limit[bid]
    for turn in order:  # sorted by limit; each zone's orders go to its own part of the columns
        node, at = zone[turn], place[turn]
        to = filled[node]
        step = to + node
        is_ask = turn >= bid_rows
        rows[LIMIT, to], rows[SOURCE, to] = limit[turn], at
        rows[NUMBER, to] = asks.number[at - bid_count] if is_ask else bids.number[at]
        sums[SUPPLY, step + 1] = sums[SUPPLY, step] + grams[turn]
        sums[ASKS, step + 1] = sums[ASKS, step] + (grams[turn] if is_ask else 0)
        sums[VALUE, step + 1] = sums[VALUE, step] - grams[turn] * limit[turn]
        filled[node] += 1
    return start, rows, sums, traded


@inlined
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
