"""All measures of a run, and tables that set runs beside history and each other.

Names are those of `history.reference_table`. A measure that a run does not cover
is NaN, so every measure may be asked of every scenario.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from market_abm.history import reference_table
from market_abm.record.measure import Measure
from market_abm.record.price_measures import PRICE_MEASURES
from market_abm.record.public_measures import PUBLIC_MEASURES
from market_abm.record.run import Run
from market_abm.record.supply_measures import SUPPLY_MEASURES
from market_abm.scenario.own import modules_of

MEASURES = {measure.name: measure for measure in [*PRICE_MEASURES, *SUPPLY_MEASURES, *PUBLIC_MEASURES]}
"""Every measure by its machine name, in the order of the tables."""


def measures_of(run: Run) -> dict[str, Measure]:
    """Return the shipped measures and those of the run's plugins, by machine name.

    A plugin's measures are the objects of class `Measure` in it.
    """
    own = [
        value
        for module in modules_of(run.scenario.plugins).values()
        for value in vars(module).values()
        if isinstance(value, Measure)
    ]
    return MEASURES | {measure.name: measure for measure in own}


def measures(run: Run, headlines: bool = False) -> "pd.Series[float]":
    """Return the measures of a run by machine name.

    Parameters
    ----------
    headlines : only those of the short table.
    """
    chosen = [measure for measure in measures_of(run).values() if measure.headline or not headlines]
    return pd.Series({measure.name: measure(run) for measure in chosen}, dtype=float, name=run.name)


def comparison_table(runs: Sequence[Run], headlines: bool = True) -> pd.DataFrame:
    """Set the measures of one run, or of replications, beside history.

    Parameters
    ----------
    runs : one run, or replications of one scenario.
    headlines : the short table; False for every measure, also year by year.

    Returns
    -------
    DataFrame with metric, label, unit, history, and either `run` or `median`,
    `p10` and `p90`. Measures that no run covers are left out.
    """
    if not runs:
        raise ValueError("no run to compare; give at least one")
    values = _values(runs, headlines)
    table = _frame(values.index, runs)
    if len(runs) == 1:
        table["run"] = values.to_numpy()[:, 0]
    else:
        for name, share in (("median", 0.5), ("p10", 0.1), ("p90", 0.9)):
            table[name] = values.quantile(share, axis=1).to_numpy()
    return _told(table)


def compare(first: Run | Sequence[Run], second: Run | Sequence[Run], headlines: bool = True) -> pd.DataFrame:
    """Set two runs, or the medians of two sets of replications, beside each other.

    Returns
    -------
    DataFrame with metric, label, unit, history, first, second, difference.
    """
    sides = [[side] if isinstance(side, Run) else list(side) for side in (first, second)]
    columns = pd.concat([_values(side, headlines).median(axis=1) for side in sides], axis=1)
    table = _frame(columns.index, [run for side in sides for run in side])
    table["first"], table["second"] = columns.to_numpy().T
    table["difference"] = table["second"] - table["first"]
    return _told(table)


def _values(runs: Sequence[Run], headlines: bool) -> pd.DataFrame:
    """Measures in rows, runs in columns."""
    return pd.concat([measures(run, headlines) for run in runs], axis=1)


def _frame(names: pd.Index, runs: Sequence[Run]) -> pd.DataFrame:
    history = reference_table().set_index("metric")["value"]
    known = {name: measure for run in runs for name, measure in measures_of(run).items()}
    told = [known[name] for name in names]
    return pd.DataFrame(
        {
            "metric": [measure.name for measure in told],
            "label": [measure.label for measure in told],
            "unit": [measure.unit for measure in told],
            "history": history.reindex(names).to_numpy(dtype=float),
        }
    )


def _told(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out rows in which no run says anything."""
    numbers = table.drop(columns=["metric", "label", "unit", "history"]).to_numpy(dtype=float)
    told: pd.DataFrame = table[~np.isnan(numbers).all(axis=1)].reset_index(drop=True)
    return told
