"""Dask as an engine; what happens to a cluster that loses workers is told in `tests/faults`."""

import subprocess
import sys

import pandas as pd
import pytest

pytest.importorskip("distributed")

from market_abm.experiment import dask_engine
from market_abm.experiment.dask_engine import RUNS_A_THREAD, DaskEngine
from market_abm.experiment.engine import execute
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.record.workers import WorkerError


@pytest.fixture(scope="module")
def cluster():
    """An engine with two worker processes."""
    with DaskEngine(workers=2) as engine:
        yield engine


def test_a_cluster_gives_what_one_process_gives(tiny, cluster, tmp_path):
    tasks = [Task(tiny, seed) for seed in range(8)]
    bad = Task(tiny, -1)  # no seed of numpy's
    here, there = RunStore(tmp_path / "here"), RunStore(tmp_path / "there")

    assert execute(tasks, here) == {}
    failures = execute([bad, *tasks], there, cluster)

    assert list(failures) == [bad.id]
    assert failures[bad.id].why.startswith("ValueError: ")
    assert "in simulate" in failures[bad.id].traceback
    ids = [task.id for task in tasks]
    pd.testing.assert_frame_equal(here.values(ids), there.values(ids), check_exact=True)
    pd.testing.assert_frame_equal(here.monthly(ids), there.monthly(ids), check_exact=True)


def test_few_runs_are_in_flight_and_closing_drops_them(tiny, cluster):
    read = []
    results = cluster.results(read.append(seed) or Task(tiny, seed) for seed in range(10**6))

    for _ in range(3):
        next(results)
    results.close()

    assert len(read) <= 3 + 2 * RUNS_A_THREAD
    (again,) = cluster.results(iter([Task(tiny, 0)]))  # the cluster is free for others
    assert again[1].seed == 0


def test_workers_with_another_version_are_refused(tiny, cluster, tmp_path):
    task = Task(tiny, 0)
    task.__dict__["id"] = "of another model"

    with pytest.raises(WorkerError, match="another version of the program"):
        execute([task], RunStore(tmp_path), cluster)


def test_no_scheduler_is_told(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_engine, "CONNECT_SECONDS", 0.2)

    for address in ("tcp://127.0.0.1:1", "nowhere at all"):
        with pytest.raises(WorkerError, match=f"no Dask scheduler answers at {address}"):
            execute([Task(tiny, 0)], RunStore(tmp_path), DaskEngine(address))


def test_without_dask_the_extra_is_named(tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(WorkerError, match=r'pip install "market-abm\[sweep\]"'):
        execute([Task(tiny, 0)], RunStore(tmp_path), DaskEngine())


def test_dask_is_imported_when_it_is_used():
    script = "import sys, market_abm.experiment.dask_engine; assert not {'dask', 'distributed'} & sys.modules.keys()"

    subprocess.run([sys.executable, "-c", script], check=True)
