"""Historical figures that several groups of metrics look up, beside those of `history.figure`."""

from dataclasses import dataclass
from functools import cache

from market_abm.history.figure import Figure, fob, fob_2009
from market_abm.history.reference import reference_table
from market_abm.history.series import Stage, china_share
from market_abm.history.table import read_table

quoted = cache(fob)
"""Export price of a period, as `history.figure.fob`; each is looked up once."""
quoted_2009 = cache(fob_2009)
"""Export price before the spike: the mean of 2009."""


@dataclass(frozen=True)
class Reference:
    """A row of `history.reference_table`."""

    figure: Figure
    low: float
    high: float
    note: str


@cache
def references() -> dict[str, Reference]:
    """Rows of the reference table by metric; NaN where there is no low or high."""
    return {
        str(row["metric"]): Reference(
            Figure(float(row["value"]), str(row["source"]), str(row["confidence"])),
            float(row["low"]),
            float(row["high"]),
            str(row["note"]),
        )
        for row in reference_table().to_dict("records")
    }


def trade_figure(kind: str, year: int | str) -> Figure:
    """A row of `china_quotas_trade.csv`."""
    rows = read_table("china_quotas_trade")
    row = rows[(rows["quota_type"] == kind) & (rows["year"] == str(year))].to_dict("records")[0]
    return Figure(float(row["value_t_reo"]), str(row["source_id"]), str(row["confidence"]))


def shares_of_year(stage: Stage, year: int) -> list[Figure]:
    """Shares of China at a stage in one year; the first is the one compared."""
    return [
        Figure(float(row["share"]), str(row["source_id"]), str(row["confidence"]))
        for row in china_share(stage).to_dict("records")
        if row["year"] == year
    ]
