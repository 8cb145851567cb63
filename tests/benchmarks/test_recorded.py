"""A store filled for benchmarks is a store like any other."""

from pathlib import Path

import pytest

from market_abm.experiment.engine import execute
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.scenario.loading import load_scenario

ROOT = Path(__file__).parents[2]


def test_recorded_runs_are_there_and_need_not_be_made(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from experiments.benchmarks.recorded import record

    tasks = [Task(load_scenario("tiny"), seed) for seed in range(300)]

    assert record(tmp_path, tasks) == 300

    store, ids = RunStore(tmp_path), [task.id for task in tasks]
    assert store.heads(ids)["seed"].tolist() == list(range(300))
    assert store.monthly(ids[-1:]).notna().to_numpy().any()
    assert store.values(ids)["ndpr_fob_2009"].nunique() > 290
    assert execute(tasks, store, progress=lambda *told: pytest.fail("a run was made")) == {}
