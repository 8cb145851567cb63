"""Sweep files: what they resolve to, and every fault in words, before anything is run."""

import pytest

from market_abm.record.identity import setting_id
from market_abm.scenario.errors import ScenarioError
from market_abm.scenario.loading import load_scenario
from market_abm.sweep.sweep_file import check_points, read_sweep

FILE = """\
title = "Quota and fear"
scenario = "tiny"
until = 2009-06-01
set = ["parameters.speculator.gain=0.2"]
[design]
kind = "grid"
[[factor]]
name = "rest"
path = "policy.export-quota.rest_share"
values = [0.0, 0.9]
[[factor]]
name = "fear"
path = "parameters.manufacturer.fear_cover"
values = [1.5, 3.0]
[[outcome]]
name = "price"
series = "price.NdPr.JP"
from = "2009-03"
to = "2009-05"
stat = "mean"
"""
SERIES = 'series = "price.NdPr.JP"\nfrom = "2009-03"\nto = "2009-05"\nstat = "mean"'
LIST = FILE.replace('kind = "grid"', 'kind = "list"\nfile = "points.csv"').replace("values = [0.0, 0.9]", "").replace(
    "values = [1.5, 3.0]", "low = 0.5\nhigh = 3.0"
)  # fmt: skip


@pytest.fixture
def written(tmp_path):
    def write(text, points=None):
        (tmp_path / "quota.toml").write_text(text)
        if points is not None:
            (tmp_path / "points.csv").write_text(points)
        return tmp_path / "quota.toml"

    return write


def faults(file) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read_sweep(file)
    return str(caught.value).splitlines()[1:]


class TestPoints:
    def test_a_point_is_the_scenario_with_its_settings(self, written):
        plan = read_sweep(written(FILE))

        assert plan.points.to_dict("records")[2] == {"rest": 0.9, "fear": 1.5}
        settings = [
            "parameters.speculator.gain=0.2",
            "policy.export-quota.rest_share=0.9",
            "parameters.manufacturer.fear_cover=1.5",
        ]
        assert plan.settings(2) == settings
        expected = load_scenario("tiny", [*settings, "time.end=2009-06-01"])
        assert setting_id(plan.scenario(2)) == setting_id(expected)

    def test_a_value_can_stand_for_several_settings(self, written):
        text = FILE.replace(
            'path = "policy.export-quota.rest_share"\nvalues = [0.0, 0.9]',
            'values = ["none", "tight"]\n'
            'sets = [["policy.export-quota.enabled=false"],'
            ' ["policy.export-quota.rest_share=0.9", "policy.export-quota.end=2009-12-07"]]',
        )
        plan = read_sweep(written(text))
        assert plan.settings(0)[1] == "policy.export-quota.enabled=false"
        assert plan.settings(2)[1:3] == ["policy.export-quota.rest_share=0.9", "policy.export-quota.end=2009-12-07"]
        assert plan.scenario(0).policy[0].enabled is False

    def test_a_date_is_a_value(self, written):
        text = FILE.replace("rest_share", "end").replace("[0.0, 0.9]", "[2009-05-04, 2009-07-06]")
        plan = read_sweep(written(text))
        assert plan.points["rest"].tolist() == ["2009-05-04"] * 2 + ["2009-07-06"] * 2
        assert str(plan.scenario(2).policy[0].end) == "2009-07-06"

    def test_a_list_is_taken_as_it_stands(self, written):
        plan = read_sweep(written(LIST, "fear,rest\n0.5,0\n3,0.25\n"))
        assert plan.points.to_dict("records") == [{"rest": 0.0, "fear": 0.5}, {"rest": 0.25, "fear": 3.0}]

    def test_labels_and_comments_do_not_make_another_sweep(self, written):
        before = read_sweep(written(FILE)).seals
        assert (
            read_sweep(written("# why\n" + FILE.replace('name = "rest"', 'name = "rest"\nlabel = "Rest"'))).seals
            == before
        )
        assert read_sweep(written(FILE.replace("0.9", "0.8"))).seals["factors"] != before["factors"]
        assert read_sweep(written(FILE.replace("gain=0.2", "gain=0.1"))).seals["scenario"] != before["scenario"]


BAD = {
    "unknown path": (
        ("rest_share", "rest_shar"),
        'factor.rest.path (line 9): there is no "rest_shar" in policy.export-quota. Did you mean "rest_share"?',
    ),
    "value out of bounds": (("[0.0, 0.9]", "[0.0, 1.9]"), "factor.rest.values (line 10): with 1.9: 1.9 exceeds"),
    "value twice": (("[0.0, 0.9]", "[0.0, 0.0]"), "factor.rest.values (line 10): 0.0 is written twice."),
    "no values": (("[0.0, 0.9]", "[]"), "factor.rest.values (line 10): the list is empty."),
    "mixed values": (("[0.0, 0.9]", '[0.0, "a"]'), "numbers, words and true/false are mixed."),
    "nothing to vary": (("values = [0.0, 0.9]", ""), "factor.rest (line 7): there is nothing to vary."),
    "range without steps": (("values = [0.0, 0.9]", "low = 0\nhigh = 0.5"), "a grid needs to know how many steps"),
    "range upside down": (("values = [0.0, 0.9]", "low = 0.5\nhigh = 0.2"), "0.2 is not above low = 0.5."),
    "same path twice": (("policy.export-quota.rest_share", "parameters.manufacturer.fear_cover"), "has the same path"),
    "same name twice": (('name = "fear"', 'name = "rest"'), '"rest" is written twice.'),
    "reserved name": (('name = "fear"', 'name = "seed"'), '"seed" is a column of the results already.'),
    "unknown design": (('"grid"', '"gird"'), 'design.kind (line 6): "gird" is not allowed. Did you mean "grid"?'),
    "strange key of a design": (('kind = "grid"', 'kind = "grid"\npoints = 3'), 'belongs to kind = "latin_hypercube'),
    "design without size": (('"grid"', '"latin_hypercube"'), "design.points (line 5): missing"),
    "no power of two": (('"grid"', '"sobol"\npoints = 100'), "100 is no power of 2. Take 64 or 128."),
    "odd levels": (('"grid"', '"morris"\ntrajectories = 3\nlevels = 3'), "3 is odd"),
    "unknown key": (("title", "titel"), '"titel" is no key of a sweep. Did you mean "title"?'),
    "unknown measure": ((SERIES, ""), '"price" is no measure.'),
    "month not recorded": (('to = "2009-05"', 'to = "2010-05"'), "2010-05 is not recorded"),
    "unknown scenario": (('"tiny"', '"tinny"'), 'scenario (line 2): "tinny" is no scenario. Did you mean "tiny"?'),
    "bad setting": (("speculator.gain", "speculator.gian"), 'set (line 4): there is no "gian"'),
    "late end": (("2009-06-01", "2019-06-01"), "until (line 3): a run of tiny cannot stop before"),
    "too many points": (('"grid"', '"saltelli"\npoints = 1048576'), "design.points"),
    "precise without limit": (
        ("[design]", '[precise]\noutcome = "price"\nwidth = 1\n[design]'),
        "most_replications: missing",
    ),
    "frontier of nothing": (
        ("[design]", '[frontier]\ncost = "prize"\nbenefit = "price"\n[design]'),
        'frontier.cost (line 6): "prize" is no outcome of this file. Did you mean "price"?',
    ),
    "frontier of one outcome": (
        ("[design]", '[frontier]\ncost = "price"\nbenefit = "price"\n[design]'),
        "frontier.benefit (line 7): is the cost as well. Name two outcomes.",
    ),
    "precise of nothing": (
        ("[design]", '[precise]\noutcome = "prize"\nwidth = 1\n[design]'),
        'precise.outcome (line 6): "prize" is no outcome of this file. Did you mean "price"?',
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_fault_is_told_with_its_place_and_remedy(case, written):
    (old, new), said = BAD[case]
    assert FILE.count(old)
    told = "\n".join(faults(written(FILE.replace(old, new, 1))))
    assert said in told


def test_all_faults_are_told_at_once(written):
    text = FILE.replace("rest_share", "rest_shar").replace('name = "price"', 'name = "rest"')
    assert len(faults(written(text.replace("2009-05", "2012-05")))) == 3


BAD_LISTS = {
    "no file": (None, "points.csv cannot be read"),
    "empty": ("", 'the column "rest" is missing'),
    "no rows": ("rest,fear\n", "the list is empty."),
    "strange column": ("rest,fear,fera\n0,1,1\n", 'line 1): "fera" is no factor of the sweep. Did you mean "fear"?'),
    "duplicate": ("rest,fear\n0,1\n0.5,1\n0,1.0\n", "line 4): the same point as in line 2."),
    "out of range": ("rest,fear\n0,1\n0,9\n", "line 3): fear: 9 lies outside 0.5 to 3."),
    "no number": ("rest,fear\n0,much\n", 'line 2): fear: "much" is no number.'),
    "empty cell": ("rest,fear\n0,\n", "line 2): fear: the cell is empty."),
    "short row": ("rest,fear\n0\n", "line 2): 1 cells under 2 heads."),
}


@pytest.mark.parametrize("case", BAD_LISTS)
def test_a_fault_of_a_list_is_told_with_its_line(case, written):
    points, said = BAD_LISTS[case]
    assert said in "\n".join(faults(written(LIST, points)))


def test_points_whose_values_cannot_stand_together_are_told(written):
    text = FILE.replace("rest_share", "start").replace("[0.0, 0.9]", "[2009-01-05, 2010-01-04]")
    text = text.replace("parameters.manufacturer.fear_cover", "policy.export-quota.end")
    plan = read_sweep(written(text.replace("[1.5, 3.0]", "[2009-06-01, 2011-01-03]")))

    error = check_points(plan, [2])

    assert error is not None
    assert "point 2 (rest = 2010-01-04, fear = 2009-06-01)" in str(error)
    assert "before it starts" in str(error)
