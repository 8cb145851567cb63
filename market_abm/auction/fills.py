"""What each order gets at the price of its zone (used by `week`)."""

import numpy as np

from market_abm.auction.problem import ASKS, EXPORT, NUMBER, SOLD, SUPPLY, Problem, find_step
from market_abm.core.compiled import inlined
from market_abm.core.rounding import split
from market_abm.core.units import IntArray


@inlined
def fill_orders(problem: Problem, price: IntArray) -> IntArray:
    """Return the fill of each row of a problem [g].

    Orders better than the price are filled, orders at the price share what is left by largest remainder, odd
    grams going to the lowest agent number.
    """
    sums, zones = problem.sums, problem.zones
    fill = np.zeros(problem.rows.shape[1], np.int64)
    for zone in range(price.size):
        begin, end = problem.start[zone], problem.start[zone + 1]
        left, right = find_step(problem, zone, price[zone]) - zone, find_step(problem, zone, price[zone] + 1) - zone
        middle = left
        while middle < right and sums[ASKS, middle + zone + 1] == sums[ASKS, middle + zone]:
            middle += 1  # of one limit the bids come first
        sold = zones[SOLD, zone]
        bids_above = sums[ASKS, right + zone] - sums[SUPPLY, right + zone]
        for row in range(begin, left):
            fill[row] = sums[ASKS, row + zone + 1] - sums[ASKS, row + zone]
        for row in range(right, end):
            asks = sums[ASKS, row + zone + 1] - sums[ASKS, row + zone]
            fill[row] = sums[SUPPLY, row + zone + 1] - sums[SUPPLY, row + zone] - asks
        for first, stop, amount in (
            (left, middle, sold - zones[EXPORT, zone] - bids_above),
            (middle, right, sold - sums[ASKS, left + zone]),
        ):
            if amount != 0 and first < stop:
                grams = np.empty(stop - first, np.int64)
                for row in range(first, stop):
                    grams[row - first] = sums[SUPPLY, row + zone + 1] - sums[SUPPLY, row + zone]
                parts = split(amount, grams, problem.rows[NUMBER, first:stop])
                for row in range(first, stop):
                    fill[row] = parts[row - first]
    return fill
