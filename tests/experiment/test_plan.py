"""Experiment files: what they mean, and every fault with its place and its remedy."""

import json
from pathlib import Path

import pytest

from market_abm.experiment.plan_file import PlanError, read_plan, read_plans
from market_abm.experiment.vector import VectorError, read_vectors
from market_abm.scenario.errors import ScenarioError
from market_abm.scenario.loading import load_scenario

HEAD = """
title = "T"
question = "Q?"
claim = "C."
scenario = "tiny"
"""
ARMS = """
[[arm]]
name = "whole"
[[arm]]
name = "tight"
set = ["policy.export-quota.rest_share=0.85", "rules_off=['speculation']"]
"""
OUTCOMES = """
[[outcome]]
name = "price"
series = "price.NdPr.JP"
stat = "mean"
from = "2009-06"
to = 2009-12-31
"""
HYPOTHESES = """
[[hypothesis]]
name = "dearer"
says = "S."
outcome = "price"
arm = "tight"
against = "whole"
as = "ratio"
expect = "above"
threshold = 1
"""


@pytest.fixture
def write(tmp_path):
    """Write an experiment file and return its path; parts may be replaced."""

    def written(
        head: str = HEAD, arms: str = ARMS, outcomes: str = OUTCOMES, hypotheses: str = HYPOTHESES, name: str = "e.toml"
    ) -> Path:
        path = tmp_path / name
        path.write_text(head + arms + outcomes + hypotheses)
        return path

    return written


def faults_of(path: Path) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        read_plan(path)
    return [fault.told(path.name) for fault in error.value.faults]


def line_of(path: Path, text: str) -> int:
    return path.read_text().splitlines().index(text) + 1


class TestMeaning:
    def test_changes_are_those_of_set_on_the_command_line(self, write):
        plan = read_plan(write())

        by_hand = load_scenario("tiny", ["policy.export-quota.rest_share=0.85", "rules_off=['speculation']"])
        (arms,) = plan.scenarios.values()
        assert arms == {"whole": load_scenario("tiny"), "tight": by_hand}

    def test_a_piece_is_laid_over_the_base_and_keeps_its_name(self, write):
        piece = """
[[arm]]
name = "whole"
[[arm]]
name = "tight"
[arm.with]
drop = ["policy.export-quota"]
[arm.with.mine.northern]
count = 3
[[arm.with.policy]]
type = "embargo"
origin = "CN"
destination = "JP"
start = 2009-07-01
"""
        (arms,) = read_plan(write(arms=piece)).scenarios.values()

        assert [policy.type for policy in arms["tight"].policy] == ["embargo"]
        assert arms["tight"].mine["northern"].count == 3
        assert arms["tight"].mine["northern"].cost_usd_per_kg == arms["whole"].mine["northern"].cost_usd_per_kg
        assert arms["tight"].name == "tiny"

    def test_the_same_arm_in_two_files_is_one_run(self, write):
        one = read_plan(write())
        as_piece = ARMS.replace(
            """set = ["policy.export-quota.rest_share=0.85", "rules_off=['speculation']"]""",
            'with = { rules_off = ["speculation"], policy = [{ name = "export-quota", rest_share = 0.85 }] }',
        )
        other = read_plan(write(arms=as_piece, name="other.toml"))

        assert one.tasks("tight", [3])[3].id == other.tasks("tight", [3])[3].id
        assert one.tasks("tight", [3])[3].id != one.tasks("whole", [3])[3].id

    def test_files_and_ends_are_found_relative_to_the_experiment(self, write, tmp_path):
        (tmp_path / "mine.toml").write_text('extends = "tiny"\nlead_material = "NdPr"\n')
        path = write(
            head=HEAD + "until = 2010-01-04\n", arms=ARMS.replace('"tight"', '"tight"\nscenario = "mine.toml"')
        )
        (arms,) = read_plan(path).scenarios.values()

        assert arms["tight"].name == "mine"
        assert {str(scenario.time.end) for scenario in arms.values()} == {"2010-01-04"}

    def test_vectors_are_laid_over_every_arm(self, write, tmp_path):
        file = tmp_path / "fits.json"
        values = {"parameters.manufacturer.fear_cover": 2.5}
        file.write_text(json.dumps({"vectors": [{"name": "v01", "loss": 0.3, "values": values}]}))

        plan = read_plan(write(), read_vectors(file))

        assert [vector.name for vector in plan.vectors] == ["v01"]
        for scenario in plan.scenarios[plan.vectors[0]].values():
            assert scenario.parameters.manufacturer.fear_cover == 2.5

    def test_what_an_arm_sets_itself_no_vector_undoes(self, write, tmp_path):
        file = tmp_path / "fits.json"
        values = {"parameters.manufacturer.fear_cover": 2.5, "parameters.manufacturer.trend_cover": 0.1}
        file.write_text(json.dumps({"vectors": [{"name": "v01", "loss": 0.3, "values": values}]}))
        own = (
            """set = ["parameters.manufacturer.fear_cover=0.5"]\n"""
            "with = { parameters = { manufacturer = { trend_cover = 0.9 } } }"
        )
        old = """set = ["policy.export-quota.rest_share=0.85", "rules_off=['speculation']"]"""

        plan = read_plan(write(arms=ARMS.replace(old, own)), read_vectors(file))

        arms = plan.scenarios[plan.vectors[0]]
        makers = {name: arm.parameters.manufacturer for name, arm in arms.items()}
        assert (makers["tight"].fear_cover, makers["tight"].trend_cover) == (0.5, 0.9)
        assert (makers["whole"].fear_cover, makers["whole"].trend_cover) == (2.5, 0.1)

    def test_arms_that_are_the_same_are_noticed(self, write):
        path = write(arms=ARMS.replace("0.85", "0.0").replace("['speculation']", "[]"))

        assert read_plan(path).twins == [("tight", "whole")]


class TestFaults:
    def test_all_faults_of_all_files_are_told_at_once(self, write, tmp_path):
        first = write(outcomes=OUTCOMES.replace("mean", "men"), name="first.toml")
        second = write(hypotheses=HYPOTHESES.replace('"tight"', '"tigt"'), name="second.toml")

        with pytest.raises(PlanError) as error:
            read_plans([first, second, tmp_path / "third.toml", write(name="sound.toml")])

        said = str(error.value)
        assert 'outcome.price.stat (line 16): "men" is not allowed. Did you mean "mean"?' in said
        assert '"tigt" is no arm of this file. Did you mean' in said or "Known: tight, whole." in said
        assert "third.toml does not exist" in said
        assert "sound.toml" not in said

    def test_a_wrong_key_is_named_with_the_nearest(self, write):
        path = write(head=HEAD + "untill = 2009-12-01\n")

        assert faults_of(path) == ['untill (line 6): "untill" is no key of an experiment. Did you mean "until"?']

    def test_a_fault_within_a_piece_has_its_line_in_this_file(self, write):
        path = write(arms=ARMS + "[arm.with.mine.northern]\ncount = -2\n")

        (said,) = faults_of(path)
        assert said == f'arm "tight", mine.northern.count (line {line_of(path, "count = -2")}): -2 is below 1.'

    def test_a_wrong_change_has_the_line_of_set(self, write):
        path = write(arms=ARMS.replace("export-quota", "export-quot"))

        (said,) = faults_of(path)
        assert said.startswith('arm "tight", policy.export-quot (line 11)')
        assert 'Did you mean "export-quota"?' in said

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ('"price.NdPr.JP"', '"prce.NdPr.JP"', 'Did you mean "price"?'),
            ('"2009-06"', '"2008-06"', "is not recorded in arm"),
            ('"2009-06"', "2009-06", 'from = "2010-01"'),
            ('"2009-06"', '"2010-02"', "2010-02 is after 2009-12"),
            ('"2009-06"', '"soon"', "is no month"),
            ('stat = "mean"', "", "missing; say how months become one number"),
            ('stat = "mean"', 'stat = "max_over_mean"', "needs base_from and base_to"),
            ('series = "price.NdPr.JP"', "", '"price" is no measure.'),
        ],
    )
    def test_an_outcome_that_cannot_be_measured_is_refused(self, write, old, new, words):
        assert words in " ".join(faults_of(write(outcomes=OUTCOMES.replace(old, new))))

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("threshold = 1", "threshold = [1, 2]", 'expect = "above" needs one number'),
            ("threshold = 1", "threshold = [2, 1]", "the low end comes first"),
            ('"ratio"', '"share"', "needs the share of seeds wanted"),
            ('against = "whole"', "", "a ratio needs the arm it is taken against"),
            ('against = "whole"', 'against = "tight"', "compared with itself"),
            ('outcome = "price"', 'outcome = "prize"', 'is no outcome of this file. Did you mean "price"?'),
        ],
    )
    def test_a_hypothesis_that_cannot_be_judged_is_refused(self, write, old, new, words):
        assert words in " ".join(faults_of(write(hypotheses=HYPOTHESES.replace(old, new))))

    def test_names_are_used_once(self, write):
        said = faults_of(write(arms=ARMS + ARMS, outcomes=OUTCOMES + OUTCOMES, hypotheses=HYPOTHESES * 2))

        assert sum("is written twice" in one for one in said) == 4

    def test_a_curve_needs_numbers(self, write):
        assert "a curve needs two arms" in faults_of(write(head=HEAD + 'picture = "curve"\n'))[0]

    def test_an_unknown_base_has_the_line_that_names_it(self, write):
        said = faults_of(write(head=HEAD.replace('"tiny"', '"japan-2011"')))

        assert 'scenario (line 5): "japan-2011" is no scenario. Did you mean "japan-2010"?' in said[0]

    @pytest.mark.parametrize("text", ["no json", "{}", '{"vectors": [{"name": "v", "values": {"a": "b"}}]}'])
    def test_a_file_without_vectors_is_refused(self, tmp_path, text):
        file = tmp_path / "fits.json"
        file.write_text(text)

        with pytest.raises(VectorError, match=r"fits\.json"):
            read_vectors(file)
