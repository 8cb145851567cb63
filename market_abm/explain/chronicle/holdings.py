"""Who holds the metal and who is afraid: makers' cover and fear, traders, state stocks."""

from collections.abc import Iterator

import pandas as pd

from market_abm.explain.chronicle.sentence import (
    Sentence,
    by_month,
    highest,
    in_zone,
    listed,
    lowest,
    month_at,
    rows_of,
    usual,
)
from market_abm.explain.window import Window
from market_abm.policy import Embargo
from market_abm.record.run import Run
from market_abm.report.words import number

FULL, EMPTY = 1.4, 0.6  # cover over that of the base that is worth a sentence
FEARFUL = 0.25  # perceived risk that is worth a sentence [1]
HELD, STORED = 0.02, 0.005  # traders' and states' stock over a year's use that is worth a sentence


def holding_sentences(run: Run, window: Window) -> Iterator[Sentence]:
    """Sentences on stocks and fear, zone by zone."""
    activity, stocks = rows_of(run, "activity"), rows_of(run, "stocks")
    if not activity.empty:
        size, marked = activity.groupby("zone", observed=True)["need_t"].sum(), _concerned(run)
        for zone, rows in activity.groupby("zone", sort=False, observed=True):
            scale = 1.0 if zone in marked else 0.6 + 0.4 * float(size[zone] / size.max())
            yield from _cover(run, str(zone), by_month(rows, "cover_weeks"), window, scale)
        yield from _fear(run, activity)
    if not stocks.empty:
        lead = run.scenario.lead_material
        rows = stocks[stocks["material"] == lead]
        yield from _traders(run, rows, lead)
        yield from _state(run, rows, lead)


def _concerned(run: Run) -> set[str]:
    """Zones that are cut off by somebody, or whose state does something about supplies."""
    cut_off = {policy.destination for policy in run.scenario.policy if isinstance(policy, Embargo) and policy.enabled}
    return cut_off | {body.zone for body in run.scenario.state_buyer.values() if body.enabled}


def _cover(run: Run, zone: str, cover: "pd.Series[float]", window: Window, scale: float) -> Iterator[Sentence]:
    """Fullest stock of a zone's makers, and the emptiest after it."""
    base = usual(cover, window)
    if base <= 0:
        return
    where, (month, most) = in_zone(run.scenario, zone), highest(cover)
    against = f"against {number(base)} in {window.base}"
    is_full = most >= FULL * base
    if is_full:
        said = f"Makers in {where} hold {number(most)} weeks of cover, {against}"
        yield Sentence(month, "cover", scale * min(9.0, 3.0 + 2.0 * most / base), said)
    month, least = lowest(cover.loc[month:] if is_full else cover)
    if least <= EMPTY * base:
        said = f"Makers in {where} are down to {number(least)} weeks of cover, {against}"
        yield Sentence(month, "cover", scale * 4.0 * (2.0 - least / base), said)


def _fear(run: Run, activity: pd.DataFrame) -> Iterator[Sentence]:
    """Highest fear of makers, weighted by their need; zones that are most afraid in the same month go together."""
    peaks: dict[pd.Period, list[tuple[float, str]]] = {}
    for zone, rows in activity.groupby("zone", sort=False, observed=True):
        felt = by_month(rows.assign(felt=rows["risk"] * rows["need_t"]), "felt", "sum")
        fear = felt / by_month(rows, "need_t", "sum")
        month, most = highest(fear)
        if most >= FEARFUL:
            peaks.setdefault(month, []).append((most, in_zone(run.scenario, str(zone))))
    for month, found in peaks.items():
        told = listed([f"{where} ({risk:.2f})" for risk, where in sorted(found, reverse=True)])
        said = f"Makers are most afraid for their supplies, on a scale to 1, in {told}"
        yield Sentence(month, "fear", 2.0 + 5.0 * max(found)[0], said)


def _traders(run: Run, rows: pd.DataFrame, lead: str) -> Iterator[Sentence]:
    """Greatest stock of traders, and when half of it is sold."""
    held = _held(rows, "speculators")
    year = yearly_use(run, lead)
    if held.empty or year <= 0 or held.max() < HELD * year:
        return
    peak, most = highest(held)
    said = f"Traders hold {number(most)} t of {lead}, {number(100 * most / year)} % of what makers use in a year"
    yield Sentence(peak, "traders", min(9.0, 5.0 + 20.0 * most / year), said)
    after = held.loc[peak:]
    months = int((after.to_numpy() < most / 2).argmax())
    if months:
        said = f"Traders have sold half of their {lead} within {months} months"
        yield Sentence(month_at(after, months), "traders", 4.5, said)


def _state(run: Run, rows: pd.DataFrame, lead: str) -> Iterator[Sentence]:
    """Greatest stock of the state bodies of a zone."""
    year = yearly_use(run, lead)
    for zone, own in rows[rows["holder"] == "state"].groupby("zone", sort=False, observed=True):
        month, most = highest(by_month(own, "tonnes"))
        if year > 0 and most >= STORED * year:
            said = f"State bodies of {in_zone(run.scenario, str(zone))} hold {number(most)} t of {lead}, their most"
            yield Sentence(month, "state stock", min(7.0, 3.0 + 20.0 * most / year), said)


def _held(rows: pd.DataFrame, holder: str) -> "pd.Series[float]":
    own = rows[rows["holder"] == holder]
    if own.empty:
        return pd.Series(dtype=float)
    return by_month(own.groupby("week")[["tonnes"]].sum().reset_index(), "tonnes")


def yearly_use(run: Run, material: str) -> float:
    """Makers' use at the growth date [t/year]."""
    return sum(maker.use_t_per_year.get(material, 0.0) for maker in run.scenario.manufacturer.values())
