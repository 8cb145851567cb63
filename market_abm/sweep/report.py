"""The report of a sweep: one HTML file that needs no network; the same runs give the same bytes."""

from pathlib import Path
from typing import TYPE_CHECKING

from market_abm.experiment.disk import results_written, write_whole
from market_abm.report.html import Markup, tag
from market_abm.report.page import chapter, contents, head
from market_abm.sweep.report_sections import DESIGNS, sections

if TYPE_CHECKING:
    from market_abm.sweep.results import SweepResults

REPORT = "report.html"


def write_report(results: "SweepResults") -> Path:
    """Write `report.html` into the folder of a sweep, whole or not at all.

    A sweep that is not finished, or in which everything failed, has a report too:
    each part says what it lacks.

    Raises
    ------
    RecordError
        When the disk refuses.
    """
    path = results.folder / REPORT
    with results_written(results.folder):
        write_whole(path, report_page(results).encode())
    return path


def report_page(results: "SweepResults") -> str:
    """HTML of the report."""
    sweep = results.sweep
    parts = sections(results)
    kicker = f"market_abm sweep \u00b7 {sweep.scenario}, {DESIGNS[sweep.design.kind]}"
    top = tag(
        "header",
        [
            tag("p", kicker, class_="kicker"),
            tag("h1", sweep.title),
            tag("p", sweep.question, class_="lead") if sweep.question else Markup(""),
            _glance(results),
            _unfinished(results),
        ],
    )
    foot = tag("footer", "Written by market_abm. Every number: market-abm results DIR, with this folder as DIR.")
    body = [tag("div", class_="band"), top, contents(parts), tag("main", [chapter(part) for part in parts]), foot]
    return f"<!DOCTYPE html>\n{tag('html', [head(sweep.title), tag('body', body)], lang='en')}\n"


def _glance(results: "SweepResults") -> Markup:
    factors = len(results.sweep.factor)
    seeds = int(results.runs.groupby("point")["seed"].nunique().max()) if len(results.runs) else 0
    tiles = [
        (f"{len(results.points):,}", f"points in {factors} factor{'' if factors == 1 else 's'}"),
        (f"{len(results.runs):,} of {results.planned:,}", "runs finished"),
        (f"{seeds:,}", "seeds at a point, the same at all" if seeds != 1 else "seed at a point, the same at all"),
        (f"{len(results.failures):,}", "runs failed"),
    ]
    return tag("div", [tag("div", [tag("strong", value), tag("span", name)]) for value, name in tiles], class_="tiles")


def _unfinished(results: "SweepResults") -> Markup:
    pending = results.planned - len(results.runs) - len(results.failures)
    if pending <= 0:
        return Markup("")
    said = f"{pending:,} runs are still pending: what follows is of the runs finished so far."
    return tag("p", said, class_="nothing")
