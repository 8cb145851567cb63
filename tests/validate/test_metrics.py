import math

import numpy as np
import pandas as pd
import pytest
from made_up_history import MONTHS, flat, true_prices, with_series

from market_abm.history.monthly import monthly_ndpr_cny
from market_abm.validate import measured_run
from market_abm.validate.catalogue import metrics
from market_abm.validate.export_prices import months_to_half
from market_abm.validate.measured_run import OXIDES, MeasuredRun, NotCoveredError, fob

PRICES = ("Export prices 2008-2012", "Export prices after 2012", "Prices inside China 2013-2025")


def judged(run: MeasuredRun, themes=PRICES) -> dict[str, bool]:
    rows = [metric for metric in metrics().values() if metric.theme in themes]
    return {metric.name: metric.band.holds(metric(run)) for metric in rows if not math.isnan(metric(run))}


def test_history_itself_passes_the_rows_of_prices():
    found = judged(true_prices())

    failed = {name for name, passed in found.items() if not passed}
    yearly = {"ndpr_end2012_over_peak", "dy_end2012_over_peak"}  # December of a yearly mean is not the year's end
    mixed = {"ndpr_fob_over_domestic_2014"}  # history has Nd2O3 on both sides, the made-up run the mix on one

    assert len(found) > 60
    assert failed <= yearly | mixed


def test_a_known_false_model_in_which_nothing_happens_fails():
    calm = {f"price.{name}.CN export": price for name, price in zip(OXIDES, (5, 4, 19, 116, 362), strict=True)}
    calm |= {f"price.{name}.CN": price for name, price in zip(OXIDES, (5, 4, 19, 116, 362), strict=True)}

    found = judged(flat(**calm))

    assert sum(found.values()) < 0.25 * len(found)


def test_a_run_that_does_not_cover_a_metric_says_nothing():
    short = MeasuredRun({}, pd.DataFrame({fob("NdPr"): 19.0}, index=MONTHS[:24]))

    assert metrics()["ndpr_fob_2009"](short) == pytest.approx(19.0)
    assert math.isnan(metrics()["ndpr_fob_2010"](short))
    assert math.isnan(metrics()["dy_fob_2009"](short))


def test_the_peak_is_that_of_a_quarter_over_2009_and_dated_by_its_month():
    peak = {"2011-07": 300.0, "2011-08": 330.0, "2011-09": 270.0, "2012-12": 90.0}
    run = with_series(fob("NdPr"), peak, otherwise=20.0)

    assert metrics()["ndpr_peak_ratio"](run) == pytest.approx(15.0)
    assert metrics()["ndpr_peak_date"](run) == pytest.approx(2011 + 7.5 / 12)
    assert metrics()["ndpr_end2012_over_peak"](run) == pytest.approx(0.3)
    assert months_to_half(run, "NdPr") == 2


def test_what_never_happens_is_infinite():
    rising = MeasuredRun({}, pd.DataFrame({fob("NdPr"): np.arange(1.0, len(MONTHS) + 1)}, index=MONTHS))
    closed = with_series("mined.US.legal", {})

    assert months_to_half(rising, "NdPr") == math.inf
    assert metrics()["mountain_pass_opens"](closed) == math.inf


def test_a_mine_opens_in_its_first_month_of_output_and_restarts_after_its_pause():
    output = {str(month): 300.0 for month in pd.period_range("2012-06", "2015-08", freq="M")}
    output |= {str(month): 900.0 for month in pd.period_range("2018-02", "2022-12", freq="M")}
    run = with_series("mined.US.legal", output)

    assert metrics()["mountain_pass_opens"](run) == pytest.approx(2012 + 5.5 / 12)
    assert metrics()["mountain_pass_restarts"](run) == pytest.approx(2018 + 1.5 / 12)
    assert metrics()["us_mine_output_2016_2017"](run) == 0.0


def test_shares_are_of_tonnes_of_all_oxides():
    run = flat(
        imports__NdPr__JP=60.0, from_gated__NdPr__JP=30.0, imports__Ce__JP=40.0, from_gated__Ce__JP=40.0,
        mined__CN__legal=80.0, mined__RW__legal=15.0, mined__US__legal=5.0, mined__CN__illegal=20.0,
    )  # fmt: skip

    assert metrics()["japan_china_share_2020"](run) == pytest.approx(0.7)
    assert metrics()["row_mine_share_2015"](run) == pytest.approx(0.2)
    assert metrics()["china_illegal_share_2009_2012"](run) == pytest.approx(0.2)


def test_a_month_of_five_mondays_is_no_more_than_one_of_four():
    mondays = {
        str(month): float(len(pd.date_range(month.start_time, month.end_time, freq="W-MON"))) for month in MONTHS
    }
    run = with_series("exported.NdPr", mondays)

    assert metrics()["exports_oct2010"](run) == pytest.approx(1.0)


def test_returns_of_history_are_taken_in_yuan_over_whole_months():
    prices = monthly_ndpr_cny("2013-01", "2020-12")

    returns = measured_run.log_returns(prices)

    assert len(prices) == 96
    assert metrics()["return_sd_2013_2020"].figure.value == pytest.approx(measured_run.spread(returns))
    january = prices.index.month[1:] == 1
    assert np.abs(returns[january]).mean() < 1.5 * np.abs(returns).mean(), "no jump where the year's rate changes"


def test_statistics_of_returns_are_those_of_textbooks():
    rng = np.random.default_rng(3)
    noise = rng.normal(size=40_000)
    linked = noise[1:] + 0.5 * noise[:-1]

    assert measured_run.excess_kurtosis(noise) == pytest.approx(0.0, abs=0.1)
    assert measured_run.excess_kurtosis(rng.laplace(size=40_000)) == pytest.approx(3.0, abs=0.4)
    assert measured_run.autocorrelation(linked) == pytest.approx(0.4, abs=0.02)


def test_a_series_that_is_missing_or_has_a_hole_is_not_covered():
    run = with_series("use.JP", {"2010-05": math.nan}, otherwise=1.0)

    with pytest.raises(NotCoveredError):
        run.mean("use.JP", "2010-01", "2010-12")
    with pytest.raises(NotCoveredError):
        run.mean("use.CN", "2012-01", "2012-12")
    assert run.total(["use.JP", "use.CN"], "2012-01", "2012-12") == 12.0
