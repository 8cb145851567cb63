"""Vectors of parameters that fit history about equally well, as `market-abm calibrate` writes them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from market_abm.record.errors import RecordError


class VectorError(RecordError):
    """A file of vectors cannot be read."""


@dataclass(frozen=True)
class Vector:
    """One vector: a name, overrides `path=value`, and its distance to history."""

    name: str
    overrides: tuple[str, ...] = ()
    loss: float | None = None


SHIPPED = Vector("as shipped")
"""The parameters as the scenarios have them."""


def read_vectors(file: str | Path) -> list[Vector]:
    """Read the set that fits.

    Raises
    ------
    VectorError
        When the file is missing, is no JSON, or holds no vectors.
    """
    path = Path(file)
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as fault:
        raise VectorError(
            f"{path} cannot be read: {fault.strerror}. `market-abm calibrate` writes such a file."
        ) from None
    except ValueError as fault:
        raise VectorError(f"{path} is no JSON: {fault}.") from None
    rows = found.get("vectors") if isinstance(found, dict) else found
    if not isinstance(rows, list) or not rows:
        raise VectorError(f'{path} holds no "vectors". `market-abm calibrate` writes such a file.')
    vectors = [_vector(row, number, path) for number, row in enumerate(rows, 1)]
    names = [vector.name for vector in vectors]
    if twice := {name for name in names if names.count(name) > 1}:
        raise VectorError(f"{path}: vectors of one name: {', '.join(sorted(twice))}.")
    return vectors


def _vector(row: Any, number: int, path: Path) -> Vector:
    values = row.get("values") if isinstance(row, dict) else None
    if not isinstance(values, dict) or not all(isinstance(value, int | float) for value in values.values()):
        raise VectorError(f'{path}: vectors[{number}] needs "values", a number for each parameter path.')
    loss = row.get("loss")
    told = float(loss) if isinstance(loss, int | float) else None
    overrides = tuple(f"{key}={json.dumps(value)}" for key, value in values.items())
    return Vector(str(row.get("name", f"v{number:02d}")), overrides, told)
