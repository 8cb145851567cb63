"""A calibration file: what it means, and every fault at once."""

import math
import re
from pathlib import Path

import pytest

from market_abm.experiment.calibration import WHOLE
from market_abm.experiment.calibration_file import read_calibration
from market_abm.scenario.errors import ScenarioError

ROOT = Path(__file__).resolve().parents[2]
GOOD = """\
title = "A fit"
scenario = "tiny"
until = 2010-01-04

[parameter."parameters.manufacturer.fear_cover"]
low = 1.0
high = 4.0

[parameter."parameters.licence.holders"]
low = 5
high = 40
log = true
start = 10

[[arm]]
name = "wide"
set = ["policy.export-quota.enabled=false", "parameters.manufacturer.fear_cover=0"]

[[moment]]
name = "peak"
outcome = "ndpr_peak_ratio"
tolerance = 0.2

[[moment]]
name = "level"
arm = "wide"
outcome = { series = "price.NdPr.JP", stat = "mean", from = "2009-03", to = "2009-06" }
target = 17.0
source = "made up"
scale = "linear"
tolerance = 1.5
weight = 2.0
"""


@pytest.fixture
def read(tmp_path):
    """Read a calibration file from its text."""

    def from_text(text):
        file = tmp_path / "fit.toml"
        file.write_text(text, encoding="utf-8")
        return read_calibration(file)

    return from_text


def faults_of(read, text):
    with pytest.raises(ScenarioError) as caught:
        read(text)
    return [fault.told("fit.toml") for fault in caught.value.faults]


def test_a_file_says_what_is_fitted_to_what(read):
    fit = read(GOOD)

    fear, holders = fit.parameters
    assert (fear.low, fear.high, fear.log, fear.whole) == (1.0, 4.0, False, False)
    assert fear.start == fit.arms[WHOLE].parameters.manufacturer.fear_cover
    assert (holders.start, holders.log, holders.whole) == (10, True, True)
    peak, level = fit.moments
    assert (peak.arm, peak.scale, peak.weight) == (WHOLE, "log", 1.0)
    assert (level.arm, level.target, level.scale, level.tolerance, level.weight) == ("wide", 17.0, "linear", 1.5, 2.0)
    assert not fit.arms["wide"].policy[0].enabled
    assert {arm.time.end.isoformat() for arm in fit.arms.values()} == {"2010-01-04"}


def test_a_measure_brings_its_historical_value_and_source(read):
    from market_abm.history import reference_table

    history = reference_table().set_index("metric").loc["ndpr_peak_ratio"]
    peak = read(GOOD).moments[0]
    assert (peak.target, peak.source) == (history["value"], history["source"])


def test_what_an_arm_sets_itself_stays_whatever_the_vector_says(read):
    fit = read(GOOD)
    vector = {"parameters.manufacturer.fear_cover": 3.5, "parameters.licence.holders": 7}

    assert fit.scenario_of(vector, WHOLE).parameters.manufacturer.fear_cover == 3.5
    wide = fit.scenario_of(vector, "wide")
    assert wide.parameters.manufacturer.fear_cover == 0
    assert wide.parameters.licence.holders == 7


def test_seeds_of_the_confirmation_are_fresh(read):
    fit = read(GOOD)
    assert not set(fit.seeds) & set(fit.fresh_seeds)
    assert len(fit.fresh_seeds) == fit.confirm_replications


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("tolerance = 0.2", "tolerance = 0.3", False),
        ("high = 4.0", "high = 5.0", False),
        ('set = ["', 'set = ["time.growth_from=2009-01-12", "', False),
        ('title = "A fit"', 'title = "A fit"\nseed = 1', False),
        ('title = "A fit"', 'title = "Another"\ntrials = 900\nwithin = 0.5\nmost_vectors = 3', True),
    ],
)
def test_a_search_is_known_by_what_decides_its_trials(old, new, same, read):
    assert (read(GOOD).id == read(GOOD.replace(old, new, 1)).id) is same


def test_every_fault_is_told_at_once_with_line_and_nearest_name(read):
    text = """\
title = "A fit"
scenario = "tiny"
until = 2030-01-01
sampler = "tpee"
replication = 2
batch = 0

[parameter."parameters.manufacturer.fear_covr"]
low = 1.0
high = 4.0

[parameter."parameters.manufacturer.attention"]
low = 0.5
high = 1.5

[parameter."parameters.miner.response"]
low = 0.3
high = 0.2

[parameter."parameters.refiner.target_cover"]
low = 3.0
high = 8.0
"""
    said = faults_of(read, text)
    for line, words in [
        (3, "cannot stop before 2030-01-01"),
        (4, '"tpee" is not allowed. Did you mean "tpe"?'),
        (5, '"replication" is no key of this file. Did you mean "replications"?'),
        (6, "Expected: a whole number, at least 1."),
    ]:
        assert any(f"line {line})" in fault and words in fault for fault in said), (words, said)
    assert any("nothing to fit" in fault for fault in said)


def test_faults_of_parameters_tell_bound_and_remedy(read):
    text = """\
title = "A fit"
scenario = "tiny"
[parameter."parameters.manufacturer.fear_covr"]
low = 1.0
high = 4.0
[parameter."parameters.manufacturer.attention"]
low = 0.5
high = 1.5
[parameter."parameters.miner.response"]
low = 0.3
high = 0.2
[parameter."parameters.refiner.target_cover"]
low = 3.0
high = 8.0
[parameter."parameters.miner.illegal_bounds"]
low = 0.0
high = 1.0
[parameter."parameters.news.story_share"]
low = 0.0
high = 1.0
log = true
[[moment]]
name = "peak"
outcome = "ndpr_peak_ratio"
tolerance = 0.2
"""
    said = "\n".join(faults_of(read, text))
    for words in [
        'fear_covr" (line 3): there is no "fear_covr"',
        'Did you mean "fear_cover"?',
        'attention".high (line 8): 1.5 exceeds 1',
        'response".high (line 11): 0.2 is not above low = 0.3',
        "target_cover\".start (line 12): The scenario's value 1.8 lies outside 3 to 8",
        'illegal_bounds" (line 15): This is no number',
        'story_share".low (line 19): 0 is not above 0. log = true needs bounds above 0',
    ]:
        assert words in said, said


def test_faults_of_moments_tell_row_and_remedy(read):
    text = (
        GOOD
        + """
[[moment]]
name = "level"
arm = "wid"
outcome = "ndpr_peak_ratioo"
target = 1.0
source = "x"
tolerance = 0

[[moment]]
name = "other"
outcome = { series = "prise.NdPr.JP", stat = "meen" }
scale = "log"
target = -1.0
tolerance = 1.0

[[moment]]
name = "late"
outcome = { series = "price.NdPr.JP", stat = "max", from = "2012-03", colour = "red" }
target = 1.0
source = "x"
tolerance = 1.0

[[moment]]
name = "later"
outcome = { series = "prise.NdPr.JP", stat = "max", from = "2012-03" }
target = 1.0
source = "x"
tolerance = 1.0
"""
    )
    said = "\n".join(faults_of(read, text))
    for words in [
        '"level" is written twice',
        '"wid" is no arm of this file. Did you mean "wide"?',
        '"ndpr_peak_ratioo" is no measure. Did you mean "ndpr_peak_ratio"?',
        "0 is too small. Expected: a number above 0.",
        '"colour" is no key here',
        '"prise.NdPr.JP" is no series',
        '"meen" is not allowed. Did you mean "mean"?',
        "2012-03 is not recorded",
        "missing; give text in quotes",
        'scale = "log" needs a target above 0',
    ]:
        assert words in said, said


def test_a_scenario_that_is_not_there_does_not_hide_other_faults(read):
    said = "\n".join(faults_of(read, GOOD.replace('"tiny"', '"tinny"').replace("tolerance = 0.2", "")))
    assert re.search(r'\(line 2\): "tinny" is no scenario. Did you mean "tiny"\?', said)
    assert "tolerance" in said


def test_a_file_names_its_scenario_from_its_own_folder(tmp_path, monkeypatch):
    (tmp_path / "deep").mkdir()
    (tmp_path / "mine.toml").write_text('extends = "tiny"\nname = "mine"\n', encoding="utf-8")
    file = tmp_path / "deep" / "fit.toml"
    file.write_text(GOOD.replace('"tiny"', '"../mine.toml"'), encoding="utf-8")
    monkeypatch.chdir(ROOT)
    assert read_calibration(file).arms[WHOLE].name == "mine"


@pytest.mark.parametrize("file", sorted((ROOT / "experiments" / "calibration").glob("*.toml")), ids=lambda f: f.stem)
def test_shipped_calibrations_have_no_fault_and_a_source_for_every_target(file):
    for moment in read_calibration(file).moments:
        assert moment.source
        assert math.isfinite(moment.target)
