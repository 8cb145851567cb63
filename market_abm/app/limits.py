"""What a page allows, and scenarios that come from a browser: read as data, never as code or as paths."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from market_abm.model import MineralMarket
from market_abm.scenario.draft import EXTENDS, PLUGINS
from market_abm.scenario.errors import Fault, ScenarioError, suggest
from market_abm.scenario.loading import resolved, with_parents
from market_abm.scenario.reading import LIBRARY, Source, parse, scenario_names
from market_abm.scenario.schema import Scenario

MOST_SEEDS = 100  # runs of an ensemble
LARGEST_SEED = 2**31 - 1
MOST_WEEKS = 2_600  # 50 years
MOST_AGENTS = 20_000
MOST_PLACES = 30  # zones, and materials
MOST_POLICIES = 500
LARGEST_UPLOAD = 1_000_000  # bytes; the shipped scenarios have some 20 kB
MOST_SESSIONS = 20
MOST_WORLDS = 6  # worlds and branches of one session
MOST_VALUES = 20_000  # keys and list items of an upload; the shipped scenarios have some 2,000
LINES_COUNTED = 1_500  # a fault in a longer upload is told without its line, which takes long to find

# A key of very many parts, which keeps the parser busy for hours; the schema needs five.
_LONG_KEY = re.compile(r"""(?<![\w"'-])(?:(?:"[^"\n]*"|'[^'\n]*'|[\w-]+)[ \t]*\.[ \t]*){16}""")


class LimitError(ValueError):
    """More than the page allows; the message says the limit."""


def read_upload(data: bytes, label: str = "upload") -> Scenario:
    """Scenario out of the bytes of an uploaded TOML file.

    It may extend shipped scenarios by name and nothing else.

    Raises
    ------
    LimitError
        When the file or the scenario is too large.
    ScenarioError
        With every other fault.
    """
    label = Path(label.replace("\\", "/")).name[:60] or "upload"
    if len(data) > LARGEST_UPLOAD:
        raise LimitError(f"{label} has {len(data):,} bytes; the page takes {LARGEST_UPLOAD:,} at most.")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ScenarioError([Fault((), "The file is not UTF-8 text.", "Save it as UTF-8.", label)], label) from None
    if found := _LONG_KEY.search(text):
        at = text.count("\n", 0, found.start()) + 1
        raise ScenarioError([Fault((), "A key of more than 16 parts.", "", label, at)], label)
    values = parse(text, label)
    if _size(values) > MOST_VALUES:
        raise LimitError(f"{label} holds more than {MOST_VALUES:,} values; the page takes no more.")
    told = text if text.count("\n") < LINES_COUNTED else ""
    own = Source(label, LIBRARY, values, told)
    if values.get(PLUGINS):  # code of a stranger must not run on the server
        what, remedy = "An upload brings no code of its own.", "Start the page with it: market-abm app FILE."
        raise ScenarioError([Fault((PLUGINS,), what, remedy, label, own.lines.get((PLUGINS,)))], label)
    parent = values.get(EXTENDS)
    if isinstance(parent, str) and parent not in scenario_names():
        what = f'"{parent[:60]}" is no shipped scenario, and an upload can extend no other.'
        line = own.lines.get((EXTENDS,))
        raise ScenarioError([Fault((EXTENDS,), what, suggest(parent, scenario_names()), label, line)], label)
    scenario = resolved(with_parents(own, Path(label)), ())
    check_size(scenario)
    check_playable(scenario)
    return scenario


def _size(data: dict[str, Any]) -> int:
    """Number of keys and list items, at every depth."""
    count = 0
    level: list[Any] = [data]
    while level:
        below = [item for value in level for item in (value.values() if isinstance(value, dict) else value)]
        count += len(below)
        level = [item for item in below if isinstance(item, dict | list)]
    return count


def check_size(scenario: Scenario) -> None:
    """Refuse a scenario that the page cannot play.

    Raises
    ------
    LimitError
        With every limit that it exceeds.
    """
    groups = (scenario.mine, scenario.refinery, scenario.manufacturer, scenario.speculator, scenario.population)
    sizes = (
        ("weeks", (scenario.time.end - scenario.time.start).days // 7, MOST_WEEKS),
        ("agents", sum(row.count for group in groups for row in group.values()), MOST_AGENTS),
        ("zones", len(scenario.zone), MOST_PLACES),
        ("materials", len(scenario.material), MOST_PLACES),
        ("policies", len(scenario.policy), MOST_POLICIES),
    )
    faults = [f"{count:,} {what}, {most:,} at most" for what, count, most in sizes if count > most]
    if faults:
        raise LimitError(
            f"{scenario.name} is too large for the page: {'; '.join(faults)}. Run it from the command line."
        )


def check_playable(scenario: Scenario) -> None:
    """Refuse a scenario whose numbers the market cannot count in: play its first week.

    Raises
    ------
    LimitError
        When that breaks down.
    """
    model = None
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            model = MineralMarket(scenario, rng=0)
            model.step()
    except Exception as fault:  # whatever it is, the numbers are to blame
        why = f"{type(fault).__name__}: {fault}"[:300]
        raise LimitError(f"{scenario.name} cannot be played; its first week breaks down ({why}).") from None
    finally:
        if model is not None:
            model.close()


def check_seeds(seeds: int, first: int = 0) -> None:
    """Refuse seeds that the page does not take.

    Raises
    ------
    LimitError
        When there are too few or too many, or they are too large.
    """
    if not 1 <= seeds <= MOST_SEEDS:
        raise LimitError(f"The page runs 1 to {MOST_SEEDS} seeds at a time, not {seeds:,}.")
    if not 0 <= first <= LARGEST_SEED - seeds:
        raise LimitError(f"A seed is a whole number from 0 to {LARGEST_SEED:,}.")
