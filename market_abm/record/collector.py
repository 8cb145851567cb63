"""Mesa's view of the record: a DataCollector that reads what the recorder has kept anyway.

`mesa.batch_run`, `SolaraViz` and notebooks ask a model for its `datacollector`;
collecting a second time would cost more than the step itself.
"""

from typing import Any

import mesa
import numpy as np

from market_abm.core.units import GRAMS_PER_TONNE, TICKS_PER_DOLLAR
from market_abm.record.recorder import Recorder


class RecordView(mesa.DataCollector):  # type: ignore[misc]
    """Weekly series of the model, read from its recorder.

    Parameters
    ----------
    recorder : the record to look at.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        super().__init__()
        self.model_reporters = dict.fromkeys(self.model_vars)

    @property
    def model_vars(self) -> dict[str, list[Any]]:
        """One list a series: prices [US$/kg] by material and node, then totals [t/week] and shares [1]."""
        record, market = self._recorder, self._recorder.market
        weeks = slice(0, record.weeks_kept)
        series: dict[str, list[Any]] = {"week": [record.date_of(week) for week in range(record.weeks_kept)]}
        for row, material in enumerate(market.materials):
            for node, place in enumerate(market.nodes):
                series[f"{material} price, {place}"] = (record.price[weeks, row, node] / TICKS_PER_DOLLAR).tolist()
        series["mined"] = (record.share[weeks, 0].sum(axis=1) / GRAMS_PER_TONNE).tolist()
        total, gated = record.imports[weeks, :, market.lead].transpose(1, 0, 2)
        for zone, place in enumerate(market.zones):
            share = gated[:, zone] / np.maximum(total[:, zone], 1.0)
            series[f"gated share of imports, {place}"] = share.tolist()
        return series

    @model_vars.setter
    def model_vars(self, value: dict[str, list[Any]]) -> None:
        """Mesa sets an empty dictionary at construction; there is nothing to keep."""

    @property
    def _collection_steps(self) -> list[int]:
        """Steps that were recorded, counted from 1 as newer Mesa does."""
        return list(range(1, self._recorder.weeks_kept + 1))

    @_collection_steps.setter
    def _collection_steps(self, value: list[int]) -> None:
        """As for `model_vars`."""

    def collect(self, model: mesa.Model) -> None:
        """Do nothing: the recorder keeps every week."""
