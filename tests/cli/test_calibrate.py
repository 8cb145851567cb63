"""`market-abm calibrate`: the real model end to end at small size, exit codes, and words."""

import functools
import json
import sys

import invoking
import pandas as pd
import pytest

from market_abm.experiment import loss
from market_abm.experiment.vector import read_vectors

FEAR = "parameters.manufacturer.fear_cover"
FILE = f"""\
title = "Fear in the tiny market"
scenario = "tiny"
until = 2009-10-05
replications = 1
trials = 4
batch = 2
within = 5.0
most_vectors = 2
confirm_replications = 1
[parameter."{FEAR}"]
low = 1.0
high = 4.0
[[moment]]
name = "price in Japan"
outcome = {{ series = "price.NdPr.JP", stat = "mean" }}
target = 16.0
source = "made up"
tolerance = 0.05
"""


invoke = functools.partial(invoking.invoke, "calibrate")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fear.toml").write_text(FILE)
    return tmp_path


@pytest.fixture
def runs(monkeypatch):
    """Ids of the runs that the store lacked when they were asked for."""
    made, real = [], loss.execute

    def execute(tasks, store, *rest):
        asked = {task.id for task in tasks}
        made.extend(asked - store.has(asked))
        return real(tasks, store, *rest)

    monkeypatch.setattr(loss, "execute", execute)
    return made


def test_the_set_is_found_written_and_not_run_for_again(place, runs):
    first = invoke("fear.toml", "--store", "store")
    assert first.exit_code == 0, first.output
    assert len(set(runs)) == len(runs)  # no run was made twice
    made = list(runs)
    written = {file.name: file.read_bytes() for file in (place / "fear").iterdir() if file.suffix != ".sqlite"}
    again = invoke("fear.toml", "--store", "store", "--json")

    assert list(runs) == made
    assert {*written} == {"set.json", "trials.csv", "README.md", "picture.png"}
    assert all((place / "fear" / name).read_bytes() == data for name, data in written.items())
    trials = pd.read_csv(place / "fear" / "trials.csv")
    assert len(trials) == 4
    assert trials[FEAR].between(1, 4).all()
    told = json.loads(again.stdout)
    vectors = read_vectors(place / "fear" / "set.json")
    assert 1 <= len(vectors) <= 2
    assert told["set"]["vectors"][0]["loss"] == vectors[0].loss
    assert told["identifiability"][0]["parameter"] == FEAR
    assert told["trials"] == 4


def test_more_trials_go_on_where_the_search_was(place, runs):
    invoke("fear.toml", "--store", "store", "--trials", 2, "--out", "here")
    before = pd.read_csv(place / "here" / "trials.csv")
    invoke("fear.toml", "--store", "store", "--trials", 3, "--out", "here")
    after = pd.read_csv(place / "here" / "trials.csv")

    assert len(set(runs)) == len(runs)
    assert (len(before), len(after)) == (2, 3)
    assert list(after[FEAR][:2]) == list(before[FEAR])
    assert "--trials 3" in (place / "here" / "README.md").read_text()


def test_faults_of_the_file_are_told_before_anything_runs(place, runs):
    (place / "fear.toml").write_text(FILE.replace("fear_cover", "fear_covr").replace('"tiny"', '"tinny"'))
    result = invoke("fear.toml")
    assert result.exit_code == 2
    assert '"tinny" is no scenario. Did you mean "tiny"?' in result.stderr
    assert not runs
    assert not (place / "fear").exists()
    assert invoke("nowhere.toml").exit_code == 2


def test_a_series_that_the_runs_lack_is_told_with_the_nearest(place):
    (place / "fear.toml").write_text(FILE.replace("price.NdPr.JP", "price.NdPr.JPN"))
    result = invoke("fear.toml", "--store", "store")
    assert result.exit_code == 2
    assert 'no series "price.NdPr.JPN". Did you mean "price.NdPr.JP"?' in result.stderr


def test_a_missing_optimiser_is_told_with_how_to_install_it(place, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    result = invoke("fear.toml")
    assert result.exit_code == 2
    assert "market-abm[calibrate]" in result.stderr


def test_ctrl_c_says_that_the_same_command_goes_on(place, monkeypatch):
    def interrupted(*rest):
        raise KeyboardInterrupt

    monkeypatch.setattr(loss, "execute", interrupted)
    result = invoke("fear.toml", "--store", "store")
    assert result.exit_code == 130
    assert "the same command goes on" in result.stderr
