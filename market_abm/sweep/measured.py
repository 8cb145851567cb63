"""Outcomes of a sweep's runs: taken as the runs come in, else worked out from the store, and kept beside it.

`outcomes.parquet` only spares reading the store again. It is told by the wording of
the outcomes, and what it lacks is worked out anew.
"""

import contextlib
import io
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from market_abm.experiment.disk import checksum, write_whole
from market_abm.experiment.outcome import matching, outcome_values
from market_abm.experiment.plan import Outcome
from market_abm.experiment.plan_checks import names_in
from market_abm.experiment.series import in_order
from market_abm.experiment.store import RunStore
from market_abm.experiment.summary import Summary

PIECE = 256  # runs whose series are in memory at a time
PATIENCE_SECONDS = 2.0  # runs wait so long, to be worked out together
_WORDING = b"market_abm.outcomes"


class Measured:
    """Outcomes by run id.

    Parameters
    ----------
    file : `outcomes.parquet` of the sweep's folder.
    outcomes : what is measured.
    store : where the runs are.
    """

    def __init__(self, file: Path, outcomes: Sequence[Outcome], store: RunStore) -> None:
        self._file, self._outcomes, self._store = file, outcomes, store
        self._names = [one.name for one in outcomes]
        self._wording = checksum(json.dumps([one.model_dump(mode="json") for one in outcomes]).encode()).encode()
        self._parts = [self._read()]
        self._waiting: list[Summary] = []
        self._since = time.monotonic()
        self._sums, self._counts = np.zeros(len(outcomes)), np.zeros(len(outcomes), dtype=int)
        self._is_kept = True

    # -- as runs come in -------------------------------------------------------------------------
    def add(self, summary: Summary) -> None:
        """Take a run that is finished."""
        self._waiting.append(summary)
        if len(self._waiting) >= PIECE or time.monotonic() - self._since > PATIENCE_SECONDS:
            self._take()

    def means(self, whole: bool = False) -> dict[str, float]:
        """Mean of each outcome over the runs that came in; outcomes without any are missing.

        Parameters
        ----------
        whole : work out first what still waits.
        """
        if whole:
            self._take()
        there = self._counts > 0
        return {name: self._sums[n] / self._counts[n] for n, name in enumerate(self._names) if there[n]}

    def _take(self) -> None:
        """Work out the outcomes of the runs that wait."""
        self._since = time.monotonic()
        if not self._waiting:
            return
        ids = [one.id for one in self._waiting]
        values = pd.DataFrame([dict(one.values) for one in self._waiting], index=ids)
        monthly = pd.concat({one.id: self._asked(one.monthly) for one in self._waiting}, names=["id", "month"])
        table = outcome_values(self._outcomes, ids, values, monthly[in_order(monthly.columns)])
        self._waiting.clear()
        self._keep(table)
        there = np.isfinite(table.to_numpy())
        self._sums += np.where(there, table.to_numpy(), 0.0).sum(axis=0)
        self._counts += there.sum(axis=0)

    def _asked(self, monthly: pd.DataFrame) -> pd.DataFrame:
        names = [name for one in self._outcomes for name in (*names_in(one.series), *names_in(one.over))]
        return monthly[matching(names, monthly.columns)]

    # -- asking ----------------------------------------------------------------------------------
    def of(self, ids: Sequence[str]) -> pd.DataFrame:
        """Outcomes of runs that are in the store, one row an id in the order asked.

        Raises
        ------
        KeyError
            When a run is missing.
        """
        self._take()
        known = self._joined()
        missing = pd.Index(ids).unique().difference(known.index, sort=False).tolist()
        for start in range(0, len(missing), PIECE):
            some = missing[start : start + PIECE]
            with_series = any(one.series is not None for one in self._outcomes)
            values = self._store.values(some) if any(one.series is None for one in self._outcomes) else pd.DataFrame()
            monthly = self._store.monthly(some) if with_series else pd.DataFrame()
            self._keep(outcome_values(self._outcomes, some, values, monthly))
        return (self._joined() if missing else known).loc[list(ids)]

    def save(self) -> None:
        """Write down what is new; nothing when the folder is only read."""
        self._take()
        if self._is_kept:
            return
        table = pa.Table.from_pandas(self._joined().reset_index())
        sink = io.BytesIO()
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), _WORDING: self._wording})
        pq.write_table(table, sink, write_page_checksum=True)
        with contextlib.suppress(OSError):  # it can be worked out again
            write_whole(self._file, sink.getvalue())
            self._is_kept = True

    def _read(self) -> pd.DataFrame:
        empty = pd.DataFrame(columns=self._names, index=pd.Index([], name="id", dtype=object), dtype=float)
        try:
            table = pq.read_table(self._file, use_threads=False, page_checksum_verification=True)
        except (OSError, pa.ArrowInvalid):
            return empty
        if (table.schema.metadata or {}).get(_WORDING) != self._wording:
            return empty
        kept: pd.DataFrame = table.to_pandas(use_threads=False).set_index("id")
        return kept[self._names]

    def _keep(self, table: pd.DataFrame) -> None:
        self._is_kept = False
        self._parts.append(table)
        if len(self._parts) > PIECE:
            self._joined()

    def _joined(self) -> pd.DataFrame:
        """All outcomes in one table, a row an id."""
        if len(self._parts) > 1:
            whole = pd.concat([part for part in self._parts if len(part)] or self._parts[:1])
            self._parts = [whole[~whole.index.duplicated()]]
        return self._parts[0]
