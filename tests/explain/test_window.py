"""Periods: defaults that follow the scenario, options, and every mistake at once."""

import datetime as dt

import pytest

from market_abm.explain.window import window_of
from market_abm.record.errors import DateError
from market_abm.scenario.loading import load_scenario


@pytest.fixture(scope="module")
def japan():
    return load_scenario("japan-2010")


def test_the_episode_of_2010_has_its_known_periods(japan):
    window = window_of(japan)

    assert window.facts() == {"base": "2009", "first": "2010Q1", "last": "2012Q4"}
    assert window.end_of_run(japan) == dt.date(2013, 1, 7)


@pytest.mark.parametrize(
    ("name", "base", "last"),
    [("controls-2025", "2024", "2027Q4"), ("rare-earths-2025", "2009", "2012Q4"), ("tiny", "2009Q1", "2009Q4")],
)
def test_other_scenarios_have_periods_of_their_own(name, base, last):
    window = window_of(load_scenario(name))

    assert (str(window.base), str(window.last)) == (base, last)


def test_options_replace_the_defaults(japan):
    window = window_of(japan, "2010Q2", "2011-01-01", "2012-01-01")

    assert window.facts() == {"base": "2010Q2", "first": "2011Q1", "last": "2011Q4"}


def test_every_mistake_is_told_at_once(japan):
    with pytest.raises(DateError) as fault:
        window_of(japan, "soon", "2011-13-01", "later")

    assert all(word in str(fault.value) for word in ("--base 'soon'", "--from '2011-13-01'", "--to 'later'"))


@pytest.mark.parametrize("base", ["2007", "2021"])
def test_a_base_off_the_record_is_refused_with_what_is_on_it(japan, base):
    with pytest.raises(DateError, match=r"not on record as a whole; it holds 2008Q1 to 2020Q4"):
        window_of(japan, base)


def test_a_search_without_a_quarter_is_refused(japan):
    with pytest.raises(DateError, match="no whole quarter on record"):
        window_of(japan, "2009", "2012-01-01", "2012-02-01")


def test_a_record_that_is_too_short_is_refused():
    with pytest.raises(DateError, match="at least two are needed"):
        window_of(load_scenario("tiny", ["time.end=2009-05-04"]))
