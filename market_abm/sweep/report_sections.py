"""Sections of a sweep's report: the design, every outcome, the frontier, failures, how the numbers were made."""

from functools import partial
from typing import TYPE_CHECKING, Any

from market_abm.console import number
from market_abm.experiment.calibration_page import counted
from market_abm.experiment.results_folder import package_versions
from market_abm.record.errors import RecordError
from market_abm.record.identity import model_version
from market_abm.report import html
from market_abm.report.html import Markup, tag
from market_abm.report.sections import Section, grid, picture
from market_abm.report.tables import told
from market_abm.sweep import pictures, response_pictures
from market_abm.sweep.frontier import frontier
from market_abm.sweep.response import AnalysisError, Response, is_number, levels, response, told_points, told_value
from market_abm.sweep.results import SweepResults, table_digest
from market_abm.sweep.sensitivity import Sensitivity, sensitivity

if TYPE_CHECKING:
    from market_abm.experiment.plan import Outcome
    from market_abm.sweep.plan import Factor

DESIGNS = {
    "grid": "a full grid",
    "list": "a list of points",
    "latin_hypercube": "a Latin hypercube",
    "sobol": "a Sobol sequence",
    "saltelli": "Saltelli's design",
    "morris": "Morris's trajectories",
}
DESIGN_FACTS: dict[str, tuple[str, ...]] = {
    "grid": ("levels",),
    "list": ("file",),
    "latin_hypercube": ("points", "seed"),
    "sobol": ("points", "seed"),
    "saltelli": ("points", "seed", "second_order"),
    "morris": ("trajectories", "levels", "seed"),
}
"""What of a design decides its points."""
MOST_FAILURES = 40
MOST_ROWS = 30  # of a table that is longer elsewhere
MOST_VALUES = 12


def sections(results: SweepResults) -> list[Section]:
    """All sections in the order of the page."""
    parts = [Section("design", "Design", _design_words(results), _design(results))]
    for place, outcome in enumerate(results.sweep.outcome, 1):
        parts.append(_outcome(results, outcome, f"outcome-{place}"))
    return [*parts, *_frontier(results), _failures(results), _made(results), _caveats(results)]


# -- design --------------------------------------------------------------------------------------
def _design_words(results: SweepResults) -> str:
    sweep = results.sweep
    until = f", until {sweep.until}" if sweep.until else ""
    return (
        f"What was varied in the scenario {sweep.scenario}{until}: {len(results.points):,} points, "
        f"{DESIGNS[sweep.design.kind]}. All points meet the same seeds."
    )


def _design(results: SweepResults) -> Markup:
    rows = [
        (factor.shown, factor.unit if factor.unit != "1" else "", _range(results, factor), tag("code", _path(factor)))
        for factor in results.sweep.factor
    ]
    fixed = results.sweep.sets
    same = (
        tag("p", ["The same at every point: ", tag("code", "; ".join(fixed))], class_="note") if fixed else Markup("")
    )
    return html.text([html.table(("Factor", "Unit", "Values", "Path in the scenario"), rows), same])


def _range(results: SweepResults, factor: "Factor") -> str:
    column = results.points[factor.name]
    values = levels(factor, column)
    if len(values) <= MOST_VALUES and factor.low is None:
        return ", ".join(told_value(one) for one in values)
    if not is_number(column):
        return f"{len(values)} values"
    low, high = (
        (factor.low, factor.high) if factor.low is not None and factor.high is not None else (values[0], values[-1])
    )
    return f"{told_value(low)} to {told_value(high)}{', log scale' if factor.scale == 'log' else ''}"


def _path(factor: "Factor") -> str:
    if factor.path:
        return factor.path
    paths = dict.fromkeys(one.partition("=")[0] for group in factor.sets or [] for one in group)
    return ", ".join(paths)


# -- outcomes ------------------------------------------------------------------------------------
def _outcome(results: SweepResults, outcome: "Outcome", slug: str) -> Section:
    try:
        of = response(results, outcome.name)
    except AnalysisError as nothing:
        return Section(slug, outcome.shown, "", tag("p", str(nothing), class_="nothing"))
    try:
        found: Sensitivity | None = sensitivity(results, outcome.name)
        why = ""
    except AnalysisError as nothing:
        found, why = None, str(nothing)
    order = list(found.labels) if found else results.sweep.names
    factors = [results.sweep.factor_named(name) for name in order]
    drawn = [*_response_pictures(results, of, factors, slug)]
    if found:
        drawn.append(
            picture(f"{slug}-tornado", partial(pictures.tornado_figure, found), partial(pictures.tornado_words, found))
        )
    below = _sensitivity_table(found) if found else tag("p", f"No sensitivity: {why}", class_="nothing")
    return Section(slug, of.label, _level(of), html.text([grid(drawn), below]))


def _level(of: Response) -> str:
    means = of.means.dropna()
    unit = f" {of.unit}" if of.unit != "1" else ""
    lost = f" Without a result: {told_points(of.missing)}." if of.missing else ""
    return (
        f"Means over {of.seeds_told}: from {number(float(means.min()))} to {number(float(means.max()))}{unit} over "
        f"{counted(len(means), 'point')}, median {number(float(means.median()))}.{lost}"
    )


def _response_pictures(results: SweepResults, of: Response, factors: "list[Factor]", slug: str) -> list[Markup]:
    """A heat map of the two strongest factors of a grid; curves of all, but for Morris's trajectories."""
    drawn = []
    kind = results.sweep.design.kind
    varied = [one for one in factors if results.points[one.name].nunique() > 1]
    if kind == "grid" and len(varied) >= 2:
        pair = sorted(varied[:2], key=lambda one: results.sweep.names.index(one.name))
        heat = partial(response_pictures.heat_figure, results, of, *pair)
        drawn.append(picture(f"{slug}-heat", heat, partial(response_pictures.heat_words, results, of, *pair)))
    if varied and kind != "morris" and not (kind == "grid" and len(varied) == 2):
        curve = partial(response_pictures.curve_figure, results, of, varied)
        drawn.append(picture(f"{slug}-curve", curve, partial(response_pictures.curve_words, results, of, varied)))
    return drawn


def _sensitivity_table(found: Sensitivity) -> Markup:
    rows = found.cells()
    head = [one[:1].upper() + one[1:] for one in found.heads()]
    shown = html.table(head, rows[:MOST_ROWS], numeric=range(1, len(head)), caption=f"Unit: {found.indices.unit}")
    if len(rows) > MOST_ROWS:
        shown = Markup(shown + html.details(f"The other {len(rows) - MOST_ROWS}", html.table(head, rows[MOST_ROWS:])))
    pairs = found.pair_cells()
    if pairs:
        caption = "Second order: what two factors do together, share of variance"
        shown = Markup(
            shown + html.details(caption, html.table(("Factor", "With", "Share, 95 %"), pairs[:MOST_ROWS], (2,)), True)
        )
    return html.text([shown, tag("ul", [tag("li", note) for note in found.notes], class_="note")])


# -- frontier ------------------------------------------------------------------------------------
def _frontier(results: SweepResults) -> list[Section]:
    asked = results.sweep.frontier
    if asked is None:
        return []
    how = "Points that no other beats: none costs less and brings as much. A point with a small share may not belong."
    try:
        found = frontier(results, asked.cost, asked.benefit, asked.less_is_better)
    except AnalysisError as nothing:
        return [Section("frontier", "Frontier", how, tag("p", str(nothing), class_="nothing"))]
    drawn = picture("frontier", partial(pictures.frontier_figure, found), partial(pictures.frontier_words, found))
    head = [one[:1].upper() + one[1:] for one in found.heads()]
    rows = html.table(head, found.cells()[:MOST_ROWS], numeric=(0, 2, 3, 4), class_="words")
    title = f"Frontier: {found.benefit.label} by cost"
    return [Section("frontier", title, how, html.text([grid([drawn]), rows]))]


# -- what went wrong, and how it was made --------------------------------------------------------
def _failures(results: SweepResults) -> Section:
    failed = results.failures
    if failed.empty:
        return Section("failures", "Failures", "Runs that failed.", tag("p", "No run failed.", class_="nothing"))
    rows = [
        (str(row["point"]), str(row["seed"]), _first_line(row["why"]), tag("code", str(row["command"])))
        for row in failed.head(MOST_FAILURES).to_dict("records")
    ]
    more = len(failed) - len(rows)
    rest = tag("p", f"And {more:,} more: market-abm status DIR.", class_="note") if more > 0 else Markup("")
    how = "Runs that failed count in no number. The command makes one alone."
    shown = html.table(("Point", "Seed", "Why", "Command"), rows, numeric=(0, 1), class_="words")
    return Section("failures", f"Failures: {len(failed):,}", how, html.text([shown, rest]))


def _first_line(text: Any) -> str:
    lines = str(text).strip().splitlines()
    return lines[-1] if lines else ""


def _made(results: SweepResults) -> Section:
    return Section("made", "How these numbers were made", "What reproduces them.", html.definitions(_facts(results)))


def _facts(results: SweepResults) -> list[tuple[str, html.Content]]:
    sweep, runs = results.sweep, results.runs
    marker = _marker(results)
    seeds = sorted(runs["seed"].unique()) if len(runs) else []
    design = {
        key: value
        for key, value in sweep.design.model_dump(exclude_none=True).items()
        if key in DESIGN_FACTS[sweep.design.kind]
    }
    facts: list[tuple[str, html.Content]] = [
        ("Scenario", sweep.scenario),
        ("Design", "; ".join(part for part in (DESIGNS[sweep.design.kind], told(design)) if part)),
        ("Seeds", f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else str(seeds[0]) if seeds else "none"),
        ("Runs", f"{len(runs):,} finished, {len(results.failures):,} failed, {results.planned:,} planned"),
        ("Time of all runs", f"{number(float(runs['seconds'].sum()) / 3600)} hours of one processor"),
        ("Model", tag("code", str(marker.get("model_version", model_version())))),
        ("Versions", told(marker.get("versions", package_versions()))),
        ("Digest of the results", tag("code", table_digest(results))),
    ]
    facts += [(f"Seal of the {name}", tag("code", str(one))) for name, one in marker.get("seals", {}).items()]
    return facts + ([("Planned on", str(marker["date"]))] if "date" in marker else [])


def _marker(results: SweepResults) -> dict[str, Any]:
    """What the folder says of itself; nothing when it has no mark."""
    from market_abm.sweep.folder import SweepFolder

    try:
        return SweepFolder(results.folder).marker
    except RecordError:
        return {}


def _caveats(results: SweepResults) -> Section:
    said = [
        "This is a model, not a forecast: behaviour is simplified, and many parameters are assumed or calibrated.",
        "Shares and bands hold for the ranges and values given here; other ranges give others.",
        "An interval over seeds shows luck alone, not doubt about the model.",
    ]
    if len(results.sweep.outcome) * len(results.sweep.factor) > 5:
        said.append("Many factors and outcomes are shown at once: some 95 % intervals miss the truth.")
    return Section("caveats", "Caveats", "What this page cannot tell.", tag("ul", [tag("li", one) for one in said]))
