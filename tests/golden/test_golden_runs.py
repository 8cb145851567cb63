"""Golden runs: prices that must not move unless a change means them to.

When they move on purpose: `python tests/golden/test_golden_runs.py` writes them
anew, and a `results` fragment in changelog.d says why the new numbers are
nearer the truth.
"""

from pathlib import Path

import numpy as np
import pytest

from market_abm.model import MineralMarket
from market_abm.scenario.loading import load_scenario

HERE = Path(__file__).parent
RUNS = {"tiny": ("tiny", []), "crisis": ("japan-2010", ["time.end=2011-01-03"]), "magnets": ("controls-2025", [])}
LAST_WEEKS = 8


def last_prices(name: str, changes: list[str]) -> np.ndarray:
    """Prices of the last weeks of a run [ticks], shape (weeks, materials x nodes)."""
    model = MineralMarket(load_scenario(name, changes), rng=1)
    while model.running:
        model.step()
    model.close()
    return model.recorder.price[model.week_index - LAST_WEEKS : model.week_index].reshape(LAST_WEEKS, -1)


@pytest.mark.parametrize("run", RUNS)
def test_a_golden_run_ends_at_the_prices_on_file(run: str) -> None:
    on_file = np.loadtxt(HERE / f"{run}.csv", delimiter=",", dtype=np.int64)

    np.testing.assert_array_equal(last_prices(*RUNS[run]), on_file)


if __name__ == "__main__":
    for name, terms in RUNS.items():
        np.savetxt(HERE / f"{name}.csv", last_prices(*terms), fmt="%d", delimiter=",")
