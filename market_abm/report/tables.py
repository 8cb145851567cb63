"""The page's tables: facts of the manifest, history beside runs, policies, payments, events."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from market_abm.policy import Policy
from market_abm.report import html
from market_abm.report.evidence import comparison
from market_abm.report.html import Markup, tag
from market_abm.report.money import account_label, matrix
from market_abm.report.projects import project_label
from market_abm.report.spread import table
from market_abm.report.style import zone_label
from market_abm.report.words import month, number

if TYPE_CHECKING:
    from market_abm.record.run import Run

MOST_EVENTS = 800
MOST_KINDS = 16
OPEN_START = 1901  # a policy without a start has 1900


def facts(runs: "Sequence[Run]") -> Markup:
    """What identifies the runs and how they were made."""
    first = runs[0]
    pairs: list[tuple[str, html.Content]] = [
        ("Scenario", first.scenario.name),
        ("Window shown", f"{first.scenario.time.record_from} to {first.scenario.time.end}"),
        ("Runs", str(len(runs))),
        ("Seed" if len(runs) == 1 else "Seeds", ", ".join(str(run.seed) for run in runs)),
    ]
    if len(runs) == 1:
        pairs += [("Id (inputs)", tag("code", str(first.id))), ("Digest (results)", tag("code", str(first.digest)))]
    skip = {"id", "digest", "seed", "scenario", "files", "tables", "kind"}
    rest = [(name, what) for name, what in first.manifest.items() if name not in skip]
    pairs += [(str(name).replace("_", " ").capitalize(), told(what)) for name, what in rest]
    shown = html.definitions(pairs)
    if len(runs) == 1:
        return shown
    rows = [(str(run.seed), tag("code", str(run.id)), tag("code", str(run.digest))) for run in runs]
    return Markup(shown + html.details("Id and digest of each run", html.table(("seed", "id", "digest"), rows)))


def told(value: Any) -> str:
    """A value of the manifest on one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {told(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(told, value))
    return str(value)


def plain(name: str) -> str:
    """A machine's name with spaces."""
    return name.replace("_", " ")


def comparison_rows(runs: "Sequence[Run]") -> Markup:
    """History beside the runs: one number a run, or the median with the middle 80 %."""
    frame = comparison(runs)
    if frame.empty:
        return tag("p", "These runs cover none of the measures of the comparison.", class_="nothing")
    several = "median" in frame or len(runs) > 1
    middle = "median" if "median" in frame else "run"
    head = ["Measure", "Unit", "History", "Median of runs" if several else "Run"]
    head += ["Middle 80 % of runs"] if several else []
    rows = []
    for row in frame.to_dict("records"):
        show = _year if row["unit"] == "year" else number
        cells: list[html.Content] = [str(row["label"]), str(row["unit"]), show(row["history"]), show(row[middle])]
        if several:
            cells.append(_span(row["p10"], row["p90"], row["history"], show))
        rows.append(cells)
    return html.table(head, rows, numeric=(2, 3, 4))


def _year(value: float) -> str:
    return f"{value:.1f}" if math.isfinite(value) else number(value)


def _span(low: float, high: float, history: float, show: Callable[[float], str]) -> Markup:
    inside = math.isfinite(history) and low <= history <= high
    mark = tag("span", " \u25cf", title="history lies inside") if inside else Markup("")
    return html.text([f"{show(low)} to {show(high)}", mark])


def policy_rows(run: "Run") -> Markup:
    """Every policy of the scenario with its dates, its numbers and its source."""
    if not run.scenario.policy:
        return tag("p", "The scenario has no policies.", class_="nothing")
    rows: list[list[html.Content]] = []
    for policy in sorted(run.scenario.policy, key=lambda one: (one.start, one.label)):
        start = "from the beginning" if policy.start.year < OPEN_START else str(policy.start)
        name = tag("strong", policy.label)
        off = Markup("") if policy.enabled else tag("em", " (switched off)")
        what = (
            policy.describe().removeprefix(policy.label).strip().removeprefix("(").removesuffix(")").replace("_", " ")
        )
        kind = plain(policy.type)
        rows.append(
            [
                html.text([name, off]),
                kind,
                start,
                str(policy.until or "for good"),
                html.text([what, _dated(policy)]),
                policy.note,
            ]
        )
    head = ("Policy", "Type", "Start", "End (first day not in force)", "What", "Source or remark")
    return html.table(head, rows, class_="words")


def project_rows(run: "Run") -> Markup:
    """What became of each project of a run, in words."""
    spans = table(run, "projects").sort_values("since", kind="stable")
    if spans.empty:
        return Markup("")
    rows = []
    for name, life in spans.groupby("project", sort=False):
        ran = life.loc[life["status"] == "operating", "since"]
        opened = month(pd.Timestamp(ran.iloc[0])) if len(ran) else "never"
        ends = [str(life["status"].iloc[place]).replace("_", " ") for place in (0, -1)]
        zone = zone_label(run.scenario, str(life["zone"].iloc[0]))
        rows.append((project_label(run.scenario, str(name)), zone, ends[0], opened, ends[1]))
    rows.sort(key=lambda row: (row[3] == "never", row[1], row[0]))
    return html.details("The same as a table", html.table(("Project", "Zone", "At first", "Opened", "At last"), rows))


def _dated(policy: Policy) -> Markup:
    """The dated values of a policy, behind a click."""
    parts = []
    for name, value in policy:
        if isinstance(value, list) and value and isinstance(value[0], tuple):
            rows = [(str(day), f"{amount:,.10g}") for day, amount in value]
            title = plain(name)
            parts.append(html.details(f"{title} by date", html.table(("From", title.capitalize()), rows, numeric=(1,))))
    return html.text(parts)


def payment_rows(runs: "Sequence[Run]") -> Markup:
    """Matrix of payments, darker where more flows."""
    frame = matrix(runs)
    if frame.empty:
        return tag("p", "The runs hold no payments.", class_="nothing")
    top = max(float(frame.to_numpy().max()), 1e-9)

    def cell(usd: float) -> Markup:
        if usd <= 0:
            return Markup("")
        share = min(1.0, math.sqrt(usd / top))
        return tag("span", number(usd), class_="heat", style=f"--heat:{60 * share:.0f}%")

    rows: list[list[html.Content]] = [
        [tag("strong", account_label(str(payer))), *(cell(float(usd)) for usd in line)]
        for payer, line in frame.iterrows()
    ]
    head = ["pays \\ receives", *(account_label(str(payee)) for payee in frame.columns)]
    caption = "Payments over the whole window, US$ m (the payer's row, the payee's column)"
    return html.table(head, rows, numeric=range(1, len(head)), caption=caption, class_="matrix")


def event_rows(run: "Run") -> Markup:
    """The event log, filtered by kind with radio buttons and no script."""
    frame = table(run, "events").sort_values("week", kind="stable")
    if frame.empty:
        return tag("p", "Nothing was logged.", class_="nothing")
    counts = frame["kind"].astype(str).value_counts()
    kinds = list(counts.index[:MOST_KINDS])
    shown = _fewer(frame)
    buttons, rules = [_button(0, f"all {len(frame):,}", True)], []
    for place, kind in enumerate(kinds, 1):
        buttons.append(_button(place, f"{kind.replace('_', ' ')} {counts[kind]:,}", False))
        rules.append(f"#kind{place}:checked~.scroll tbody tr:not(.k{place}){{display:none}}")
    rows = []
    for week, kind, actor, what in zip(shown["week"], shown["kind"], shown["actor"], shown["text"], strict=True):
        place = kinds.index(str(kind)) + 1 if str(kind) in kinds else 0
        day = pd.Timestamp(week).strftime("%Y-%m-%d")
        cells = [tag("td", part) for part in (day, plain(str(kind)), plain(str(actor)), str(what))]
        rows.append(tag("tr", cells, class_=f"k{place}"))
    head = tag("thead", tag("tr", [tag("th", name, scope="col") for name in ("Week", "Kind", "Who", "What")]))
    body = tag("div", tag("table", [head, tag("tbody", rows)], class_="words"), class_="scroll tall", tabindex="0")
    left_out = len(frame) - len(shown)
    kept = f"{left_out:,} events of the most frequent kinds are left out here; the run's table `events` has all."
    note = tag("p", kept, class_="note") if left_out else Markup("")
    return Markup(tag("style", Markup("".join(rules))) + tag("div", [*buttons, body, note], class_="filter"))


def _button(place: int, label: str, checked: bool) -> Markup:
    name = f"kind{place}"
    return Markup(tag("input", type="radio", name="kind", id=name, checked=checked) + tag("label", label, for_=name))


def _fewer(frame: pd.DataFrame) -> pd.DataFrame:
    """At most `MOST_EVENTS` rows: rare kinds whole, then evenly spaced rows of the frequent ones."""
    if len(frame) <= MOST_EVENTS:
        return frame
    room, kept = MOST_EVENTS, []
    groups = sorted(frame.groupby("kind", observed=True), key=lambda group: len(group[1]))
    for done, (_, rows) in enumerate(groups):
        part = max(1, room // (len(groups) - done))
        step = -(-len(rows) // part)
        kept.append(rows.iloc[::step])
        room -= len(kept[-1])
    return pd.concat(kept).sort_values("week", kind="stable")
