"""market_abm: an open laboratory for critical-mineral markets.

The public names. Importing the package imports nothing heavy; each name fetches
what it needs when it is first used.

>>> import market_abm
>>> run = market_abm.run("japan-2010", seed=1)      # doctest: +SKIP
>>> run.prices.query("material == 'NdPr'")          # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

from market_abm.version import __version__ as __version__

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from market_abm.agents.population import Agent
    from market_abm.core.columns import Column, Draw
    from market_abm.core.rules import rule
    from market_abm.experiment.store import RunStore
    from market_abm.experiment.study import run_experiment
    from market_abm.model import MineralMarket
    from market_abm.policy.base import Policy
    from market_abm.record.measures import compare, comparison_table, measures
    from market_abm.record.replications import replicate
    from market_abm.record.run import Run
    from market_abm.scenario.loading import load_scenario
    from market_abm.scenario.schema import Scenario
    from market_abm.sweep.driver import run_sweep
    from market_abm.sweep.results import load_sweep

_HOMES = {
    "Agent": "market_abm.agents.population",
    "Column": "market_abm.core.columns",
    "Draw": "market_abm.core.columns",
    "rule": "market_abm.core.rules",
    "Policy": "market_abm.policy.base",
    "MineralMarket": "market_abm.model",
    "Run": "market_abm.record.run",
    "compare": "market_abm.record.measures",
    "comparison_table": "market_abm.record.measures",
    "load_scenario": "market_abm.scenario.loading",
    "measures": "market_abm.record.measures",
    "replicate": "market_abm.record.replications",
    "RunStore": "market_abm.experiment.store",
    "run_experiment": "market_abm.experiment.study",
    "run_sweep": "market_abm.sweep.driver",
    "load_sweep": "market_abm.sweep.results",
}
"""Public names and the modules they are fetched from."""

__all__ = [
    "run",
    "load_scenario",
    "MineralMarket",
    "Run",
    "load_run",
    "measures",
    "compare",
    "comparison_table",
    "replicate",
    "RunStore",
    "run_experiment",
    "run_sweep",
    "load_sweep",
    "Agent",
    "Column",
    "Draw",
    "rule",
    "Policy",
]


def run(
    scenario: "str | Path | Scenario",
    seed: int = 0,
    overrides: "Sequence[str]" = (),
    until: "str | dt.date | None" = None,
    progress: bool = False,
) -> "Run":
    """Run a scenario under a seed and return its tables.

    Parameters
    ----------
    scenario : name in the library, path of a TOML file, or a loaded scenario.
    seed : seed of the luck; the same seed gives the same run.
    overrides : `PATH=VALUE` changes, as `--set` on the command line.
    until : first day not run, a date or YYYY-MM-DD.
    progress : show a bar on stderr.
    """
    from market_abm.record.run import simulate
    from market_abm.scenario.schema import Scenario

    if isinstance(scenario, Scenario) and not overrides:
        chosen = scenario
    else:
        from market_abm.scenario.loading import load_scenario

        chosen = load_scenario(scenario, overrides)
    if not progress:
        return simulate(chosen, seed, until=until)
    from market_abm.console import week_bar

    with week_bar(f"{chosen.name} seed {seed}") as told:
        return simulate(chosen, seed, told, until)


def load_run(folder: "str | Path") -> "Run":
    """Read a run from the folder it was saved in."""
    from market_abm.record.run import Run

    return Run.load(folder)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'market_abm' has no {name!r}; public are {', '.join(__all__)}")
    import importlib

    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
