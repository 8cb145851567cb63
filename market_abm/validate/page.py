"""The page of a validation: one HTML file that needs no network; and its tables in Markdown."""

import math
from collections.abc import Callable, Sequence

from market_abm.report import html
from market_abm.report.html import Markup, tag
from market_abm.report.page import head
from market_abm.report.svg import to_svg
from market_abm.report.words import number
from market_abm.validate import cube, pictures
from market_abm.validate.scorecard import Row, Tally, quantiles
from market_abm.validate.study import Validation

SAMPLES = {"in": "in-sample", "out": "out-of-sample"}
HEADS = ("Row", "Unit", "History", "Median", "p10 to p90", "Band", "Sample", "Verdict")
READ_BANDS = (
    "Each row is drawn in its own band, set from the data before the model was run: green is the band, the black "
    "mark history, the dot the median of the runs (a hollow diamond when it lies outside), the line the middle 80 "
    "% of the runs. Numbers more than a band's width outside are drawn at the rim."
)
READ_PRICES = (
    "Lines are medians of the runs with their middle 50 % and 80 %. Black dots are quotes and monthly means, "
    "hollow ones yearly means. Assessed prices are reported, those of the runs are traded. The months from 2013 "
    "on are out of sample."
)
READ_SCORES = (
    "CRPS of the log of yearly mean export prices, lower is better. The ensemble knows the policies of these "
    "years and its numbers were chosen with these prices in sight: in-sample, and no true forecast. The naive "
    "forecasts know 2007-09."
)
READ_CUBE = (
    "The same seeds at eight corners: quota, embargo and restraint of mining, each on or off. A factor above 1 "
    "means that the peak of the NdPr export price rises when the restriction is taken away; an interval that "
    "includes 1 leaves it open."
)


def validation_page(found: Validation) -> str:
    """HTML of the page; the same runs give the same bytes."""
    scenario = found.scenario
    title = f"How true is {scenario.name}?"
    card = found.card
    parts = [_bands(found), _prices(found), _scores(found), _cube(found), _misses(found), _table(found)]
    top = tag(
        "header",
        [
            tag("p", f"market_abm validation · {len(found.seeds)} replications", class_="kicker"),
            tag("h1", title),
            tag(
                "p",
                "The runs of a scenario against what happened, within bands that were set from the data beforehand.",
                class_="lead",
            ),
            tag(
                "div",
                [
                    _tile("in-sample rows pass", card.tally("in")),
                    _tile("out-of-sample rows pass", card.tally("out")),
                    _tile("of all rows pass", card.tally()),
                ],
                class_="tiles",
            ),
        ],
    )
    failed = (
        [tag("p", f"{len(found.failures)} runs failed and are left out.", class_="nothing")] if found.failures else []
    )
    body = [tag("div", class_="band"), top, tag("main", [*failed, *(part for part in parts if part)])]
    return f"<!DOCTYPE html>\n{tag('html', [head(title), tag('body', body)], lang='en')}\n"


def _tile(what: str, tally: Tally) -> Markup:
    low, high = tally.interval
    span = f" (95 %: {percent(low)} to {percent(high)})" if tally.of else ""
    return tag(
        "div", [tag("strong", f"{tally.passed} of {tally.of}"), tag("span", f"{what}: {percent(tally.share)}{span}")]
    )


def _section(name: str, title: str, read: str, content: html.Content) -> Markup:
    return tag("section", [tag("h2", title), tag("p", read, class_="read"), html.text(content)], id=name)


def _bands(found: Validation) -> Markup:
    shown = {theme: rows for theme, rows in found.card.themes().items() if any(row.runs for row in rows)}
    drawn = []
    for place, (theme, rows) in enumerate(shown.items()):
        words = (
            f"{theme}: {sum(row.verdict == 'pass' for row in rows)} of {sum(row.runs > 0 for row in rows)} rows pass."
        )
        svg = Markup(to_svg(pictures.band_figure(theme, rows), words, f"bands{place}"))
        drawn.append(tag("figure", [svg, tag("figcaption", words)]))
    if not drawn:
        return tag("p", "The scenario covers none of the rows.", class_="nothing")
    return _section("bands", "Rows in their bands", READ_BANDS, tag("div", drawn, class_="grid"))


def _prices(found: Validation) -> Markup:
    if not pictures.fans(found.monthly):
        return Markup("")
    svg = Markup(to_svg(pictures.price_figure(found.monthly), "Prices of the runs and of history by month", "fans"))
    return _section("prices", "Prices", READ_PRICES, tag("div", tag("figure", svg), class_="grid"))


def _scores(found: Validation) -> Markup:
    if found.scores.empty:
        return Markup("")
    svg = Markup(to_svg(pictures.score_figure(found.scores), "CRPS of the ensemble and of naive forecasts", "crps"))
    return _section("forecast", "As a forecast", READ_SCORES, tag("div", tag("figure", svg), class_="grid"))


def _cube(found: Validation) -> Markup:
    if not found.edges:
        return Markup("")
    corners = [
        (cube.told_corner(corner), *(number(value) for value in quantiles(peaks)))
        for corner, peaks in found.corners.items()
    ]
    edges = [
        (edge.taken, " + ".join(edge.beside) or "nothing", number(edge.factor), _interval(edge)) for edge in found.edges
    ]
    tables = [
        html.table(("On", "Peak / 2009, median", "p10", "p90"), corners, numeric=(1, 2, 3), caption="Eight corners"),
        html.table(
            ("Taken away", "Beside", "Peak without / with", "95 %"), edges, numeric=(2, 3), caption="Twelve edges"
        ),
    ]
    return _section("cube", f"Restrictions taken away ({len(found.pairs)} seeds)", READ_CUBE, tables)


def _interval(edge: cube.Edge) -> str:
    if math.isinf(edge.high):
        return "too few seeds"
    return f"{number(edge.low)} to {number(edge.high)}"


def _misses(found: Validation) -> Markup:
    missed = found.card.misses()
    if not missed:
        return Markup("")
    rows = [
        (row.metric.label, SAMPLES[row.metric.sample], show(row)(row.median), band(row), row.cause) for row in missed
    ]
    shown = html.table(("Row", "Sample", "Median", "Band", "What is known of the cause"), rows, class_="words")
    return _section("misses", f"Misses: {len(missed)}", "Bands are not moved; a miss is a miss.", shown)


def _table(found: Validation) -> Markup:
    rows = []
    for row in found.card.rows:
        of = row.metric
        more = [
            ("basis", of.basis),
            ("sources", f"{of.figure.source} ({of.figure.confidence})"),
            ("rule", of.band.reason),
        ]
        more += [("note", of.note)] if of.note else []
        name = html.details(of.label, "; ".join(f"{key}: {what}" for key, what in more))
        rows.append((name, *cells(row)[1:]))
    shown = html.table(HEADS, rows, numeric=(2, 3, 4, 5), class_="words")
    return _section("table", "All rows", "Open a row for what its number is and where it comes from.", shown)


# -- words ---------------------------------------------------------------------------------------
def percent(share: float) -> str:
    """A share for people."""
    return "-" if math.isnan(share) else f"{100 * share:.0f} %"


def show(row: Row) -> Callable[[float], str]:
    """How a row's numbers are written: years with decimals, "never", the rest with three digits."""

    def written(value: float) -> str:
        if math.isinf(value):
            return "never"
        return f"{value:.2f}" if row.metric.unit == "year" and math.isfinite(value) else number(value)

    return written


def band(row: Row) -> str:
    """A band for people."""
    told, limits = show(row), row.metric.band
    if math.isinf(limits.high):
        return f"above {told(limits.low)}"
    return f"{told(limits.low)} to {told(limits.high)}" if limits.low != limits.high else told(limits.low)


def cells(row: Row) -> list[str]:
    """Cells of a row, as `HEADS` names them."""
    told, of = show(row), row.metric
    span = f"{told(row.p10)} to {told(row.p90)}" if row.runs > 1 else ""
    unit = "" if of.unit == "1" else of.unit
    return [of.label, unit, told(of.figure.value), told(row.median), span, band(row), SAMPLES[of.sample], row.verdict]


def totals(found: Validation) -> list[str]:
    """One sentence a sample: rows passed, their share and its interval."""
    lines = []
    for sample, words in (("in", "in-sample"), ("out", "out-of-sample")):
        tally = found.card.tally("in" if sample == "in" else "out")
        low, high = tally.interval
        span = f" (95 %: {percent(low)} to {percent(high)})" if tally.of else ""
        lines.append(f"{tally.passed} of {tally.of} {words} rows pass, {percent(tally.share)}{span}")
    left = sum(row.runs == 0 for row in found.card.rows)
    return [*lines, f"{left} rows are not covered by these runs"] if left else lines


def markdown(found: Validation) -> str:
    """Scorecard and misses as Markdown, to be put into a page of the documentation."""
    lines = [f"{len(found.seeds)} replications of `{found.scenario.name}`. " + ". ".join(totals(found)) + ".", ""]
    for theme, rows in found.card.themes().items():
        shown = [cells(row) for row in rows if row.runs]
        if shown:
            lines += [f"### {theme}", "", *_markdown_table(HEADS, shown), ""]
    missed = [[row.metric.label, row.cause] for row in found.card.misses()]
    if missed:
        lines += ["### Misses and what is known of them", "", *_markdown_table(("Row", "Cause"), missed), ""]
    return "\n".join(lines)


def _markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
