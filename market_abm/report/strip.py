"""Policies on a time axis: a strip of labelled bars, one row per policy that starts or ends in the window."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from matplotlib import dates as mdates
from matplotlib.axes import Axes

from market_abm.policy import Policy
from market_abm.report.frame import LEFT, RIGHT, WIDTH, header
from market_abm.report.style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, RULE, VERMILLION, window
from market_abm.report.words import shorten
from market_abm.scenario.schema import Scenario

ROW = 0.18  # inch
MOST_ROWS = 14
FAMILY = {
    "embargo": VERMILLION,
    "export_licence": VERMILLION,
    "export_quota": BLUE,
    "export_tax": BLUE,
    "import_tariff": BLUE,
    "demand_shock": PURPLE,
    "supply_outage": PURPLE,
    "louder_news": PURPLE,
    "production_quota": ORANGE,
    "crackdown": ORANGE,
    "mining_charge": ORANGE,
    "concentrate_reserve": ORANGE,
    "output_halt": ORANGE,
}


@dataclass(frozen=True)
class Bar:
    """One policy on the strip."""

    label: str
    type: str
    start: dt.date
    end: dt.date | None
    changes: tuple[dt.date, ...]


def touches(policy: Policy, material: str | None) -> bool:
    """Whether the policy bears on the material (all do when it names none)."""
    named = getattr(policy, "materials", []) or getattr(policy, "material", None) or []
    return material is None or not named or material in ([named] if isinstance(named, str) else named)


def changes(policy: Policy) -> tuple[dt.date, ...]:
    """Dates at which a dated value of the policy changes."""
    paths = [value for _, value in policy if isinstance(value, list) and value and isinstance(value[0], tuple)]
    return tuple(sorted({day for path in paths for day, _ in path if policy.in_force(day)}))


def bars(scenario: Scenario, material: str | None = None) -> list[Bar]:
    """Policies that start or end in the window, by start."""
    first, last = window(scenario)
    found = []
    for policy in scenario.policy:
        moves = first <= policy.start < last or (policy.until is not None and first < policy.until <= last)
        if policy.enabled and moves and touches(policy, material):
            found.append(Bar(policy.label, policy.type, policy.start, policy.until, changes(policy)))
    return sorted(found, key=lambda bar: (bar.start, bar.label))


def strip_height(scenario: Scenario, material: str | None = None) -> float:
    """Height that the strip needs [inch]; 0 if there is nothing to show."""
    return min(len(bars(scenario, material)), MOST_ROWS + 1) * ROW


def draw_strip(axes: Axes, scenario: Scenario, material: str | None = None) -> None:
    """Draw the strip into a panel of `strip_height`."""
    found = bars(scenario, material)
    hidden = len(found) - MOST_ROWS
    header(axes, "Policies that start or end", "ticks: a value changes")
    rows = min(len(found), MOST_ROWS + 1)
    axes.set_ylim(rows, 0)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(axis="x", length=0)
    for row, bar in enumerate(found if hidden <= 0 else found[:MOST_ROWS]):
        _draw_bar(axes, row, bar, *window(scenario))
    if hidden > 0:
        text = f"and {hidden} more: see the table of policies"
        axes.text(0.005, MOST_ROWS + 0.5, text, transform=axes.get_yaxis_transform(), va="center", color=GREY, size=7.6)


def shade_embargoes(axes: Axes, scenario: Scenario, material: str) -> None:
    """A faint band behind a panel while an embargo holds."""
    first, last = window(scenario)
    for policy in scenario.policy:
        stops = policy.enabled and policy.type == "embargo" and touches(policy, material)
        if stops and policy.start < last and (policy.until is None or policy.until > first):
            axes.axvspan(_at(policy.start), _at(policy.until or last), color=VERMILLION, alpha=0.13, linewidth=0)


def _draw_bar(axes: Axes, row: int, bar: Bar, first: dt.date, last: dt.date) -> None:
    hue = FAMILY.get(bar.type, GREEN)
    start, end = max(bar.start, first), min(bar.end or last, last)
    axes.barh(row + 0.5, _at(end) - _at(start), left=_at(start), height=0.78, color=hue, alpha=0.25, linewidth=0)
    axes.vlines([_at(start)], row + 0.11, row + 0.89, color=hue, linewidth=1.6)
    inside = [_at(day) for day in bar.changes if start < day < end]
    axes.vlines(inside, row + 0.76, row + 0.89, color=hue, linewidth=0.8)
    whole, text = (last - first).days, shorten(bar.label, 48)
    part = (start - first).days / whole
    need = len(text) * 0.068 / (WIDTH - LEFT - RIGHT)
    right = part + need < 1 or part < 0.5
    place: dict[str, Any] = {"ha": "left" if right else "right", "va": "center", "size": 7.6, "color": INK}
    axes.annotate(text, (_at(start), row + 0.5), (4 if right else -3, 0), textcoords="offset points", **place)
    if row:
        axes.axhline(row, color=RULE, linewidth=0.3)


def _at(day: dt.date) -> float:
    return float(mdates.date2num(day))  # type: ignore[no-untyped-call]
