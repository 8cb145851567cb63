"""The price moves that are explained: the rise to the peak and the fall after it.

Moves are logarithms, so that effects that multiply add up: log 2 = 0.69 is a doubling.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from market_abm.explain.shapley import Values
from market_abm.explain.window import Window
from market_abm.record.run import Run
from market_abm.scenario.schema import Scenario

RISE, FALL = "peak", "crash"


@dataclass(frozen=True)
class Move:
    """A rise or fall of one price.

    Parameters
    ----------
    kind : `peak` is log(peak quarter / base), `crash` is log(peak quarter / last quarter).
    place : `export` at the gate, `domestic` behind it; part of the name.
    series : monthly series of the price.
    label : as shown to people.
    """

    kind: str
    place: str
    series: str
    label: str

    @property
    def name(self) -> str:
        """Machine name."""
        return f"{self.kind}_{self.place}"

    def sizes(self, monthly: pd.DataFrame, window: Window) -> Values:
        """Size of the move in each run [log], shape (runs,); NaN where a run does not cover it.

        Parameters
        ----------
        monthly : mean price, a row a month, a column a run.
        """
        other = mean_prices(monthly, window.base if self.kind == RISE else window.last)
        return np.asarray(np.log(peak_prices(monthly, window) / other), dtype=np.float64)


def moves_of(scenario: Scenario, material: str) -> list[Move]:
    """Moves of a scenario: at the gate and behind it, or in the first zone where there is no gate."""
    gate = next((name for name, zone in scenario.zone.items() if zone.export_gate), None)
    home = gate or next(iter(scenario.zone))
    label = scenario.zone[home].label or home
    places = [("export", f"{home} export", "at the gate")] if gate else []
    places.append(("domestic", home, f"inside {label}"))
    return [
        Move(kind, place, f"price.{material}.{node}", f"{kind} {where}")
        for kind in (RISE, FALL)
        for place, node, where in places
    ]


def peak_prices(monthly: pd.DataFrame, window: Window) -> Values:
    """Highest mean price of a quarter in each run [US$/kg], shape (runs,)."""
    return np.asarray(np.max([mean_prices(monthly, quarter) for quarter in window.quarters], axis=0), dtype=np.float64)


def peak_of(run: Run, move: Move, window: Window) -> tuple[pd.Period, float]:
    """Dearest quarter of a run and its mean price [US$/kg], from the run's own table."""
    rows = run.tables["prices"]
    _, material, node = move.series.split(".", 2)
    rows = rows[(rows["material"] == material) & (rows["zone"] == node)]
    quarterly = rows.groupby(rows["week"].dt.to_period("Q"))["price_usd_per_kg"].mean().reindex(list(window.quarters))
    place = int(quarterly.to_numpy().argmax())
    return window.quarters[place], float(quarterly.iloc[place])


def mean_prices(monthly: pd.DataFrame, period: pd.Period) -> Values:
    """Mean over the weeks of a year or quarter in each run [US$/kg], shape (runs,); NaN when a month is missing.

    Monthly means are weighted by the Mondays in the month, which gives back the mean over weeks.
    """
    months = pd.period_range(period.start_time, period.end_time, freq="M")
    prices = monthly.reindex(months).to_numpy(dtype=float)
    return np.asarray(np.average(prices, weights=_mondays(months), axis=0), dtype=np.float64)


def _mondays(months: pd.PeriodIndex) -> "npt.NDArray[np.int64]":
    """Number of Mondays in each month."""
    first, after = (index.start_time.to_numpy().astype("datetime64[D]") for index in (months, months + 1))
    return np.asarray(np.busday_count(first, after, weekmask="Mon"), dtype=np.int64)
