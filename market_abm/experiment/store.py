"""The run store: summaries of runs in one folder, each once, whoever asked for it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from market_abm.experiment.summary import Summary


class RunStore:
    """Summaries by task id.

    Parameters
    ----------
    folder : where they are kept; made when missing.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._kept: dict[str, Summary] = {}

    def has(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids whose summaries are here and whole."""
        return {one for one in ids if one in self._kept}

    def put(self, summary: Summary) -> None:
        """Keep a summary; once this returns, a killed process cannot lose it."""
        self._kept[summary.id] = summary

    def values(self, ids: Sequence[str]) -> pd.DataFrame:
        """Measures, one row an id in the order asked, one column a measure.

        Raises
        ------
        KeyError
            When a summary is missing.
        """
        return pd.DataFrame([self._kept[one].values for one in ids], index=pd.Index(ids, name="id"))

    def monthly(self, ids: Sequence[str]) -> pd.DataFrame:
        """Monthly series, rows (id, month), columns series; NaN where a run has no such series."""
        return pd.concat({one: self._kept[one].monthly for one in ids}, names=["id", "month"])
