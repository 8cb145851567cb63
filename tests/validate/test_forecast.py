import math

import numpy as np
import pytest
from made_up_history import flat, true_prices

from market_abm.history import prices
from market_abm.validate import forecast
from market_abm.validate.measured_run import MeasuredRun


def test_an_ensemble_that_is_certain_and_right_scores_nothing():
    assert forecast.crps_ensemble(np.full(40, 3.0), 3.0) == 0.0


def test_one_member_scores_its_distance():
    assert forecast.crps_ensemble(np.array([2.0]), 3.5) == 1.5


def test_a_large_normal_ensemble_scores_as_the_normal_distribution_does():
    members = np.random.default_rng(2).normal(1.0, 0.5, 4000)

    for truth in (0.2, 1.0, 2.5):
        assert forecast.crps_ensemble(members, truth) == pytest.approx(forecast.crps_normal(1.0, 0.5, truth), abs=0.02)


def test_the_score_of_a_normal_distribution_at_its_middle_is_the_known_one():
    # sd * (sqrt(2) - 1) / sqrt(pi)
    assert forecast.crps_normal(0.0, 2.0, 0.0) == pytest.approx(2 * (math.sqrt(2) - 1) / math.sqrt(math.pi))


def test_the_last_value_is_that_of_2009_and_its_spread_grows_with_the_root_of_time():
    mean, sd = forecast.naive("Dy", "last value", 1)
    later = forecast.naive("Dy", "last value", 4)

    assert math.exp(mean) == pytest.approx(115.7)
    assert later == (mean, pytest.approx(2 * sd))


def test_drift_goes_on_and_reversion_goes_back():
    last, _ = forecast.naive("NdPr", "last value", 1)

    drifted = [forecast.naive("NdPr", "drift", years)[0] for years in (1, 2)]
    reverted, _ = forecast.naive("NdPr", "mean reversion", 4)

    assert drifted[1] - drifted[0] == pytest.approx(drifted[0] - last)
    assert drifted[0] < last < reverted, "the price had fallen from 2007 and stood below its mean"


def test_naive_forecasts_know_nothing_of_what_came_after(monkeypatch):
    asked = []
    real = forecast.quoted

    def watched(series, year, kind):
        asked.append(int(year))
        return real(series, year, kind)

    monkeypatch.setattr(forecast, "quoted", watched)
    forecast.past.cache_clear()

    for kind in forecast.NAIVE:
        forecast.naive("NdPr", kind, 3)

    assert max(asked) == 2009
    assert min(asked) == 2007


def test_a_true_ensemble_beats_the_naive_and_one_that_never_moves_does_not():
    true, calm = forecast.score_frame([true_prices()] * 3), forecast.score_frame([_calm()] * 3)

    assert set(true["forecast"]) == {forecast.ENSEMBLE, *forecast.NAIVE}
    assert len(true) == 2 * 4 * 4
    for material in forecast.MATERIALS:
        assert forecast.against_best(true, material) < 0.1
        assert forecast.against_best(calm, material) > 1


def test_what_came_is_the_yearly_mean_of_history():
    scores = forecast.score_frame([true_prices()])

    dy = scores[(scores["material"] == "Dy") & (scores["forecast"] == forecast.ENSEMBLE)].set_index("year")
    rows = prices("Dy", "fob")
    rows = rows[(rows["period"] == "annual_avg") & (rows["start"].dt.year == 2011)]
    assert dy.loc[2011, "history"] == rows["price_usd_per_kg"].iloc[0]


def test_runs_that_do_not_cover_the_years_give_no_scores():
    short = true_prices()
    short = MeasuredRun({}, short.monthly.loc[:"2010-06"])

    scores = forecast.score_frame([short])

    assert scores.empty
    assert math.isnan(forecast.against_best(scores, "NdPr"))


def _calm() -> MeasuredRun:
    return flat(**{"price__NdPr__CN export": 17.0, "price__Dy__CN export": 110.0})
