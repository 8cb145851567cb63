"""A run is a pure function of scenario and seed; ablations and additions leave the luck of others."""

import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

import market_abm
from market_abm.model import MineralMarket
from market_abm.scenario.schema import Scenario

POLICIES = [
    {"type": "embargo", "origin": "CN", "destination": "JP", "start": "2010-03-01", "end": "2010-05-03"},
    {"type": "export_quota", "origin": "CN", "rounds": [("2010-01-01", 150.0), ("2010-04-01", 60.0)]},
    {"type": "equity", "actor": "jogmec"},
    {"type": "loan", "actor": "jogmec"},
    {"type": "offtake", "actor": "jogmec"},
    {"type": "stockpile", "actor": "jogmec"},
]
SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from conftest import seal_of
from market_abm.model import MineralMarket
from market_abm.scenario.schema import Scenario
model = MineralMarket(Scenario.model_validate_json(sys.stdin.read()), rng=7)
for _ in range({weeks}):
    model.step()
print(seal_of(model))
"""
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WEEKS = 30


def elsewhere(scenario: Scenario, hash_seed: str) -> str:
    """Seal of the run made in another process."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(market_abm.__file__)))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT.format(tests=HERE, weeks=WEEKS)],
        input=scenario.model_dump_json(),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": package},
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def scenario(tiny_scenario: Callable[..., Scenario]) -> Scenario:
    return tiny_scenario(policy=POLICIES)


def test_the_same_seed_makes_the_same_run(
    scenario: Scenario, tiny_model: Callable[..., MineralMarket], seal: Callable[[MineralMarket], str]
) -> None:
    assert seal(tiny_model(scenario, run=WEEKS, rng=7)) == seal(tiny_model(scenario, run=WEEKS, rng=7))


def test_another_seed_makes_another_run(
    scenario: Scenario, tiny_model: Callable[..., MineralMarket], seal: Callable[[MineralMarket], str]
) -> None:
    assert seal(tiny_model(scenario, run=WEEKS, rng=7)) != seal(tiny_model(scenario, run=WEEKS, rng=8))


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_another_process_makes_the_same_run(
    scenario: Scenario,
    tiny_model: Callable[..., MineralMarket],
    seal: Callable[[MineralMarket], str],
    hash_seed: str,
) -> None:
    assert elsewhere(scenario, hash_seed) == seal(tiny_model(scenario, run=WEEKS, rng=7))


def test_two_markets_side_by_side_do_not_meet(
    scenario: Scenario, tiny_model: Callable[..., MineralMarket], seal: Callable[[MineralMarket], str]
) -> None:
    one, other = tiny_model(scenario, rng=7), tiny_model(scenario, rng=9)
    for _ in range(WEEKS):
        one.step()
        other.step()

    assert seal(one) == seal(tiny_model(scenario, run=WEEKS, rng=7))
    assert seal(other) == seal(tiny_model(scenario, run=WEEKS, rng=9))


def test_looking_at_agents_changes_nothing(
    scenario: Scenario, tiny_model: Callable[..., MineralMarket], seal: Callable[[MineralMarket], str]
) -> None:
    watched = tiny_model(scenario, rng=7)
    for _ in range(WEEKS):
        watched.step()
        watched.world.manufacturers.normal_bid()
        watched.agents.shuffle()
        watched.tables()

    assert seal(watched) == seal(tiny_model(scenario, run=WEEKS, rng=7))


def luck(model: MineralMarket, purpose: str) -> np.ndarray:
    """Shares drawn this week for each mine."""
    return model.world.random_numbers.draw("uniform", purpose, model.world.miners.number)


@pytest.mark.parametrize("rule", ["speculation", "hoarding", "thrifting", "smuggling", "news", "recycling"])
def test_an_ablation_leaves_the_luck_of_miners(tiny_model: Callable[..., MineralMarket], rule: str) -> None:
    whole, ablated = tiny_model(run=28), tiny_model({"rules_off": [rule]}, run=28)

    for purpose in ("permit", "funding", "build time"):
        lucks = [luck(model, purpose) for model in (ablated, whole)]
        np.testing.assert_array_equal(*lucks)
    np.testing.assert_array_equal(ablated.world.miners.start_cost, whole.world.miners.start_cost)
    np.testing.assert_array_equal(ablated.market.cycle, whole.market.cycle)


@pytest.mark.parametrize("rule", ["speculation", "hoarding", "thrifting", "smuggling", "news", "recycling"])
def test_an_ablation_changes_the_run(
    tiny_model: Callable[..., MineralMarket], seal: Callable[[MineralMarket], str], rule: str
) -> None:
    crisis = [{"type": "export_quota", "origin": "CN", "rounds": [("2010-01-01", 60.0)]}]

    whole = tiny_model(run=50, policy=crisis)

    assert seal(tiny_model({"rules_off": [rule]}, run=50, policy=crisis)) != seal(whole)


def test_a_mine_that_never_opens_changes_nothing(tiny_model: Callable[..., MineralMarket]) -> None:
    idle = {
        "zone": "RW",
        "deposit": "clay",
        "capacity_t_per_year": (5.0, 9.0),
        "cost_usd_per_kg": (1.0, 9.0),
        "status": "resource",
    }
    few, many = tiny_model(run=30), tiny_model({"mine": {"aardvark": idle}}, run=30)

    np.testing.assert_array_equal(many.recorder.price[:30], few.recorder.price[:30])
    np.testing.assert_array_equal(many.world.manufacturers.cash, few.world.manufacturers.cash)


def test_the_order_of_agents_does_not_matter(
    tiny_scenario: Callable[..., Scenario],
    tiny_model: Callable[..., MineralMarket],
    seal: Callable[[MineralMarket], str],
) -> None:
    scenario = tiny_scenario()
    turned = scenario.model_copy(
        update={key: dict(reversed(getattr(scenario, key).items())) for key in ("mine", "manufacturer", "speculator")}
    )

    one, other = tiny_model(scenario, run=WEEKS), tiny_model(turned, run=WEEKS)

    assert seal(other) == seal(one)
