"""The command line: exit codes, words to users, and nothing half-written.

Most tests put a quick market in the place of the model; `TestRealModel` runs the
real one in processes of its own.
"""

import json
import os
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest
from invoking import invoke

import market_abm

ROOT = Path(market_abm.__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "record"))

from fake_market import FailingMarket, FakeMarket, InterruptedMarket, tiny  # noqa: E402

from market_abm import console  # noqa: E402
from market_abm.books.ledger import ConservationError  # noqa: E402
from market_abm.record.run import Run  # noqa: E402

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def file(place) -> Path:
    """A scenario file in it."""
    from market_abm.scenario.writing import dump_toml

    path = place / "mine.toml"
    path.write_text(dump_toml(tiny()))
    return path


@pytest.fixture(autouse=True)
def page(monkeypatch):
    """A page that is written at once; the real one has its own tests."""
    stand_in = types.ModuleType("market_abm.report.page")
    stand_in.write_report = lambda runs, path: path.write_text(f"<html>{len(runs)} runs</html>")
    monkeypatch.setitem(sys.modules, "market_abm.report.page", stand_in)


def put_in_place_of_the_model(monkeypatch, market: type, branch=None) -> None:
    stand_in = types.ModuleType("market_abm.model")
    stand_in.MineralMarket = market
    if branch is not None:
        stand_in.branch = branch
    monkeypatch.setitem(sys.modules, "market_abm.model", stand_in)
    monkeypatch.setattr(market_abm, "model", stand_in, raising=False)


@pytest.fixture
def quick(monkeypatch):
    """A quick market in the place of the model."""
    put_in_place_of_the_model(monkeypatch, FakeMarket)


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.usefixtures("quick")
class TestRun:
    def test_keeps_the_run_and_says_where(self, file):
        result = invoke("run", file, "--seed", 3)

        assert result.exit_code == 0
        assert "folder: runs/fake-seed3" in result.stdout
        assert "report: runs/fake-seed3/report.html" in result.stdout
        assert Run.load("runs/fake-seed3").seed == 3

    def test_the_same_run_again_is_already_there(self, file):
        invoke("run", file)
        before = Path("runs/fake-seed0/manifest.json").stat().st_mtime_ns

        result = invoke("run", file)

        assert result.exit_code == 0
        assert "already there" in result.stderr
        assert Path("runs/fake-seed0/manifest.json").stat().st_mtime_ns == before

    def test_another_run_in_the_folder_is_refused_and_kept(self, file):
        invoke("run", file)

        result = invoke("run", file, "--until", "2010-06-07")

        assert result.exit_code == 2
        assert "--out" in result.stderr
        assert "--force" in result.stderr
        assert Run.load("runs/fake-seed0").manifest["weeks"] == 52

    def test_force_replaces_it(self, file):
        invoke("run", file)

        assert invoke("run", file, "--until", "2010-06-07", "--force").exit_code == 0
        assert Run.load("runs/fake-seed0").manifest["weeks"] == 22

    def test_json_is_all_there_is_on_stdout(self, file):
        result = invoke("run", file, "--json")

        told = json.loads(result.stdout)
        assert told["scenario"] == "fake"
        assert told["runs"][0]["digest"] == Run.load("runs/fake-seed0").digest
        assert told["runs"][0]["measures"]["ndpr_fob_2009"] is None

    def test_replications_go_into_one_folder(self, file):
        result = invoke("run", file, "--replications", 3, "--seed", 5)

        assert result.exit_code == 0
        assert names_in(Path("runs/fake-3x")) == ["report.html", "seed-5", "seed-6", "seed-7"]

    def test_a_failed_replication_exits_with_1_and_keeps_the_others(self, file, monkeypatch):
        put_in_place_of_the_model(monkeypatch, FailingMarket)

        result = invoke("run", file, "--replications", 3, "--json")

        assert result.exit_code == 1
        assert "seed 2 failed: RuntimeError: 1 g vanished" in result.stderr
        assert json.loads(result.stdout)["failures"] == {"2": "RuntimeError: 1 g vanished"}
        assert names_in(Path("runs/fake-3x")) == ["report.html", "seed-0", "seed-1"]

    def test_books_that_do_not_balance_exit_with_1_and_leave_nothing(self, file, monkeypatch):
        class Leaking(FakeMarket):
            def step(self):
                raise ConservationError("NdPr: 1,200 kg vanished in settle")

        put_in_place_of_the_model(monkeypatch, Leaking)

        result = invoke("run", file)

        assert result.exit_code == 1
        assert result.stderr.endswith("ConservationError: NdPr: 1,200 kg vanished in settle\n")
        assert names_in(Path("runs")) == []

    @pytest.mark.parametrize(
        ("more", "words"),
        [([], "Nothing half-done"), (["--replications", "4"], "goes on with what is missing")],
    )
    def test_ctrl_c_exits_with_130_and_says_how_to_go_on(self, file, monkeypatch, more, words):
        put_in_place_of_the_model(monkeypatch, InterruptedMarket)

        result = invoke("run", file, *(more or ["--seed", "2"]))

        assert result.exit_code == 130
        assert words in result.stderr
        assert all(name == "fake-4x" for name in names_in(Path("runs")))

    @pytest.mark.parametrize(
        ("words", "remedy"),
        [
            (["nowhere"], "nowhere"),
            (["mine.toml", "--until", "soon"], "year-month-day"),
            (["mine.toml", "--until", "1999-01-04"], "time.record_from"),
            (["mine.toml", "--seed", "-1"], "--seed"),
            (["mine.toml", "--out", "mine.toml/inside"], "--out"),
            (["mine.toml", "--out", "."], "--out"),
        ],
    )
    def test_wrong_input_exits_with_2_and_a_remedy_and_writes_nothing(self, file, words, remedy):
        result = invoke("run", *words)

        assert result.exit_code == 2
        assert remedy in result.stderr
        assert "Traceback" not in result.stderr
        assert names_in(file.parent) == ["mine.toml"]

    def test_a_damaged_folder_is_told(self, file):
        invoke("run", file)
        Path("runs/fake-seed0/prices.parquet").write_bytes(b"")

        result = invoke("run", file)

        assert result.exit_code == 2
        assert "damaged" in result.stderr
        assert invoke("run", file, "--force").exit_code == 0


@pytest.mark.usefixtures("quick")
class TestOthers:
    def test_compare_sets_runs_and_replications_beside_each_other(self, file):
        invoke("run", file)
        invoke("run", file, "--replications", 2)

        result = invoke("compare", "runs/fake-seed0", "runs/fake-2x", "--all", "--json")

        assert result.exit_code == 0
        assert [row["metric"] for row in json.loads(result.stdout)["comparison"]] == ["project_survival"]
        assert invoke("compare", "runs/fake-seed0", "runs/fake-2x").exit_code == 0

    @pytest.mark.parametrize("command", ["report", "compare"])
    def test_a_folder_that_is_no_run_exits_with_2(self, place, command):
        result = invoke(command, place, *([place] if command == "compare" else []))

        assert result.exit_code == 2
        assert "market-abm run" in result.stderr

    def test_report_writes_the_page_anew(self, file):
        invoke("run", file)
        Path("runs/fake-seed0/report.html").unlink()

        result = invoke("report", "runs/fake-seed0")

        assert result.stdout.strip() == "runs/fake-seed0/report.html"
        assert Path("runs/fake-seed0/report.html").is_file()

    def test_show_prints_what_check_and_run_accept(self, file):
        Path("again.toml").write_text(invoke("show", file).stdout)

        assert invoke("check", "again.toml", file).exit_code == 0
        assert invoke("show", "again.toml").stdout == invoke("show", file).stdout

    def test_check_lists_the_faults_of_every_file(self, file):
        Path("broken.toml").write_text(file.read_text().replace("count", "cuont").replace("[zone.JP]", "[zoen.JP]"))
        Path("no.toml").write_text("=")

        result = invoke("check", file, "broken.toml", "no.toml")

        assert result.exit_code == 2
        assert "mine.toml: no faults" in result.stdout
        assert "broken.toml" in result.stderr
        assert "2 of 3 files" in result.stderr

    def test_branch_keeps_a_run_that_remembers_where_it_left(self, file, monkeypatch):
        def branch(scenario, seed, at, other):
            return FakeMarket(other, seed)

        put_in_place_of_the_model(monkeypatch, FakeMarket, branch)
        invoke("run", file)

        words = ["branch", "runs/fake-seed0", "--at", "2010-09-21", "--with", file]
        result = invoke(*words)

        assert result.exit_code == 0
        found = Run.load("runs/fake-seed0-fake-2010-09-21")
        assert found.manifest["branch"] == {"run": Run.load("runs/fake-seed0").id, "at": "2010-09-21"}
        assert "already there" in invoke(*words).stderr

    @pytest.mark.parametrize(("at", "words"), [("1999-01-04", "outside the run"), ("then", "year-month-day")])
    def test_branch_at_a_wrong_date_exits_with_2(self, file, at, words):
        invoke("run", file)

        result = invoke("branch", "runs/fake-seed0", "--at", at, "--with", file)

        assert result.exit_code == 2
        assert words in result.stderr

    def test_branch_into_another_world_exits_with_2(self, file, monkeypatch):
        def branch(scenario, seed, at, other):
            raise ValueError("a branch may change policies only, not zone")

        put_in_place_of_the_model(monkeypatch, FakeMarket, branch)
        invoke("run", file)

        result = invoke("branch", "runs/fake-seed0", "--at", "2010-09-21", "--with", file)

        assert result.exit_code == 2
        assert "policies only" in result.stderr

    def test_branch_says_when_the_model_cannot(self, file):
        invoke("run", file)

        result = invoke("branch", "runs/fake-seed0", "--at", "2010-09-21", "--with", file)

        assert result.exit_code == 2
        assert "cannot branch" in result.stderr

    @pytest.mark.parametrize("command", ["run", "scenarios", "show", "check", "compare", "branch", "report"])
    def test_every_help_shows_an_example(self, command):
        result = invoke(command, "--help")

        assert result.exit_code == 0
        assert f"Example: market-abm {command}" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (float("nan"), "1", ""),
        (0.0, "1", "0"),
        (0.0567, "1", "0.0567"),
        (17.69, "1", "17.7"),
        (234.5, "1", "234"),
        (-12345.6, "US$ m", "-12,346"),
        (2011.577, "year", "2011.58"),
    ],
)
def test_numbers_are_written_for_people(value, unit, text):
    assert console.number(value, unit) == text


def command(*words: object, **more) -> subprocess.CompletedProcess:
    line = [sys.executable, "-m", "market_abm.cli", *map(str, words)]
    return subprocess.run(line, env=ENVIRONMENT, capture_output=True, text=True, **more)


def test_help_imports_nothing_heavy():
    line = [sys.executable, "-X", "importtime", "-m", "market_abm.cli", "--help"]

    result = subprocess.run(line, env=ENVIRONMENT, capture_output=True, text=True)

    assert result.returncode == 0
    imported = {row.rsplit("|", 1)[-1].strip() for row in result.stderr.splitlines()}
    assert not imported & {"numpy", "pandas", "mesa", "numba", "matplotlib", "pyarrow", "pydantic"}


HERE = Path(market_abm.__file__).parent
NEEDED = ("model.py", "scenario/library/tiny.toml", "report/page.py")
READY = all((HERE / part).exists() for part in NEEDED)


@pytest.mark.skipif(not READY, reason="the model, its library or its page is not there yet")
class TestRealModel:
    def test_tiny_runs_and_runs_the_same_again(self, place):
        first, second = (command("run", "tiny", "--json", "--out", place / name) for name in "ab")

        assert (first.returncode, second.returncode) == (0, 0), first.stderr
        one, two = (json.loads(result.stdout)["runs"][0] for result in (first, second))
        assert one["id"] == two["id"]
        assert one["digest"] == two["digest"]
        assert (place / "a" / "report.html").stat().st_size > 10_000

    def test_workers_give_what_one_process_gives(self, place):
        digests = []
        for name, workers in (("one", 1), ("two", 2)):
            result = command("run", "tiny", "--replications", 2, "--workers", workers, "--json", "--out", place / name)
            assert result.returncode == 0, result.stderr
            digests.append([run["digest"] for run in json.loads(result.stdout)["runs"]])

        assert digests[0] == digests[1]

    def test_python_gives_what_the_command_gives_and_forgets_the_model(self, place, monkeypatch):
        import mesa

        monkeypatch.undo()
        counters = getattr(mesa.Agent, "_ids", {})  # Mesa 3.5 keeps none
        known = len(counters)
        run = market_abm.run("tiny", seed=1, overrides=["rules_off=['news']"], until="2009-06-01")

        words = ["--seed", 1, "--set", "rules_off=['news']", "--until", "2009-06-01", "--json", "--out", place / "x"]
        told = json.loads(command("run", "tiny", *words).stdout)["runs"][0]
        assert (told["id"], told["digest"]) == (run.id, run.digest)
        assert len(counters) == known

    def test_a_branch_shares_the_past_and_leaves_it(self, place):
        (place / "closed.toml").write_text(
            'extends = "tiny"\n[[policy]]\ntype = "embargo"\nname = "closed"\norigin = "CN"\n'
            'destination = "JP"\nleak = 0.0\n'
        )
        assert command("run", "tiny", "--out", "one", cwd=place).returncode == 0

        words = ["branch", "one", "--at", "2009-09-07", "--with", "closed.toml", "--out", "two"]
        result = command(*words, cwd=place)

        assert result.returncode == 0, result.stderr
        one, two = (Run.load(place / name) for name in ("one", "two"))
        past = [run.prices[run.prices["week"] < "2009-09-07"] for run in (one, two)]
        assert past[0].equals(past[1])
        assert one.digest != two.digest

    def test_scenarios_are_listed_and_every_one_can_be_shown_and_checked(self, place):
        assert "tiny" in command("scenarios").stdout
        shown = command("show", "tiny")
        (place / "shown.toml").write_text(shown.stdout)

        assert command("check", place / "shown.toml").returncode == 0

    def test_a_wrong_set_exits_with_2_without_a_traceback(self, place):
        result = command("run", "tiny", "--set", "zoen.CN.label=x", cwd=place)

        assert result.returncode == 2
        assert "Traceback" not in result.stderr
        assert names_in(place) == []

    @pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_stopped_in_the_middle_leaves_no_partial_folder(self, place, number):
        line = [
            sys.executable,
            "-m",
            "market_abm.cli",
            "run",
            "tiny",
            "--replications",
            "500",
            "--out",
            "many",
        ]
        process = subprocess.Popen(line, env=ENVIRONMENT, cwd=place, stderr=subprocess.PIPE, text=True)
        assert "seed 0 finished" in process.stderr.readline()
        time.sleep(0.2)

        process.send_signal(number)
        said = process.communicate(timeout=60)[1]

        assert process.returncode == 130
        assert "goes on with what is missing" in said
        assert all(name.startswith("seed-") for name in names_in(place / "many"))
        for name in names_in(place / "many"):
            Run.load(place / "many" / name)
