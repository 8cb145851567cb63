"""The one look of all pictures: type, colours, axes and the frame of stacked panels.

Colours are Okabe and Ito's, safe for colour-blind readers, and belong to a
zone, material, holder or status everywhere. Pictures are narrow (they must be
read on a telephone) and are laid out in inches, so that they line up.
"""

import datetime as dt
import functools
import warnings
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl

from market_abm.scenario.schema import Scenario

INK, GREY, RULE, FAINT = "#1d2733", "#5b6673", "#c9ced4", "#eceff2"
BLUE, VERMILLION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
SKY, PURPLE, YELLOW, SILVER = "#56B4E9", "#CC79A7", "#F0E442", "#B4BAC1"
SPARE = ["#332288", "#999933", "#882255", "#44AA99", "#DDCC77", "#117733", "#CC6677", "#6F4E37"]

ZONES = {"CN": VERMILLION, "JP": BLUE, "US": SKY, "EU": GREEN, "RW": ORANGE, "KR": PURPLE}
MATERIALS = {"nd": BLUE, "dy": VERMILLION, "tb": GREEN, "la": "#999933", "ce": ORANGE, "magnet": INK}
HOLDERS = {
    "manufacturers": BLUE,
    "speculators": ORANGE,
    "refiners": GREEN,
    "state": VERMILLION,
    "transit": SKY,
    "scrap": SILVER,
}
STATUSES = {
    "planned": "#E3E6E9",
    "resource": "#D3D8DD",
    "permitted": YELLOW,
    "construction": SKY,
    "operating": GREEN,
    "care_and_maintenance": ORANGE,
    "insolvent": VERMILLION,
    "bankrupt": VERMILLION,
    "depleted": "#5b6673",
    "closed": "#5b6673",
}

RC: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.8,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": GREY,
    "ytick.labelcolor": GREY,
    "xtick.labelsize": 8.8,
    "ytick.labelsize": 8.8,
    "ytick.major.size": 0,
    "lines.linewidth": 1.4,
    "hatch.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 8.8,
    "svg.fonttype": "none",
    "path.simplify_threshold": 0.2,
}

P = ParamSpec("P")
R = TypeVar("R")


class NothingToShowError(ValueError):
    """The runs hold nothing that this picture could show; the message says what is missing."""


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run `draw` in the house look, leaving matplotlib's settings as they were."""

    @functools.wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl.rc_context(rc=RC), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
            return draw(*args, **kwargs)

    return wrapper


def with_spares(names: Iterable[str], fixed: dict[str, str]) -> dict[str, str]:
    """Give each name its fixed colour, or the next spare one."""
    spare = iter(SPARE * 20)
    return {name: fixed[name] if name in fixed else next(spare) for name in names}


def zone_colours(scenario: Scenario) -> dict[str, str]:
    """Colour of each zone."""
    return with_spares(scenario.zone, ZONES)


def material_colours(scenario: Scenario) -> dict[str, str]:
    """Colour of each material, by how its name begins."""
    begins = {name: hue for name in scenario.material for key, hue in MATERIALS.items() if name.lower().startswith(key)}
    begins |= {name: INK for name in scenario.material if "magnet" in name.lower()}
    return with_spares(scenario.material, begins)


def zone_label(scenario: Scenario, name: str) -> str:
    """Name of a zone for people; `CN export` becomes the label with "export"."""
    zone = scenario.zone.get(name.removesuffix(" export"))
    label = (zone.label if zone else "") or name.removesuffix(" export")
    return f"{label} export" if name.endswith(" export") else label


def material_label(scenario: Scenario, name: str) -> str:
    """Name of a material for people."""
    material = scenario.material.get(name)
    return (material.label if material else "") or name


def gates(scenario: Scenario) -> list[str]:
    """Zones whose exports pass a gate."""
    return [name for name, zone in scenario.zone.items() if zone.export_gate]


def window(scenario: Scenario) -> tuple[dt.date, dt.date]:
    """First and last day shown."""
    return scenario.time.record_from, scenario.time.end
