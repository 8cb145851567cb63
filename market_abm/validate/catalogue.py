"""All metrics in the order of the scorecard, the causes that are known of misses, and the table of bands."""

import math
from functools import cache
from importlib import resources

import pandas as pd

from market_abm.validate.cube import cube_metrics
from market_abm.validate.domestic_prices import bubble_metrics, later_metrics, return_metrics
from market_abm.validate.export_prices import export_price_metrics
from market_abm.validate.forecast import forecast_metrics
from market_abm.validate.metric import Metric
from market_abm.validate.supply import mine_metrics, project_metrics, share_metrics, use_metrics
from market_abm.validate.trade import export_metrics, japan_metrics, tier_metrics


@cache
def metrics() -> dict[str, Metric]:
    """Every metric by its machine name."""
    parts = [
        *export_price_metrics(),
        *bubble_metrics(),
        *later_metrics(),
        *return_metrics(),
        *export_metrics(),
        *japan_metrics(),
        *mine_metrics(),
        *project_metrics(),
        *share_metrics(),
        *use_metrics(),
        *tier_metrics(),
        *cube_metrics(),
        *forecast_metrics(),
    ]
    themes = list(dict.fromkeys(metric.theme for metric in parts))
    parts.sort(key=lambda metric: themes.index(metric.theme))
    found = {metric.name: metric for metric in parts}
    assert len(found) == len(parts), "two metrics have one name"
    return found


def causes() -> dict[str, str]:
    """What is known of the cause of a miss, by metric (`data/misses.csv`)."""
    path = resources.files("market_abm.validate") / "data" / "misses.csv"
    with path.open("r", encoding="utf-8") as lines:
        rows = pd.read_csv(lines, dtype=str, keep_default_na=False)
    return dict(zip(rows["metric"], rows["cause"], strict=True))


def bands_table() -> str:
    """Markdown table of all bands, as `docs/validation-bands.md` holds it."""
    lines = [
        "| metric | unit | history | low | high | band | rule | confidence | sources | sample |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for metric in metrics().values():
        band = f"{told(metric.band.low)} to {told(metric.band.high)}"
        numbers = [told(value) for value in (metric.figure.value, metric.low, metric.high)]
        cells = [f"`{metric.name}`", metric.unit, *numbers, band, metric.band.reason]
        cells += [metric.figure.confidence, metric.figure.source, metric.sample]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def told(value: float) -> str:
    """A number with four digits that count; a year in full; nothing for NaN."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "no limit" if value > 0 else "-no limit"
    if 1900 < value < 2100:
        return f"{value:.2f}"
    return f"{value:.4g}"
