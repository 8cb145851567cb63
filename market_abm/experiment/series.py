"""Monthly series of a run: small enough to keep of every run, rich enough to ask new questions later.

A series has a dotted name, `quantity.subject`, such as `price.NdPr.CN export` or
`mined.CN.legal`; `QUANTITIES` tells what each quantity means and its unit.

A week belongs to the month of its Monday, so a month has four or five weeks. A
flow (t/month, US$/month) is the sum over them and a quarter higher in a month of
five; a level (price, share, stock) is their mean. A year's months add up to its
52 or 53 weeks.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from market_abm.record.public_measures import STATE, TREASURY, owner
from market_abm.record.reading import NotCoveredError, gate
from market_abm.record.run import Run
from market_abm.scenario.own import modules_of

QUANTITIES = {
    "price": ("US$/kg", "mean price at a node: price.<material>.<node>"),
    "licence.price": ("US$/kg", "mean price of an export licence: licence.price.<pool>"),
    "licence.used": ("t/month", "exported under a pool of licences: licence.used.<pool>"),
    "use": ("t/month", "materials that manufacturers use, all together: use.<zone>"),
    "activity": ("1", "mean share of full activity, weighted by need: activity.<zone>"),
    "lost": ("US$/month", "worth of the activity that was lost: lost.<zone>"),
    "cover": ("week", "mean weeks of need that manufacturers hold or have coming, weighted by need: cover.<zone>"),
    "imports": ("t/month", "imports: imports.<material>.<zone>"),
    "from_gated": ("t/month", "imports that come from the zone with the export gate: from_gated.<material>.<zone>"),
    "exported": ("t/month", "legal exports through the gate: exported.<material>"),
    "smuggled": ("t/month", "smuggled past the gate: smuggled.<material>"),
    "mined": ("t REO/month", "mine output: mined.<zone>.legal, mined.<zone>.illegal"),
    "refined": ("t/month", "output of separation plants: refined.<zone>"),
    "magnets": ("t/month", "lead material used for magnets: magnets.<zone>"),
    "stock": ("t", "mean stock, all zones together: stock.<material>.<kind of holder>"),
    "public_money": ("US$/month", "public money spent, a year's evenly over its months: public_money.<zone>"),
    "operating": ("1", "projects that operate in the month's last week: operating.<zone>"),
}
"""Unit and meaning of every quantity."""


def monthly_series(run: Run) -> pd.DataFrame:
    """All monthly series of a run.

    A series without a number in any month is left out, such as the activity of a
    zone without manufacturers; where nothing flows there are zeros.

    Returns
    -------
    DataFrame, float64, index: months, columns: dotted names as `in_order` has them.
    """
    calendar = _Calendar(run)
    found = [part for tell in (*_TELLERS, _own) for part in tell(run, calendar)]
    wide = pd.concat(found, axis="columns").astype(float).dropna(axis="columns", how="all")
    wide.index = pd.PeriodIndex(wide.index.to_numpy().astype("datetime64[M]"), freq="M", name="month")
    return wide[in_order(wide.columns)].rename_axis(columns="series")


def in_order(names: Iterable[str]) -> list[str]:
    """Names of series in the order of `QUANTITIES`, then by name; unknown ones last."""
    place = {quantity: number for number, quantity in enumerate(QUANTITIES)}
    return sorted(names, key=lambda name: (place.get(quantity_of(name), len(place)), name))


def quantity_of(name: str) -> str:
    """Quantity of a series: `licence.used` of `licence.used.export-quota`."""
    parts = name.split(".")
    longer = ".".join(parts[:2])
    return longer if longer in QUANTITIES else parts[0]


# -- weeks to months -----------------------------------------------------------------------------
class _Calendar:
    """Months on record, counted from January 1970, and how their weeks are added up."""

    def __init__(self, run: Run) -> None:
        self.mondays = np.sort(run.tables["prices"]["week"].unique())
        self.months, self.weeks = np.unique(_months(self.mondays), return_counts=True)

    def sums(self, frame: pd.DataFrame, quantity: str, keys: Sequence[str], values: pd.Series) -> pd.DataFrame:
        """Add up values over a table's rows: a row a month, a column a combination of keys; zeros where no row is."""
        codes, names = np.zeros(len(frame), dtype=np.int64), [quantity]
        for key in keys:
            code, words = pd.factorize(frame[key], sort=True)
            codes, names = codes * len(words) + code, [f"{name}.{word}" for name in names for word in words]
        row = np.searchsorted(self.months, _months(frame["week"].to_numpy()))
        shape = (len(self.months), len(names))
        total = np.bincount(row * shape[1] + codes, values.to_numpy(dtype=float), shape[0] * shape[1])
        return pd.DataFrame(total.reshape(shape), index=self.months, columns=names)

    def means(
        self, frame: pd.DataFrame, quantity: str, keys: Sequence[str], values: pd.Series, weights: pd.Series
    ) -> pd.DataFrame:
        """Weighted means over a table's rows; NaN where there is no weight."""
        weights = weights.where(values.notna(), 0.0)
        parts = (self.sums(frame, quantity, keys, values) for values in ((values * weights).fillna(0.0), weights))
        above, below = parts
        return above / below.where(below > 0)


def _months(weeks: "NDArray[np.datetime64]") -> "NDArray[np.int64]":
    return weeks.astype("datetime64[M]").astype(np.int64)


def _own(run: Run, calendar: _Calendar) -> Iterator[pd.DataFrame]:
    """Series of the run's plugins: monthly means of what their `weekly_series(run)` returns."""
    for name, module in modules_of(run.scenario.plugins).items():
        tell = getattr(module, "weekly_series", None)
        if tell is None:
            continue
        frame = tell(run)
        if not isinstance(frame, pd.DataFrame) or taken(frame.columns):
            raise TypeError(
                f"plugin {name}: weekly_series must return a DataFrame, index: weeks, columns: dotted names, none of "
                f"which begins with one of {', '.join(QUANTITIES)}"
            )
        monthly = frame.groupby(_months(frame.index.to_numpy())).mean()
        yield monthly.reindex(calendar.months)


def taken(names: Iterable[str]) -> bool:
    """Whether one of the names is that of a shipped quantity."""
    return any(quantity_of(str(name)) in QUANTITIES for name in names)


# -- what the tables tell ------------------------------------------------------------------------
def _prices(run: Run, calendar: _Calendar) -> Iterator[pd.DataFrame]:
    frame = run.tables["prices"]
    price = frame["price_usd_per_kg"]
    yield calendar.means(frame, "price", ["material", "zone"], price, price * 0 + 1)


def _licences(run: Run, calendar: _Calendar) -> Iterator[pd.DataFrame]:
    if (frame := run.tables.get("licences")) is None:
        return
    price = frame["price_usd_per_kg"]
    yield calendar.means(frame, "licence.price", ["pool"], price, price * 0 + 1)
    yield calendar.sums(frame, "licence.used", ["pool"], frame["used_t"])


def _activity(run: Run, calendar: _Calendar) -> Iterator[pd.DataFrame]:
    if (frame := run.tables.get("activity")) is None:
        return
    yield calendar.sums(frame, "use", ["zone"], frame["use_t"])
    yield calendar.means(frame, "activity", ["zone"], frame["activity"], frame["need_t"])
    yield calendar.sums(frame, "lost", ["zone"], frame["lost_usd"])
    yield calendar.means(frame, "cover", ["zone"], frame["cover_weeks"], frame["need_t"])


def _imports(run: Run, calendar: _Calendar) -> Iterator[pd.DataFrame]:
    if (frame := run.tables.get("imports")) is None:
        return
    yield calendar.sums(frame, "imports", ["material", "zone"], frame["tonnes"])
    yield calendar.sums(frame, "from_gated", ["material", "zone"], frame["from_gated_tonnes"])


def _flows(run: Run, calendar: _Calendar) -> Iterator[pd.DataFrame]:
    try:
        gated = gate(run)
    except NotCoveredError:
        return
    if (frame := run.tables.get("flows")) is None:
        return
    out = frame[frame["origin"] == gated]
    materials = run.tables["prices"]["material"].unique()
    for quantity, way in (("exported", "legal"), ("smuggled", "smuggled")):
        rows = out[out["way"] == way]
        columns = [f"{quantity}.{material}" for material in materials]
        yield calendar.sums(rows, quantity, ["material"], rows["tonnes"]).reindex(columns=columns, fill_value=0.0)


def _output(run: Run, calendar: _Calendar) -> Iterator[pd.DataFrame]:
    if (frame := run.tables.get("mining")) is not None:
        yield calendar.sums(frame, "mined", ["zone", "legality"], frame["tonnes"])
    if (frame := run.tables.get("shares")) is not None:
        for stage in ("refined", "magnets"):
            rows = frame[frame["stage"] == stage]
            yield calendar.sums(rows, stage, ["zone"], rows["tonnes"])


def _stocks(run: Run, calendar: _Calendar) -> Iterator[pd.DataFrame]:
    if (frame := run.tables.get("stocks")) is None:
        return
    total = calendar.sums(frame, "stock", ["material", "holder"], frame["tonnes"])
    yield total.div(calendar.weeks, axis="index")


def _public_money(run: Run, calendar: _Calendar) -> Iterator[pd.DataFrame]:
    """Spending as `record.public_measures.spending` counts it; zeros without state bodies."""
    if (frame := run.tables.get("money")) is None:
        return
    public = (TREASURY, STATE)
    rows = frame[frame["payer"].str.startswith(public) & ~frame["payee"].str.startswith(public)]
    owners = rows["payer"].map({payer: owner(run, payer) for payer in rows["payer"].unique()})
    if owners.isna().any():
        return  # whose money some of it was cannot be told
    years = calendar.months // 12 + 1970
    months = pd.Series(years).value_counts()
    spent = rows["usd"].groupby([rows["year"], owners]).sum().unstack()
    spent = spent.reindex(index=months.index, columns=list(run.scenario.zone)).fillna(0.0)
    yearly = spent.div(months, axis="index").loc[years].set_axis(calendar.months, axis="index")
    yield yearly.set_axis([f"public_money.{zone}" for zone in yearly.columns], axis="columns")


def _operating(run: Run, calendar: _Calendar) -> Iterator[pd.DataFrame]:
    if (frame := run.tables.get("projects")) is None:
        return
    rows = frame[frame["status"] == "operating"]
    since, until = (pd.to_datetime(rows[name]).to_numpy() for name in ("since", "until"))
    last = calendar.mondays[np.cumsum(calendar.weeks) - 1][:, None]
    there = (since <= last) & (np.isnat(until) | (until > last))
    count = {f"operating.{zone}": there[:, (rows["zone"] == zone).to_numpy()].sum(axis=1) for zone in run.scenario.zone}
    yield pd.DataFrame(count, index=calendar.months)


_TELLERS = (_prices, _licences, _activity, _imports, _flows, _output, _stocks, _public_money, _operating)
