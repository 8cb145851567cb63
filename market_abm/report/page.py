"""The report: one HTML file that needs no network, no script and no font.

Used by `market-abm report`. The same runs give the same bytes.
"""

import os
from collections.abc import Sequence
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from market_abm.report import tables
from market_abm.report.activity import SMOOTH, weighted
from market_abm.report.html import Markup, details, tag
from market_abm.report.prices import price_series
from market_abm.report.sections import Section, sections
from market_abm.report.spread import across, middle, table
from market_abm.report.style import gates, material_label, zone_label
from market_abm.report.trade import share_series
from market_abm.report.words import month, number

if TYPE_CHECKING:
    from market_abm.record.run import Run

YEAR = 52  # weeks


def write_report(runs: "Sequence[Run]", path: Path) -> None:
    """Write the report of one run, or of several of one scenario, whole or not at all.

    Parameters
    ----------
    runs : one or more; title, labels, policies, projects and events are the first one's.
    path : the HTML file; one that stands there is replaced.
    """
    if not runs:
        raise ValueError("no run to report; give at least one")
    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_text(page(runs), encoding="utf-8", newline="\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def page(runs: "Sequence[Run]") -> str:
    """HTML of the report."""
    scenario = runs[0].scenario
    title = scenario.title or scenario.name
    parts = sections(runs)
    what = f"Scenario {scenario.name}, " + (f"seed {runs[0].seed}" if len(runs) == 1 else f"{len(runs)} runs")
    top = tag(
        "header",
        [
            tag("p", f"market_abm report \u00b7 {what}", class_="kicker"),
            tag("h1", title),
            tag("p", scenario.description, class_="lead") if scenario.description else Markup(""),
            glance(runs),
            details("How these numbers were made: seed, identity, versions", tables.facts(runs)),
        ],
    )
    digests = "Digest" if len(runs) == 1 else "Digest of the first run"
    foot = tag("footer", f"Written by market_abm. {digests}: {runs[0].digest}.")
    body = [tag("div", class_="band"), top, contents(parts), tag("main", [chapter(part) for part in parts]), foot]
    return f"<!DOCTYPE html>\n{tag('html', [head(title), tag('body', body)], lang='en')}\n"


def head(title: str) -> Markup:
    """Title, size and look of the page."""
    css = resources.files("market_abm.report").joinpath("page.css").read_text(encoding="utf-8")
    return tag(
        "head",
        [
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", f"{title} \u00b7 market_abm"),
            tag("style", Markup(css)),
        ],
    )


def contents(parts: Sequence[Section]) -> Markup:
    """List of sections."""
    links = [tag("li", tag("a", part.title, href=f"#{part.name}")) for part in parts]
    return tag("nav", tag("ul", links), aria_label="Contents")


def chapter(part: Section) -> Markup:
    """A section of the page."""
    return tag("section", [tag("h2", part.title), tag("p", part.how_to_read, class_="read"), part.body], id=part.name)


def glance(runs: "Sequence[Run]") -> Markup:
    """The few numbers that a reader looks for first; those that the runs do not hold are left out."""
    tiles = [tile for tile in (_peak(runs), _cover(runs), _share(runs), _lost(runs)) if tile]
    if not tiles:
        return Markup("")
    return tag("div", [tag("div", [tag("strong", value), tag("span", name)]) for value, name in tiles], class_="tiles")


def _peak(runs: "Sequence[Run]") -> tuple[str, str] | None:
    scenario = runs[0].scenario
    places = [f"{gate} export" for gate in gates(scenario)] or list(scenario.zone)[:1]
    line = across(runs, lambda run: price_series(run, scenario.lead_material, places[0]))
    if line.empty:
        return None
    peak = middle(line)
    when, label = month(pd.Timestamp(str(peak.idxmax()))), material_label(scenario, scenario.lead_material)
    return f"US$ {number(float(peak.max()))}/kg", f"peak price of {label}, {zone_label(scenario, places[0])}, {when}"


def _cover(runs: "Sequence[Run]") -> tuple[str, str] | None:
    scenario, lowest = runs[0].scenario, []
    for zone in scenario.zone:
        line = across(runs, partial(weighted, zone=zone, column="cover_weeks"))
        if line.size:
            lowest.append((float(middle(line).min()), zone))
    if not lowest:
        return None
    weeks, zone = min(lowest)
    label = f"least cover of manufacturers ({SMOOTH}-week mean), in {zone_label(scenario, zone)}"
    return f"{number(weeks)} weeks", label


def _share(runs: "Sequence[Run]") -> tuple[str, str] | None:
    scenario = runs[0].scenario
    if not gates(scenario):
        return None
    zone = gates(scenario)[0]
    line = across(runs, lambda run: share_series(run, "refined", zone, YEAR))
    if line.empty:
        return None
    ends = middle(line).dropna()
    label = f"share of {zone_label(scenario, zone)} in refining, first and last year"
    return f"{100 * ends.iloc[0]:.0f} % \u2192 {100 * ends.iloc[-1]:.0f} %", label


def _lost(runs: "Sequence[Run]") -> tuple[str, str] | None:
    lost = [float(table(run, "activity")["lost_usd"].sum()) / 1e6 for run in runs if len(table(run, "activity"))]
    if not lost:
        return None
    return f"US$ {number(float(pd.Series(lost).median()))} m", "output lost for want of material, whole window"
