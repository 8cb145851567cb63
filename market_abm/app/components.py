"""Charts of the page for Mesa's own `SolaraViz`.

SolaraViz(MineralMarket("tiny", rng=0), components=[price_chart("NdPr")], model_params={"scenario": "tiny", "rng": 0})
"""

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import solara
from mesa.visualization.utils import update_counter

from market_abm.app.decree import Standing, standing
from market_abm.app.page.chart import Chart
from market_abm.app.page.dependence import import_figure
from market_abm.app.page.prices import price_figure
from market_abm.app.series import SeriesBook, SeriesInfo
from market_abm.core.units import FloatArray, IntArray
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    from market_abm.model import MineralMarket


class ModelView:
    """What a chart asks of a world, answered by a bare model that somebody else plays."""

    def __init__(self, model: "MineralMarket") -> None:
        self.model = model
        self._book = SeriesBook(model, np.zeros((model.weeks, len(model.market.zones)), dtype=np.int64))

    @property
    def scenario(self) -> Scenario:
        """Scenario of the model."""
        return self.model.scenario

    @property
    def today(self) -> dt.date:
        """Monday of the coming week."""
        return self.model.today

    @property
    def policies(self) -> list[Standing]:
        """All policies of the scenario."""
        return [standing(policy, self.scenario, self.today, False) for policy in self.scenario.policy]

    def date_of(self, week: int) -> dt.date:
        """Monday of a week."""
        return self.model.date_of(week)

    def week_of(self, day: dt.date) -> int:
        """Week that holds a day."""
        return (day - self.scenario.time.start).days // 7

    def list_series(self) -> list[SeriesInfo]:
        """All series."""
        return self._book.contents()

    def series(self, name: str) -> tuple[IntArray, FloatArray]:
        """Weeks and values of a series."""
        return self._book.values(name)


def price_chart(material: str | None = None, log_scale: bool = True) -> Any:
    """Component that draws the prices of a material, the lead material when silent, in all zones."""

    @solara.component
    def Prices(model: "MineralMarket") -> None:  # noqa: N802 - components are named like classes
        update_counter.get()
        chosen = material or model.market.materials[model.market.lead]
        Chart(price_figure(ModelView(model), chosen, log_scale), f"prices-{chosen}")

    return Prices


def dependence_chart() -> Any:
    """Component that draws how much of each zone's imports comes from behind the gate."""

    @solara.component
    def Dependence(model: "MineralMarket") -> None:  # noqa: N802
        update_counter.get()
        Chart(import_figure(ModelView(model)), "dependence")

    return Dependence
