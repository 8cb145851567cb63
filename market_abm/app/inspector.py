"""The agent inspector: who can be looked at, how one stands, and why it last acted."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from market_abm.app import reasons, rows
from market_abm.app.facts import Fact, facts
from market_abm.app.overview import project_label
from market_abm.app.watch import KINDS, population_of
from market_abm.core.units import FloatArray, IntArray

if TYPE_CHECKING:
    from market_abm.app.world import World
    from market_abm.model import MineralMarket

MOST_EVENTS = 8
SECTIONS = {
    "mine": "mine",
    "illegal mine": "mine",
    "plant": "refinery",
    "maker": "manufacturer",
    "trader": "speculator",
    "state body": "state_buyer",
}
"""Section of the scenario in which a kind of agents stands."""


class InspectorError(ValueError):
    """There is no such agent; the message says so."""


@dataclass(frozen=True)
class Choice:
    """An agent that can be inspected; `label` is for people."""

    kind: str
    row: int
    name: str
    label: str
    zone: str


@dataclass(frozen=True)
class History:
    """A sampled quantity: at every snapshot, and weekly while the agent is watched."""

    label: str
    unit: str
    weeks: IntArray
    values: FloatArray


@dataclass(frozen=True)
class Inspection:
    """An agent as it stands.

    Attributes
    ----------
    reasons : sentences that say why it last acted.
    events : its lines of the log, the newest first.
    """

    choice: Choice
    facts: list[Fact]
    history: list[History]
    reasons: list[str]
    events: list[tuple[dt.date, str]]


def agents(world: "World") -> list[Choice]:
    """Everybody who can be inspected, by kind and in the order of the scenario."""
    model = world.model
    return [_choice(model, kind, row) for kind in KINDS for row in _rows(model, kind)]


def _rows(model: "MineralMarket", kind: str) -> list[int]:
    return rows.agents(population_of(model, kind), getattr(model.scenario, SECTIONS[kind]))


def inspect(world: "World", kind: str, row: int) -> Inspection:
    """State, history and reasons of an agent.

    Raises
    ------
    InspectorError
        When there is no such agent.
    """
    model = world.model
    if kind not in KINDS or not 0 <= row < population_of(model, kind).size:
        raise InspectorError(f"There is no {kind} number {row} in {world.name}.")
    choice = _choice(model, kind, row)
    history = [
        History(quantity.label, quantity.unit, weeks, values)
        for quantity, weeks, values in world.watched.history(model, world.timeline, kind, row)
    ]
    lines = [(world.date_of(week), text) for week, _, actor, text in model.recorder.events if actor == choice.name]
    why = reasons.of(model, kind, row) if world.week else ["Nothing has happened yet."]
    return Inspection(choice, facts(model, kind, row), history, why, lines[: -MOST_EVENTS - 1 : -1])


def _choice(model: "MineralMarket", kind: str, row: int) -> Choice:
    population = population_of(model, kind)
    name, zone = str(population.name[row]), model.market.zones[population.zone[row]]
    if kind in ("mine", "illegal mine"):
        label = project_label(model, name, str(population.group[row]))
    elif kind == "state body":
        label = model.scenario.state_buyer[name].label or name
    else:
        group = str(population.group[row])
        label = (getattr(model.scenario, SECTIONS[kind])[group].label or group) + name.removeprefix(group)
    return Choice(kind, row, name, label, zone)
