"""Finished sweeps made by hand: a design, a function in place of the market, noise by seed."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from market_abm.sweep.plan import Sweep
from market_abm.sweep.results import SweepResults

Rule = Callable[[pd.DataFrame], Any]
FACTORS = [
    {"name": "stock", "label": "stockpile", "unit": "day", "low": 0.0, "high": 100.0},
    {"name": "weeks", "label": "embargo", "unit": "week", "low": 0.0, "high": 52.0},
]


def made(
    table: pd.DataFrame,
    rules: dict[str, Rule],
    *,
    kind: str = "list",
    factors: Sequence[dict[str, Any]] | None = None,
    seeds: int = 1,
    noise: float = 0.0,
    luck: int = 7,
    lost: Sequence[tuple[int, int]] = (),
    outcomes: Sequence[dict[str, Any]] | None = None,
    frontier: dict[str, Any] | None = None,
    folder: Path = Path("made"),
    **design: Any,
) -> SweepResults:
    """Results of a sweep over a table of points; `rules` give outcomes, `lost` names (point, seed)."""
    points = table.rename_axis("point")
    sweep = Sweep.model_validate(
        {
            "title": "A made-up sweep",
            "question": "Does the machinery find what was put in?",
            "scenario": "tiny",
            "replications": seeds,
            "frontier": frontier,
            "design": {"kind": kind, **design},
            "factor": list(factors) if factors else [{"name": name} for name in points.columns],
            "outcome": list(outcomes)
            if outcomes
            else [{"name": name, "series": "price.NdPr.JP", "unit": "US$ m"} for name in rules],
        }
    )
    draw = np.random.default_rng(luck)
    parts = []
    for seed in range(seeds):
        part = points.reset_index()
        part.insert(1, "seed", seed)
        part["digest"], part["seconds"] = [f"{point:08x}{seed:08x}" for point in part["point"]], 0.5
        for name, rule in rules.items():
            part[name] = np.asarray(rule(points), dtype=float) + noise * draw.standard_normal(len(points))
        parts.append(part)
    runs = pd.concat(parts, ignore_index=True)
    gone = pd.Series(list(zip(runs["point"], runs["seed"], strict=True))).isin(list(lost))
    failures = runs.loc[gone, ["point", "seed"]].assign(
        why="the market broke", command=[f"market-abm run tiny --seed {seed}" for seed in runs.loc[gone, "seed"]]
    )
    return SweepResults(
        folder, sweep, points, runs[~gone].reset_index(drop=True), failures.reset_index(drop=True), len(runs)
    )


def grid(**levels: Sequence[Any]) -> pd.DataFrame:
    """All combinations of levels."""
    return pd.DataFrame(list(itertools.product(*levels.values())), columns=list(levels))


def uniform(count: int, seed: int = 1, **ranges: tuple[float, float]) -> pd.DataFrame:
    """Points drawn from ranges."""
    draw = np.random.default_rng(seed)
    return pd.DataFrame({name: draw.uniform(low, high, count) for name, (low, high) in ranges.items()})
