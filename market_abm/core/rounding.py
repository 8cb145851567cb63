"""The one rounding rule of the program: whole amounts shared in proportion, nothing lost and nothing made.

An amount is split in proportion to whole weights by largest remainder. Equal remainders go to the lowest agent
number, among the orders of one agent to the greatest weight, and then to the lowest row. All arithmetic is in whole
numbers, so the same weights give the same parts on every machine. Weights that are floats (capacities in g/week,
usual use, shares of licences) become whole ones first, by `whole_weights`.
"""

import math

import numpy as np

from market_abm.core.compiled import compiled, inlined
from market_abm.core.sorting import sort_rows
from market_abm.core.units import MICROS_PER_GRAM_DOLLAR, FloatArray, IntArray

WEIGHT_BITS = 44  # of the greatest weight made from floats: 2**44 g are 17.6 million tonnes
TOTAL_BITS = 61  # of a sum of weights


@compiled
def split(amount: int, weight: IntArray, number: IntArray) -> IntArray:
    """Split an amount in proportion to weights by largest remainder, ties to the lowest agent number.

    Parameters
    ----------
    amount : whole amount, from 0 to 2**62.
    weight : (n,) whole weights, none negative, with a sum up to 2**61. With a sum of 0 the first part takes all.
    number : (n,) agent numbers, which decide who gets the odd unit of a tie.

    Returns
    -------
    (n,) parts, which add up to `amount`. Each lies less than one from its exact share.
    """
    count, total = weight.size, 0
    for row in range(count):
        total += weight[row]
    parts, shortfall = np.zeros(count, np.int64), np.zeros(count, np.int64)
    if count == 0 or amount == 0:
        return parts
    if count == 1 or total == 0:
        parts[0] = amount
        return parts
    odd = _fill_whole_parts(amount, weight, total, parts, shortfall)
    if odd > 0:
        rows, lightness = np.empty(count, np.int64), np.empty(count, np.int64)
        for row in range(count):
            rows[row], lightness[row] = row, -weight[row]
        sort_rows(rows, lightness)
        sort_rows(rows, number)
        sort_rows(rows, shortfall)
        for place in range(odd):
            parts[rows[place]] += 1
    return parts


@inlined
def _fill_whole_parts(amount: int, weight: IntArray, total: int, parts: IntArray, shortfall: IntArray) -> int:
    """Set `parts` to those of amount * weight / total, and `shortfall` to what each lacks to one more unit.

    Returns how many units are left over.

    Long division: the product may need 128 bits, so the amount is taken in pieces of as many bits as fit beside the
    total in 63. Most amounts are one piece.
    """
    piece = max(62 - _bits(total), 1)
    top = (max(_bits(amount), 1) + piece - 1) // piece * piece
    odd = amount
    for row in range(weight.size):
        part, remainder = 0, 0
        for shift in range(top - piece, -1, -piece):
            digit = (amount >> shift) & ((1 << piece) - 1)
            value = (remainder << piece) + digit * weight[row]
            part, remainder = (part << piece) + value // total, value % total
        parts[row], shortfall[row] = part, total - remainder
        odd -= part
    return odd


@compiled
def _bits(value: int) -> int:
    """Binary digits of a whole number that is not negative."""
    bits = 0
    while value > 0:
        value >>= 1
        bits += 1
    return bits


@compiled
def whole_weights(weight: FloatArray) -> IntArray:
    """Turn float weights into whole ones for `split`.

    All are multiplied by one power of two and rounded, so that the greatest lies between 2**43 and 2**44. Floats
    that are whole numbers below 2**43 keep their proportion exactly; other shares are off by at most 2**-44 of the
    greatest, and a weight of less than 2**-44 of it may count as none. The order of the weights decides nothing.

    Parameters
    ----------
    weight : (n,) finite, none negative [any unit].
    """
    whole = np.zeros(weight.size, np.int64)
    greatest = 0.0
    for value in weight:
        greatest = max(greatest, value)
    if greatest > 0.0:
        shift = min(WEIGHT_BITS, TOTAL_BITS - _bits(weight.size)) - math.frexp(greatest)[1]
        for row in range(weight.size):
            whole[row] = int(np.rint(math.ldexp(weight[row], shift)))
    return whole


@compiled
def micros_of(grams: float, price: float) -> int:
    """Money for grams at a price [US$/kg], rounded to whole micro-US$; the form that kernels call."""
    return int(np.rint(grams * price * MICROS_PER_GRAM_DOLLAR))


def micros(grams: FloatArray | IntArray | float, price: FloatArray | float) -> IntArray:
    """Money for grams at prices [US$/kg], one float product rounded to whole micro-US$."""
    return np.rint(np.asarray(grams) * price * float(MICROS_PER_GRAM_DOLLAR)).astype(np.int64)
