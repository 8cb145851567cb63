"""`market-abm experiment`: the real model end to end at small size, exit codes, and words."""

import functools
import json

import invoking
import pytest

from market_abm.experiment import study

FILE = """
title = "Quota and price"
question = "Does a tight quota raise the price in Japan?"
claim = "It does."
scenario = "tiny"
until = 2009-10-05
replications = 3
[[arm]]
name = "ample"
[[arm]]
name = "tight"
set = ["policy.export-quota.rest_share=0.9"]
[[outcome]]
name = "price"
series = "price.NdPr.JP"
from = "2009-06"
to = "2009-09"
stat = "mean"
[[hypothesis]]
name = "dearer"
says = "A tight quota makes it dearer."
outcome = "price"
arm = "tight"
against = "ample"
as = "ratio"
expect = "above"
threshold = 1.05
"""


invoke = functools.partial(invoking.invoke, "experiment")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quota.toml").write_text(FILE)
    return tmp_path


def test_the_model_is_run_once_and_the_finding_written(place):
    first = invoke("quota.toml", "--store", "store")
    second = invoke("quota.toml", "--store", "store", "--json")

    assert first.exit_code == second.exit_code == 0
    assert "supported" in first.stdout
    assert "0 to make" in second.stderr
    (told,) = json.loads(second.stdout)
    assert told["hypotheses"][0]["value"] > 1.05
    assert json.loads((place / "quota" / "results.json").read_text()) == told
    assert "$ market-abm experiment quota.toml\n" in (place / "quota" / "README.md").read_text()


def test_faults_are_words_and_exit_code_2(place):
    (place / "bad.toml").write_text(FILE.replace('"mean"', '"men"').replace('"tight"\nset', '"tight"\nsett'))

    result = invoke("quota.toml", "bad.toml", "missing.toml", "--store", "store")

    assert result.exit_code == 2
    assert "2 faults in bad.toml" in result.stderr
    assert "missing.toml does not exist" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (place / "store").exists()


def test_a_quick_look_needs_its_own_folder(place):
    assert invoke("quota.toml", "--quick").exit_code == 2


def test_failed_runs_give_exit_code_1(place, monkeypatch):
    monkeypatch.setattr(study, "execute", lambda tasks, *rest: {task.id: "ValueError: broken" for task in tasks})

    result = invoke("quota.toml", "--store", "store")

    assert result.exit_code == 1
    assert "ValueError: broken" in result.stderr


def test_ctrl_c_says_how_to_go_on(place, monkeypatch):
    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "execute", interrupted)

    result = invoke("quota.toml", "--store", "store")

    assert result.exit_code == 130
    assert "the same command goes on" in result.stderr
