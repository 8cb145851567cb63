"""Messages of a scenario that cannot be used: where, what, remedy, all at once."""

import contextlib
import pickle
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from market_abm.scenario import reading
from market_abm.scenario.errors import Fault, ScenarioError, nearest, show_path, suggest
from market_abm.scenario.loading import load_scenario, parse_scenario
from market_abm.scenario.overrides import split_path
from market_abm.scenario.reading import LIBRARY, key_lines, parse
from market_abm.scenario.schema import Scenario

TINY = (LIBRARY / "tiny.toml").read_text(encoding="utf-8")


def told_of(text: str, label: str = "tiny.toml") -> str:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, label)
    return str(caught.value)


BROKEN = [
    (
        'type = "export_quota"',
        'type = "export_qota"',
        'policy.export-quota.type (line 99): "export_qota" is no policy.',
    ),
    ('type = "export_quota"', "", "policy.export-quota.type (line 98): missing; a policy needs its type."),
    ("dependence = 0.9", "dependence = 25", "25 exceeds 1. A rate is a share; 25 % is 0.25."),
    ("dependence = 0.9", "dependance = 0.9", '"dependance" is no key of zone. Did you mean "dependence"?'),
    (
        "dependence = 0.9",
        'dependence = "high"',
        'zone.JP.dependence (line 20): "high" is given. Expected: a number.',
    ),
    (
        "dependence = 0.9",
        "dependence = true",
        "zone.JP.dependence (line 20): true is given. Expected: a number.",
    ),
    ("dependence = 0.9", "dependence = nan", "nan is no finite number."),
    ("export_gate = true", "export_gate = 1", "1 is given. Expected: true or false."),
    ("start = 2009-01-05", "start = 86400", "time.start (line 9): 86,400 is given. Expected: a date"),
    ("start = 2009-01-05", "start = 2012-01-02", "time (line 8): start <= record_from < end must hold."),
    (
        "price_usd_per_kg = 16.0",
        "price_usd_per_kg = 0",
        "material.NdPr.price_usd_per_kg (line 25): 0 is not above 0 US$/kg.",
    ),
    ("price_usd_per_kg = 16.0", "", "missing; give a number in US$/kg. Price in the gated zone"),
    ("[5500.0, 5500.0]", "5500.0", "5500.0 is given. Expected: a pair of numbers [low, high] in t REO/year."),
    ("[5500.0, 5500.0]", "[5500.0]", "[5500.0] is too short. Expected: a pair"),
    ("[5500.0, 5500.0]", "[1.0, 2.0, 3.0]", "[1.0, 2.0, 3.0] has another length. Expected: a pair"),
    ('"permitted"', '"permited"', '"permited" is not allowed. Did you mean "permitted"?'),
    ("lead_years = [2.0, 3.0]", "opens = 2009-13-01", "This is not TOML"),
    ("count = 3", "count = 2.5", "2.5 is given. Expected: a whole number."),
    ("transit_weeks = 2", "transit_weeks = 60", "link.CN-JP.transit_weeks (line 31): 60 exceeds 52 week."),
    ("{ NdPr = 0.20 }", "{ NdPr = 0.20, NdPr2 = 0.9 }", "basket adds up to 1.100, more than 1."),
    ("[[policy]]", "[policy.x]", "policy (line 98): A table is given. Expected: rows in double brackets"),
    ('name = "tiny"', 'name = ""', "name (line 3): is empty. Give it a name."),
    ('name = "export-quota"', "name = 5", "policy.export-quota.name (line 100): 5 is given. Expected: text"),
    ("[[2009-01-01, 2000.0]", "[[2010-01-01, 2000.0]", "dates must go forward in a path"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), BROKEN)
def test_one_broken_thing_is_told_alone_with_path_and_remedy(right, wrong, told):
    assert right in TINY

    said = told_of(TINY.replace(right, wrong, 1))

    assert said.startswith("1 fault in tiny.toml\n * ")
    assert told in said


def test_tiny_itself_is_silent():
    assert parse_scenario(TINY).name == "tiny"


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    text = (
        'extends = "tiny"\ndrop = ["policy.quota"]\ntitel = "x"\n[time]\nend = 2010-02-28\n'
        '[mine.island]\ncount = "two"\nplant = "iland-plant"\n[[policy]]\ntype = "embrago"\n'
        '[[policy]]\ntype = "embargo"\norigin = "CN"\ndestination = "JA"\nleak = 5\n'
    )

    assert told_of(text, "all.toml").splitlines() == [
        "8 faults in all.toml",
        ' * drop (line 2): "policy.quota" is not inherited. Did you mean "policy.export-quota"?',
        ' * titel (line 3): "titel" is no key of a scenario. Did you mean "title"?',
        " * time.end (line 5): 2010-02-28 is a Sunday; weeks begin on Mondays. The nearest is 2010-03-01.",
        ' * mine.island.count (line 7): "two" is given. Expected: a whole number.',
        ' * mine.island.plant (line 8): "iland-plant" is no refinery. Did you mean "island-plant"?',
        ' * policy[1].type (line 10): "embrago" is no policy. Did you mean "embargo"?',
        ' * policy[2].destination (line 14): "JA" is no zone. Known: CN, JP.',
        " * policy[2].leak (line 15): 5 exceeds 1. A rate is a share; 5 % is 0.05.",
    ]


def test_a_fault_names_the_file_that_wrote_the_value(tmp_path):
    (tmp_path / "base.toml").write_text('extends = "tiny"\n[zone.JP]\ndependence = 2\n', encoding="utf-8")
    child = tmp_path / "child.toml"
    child.write_text('extends = "base.toml"\n[zone.JP]\nhoarding = -1\n', encoding="utf-8")

    with pytest.raises(ScenarioError) as caught:
        load_scenario(child)

    assert str(caught.value).splitlines() == [
        "2 faults in child.toml",
        " * zone.JP.hoarding (line 3): -1 is below 0.",
        " * zone.JP.dependence (base.toml, line 3): 2 exceeds 1. A rate is a share; 2 % is 0.02.",
    ]


def test_two_policies_of_one_name_in_one_file_are_a_fault():
    row = '[[policy]]\ntype = "louder_news"\nname = "loud"\n'

    assert 'policy[2] (line 104): "loud" is written twice' in told_of("\n" * 99 + f'extends = "tiny"\n{row}{row}')


FILES: list[tuple[str, bytes, str]] = [
    ("bad.toml", b"name = \n", "(line 1): This is not TOML: Invalid value, column 8."),
    (
        "latin.toml",
        'a = 1\nname = "\xe9"\n'.encode("latin-1"),
        "(line 2): The file is not UTF-8 text. Save it as UTF-8.",
    ),
    ("deep.toml", b"a = " + b"[" * 5000 + b"]" * 5000, "deep within one another"),
    ("dots.toml", b".".join([b"a"] * 3000) + b" = 1", "deep within one another"),
    ("digits.toml", b"a = " + b"9" * 5000, "This is not TOML"),
    ("empty.toml", b"", "lead_material: missing"),
    (
        "parent.toml",
        b'extends = "japan-2011"',
        '(line 1): "japan-2011" is no scenario. Did you mean "japan-2010"?',
    ),
    ("path.toml", b'extends = "sub/x.toml"', "does not exist. Nor does its folder"),
    (
        "list.toml",
        b'extends = ["tiny"]',
        'One name or path in quotes is expected. Write extends = "baseline".',
    ),
    ("drop.toml", b'extends = "tiny"\ndrop = 3', "drop (line 2): A list of paths in quotes is expected."),
]


@pytest.mark.parametrize(("name", "content", "told"), FILES)
def test_a_file_that_cannot_be_understood_is_a_scenario_error(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)

    assert told in str(caught.value)
    assert name in str(caught.value)


def test_a_mark_of_byte_order_and_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TINY.replace("\n", "\r\n").encode())

    assert load_scenario(path) == load_scenario("tiny")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("tinny", '"tinny" is no scenario. Did you mean "tiny"? Known: '),
        ("gone.toml", "gone.toml does not exist."),
        ("a\0b", '"a\\x00b" is no scenario.'),
        ("a\0b.toml", "a\\x00b.toml does not exist."),
        ("x" * 5000 + ".toml", "cannot be read"),
        ("", "is a folder"),
        ("~nobody-of-that-name/x.toml", "does not exist"),
        ("/dev/null", "is no ordinary file"),
        (LIBRARY, "is a folder. Give a TOML file within it."),
        (LIBRARY / "tny.toml", 'does not exist. Did you mean "tiny.toml"?'),
    ],
)
def test_what_is_no_file_is_a_scenario_error(source: str | Path, told: str):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(source)

    assert told in str(caught.value)


def test_a_huge_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_FILE", 10)
    path = tmp_path / "huge.toml"
    path.write_text(TINY, encoding="utf-8")

    with pytest.raises(ScenarioError, match="bytes exceed the limit of 10"):
        load_scenario(path)


def test_an_error_travels_between_processes():
    error = ScenarioError([Fault(("zone", "X"), "is wrong.", "Mend it.", "a.toml", 3)], "b.toml")

    again = pickle.loads(pickle.dumps(error))

    assert str(again) == str(error) == "1 fault in b.toml\n * zone.X (a.toml, line 3): is wrong. Mend it."
    assert again.faults == error.faults


def test_the_nearest_name_ignores_case_and_nothing_is_near_nonsense():
    assert nearest("jogmec", ["JOGMEC", "SRB"]) == "JOGMEC"
    assert nearest("zzz", ["JOGMEC"]) is None
    assert suggest("zzz", ["b", "a"]) == "Known: a, b."
    assert suggest("zzz", []) == "There are none."
    assert suggest("zzz", "abcdefghijk") == ""


@given(
    st.lists(
        st.text(st.characters(exclude_characters="'\"", exclude_categories=["C", "Z"]), min_size=1),
        min_size=1,
    )
)
def test_a_shown_path_reads_back(keys):
    assert split_path(show_path(tuple(keys))) == tuple(keys)


def test_lines_of_keys_are_found_in_every_way_toml_writes_them():
    text = (
        "# first\na = 1\n[b.'c d']\ne.f = [\n  # note ]\n  1,\n]\ng = { h = 2 }\n"
        "[[p]]\ni = '''\n[x]\nj = 1\n'''\n"
        "[p.q]\nr = 1\n[[p]]\ns = 1\nt = [ { u = 1 } ]\n"
    )

    assert key_lines(text) == {
        ("a",): 2,
        ("b",): 3,
        ("b", "c d"): 3,
        ("b", "c d", "e"): 4,
        ("b", "c d", "e", "f"): 4,
        ("b", "c d", "g"): 8,
        ("b", "c d", "g", "h"): 8,
        ("p",): 9,
        ("p", 0): 9,
        ("p", 0, "i"): 10,
        ("p", 0, "q"): 14,
        ("p", 0, "q", "r"): 15,
        ("p", 1): 16,
        ("p", 1, "s"): 17,
        ("p", 1, "t"): 18,
        ("p", 1, "t", 0): 18,
        ("p", 1, "t", 0, "u"): 18,
    }


def paths_of(value: Any, where: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [where] * bool(where) + [path for key, item in items for path in paths_of(item, (*where, key))]


JUNK = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.dates(), st.datetimes(), st.times()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_junk_anywhere_in_a_file_is_told_and_never_a_traceback(data):
    values = parse(TINY, "tiny")
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths_of(values)))
        node: Any = values
        for key in path[:-1]:
            node = node[key]
        if isinstance(node, dict) and data.draw(st.booleans()):
            node[data.draw(st.text(max_size=5))] = data.draw(JUNK)
        else:
            node[path[-1]] = data.draw(JUNK)

    with contextlib.suppress(ScenarioError):
        assert isinstance(parse_scenario(tomli_w.dumps(values), "junk.toml"), Scenario)
