import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from made_up import made_up

from market_abm.experiment import writer
from market_abm.experiment.disk import StoreError
from market_abm.experiment.store import RunStore
from market_abm.record.errors import RecordError

PUTTING = """
import sys
from made_up import made_up
from market_abm.experiment import writer
from market_abm.experiment.store import RunStore

writer.BATCH_RUNS = 8
store = RunStore(sys.argv[1])
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    store.put(made_up(number))
    print(number, flush=True)
if "compact" in sys.argv:
    store.compact()
"""


@pytest.fixture
def filled(tmp_path):
    """A store with runs 0 and 1 in a batch and run 2 in its journal."""
    store = RunStore(tmp_path / "store")
    for number in range(2):
        store.put(made_up(number))
    store.compact()
    store.put(made_up(2))
    return store


def files(store: RunStore, kind: str) -> list[Path]:
    return [path for path in (store.folder / kind).iterdir() if path.suffix in {".parquet", ".log"}]


def rows(store: RunStore) -> Counter:
    return Counter(one for path in files(store, "outcomes") for one in pq.read_table(path)["id"].to_pylist())


class TestReading:
    IDS = ("run-2", "run-0", "run-1")

    @pytest.mark.parametrize("compacted", [False, True])
    def test_numbers_come_back_to_the_last_bit_in_the_order_asked(self, filled, compacted):
        if compacted:
            filled.compact()
        made = [made_up(number) for number in (2, 0, 1)]

        store = RunStore(filled.folder)

        expected = pd.DataFrame([one.values for one in made], index=pd.Index(self.IDS, name="id"))
        pd.testing.assert_frame_equal(store.values(self.IDS)[expected.columns], expected, check_exact=True)
        monthly = pd.concat({one.id: one.monthly for one in made}, names=["id", "month"])
        pd.testing.assert_frame_equal(store.monthly(self.IDS), monthly, check_exact=True, check_column_type=False)

    def test_the_heads_say_what_was_run(self, filled):
        heads = filled.heads(["run-1"])

        assert heads.loc["run-1"].to_dict() == {
            "scenario": "made-up",
            "seed": 1,
            "digest": f"{1:064x}",
            "seconds": made_up(1).seconds,
        }

    def test_a_run_asked_twice_is_told_twice(self, filled):
        assert list(filled.values(["run-1", "run-2", "run-1"])["own"]) == [
            made_up(number).values["own"] for number in (1, 2, 1)
        ]

    @pytest.mark.parametrize("read", [RunStore.values, RunStore.monthly, RunStore.heads])
    def test_a_missing_run_is_named(self, filled, read):
        with pytest.raises(KeyError, match="run-9"):
            read(filled, ["run-0", "run-9"])

    def test_series_that_a_run_lacks_are_nan_and_those_of_others_do_not_show(self, filled):
        filled.put(made_up(3, series="price.Dy.JP"))
        filled.compact()

        assert list(filled.monthly(["run-0"]).columns) == ["price.NdPr.CN", "stock.Dy.state"]
        both = filled.monthly(["run-0", "run-3"])
        assert list(both.columns) == ["price.Dy.JP", "price.NdPr.CN", "stock.Dy.state"]
        assert both.loc["run-0", "price.Dy.JP"].isna().all()
        assert both.loc["run-3", "price.Dy.JP"].notna().all()

    def test_one_series_of_many(self, filled):
        frame = filled.monthly(["run-0", "run-2"], ["stock.Dy.state"])

        assert list(frame.columns) == ["stock.Dy.state"]
        np.testing.assert_array_equal(frame.loc["run-2", "stock.Dy.state"], made_up(2).monthly["stock.Dy.state"])

    def test_nothing_asked_nothing_told(self, filled):
        assert filled.values([]).empty
        assert filled.monthly([]).empty
        assert filled.has([]) == set()

    def test_pandas_and_duckdb_read_the_folder(self, filled):
        duckdb = pytest.importorskip("duckdb")
        filled.put(made_up(3, series="price.Dy.JP"))
        filled.compact()

        query = "SELECT count(*), avg(own), count(tb_peak_ratio) FROM read_parquet('{}', union_by_name = true)"
        found = duckdb.sql(query.format(filled.folder / "outcomes" / "*.parquet")).fetchall()

        ((count, mean, covered),) = found
        assert count == 4
        assert mean == pytest.approx(np.mean([made_up(number).values["own"] for number in range(4)]))
        assert covered == 0  # what no run covers is null
        table = pd.read_parquet(filled.folder / "series")
        assert set(table.columns) == {"id", "month", "price.NdPr.CN", "price.Dy.JP", "stock.Dy.state"}
        assert len(table) == 4 * 5


class TestOtherProcesses:
    def test_what_another_puts_is_seen_at_once(self, filled):
        other = RunStore(filled.folder)
        assert other.has(["run-3"]) == set()

        filled.put(made_up(3))

        assert other.has(["run-3"]) == {"run-3"}
        filled.compact()
        assert other.has(["run-3"]) == {"run-3"}
        assert other.values(["run-3"])["own"].item() == made_up(3).values["own"]

    @pytest.mark.parametrize(("read", "count"), [(RunStore.values, 2), (RunStore.monthly, 10)])
    def test_reading_goes_on_while_batches_are_joined(self, filled, read, count, monkeypatch):
        other = RunStore(filled.folder)
        assert len(other.has(["run-0", "run-2"])) == 2
        (before,) = files(filled, "outcomes")
        refresh, looks = other._catalogue.refresh, []

        def joined_just_after_the_first_look():
            looks.append(refresh())
            if len(looks) == 1:
                filled.put(made_up(3))
                filled.compact()

        monkeypatch.setattr(other._catalogue, "refresh", joined_just_after_the_first_look)

        assert len(read(other, ["run-0", "run-2"])) == count
        assert not before.exists()
        assert len(looks) == 2

    def test_a_journal_is_left_to_the_living_and_taken_over_from_the_dead(self, filled):
        other = RunStore(filled.folder)
        other.put(made_up(3))
        other.compact()
        assert rows(other).keys() == {"run-0", "run-1", "run-3"}
        filled.put(made_up(4))  # the living goes on as if nothing had happened

        folder = filled.folder
        filled._writer._locks[-1].release()  # what the system does when a process ends
        other.compact()

        assert rows(other) == dict.fromkeys((f"run-{number}" for number in range(5)), 1)
        assert not list((folder / "journal").glob("*.log"))

    def test_a_run_that_two_put_is_there_once(self, filled):
        other = RunStore(filled.folder)
        other.put(made_up(2))
        other.put(made_up(0))
        other.compact()
        filled.compact()

        assert rows(filled) == {"run-0": 1, "run-1": 1, "run-2": 1}

    def test_two_processes_at_once_lose_and_duplicate_nothing(self, tmp_path, elsewhere):
        ranges = [("0", "40"), ("20", "60")]
        putting = [
            subprocess.Popen(
                [sys.executable, "-c", PUTTING, str(tmp_path), *span, "compact"],
                env=elsewhere,
                stdout=subprocess.DEVNULL,
            )
            for span in ranges
        ]
        assert [process.wait(60) for process in putting] == [0, 0]

        store = RunStore(tmp_path)
        store.compact()
        ids = [f"run-{number}" for number in range(60)]
        assert rows(store) == dict.fromkeys(ids, 1)
        assert list(store.values(ids)["own"]) == [made_up(number).values["own"] for number in range(60)]
        assert len(store.monthly(ids)) == 300


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("told", [5, 21])  # before the first batch, and among batches
def test_what_was_put_outlives_a_killed_process(tmp_path, elsewhere, told):
    process = subprocess.Popen(
        [sys.executable, "-c", PUTTING, str(tmp_path), "0", "100000"], env=elsewhere, stdout=subprocess.PIPE, text=True
    )
    with process.stdout:
        for line in process.stdout:
            if int(line) == told:
                process.send_signal(signal.SIGKILL)
                break
        process.wait()

    store = RunStore(tmp_path)
    ids = [f"run-{number}" for number in range(told + 1)]
    assert store.has(ids) == set(ids)
    store.compact()
    assert set(rows(store).values()) == {1}
    np.testing.assert_array_equal(store.monthly(ids[-1:]).to_numpy(), made_up(told).monthly.to_numpy())


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 7)


class TestDamage:
    @pytest.mark.parametrize("harm", [flip, cut, Path.unlink])
    @pytest.mark.parametrize("kind", ["outcomes", "series"])
    def test_runs_of_a_damaged_file_are_missing_and_can_be_put_again(self, filled, kind, harm):
        (path,) = files(filled, kind)
        harm(path)
        ids = ["run-0", "run-1", "run-2"]

        for store in (RunStore(filled.folder), filled):
            if store is filled and harm is not Path.unlink:
                continue  # it compared this file with its checksum already
            assert store.has(ids) == {"run-2"}
        store = RunStore(filled.folder)
        for number in range(2):
            store.put(made_up(number))
        store.compact()

        assert store.has(ids) == set(ids)
        assert store.values(ids)["own"].tolist() == [made_up(number).values["own"] for number in range(3)]
        assert max(rows(store).values()) == 1

    @pytest.mark.parametrize("read", [RunStore.values, RunStore.monthly])
    def test_damage_that_comes_later_is_noticed_when_it_is_read(self, filled, read):
        assert filled.has(["run-0"])
        (path,) = files(filled, "outcomes" if read is RunStore.values else "series")
        flip(path)

        with pytest.raises(KeyError, match="run-"):
            read(filled, ["run-0"])
        assert filled.has(["run-0", "run-2"]) == {"run-2"}

    def test_a_journal_loses_only_its_damaged_record(self, tmp_path):
        store = RunStore(tmp_path)
        for number in range(3):
            store.put(made_up(number))
        (path,) = files(store, "journal")
        flip(path)  # in the middle record
        with path.open("ab") as stream:
            stream.write(path.read_bytes()[:100])  # and a record cut short

        fresh = RunStore(tmp_path)

        assert fresh.has(["run-0", "run-1", "run-2"]) == {"run-0", "run-2"}
        assert fresh.values(["run-2"])["own"].item() == made_up(2).values["own"]

    @pytest.mark.parametrize("read", [RunStore.values, RunStore.monthly])
    def test_damage_to_a_journal_that_comes_later_is_noticed(self, filled, read):
        assert filled.has(["run-2"])
        (path,) = files(filled, "journal")
        flip(path)

        with pytest.raises(KeyError, match="run-2"):
            read(filled, ["run-2"])
        filled.compact()
        assert filled.has(["run-0", "run-2"]) == {"run-0"}

    def test_a_run_put_again_is_kept_though_its_damaged_batch_still_stands(self, filled):
        (path,) = files(filled, "series")
        flip(path)
        store = RunStore(filled.folder)
        store.put(made_up(0))
        store.compact()

        assert store.has(["run-0", "run-1"]) == {"run-0"}

    def test_a_journal_that_is_being_written_is_read_on_later(self, tmp_path):
        store = RunStore(tmp_path)
        store.put(made_up(0))
        (path,) = files(store, "journal")
        whole = path.read_bytes()
        path.write_bytes(whole[:-30])
        other = RunStore(tmp_path)
        assert other.has(["run-0"]) == set()

        path.write_bytes(whole)

        assert other.has(["run-0"]) == {"run-0"}


def test_many_small_calls_leave_few_files(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "BATCH_RUNS", 16)
    store = RunStore(tmp_path)
    for number in range(64):
        store.put(made_up(number))
        if number % 3 == 0:
            store.compact()
    store.compact()

    assert len(rows(store)) == 64
    assert len(files(store, "outcomes")) <= 8
    assert len(files(store, "series")) == len(files(store, "outcomes"))
    assert not files(store, "journal")


class TestRefusals:
    def test_a_folder_of_something_else(self, tmp_path):
        (tmp_path / "notes.txt").write_text("mine")

        with pytest.raises(StoreError, match=r"other things.*--store"):
            RunStore(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]

    def test_another_format(self, filled):
        marker = filled.folder / "store.json"
        marker.write_text(json.dumps({**json.loads(marker.read_text()), "format": 99}))

        with pytest.raises(StoreError, match="format 99"):
            RunStore(filled.folder)

    def test_a_folder_that_cannot_be_written(self, tmp_path):
        (tmp_path / "file").write_text("")

        with pytest.raises(RecordError, match=r"cannot be written.*--store"):
            RunStore(tmp_path / "file" / "store").put(made_up(0))

    @pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
    def test_no_space_is_told_and_what_is_there_stays(self, filled):
        import resource

        size = files(filled, "journal")[0].stat().st_size
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, before[1]))
        try:
            with pytest.raises(StoreError, match="no space left"):
                filled.put(made_up(3))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

        assert filled.has(["run-2", "run-3"]) == {"run-2"}
        filled.put(made_up(3))
        assert RunStore(filled.folder).has(["run-2", "run-3"]) == {"run-2", "run-3"}

    def test_asking_makes_no_folder(self, tmp_path):
        assert RunStore(tmp_path / "store").has(["run-0"]) == set()
        assert not (tmp_path / "store").exists()
