"""What a page shows of a world beside its series: flows, events, lives of projects, public money."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from market_abm.agents.life import Stage
from market_abm.app.rows import agents, materials
from market_abm.core.units import GRAMS_PER_TONNE, MICROS_PER_DOLLAR
from market_abm.market.network import GATE, SMUGGLED
from market_abm.policy import Embargo

if TYPE_CHECKING:
    from market_abm.model import MineralMarket

TREASURY, STATE = "treasury ", "state:"
"""Public accounts in tables of money: a treasury and its zone, a state body and its name."""


@dataclass(frozen=True)
class Flow:
    """Goods on one way between two zones over some weeks.

    Attributes
    ----------
    way : `legal` or `smuggled`.
    tonnes : sum over the weeks [t].
    closed : an embargo stood on the way last week.
    """

    origin: str
    destination: str
    material: str
    way: str
    tonnes: float
    closed: bool


@dataclass(frozen=True)
class Event:
    """A line of the log."""

    week: int
    day: dt.date
    kind: str
    actor: str
    text: str


@dataclass(frozen=True)
class ProjectLife:
    """The stages a project has lived through: stage, since, until."""

    name: str
    label: str
    zone: str
    spans: list[tuple[str, dt.date, dt.date]]


@dataclass(frozen=True)
class Payment:
    """Public money paid to private hands in a year [US$]."""

    government: str
    year: int
    payer: str
    payee: str
    purpose: str
    usd: float


def flows(model: "MineralMarket", week: int, weeks: int) -> list[Flow]:
    """Flows of the `weeks` before `week`, and the ways that an embargo closes."""
    network, market = model.world.network, model.market
    week = min(week, model.week_index)
    total = model.recorder.flow[max(week - weeks, 0) : week].sum(axis=0)
    grams: dict[tuple[int, int, int, str], int] = {}
    for link, way in enumerate(network.way):
        if way == GATE:
            continue  # from a zone to its own gate
        word = "smuggled" if way == SMUGGLED else "legal"
        for row, _ in materials(model):
            key = int(network.from_zone[link]), int(network.destination[link]), row, word
            grams[key] = grams.get(key, 0) + int(total[row, link])
    told = []
    for (origin, destination, row, way), carried in grams.items():
        names = market.zones[origin], market.zones[destination], market.materials[row]
        closed = way == "legal" and _embargoed(model, *names)
        if carried or closed:
            told.append(Flow(*names, way, carried / GRAMS_PER_TONNE, closed))
    return told


def _embargoed(model: "MineralMarket", origin: str, destination: str, material: str) -> bool:
    in_force = {label for label, _, _ in model.world.government.in_force}
    return any(
        isinstance(policy, Embargo)
        and policy.label in in_force
        and (policy.origin, policy.destination) == (origin, destination)
        and (not policy.materials or material in policy.materials)
        for policy in model.scenario.policy
    )


def events(model: "MineralMarket", last: int) -> list[Event]:
    """Last events, the newest first."""
    rows = model.recorder.events[-last:] if last > 0 else []
    return [Event(week, model.date_of(week), kind, actor, text) for week, kind, actor, text in reversed(rows)]


def projects(model: "MineralMarket") -> list[ProjectLife]:
    """Lives of the projects up to now, in the order of the scenario; corporate mines have no story to tell."""
    moves: dict[str, list[tuple[int, int]]] = {}
    zones: dict[str, int] = {}
    for name, zone, week, stage in model.recorder.projects:
        moves.setdefault(name, []).append((week, stage))
        zones[name] = zone
    miners = model.world.miners
    told = []
    for row in agents(miners, model.scenario.mine):
        name, group = str(miners.name[row]), str(miners.group[row])
        steps = moves.get(name, [])
        if not steps:
            continue
        ends = [week for week, _ in steps[1:]] + [model.week_index]
        spans = [
            (Stage(stage).label.replace("_", " "), model.date_of(week), model.date_of(end))
            for (week, stage), end in zip(steps, ends, strict=True)
            if end > week
        ]
        told.append(ProjectLife(name, project_label(model, name, group), model.market.zones[zones[name]], spans))
    return told


def project_label(model: "MineralMarket", name: str, group: str) -> str:
    """Name of a mine for people; mines of a group are told apart by number."""
    label = model.scenario.mine[group].label or group
    return label + name.removeprefix(group)


def payments(model: "MineralMarket") -> list[Payment]:
    """Public money paid to private hands, by year, the running one included."""
    zones = {TREASURY + zone: zone for zone in model.market.zones}
    zones |= {STATE + name: row.zone for name, row in model.scenario.state_buyer.items()}
    booked = model.recorder.money_so_far()
    return [
        Payment(zones[payer], year, payer, payee, purpose, total / MICROS_PER_DOLLAR)
        for (year, payer, payee, purpose), total in sorted(booked.items())
        if payer in zones and payee not in zones
    ]
