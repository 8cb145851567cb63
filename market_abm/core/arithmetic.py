"""Small arithmetic for rules: plain Python that compiled rules may call too."""

import math
from typing import Any, TypeVar

from numba.extending import register_jitable

Helper = TypeVar("Helper", bound=Any)

TINY = 1e-9
"""Stands in for an empty whole, so that a share of nothing is a number."""


def helper(function: Helper) -> Helper:
    """Mark a function that rules call: it stays plain Python, and compiled rules compile it along."""
    marked: Helper = register_jitable(function)
    return marked


@helper
def between(value: float, low: float, high: float) -> float:
    """Value cut to a range."""
    return min(max(value, low), high)


@helper
def ratio(part: float, whole: float) -> float:
    """Part over whole, with an empty whole counted as tiny."""
    return part / max(whole, TINY)


@helper
def beyond(move: float, band: float) -> float:
    """The part of a move that lies outside a dead band around zero."""
    return math.copysign(max(abs(move) - band, 0.0), move)
