"""Worlds for the page's tests: three zones, two oxides, a state body, forty weeks."""

from collections.abc import Callable, Iterator

import pytest

from market_abm.app.world import World
from market_abm.scenario.schema import Scenario


@pytest.fixture(scope="session")
def small(tiny_scenario: Callable[..., Scenario]) -> Scenario:
    return tiny_scenario(weeks=40)


@pytest.fixture
def world(small: Scenario) -> Iterator[World]:
    begun = World(small, seed=3)
    yield begun
    begun.close()
