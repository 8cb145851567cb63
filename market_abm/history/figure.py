"""A historical number with the sources and the weakest confidence of the rows behind it.

Figures are looked up in the series and combined by arithmetic; `reference` puts
them into its table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from market_abm.history import price, series
from market_abm.history.period import bounds
from market_abm.history.table import joined, least

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Figure:
    """A number with the rows it came from."""

    value: float
    source: str
    confidence: str

    def __truediv__(self, other: Figure) -> Figure:
        """Ratio of two figures."""
        return self._with(self.value / other.value, other)

    def __sub__(self, other: Figure) -> Figure:
        """Difference of two figures."""
        return self._with(self.value - other.value, other)

    def times(self, factor: float) -> Figure:
        """Express the figure in another unit."""
        return Figure(self.value * factor, self.source, self.confidence)

    def at_most(self, confidence: str) -> Figure:
        """Lower the confidence: the rows are sound, but do not quite measure the same."""
        return Figure(self.value, self.source, least([self.confidence, confidence]))

    def _with(self, value: float, other: Figure) -> Figure:
        sources = joined([self.source, other.source])
        return Figure(value, sources, least([self.confidence, other.confidence]))


def mean_of(rows: pd.DataFrame, column: str) -> Figure:
    """Mean of a column, with the sources of its rows; an error if there is no row."""
    if rows.empty:
        raise LookupError(f"No rows for the mean of {column}.")
    return Figure(float(rows[column].mean()), joined(rows["source_id"]), least(rows["confidence"]))


def average(figures: Sequence[Figure]) -> Figure:
    """Plain mean of several figures."""
    value = sum(figure.value for figure in figures) / len(figures)
    sources = joined(figure.source for figure in figures)
    return Figure(value, sources, least(figure.confidence for figure in figures))


def fob(material: str, text: str, kind: str) -> Figure:
    """Export price of a period [US$/kg]; of several editions the last that is no estimate."""
    rows = price.prices(material, "fob")
    start, end = bounds(text)
    first = end if kind == "yearend" else start
    rows = rows[(rows["period"] == kind) & (rows["start"].dt.date == first) & (rows["end"].dt.date == end)]
    final = rows[~rows["note"].str.contains("estimate")]
    return mean_of((rows if final.empty else final).tail(1), "price_usd_per_kg")


def fob_2009(material: str) -> Figure:
    """Export price before the spike: the mean of 2009 [US$/kg]."""
    return fob(material, "2009", "annual_avg")


def peak_quarter(material: str) -> tuple[str, Figure]:
    """Name and export price [US$/kg] of the dearest quarter on record."""
    rows = price.prices(material, "fob")
    top = rows[rows["period"] == "quarter_avg"].nlargest(1, "price_usd_per_kg")
    start = top["start"].iloc[0]
    return f"{start.year}-Q{start.quarter}", mean_of(top, "price_usd_per_kg")


def september_2011(material: str) -> Figure:
    """Mean of the quotes inside China in September 2011, with VAT [US$/kg]."""
    rows = price.prices(material, "domestic")
    return mean_of(rows[(rows["start"] >= "2011-09-01") & (rows["end"] <= "2011-09-30")], "price_usd_per_kg")


def mine_output(country: str, year: int) -> Figure:
    """Preferred mine output of a year [t REO]."""
    rows = series.mine_production(country)
    return mean_of(rows[(rows["year"] == year) & rows["preferred"]], "production_t")


def metric_of(rows: pd.DataFrame, metric: str, text: str) -> Figure:
    """Take the first row of a metric and period; a second one only confirms it."""
    start, end = bounds(text)
    rows = rows[(rows["metric"] == metric) & (rows["start"].dt.date == start) & (rows["end"].dt.date == end)]
    return mean_of(rows.head(1).astype({"value": float}), "value")
