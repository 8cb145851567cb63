"""Lives of mines and plants: who was planned, built, ran, slept or failed, and when."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib import dates as mdates
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from market_abm.report.frame import date_axis, legend, panels
from market_abm.report.spread import table
from market_abm.report.style import GREY, STATUSES, NothingToShowError, styled, window, with_spares, zone_label
from market_abm.report.words import shorten
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    from market_abm.record.run import Run

MOST_ROWS = 45
ROW, LABELS = 0.2, 1.62  # inch


def project_label(scenario: Scenario, name: str) -> str:
    """Name of a project for people."""
    part = scenario.mine.get(name) or scenario.refinery.get(name)
    return (part.label if part else "") or name


def _lives(run: "Run") -> tuple[pd.DataFrame, int]:
    """Spans in the window of at most `MOST_ROWS` projects, those that changed most, and how many are left out."""
    first, last = (pd.Timestamp(day) for day in window(run.scenario))
    spans = table(run, "projects").copy()
    since, until = pd.to_datetime(spans["since"]).fillna(first), pd.to_datetime(spans["until"]).fillna(last)
    spans["since"], spans["until"] = since.where(since > first, first), until.where(until < last, last)
    spans = spans[spans["until"] > spans["since"]]
    changes = spans.groupby("project")["status"].size().sort_values(ascending=False, kind="stable")
    kept = spans[spans["project"].isin(changes.index[:MOST_ROWS])]
    return kept, max(0, len(changes) - MOST_ROWS)


@styled
def project_figure(runs: "Sequence[Run]") -> Figure:
    """One row a project of the first run, coloured by status; at the right, runs in which it operates at the end."""
    run = runs[0]
    scenario = run.scenario
    spans, hidden = _lives(run)
    if spans.empty:
        raise NothingToShowError("The runs hold no projects.")
    zones = {zone: place for place, zone in enumerate(scenario.zone)}
    heads = spans.groupby("project", sort=False).agg(zone=("zone", "first"), moves=("status", "size")).reset_index()
    heads["rank"] = heads["zone"].map(zones).fillna(len(zones))
    heads = heads.sort_values(["rank", "zone", "moves", "project"], ascending=[True, True, False, True], kind="stable")
    known = [status for status in STATUSES if status in set(spans["status"])]
    statuses = known + sorted(set(spans["status"]) - set(known))
    hues = with_spares(statuses, STATUSES)
    several = len(runs) > 1
    title = f"Projects{f', run with seed {run.seed}' if several else ''}"
    height = ROW * (len(heads) + heads["zone"].nunique())
    labels = [status.replace("_", " ") for status in statuses]
    figure, (axes,) = panels([height], title, labels, left=LABELS, right=0.5 if several else 0.15)
    row, ticks, names, zone = 0.0, [], [], None
    ends = _running_at_end(runs) if several else {}
    for _, head in heads.iterrows():
        if head["zone"] != zone:
            zone = head["zone"]
            place: dict[str, Any] = {
                "xytext": (-(LABELS - 0.08) * 72, 0),
                "textcoords": "offset points",
                "va": "center",
            }
            text = shorten(zone_label(scenario, str(zone)), 26)
            axes.annotate(text, (0, row + 0.55), xycoords=axes.get_yaxis_transform(), fontweight="bold", **place)
            row += 1
        for _, span in spans[spans["project"] == head["project"]].iterrows():
            left, right = mdates.date2num([span["since"], span["until"]])  # type: ignore[no-untyped-call]
            axes.barh(row + 0.5, right - left, 0.72, left=left, color=hues[span["status"]], linewidth=0)
        if several:
            text = f"{ends.get(head['project'], 0)}/{len(runs)}"
            axes.text(1.02, row + 0.5, text, transform=axes.get_yaxis_transform(), va="center", color=GREY)
        ticks.append(row + 0.5)
        names.append(shorten(project_label(scenario, str(head["project"])), 24))
        row += 1
    axes.set_ylim(row, 0)
    axes.set_yticks(ticks, names, fontsize=8)
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    date_axis([axes], *window(scenario))
    legend(figure, [Patch(color=hues[status], linewidth=0) for status in statuses], labels)
    if hidden:
        said = f"{hidden} that changed least are not shown"
        axes.annotate(said, (0, 1), (0, 6), "axes fraction", "offset points", color=GREY)
    return figure


def project_words(runs: "Sequence[Run]") -> str:
    """One sentence on how many run at the beginning and the end."""
    spans, _ = _lives(runs[0])
    first, last = (pd.Timestamp(day) for day in window(runs[0].scenario))
    running = spans[spans["status"] == "operating"]
    begin, end = (running["since"] <= first).sum(), (running["until"] >= last).sum()
    count = spans["project"].nunique()
    return f"{begin} of {count} projects operate at the beginning, {end} at the end (seed {runs[0].seed})."


def _running_at_end(runs: "Sequence[Run]") -> dict[str, int]:
    count: dict[str, int] = {}
    for run in runs:
        spans, _ = _lives(run)
        last = pd.Timestamp(window(run.scenario)[1])
        for project in spans.loc[(spans["status"] == "operating") & (spans["until"] >= last), "project"]:
            count[project] = count.get(project, 0) + 1
    return count
