"""`market-abm explain`: words, exit codes, resuming. Made-up runs stand in for the model but in one test."""

import functools
import importlib.util
import json
from pathlib import Path

import invoking
import pytest

BESIDE = Path(__file__).parents[1] / "explain" / "made_up_subjects.py"
SPEC = importlib.util.spec_from_file_location("explain_made_up", BESIDE)
known = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(known)


invoke = functools.partial(invoking.invoke, "explain")


class Model:
    """Counts the runs it makes up, and fails or is stopped when told to."""

    def __init__(self):
        self.made, self.fails, self.stops_after = 0, lambda scenario, seed: False, None

    def __call__(self, scenario, seed, *args, **kwargs):
        if self.made == self.stops_after:
            raise KeyboardInterrupt
        if self.fails(scenario, seed):
            raise RuntimeError("1 g vanished")
        self.made += 1
        return known.made_up_run(scenario, seed)


@pytest.fixture
def model(monkeypatch):
    made = Model()
    monkeypatch.setattr("market_abm.experiment.engine.simulate", made)
    return made


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A folder of a made-up run in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    known.made_up_run(known.three_years(), 1).save(tmp_path / "mine")
    return Path("mine")


def test_a_run_is_explained_under_its_own_seed_and_the_next_and_again_nothing_is_run(model, run):
    result = invoke(run, "--replications", 2)

    assert result.exit_code == 0
    assert model.made == 36 * 2
    assert "Exporter's restrictions" in result.stdout
    assert "seed 1:" in result.stdout
    assert "72 of 72 runs are missing" in result.stderr
    assert {file.name for file in Path("runs/explain-mine").iterdir()} >= {"README.md", "picture.png"}
    assert [file.name for file in run.iterdir() if file.name.startswith("explain")] == []

    page = Path("runs/explain-mine/README.md").read_bytes()
    again = invoke(run, "--replications", 2)
    fewer = invoke(run, "--replications", 1, "--groups-only")
    asked = invoke(run, "--replications", 1, "--groups-only", "--force", "--json")

    assert (again.exit_code, again.stdout) == (0, result.stdout)
    assert Path("runs/explain-mine/README.md").read_bytes() != page  # the last one was asked for
    assert fewer.exit_code == 2
    assert "--force" in fewer.stderr
    assert model.made == 36 * 2
    _is_json_that_adds_up(asked.stdout)


def test_a_stopped_command_goes_on_where_it_was(model, run):
    model.stops_after = 10
    stopped = invoke(run, "--replications", 1, "--groups-only")
    model.stops_after = None

    result = invoke(run, "--replications", 1, "--groups-only")

    assert stopped.exit_code == 130
    assert "22 of 32 runs are missing" in result.stderr
    assert model.made == 32


def _is_json_that_adds_up(printed):
    told = json.loads(printed)
    groups = [row for row in told["contributions"] if row["move"] == "peak_export"]
    values = told["moves"]["peak_export"]["values"]
    assert sum(row["mean"] for row in groups) == pytest.approx(values["31"][0] - values["0"][0])
    assert told["peaks"]["export"]["quarter"] == "2010Q3"


def test_a_failed_arm_leaves_its_seed_out_and_ends_with_1(model, run):
    model.fails = lambda scenario, seed: seed == 2
    result = invoke(run, "--replications", 2, "--groups-only")

    assert result.exit_code == 1
    assert "1 g vanished" in result.stderr
    assert "Left out, for an arm failed: seeds 2" in Path("runs/explain-mine/README.md").read_text("utf-8")


def test_when_nothing_finishes_it_says_so_and_ends_with_1(model, run):
    model.fails = lambda scenario, seed: True
    result = invoke(run, "--replications", 1, "--groups-only")

    assert result.exit_code == 1
    assert "no seed of tiny finished" in result.stderr


def test_the_chronicle_alone_runs_nothing(model, run):
    result = invoke(run, "--chronicle")

    assert result.exit_code == 0
    assert model.made == 0
    assert result.stdout.startswith("2009-01: The record begins; NdPr at the gate costs 20 US$/kg\n")
    assert not Path("runs").exists()
    assert json.loads(invoke(run, "--chronicle", "--json").stdout)[0]["month"] == "2009-01"


def test_all_tells_more_than_the_choice():
    few, every = (invoke("tiny", "--seed", 1, "--chronicle", *more).stdout for more in ((), ("--all",)))

    assert len(every.splitlines()) > len(few.splitlines()) >= 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "is no scenario"),
        (["mine", "--seed", 3], "--seed is for scenarios"),
        (["mine", "--base", "soon", "--to", "later"], "--base 'soon'"),
        (["mine", "--material", "ndPt"], 'Did you mean "NdPr"'),
        (["mine", "--out", "."], "holds other things than an explanation"),
    ],
)
def test_wrong_input_ends_with_2_and_a_remedy(model, run, words, told):
    result = invoke(*words)

    assert result.exit_code == 2
    assert told in result.stderr
    assert model.made == 0


def test_a_branch_has_a_chronicle_only(model, run):
    made = known.made_up_run(known.three_years(), 1)
    branch = type(made)(made.scenario, 1, made.tables, {"branch": {"run": "x", "at": "2010-06-07"}})
    branch.save("branched")

    refused, told = invoke("branched"), invoke("branched", "--chronicle")

    assert (refused.exit_code, told.exit_code) == (2, 0)
    assert "is a branch" in refused.stderr


def test_a_folder_of_replications_is_refused_with_one_of_them_named(model, run):
    known.made_up_run(known.three_years(), 1).save("many/seed-1")
    result = invoke("many")

    assert result.exit_code == 2
    assert "many/seed-1" in result.stderr


def test_the_model_itself_can_be_explained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke(
        "tiny", "--seed", 3, "--replications", 1, "--groups-only", "--to", "2009-10-01", "--out", "why", "--json"
    )

    told = json.loads(result.stdout)
    parts = sum(row["mean"] for row in told["contributions"] if row["move"] == "peak_domestic")
    values = told["moves"]["peak_domestic"]["values"]
    assert parts == pytest.approx(values["31"][0] - values["0"][0], abs=1e-12)
    assert told["peaks"]["domestic"]["usd_per_kg"] > 0
    assert told["notes"] == []
