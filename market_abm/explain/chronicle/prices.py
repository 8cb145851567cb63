"""Turning points of prices: doublings, peaks, half of the peak, bottoms, the gap at the gate, licences."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from market_abm.explain.chronicle.sentence import (
    Sentence,
    by_month,
    highest,
    in_zone,
    month_at,
    months_between,
    rows_of,
    usual,
)
from market_abm.explain.window import Window
from market_abm.record.run import Run
from market_abm.report.words import number

BOTTOM = 0.7  # weight of a bottom over that of a peak
OTHERS = 0.6  # weight of materials that do not lead
TURN = math.log(2.0)  # a peak or bottom counts when the price then halves or doubles
SOON_MONTHS = 24  # half of a peak lost within this time is worth a sentence of its own
WIDE_GAP = 1.5  # price at the gate over that behind it that is worth a sentence
DEAR_LICENCE = 0.05  # licence price over that of the lead material


def price_sentences(run: Run, window: Window) -> Iterator[Sentence]:
    """Sentences on every material's price, most on that of the lead material."""
    scenario, lead = run.scenario, run.scenario.lead_material
    gate = next((name for name, zone in scenario.zone.items() if zone.export_gate), None)
    home = gate or next(iter(scenario.zone))
    nodes = ([(f"{home} export", "at the gate")] if gate else []) + [(home, f"inside {in_zone(scenario, home)}")]
    for material in scenario.material:
        for place, (node, where) in enumerate(nodes if material == lead else nodes[:1]):
            monthly = monthly_price(run, material, node)
            if len(monthly):
                first = material == lead and place == 0
                yield from _course(monthly, f"{material} {where}", window, first, 1.0 if material == lead else OTHERS)
    if gate:
        yield from _gap(run, lead, home)
    yield from _licences(run)


def monthly_price(run: Run, material: str, node: str) -> "pd.Series[float]":
    """Mean price by month [US$/kg]; empty when there is none."""
    rows = rows_of(run, "prices")
    return by_month(rows[(rows["material"] == material) & (rows["zone"] == node)], "price_usd_per_kg")


def turning_points(logs: "np.ndarray[tuple[int], np.dtype[np.float64]]", least: float) -> list[tuple[int, bool]]:
    """Alternating extremes of a series, each followed by a move of at least `least` the other way.

    Returns
    -------
    List of place and whether it is a peak. The last extreme, not yet followed by such a move, is left out.
    """
    found: list[tuple[int, bool]] = []
    high = low = 0
    rising: bool | None = None
    for place, value in enumerate(logs):
        high = place if value > logs[high] else high
        low = place if value < logs[low] else low
        if rising is not False and logs[high] - value >= least:
            found.append((high, True))
            rising, low = False, place
            high = place
        elif rising is not True and value - logs[low] >= least:
            found.append((low, False))
            rising, high = True, place
            low = place
    return found


def _course(monthly: "pd.Series[float]", name: str, window: Window, lead: bool, scale: float) -> Iterator[Sentence]:
    """Sentences on one price."""
    level = usual(monthly, window)
    if lead:
        begin, end = monthly.iloc[0], monthly.iloc[-1]
        yield Sentence(month_at(monthly, 0), "record", 10.0, f"The record begins; {name} costs {number(begin)} US$/kg")
        said = f"The record ends; {name} costs {number(end)} US$/kg, {number(end / level)} times {window.base}"
        yield Sentence(month_at(monthly, -1), "record", 10.0, said)
        yield from _doublings(monthly, name, window, level)
    before = 0
    for place, is_peak in turning_points(np.log(monthly.to_numpy()), TURN):
        value = float(monthly.iloc[place])
        size = abs(math.log(value / monthly.iloc[before]))
        weight = scale * min(10.0, 3.0 + 3.0 * size)
        told = f"at {number(value)} US$/kg, {number(value / level)} times {window.base}"
        kind = ("peak" if is_peak else "bottom") if scale == 1 else f"other {'peak' if is_peak else 'bottom'}"
        if place > 0 and is_peak:
            yield Sentence(month_at(monthly, place), kind, weight, f"{name} peaks {told}")
        elif place > 0:
            yield Sentence(month_at(monthly, place), kind, weight * BOTTOM, f"{name} bottoms {told}")
        if place > 0 and is_peak and lead:
            yield from _half(monthly, name, place)
        before = place


def _doublings(monthly: "pd.Series[float]", name: str, window: Window, level: float) -> Iterator[Sentence]:
    """First months after the base above twice, four times, ... its level."""
    last, most = pd.Period(window.base.end_time, freq="M"), 0
    for place in range(len(monthly)):
        price = float(monthly.iloc[place])
        month = month_at(monthly, place)
        if months_between(last, month) <= 0:
            continue
        times = math.floor(math.log2(max(price / level, 1e-9)))
        if times > most:
            most = times
            than = "twice" if times == 1 else f"{2**times} times"
            said = f"{name} costs {number(price)} US$/kg, more than {than} the level of {window.base}"
            yield Sentence(month, "doubling", 6.0, said)


def _half(monthly: "pd.Series[float]", name: str, peak: int) -> Iterator[Sentence]:
    """First month after a peak with less than half of its price."""
    prices = monthly.to_numpy(dtype=float)[peak : peak + SOON_MONTHS + 1]
    months = int((prices < prices[0] / 2).argmax())
    if months:
        said = f"{name} has lost half of its peak price within {months} months ({number(float(prices[months]))} US$/kg)"
        yield Sentence(month_at(monthly, peak + months), "half", 5.0, said)


def _gap(run: Run, lead: str, home: str) -> Iterator[Sentence]:
    """The greatest ratio of the price at the gate to that behind it."""
    ratio = (monthly_price(run, lead, f"{home} export") / monthly_price(run, lead, home)).dropna()
    if len(ratio) and ratio.max() >= WIDE_GAP:
        month, gap = highest(ratio)
        inside = in_zone(run.scenario, home)
        said = f"{lead} costs {number(gap)} times as much at the gate as inside {inside}, the widest gap"
        yield Sentence(month, "gap", min(8.0, 3.0 + 2 * gap), said)


def _licences(run: Run) -> Iterator[Sentence]:
    """The highest price of an export licence."""
    rows = rows_of(run, "licences")
    if rows.empty:
        return
    month, most = highest(by_month(rows, "price_usd_per_kg", "max"))
    if most > DEAR_LICENCE * run.scenario.material[run.scenario.lead_material].price_usd_per_kg:
        yield Sentence(month, "licence", 5.0, f"Export licences are at their dearest, {number(most)} US$/kg")
