"""The journal of a run store: what one process put since its last batch, one record a run.

A record is only ever added at the end and is on disk before `append` returns. A
record that was cut short or changed fails its checksum, and the records around it
can still be read.
"""

import contextlib
import hashlib
import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from market_abm.experiment.disk import sync_folder
from market_abm.experiment.summary import Summary

MARK = b"\xffrun"
HEAD = struct.Struct("<4s16sII")  # mark, checksum of all that follows, bytes of the id, bytes of the body


class Record(NamedTuple):
    """Where a summary stands in a journal."""

    id: str
    start: int  # of the record [byte]
    end: int


def append(path: Path, record: bytes) -> int:
    """Add a record to a journal, made when missing; return the journal's size [byte].

    After a fault the journal is as it was before.
    """
    new = not path.exists()
    with path.open("ab") as stream:
        before = stream.tell()
        try:
            stream.write(record)
            stream.flush()
            os.fsync(stream.fileno())
        except BaseException:
            with contextlib.suppress(OSError):
                os.truncate(path, before)
            raise
    if new:
        sync_folder(path.parent)
    return before + len(record)


def records(data: bytes) -> Iterator[Record]:
    """Whole records in a stretch of a journal, in order; damaged ones are stepped over."""
    place = data.find(MARK)
    while place >= 0:
        found = _record_at(data, place)
        if found is not None:
            yield found
        place = data.find(MARK, found.end if found else place + 1)


def _record_at(data: bytes, place: int) -> Record | None:
    start = place + HEAD.size
    if start > len(data):
        return None
    _, seal, name, body = HEAD.unpack_from(data, place)
    end = start + name + body
    if end > len(data) or _seal(data[place + 20 : end]) != seal:
        return None
    return Record(data[start : start + name].decode(), place, end)


def _seal(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:16]


def encode(summary: Summary) -> bytes:
    """Summary as a record; numbers keep every bit."""
    frame = summary.monthly
    told = {
        "scenario": summary.scenario,
        "seed": summary.seed,
        "digest": summary.digest,
        "seconds": summary.seconds,
        "values": dict(summary.values),
        "months": [str(month) for month in frame.index],
        "series": [str(name) for name in frame.columns],
    }
    words, name = json.dumps(told).encode(), summary.id.encode()
    body = struct.pack("<I", len(words)) + words + frame.to_numpy(dtype="<f8").tobytes()
    sealed = struct.pack("<II", len(name), len(body)) + name + body
    return MARK + _seal(sealed) + sealed


def decode(record: bytes) -> Summary:
    """Summary of a whole record."""
    _, _, name, _ = HEAD.unpack_from(record)
    body = HEAD.size + name
    (words,) = struct.unpack_from("<I", record, body)
    told = json.loads(record[body + 4 : body + 4 + words])
    shape = (len(told["months"]), len(told["series"]))
    numbers = np.frombuffer(record, dtype="<f8", offset=body + 4 + words).reshape(shape).astype(float)
    months = pd.PeriodIndex(told["months"], freq="M", name="month")
    monthly = pd.DataFrame(numbers, index=months, columns=pd.Index(told["series"], name="series", dtype=object))
    identity = record[HEAD.size : body].decode()
    heads = (told["scenario"], told["seed"], told["digest"], told["seconds"])
    return Summary(identity, *heads, told["values"], monthly)
