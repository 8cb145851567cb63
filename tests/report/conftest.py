"""Runs made up of synthetic tables."""

import datetime as dt

import pytest
from made_up_runs import make_run, make_scenario


@pytest.fixture(scope="session")
def run():
    return make_run()


@pytest.fixture(scope="session")
def runs(run):
    return [run, make_run(seed=2), make_run(seed=3)]


@pytest.fixture(scope="session")
def small_run():
    return make_run(make_scenario({"Ga": 300.0}, {"CN": "China", "JP": "Japan"}, end=dt.date(2009, 1, 5)))
