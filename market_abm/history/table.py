"""The package's data files: found, read, and told apart by name.

Every series of `history` reads its rows here. Nothing is computed; sources and
confidence travel with the rows (ODD: input data).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCES = ("low", "med", "high")


def read_table(name: str) -> pd.DataFrame:
    """Rows of a data file, as written.

    Parameters
    ----------
    name : str
        File name without `.csv`, e.g. "prices".

    Returns
    -------
    DataFrame, columns as in the file; dates are text (see `period`).
    """
    import pandas as pd

    path = resources.files("market_abm.history") / "data" / f"{name}.csv"
    with path.open("r", encoding="utf-8") as lines:
        return pd.read_csv(lines, dtype={"date": str, "year": str}, keep_default_na=False, na_values=[""])


def require(kind: str, name: str, valid: Iterable[str]) -> str:
    """Return the name if it is valid, or raise with the nearest valid one.

    Parameters
    ----------
    kind : str
        What the name stands for, e.g. "material".
    name : str
        What the user wrote.
    valid : iterable of str
        The names that exist.

    Returns
    -------
    str, the name itself.

    Raises
    ------
    ValueError
        If the name is unknown; the message holds the nearest one.
    """
    names = list(valid)
    if name in names:
        return name
    by_lower = {known.lower(): known for known in names}
    near = difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.0)
    raise ValueError(f'"{name}" is no {kind}. Did you mean "{by_lower[near[0]]}"? Known: {", ".join(names)}.')


def least(confidences: Iterable[str]) -> str:
    """Return the weakest of several confidences: a chain is as good as its worst link."""
    return min(confidences, key=CONFIDENCES.index)


def joined(sources: Iterable[str]) -> str:
    """Several source ids as one text, each once, in order: "P01+recalled"."""
    parts = [part for source in sources for part in source.split("+")]
    return "+".join(dict.fromkeys(parts))
