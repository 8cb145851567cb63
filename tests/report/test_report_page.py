import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from made_up_runs import make_run, make_scenario, make_tables

from market_abm.report import style
from market_abm.report.page import page, write_report
from market_abm.report.spread import COLUMNS
from market_abm.report.words import number

SECTIONS = [
    "history", "prices", "trade", "shares", "stocks", "users", "licences", "projects", "money", "policies", "events",
    "caveats",
]  # fmt: skip
VOID = {"meta", "input", "br"}
LOADING = {"src", "href", "xlink:href", "data", "action", "poster", "srcset"}
HOSTILE = "<script>alert('x')</script>&\"$\\frac{1}$ 稀土"


class Reader(HTMLParser):
    """Checks that elements close in order; keeps tags, addresses, ids and labels."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.addresses, self.ids, self.alts = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        self.addresses += [value for key, value in attrs if key in LOADING]
        self.ids += [found["id"]] if "id" in found else []
        if tag == "svg":
            self.alts.append(found.get("aria-label", ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def html(run):
    return page([run])


def test_the_page_needs_nothing_from_the_network(html):
    reader = Reader(html)

    assert "script" not in reader.tags
    assert not re.search(r"https?://|url\((?!#)|@import", html)
    assert all(address.startswith("#") for address in reader.addresses)


def test_every_section_is_there_and_listed(html):
    reader = Reader(html)

    assert [name for name in reader.ids if name in SECTIONS] == SECTIONS
    assert [address for address in reader.addresses if address[1:] in SECTIONS] == [f"#{name}" for name in SECTIONS]


def test_every_id_is_used_once_and_every_reference_has_its_id(html):
    reader = Reader(html)
    references = {address[1:] for address in reader.addresses} | set(re.findall(r"url\(#([^)]*)\)", html))

    assert len(reader.ids) == len(set(reader.ids))
    assert references <= set(reader.ids)


def test_every_picture_has_an_alternative_text(html):
    alts = Reader(html).alts

    assert len(alts) > 10
    assert all(len(alt) > 20 for alt in alts)


def test_the_page_says_which_run_it_shows(html, run):
    assert run.id in html
    assert run.digest in html
    assert "market_abm 0.1.0" in html
    assert 'name="viewport"' in html


def test_same_runs_give_the_same_bytes(runs):
    assert page(runs) == page([make_run(seed=run.seed) for run in runs])


def test_several_runs_are_told_apart_from_one(runs):
    several = page(runs)

    assert "median of 3 runs" in several
    assert all(run.digest in several for run in runs)


def test_a_thirteen_year_run_stays_below_four_megabytes():
    materials = {"NdPr": 20.0, "Dy": 120.0, "La": 5.0, "Ce": 4.0, "Tb": 300.0}
    zones = {name: name for name in ("CN", "JP", "US", "EU", "RW")}
    end = pd.Timestamp("2020-12-28").date()

    assert len(page([make_run(make_scenario(materials, zones, end=end))]).encode()) < 4_000_000


def test_hostile_names_are_shown_and_not_obeyed():
    scenario = make_scenario(title=HOSTILE, description=HOSTILE)
    zone = scenario.zone["JP"].model_copy(update={"label": HOSTILE})
    material = scenario.material["NdPr"].model_copy(update={"label": HOSTILE})
    policy = scenario.policy[0].model_copy(update={"name": HOSTILE, "note": HOSTILE})
    changes = {"zone": scenario.zone | {"JP": zone}, "material": scenario.material | {"NdPr": material}}
    scenario = scenario.model_copy(update=changes | {"policy": [policy]})
    tables = make_tables(scenario)
    for name, columns in (("events", ["kind", "actor", "text"]), ("projects", ["project"]), ("money", ["payer"])):
        tables[name] = tables[name].assign(**dict.fromkeys(columns, HOSTILE))
    tables["licences"] = tables["licences"].assign(pool=HOSTILE)

    reader = Reader(page([make_run(scenario, tables=tables)]))

    assert "script" not in reader.tags


@pytest.mark.parametrize("tables", [{}, {name: pd.DataFrame(columns=words.split()) for name, words in COLUMNS.items()}])
def test_empty_tables_give_a_page_that_says_so(tables, monkeypatch):
    monkeypatch.setattr("market_abm.report.tables.comparison", lambda runs: pd.DataFrame())

    html = page([make_run(tables=tables)])

    assert [name for name in Reader(html).ids if name in SECTIONS] == SECTIONS
    assert "The runs hold no prices of NdPr oxide." in html


@pytest.mark.parametrize("missing", list(COLUMNS))
def test_any_one_table_may_be_missing(missing, monkeypatch, small_run):
    monkeypatch.setattr("market_abm.report.tables.comparison", lambda runs: pd.DataFrame())
    monkeypatch.setattr("market_abm.report.sections.to_svg", lambda figure, alt, salt: "")

    assert Reader(
        page(
            [
                make_run(
                    small_run.scenario,
                    tables={name: rows for name, rows in small_run.tables.items() if name != missing},
                )
            ]
        )
    )


def test_one_material_in_two_zones_is_enough(small_run):
    assert "Ga oxide" in page([small_run])


def test_a_market_without_a_gate_is_shown_too():
    scenario = make_scenario()
    zones = {name: zone.model_copy(update={"export_gate": False}) for name, zone in scenario.zone.items()}
    scenario = scenario.model_copy(update={"zone": zones})
    tables = make_tables(scenario)
    tables["prices"] = tables["prices"][tables["prices"]["zone"] != "CN export"]

    assert "The scenario has no zone with an export gate." in page([make_run(scenario, tables=tables)])


def test_the_event_log_filters_by_kind_without_a_script(html):
    assert html.count('type="radio"') == 3  # all, and the two kinds
    assert "#kind1:checked" in html


def test_the_file_is_whole_or_absent(tmp_path, run, monkeypatch):
    write_report([run], tmp_path / "report.html")
    before = (tmp_path / "report.html").read_bytes()
    monkeypatch.setattr("market_abm.report.page.sections", lambda runs: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write_report([run], tmp_path / "report.html")

    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_bytes() == before


def test_no_runs_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no run to report"):
        write_report([], tmp_path / "report.html")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1_606_644, "1,610,000"),
        (1234.4, "1,234"),
        (100, "100"),
        (12.34, "12.3"),
        (0.1234, "0.123"),
        (0, "0"),
        (-5.5, "\u22125.5"),
        (float("nan"), "\u2013"),
    ],
)
def test_numbers_have_three_meaningful_digits(value, text):
    assert number(value) == text


def test_colours_are_the_same_in_every_scenario():
    small, large = make_scenario(), make_scenario(zones={"CN": "", "JP": "", "XX": "", "YY": ""})

    assert style.zone_colours(small)["JP"] == style.zone_colours(large)["JP"]
    assert len(set(style.zone_colours(large).values())) == 4
