"""A process that dies, or a disk that refuses, at any one operation of the disk: nothing that was put is lost."""

import os
from collections import Counter

import pyarrow.parquet as pq
import pytest
from made_up import made_up

from market_abm.experiment import writer
from market_abm.experiment.disk import StoreError
from market_abm.experiment.store import RunStore

RUNS = 6
OPERATIONS = ("fsync", "replace", "unlink", "mkdir", "truncate")


class Dead(BaseException):
    """The process is no more; nothing that it was about to do is done."""


class Disk:
    """Counts the operations, and at one of them fails, or dies and stays dead."""

    def __init__(self, monkeypatch, at, dies):
        self.at, self.dies, self.count = at, dies, 0
        for name in OPERATIONS:
            monkeypatch.setattr(os, name, self._watched(getattr(os, name)))

    def _watched(self, operation):
        def call(*given, **named):
            self.count += 1
            if self.dies and self.count > self.at >= 0:
                if operation.__name__ == "fsync" and self.count == self.at + 1:
                    os.ftruncate(given[0], max(os.fstat(given[0]).st_size - 5, 0)) if _is_file(given[0]) else None
                raise Dead
            if self.count == self.at + 1:
                raise OSError(28, "No space left on device")
            return operation(*given, **named)

        return call


def _is_file(handle):
    return os.path.isfile(f"/proc/self/fd/{handle}")


def fill(store):
    """Put runs, and tell which are promised to stay."""
    kept = []
    for number in range(RUNS):
        store.put(made_up(number))
        kept.append(f"run-{number}")
        if number in (0, 1):  # so that small batches are joined
            store.compact()
        yield kept
    store.compact()
    yield kept


def rows(store, kind):
    """How often each run stands in the files, for those who read the folder without us."""
    files = [path for path in (store.folder / kind).iterdir() if path.suffix == ".parquet"]
    return Counter(one for path in files for one in pq.read_table(path)["id"].to_pylist())


def operations(tmp_path):
    """How many operations there are when nothing fails."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(writer, "BATCH_RUNS", 3)
        disk = Disk(patched, -10, False)
        list(fill(RunStore(tmp_path / "undisturbed")))
        return disk.count


@pytest.mark.parametrize("dies", [True, False], ids=["dies", "is refused"])
def test_at_every_operation(tmp_path, dies):
    count = operations(tmp_path)
    assert count > 30

    for at in range(count):
        folder, promised = tmp_path / str(at), []
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(writer, "BATCH_RUNS", 3)
            store = RunStore(folder)
            disk = Disk(patched, at, dies)
            try:
                for kept in fill(store):
                    promised = list(kept)
            except (Dead, StoreError):
                pass
            assert disk.count > at
        if dies:
            for lock in store._writer._locks:
                lock.release(force=True)  # what the system does when a process ends
            store = RunStore(folder)

        assert store.has(promised) == set(promised), at
        for number in range(RUNS):
            if not store.has([f"run-{number}"]):
                store.put(made_up(number))
        store.compact()
        ids = [f"run-{number}" for number in range(RUNS)]
        assert rows(store, "outcomes") == dict.fromkeys(ids, 1), at
        assert rows(store, "series") == dict.fromkeys(ids, 5), at
        assert store.values(ids)["own"].tolist() == [made_up(number).values["own"] for number in range(RUNS)], at
        assert len(RunStore(folder).monthly(ids)) == 5 * RUNS
        assert not list(folder.glob("*/.*.partial")), at
        assert not list((folder / "journal").glob("*.log")), at
