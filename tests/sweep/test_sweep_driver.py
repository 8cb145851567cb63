"""Sweeps run: the same table from every way of making it, nothing lost, nothing made twice."""

import contextlib
import os
import pickle
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import market_abm
from market_abm.experiment.engine import ProcessEngine, SerialEngine
from market_abm.experiment.failure import Failure
from market_abm.experiment.task import Task
from market_abm.record.errors import RecordError
from market_abm.scenario.errors import ScenarioError
from market_abm.sweep import driver
from market_abm.sweep.driver import Settings, make_sweep, preview, run_sweep
from market_abm.sweep.merge import merge
from market_abm.sweep.plan import Sweep
from market_abm.sweep.planned import PointTasks, identities, planned_runs
from market_abm.sweep.replication import seeds_wanted
from market_abm.sweep.results import load_sweep, read_results, table_digest
from market_abm.sweep.status import read_status
from market_abm.sweep.sweep_file import read_sweep

FILE = """\
title = "Quota and fear"
scenario = "tiny"
until = 2009-05-04
replications = 2
[design]
kind = "grid"
[[factor]]
name = "rest"
path = "policy.export-quota.rest_share"
values = [0.0, 0.95]
[[factor]]
name = "fear"
path = "parameters.manufacturer.fear_cover"
values = [1.5, 3.0]
[[outcome]]
name = "price"
unit = "US$/kg"
series = "price.NdPr.JP"
stat = "mean"
[[outcome]]
name = "ndpr_peak_ratio"
"""
PRECISE = (
    FILE.replace("replications = 2", "replications = 2\nmost_replications = 6")
    .replace("[design]", '[precise]\noutcome = "price"\nwidth = 1.5\n[design]')
    .replace("[1.5, 3.0]", "[1.5]")
)


@pytest.fixture(autouse=True)
def no_report(monkeypatch):
    """The page has its own tests."""
    monkeypatch.setattr(driver, "_write_report", lambda results: None)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "quota.toml"
    path.write_text(FILE)
    return path


@pytest.fixture(scope="module")
def serial(file, tmp_path_factory):
    """Results of the sweep, made one run after the other and never stopped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "_write_report", lambda results: None)
        return run_sweep(file, Settings(out=tmp_path_factory.mktemp("serial") / "out"))


@pytest.fixture(scope="module")
def precise(tmp_path_factory):
    """A sweep that adds seeds."""
    path = tmp_path_factory.mktemp("precise") / "precise.toml"
    path.write_text(PRECISE)
    return path


@pytest.fixture(scope="module")
def whole(precise, tmp_path_factory):
    """Results of a sweep that adds seeds, never stopped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "_write_report", lambda results: None)
        return run_sweep(precise, Settings(out=tmp_path_factory.mktemp("whole") / "out"))


def copied(serial, place) -> Path:
    """Folder of the finished sweep, for tests that change it."""
    return Path(shutil.copytree(serial.folder, place / "copy"))


class Counting:
    """The serial engine; remembers what it was asked for, and may fail or stop."""

    def __init__(self, fails=(), stop_after=None):
        self.made: list[str] = []
        self.fails, self.stop_after = set(fails), stop_after

    def results(self, tasks):
        for task in tasks:
            if len(self.made) == self.stop_after:
                raise KeyboardInterrupt
            self.made.append(task.id)
            if (task.point, task.seed) in self.fails:
                yield task, Failure("ConservationError: 1 kg vanished", "Traceback: settle")
            else:
                yield from SerialEngine().results(iter([task]))


class TestTheSameTable:
    def test_it_has_a_row_a_point_and_seed(self, serial):
        runs = serial.runs
        assert list(runs.columns[:8]) == [
            "point",
            "seed",
            "rest",
            "fear",
            "digest",
            "seconds",
            "price",
            "ndpr_peak_ratio",
        ]
        assert runs[["point", "seed"]].to_numpy().tolist() == [[point, seed] for point in range(4) for seed in (0, 1)]
        assert runs["rest"].tolist() == [0.0] * 4 + [0.95] * 4
        assert (serial.planned, len(serial.failures)) == (8, 0)
        assert "ndpr_peak_ratio" not in runs.columns[8:]

    def test_a_row_is_what_the_run_alone_says(self, serial):
        sets = ["policy.export-quota.rest_share=0.95", "parameters.manufacturer.fear_cover=3.0"]
        alone = market_abm.run("tiny", seed=1, overrides=sets, until="2009-05-04")
        row = serial.runs.iloc[-1]
        assert row["digest"] == alone.digest
        prices = alone.prices.query("material == 'NdPr' and zone == 'JP'")
        assert prices["price_usd_per_kg"].min() <= row["price"] <= prices["price_usd_per_kg"].max()

    def test_all_points_meet_the_same_seeds(self, serial):
        assert serial.runs.groupby("point")["seed"].apply(list).tolist() == [[0, 1]] * 4

    def test_from_worker_processes(self, file, serial, tmp_path):
        found = run_sweep(file, Settings(ProcessEngine(2), out=tmp_path / "out"))
        assert table_digest(found) == table_digest(serial)

    def test_from_shards_that_are_merged(self, file, serial, tmp_path):
        for number in (1, 2, 3):
            part = make_sweep(file, Settings(shard=(number, 3), out=tmp_path / f"{number}"))
            assert part.results is not None
            assert set(part.results.runs["point"]) == set(range(number - 1, 4, 3))

        taken = merge([tmp_path / "1", tmp_path / "2", tmp_path / "3"], tmp_path / "whole")

        assert taken == 8
        assert table_digest(read_results(tmp_path / "whole")) == table_digest(serial)
        assert merge([tmp_path / "1", tmp_path / "2"], tmp_path / "whole") == 0  # nothing twice
        assert read_status(tmp_path / "whole").pending == 0

    def test_from_shards_that_share_a_folder(self, file, serial, tmp_path):
        for number in (1, 2):
            make_sweep(file, Settings(shard=(number, 2), out=tmp_path / "out"))
        assert table_digest(read_results(tmp_path / "out")) == table_digest(serial)

    def test_from_a_sweep_that_was_stopped(self, file, serial, tmp_path):
        settings = Settings(out=tmp_path / "out")
        first = Counting(stop_after=3)
        with pytest.raises(KeyboardInterrupt):
            run_sweep(file, replace(settings, engine=first))
        assert read_status(tmp_path / "out").done == 3
        second = Counting()

        found = run_sweep(file, replace(settings, engine=second))

        assert table_digest(found) == table_digest(serial)
        assert Counter(first.made + second.made).most_common(1)[0][1] == 1
        third = Counting()
        assert make_sweep(file, replace(settings, engine=third)).made == len(third.made) == 0

    def test_from_a_sweep_whose_driver_was_killed(self, file, serial, tmp_path):
        command = [sys.executable, "-m", "market_abm.cli", "sweep", str(file), "--out", str(tmp_path / "out")]
        house = Path(market_abm.__file__).parent.parent
        running = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(house)}, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and running.poll() is None:
                with contextlib.suppress(RecordError):  # not planned yet
                    if read_status(tmp_path / "out").done >= 3:
                        break
                time.sleep(0.02)
        finally:
            running.send_signal(signal.SIGKILL)
            running.wait()
        before = read_status(tmp_path / "out").done
        engine = Counting()

        found = run_sweep(file, Settings(engine, out=tmp_path / "out"))

        assert before >= 3
        assert len(engine.made) == 8 - before
        assert table_digest(found) == table_digest(serial)

    def test_another_table_has_another_digest(self, serial):
        runs = serial.runs
        assert table_digest(replace(serial, runs=runs.sample(frac=1, random_state=1))) == table_digest(serial)
        assert table_digest(replace(serial, runs=runs.assign(seconds=0.0))) == table_digest(serial)
        for name in ("digest", "price", "rest", "seed"):
            other = runs.assign(**{name: runs[name].tolist()[::-1]})
            assert table_digest(replace(serial, runs=other)) != table_digest(serial)


class TestFolder:
    def test_duckdb_reads_it(self, serial):
        folder = serial.folder
        found = duckdb.sql(
            f"""SELECT p.rest, count(*) AS runs, avg(o.ndpr_peak_ratio) AS peak
            FROM (SELECT DISTINCT id, point, seed FROM '{folder}/planned/*.parquet') r
            JOIN read_parquet('{folder}/store/outcomes/*.parquet', union_by_name = true) o USING (id)
            JOIN '{folder}/points.csv' p USING (point)
            GROUP BY p.rest ORDER BY p.rest"""
        ).df()
        assert found["rest"].tolist() == [0.0, 0.95]
        assert found["runs"].tolist() == [4, 4]
        expected = serial.runs.groupby("rest")["ndpr_peak_ratio"].mean()
        np.testing.assert_allclose(found["peak"].to_numpy(dtype=float), expected.to_numpy(dtype=float))

    def test_what_is_worked_out_beforehand_can_be_lost_or_damaged(self, serial, tmp_path):
        folder = copied(serial, tmp_path)
        (folder / "outcomes.parquet").write_bytes(b"PAR1 no more")
        pd.testing.assert_frame_equal(load_sweep(folder), serial.runs)
        (folder / "outcomes.parquet").unlink()
        pd.testing.assert_frame_equal(load_sweep(folder), serial.runs)

    def test_more_replications_keep_what_is_there(self, file, serial, tmp_path):
        folder = copied(serial, tmp_path)
        more = tmp_path / "quota.toml"
        more.write_text(FILE.replace("replications = 2", "replications = 3"))
        engine = Counting()
        found = run_sweep(more, Settings(engine, out=folder))
        assert (len(engine.made), len(found.runs), found.planned) == (4, 12, 12)
        fewer = run_sweep(file, Settings(Counting(), out=folder))
        assert (fewer.planned, table_digest(fewer)) == (8, table_digest(serial))

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("[1.5, 3.0]", "[1.5, 3.0, 4.0]", "its factors changed"),
            ("2009-05-04", "2009-06-01", "its scenario changed"),
            ('kind = "grid"', 'kind = "morris"\ntrajectories = 2', "its design changed"),
        ],
    )
    def test_another_sweep_is_refused(self, old, new, said, serial, tmp_path):
        other = tmp_path / "quota.toml"
        other.write_text(FILE.replace(old, new))
        engine = Counting()
        with pytest.raises(RecordError, match=said):
            run_sweep(other, Settings(engine, out=serial.folder))
        assert not engine.made

    def test_another_version_of_the_program_is_refused(self, file, serial, monkeypatch):
        monkeypatch.setattr("market_abm.sweep.folder.model_version", lambda: "9.9.9+another")
        with pytest.raises(RecordError, match="the program changed"):
            run_sweep(file, Settings(out=serial.folder))

    def test_replan_takes_the_place_and_keeps_runs_that_are_the_same(self, serial, tmp_path):
        folder = copied(serial, tmp_path)
        other = tmp_path / "quota.toml"
        other.write_text(FILE.replace("[1.5, 3.0]", "[3.0, 4.0]"))
        engine = Counting()
        found = run_sweep(other, Settings(engine, out=folder, replan=True))
        assert len(engine.made) == 4
        assert sorted(set(found.runs["fear"])) == [3.0, 4.0]
        assert found.planned == len(found.runs) == 8

    def test_a_folder_of_something_else_is_left_alone(self, file, tmp_path):
        (tmp_path / "thesis.tex").write_text("years of work")
        with pytest.raises(RecordError, match="holds other things"):
            run_sweep(file, Settings(out=tmp_path))
        assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]

    def test_shards_of_different_sweeps_are_not_merged(self, file, serial, tmp_path):
        other = tmp_path / "quota.toml"
        other.write_text(FILE.replace("0.95", "0.9"))
        with pytest.raises(KeyboardInterrupt):
            run_sweep(other, Settings(Counting(stop_after=0), out=tmp_path / "other"))
        with pytest.raises(RecordError, match="not of one sweep"):
            merge([serial.folder, tmp_path / "other"], tmp_path / "whole")
        assert not (tmp_path / "whole").exists()

    def test_no_sweep(self, tmp_path):
        with pytest.raises(RecordError, match="holds no sweep"):
            read_results(tmp_path)
        with pytest.raises(RecordError, match="holds no sweep"):
            read_status(tmp_path / "nowhere")


class TestStatus:
    def test_it_is_told_while_runs_are_made(self, file, tmp_path):
        seen = []

        @contextlib.contextmanager
        def bar(title):
            yield lambda done, total, what: title != "points" and seen.append(read_status(tmp_path / "out"))

        run_sweep(file, Settings(out=tmp_path / "out", bar=bar))
        assert [status.done for status in seen] == list(range(1, 9))
        assert [status.pending for status in seen] == list(range(7, -1, -1))
        assert {status.planned for status in seen} == {8}

    def test_running_means_and_the_outlook_are_told(self, file, serial, tmp_path, monkeypatch):
        said, shown = [], []

        @contextlib.contextmanager
        def bar(title):
            yield lambda done, total, what: shown.append(what)

        monkeypatch.setattr("market_abm.sweep.measured.PATIENCE_SECONDS", -1.0)
        run_sweep(file, Settings(out=tmp_path / "out", tell=said.append, bar=bar))
        assert said[0].startswith("4 points, 8 runs: 2 done, 6 to make, about ")
        assert "of disk" in said[0]
        assert shown[-1].startswith(f"mean price {serial.runs['price'].mean():.4g}")

    def test_a_preview_writes_nothing(self, file, tmp_path):
        found = preview(file, Settings(out=tmp_path / "out"))
        assert (found.points, found.runs, found.done) == (4, 8, 0)
        assert found.seconds > 0
        assert not (tmp_path / "out").exists()


class TestFailures:
    def test_they_do_not_stop_the_others_and_are_tried_again(self, file, serial, tmp_path):
        settings = Settings(out=tmp_path / "out")
        found = run_sweep(file, replace(settings, engine=Counting(fails=[(1, 0), (3, 1)])))

        assert (len(found.runs), found.planned) == (6, 8)
        assert found.failures[["point", "seed"]].to_numpy().tolist() == [[1, 0], [3, 1]]
        assert set(found.failures["why"]) == {"ConservationError: 1 kg vanished"}
        assert read_status(tmp_path / "out").failed == 2
        again = Counting()
        whole = run_sweep(file, replace(settings, engine=again))
        assert len(again.made) == 2
        assert whole.failures.empty
        assert read_status(tmp_path / "out").failed == 0
        assert table_digest(whole) == table_digest(serial)

    def test_the_command_makes_the_run_alone(self, file, tmp_path):
        found = run_sweep(file, Settings(Counting(fails=[(3, 1)]), out=tmp_path / "out"))
        words = shlex.split(found.failures["command"][0])
        assert words == [
            "market-abm", "run", "tiny", "--set", "policy.export-quota.rest_share=0.95",
            "--set", "parameters.manufacturer.fear_cover=3.0", "--until", "2009-05-04", "--seed", "1",
        ]  # fmt: skip

    def test_all_may_fail(self, file, tmp_path):
        every = [(point, seed) for point in range(4) for seed in range(2)]
        found = run_sweep(file, Settings(Counting(fails=every), out=tmp_path / "out"))
        assert found.runs.empty
        assert len(found.failures) == 8
        assert len(table_digest(found)) == 32

    def test_a_series_that_no_run_has_is_refused_after_two_runs(self, tmp_path):
        other = tmp_path / "quota.toml"
        other.write_text(FILE.replace("price.NdPr.JP", "price.NdPr.JPN"))
        engine = Counting()
        with pytest.raises(ScenarioError, match=r'no run has a series "price\.NdPr\.JPN"\. Did you mean "price'):
            run_sweep(other, Settings(engine, out=tmp_path / "out"))
        assert len(engine.made) == 2


class TestReplications:
    def test_seeds_are_added_where_the_interval_is_wide(self, whole):
        counts = whole.runs.groupby("point").size()
        assert counts.min() < counts.max() <= 6
        assert whole.planned == len(whole.runs)

    @pytest.mark.parametrize("stop", [1, 5])
    def test_a_stopped_sweep_ends_with_the_same_runs(self, stop, precise, whole, tmp_path):
        with contextlib.suppress(KeyboardInterrupt):
            run_sweep(precise, Settings(Counting(stop_after=stop), out=tmp_path / "out"))
        found = run_sweep(precise, Settings(out=tmp_path / "out"))
        assert table_digest(found) == table_digest(whole)
        assert found.planned == whole.planned

    def test_shards_end_with_the_same_runs(self, precise, whole, tmp_path):
        for number in (1, 2):
            make_sweep(precise, Settings(shard=(number, 2), out=tmp_path / f"{number}"))
        merge([tmp_path / "1", tmp_path / "2"], tmp_path / "out")
        assert table_digest(read_results(tmp_path / "out")) == table_digest(whole)

    @given(
        values=st.lists(st.one_of(st.floats(-10, 10), st.just(float("nan"))), max_size=12),
        width=st.floats(0.1, 50),
        more=st.lists(st.floats(-10, 10), max_size=6),
    )
    def test_the_number_of_seeds_hangs_on_the_first_runs_only(self, values, width, more):
        sweep = Sweep.model_validate(
            {
                "title": "t", "scenario": "tiny", "design": {"kind": "grid"}, "replications": 2, "most_replications": 9,
                "precise": {"outcome": "price", "width": width},
                "factor": [{"name": "a", "path": "a", "values": [1]}],
                "outcome": [{"name": "price", "series": "price.NdPr.JP", "stat": "mean"}],
            }
        )  # fmt: skip
        wanted = seeds_wanted(sweep, np.array(values, dtype=float))
        assert 2 <= wanted <= 9
        if wanted <= len(values):  # then it is final, whatever comes after
            assert seeds_wanted(sweep, np.array([*values, *more], dtype=float)) == wanted


class TestTasks:
    def test_they_are_what_the_scenario_and_seed_say(self, file):
        plan = read_sweep(file)
        runs = planned_runs(identities(plan), {1: range(2), 2: range(2)})
        tasks = PointTasks(plan, runs)
        assert len(tasks) == 4
        for task in tasks:
            plain = Task(plan.scenario(task.point), task.seed)
            assert task.id == plain.id
            assert pickle.loads(pickle.dumps(task)) == plain

    def test_a_scenario_is_resolved_once_for_all_its_seeds_and_only_when_needed(self, file):
        plan, asked = read_sweep(file), []

        class Noting:
            def scenario(self, point):
                asked.append(point)
                return plan.scenario(point)

        runs = planned_runs(["a", "b", "c", "d"], dict.fromkeys(range(4), range(5)))
        tasks = list(PointTasks(Noting(), runs))
        assert [task.id for task in tasks]
        assert not asked
        for task in tasks:
            assert task.scenario.name == "tiny"
        assert asked == [0, 1, 2, 3]

    def test_points_that_are_alike_share_their_runs(self, tmp_path):
        text = FILE.replace('kind = "grid"', 'kind = "morris"\ntrajectories = 4\nlevels = 2')
        (tmp_path / "morris.toml").write_text(text.replace("replications = 2", "replications = 1"))
        engine = Counting()
        found = run_sweep(tmp_path / "morris.toml", Settings(engine, out=tmp_path / "out"))
        assert len(found.points) == 4 * 3
        assert len(found.runs) == found.planned == 12
        assert len(engine.made) == len(set(map(tuple, found.points.to_numpy()))) == 4
