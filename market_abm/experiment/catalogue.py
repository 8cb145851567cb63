"""What is in a run store's folder, and where: the index that a store keeps in memory.

The folder is the truth; `refresh` catches up with what this and other processes
have written since. Only identities are kept in memory, never summaries.
"""

import contextlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from market_abm.experiment import batch as batches
from market_abm.experiment.batch import OUTCOMES, SERIES, SUFFIX, Batch
from market_abm.experiment.journal import Record, decode, records
from market_abm.experiment.summary import Summary

JOURNAL, DAMAGED, LOG = "journal", "damaged", ".log"


@dataclass
class Shelf:
    """A batch on disk."""

    ids: tuple[str, ...]
    series: str  # name of the file of its series
    proved: bool = False  # whether the series were compared with their checksum


@dataclass
class Log:
    """A journal on disk, as far as it has been read."""

    end: int = 0  # after the last whole record [byte]
    records: dict[str, Record] = field(default_factory=dict)


class Catalogue:
    """Where each run of a folder is.

    Parameters
    ----------
    folder : of the store; need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shelves: dict[str, Shelf] = {}
        self.logs: dict[str, Log] = {}
        self._shelf_of: dict[str, str] = {}

    # -- catching up -----------------------------------------------------------------------------
    def refresh(self) -> None:
        """Catch up with the folder."""
        # Journals first: one that vanishes has become a batch, which the second look then finds.
        self._refresh_logs()
        there = self._names(OUTCOMES, SUFFIX)
        if gone := self.shelves.keys() - there:
            there |= self._names(OUTCOMES, SUFFIX)  # a listing made while batches were joined may lack both
            gone = self.shelves.keys() - there
        for name in sorted(there - self.shelves.keys()):
            self._open(name)
        for name in gone:
            self._forget(name)

    def _names(self, kind: str, suffix: str) -> set[str]:
        try:
            found = [entry.name for entry in (self.folder / kind).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return set()
        return {name.removesuffix(suffix) for name in found if name.endswith(suffix) and not name.startswith(".")}

    def _refresh_logs(self) -> None:
        there = self._names(JOURNAL, LOG)
        for name in self.logs.keys() - there:
            del self.logs[name]
        for name in sorted(there):
            log = self.logs.setdefault(name, Log())
            try:
                with self.log_path(name).open("rb") as stream:
                    stream.seek(log.end)
                    data = stream.read()
            except FileNotFoundError:
                continue
            start = log.end
            for found in records(data):
                log.records[found.id] = Record(found.id, found.start + start, found.end + start)
                log.end = start + found.end

    def _open(self, name: str) -> None:
        try:
            data = batches.read_verified(self.folder, OUTCOMES, name)
        except FileNotFoundError:
            return  # joined with others a moment ago; the next look finds them
        if data is None:
            self._set_aside(name, None)
            return
        ids, series = batches.contents_of(data)
        shelf = Shelf(tuple(ids), series)
        self.shelves[name] = shelf
        self._shelf_of.update(dict.fromkeys(shelf.ids, name))

    def _forget(self, name: str) -> None:
        for one in self.shelves.pop(name).ids:
            if self._shelf_of.get(one) == name:
                del self._shelf_of[one]
        if self.has_doubles:
            for other, shelf in self.shelves.items():
                for one in shelf.ids:
                    self._shelf_of.setdefault(one, other)

    def _set_aside(self, name: str, series: str | None) -> None:
        """Move a damaged batch where no reader of the folder meets it; its runs count as missing."""
        if name in self.shelves:
            self._forget(name)
        with contextlib.suppress(OSError):  # a folder that is only read keeps it
            (self.folder / DAMAGED).mkdir(exist_ok=True)
            for kind, one in ((OUTCOMES, name), (SERIES, series)):
                if one is not None:
                    with contextlib.suppress(FileNotFoundError):
                        file = self.folder / kind / f"{one}{SUFFIX}"
                        file.replace(self.folder / DAMAGED / f"{kind}-{one}{SUFFIX}")

    # -- asking ----------------------------------------------------------------------------------
    @property
    def has_doubles(self) -> bool:
        """Whether a run is in two batches: a process ended after it had joined some, before it removed them."""
        return sum(len(shelf.ids) for shelf in self.shelves.values()) > len(self._shelf_of)

    def doubles(self) -> list[str]:
        """Batches whose runs are all in other batches that are whole."""
        for name in list(self.shelves) if self.has_doubles else ():
            self._prove(name)
        if not self.has_doubles:
            return []
        copies = Counter(one for shelf in self.shelves.values() for one in shelf.ids)
        found = []
        for name, shelf in sorted(self.shelves.items(), key=lambda item: len(item[1].ids)):
            if all(copies[one] > 1 for one in shelf.ids):
                copies.subtract(shelf.ids)
                found.append(name)
        return found

    def log_path(self, name: str) -> Path:
        """File of a journal."""
        return self.folder / JOURNAL / f"{name}{LOG}"

    def whole(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that are here, their batches compared with their checksums."""
        wanted = set(ids)
        return self._logged(wanted) | self.shelved(wanted)

    def listed(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that are here."""
        wanted = set(ids)
        return self._logged(wanted) | (wanted & self._shelf_of.keys())

    def _logged(self, wanted: set[str]) -> set[str]:
        return {one for log in self.logs.values() for one in wanted & log.records.keys()}

    def shelved(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that are in batches, these compared with their checksums."""
        wanted = set(ids)
        for name in {self._shelf_of[one] for one in wanted if one in self._shelf_of}:
            self._prove(name)
        return wanted & self._shelf_of.keys()

    def _prove(self, name: str) -> None:
        shelf = self.shelves[name]
        if shelf.proved:
            return
        try:
            shelf.proved = batches.read_verified(self.folder, SERIES, shelf.series) is not None
        except FileNotFoundError:
            if not (self.folder / OUTCOMES / f"{name}{SUFFIX}").exists():
                self._forget(name)  # joined with others a moment ago
                return
        if not shelf.proved:
            self._set_aside(name, shelf.series)

    def places(self, ids: Iterable[str]) -> tuple[dict[str, set[str]], dict[str, list[Record]]]:
        """Batches with the runs asked of them, and journals with the records.

        Raises
        ------
        KeyError
            When one is not here.
        """
        shelves: dict[str, set[str]] = {}
        logs: dict[str, list[Record]] = {}
        for one in ids:
            if one in self._shelf_of:
                shelves.setdefault(self._shelf_of[one], set()).add(one)
                continue
            for name, log in self.logs.items():
                if one in log.records:
                    logs.setdefault(name, []).append(log.records[one])
                    break
            else:
                raise KeyError(one)
        return shelves, logs

    # -- reading ---------------------------------------------------------------------------------
    def read(self, name: str, kind: str) -> bytes:
        """Bytes of the outcomes or of the series of a batch.

        Raises
        ------
        FileNotFoundError
            When the batch has been joined with others, or was damaged; look again.
        """
        shelf = self.shelves[name]
        data = batches.read_verified(self.folder, kind, name if kind == OUTCOMES else shelf.series)
        if data is None:
            self._set_aside(name, shelf.series)
            raise FileNotFoundError(name)
        return data

    def read_batch(self, name: str) -> Batch:
        """Read a whole batch."""
        outcomes, series = (batches.table_of(self.read(name, kind)) for kind in (OUTCOMES, SERIES))
        return Batch(outcomes, series)

    def read_log(self, name: str, wanted: Collection[Record]) -> list[Summary]:
        """Read summaries from a journal.

        Raises
        ------
        FileNotFoundError
            When the journal has become a batch, or a record is damaged; look again.
        """
        found = []
        with self.log_path(name).open("rb") as stream:
            for record in wanted:
                stream.seek(record.start)
                data = stream.read(record.end - record.start)
                if next(records(data), None) is None:
                    del self.logs[name].records[record.id]
                    raise FileNotFoundError(name)
                found.append(decode(data))
        return found
