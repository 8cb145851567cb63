"""The command `validate` on the smallest market: real runs, real store."""

import json

import pytest
from invoking import invoke

from market_abm.books.ledger import ConservationError


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_scenario_is_set_against_history_and_misses_are_no_failure(place):
    result = invoke("validate", "tiny", "--replications", 2)

    assert result.exit_code == 0
    assert "NdPr export price, 2009" in result.stdout
    assert "MISS" in result.stdout
    assert "in-sample rows pass" in result.stdout
    assert (place / "runs" / "validation-tiny" / "validation.html").is_file()


def test_the_same_command_again_runs_nothing_and_says_the_same(place):
    first = invoke("validate", "tiny", "--replications", 2, "--json")
    again = invoke("validate", "tiny", "--replications", 2, "--json")

    assert "finished" in first.stderr
    assert "finished" not in again.stderr
    assert first.stdout == again.stdout
    assert json.loads(first.stdout)["seeds"] == [0, 1]


def test_an_unknown_scenario_is_told_with_the_nearest_one(place):
    result = invoke("validate", "tinny")

    assert result.exit_code == 2
    assert "tiny" in result.stderr
    assert not (place / "runs").exists()


def test_a_folder_of_other_things_is_refused_before_anything_runs(place):
    (place / "mine").mkdir()
    (place / "mine" / "thesis.txt").write_text("years of work")

    result = invoke("validate", "tiny", "--replications", 1, "--out", "mine")

    assert result.exit_code == 2
    assert "another folder" in result.stderr
    assert [entry.name for entry in (place / "mine").iterdir()] == ["thesis.txt"]


def test_a_failed_run_is_left_out_and_the_exit_code_says_so(place, monkeypatch):
    from market_abm.experiment import engine

    real = engine.simulate

    def simulate(scenario, seed, *rest, **more):
        if seed == 1:
            raise ConservationError("metal vanished")
        return real(scenario, seed, *rest, **more)

    monkeypatch.setattr(engine, "simulate", simulate)

    result = invoke("validate", "tiny", "--replications", 2)

    assert result.exit_code == 1
    assert "metal vanished" in result.stderr
    assert json.loads((place / "runs" / "validation-tiny" / "validation.json").read_text())["seeds"] == [0]


def test_when_no_run_finishes_there_is_nothing_to_judge(place, monkeypatch):
    from market_abm.experiment import engine

    def simulate(*_, **__):
        raise ConservationError("metal vanished")

    monkeypatch.setattr(engine, "simulate", simulate)

    result = invoke("validate", "tiny", "--replications", 2)

    assert result.exit_code == 1
    assert "no replication of tiny finished" in result.stderr
