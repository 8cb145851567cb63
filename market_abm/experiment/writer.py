"""What a process writes to a run store: its journal, and batches made of journals.

Each process has a journal of its own and holds a lock as long as it may add to
it. The lock of a killed process is free, which tells others to take its journal
over. Batches are made by one process at a time, under the lock of the store.
"""

import contextlib
import itertools
import json
import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import filelock

from market_abm.experiment.batch import OUTCOMES, SERIES, SUFFIX, Batch, read_verified, table_of
from market_abm.experiment.catalogue import JOURNAL, Catalogue
from market_abm.experiment.disk import PARTIAL, StoreError, explained, sync_folder, write_whole
from market_abm.experiment.journal import append, encode
from market_abm.experiment.summary import Summary

KIND, FORMAT = "market_abm run store", 1
MARKER = "store.json"
LOCK = ".lock"
BATCH_RUNS = 256
BATCH_BYTES = 64_000_000  # of journals; bounds what is in memory while they become a batch
PATIENCE_SECONDS = 120.0  # for another process to finish its batch


class Writer:
    """Puts summaries into the folder of a store.

    Parameters
    ----------
    catalogue : of the folder.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.folder = catalogue, catalogue.folder
        self._locks: list[filelock.BaseFileLock] = []  # the last is ours
        self._process = 0  # whose lock it is; after a fork the child is another writer
        self._name, self._number = "", itertools.count()
        self._log = ""
        self._runs = self._bytes = 0

    def enter(self) -> None:
        """Make the folder and become one of its writers; nothing when that is done already."""
        if self._process == os.getpid():
            return
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            if not (self.folder / MARKER).exists():
                write_whole(self.folder / MARKER, json.dumps({"kind": KIND, "format": FORMAT}).encode() + b"\n")
            for kind in (OUTCOMES, SERIES, JOURNAL):
                (self.folder / kind).mkdir(exist_ok=True)
            sync_folder(self.folder)
            name = uuid.uuid4().hex[:16]
            lock = self._lock_of(name)
            try:
                with self._alone():  # or another process might clear the lock away before it is held
                    lock.acquire(timeout=0)
            except filelock.Timeout as fault:
                raise StoreError(f"another process keeps {self.folder} locked; stop it, then try again.") from fault
        self._locks.append(lock)
        self._name, self._process = name, os.getpid()
        self._turn_leaf()

    def put(self, summary: Summary) -> None:
        """Add a summary to the journal; make a batch when the journal is full."""
        self.enter()
        with explained(self.folder):
            self._bytes = append(self.catalogue.log_path(self._log), encode(summary))
        self._runs += 1
        if self._runs >= BATCH_RUNS or self._bytes >= BATCH_BYTES:
            self.compact()

    def compact(self) -> None:
        """Make batches of our journal and of those that ended processes left.

        A batch is there before the journals go, so nothing is lost when this is
        killed half-way. When another process is at it, the journals wait.
        """
        self.catalogue.refresh()
        if not self.catalogue.logs and not self.catalogue.has_doubles:
            return
        self.enter()
        with explained(self.folder), contextlib.suppress(filelock.Timeout), self._alone():
            self.catalogue.refresh()
            self._remove(self.catalogue.doubles())
            self.catalogue.refresh()
            with self._ended_writers() as ended:
                ours = {name for name in self.catalogue.logs if name.partition(".")[0] in ended | {self._name}}
                for fresh in self._fresh(sorted(ours)):
                    self._shelve(fresh)
                for name in ours:
                    with contextlib.suppress(OSError):
                        self.catalogue.log_path(name).unlink()
            self._clear()
        self._turn_leaf()

    def take(self, other: Catalogue) -> Iterator[int]:
        """Write what the folder of another catalogue holds and ours does not; yield numbers of runs written.

        Raises
        ------
        FileNotFoundError
            When the other folder changes meanwhile, or a file in it is found damaged; take again.
        """
        self.enter()
        with self._alone():
            other.refresh()
            for fresh in self._strange(other):
                with explained(self.folder):
                    self._shelve(fresh)
                yield len(fresh.ids)
            self._clear()

    def _strange(self, other: Catalogue) -> Iterator[Batch]:
        """Yield what another catalogue has and ours has not, batch by batch."""
        for name in list(other.shelves):
            self.catalogue.refresh()
            ours = self.catalogue.whole(other.shelves[name].ids)
            if len(ours) < len(other.shelves[name].ids):
                yield other.read_batch(name).without(ours)
        for name, log in list(other.logs.items()):
            rest = list(log.records.values())
            for start in range(0, len(rest), BATCH_RUNS):
                some = rest[start : start + BATCH_RUNS]
                self.catalogue.refresh()
                ours = self.catalogue.whole([record.id for record in some])
                if new := [record for record in some if record.id not in ours]:
                    yield Batch.of(other.read_log(name, new))

    def _turn_leaf(self) -> None:
        """Begin another journal, under a name that nobody has read yet."""
        self._log = f"{self._name}.{next(self._number)}"
        self._runs = self._bytes = 0

    # -- locks -----------------------------------------------------------------------------------
    def _lock_of(self, writer: str) -> filelock.BaseFileLock:
        return filelock.FileLock(self.folder / JOURNAL / f"{writer}{LOCK}", thread_local=False)

    def _alone(self) -> filelock.BaseFileLock:
        return filelock.FileLock(self.folder / f"store{LOCK}", timeout=PATIENCE_SECONDS)

    def has_company(self) -> bool:
        """Whether other processes may be writing to the folder now."""
        with self._ended_writers(forget=False) as ended:
            return bool(self._other_writers() - ended)

    def _other_writers(self) -> set[str]:
        return {path.name.partition(".")[0] for path in (self.folder / JOURNAL).glob("[!.]*")} - {self._name}

    @contextlib.contextmanager
    def _ended_writers(self, forget: bool = True) -> Iterator[set[str]]:
        """Yield the writers whose processes have ended; forget them if all goes well."""
        ended = {}
        with contextlib.ExitStack() as held:
            for writer in self._other_writers():
                lock = self._lock_of(writer)
                with contextlib.suppress(filelock.Timeout):
                    lock.acquire(timeout=0)
                    held.callback(lock.release)
                    ended[writer] = Path(lock.lock_file)
            yield set(ended)
            for path in ended.values() if forget else ():
                with contextlib.suppress(OSError):
                    path.unlink()

    # -- batches ---------------------------------------------------------------------------------
    def _fresh(self, logs: list[str]) -> Iterator[Batch]:
        """Yield what journals hold and batches do not, in pieces that fit into memory."""
        seen: set[str] = set()
        piece: list[Summary] = []
        size = 0
        for name in logs:
            found = self.catalogue.logs[name].records
            new = found.keys() - seen - self.catalogue.shelved(found)
            seen |= new
            for one, record in list(found.items()):
                if one not in new:
                    continue
                try:
                    piece += self.catalogue.read_log(name, [record])
                except FileNotFoundError:
                    continue  # damaged, so its run is missing
                size += record.end - record.start
                if len(piece) >= BATCH_RUNS or size >= BATCH_BYTES:
                    yield Batch.of(piece)
                    piece, size = [], 0
        if piece:
            yield Batch.of(piece)

    def _shelve(self, fresh: Batch) -> None:
        """Write a batch, together with batches that are no larger, so that few files are small."""
        rows = len(fresh.ids)
        parts, old = [fresh], []
        for name, shelf in sorted(self.catalogue.shelves.items(), key=lambda item: len(item[1].ids)):
            if len(shelf.ids) > rows or rows + len(shelf.ids) > BATCH_RUNS:
                break
            try:
                parts.append(self.catalogue.read_batch(name))
            except FileNotFoundError:
                continue  # joined a moment ago, or found damaged
            old.append(name)
            rows += len(shelf.ids)
        Batch.joined(parts).write(self.folder)
        self._remove(old)

    def _remove(self, names: Iterable[str]) -> None:
        """Remove batches whose runs are in others."""
        for name in names:
            series = self.catalogue.shelves[name].series
            shared = sum(shelf.series == series for shelf in self.catalogue.shelves.values()) > 1
            for kind, one in ((OUTCOMES, name), *(() if shared else ((SERIES, series),))):
                with contextlib.suppress(OSError):
                    (self.folder / kind / f"{one}{SUFFIX}").unlink()

    def _clear(self) -> None:
        """Remove what killed processes left half-written; nobody else writes batches while we hold the lock.

        Series without outcomes stay until all their runs are in batches: on a network
        disk the outcomes of another machine may be there and not be seen yet.
        """
        self.catalogue.refresh()
        named = {shelf.series for shelf in self.catalogue.shelves.values()}
        for kind in (OUTCOMES, SERIES):
            for path in (self.folder / kind).iterdir():
                stray = kind == SERIES and path.suffix == SUFFIX and path.stem not in named
                with contextlib.suppress(OSError):
                    if path.name.endswith(PARTIAL) or (stray and self._is_in_batches(path.stem)):
                        path.unlink()

    def _is_in_batches(self, series: str) -> bool:
        data = read_verified(self.folder, SERIES, series)
        if data is None:
            return True  # damaged, and nobody's
        ids = set(table_of(data, ["id"])["id"].to_pylist())
        return self.catalogue.shelved(ids) == ids
