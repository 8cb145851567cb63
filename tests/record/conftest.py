"""What the tests of the record share."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # worker processes import the fake markets by name

from fake_market import FakeMarket, tiny

import market_abm
from market_abm.record.run import Run, simulate
from market_abm.scenario.schema import Scenario


@pytest.fixture
def scenario() -> Scenario:
    return tiny()


@pytest.fixture
def run(scenario: Scenario) -> Run:
    return simulate(scenario, 1, market=FakeMarket)


@pytest.fixture(scope="session")
def elsewhere() -> dict[str, str]:
    """Environment in which another process finds the package and what stands beside the tests."""
    paths = [str(Path(__file__).parent), str(Path(market_abm.__file__).parent.parent), *sys.path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
