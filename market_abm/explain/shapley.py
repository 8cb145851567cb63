"""Shapley values: what each of several players adds to a result that they bring about together.

A player's value is what it adds when it joins, averaged over all orders in
which the players may join (Shapley 1953, "A value for n-person games"). It is
the only way to share a total so that nothing is left over (efficiency), equal
players get equal parts (symmetry), one who never matters gets nothing (dummy)
and the parts of a sum of games are the sums of the parts (additivity). With
few players it is computed exactly, from all 2^n coalitions.

A coalition is a number whose bit `i` tells whether player `i` is in it: 0 is
nobody, 2^n - 1 is everybody.
"""

from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def shapley_values(values: Values) -> Values:
    """Exact Shapley values.

    Parameters
    ----------
    values : result of each coalition, shape (2^n, ...); further axes, such as seeds, are games of their own.

    Returns
    -------
    Array of shape (n, ...), in the unit of `values`; it sums to `values[-1] - values[0]` over the players.

    Raises
    ------
    ValueError
        When the first axis is no power of two.
    """
    count = player_count(values)
    shares = np.zeros((count, *values.shape[1:]))
    for player in range(count):
        for coalition in range(len(values)):
            if not coalition >> player & 1:
                size = coalition.bit_count()
                orders = factorial(size) * factorial(count - size - 1) / factorial(count)
                shares[player] += orders * (values[coalition | 1 << player] - values[coalition])
    return shares


def first_effects(values: Values) -> Values:
    """What each player adds to nobody, shape (n, ...)."""
    return np.array([values[1 << player] - values[0] for player in range(player_count(values))])


def last_effects(values: Values) -> Values:
    """What each player adds to all the others, shape (n, ...): the loss when it alone is taken away."""
    everybody = len(values) - 1
    return np.array([values[-1] - values[everybody ^ 1 << player] for player in range(player_count(values))])


def members(coalition: int, players: "list[Any]") -> "list[Any]":
    """Players of a coalition."""
    return [one for place, one in enumerate(players) if coalition >> place & 1]


def player_count(values: Values) -> int:
    """Number of players whose coalitions these are."""
    count = len(values).bit_length() - 1
    if len(values) != 1 << count:
        raise ValueError(f"{len(values)} coalitions are no power of two: every coalition needs its value")
    return count
