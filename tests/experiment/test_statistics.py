"""Estimates: against worked cases and other implementations, and at the edges where formulas break."""

import math

import numpy as np
import pytest
from scipy import stats

from market_abm.experiment.statistics import (
    NO_RATIO,
    difference_estimate,
    effect_size,
    mean_estimate,
    median_estimate,
    ratio_estimate,
    share_estimate,
)

LUCK = np.random.default_rng(7)
BEFORE = np.exp(LUCK.normal(2, 0.6, 20))
AFTER = 0.5 * BEFORE * np.exp(LUCK.normal(0, 0.1, 20))


class TestPairs:
    def test_difference_is_the_paired_t_test_of_scipy(self):
        found = difference_estimate(AFTER, BEFORE)

        theirs = stats.ttest_rel(AFTER, BEFORE).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
        assert found.seeds == 20

    def test_ratio_is_the_paired_t_test_of_logarithms(self):
        found = ratio_estimate(AFTER, BEFORE)

        theirs = stats.ttest_rel(np.log(AFTER), np.log(BEFORE)).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((math.exp(theirs.low), math.exp(theirs.high)))
        assert found.value == pytest.approx(stats.gmean(AFTER / BEFORE))

    def test_common_seeds_take_the_common_luck_out(self):
        paired = ratio_estimate(AFTER, BEFORE)
        shuffled = ratio_estimate(AFTER, np.roll(BEFORE, 1))

        assert paired.width < shuffled.width / 3

    def test_interval_covers_the_truth_in_about_95_of_100_studies(self):
        luck = np.random.default_rng(1)
        covered = 0
        for _ in range(1000):
            base = np.exp(luck.normal(0, 0.5, 10))
            found = ratio_estimate(2 * base * np.exp(luck.normal(0, 0.3, 10)), base)
            covered += found.low < 2 < found.high

        assert 930 <= covered <= 970

    def test_a_seed_that_failed_in_one_arm_leaves_the_pair_out(self):
        holed = AFTER.copy()
        holed[3] = np.nan

        assert difference_estimate(holed, BEFORE) == difference_estimate(np.delete(AFTER, 3), np.delete(BEFORE, 3))

    def test_effect_size_is_mean_over_standard_deviation(self):
        assert effect_size(np.array([1.0, 2.0, 3.0])) == pytest.approx(2.0)
        assert math.isnan(effect_size(np.array([2.0, 2.0, 2.0])))


class TestRatioWithoutLogarithm:
    def test_zeros_give_the_ratio_of_means_and_say_so(self):
        above, below = np.array([0.0, 1.0, 2.0, 3.0, 0.0, 2.0]), np.array([4.0, 4.0, 5.0, 6.0, 3.0, 5.0])

        found = ratio_estimate(above, below)

        assert found.value == pytest.approx(above.mean() / below.mean())
        assert found.low < found.value < found.high < 1
        assert "zero" in found.note
        assert found == ratio_estimate(above, below)  # the bootstrap has a fixed seed

    def test_an_arm_of_nothing_has_ratio_zero(self):
        found = ratio_estimate(np.zeros(8), np.arange(1.0, 9.0))

        assert (found.value, found.low, found.high) == (0, 0, 0)

    @pytest.mark.parametrize("below", [np.zeros(6), np.array([-1.0, 1, 2, 3, 4, 5])])
    def test_what_has_no_ratio_gives_the_difference_and_says_so(self, below):
        found = ratio_estimate(np.arange(1.0, 7.0), below)

        assert found.note == NO_RATIO
        assert found.value == pytest.approx(3.5 - below.mean())


class TestMedian:
    def test_interval_is_that_of_the_binomial_tables(self):
        # n = 20: the 6th and the 15th value, coverage .9586 (any table of order-statistic intervals)
        found = median_estimate(np.arange(1.0, 21.0))

        assert (found.value, found.low, found.high) == (10.5, 6, 15)

    def test_fewer_than_six_seeds_have_no_interval(self):
        assert math.isnan(median_estimate(np.arange(5.0)).low)
        assert median_estimate(np.arange(6.0)).low == 0

    def test_one_wild_seed_moves_it_little(self):
        values = np.arange(1.0, 21.0)
        wild = np.append(values[:-1], 1e9)

        assert median_estimate(wild) == median_estimate(values)

    def test_the_interval_covers_it_as_often_as_it_says(self):
        rng = np.random.default_rng(11)

        found = [median_estimate(rng.exponential(size=20)) for _ in range(2000)]

        covered = np.mean([one.low <= math.log(2) <= one.high for one in found])
        assert 0.94 <= covered <= 0.98


class TestEdges:
    def test_no_spread_gives_the_value_itself(self):
        for estimate in (mean_estimate, median_estimate):
            found = estimate(np.full(7, 0.1))
            assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))
        found = ratio_estimate(3 * BEFORE, BEFORE)
        assert (found.low, found.high) == pytest.approx((3, 3))

    def test_one_seed_has_no_interval(self):
        for found in (mean_estimate(np.ones(1)), median_estimate(np.ones(1)), ratio_estimate(np.ones(1), np.ones(1))):
            assert found.value == 1
            assert math.isnan(found.low)

    def test_no_seed_has_no_value(self):
        nothing = np.array([np.nan])
        for found in (mean_estimate(nothing), median_estimate(nothing), ratio_estimate(nothing, nothing)):
            assert math.isnan(found.value)
            assert found.seeds == 0
        assert math.isnan(share_estimate(0, 0).value)

    def test_a_handful_of_seeds_gives_no_interval_of_a_share(self):
        assert math.isnan(share_estimate(5, 5).low)
        assert share_estimate(5, 5).value == 1
        assert share_estimate(6, 6).low == pytest.approx(0.61, abs=0.01)

    def test_share_is_wilsons(self):
        # Wilson 1927: (p + z2/2n +- z sqrt(p(1-p)/n + z2/4n2)) / (1 + z2/n) for 18 of 20
        z, p, n = 1.959964, 0.9, 20
        middle, reach = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        found = share_estimate(18, 20)

        assert found.low == pytest.approx((middle - reach) / (1 + z * z / n), rel=1e-5)
        assert found.high == pytest.approx((middle + reach) / (1 + z * z / n), rel=1e-5)
