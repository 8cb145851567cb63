"""Who may come in: how many sessions there are, and what a new one begins with.

The only things that sessions share; none of it is a world.
"""

import threading
from dataclasses import dataclass

from market_abm.app.limits import MOST_SESSIONS
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

_lock = threading.Lock()
_inside = 0


@dataclass
class Beginning:
    """What a new session begins with, and how many there may be at once."""

    scenario: str = "japan-2010"
    seed: int = 1
    places: int = MOST_SESSIONS

    def read(self) -> Scenario:
        """Read the scenario."""
        return load_scenario(self.scenario)


beginning = Beginning()  # set by the command, once


def enter() -> bool:
    """Take a place; False when all are taken."""
    global _inside
    with _lock:
        if _inside >= beginning.places:
            return False
        _inside += 1
        return True


def leave() -> None:
    """Give a place back."""
    global _inside
    with _lock:
        _inside -= 1


def inside() -> int:
    """Sessions that are open now."""
    return _inside
