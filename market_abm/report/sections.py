"""The page's sections: each has a heading, a sentence on how to read it, and pictures or tables."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from market_abm.report import activity, html, licences, money, prices, projects, stocks, tables, trade
from market_abm.report.html import Markup, tag
from market_abm.report.spread import how_many
from market_abm.report.stocks import weekly_use
from market_abm.report.style import NothingToShowError, material_label
from market_abm.report.svg import to_svg
from market_abm.scenario.own import modules_of
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    from market_abm.record.run import Run

OPEN_MATERIALS = 2  # further materials stand behind a click, where there are many pictures of each


@dataclass(frozen=True)
class Section:
    """A part of the page."""

    name: str
    title: str
    how_to_read: str
    body: Markup


def picture(slug: str, draw: Callable[[], Figure], words: Callable[[], str]) -> Markup:
    """A figure with its caption, or the sentence that says why there is none."""
    try:
        figure = draw()
    except NothingToShowError as nothing:
        return tag("p", str(nothing), class_="nothing")
    said = words()
    title = figure.texts[0].get_text() if figure.texts else slug
    image = Markup(to_svg(figure, f"{title}. {said}", slug))
    return tag("figure", [image, tag("figcaption", said)])


def by_weight(scenario: Scenario) -> list[str]:
    """Materials by the value of what is used: the leading one, the first of the other family, the rest."""

    def value(name: str) -> float:
        return weekly_use(scenario, name, None) * scenario.material[name].price_usd_per_kg

    lead = scenario.lead_material
    rest = sorted((name for name in scenario.material if name != lead), key=value, reverse=True)
    other = [name for name in rest if scenario.material[name].family != scenario.material[lead].family][:1]
    return [lead, *other, *(name for name in rest if name not in other)]


def by_material(
    runs: "Sequence[Run]",
    slug: str,
    draw: "Callable[[Sequence[Run], str], Figure]",
    words: "Callable[[Sequence[Run], str], str]",
) -> Markup:
    """A picture for each material, those after the second behind a click."""
    scenario, names = runs[0].scenario, by_weight(runs[0].scenario)
    made = [picture(f"{slug}-{name}", partial(draw, runs, name), partial(words, runs, name)) for name in names]
    shown, hidden = made[:OPEN_MATERIALS], made[OPEN_MATERIALS:]
    body = grid(shown)
    if hidden:
        labels = ", ".join(material_label(scenario, name) for name in names[OPEN_MATERIALS:])
        body = Markup(body + html.details(f"More materials: {labels}", grid(hidden)))
    return body


def grid(parts: Iterable[Markup]) -> Markup:
    """Pictures side by side where there is room."""
    return tag("div", list(parts), class_="grid")


def sections(runs: "Sequence[Run]") -> list[Section]:
    """All sections in the order of the page."""
    many = how_many(runs)
    mean = "" if len(runs) == 1 else " Stacked pictures show the mean of the runs."
    return [
        Section(
            "history",
            "History and model",
            "Each row is a measure; a dash means that the history has no figure for it"
            + (", a dot that the history lies within the middle 80 % of the runs." if len(runs) > 1 else "."),
            tables.comparison_rows(runs),
        ),
        Section(
            "prices",
            "Prices",
            f"Lines are the model ({many}) on a log scale, where equal steps are equal percentages; dots are quotes, "
            "hollow ones yearly averages, small ones monthly means; they stand only on the panel of their own basis "
            "(domestic quotes contain VAT). A red band behind a panel is an embargo.",
            by_material(runs, "prices", prices.price_figure, prices.price_words),
        ),
        Section(
            "trade",
            "Trade flows",
            f"Each bar is what entered a zone, by the zone it was shipped from; hatched is smuggled.{mean}",
            by_material(runs, "flows", trade.flow_figure, trade.flow_words),
        ),
        Section(
            "shares",
            "Concentration of supply",
            "How much of the world's supply lies in the gated zone, and how much each zone's imports depend on it "
            f"({many}); a rolling half-year smooths shipments.",
            grid(
                [
                    picture("shares", lambda: trade.share_figure(runs), lambda: trade.share_words(runs)),
                    picture("mining", lambda: trade.mining_figure(runs), lambda: trade.mining_words(runs)),
                    picture("dependence", lambda: trade.dependence_figure(runs), lambda: trade.dependence_words(runs)),
                ]
            ),
        ),
        Section(
            "stocks",
            "Stocks",
            f"Who holds the metal, stacked; goods under way to their buyers count as transit.{mean}",
            by_material(runs, "stocks", stocks.stock_figure, stocks.stock_words),
        ),
        Section(
            "users",
            "Users: cover and lost output",
            "Cover is how many weeks manufacturers could work from their stores; output is lost when it runs out "
            f"({many}).",
            grid(
                [
                    picture("activity", lambda: activity.activity_figure(runs), lambda: activity.activity_words(runs)),
                    picture("cover", lambda: activity.cover_figure(runs), lambda: activity.cover_words(runs)),
                ]
            ),
        ),
        Section("licences", "Export licences", LICENCES.format(many), _licences(runs)),
        Section(
            "projects",
            "Projects",
            "Each row is a mine with a life of its own; the colour says what it was at the time.",
            grid(
                [
                    picture("projects", lambda: projects.project_figure(runs), lambda: projects.project_words(runs)),
                    tables.project_rows(runs[0]),
                ]
            ),
        ),
        Section(
            "money",
            "Money",
            "Receipts less payments of each account: bars to the right earned, bars to the left paid. "
            "The matrix shows who paid whom.",
            html.text(
                [
                    grid([picture("money", lambda: money.money_figure(runs), lambda: money.money_words(runs))]),
                    tables.payment_rows(runs),
                ]
            ),
        ),
        Section(
            "policies",
            "Policies",
            "What governments decree in this scenario, by date of start; units are those of the parameter reference.",
            tables.policy_rows(runs[0]),
        ),
        Section(
            "events",
            "Event log",
            "What happened when; choose a kind to see only it."
            + (f" The log is that of seed {runs[0].seed}." if len(runs) > 1 else ""),
            html.details("Open the log", tables.event_rows(runs[0])),
        ),
        *_own(runs),
        Section("caveats", "Caveats", "What these pictures cannot tell.", caveats(runs)),
    ]


def _own(runs: "Sequence[Run]") -> list[Section]:
    """Sections of the runs' plugins: what their `report_sections(runs)` returns, (title, how to read it, HTML) each."""
    return [
        Section(f"{name}-{number}", title, words, Markup(body))
        for name, module in modules_of(runs[0].scenario.plugins).items()
        if hasattr(module, "report_sections")
        for number, (title, words, body) in enumerate(module.report_sections(runs))
    ]


LICENCES = (
    "A quota that binds makes the permission to export scarce; its price times the licences used is the rent of "
    "their holders, and the saw teeth show how fast each round is used up ({})."
)


def _licences(runs: "Sequence[Run]") -> Markup:
    found = licences.pools(runs)
    if not found:
        return tag("p", "No export quota is in force in these runs, so there are no licences.", class_="nothing")
    draw, words = licences.licence_figure, licences.licence_words
    return grid(picture(f"licence-{p}", partial(draw, runs, p), partial(words, runs, p)) for p in found)


def caveats(runs: "Sequence[Run]") -> Markup:
    """What a reader must keep in mind."""
    said = [
        "This is a model, not a forecast: behaviour is simplified, and many parameters are assumed or calibrated "
        "(the parameter reference marks which).",
        "Quotes of history are few before 2013, differ between sources, and some are recalled without a document; "
        "see the package's list of sources.",
        "FOB prices contain export tax and the rent of licences, domestic quotes contain VAT: never compare the two.",
        "Masses are contained oxide, magnets kilograms of magnet; prices and money are in current US$.",
    ]
    if len(runs) == 1:
        said.append(f"One run is one draw of luck (seed {runs[0].seed}); another seed gives other weeks.")
    else:
        said.append("Bands show the spread of luck alone, not doubt about parameters; a median line is no run.")
    if len({run.scenario.name for run in runs}) > 1:
        said.insert(
            0, "These runs are of different scenarios, so bands mix policy with luck; policies are the first's."
        )
    return tag("ul", [tag("li", line) for line in said])
