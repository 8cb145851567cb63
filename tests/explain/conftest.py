import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def known():
    """The module of made-up runs that stands beside these tests."""
    name = "explain_made_up_subjects"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("made_up_subjects.py"))
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def plan(known):
    """Three seeds of the three-year scenario, single causes included."""
    from market_abm.explain.explanation import Plan

    return Plan(known.three_years(), seed=0, replications=3)


@pytest.fixture(scope="session")
def found(known, plan):
    """What comes of it."""
    from market_abm.explain.explanation import explain

    return explain(plan, known.KnownStore(plan.tasks))
