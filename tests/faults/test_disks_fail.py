"""Full disks, folders that are only read, damaged files, clocks that jump."""

import os
import shutil
import time

import pytest

from market_abm.experiment import engine, writer
from market_abm.experiment.disk import StoreError
from market_abm.experiment.engine import execute
from market_abm.experiment.store import RunStore


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(writer, "BATCH_RUNS", 8)


@pytest.fixture
def nothing_runs(monkeypatch):
    monkeypatch.setattr(engine, "attempt", None)


def test_a_full_disk_stops_the_driver_and_with_more_space_it_goes_on(tasks, assert_whole, small_disk):
    folder = small_disk("size=90k") / "store"
    told = []

    with pytest.raises(StoreError, match="no space left"):
        execute(tasks, RunStore(folder), progress=lambda *what: told.append(what))
    kept = RunStore(folder).has([task.id for task in tasks])
    assert 8 <= len(told) <= len(kept) < len(tasks)

    small_disk("size=16m")
    told.clear()
    assert execute(tasks, RunStore(folder), progress=lambda *what: told.append(what)) == {}
    assert len(told) == len(tasks) - len(kept)
    assert_whole(folder, tasks)


def test_a_folder_that_is_only_read_can_be_asked_and_refuses_more(tasks, small_disk, nothing_runs, serial):
    ids = [task.id for task in tasks]
    folder = small_disk("size=16m") / "store"
    os.makedirs(folder)
    for kind in ("outcomes", "series", "journal"):
        os.makedirs(folder / kind)
        for path in (serial.folder / kind).iterdir():
            (folder / kind / path.name).write_bytes(path.read_bytes())
    (folder / "store.json").write_bytes((serial.folder / "store.json").read_bytes())
    small_disk("ro,size=16m")

    store = RunStore(folder)
    assert store.has(ids) == set(ids)
    assert store.values(ids).equals(serial.values(ids))
    assert execute(tasks, store) == {}  # all is there
    more = tasks[0].__class__(tasks[0].scenario, 1000)
    with pytest.raises(StoreError, match=r"cannot be written \(Read-only file system\).*--store"):
        execute([more], RunStore(folder))


@pytest.fixture(scope="module")
def batched(tasks, tmp_path_factory):
    """Store of twenty runs in batches of eight."""
    folder = tmp_path_factory.mktemp("batched")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(writer, "BATCH_RUNS", 8)
        assert execute(tasks[:20], RunStore(folder)) == {}
    return folder


@pytest.mark.parametrize("kind", ["outcomes", "series"])
@pytest.mark.parametrize("harm", ["flip", "cut"])
def test_runs_of_a_damaged_file_are_made_again(tasks, assert_whole, batched, tmp_path, kind, harm):
    some, told, folder = tasks[:20], [], tmp_path / "store"
    shutil.copytree(batched, folder)
    path = min((folder / kind).iterdir(), key=lambda one: one.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data if harm == "flip" else data[:-100])

    assert execute(some, RunStore(folder), progress=lambda *what: told.append(what)) == {}

    assert 0 < len(told) <= 8
    assert_whole(folder, some)


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_clock_that_jumps_changes_nothing(tasks, assert_whole, tmp_path, monkeypatch, hours):
    some, begun, looks = tasks[:10], time.time(), iter(range(10**6))
    monkeypatch.setattr(time, "time", lambda: begun + 3600 * hours * next(looks))
    monkeypatch.setattr(time, "time_ns", lambda: int(1e9 * time.time()))

    store = RunStore(tmp_path)
    assert execute(some, store) == {}

    assert (store.heads([task.id for task in some])["seconds"] > 0).all()
    monkeypatch.undo()
    assert_whole(tmp_path, some)


def test_what_killed_processes_left_is_cleared_away(tasks, assert_whole, tmp_path):
    execute(tasks[:2], RunStore(tmp_path))
    for kind in ("outcomes", "series"):
        (tmp_path / kind / ".half.parquet.x.partial").write_bytes(b"half")
    (tmp_path / "series" / f"{'0' * 32}.parquet").write_bytes(b"without outcomes")

    execute(tasks[:3], RunStore(tmp_path))

    names = [path.name for kind in ("outcomes", "series") for path in (tmp_path / kind).iterdir()]
    assert all(name.endswith(".parquet") for name in names)
    assert len(names) == 4  # two batches, each of outcomes and series
    assert_whole(tmp_path, tasks[:3])
