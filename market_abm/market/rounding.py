"""Whole numbers out of shares: nothing lost, nothing made (DESIGN, rounding)."""

import numpy as np

from market_abm.core.units import FloatArray, IntArray


def split_whole(total: int, weights: FloatArray | IntArray) -> IntArray:
    """Split a whole total in proportion to weights by largest remainder.

    Equal remainders go to the lower index. The parts add up to `total`
    exactly; with no weight at all everything goes to the first part.

    Parameters
    ----------
    total : whole amount, >= 0.
    weights : (n,) non-negative, n >= 1.
    """
    if len(weights) == 1 or total == 0:  # nothing to share out
        parts = np.zeros(len(weights), dtype=np.int64)
        parts[0] = total
        return parts
    whole = float(weights.sum())
    if whole <= 0:
        parts = np.zeros(len(weights), dtype=np.int64)
        parts[0] = total
        return parts
    exact = weights * (total / whole)
    parts = np.floor(exact).astype(np.int64)
    missing = total - int(parts.sum())
    while missing < 0:  # float rounding of a huge total can overshoot by a gram or two
        parts[int(np.argmax(parts))] -= 1
        missing += 1
    if missing:
        order = (parts - exact).argsort(kind="stable")
        rounds, rest = divmod(missing, len(order))
        parts += rounds
        parts[order[:rest]] += 1
    return parts


def micros(grams: FloatArray | IntArray | float, price: FloatArray | float) -> IntArray:
    """Money for grams at US$/kg, one float product rounded to whole micro-US$."""
    return np.rint(np.asarray(grams) * price * 1000.0).astype(np.int64)
