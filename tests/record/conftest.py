"""What the tests of the record share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # worker processes import the fake markets by name

from fake_market import FakeMarket, tiny

from market_abm.record.run import Run, simulate
from market_abm.scenario.schema import Scenario


@pytest.fixture
def scenario() -> Scenario:
    return tiny()


@pytest.fixture
def run(scenario: Scenario) -> Run:
    return simulate(scenario, 1, market=FakeMarket)
