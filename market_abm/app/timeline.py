"""The timeline of a world: its state every 13 weeks, kept in memory, so that any past week can be lived again.

The record is not in it: it only grows, so the world's own recorder holds the past of every snapshot.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from market_abm.record.recorder import WEEKLY
from market_abm.scenario.schema import Scenario
from market_abm.week_plan import WeekPlan

if TYPE_CHECKING:
    from market_abm.model import MineralMarket

SPACING_WEEKS = 13
RECORD = "recorder"
"""Part of the state that is left out."""


@dataclass(frozen=True)
class Snapshot:
    """A model at the start of a week, without its record.

    Attributes
    ----------
    scenario : as governed then.
    state : as `world.dump()` gives it, copied.
    record : what was on record beside the weekly arrays: lengths of lists that only grow, values of the rest.
    """

    week: int
    scenario: Scenario
    state: dict[str, Any]
    record: dict[str, Any]

    @property
    def size(self) -> int:
        """Memory held by its arrays [bytes]."""
        return _bytes(self.state)


def _bytes(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    return sum(map(_bytes, value.values())) if isinstance(value, Mapping) else 0


class Timeline:
    """Snapshots of a world in order; they never change, so branches share those of their past."""

    def __init__(self, snapshots: list[Snapshot] | None = None) -> None:
        self.snapshots = snapshots or []

    def keep(self, model: "MineralMarket") -> None:
        """Take a snapshot when one is due."""
        week = model.week_index
        if week % SPACING_WEEKS or (self.snapshots and self.snapshots[-1].week >= week):
            return
        state = model.world.dump()
        on_record = {name: value for name, value in state.pop(RECORD).items() if name not in WEEKLY}
        record = {name: len(value) if isinstance(value, list) else value for name, value in on_record.items()}
        self.snapshots.append(Snapshot(week, model.scenario, copy.deepcopy(state), record))

    def before(self, week: int) -> Snapshot | None:
        """Last snapshot taken before a week; not of the week itself, so that its last auction is lived again."""
        return next((kept for kept in reversed(self.snapshots) if kept.week < week), None)

    def until(self, week: int) -> "Timeline":
        """Snapshots taken before a week, for a branch."""
        return Timeline([kept for kept in self.snapshots if kept.week < week])

    @property
    def size(self) -> int:
        """Memory held by all snapshots [bytes]."""
        return sum(kept.size for kept in self.snapshots)


def revived(kept: Snapshot, lived: "MineralMarket") -> "MineralMarket":
    """Model of a snapshot, ready for its next week, with the record of the model that has lived through it."""
    told = lived.recorder.dump()
    record = {name: told[name][: kept.week] for name in WEEKLY}
    for name, value in kept.record.items():
        record[name] = told[name][:value] if isinstance(told[name], list) else value
    model = type(lived)(kept.scenario, rng=lived.seed, kinds=lived.kinds, verbs=WeekPlan(lived.verbs))
    model.restore({**kept.state, RECORD: record})
    return model
