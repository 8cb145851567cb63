"""Two worlds with the same luck, side by side and as differences."""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.core.units import FloatArray, IntArray
from market_abm.record.recorder import WEEKLY

if TYPE_CHECKING:
    from market_abm.app.world import World


def comparable(one: "World", other: "World") -> str:
    """Why two worlds cannot be compared week by week, in words; empty when they can."""
    if one.seed != other.seed:
        return f"{one.name} has seed {one.seed}, {other.name} has {other.seed}: their luck differs."
    if one.scenario.time.start != other.scenario.time.start:
        return f"{one.name} begins on {one.scenario.time.start}, {other.name} on {other.scenario.time.start}."
    return ""


def first_difference(one: "World", other: "World") -> int | None:
    """First week in which the records of two worlds differ; None when they agree as far as both were played."""
    common = min(one.week, other.week)
    found = common
    for name in WEEKLY if common else ():
        mine, theirs = (getattr(world.model.recorder, name)[:found] for world in (one, other))
        if mine.shape[1:] != theirs.shape[1:]:
            return 0
        unlike = (mine != theirs).reshape(found, -1).any(axis=1)
        if unlike.any():
            found = int(unlike.argmax())
            if not found:
                return 0
    return found if found < common else None


def difference(one: "World", other: "World", name: str) -> tuple[IntArray, FloatArray]:
    """Weeks that both worlds have of a series, and the second's values less the first's.

    Raises
    ------
    KeyError
        When one of the worlds has no such series.
    """
    (weeks, values), (other_weeks, other_values) = one.series(name), other.series(name)
    common, mine, theirs = np.intersect1d(weeks, other_weeks, assume_unique=True, return_indices=True)
    return common, other_values[theirs] - values[mine]
