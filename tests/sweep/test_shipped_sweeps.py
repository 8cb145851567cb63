"""The sweeps that are shipped: each can be run as it stands."""

import tomllib
from pathlib import Path

import pytest

from market_abm.scenario.parameters import Parameters
from market_abm.sweep.design import point_count
from market_abm.sweep.sweep_file import read_sweep

SWEEPS = Path(__file__).resolve().parents[2] / "experiments" / "sweeps"
LAW = {"parameters.smuggling.evaded_tax"}  # a tax rate is no behaviour


@pytest.mark.parametrize("file", sorted(SWEEPS.glob("*.toml")), ids=lambda file: file.stem)
def test_it_is_whole(file):
    plan = read_sweep(file)
    assert plan.sweep.question
    assert len(plan.points) == point_count(plan.sweep) > 1
    for point in (0, len(plan.points) - 1):
        assert plan.scenario(point).name
    assert all(outcome.shown_unit for outcome in plan.sweep.outcome)


def test_the_screening_varies_every_number_of_behaviour():
    written = tomllib.loads((SWEEPS / "morris-behaviour.toml").read_text())
    varied = {factor["path"] for factor in written["factor"]}
    numbers = {
        f"parameters.{kind}.{key}"
        for kind, part in Parameters()
        for key, value in part
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    assert numbers - varied == LAW
    assert {path for path in varied - numbers if path.startswith("parameters.")} == set()
