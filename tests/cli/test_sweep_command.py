"""`market-abm sweep`, `status`, `results`, `merge`: as a person uses them."""

import json
import subprocess

import pandas as pd
import pytest
from invoking import invoke

import market_abm
import market_abm.cli.sweep
from market_abm.experiment import engine
from market_abm.experiment.failure import Failure

FILE = """\
title = "Quota in the tiny market"
scenario = "tiny"
until = 2009-04-06
[design]
kind = "grid"
[[factor]]
name = "rest"
path = "policy.export-quota.rest_share"
values = [0.0, 0.5, 0.95]
[[outcome]]
name = "price"
label = "Price in Japan"
unit = "US$/kg"
series = "price.NdPr.JP"
stat = "mean"
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quota.toml").write_text(FILE)
    return tmp_path


def test_a_sweep_from_first_look_to_last_table(place):
    looked = invoke("sweep", "quota.toml", "--dry-run")
    assert looked.exit_code == 0
    assert "3 points, 3 runs: 0 done, 3 to make, about" in looked.stderr
    assert not (place / "runs").exists()

    made = invoke("sweep", "quota.toml")
    assert made.exit_code == 0
    folder = place / "runs" / "sweeps" / "quota"
    assert "2 done, 1 to make" in made.stderr
    assert "mean price" in made.stderr
    assert "Price in Japan" in made.stdout
    assert (folder / "report.html").is_file()

    told = json.loads(invoke("status", folder, "--json").stdout)
    assert (told["planned"], told["done"], told["failed"], told["pending"]) == (3, 3, 0, 0)

    (digest,) = [line for line in made.stdout.splitlines() if line.startswith("digest: ")]
    listed = invoke("results", folder, "--out", "runs.parquet")
    assert digest in listed.stdout
    assert invoke("results", folder, "--out", "runs.txt", "--format", "csv").exit_code == 0
    printed = invoke("results", folder, "--format", "csv").stdout
    assert printed == (place / "runs.txt").read_text()
    table = pd.read_parquet("runs.parquet")
    pd.testing.assert_frame_equal(table, market_abm.load_sweep(folder))
    assert table["rest"].tolist() == [0.0, 0.5, 0.95]

    again = invoke("sweep", "quota.toml")
    assert again.exit_code == 0
    assert "Nothing to do" in again.stdout
    assert json.loads(invoke("sweep", "quota.toml", "--json").stdout)["done"] == 3


def test_a_finished_sweep_shows_what_its_file_says_now(place):
    invoke("sweep", "quota.toml", "--out", "out")
    file = place / "quota.toml"
    file.write_text(file.read_text("utf-8").replace("title = ", 'title = "Renamed: " # '), "utf-8")

    assert "Renamed: " in invoke("sweep", "quota.toml", "--out", "out").stdout
    assert "Renamed: " in (place / "out" / "report.html").read_text("utf-8")


def test_shards_are_merged(place):
    for number in (1, 2):
        assert invoke("sweep", "quota.toml", "--shard", f"{number}/2", "--out", f"part-{number}").exit_code == 0
    assert "2 done" not in invoke("status", "part-2").stdout
    result = invoke("merge", "part-1", "part-2", "--out", "whole")
    assert result.exit_code == 0
    assert "3 runs copied to whole: 3 of 3 done, 0 failed" in result.stdout


def test_slurm_gets_a_script_that_bash_understands(place):
    result = invoke("sweep", "quota.toml", "--slurm", "--tasks", 4, "--workers", 2, "--out", "my runs")
    assert result.exit_code == 0
    assert "#SBATCH --array=1-4" in result.stdout
    command = "market-abm sweep quota.toml --out 'my runs' --workers 2 --shard \"$SLURM_ARRAY_TASK_ID/4\""
    assert result.stdout.splitlines()[-1] == command
    subprocess.run(["bash", "-n"], input=result.stdout.encode(), check=True)
    assert not (place / "my runs").exists()


def test_a_failed_run_is_told_with_its_command_and_exit_code_1(place, monkeypatch):
    real = engine.attempt

    def attempt(task):
        return Failure("ConservationError: 1 kg vanished") if task.point == 1 else real(task)

    monkeypatch.setattr(engine, "attempt", attempt)
    result = invoke("sweep", "quota.toml", "--out", "out")
    assert result.exit_code == 1
    assert "failed: point 1 seed 0: ConservationError: 1 kg vanished" in result.stderr
    alone = "market-abm run tiny --set policy.export-quota.rest_share=0.5 --until 2009-04-06 --seed 0"
    assert alone in result.stderr
    assert json.loads(invoke("status", "out", "--json").stdout)["failed"] == 1
    monkeypatch.undo()
    monkeypatch.chdir(place)
    assert invoke("sweep", "quota.toml", "--out", "out").exit_code == 0


BAD = {
    "no file": (["sweep", "nowhere.toml"], "does not exist"),
    "no sweep": (["status", "."], "holds no sweep"),
    "no shard": (["sweep", "quota.toml", "--shard", "2"], "is no part; write I/N, such as 2/8"),
    "shard beyond": (["sweep", "quota.toml", "--shard", "3/2"], "shard 3/2 does not exist"),
    "limits alone": (["sweep", "quota.toml", "--engine", "serial", "--time-limit", 5], "belong to --engine processes"),
    "scheduler alone": (["sweep", "quota.toml", "--engine", "serial", "--scheduler", "tcp://a:1"], "--engine dask"),
    "serial crowd": (["sweep", "quota.toml", "--engine", "serial", "--workers", 2], "has one worker"),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_input_is_told_with_exit_code_2(case, place):
    words, said = BAD[case]
    result = invoke(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert [entry.name for entry in place.iterdir()] == ["quota.toml"]


def test_faults_of_the_file_are_told_before_anything_runs(place):
    (place / "quota.toml").write_text(FILE.replace("rest_share", "rest_shar").replace("[design]", "[desing]"))
    result = invoke("sweep", "quota.toml")
    assert result.exit_code == 2
    assert '"desing" is no key of a sweep. Did you mean "design"?' in result.stderr
    (place / "quota.toml").write_text(FILE.replace("rest_share", "rest_shar"))
    assert 'Did you mean "rest_share"?' in invoke("sweep", "quota.toml").stderr
    assert not (place / "runs").exists()


def test_a_table_needs_a_known_format(place):
    assert invoke("sweep", "quota.toml", "--out", "out", "--shard", "1/3").exit_code == 0
    result = invoke("results", "out", "--out", "runs.xlsx")
    assert result.exit_code == 2
    assert "a table is .parquet or .csv" in result.stderr


def test_ctrl_c_says_that_the_same_command_goes_on(place, monkeypatch):
    def interrupted(*rest):
        raise KeyboardInterrupt

    monkeypatch.setattr("market_abm.sweep.driver.execute", interrupted)
    result = invoke("sweep", "quota.toml")
    assert result.exit_code == 130
    assert "the same command goes on" in result.stderr
