"""Luck: keyed by seed, purpose, step and name, and by nothing else."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.agents.luck import Luck, stable_number
from market_abm.agents.speculator import Speculator
from market_abm.model import MineralMarket

NUMBERS = np.array([stable_number(f"Agent/{row}") for row in range(20_000)], dtype=np.uint64)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.corrcoef(first, second)[0, 1])


@given(seed=st.integers(-(2**63), 2**63), step=st.integers(0, 10_000), purpose=st.text(max_size=20))
def test_uniform_luck_lies_strictly_between_nought_and_one(seed: int, step: int, purpose: str) -> None:
    luck = Luck(seed)
    luck.step = step

    drawn = luck.uniform(purpose, NUMBERS[:500])

    assert (drawn > 0).all()
    assert (drawn < 1).all()


def test_uniform_luck_fills_the_unit_interval_evenly() -> None:
    drawn = Luck(1).uniform("any", NUMBERS)

    counts = np.histogram(drawn, bins=20, range=(0, 1))[0]

    assert ((counts - 1000.0) ** 2 / 1000.0).sum() < 43.8  # chi-squared, 19 degrees of freedom, p = .001


def test_normal_luck_has_mean_nought_and_deviation_one() -> None:
    drawn = Luck(1).normal("any", NUMBERS)

    assert abs(drawn.mean()) < 4 / np.sqrt(len(drawn))
    assert abs(drawn.std() - 1) < 4 / np.sqrt(2 * len(drawn))
    assert abs((drawn**4).mean() - 3) < 4 * np.sqrt(96 / len(drawn))


def test_other_purposes_steps_seeds_and_lanes_bring_unrelated_luck() -> None:
    luck, other, later = Luck(1), Luck(2), Luck(1)
    later.step = 1
    drawn = luck.normal("bids", NUMBERS, 2)

    others = [
        luck.normal("asks", NUMBERS),
        other.normal("bids", NUMBERS),
        later.normal("bids", NUMBERS),
        drawn[1],
        drawn[0][np.r_[1 : len(NUMBERS), 0]],  # the neighbour's
        luck.uniform("bids", NUMBERS),
    ]

    for series in others:
        assert abs(correlation(drawn[0], series)) < 4 / np.sqrt(len(NUMBERS))


def test_luck_of_one_agent_over_the_weeks_has_no_memory() -> None:
    luck, series = Luck(1), []
    for step in range(2000):
        luck.step = step
        series.append(float(luck.normal("bids", NUMBERS[0])))

    assert abs(correlation(np.array(series[1:]), np.array(series[:-1]))) < 4 / np.sqrt(2000)


def test_one_and_all_draw_the_same_luck() -> None:
    luck = Luck(3)

    together = luck.normal("bids", NUMBERS[:9], 4)
    alone = np.stack([luck.normal("bids", number, 4) for number in NUMBERS[:9]], axis=-1)

    np.testing.assert_array_equal(together, alone)


def test_asking_twice_gives_the_same_luck() -> None:
    luck = Luck(3)
    first = luck.uniform("bids", NUMBERS[:9])

    luck.normal("something else", NUMBERS)

    np.testing.assert_array_equal(luck.uniform("bids", NUMBERS[:9]), first)


def test_stable_numbers_do_not_depend_on_the_process() -> None:
    assert stable_number("Miner/bayan-obo 1") == 4252893785141836497


def test_another_agent_leaves_the_luck_of_the_others(tiny_model: Callable[..., MineralMarket]) -> None:
    few = tiny_model().manufacturers
    many = tiny_model(
        {"manufacturer": {"aaa": {"zone": "RW", "sector": "alloys", "use_t_per_year": {"NdPr": 9.0}}}}
    ).manufacturers
    rows = [many.row_named(name) for name in few.name]

    np.testing.assert_array_equal(many.normal("bids", 4)[:, rows], few.normal("bids", 4))
    assert many.size == few.size + 1


def test_another_mine_leaves_the_start_of_the_others(tiny_model: Callable[..., MineralMarket]) -> None:
    few = tiny_model().miners
    extra = {"zone": "RW", "deposit": "clay", "capacity_t_per_year": (5.0, 9.0), "cost_usd_per_kg": (1.0, 9.0)}
    many = tiny_model({"mine": {"another": extra}}).miners
    rows = [many.row_named(name) for name in few.name]

    for column in ("number", "start_cost", "capacity", "lead_years", "capex"):
        np.testing.assert_array_equal(getattr(many, column)[rows], getattr(few, column))


def test_a_bigger_group_leaves_the_luck_of_its_first_members(tiny_model: Callable[..., MineralMarket]) -> None:
    few = tiny_model().miners
    many = tiny_model({"mine": {"north": {"count": 5}}}).miners

    for row in (0, 1):
        assert many.start_cost[many.row_named(few.name[row])] == few.start_cost[row]


def test_without_speculation_the_others_draw_the_same_luck(tiny_model: Callable[..., MineralMarket]) -> None:
    whole = tiny_model(run=5)
    ablated = tiny_model({"rules_off": ["speculation"]}, run=5)

    for kind in ("Miner", "Manufacturer", "Refiner"):
        with_traders, without = whole.populations[kind], ablated.populations[kind]
        np.testing.assert_array_equal(without.normal("asks", 3), with_traders.normal("asks", 3))
        np.testing.assert_array_equal(without.uniform("funding"), with_traders.uniform("funding"))


def test_without_speculation_news_and_cycles_are_the_same(tiny_model: Callable[..., MineralMarket]) -> None:
    whole = tiny_model(run=12)
    ablated = tiny_model({"rules_off": ["speculation"]}, run=12)

    np.testing.assert_array_equal(ablated.market.news, whole.market.news)
    np.testing.assert_array_equal(ablated.market.cycle, whole.market.cycle)
    assert not ablated.speculators.stock.any()
    assert whole.speculators.kind is Speculator


@pytest.mark.parametrize("seed", [0, -1, 2**64 + 5])
def test_any_whole_number_is_a_seed(seed: int) -> None:
    assert Luck(seed).uniform("any", NUMBERS[:3]).shape == (3,)
