"""The digest of a run: a hash over what its tables say, not over how they are stored.

Equal on one platform with locked versions; a table that has been to disk and
back, or holds its words as categories, has the digest it had before.
"""

import hashlib
import json
from collections.abc import Mapping

import numpy as np
import pandas as pd

_DATES = {"date", "datetime", "datetime64"}


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with a plain index and with dates in microseconds, which files keep as they are."""
    frame = frame.reset_index(drop=True)
    for name in frame.columns:
        column = frame[name]
        if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) in _DATES:
            column = pd.to_datetime(column)
        if pd.api.types.is_datetime64_dtype(column.dtype):
            frame[name] = column.astype("datetime64[us]")
    return frame


def digest(tables: Mapping[str, pd.DataFrame]) -> str:
    """Hash tables by name, their columns in order, and the values (sha256, hexadecimal)."""
    seal = hashlib.sha256()
    for name in sorted(tables):
        frame = tables[name]
        seal.update(f"table {name} of {len(frame)} rows\n".encode())
        for column in frame.columns:
            kind, values = _canonical(frame[column])
            seal.update(f"column {column} of {kind}, {len(values)} bytes\n".encode())
            seal.update(values)
    return seal.hexdigest()


def _canonical(column: pd.Series) -> tuple[str, bytes]:
    """Kind of a column and its values as bytes, the same in every pandas version."""
    kinds = pd.api.types
    if kinds.is_bool_dtype(column.dtype):
        return "switches", column.to_numpy(dtype=np.uint8).tobytes()
    if kinds.is_integer_dtype(column.dtype):
        return "integers", column.to_numpy(dtype="<i8").tobytes()
    if kinds.is_float_dtype(column.dtype):
        numbers = column.to_numpy(dtype="<f8", na_value=np.nan, copy=True)
        numbers[np.isnan(numbers)] = np.nan  # one bit pattern for all of them
        return "numbers", numbers.tobytes()
    if kinds.is_datetime64_any_dtype(column.dtype):
        return "dates", column.to_numpy(dtype="datetime64[us]").view(np.int64).astype("<i8").tobytes()
    codes, words = pd.factorize(column.astype(object), sort=True)
    return "words", json.dumps([str(word) for word in words]).encode() + codes.astype("<i8").tobytes()
