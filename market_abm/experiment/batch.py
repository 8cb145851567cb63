"""A batch: many summaries in two Parquet files, which pandas, DuckDB and others read as they are.

`outcomes/<hash>.parquet` has a row a run: id, scenario, seed, digest, seconds
(wall time), then a column a measure, null where the run does not cover it.
`series/<hash>.parquet` has a row a run and month: id, month (its first day), then
a column a series. In DuckDB:

    SELECT scenario, avg(ndpr_fob_2009) FROM
    read_parquet('STORE/outcomes/*.parquet', union_by_name = true) GROUP BY scenario

A file's name is the hash of its bytes. The outcomes name their series, which are
written first: a row of outcomes has its series.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from market_abm.experiment.disk import checksum, write_whole
from market_abm.experiment.series import in_order
from market_abm.experiment.summary import Summary
from market_abm.record.measures import MEASURES

OUTCOMES, SERIES, SUFFIX = "outcomes", "series", ".parquet"
HEADS = {"id": pa.string(), "scenario": pa.string(), "seed": pa.int64(), "digest": pa.string(), "seconds": pa.float64()}
KEYS = {"id": pa.string(), "month": pa.date32()}
_LINK = b"market_abm.series"  # where the outcomes' metadata name their series


@dataclass(frozen=True)
class Batch:
    """Outcomes and series of some runs, in memory."""

    outcomes: pa.Table
    series: pa.Table

    @classmethod
    def of(cls, summaries: Sequence[Summary]) -> "Batch":
        """Batch of some summaries."""
        heads = [pa.array([getattr(one, name) for one in summaries], kind) for name, kind in HEADS.items()]
        measures = dict.fromkeys(name for one in summaries for name in one.values)
        values = [_numbers([one.values.get(name, np.nan) for one in summaries]) for name in measures]
        outcomes = pa.table([*heads, *values], names=[*HEADS, *measures])
        return cls(outcomes, pa.concat_tables([_series(one) for one in summaries], promote_options="default"))

    @classmethod
    def joined(cls, parts: Sequence["Batch"]) -> "Batch":
        """Several batches as one, each run once."""
        seen: set[str] = set()
        kept = []
        for part in parts:
            kept.append(part.without(seen))
            seen |= set(part.ids)
        outcomes, series = (
            pa.concat_tables([getattr(part, name) for part in kept], promote_options="default")
            for name in (OUTCOMES, SERIES)
        )
        return cls(outcomes, series)

    def without(self, ids: set[str]) -> "Batch":
        """Batch less some runs."""
        strangers = pa.array(sorted(ids), pa.string())
        kept = [table.filter(pc.invert(pc.is_in(table["id"], strangers))) for table in (self.outcomes, self.series)]
        return Batch(*kept)

    @property
    def ids(self) -> list[str]:
        """Runs in the order of the rows."""
        found: list[str] = self.outcomes["id"].to_pylist()
        return found

    def write(self, folder: Path) -> str:
        """Write the series, then the outcomes; return the batch's name."""
        series = _packed(self.series.select([*KEYS, *in_order(set(self.series.column_names) - set(KEYS))]))
        link = checksum(series)
        write_whole(folder / SERIES / f"{link}{SUFFIX}", series)
        measures = in_measure_order(set(self.outcomes.column_names) - set(HEADS))
        outcomes = _packed(self.outcomes.select([*HEADS, *measures]), link)
        name = checksum(outcomes)
        write_whole(folder / OUTCOMES / f"{name}{SUFFIX}", outcomes)
        return name


def in_measure_order(names: set[str]) -> list[str]:
    """Names of measures in the order of `record.measures`, others after them."""
    place = {name: number for number, name in enumerate(MEASURES)}
    return sorted(names, key=lambda name: (place.get(name, len(place)), name))


def read_verified(folder: Path, kind: str, name: str) -> bytes | None:
    """Bytes of a file of a batch; None when they are not what was written.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    """
    data = (folder / kind / f"{name}{SUFFIX}").read_bytes()
    return data if checksum(data) == name else None


def table_of(data: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """Table in the bytes of a file; of the columns asked for, those that it has."""
    file = _opened(data)
    known = set(file.schema_arrow.names)
    return file.read(None if columns is None else [name for name in columns if name in known], use_threads=False)


def _opened(data: bytes) -> pq.ParquetFile:
    """File in its bytes, to be read by this thread alone.

    Arrow's own threads may still hold the bytes when Python ends, which now and then aborts a process that has done
    all its work (apache/arrow issues 34314 and 50482).
    """
    return pq.ParquetFile(pa.BufferReader(data), pre_buffer=False)


def contents_of(outcomes: bytes) -> tuple[list[str], str]:
    """Runs in the bytes of a file of outcomes, and the name of the series that belong to them."""
    file = _opened(outcomes)
    return file.read(columns=["id"], use_threads=False)["id"].to_pylist(), str(file.metadata.metadata[_LINK].decode())


def _series(summary: Summary) -> pa.Table:
    frame = summary.monthly
    months = pa.array(
        pd.PeriodIndex(frame.index, freq="M").to_timestamp().to_numpy().astype("datetime64[D]"), pa.date32()
    )
    columns = [_numbers(frame.iloc[:, place].to_numpy(dtype=float)) for place in range(frame.shape[1])]
    names = [*KEYS, *(str(name) for name in frame.columns)]
    return pa.table([pa.array([summary.id] * len(frame), pa.string()), months, *columns], names=names)


def _numbers(values: Any) -> pa.Array:
    """Numbers with null for NaN, so that other programs' means leave them out."""
    return pa.array(np.asarray(values, dtype=float), pa.float64(), from_pandas=True)


def _packed(table: pa.Table, link: str = "") -> bytes:
    """Bytes of a Parquet file; numbers are split by byte, which makes them a fifth smaller."""
    fields = list(table.schema)
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        use_dictionary=[field.name for field in fields if pa.types.is_string(field.type)],
        use_byte_stream_split=[field.name for field in fields if pa.types.is_floating(field.type)],
        store_schema=False,
    ) as writer:
        writer.write_table(table, row_group_size=max(table.num_rows, 1))
        writer.add_key_value_metadata({_LINK: link})
    return bytes(sink.getvalue())


def outcome_frame(table: pa.Table) -> pd.DataFrame:
    """Rows of outcomes as a frame by id: scenario, seed, digest, seconds, then the measures."""
    numbers = [name for name in table.column_names if name in MEASURES or table[name].null_count < table.num_rows]
    names = [*HEADS, *in_measure_order(set(numbers) - set(HEADS))]
    columns = {name: table[name].to_pandas() for name in names}
    frame: pd.DataFrame = pd.DataFrame(columns).set_index("id")
    return frame


def monthly_frame(table: pa.Table) -> pd.DataFrame:
    """Rows of series as a frame, index (id, month), months as periods."""
    months = pd.PeriodIndex(pd.DatetimeIndex(table["month"].to_numpy()), freq="M")
    index = pd.MultiIndex.from_arrays([pd.Index(table["id"].to_pylist()), months], names=["id", "month"])
    names = [name for name in table.column_names if name not in KEYS]
    numbers = {name: table[name].to_numpy() for name in names}
    return pd.DataFrame(numbers, index=index, columns=pd.Index(names, name="series"), dtype=float)
