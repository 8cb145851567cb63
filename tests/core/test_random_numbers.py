"""Random numbers: keyed by seed, purpose, week and name, and by nothing else."""

from collections.abc import Callable
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.agents.speculator import Speculator
from market_abm.core.random_numbers import RandomNumbers, normal_quantile, stable_number, stable_numbers, to_share

if TYPE_CHECKING:
    from market_abm.model import MineralMarket

NUMBERS = stable_numbers([f"Agent/{row}" for row in range(20_000)])
MATERIALS = stable_numbers(["NdPr", "Dy", "La"])


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.corrcoef(first, second)[0, 1])


@given(seed=st.integers(-(2**63), 2**63), week=st.integers(0, 10_000), purpose=st.text(max_size=20))
def test_uniform_numbers_lie_strictly_between_nought_and_one(seed: int, week: int, purpose: str) -> None:
    numbers = RandomNumbers(seed)
    numbers.week = week

    drawn = numbers.draw("uniform", purpose, NUMBERS[:500])

    assert (drawn > 0).all()
    assert (drawn < 1).all()


@pytest.mark.parametrize("word", [0, 1, 2**11, 2**63, 2**64 - 2**11, 2**64 - 1])
def test_every_word_makes_a_share_strictly_between_nought_and_one(word: int) -> None:
    share = to_share(np.uint64(word))

    assert 0 < share < 1
    assert np.isfinite(normal_quantile(share))


def test_uniform_numbers_fill_the_unit_interval_evenly() -> None:
    drawn = RandomNumbers(1).draw("uniform", "any", NUMBERS)

    counts = np.histogram(drawn, bins=20, range=(0, 1))[0]

    assert ((counts - 1000.0) ** 2 / 1000.0).sum() < 43.8  # chi-squared, 19 degrees of freedom, p = .001


def test_normal_numbers_have_mean_nought_and_deviation_one() -> None:
    drawn = RandomNumbers(1).draw("normal", "any", NUMBERS)

    assert abs(drawn.mean()) < 4 / np.sqrt(len(drawn))
    assert abs(drawn.std() - 1) < 4 / np.sqrt(2 * len(drawn))
    assert abs((drawn**4).mean() - 3) < 4 * np.sqrt(96 / len(drawn))


@given(st.floats(1e-300, 1.0, exclude_max=True))
def test_normal_quantiles_are_those_of_the_standard_library(share: float) -> None:
    assert normal_quantile(share) == pytest.approx(NormalDist().inv_cdf(share), rel=1e-14, abs=1e-15)


def test_a_normal_number_is_the_quantile_of_the_uniform_one() -> None:
    numbers = RandomNumbers(1)

    uniform, normal = (numbers.draw(kind, "any", NUMBERS[:50]) for kind in ("uniform", "normal"))

    assert normal.tolist() == [normal_quantile(share) for share in uniform]


def test_other_purposes_weeks_seeds_and_materials_bring_unrelated_numbers() -> None:
    numbers, other, later = RandomNumbers(1), RandomNumbers(2), RandomNumbers(1)
    later.week = 1
    drawn = numbers.draw_by_material("normal", "bids", NUMBERS, MATERIALS)

    others = [
        numbers.draw("normal", "asks", NUMBERS),
        other.draw_by_material("normal", "bids", NUMBERS, MATERIALS)[0],
        later.draw_by_material("normal", "bids", NUMBERS, MATERIALS)[0],
        drawn[1],
        drawn[2],
        drawn[0][np.r_[1 : len(NUMBERS), 0]],  # the neighbour's
        numbers.draw("normal", "bids", NUMBERS),
    ]

    for series in others:
        assert abs(correlation(drawn[0], series)) < 4 / np.sqrt(len(NUMBERS))


def test_the_numbers_of_one_agent_over_the_weeks_have_no_memory() -> None:
    numbers, series = RandomNumbers(1), []
    for week in range(2000):
        numbers.week = week
        series.append(float(numbers.draw("normal", "bids", NUMBERS[:1])[0]))

    assert abs(correlation(np.array(series[1:]), np.array(series[:-1]))) < 4 / np.sqrt(2000)


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_one_and_all_draw_the_same(distribution: str) -> None:
    numbers = RandomNumbers(3)

    together = numbers.draw_by_material(distribution, "bids", NUMBERS[:9], MATERIALS)
    alone = [numbers.draw_by_material(distribution, "bids", NUMBERS[row : row + 1], MATERIALS) for row in range(9)]

    np.testing.assert_array_equal(together, np.concatenate(alone, axis=1))


def test_the_order_of_agents_and_of_materials_does_not_matter() -> None:
    numbers = RandomNumbers(3)
    drawn = numbers.draw_by_material("normal", "bids", NUMBERS[:9], MATERIALS)

    turned = numbers.draw_by_material("normal", "bids", NUMBERS[:9][::-1].copy(), MATERIALS[::-1].copy())

    np.testing.assert_array_equal(turned, drawn[::-1, ::-1])


def test_another_material_leaves_the_numbers_of_the_others() -> None:
    numbers = RandomNumbers(3)
    drawn = numbers.draw_by_material("uniform", "bids", NUMBERS[:9], MATERIALS)

    more = numbers.draw_by_material("uniform", "bids", NUMBERS[:9], np.insert(MATERIALS, 1, stable_number("Tb")))

    np.testing.assert_array_equal(more[[0, 2, 3]], drawn)


def test_asking_twice_gives_the_same_numbers() -> None:
    numbers = RandomNumbers(3)
    first = numbers.draw("uniform", "bids", NUMBERS[:9])

    numbers.draw("normal", "something else", NUMBERS)

    np.testing.assert_array_equal(numbers.draw("uniform", "bids", NUMBERS[:9]), first)


def test_stable_numbers_do_not_depend_on_the_process() -> None:
    assert stable_number("Miner/bayan-obo 1") == 4252893785141836497


def test_draws_do_not_depend_on_the_process() -> None:
    """Known numbers: another machine, Python or numba must give the same bits."""
    numbers = RandomNumbers(7)
    numbers.week = 3

    uniform, normal = (numbers.draw(kind, "any", NUMBERS[:2]) for kind in ("uniform", "normal"))

    assert [value.hex() for value in uniform] == ["0x1.4fbfbf9eba111p-2", "0x1.a9d1790edb42ep-3"]
    assert [value.hex() for value in normal] == ["-0x1.c8793c306be6fp-2", "-0x1.a09869d300ddbp-1"]


@pytest.mark.parametrize("seed", [0, -1, 2**64 + 5])
def test_any_whole_number_is_a_seed(seed: int) -> None:
    assert RandomNumbers(seed).draw("uniform", "any", NUMBERS[:3]).shape == (3,)


# -- in a model ------------------------------------------------------------------------------------
def test_another_agent_leaves_the_numbers_of_the_others(tiny_model: "Callable[..., MineralMarket]") -> None:
    few = tiny_model().world.manufacturers
    many = tiny_model(
        {"manufacturer": {"aaa": {"zone": "RW", "sector": "alloys", "use_t_per_year": {"NdPr": 9.0}}}}
    ).world.manufacturers
    rows = [many.row_named(name) for name in few.name]

    np.testing.assert_array_equal(many.normal_noise[:, rows], few.normal_noise)
    assert many.size == few.size + 1


def test_another_mine_leaves_the_start_of_the_others(tiny_model: "Callable[..., MineralMarket]") -> None:
    few = tiny_model().world.miners
    extra = {"zone": "RW", "deposit": "clay", "capacity_t_per_year": (5.0, 9.0), "cost_usd_per_kg": (1.0, 9.0)}
    many = tiny_model({"mine": {"another": extra}}).world.miners
    rows = [many.row_named(name) for name in few.name]

    for column in ("number", "start_cost", "capacity", "lead_years", "capex"):
        np.testing.assert_array_equal(getattr(many, column)[rows], getattr(few, column))


def test_a_bigger_group_leaves_the_numbers_of_its_first_members(tiny_model: "Callable[..., MineralMarket]") -> None:
    few = tiny_model().world.miners
    many = tiny_model({"mine": {"north": {"count": 5}}}).world.miners

    for row in (0, 1):
        assert many.start_cost[many.row_named(few.name[row])] == few.start_cost[row]


def test_without_speculation_the_others_draw_the_same(tiny_model: "Callable[..., MineralMarket]") -> None:
    whole = tiny_model(run=5)
    ablated = tiny_model({"rules_off": ["speculation"]}, run=5)

    for kind, draw in (("Miner", "funding_luck"), ("Manufacturer", "patient_noise"), ("Refiner", "prompt_noise")):
        with_traders, without = whole.populations[kind], ablated.populations[kind]
        np.testing.assert_array_equal(getattr(without, draw), getattr(with_traders, draw))


def test_without_speculation_news_and_cycles_are_the_same(tiny_model: "Callable[..., MineralMarket]") -> None:
    whole = tiny_model(run=12)
    ablated = tiny_model({"rules_off": ["speculation"]}, run=12)

    np.testing.assert_array_equal(ablated.market.news, whole.market.news)
    np.testing.assert_array_equal(ablated.market.cycle, whole.market.cycle)
    assert not ablated.world.speculators.stock.any()
    assert whole.world.speculators.kind is Speculator
