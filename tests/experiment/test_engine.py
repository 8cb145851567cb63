import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait

import pandas as pd
import pytest

from market_abm.experiment import engine
from market_abm.experiment.disk import StoreError
from market_abm.experiment.engine import attempt, execute
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.record.workers import WorkerError

DRIVER = """
import sys
from market_abm.experiment.engine import execute
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.scenario.loading import load_scenario

if __name__ == "__main__":
    tasks = [Task(load_scenario("tiny"), seed) for seed in range(40)]
    print(*(task.id for task in tasks), flush=True)
    try:
        execute(tasks, RunStore(sys.argv[1]), 2, lambda *told: print(*told, flush=True))
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.fixture(scope="module")
def tasks(tiny):
    return [Task(tiny, seed) for seed in range(6)]


@pytest.fixture(scope="module")
def serial(tasks, tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("serial"))
    assert execute(tasks, store) == {}
    return store


def tables(store: RunStore, tasks: Sequence[Task]) -> list[pd.DataFrame]:
    """All that a store says of some runs, but how long they took."""
    ids = [task.id for task in tasks]
    return [store.values(ids), store.monthly(ids), store.heads(ids).drop(columns="seconds")]


def assert_same(store: RunStore, other: RunStore, tasks: Sequence[Task]) -> None:
    for one, two in zip(tables(store, tasks), tables(other, tasks), strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)


# -- execute -------------------------------------------------------------------------------------
def test_two_workers_give_what_one_process_gives(tasks, serial, tmp_path):
    store = RunStore(tmp_path)

    assert execute(tasks, store, 2) == {}

    assert_same(store, serial, tasks)
    assert store.values([task.id for task in tasks])["ndpr_fob_2009"].nunique() == 6


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_worker_killed_on_the_way_changes_nothing(tasks, serial, tmp_path):
    killed = []

    def kill(*told):
        if not killed:
            victim = multiprocessing.active_children()[0]
            killed.append(victim.pid)
            victim.kill()

    store = RunStore(tmp_path)

    assert execute(tasks, store, 2, kill) == {}

    assert killed[0] not in {child.pid for child in multiprocessing.active_children()}
    assert_same(store, serial, tasks)


def test_what_is_there_is_not_run_again(tasks, serial, monkeypatch):
    monkeypatch.setattr(engine, "simulate", None)

    assert execute(tasks, RunStore(serial.folder)) == {}


def test_each_run_is_kept_with_its_time(tasks, serial):
    heads = serial.heads([task.id for task in tasks])

    assert heads["seed"].tolist() == [0, 1, 2, 3, 4, 5]
    assert (heads["scenario"] == "tiny").all()
    assert heads["seconds"].between(0.001, 60).all()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_fails_does_not_stop_the_others(tiny, tasks, serial, tmp_path, workers):
    bad = Task(tiny, -1)  # no seed of numpy's
    store = RunStore(tmp_path)
    told = []

    failures = execute([tasks[0], bad, tasks[1]], store, workers, lambda *what: told.append(what))

    assert list(failures) == [bad.id]
    assert failures[bad.id].why.startswith("ValueError: ")
    assert "in simulate" in failures[bad.id].traceback  # where it happened, though that was in another process
    assert_same(store, serial, tasks[:2])
    assert [what[:2] for what in told] == [(1, 3), (2, 3), (3, 3)]
    assert {said for _, _, said in told} == {
        "tiny seed 0 finished", "tiny seed 1 finished", f"tiny seed -1 {failures[bad.id].why}"
    }  # fmt: skip


class FuturesEngine:
    """The standard library's pool as an engine: all that an adapter has to be."""

    def results(self, tasks):
        flying = {}
        with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
            while True:
                flying |= {pool.submit(attempt, task): task for task in itertools.islice(tasks, 4 - len(flying))}
                if not flying:
                    return
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    yield flying.pop(future), future.result()


def test_another_engine_is_a_few_lines(tiny, tasks, serial, tmp_path):
    bad = Task(tiny, -1)
    store = RunStore(tmp_path)

    assert list(execute([*tasks, bad], store, FuturesEngine())) == [bad.id]

    assert_same(store, serial, tasks)


@pytest.mark.parametrize("engine", [1, 2, FuturesEngine()])
def test_a_program_that_changed_meanwhile_is_noticed(tiny, tmp_path, engine):
    task = Task(tiny, 0)
    task.__dict__["id"] = "by an earlier version"
    store = RunStore(tmp_path)

    with pytest.raises(WorkerError, match="another version of the program"):
        execute([task], store, engine)

    assert not store.has([task.id, Task(tiny, 0).id])


def test_a_task_twice_is_one_run(tasks, tmp_path):
    told = []

    execute([tasks[0], tasks[1], tasks[0]], RunStore(tmp_path), progress=lambda *what: told.append(what[:2]))

    assert told == [(1, 2), (2, 2)]


def test_tasks_are_made_as_they_are_wanted(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "LOOK_AHEAD", 2)
    made, ahead = [], []

    class Lazy(Sequence):
        def __len__(self):
            return 4

        def __getitem__(self, place):
            if place >= 4:
                raise IndexError
            made.append(place)
            return Task(tiny, place)

    execute(Lazy(), RunStore(tmp_path), progress=lambda done, *_: ahead.append(len(made) - done))

    assert made == [0, 1, 2, 3]
    assert max(ahead) <= 2


def test_a_store_that_cannot_be_written_is_told_before_anything_runs(tasks, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "simulate", None)
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="--store"):
        execute(tasks, RunStore(tmp_path / "file" / "store"))


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
class TestStopped:
    """A driver with two workers is stopped after three of forty runs."""

    @pytest.fixture
    def driver(self, tmp_path, elsewhere):
        (tmp_path / "driver.py").write_text(DRIVER)
        command = [sys.executable, str(tmp_path / "driver.py"), str(tmp_path / "store")]
        process = subprocess.Popen(command, env=elsewhere, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.ids = process.stdout.readline().split()
        for _ in range(3):
            assert "finished" in process.stdout.readline()
        yield process
        process.stdout.close()
        if process.poll() is None:
            process.kill()
        process.wait()

    def wait_for_end_of_group(self, group: int) -> bool:
        for _ in range(100):
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return True
            time.sleep(0.1)
        return False

    @pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
    def test_what_is_finished_stays_and_no_worker_does(self, driver, tmp_path, sent):
        if sent == signal.SIGINT:
            os.killpg(driver.pid, sent)
            assert driver.wait(20) == 130
        else:
            driver.kill()
            driver.wait()
        told = 3 + driver.stdout.read().count("finished")

        assert self.wait_for_end_of_group(driver.pid)
        store = RunStore(tmp_path / "store")
        kept = store.has(self.ids)
        assert told <= len(kept) < 40
        store.compact()
        assert RunStore(tmp_path / "store").has(kept) == kept
