import math

import numpy as np
import pytest

from market_abm.history.figure import Figure
from market_abm.validate.band import Band
from market_abm.validate.metric import Metric
from market_abm.validate.scorecard import COLUMNS, UNKNOWN, Tally, quantiles, scorecard

NEVER = math.inf


def metric(name: str, sample="in", low=1.0, high=3.0) -> Metric:
    return Metric(name, "Theme", name, "1", "assessed", Figure(2.0, "P01", "high"), Band(low, high, "rule"), sample)


def card(causes=(), **values):
    metrics = {name: metric(name, "out" if name.startswith("out") else "in") for name in values}
    return scorecard(metrics, {name: np.array(some, dtype=float) for name, some in values.items()}, dict(causes))


def test_the_median_decides_and_not_the_spread():
    rows = card(near=[0.0, 2.0, 9.0], far=[2.0, 4.0, 5.0]).rows

    assert [row.verdict for row in rows] == ["pass", "miss"]
    assert rows[0].median == 2.0


def test_rows_that_no_run_covers_count_neither_way():
    found = card(known=[2.0], unknown=[math.nan, math.nan], out_missed=[9.0])

    assert [row.verdict for row in found.rows] == ["pass", "not covered", "miss"]
    assert (found.tally("in").passed, found.tally("in").of) == (1, 1)
    assert (found.tally().passed, found.tally().of) == (1, 2)


def test_runs_that_do_not_cover_a_row_are_left_out_of_its_median():
    row = card(part=[math.nan, 2.0, 2.5]).rows[0]

    assert (row.median, row.runs) == (2.25, 2)


def test_a_thing_that_happened_in_few_runs_never_happened_in_the_median():
    often, seldom = card(often=[2.0, 2.0, NEVER], seldom=[2.0, NEVER, NEVER]).rows

    assert (often.verdict, often.median) == ("pass", 2.0)
    assert (seldom.verdict, seldom.median) == ("miss", NEVER)
    assert quantiles(np.array([2.0, NEVER]))[0] == 2.0


def test_only_a_miss_has_a_cause_and_one_without_says_that_it_is_not_known():
    causes = {"good": "old words", "bad": "no demand cycle"}

    rows = card(causes, good=[2.0], bad=[9.0], worse=[9.0]).rows

    assert [row.cause for row in rows] == ["", "no demand cycle", UNKNOWN]


def test_the_interval_of_a_share_is_wilsons():
    # Wilson's interval for 8 of 10 (Brown, Cai and DasGupta 2001)
    assert Tally(8, 10).interval == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert Tally(0, 5).interval[0] == pytest.approx(0.0, abs=1e-12)
    assert all(math.isnan(end) for end in Tally(0, 0).interval)


def test_the_table_says_all_that_a_row_knows():
    frame = card(near=[1.0, 2.0, 3.0]).frame()

    assert list(frame.columns) == COLUMNS
    row = frame.iloc[0]
    assert (row["history"], row["median"], row["verdict"], row["source"]) == (2.0, 2.0, "pass", "P01")
    assert (row["p10"], row["p90"]) == (pytest.approx(1.2), pytest.approx(2.8))
