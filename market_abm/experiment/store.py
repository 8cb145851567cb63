"""The run store: summaries of runs in one folder, each once, whoever asked for it.

A run that was put is on disk at once, in the journal of its process. Journals
become batches of Parquet files, small batches larger ones. Any number of
processes may use a folder at the same time; a network disk needs locks that
work across machines (NFS 4 has them).

    store.json            what this folder is
    outcomes/*.parquet    a row a run: identity, measures (see `batch`)
    series/*.parquet      a row a run and month
    journal/*.log         runs that are not in a batch yet
    damaged/              files that are not what was written; their runs count as missing
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from market_abm.experiment.batch import (
    HEADS,
    KEYS,
    OUTCOMES,
    SERIES,
    Batch,
    monthly_frame,
    outcome_frame,
    table_of,
)
from market_abm.experiment.catalogue import Catalogue
from market_abm.experiment.disk import StoreError, explained
from market_abm.experiment.series import in_order
from market_abm.experiment.summary import Summary
from market_abm.experiment.writer import FORMAT, KIND, MARKER, Writer

ATTEMPTS = 5  # to read what another process is joining into larger batches at the same time


class RunStore:
    """Summaries by task id.

    Parameters
    ----------
    folder : where they are kept; made when the first is put.

    Raises
    ------
    StoreError
        When the folder is that of something else.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        _check_kind(self.folder)
        self._catalogue = Catalogue(self.folder)
        self._writer = Writer(self._catalogue)

    # -- asking ----------------------------------------------------------------------------------
    def has(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids whose summaries are here and whole, whichever process put them.

        A file is compared with its checksum when it is first asked for, and whenever it is read.
        """
        with explained(self.folder, "read"):
            self._catalogue.refresh()
            return self._catalogue.whole(ids)

    def listed(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids whose summaries are here; quicker than `has`, as it leaves the series unread."""
        with explained(self.folder, "read"):
            self._catalogue.refresh()
            return self._catalogue.listed(ids)

    def values(self, ids: Sequence[str]) -> pd.DataFrame:
        """Measures, one row an id in the order asked, one column a measure.

        Raises
        ------
        KeyError
            When a summary is missing.
        """
        return self._outcomes(ids).drop(columns=[name for name in HEADS if name != "id"])

    def heads(self, ids: Sequence[str]) -> pd.DataFrame:
        """Scenario, seed, digest and seconds, one row an id in the order asked.

        Raises
        ------
        KeyError
            When a summary is missing.
        """
        return self._outcomes(ids)[[name for name in HEADS if name != "id"]]

    def outcomes(self, ids: Sequence[str]) -> pd.DataFrame:
        """Heads and values together, for those who need both; a row an id in the order asked.

        Raises
        ------
        KeyError
            When a summary is missing.
        """
        return self._outcomes(ids)

    def monthly(self, ids: Sequence[str], names: Sequence[str] | None = None) -> pd.DataFrame:
        """Monthly series, rows (id, month), columns series; NaN where a run has no such series.

        Parameters
        ----------
        ids : runs, in the order of the rows.
        names : series wanted, in the order of the columns; all when silent.

        Raises
        ------
        KeyError
            When a summary is missing, or no run has a series of that name.
        """
        wanted = pd.Index(dict.fromkeys(ids))
        table = self._tables(wanted, SERIES, None if names is None else [*KEYS, *names])
        frame = monthly_frame(table).dropna(axis="columns", how="all")  # of other runs in the same batches
        months = frame.index.get_level_values("month").astype("int64")
        order = np.lexsort((months, wanted.get_indexer(frame.index.get_level_values("id"))))
        return frame.iloc[order][in_order(frame.columns) if names is None else list(names)]

    # -- putting ---------------------------------------------------------------------------------
    def put(self, summary: Summary) -> None:
        """Keep a summary; once this returns, a killed process cannot lose it.

        Raises
        ------
        StoreError
            When the disk refuses.
        """
        self._writer.put(summary)

    def check_writable(self) -> None:
        """Make the folder and write to it, before hours are spent on runs.

        Raises
        ------
        StoreError
            When the disk refuses.
        """
        self._writer.enter()

    def has_company(self) -> bool:
        """Whether other processes may be putting summaries into the folder now.

        Raises
        ------
        StoreError
            When the disk refuses.
        """
        with explained(self.folder):
            return self._writer.has_company()

    def compact(self) -> None:
        """Put what is in journals into Parquet files, where other programs find it.

        `execute` does so when it ends. Journals of running processes stay with them.

        Raises
        ------
        StoreError
            When the disk refuses.
        """
        self._writer.compact()

    def take(self, other: "RunStore") -> int:
        """Copy what another store has and this one has not; return how many summaries that were.

        Raises
        ------
        StoreError
            When a disk refuses.
        """
        taken = 0
        for _ in range(ATTEMPTS):
            with explained(other.folder, "read"):
                try:
                    for count in self._writer.take(other._catalogue):
                        taken += count
                    return taken
                except FileNotFoundError:
                    continue  # the other store changes, or a file in it was found damaged
        raise StoreError(f"{other.folder} changes faster than it can be read; stop what writes to it, then try again.")

    # -- reading ---------------------------------------------------------------------------------
    def _outcomes(self, ids: Sequence[str]) -> pd.DataFrame:
        table = self._tables(list(dict.fromkeys(ids)), OUTCOMES, None)
        return outcome_frame(table).reindex(pd.Index(ids, name="id"))

    def _tables(self, ids: Iterable[str], kind: str, columns: Sequence[str] | None) -> pa.Table:
        """Rows of some runs, from all batches and journals that have them, in any order."""
        wanted = list(ids)
        for _ in range(ATTEMPTS):
            with explained(self.folder, "read"):
                self._catalogue.refresh()
                try:
                    return self._tables_now(wanted, kind, columns)
                except FileNotFoundError:
                    continue  # joined into a larger batch, or found damaged
        raise StoreError(f"{self.folder} changes faster than it can be read; stop what writes to it, then try again.")

    def _tables_now(self, ids: Sequence[str], kind: str, columns: Sequence[str] | None) -> pa.Table:
        shelves, logs = self._catalogue.places(ids)
        tables = []
        for name, some in shelves.items():
            table = table_of(self._catalogue.read(name, kind), columns)
            tables.append(table.filter(pc.is_in(table["id"], pa.array(sorted(some), pa.string()))))
        for name, records in logs.items():
            table = getattr(Batch.of(self._catalogue.read_log(name, records)), kind)
            known = table.column_names
            tables.append(table.select([one for one in columns or known if one in known]))
        if not tables:
            return pa.table({name: pa.array([], of) for name, of in (HEADS if kind == OUTCOMES else KEYS).items()})
        return pa.concat_tables(tables, promote_options="default")


def _check_kind(folder: Path) -> None:
    """Refuse a folder of something else, or of another format."""
    marker = folder / MARKER
    try:
        if not folder.exists() or (
            not marker.exists() and all(entry.name.startswith(".") for entry in folder.iterdir())
        ):
            return
        found = json.loads(marker.read_text("utf-8")) if marker.exists() else {}
        kind, version = found.get("kind"), found.get("format")
    except (OSError, ValueError, AttributeError) as fault:
        raise StoreError(f"{folder} cannot be read as a run store ({fault}); choose another with --store.") from fault
    if kind != KIND:
        raise StoreError(f"{folder} holds other things than a run store; choose another folder with --store.")
    if version != FORMAT:
        raise StoreError(
            f"{folder} is a run store of format {version} and this program knows format {FORMAT}; "
            "choose another folder with --store."
        )
