"""Whole numbers out of shares: nothing lost, nothing made (DESIGN, rounding)."""

import numpy as np

from market_abm.units import FloatArray, IntArray


def split_whole(total: int, weights: FloatArray | IntArray) -> IntArray:
    """Split a whole total in proportion to weights by largest remainder.

    Equal remainders go to the lower index. The parts add up to `total`
    exactly; with no weight at all everything goes to the first part.

    Parameters
    ----------
    total : whole amount, >= 0.
    weights : (n,) non-negative, n >= 1.
    """
    whole = float(np.sum(weights))
    if whole <= 0:
        parts = np.zeros(len(weights), dtype=np.int64)
        parts[0] = total
        return parts
    exact = np.asarray(weights, dtype=np.float64) * (total / whole)
    parts = np.floor(exact).astype(np.int64)
    missing = total - int(parts.sum())
    while missing < 0:  # float rounding of a huge total can overshoot by a gram or two
        parts[int(np.argmax(parts))] -= 1
        missing += 1
    if missing:
        order = np.argsort(parts - exact, kind="stable")
        for place in range(missing):
            parts[order[place % len(order)]] += 1
    return parts


def micros(grams: FloatArray | IntArray | float, price: FloatArray | float) -> IntArray:
    """Money for grams at US$/kg, one float product rounded to whole micro-US$."""
    return np.rint(np.asarray(grams) * price * 1000.0).astype(np.int64)
