"""How many seeds a point gets: those of the file, and more until its interval is as narrow as asked."""

import math

from market_abm.core.units import FloatArray
from market_abm.experiment.statistics import mean_estimate
from market_abm.sweep.plan import Sweep


def seeds_wanted(sweep: Sweep, values: FloatArray) -> int:
    """Number of seeds a point needs, as far as its runs can tell.

    Only the runs under the first so many seeds decide whether more are added, in
    steps of `replications`. So the answer is the same in whatever order they were
    made, and however often the sweep was stopped.

    Parameters
    ----------
    sweep : with or without `precise`.
    values : its outcome under the first seeds, in their order; NaN where a run failed.
    """
    count = sweep.replications
    if sweep.precise is None or sweep.most_replications is None:
        return count
    while count < sweep.most_replications and len(values) >= count:
        estimate = mean_estimate(values[:count])
        if estimate.width <= sweep.precise.width or math.isnan(estimate.value):
            break  # narrow enough; or no run has a value, and no seed will change that
        count = min(count + sweep.replications, sweep.most_replications)
    return count
