"""Tables of the documentation that are read off the code: the verbs of the week, and what rules may read.

Each stands in a page between two marks, and is written there by `docs/generate.py tables`. A test compares the
pages with what the code says now.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from market_abm.agents.export_authority import ExportAuthority
from market_abm.agents.licence_holder import LicenceHolder
from market_abm.build import KINDS
from market_abm.core.columns import Column, Draw
from market_abm.core.senses import Series
from market_abm.market.senses import PUBLIC
from market_abm.scenario.fields import declared_unit
from market_abm.scenario.parameters import Parameters
from market_abm.shipped_week import shipped_week

DOCS = Path(__file__).resolve().parent
PLACES = {
    "node": "own zone",
    "zone": "own zone",
    "gate": "where the zone's goods sell abroad",
    "sector": "own sector",
    "plant_zone": "zone of the own plant",
}
"""Axes of a series in words; the axis of materials is told apart."""


def verbs_table() -> str:
    """Verbs of the shipped week in order: what each needs, and what it gives to the week."""
    lines = ["| verb | needs of the world | needs of the week | gives |", "|---|---|---|---|"]
    given: set[str] = set()
    for verb in shipped_week():
        path = verb.function.__module__.replace(".", "/")
        world = _names(name for name in verb.needs if name not in given)
        week = _names(name for name in verb.needs if name in given)
        gives = f"`{verb.gives}`" if verb.gives else ""
        often = f" (every {verb.every} weeks)" if verb.every > 1 else ""
        lines.append(f"| [`{verb.name}`](../{path}.py){often} | {world} | {week} | {gives} |")
        given |= {verb.gives} if verb.gives else set()
    return "\n".join(lines)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def series_table() -> str:
    """Public series that any rule may read by name."""
    lines = ["| name | unit | what it is | read at | a value for each material |", "|---|---|---|---|---|"]
    for name, series in sorted(PUBLIC.items()):
        by_material = "yes" if "material" in series.axes else ""
        lines.append(f"| `{name}` | {series.unit} | {series.meaning} | {_place(series)} | {by_material} |")
    return "\n".join(lines)


def _place(series: Series) -> str:
    """Where an agent reads a series, in words."""
    places = [PLACES[axis] for axis in series.axes if axis != "material"]
    return ", ".join(places) or "the same everywhere"


def columns_table() -> str:
    """Columns and draws of every shipped kind, which its rules, and those of classes that inherit from it, may read."""
    lines = ["| kind | name | unit | a value for each material | kept by |", "|---|---|---|---|---|"]
    for key, kind in (*KINDS.items(), ("export_authority", ExportAuthority), ("licence_holder", LicenceHolder)):
        for name, member in sorted(kind.members().items()):
            if isinstance(member, Column) and member.dtype != object:
                keeper = "the ledger" if member.book else "rules"
                lines.append(f"| {key} | `{name}` | {member.unit} | {_yes(member.by_material)} | {keeper} |")
            elif isinstance(member, Draw):
                what = f"a new {member.distribution} draw each week"
                lines.append(f"| {key} | `{name}` | 1 | {_yes(member.by_material)} | {what} |")
    return "\n".join(lines)


def behaviour_table() -> str:
    """Parameters of behaviour by section; a kind reads those of the sections that it names."""
    lines = ["| section | name | unit | read by |", "|---|---|---|---|"]
    readers: dict[str, list[str]] = {}
    for key, kind in KINDS.items():
        for section in kind.sections:
            readers.setdefault(section, []).append(key)
    for section, info in Parameters.model_fields.items():
        for name, number in info.annotation.model_fields.items():
            unit = declared_unit(number)
            lines.append(f"| {section} | `{name}` | {unit} | {', '.join(readers.get(section, [])) or 'verbs'} |")
    return "\n".join(lines)


def _yes(answer: bool) -> str:
    return "yes" if answer else ""


READ = DOCS / "what-rules-read.md"
TABLES: dict[str, tuple[Path, Callable[[], str]]] = {
    "verbs": (DOCS / "architecture.md", verbs_table),
    "series": (READ, series_table),
    "columns": (READ, columns_table),
    "behaviour": (READ, behaviour_table),
}
"""Page and maker of each table, by the name in its marks."""


def with_table(page: str, name: str, table: str) -> str:
    """Page with a table between its marks.

    Raises
    ------
    ValueError
        When the page has no such marks.
    """
    start, end = f"<!-- {name}: written by `python docs/generate.py tables` -->\n", f"<!-- end of {name} -->"
    before, mark, rest = page.partition(start)
    _, last, after = rest.partition(end)
    if not (mark and last):
        raise ValueError(f"the page has no place for the table {name!r}")
    return f"{before}{start}\n{table}\n\n{end}{after}"


def write_tables() -> None:
    """Write all tables into their pages anew."""
    for name, (page, table) in TABLES.items():
        page.write_text(with_table(page.read_text(encoding="utf-8"), name, table()), encoding="utf-8")
