"""What moves and what stands still: smuggling, illegal mining, dependence, work lost, use saved."""

from collections.abc import Iterator

import pandas as pd

from market_abm.explain.chronicle.sentence import (
    Sentence,
    by_month,
    highest,
    in_zone,
    listed,
    rows_of,
)
from market_abm.explain.window import Window
from market_abm.record.run import Run
from market_abm.report.words import number

SMUGGLED, ILLEGAL = 0.10, 0.25  # shares that are worth a sentence [1]
SPAN_MONTHS = 3  # shares are measured over a quarter, so that one ship is no news
LOST_WEEKS = 0.5  # work lost in a year that is worth a sentence [week]
SAVED = 0.15  # fall of a year's use against the year before that is worth a sentence [1]
HALF = 0.5
FULL_YEAR_WEEKS = 51


def trade_sentences(run: Run, window: Window) -> Iterator[Sentence]:
    """Sentences on flows, mining and use."""
    yield from _smuggling(run)
    yield from _illegal_mining(run)
    yield from _dependence(run)
    yield from _work(run)


def _smuggling(run: Run) -> Iterator[Sentence]:
    """Greatest share of a gated zone's exports that passes the gate unseen."""
    flows = rows_of(run, "flows")
    if flows.empty:
        return
    for zone in [name for name, part in run.scenario.zone.items() if part.export_gate]:
        out = flows[flows["origin"] == zone]
        share = _share(out, out["way"] == "smuggled")
        if len(share) and share.max() >= SMUGGLED:
            where, (month, most) = in_zone(run.scenario, zone), highest(share)
            said = f"{most * 100:.0f} % of what leaves {where} is smuggled, the greatest share"
            yield Sentence(month, "smuggling", min(9.0, 3.0 + 8.0 * most), said)


def _illegal_mining(run: Run) -> Iterator[Sentence]:
    """Greatest share of a zone's ore that comes from illegal pits."""
    mining = rows_of(run, "mining")
    if mining.empty:
        return
    for zone, rows in mining.groupby("zone", sort=False, observed=True):
        share = _share(rows, rows["legality"] == "illegal")
        if len(share) and share.max() >= ILLEGAL:
            where, (month, most) = in_zone(run.scenario, str(zone)), highest(share)
            said = f"Illegal pits dig {most * 100:.0f} % of the ore of {where}, their most"
            yield Sentence(month, "illegal", 3.0 + 5.0 * most, said)


def _share(rows: pd.DataFrame, part: "pd.Series[bool]") -> "pd.Series[float]":
    """Share of the tonnes that is `part`, over three months, by the last of them."""
    if rows.empty or not part.any():
        return pd.Series(dtype=float)
    frame = rows.assign(part=rows["tonnes"].where(part, 0.0))
    whole, some = (by_month(frame, name, "sum").rolling(SPAN_MONTHS).sum() for name in ("tonnes", "part"))
    return (some / whole.where(whole > 0)).dropna()


def _dependence(run: Run) -> Iterator[Sentence]:
    """First year in which less than half of a zone's imports comes from behind the gate."""
    imports = rows_of(run, "imports")
    gates = [name for name, part in run.scenario.zone.items() if part.export_gate]
    if imports.empty or not gates:
        return
    for zone, rows in imports.groupby("zone", sort=False, observed=True):
        if zone in gates:
            continue
        yearly = _whole_years(rows, ["tonnes", "from_gated_tonnes"])
        share = (yearly["from_gated_tonnes"] / yearly["tonnes"].where(yearly["tonnes"] > 0)).dropna()
        under = share[share < HALF]
        if len(share) and share.iloc[0] >= HALF and len(under):
            where, year = in_zone(run.scenario, str(zone)), int(under.index[0])
            said = f"For the first time less than half of the imports of {where} of a year comes from "
            said += f"{in_zone(run.scenario, gates[0])} ({under.iloc[0] * 100:.0f} %)"
            yield Sentence(pd.Period(year=year, month=12, freq="M"), "dependence", 4.5, said)


def _work(run: Run) -> Iterator[Sentence]:
    """Work lost for want of materials, and falls of use, year by year."""
    activity = rows_of(run, "activity")
    if activity.empty:
        return
    saved: dict[int, list[tuple[float, str]]] = {}
    for zone, rows in activity.groupby("zone", sort=False, observed=True):
        where = in_zone(run.scenario, str(zone))
        need = rows.groupby("week")["need_t"].sum()
        idle = 1 - rows.assign(done=rows["activity"] * rows["need_t"]).groupby("week")["done"].sum() / need
        weekly = pd.DataFrame({"idle": idle}).reset_index()
        for year in sorted(set(weekly["week"].dt.year)):
            own = weekly[weekly["week"].dt.year == year]
            if (lost := float(own["idle"].sum())) >= LOST_WEEKS:
                money = rows.loc[rows["week"].dt.year == year, "lost_usd"].sum() / 1e6
                said = f"Makers in {where} lose {number(lost)} weeks of work in {year}, worth {number(money)} US$ m"
                yield Sentence(highest(by_month(own, "idle", "sum"))[0], "lost work", min(9.0, 4.0 + lost), said)
        yearly = _whole_years(rows, ["use_t"])["use_t"]
        changes = (yearly / yearly.shift(1) - 1).dropna()
        for year, change in zip(changes.index.to_list(), changes.to_list(), strict=True):
            if change <= -SAVED:
                saved.setdefault(int(year), []).append((-change, where))
    for year, found in saved.items():
        told = listed([f"{where} ({share * 100:.0f} %)" for share, where in sorted(found, reverse=True)])
        said = f"Makers have used less in {year} than in the year before in {told}"
        yield Sentence(pd.Period(year=year, month=12, freq="M"), "saving", 3.0 + 6.0 * max(found)[0], said)


def _whole_years(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Sums by calendar year of those years that are on record as a whole."""
    years = rows["week"].dt.year
    whole = rows.groupby(years)["week"].nunique() >= FULL_YEAR_WEEKS
    sums = rows.groupby(years)[columns].sum()
    return sums[whole]
