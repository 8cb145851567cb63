"""Outcomes from monthly series, on series small enough to work out by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from market_abm.experiment.outcome import absent, from_months, matching, measure_outcomes
from market_abm.experiment.plan import Outcome

MONTHS = pd.period_range("2009-01", "2010-12", freq="M", name="month")
RISING = np.arange(1.0, 25.0)


def monthly() -> pd.DataFrame:
    """Run `a` has all series, run `b` lacks the smuggled one."""
    whole = pd.DataFrame(
        {"price.NdPr.CN": RISING, "mined.CN.legal": 10.0, "mined.CN.illegal": 30.0, "smuggled.NdPr": 2.0}, index=MONTHS
    )
    flat = whole.assign(**{"price.NdPr.CN": 5.0, "smuggled.NdPr": np.nan})
    return pd.concat({"a": whole, "b": flat}, names=["id", "month"])


def measured(**row: object) -> dict[str, float]:
    return from_months(Outcome.model_validate({"name": "x", **row}), monthly()).to_dict()


@pytest.mark.parametrize(
    ("stat", "value"),
    [
        ("sum", 78 + 144), ("mean", 18.5), ("max", 24), ("min", 13), ("last", 24), ("date_of_max", 2010 + 11.5 / 12),
    ],
)  # fmt: skip
def test_a_statistic_is_of_the_months_from_first_to_last_both_included(stat, value):
    found = measured(series="price.NdPr.CN", stat=stat, **{"from": "2010-01", "to": "2010-12"})

    assert found["a"] == pytest.approx(value)


def test_the_highest_quarter_is_set_against_the_base_months():
    found = measured(series="price.NdPr.CN", stat="max_over_mean", base_from="2009-01", base_to="2009-12")

    assert found == pytest.approx({"a": 23 / 6.5, "b": 1})


def test_means_of_two_periods_are_divided():
    span = {"from": "2010-01", "base_from": "2009-01", "base_to": "2009-12"}

    assert measured(series="price.NdPr.CN", stat="mean_over_mean", **span)["a"] == pytest.approx(18.5 / 6.5)


def test_returns_are_logarithmic():
    found = measured(series="price.NdPr.CN", stat="sd_log_returns", to="2009-03")

    assert found["a"] == pytest.approx(np.std([math.log(2), math.log(1.5)], ddof=1))
    assert found["b"] == 0


def test_series_add_up_by_list_and_by_wildcard_and_are_scaled():
    by_list = measured(series=["mined.CN.legal", "mined.CN.illegal"], stat="sum", scale=0.001)

    assert by_list == pytest.approx({"a": 0.96, "b": 0.96})
    assert measured(series="mined.*.*", stat="sum", scale=0.001) == by_list


def test_a_share_divides_after_adding_up():
    assert measured(series="mined.CN.illegal", over="mined.CN.*", stat="sum") == pytest.approx({"a": 0.75, "b": 0.75})


def test_a_flow_that_a_run_lacks_is_nothing_in_a_sum_and_missing_elsewhere():
    assert measured(series="smuggled.NdPr", stat="sum") == {"a": 48, "b": 0}
    assert math.isnan(measured(series="smuggled.NdPr", stat="mean")["b"])
    assert math.isnan(measured(series="smuggled.NdPr", stat="date_of_max")["b"])
    assert math.isnan(measured(series="price.NdPr.CN", over="smuggled.NdPr", stat="sum")["b"])


def test_a_wildcard_stands_for_one_part():
    series = ["price.NdPr.CN", "price.NdPr.CN export", "price.Dy.CN", "mined.CN.legal"]

    assert matching(["price.*.CN"], series) == ["price.NdPr.CN", "price.Dy.CN"]
    assert matching(["price.*"], series) == []


def test_series_that_are_not_there_are_named():
    wrong = Outcome.model_validate({"name": "x", "series": ["price.*.CN", "price.Nd.CN"], "stat": "sum"})

    assert absent([wrong], monthly().columns) == [(0, "series", "price.Nd.CN")]


class OneRun:
    """A store that has run `a` only."""

    def has(self, ids):
        return set(ids) & {"a"}

    def values(self, ids):
        return pd.DataFrame({"ndpr_peak_ratio": [3.0]}, index=ids)

    def monthly(self, ids):
        return monthly().loc[ids]


def test_a_run_that_failed_is_missing_under_its_seed():
    outcomes = [
        Outcome.model_validate({"name": "ndpr_peak_ratio"}),
        Outcome.model_validate({"name": "top", "series": "price.NdPr.CN", "stat": "max"}),
    ]

    found = measure_outcomes(outcomes, OneRun(), {5: "failed", 6: "a"})

    assert found.loc[6].to_dict() == {"ndpr_peak_ratio": 3, "top": 24}
    assert found.loc[5].isna().all()
