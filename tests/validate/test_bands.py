import math
from pathlib import Path

import numpy as np
import pytest

import market_abm
from market_abm.history.figure import Figure
from market_abm.validate import measured_run
from market_abm.validate.band import added, dated, factored, resampled, within_months
from market_abm.validate.catalogue import bands_table, causes, metrics

PAGE = Path(market_abm.__file__).parent.parent / "docs" / "validation-bands.md"


class TestWrittenDown:
    def test_no_band_has_moved_since_it_was_written_down(self):
        written = PAGE.read_text("utf-8").split("## All bands")[1]

        now = {line.split("|")[1].strip(): line for line in bands_table().splitlines()}
        then = {line.split("|")[1].strip(): line for line in written.splitlines() if line.startswith("|")}

        assert now == then, "bands are not moved once the model has been looked at"

    def test_the_bands_that_the_issue_states_are_used_as_they_are(self):
        stated = {
            "ndpr_peak_ratio": (8, 30),
            "ndpr_domestic_peak_ratio": (5, 14),
            "ndpr_peak_date": (2011, 2012),
            "ndpr_domestic_peak_date": (2011, 2012),
            "ndpr_fob_2012": (80, 180),
            "ndpr_domestic_mar2012_over_2009": (2.5, 5),
            "china_legal_output_2012": (85, 115),
            "return_sd_2013_2020": (0.05, 0.14),
            "return_kurtosis_2013_2020": (1, math.inf),
            "return_ac1_2013_2020": (0, 0.45),
            "no_restriction_peak": (0, 2.5),
        }

        found = {name: (metrics()[name].band.low, metrics()[name].band.high) for name in stated}

        assert found == stated

    def test_history_lies_in_every_band_that_was_drawn_around_it(self):
        drawn = [metric for metric in metrics().values() if not metric.name.startswith(("crps_", "no_", "edges_"))]

        outside = [metric.name for metric in drawn if not metric.band.holds(metric.figure.value)]

        assert outside == []

    def test_the_years_from_2013_on_inside_china_are_out_of_sample(self):
        later = [name for name in metrics() if name.startswith("ndpr_domestic_20") or "peak_2022" in name]

        assert len(later) == 14
        assert {metrics()[name].sample for name in later} == {"out"}

    def test_every_cause_of_a_miss_belongs_to_a_metric(self):
        assert set(causes()) <= set(metrics())


class TestRules:
    def test_a_level_is_wider_the_less_sure_its_figure(self):
        widths = [factored(Figure(100.0, "x", how)) for how in ("high", "med", "low")]

        assert [(band.low, band.high) for band in widths] == [
            (80.0, 125.0),
            (pytest.approx(66.667, rel=1e-4), 150.0),
            (50.0, 200.0),
        ]

    def test_another_source_widens_with_its_own_factor_and_another_reading_as_it_is(self):
        figure = Figure(100.0, "x", "high")

        by_source = factored(figure, [Figure(150.0, "y", "low")])
        by_reading = factored(figure, variants=[150.0, math.nan])

        assert (by_source.low, by_source.high) == (75.0, 300.0)
        assert (by_reading.low, by_reading.high) == (80.0, 150.0)

    def test_a_share_stays_between_nothing_and_all_and_a_small_one_is_not_drowned(self):
        large, small = (added(Figure(value, "x", "high"), least=0.0, most=1.0) for value in (0.98, 0.04))

        assert (large.low, large.high) == (pytest.approx(0.93), 1.0)
        assert (small.low, small.high) == (pytest.approx(0.02), pytest.approx(0.06))

    def test_a_date_may_be_off_by_a_quarter_and_a_duration_by_three_months(self):
        date, months = dated(2011.5, 2011.75, "high"), within_months(2.0, 7.0, "med")

        assert (date.low, date.high) == (2011.25, 2012.0)
        assert (months.low, months.high) == (0.0, 10.0)

    def test_nothing_passes_as_not_a_number_and_the_limits_pass(self):
        band = dated(2011.5, 2011.75, "high")

        assert [band.holds(value) for value in (math.nan, 2011.25, 2012.0, 2012.01, math.inf)] == [
            False, True, True, False, False,
        ]  # fmt: skip

    def test_a_bootstrap_band_holds_the_statistic_and_narrows_with_the_window(self):
        returns = np.random.default_rng(1).normal(0, 0.07, 240)

        whole, short = resampled(returns, measured_run.spread), resampled(returns, measured_run.spread, 36)

        assert whole.low < measured_run.spread(returns) < whole.high
        assert short.high - short.low > 1.5 * (whole.high - whole.low)
        assert resampled(returns, measured_run.spread) == whole
