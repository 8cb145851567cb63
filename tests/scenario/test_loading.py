"""Reading scenarios: names, files, inheritance, overrides."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from market_abm.policy import Embargo, ExportTax
from market_abm.scenario.errors import ScenarioError
from market_abm.scenario.library import describe, scenario_names
from market_abm.scenario.loading import load_scenario, parse_scenario

EMBARGO = '[[policy]]\ntype = "embargo"\norigin = "CN"\ndestination = "JP"\n'


@pytest.fixture
def write(tmp_path):
    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_loads_and_has_a_title(name):
    scenario = load_scenario(name)

    assert scenario.name == name
    assert describe(name).title


def test_a_scenario_object_comes_back_as_it_is():
    tiny = load_scenario("tiny")

    assert load_scenario(tiny) is tiny


def test_a_scenario_object_takes_overrides_and_keeps_the_rest():
    tiny = load_scenario("tiny")

    changed = load_scenario(tiny, ["time.end=2010-01-04"])

    assert changed.time.end == dt.date(2010, 1, 4)
    assert changed.model_copy(update={"time": tiny.time}) == tiny


def test_a_file_is_named_after_its_stem(write):
    assert load_scenario(write("mine.toml", 'extends = "tiny"\n')).name == "mine"
    assert load_scenario(str(write("b.toml", 'extends = "tiny"\nname = "own"\n'))).name == "own"


def test_tables_merge_key_by_key_while_scalars_and_lists_are_replaced(write):
    child = write("c.toml", 'extends = "tiny"\n[mine.northern]\ncost_usd_per_kg = [2.0, 2.5]\n')

    mine = load_scenario(child).mine["northern"]

    assert mine.cost_usd_per_kg == (2.0, 2.5)
    assert mine.count == 2


def test_extends_takes_a_path_beside_the_file(write):
    write("base.toml", 'extends = "tiny"\n[time]\nend = 2010-01-04\n')

    assert load_scenario(write("c.toml", 'extends = "base.toml"\n')).time.end == dt.date(2010, 1, 4)


def test_a_policy_of_the_same_name_is_changed_and_others_are_appended(write):
    write("base.toml", f'extends = "tiny"\n{EMBARGO}name = "stop"\nleak = 0.2\n')
    child = write("c.toml", f'extends = "base.toml"\n[[policy]]\nname = "stop"\nleak = 0.3\n{EMBARGO}')

    policies = load_scenario(child).policy

    assert [policy.name for policy in policies] == ["export-quota", "stop", "embargo"]
    assert isinstance(policies[1], Embargo)
    assert policies[1].leak == 0.3
    assert policies[1].destination == "JP"


def test_a_policy_of_another_type_replaces_the_one_of_its_name(write):
    child = write(
        "c.toml",
        'extends = "tiny"\n[[policy]]\nname = "export-quota"\ntype = "export_tax"\norigin = "CN"\n'
        "rate = [[2009-01-05, 0.1]]\n",
    )

    assert isinstance(load_scenario(child).policy[0], ExportTax)


def test_policies_without_a_name_are_numbered(write):
    write("base.toml", f'extends = "tiny"\n{EMBARGO}{EMBARGO}')
    child = write("c.toml", f'extends = "base.toml"\n{EMBARGO}name = "embargo-4"\n{EMBARGO}{EMBARGO}')

    names = [policy.name for policy in load_scenario(child).policy]

    assert names == ["export-quota", "embargo", "embargo-2", "embargo-4", "embargo-3", "embargo-5"]


def test_links_merge_by_what_they_join(write):
    text = '[[link]]\norigin = "CN"\ndestination = "JP"\ntransit_weeks = 5\n'
    smuggled = '[[link]]\norigin = "CN"\ndestination = "JP"\nsmuggled = true\n'

    links = load_scenario(write("c.toml", f'extends = "tiny"\n{text}{smuggled}')).link

    assert [(link.origin, link.transit_weeks, link.smuggled) for link in links] == [
        ("CN", 5, False),
        ("JP", 2, False),
        ("CN", 0, True),
    ]


def test_drop_removes_what_is_inherited(write):
    dropped = '"policy.export-quota", "mine.island", "link.JP-CN", "zone.JP.dependence"'
    text = f'extends = "tiny"\ndrop = [{dropped}]\n'

    scenario = load_scenario(write("c.toml", text))

    assert scenario.policy == []
    assert list(scenario.mine) == ["northern"]
    assert len(scenario.link) == 1
    assert scenario.zone["JP"].dependence == 0.8


def test_an_empty_list_of_policies_leaves_none(write):
    assert load_scenario(write("c.toml", 'extends = "tiny"\npolicy = []\n')).policy == []


def test_overrides_reach_rows_by_name_and_defaults_that_no_file_wrote():
    text = 'extends = "tiny"\n[mine."Mt. Weld"]\nzone = "JP"\ndeposit = "bastnaesite"\n'
    text += "capacity_t_per_year = [1.0, 1.0]\ncost_usd_per_kg = [1.0, 1.0]\n"

    scenario = parse_scenario(
        text,
        "c",
        [
            'mine."Mt. Weld".count=2',
            "policy.export-quota.rest_share=0.1",
            "parameters.manufacturer.fear_cover=3",
            "link.CN-JP.transit_weeks=4",
            "title=A = b",
            "manufacturer.magnets-cn.use_t_per_year.NdPr=5",
            "rules_off=['news']",
        ],
    )

    assert scenario.mine["Mt. Weld"].count == 2
    assert scenario.policy[0].rest_share == 0.1
    assert scenario.parameters.manufacturer.fear_cover == 3
    assert scenario.link[0].transit_weeks == 4
    assert scenario.title == "A = b"
    assert scenario.manufacturer["magnets-cn"].use_t_per_year == {"NdPr": 5}
    assert scenario.rules_off == ["news"]


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (
            "policy.export-qota.rest_share=0",
            'there is no "export-qota" in policy. Did you mean "export-quota"?',
        ),
        ("parameters.manufacturer.fear=1", 'there is no "fear" in parameters.manufacturer. Did you mean "'),
        ("mines.northern.count=1", '"mines" is no section. Did you mean "mine"?'),
        ("time.end.year=1", "time.end is set as a whole."),
        ("time.end", "no path=value. Write path=value, such as time.end=2012-12-31."),
        ("=1", "no path=value"),
        ("a..b=1", "no path=value"),
        ("time.end=soon", 'time.end (--set): "soon" is given. Expected: a date such as 2010-09-27.'),
        ("policy.export-quota.name=x", "a policy keeps its name."),
        ("policy.export-quota=3", "policy.export-quota (--set): 3 is given. Expected: a table."),
        ("policy=3", "policy (--set): 3 is given. Expected: rows in double brackets"),
    ],
)
def test_a_wrong_override_is_told_with_its_remedy(override, told):
    with pytest.raises(ScenarioError) as caught:
        load_scenario("tiny", [override])

    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("policy.export-qota", 'Did you mean "policy.export-quota"?'),
        ("mine.islnd", 'Did you mean "mine.island"?'),
        ("nonsense", '"nonsense" is not inherited.'),
        ("a..b", '"a..b" is not inherited.'),
        ("mine.island.count.x", "is not inherited."),
    ],
)
def test_dropping_what_is_not_there_is_a_fault(write, path, told):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write("c.toml", f'extends = "tiny"\ndrop = ["{path}"]\n'))

    assert told in str(caught.value)
    assert "drop (line 2)" in str(caught.value)


def test_a_loop_of_files_is_named(write):
    write("a.toml", 'extends = "b.toml"\n')
    write("b.toml", 'extends = "c.toml"\n')
    path = write("c.toml", '# c\nextends = "a.toml"\n')

    with pytest.raises(ScenarioError, match=r"in a loop: c.toml -> a.toml -> b.toml -> c.toml"):
        load_scenario(path)
    with pytest.raises(ScenarioError, match=r"in a loop: self.toml -> self.toml"):
        load_scenario(write("self.toml", 'extends = "self.toml"\n'))


def test_reading_scenarios_imports_nothing_heavy():
    code = "import sys, market_abm.scenario.loading as l; l.load_scenario('tiny'); print(*sys.modules)"

    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert not {"pandas", "mesa", "numba", "matplotlib", "pyarrow"} & set(modules)
