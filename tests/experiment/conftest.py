"""What the tests of experiments share."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # other processes import made_up by name

import market_abm
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario


@pytest.fixture(scope="session")
def tiny() -> Scenario:
    """The library's `tiny`."""
    return load_scenario("tiny")


@pytest.fixture(scope="session")
def elsewhere() -> dict[str, str]:
    """Environment in which another process finds the package and what stands beside the tests."""
    paths = [str(Path(__file__).parent), str(Path(market_abm.__file__).parent.parent), *sys.path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
