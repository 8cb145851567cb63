"""Logarithms as factors, shares and sentences for people."""

import math

import pandas as pd

from market_abm.explain.explanation import LEAST_TOTAL, Explanation
from market_abm.explain.move import FALL, RISE, Move, peak_of
from market_abm.record.run import Run
from market_abm.report.words import number

LEAST_INTERACTION = 0.05  # [log] what is smaller is not worth a sentence
NOTHING = "\u2013"


def factor(log: float) -> str:
    """A logarithm as the factor it multiplies by: `x1.84`."""
    return f"x{math.exp(log):.2f}" if math.isfinite(log) else NOTHING


def factor_interval(mean: float, low: float, high: float) -> str:
    """Factor with its interval: `x1.84 [1.52, 2.21]`."""
    if not math.isfinite(low):
        return factor(mean)
    return f"{factor(mean)} [{math.exp(low):.2f}, {math.exp(high):.2f}]"


def share(part: float) -> str:
    """Share as a percentage; nothing where there is none."""
    return f"{part * 100:.0f} %" if math.isfinite(part) else NOTHING


def total_words(found: Explanation, move: Move) -> str:
    """What the whole did, what the world without all groups would have done, and the total to be shared."""
    values, window = found.values[move.name], found.plan.periods
    against = window.base if move.kind == RISE else window.last
    whole, nothing, total = (math.exp(one.mean()) for one in (values[-1], values[0], found.total(move.name)))
    said = f"{whole:.2f} times {against} with everything, {nothing:.2f} times without any of the five"
    return f"the peak quarter is {said}: a factor of {total:.2f} to be shared"


def own_words(found: Explanation, move: Move, run: Run) -> str:
    """Move and parts under the run's own seed: what the run that is explained did."""
    place = found.seeds.index(run.seed)
    size = math.exp(found.values[move.name][-1][place])
    window = found.plan.periods
    quarter, price = peak_of(run, move, window)
    against = window.base if move.kind == RISE else window.last
    what = f"{quarter} at {number(price)} US$/kg, {size:.2f} times {against}"
    table, total = found.table(move.name), float(found.total(move.name)[place])
    parts = table[table["kind"] == "group"].sort_values("own", ascending=False)
    told = ", ".join(_own_part(row["label"], row["own"], total) for row in parts.to_dict("records"))
    return f"{move.label}: {what}; {told}"


def _own_part(label: str, part: float, total: float) -> str:
    of_all = f" ({share(part / total)})" if abs(total) >= LEAST_TOTAL else ""
    return f"{label.lower()} {factor(part)}{of_all}"


def interaction_words(row: pd.Series) -> str:
    """Whether a group works through the others or is replaced by them; nothing when neither is certain and notable."""
    is_certain = row["interaction_low"] > 0 or row["interaction_high"] < 0
    if not is_certain or abs(row["interaction"]) < LEAST_INTERACTION:
        return ""
    alone, last = factor(row["alone"]), factor(row["last"])
    works = "works mostly through the others" if row["interaction"] > 0 else "is partly replaced by the others"
    return f"{row['label']} {works}: {alone} when added to nothing, {last} when added to all the others"


def sign(low: float, high: float, kind: str) -> str:
    """Direction of a single cause where it is certain."""
    verbs = {RISE: ("raised the peak", "lowered the peak"), FALL: ("deepened the crash", "softened the crash")}[kind]
    if low > 0 or high < 0:
        return verbs[0] if low > 0 else verbs[1]
    return "no effect at all" if low == high == 0 else "not decided"
