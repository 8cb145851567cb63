import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import calls
import pandas as pd
import pytest

from market_abm.experiment import engine
from market_abm.experiment.disk import StoreError
from market_abm.experiment.engine import execute
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.record.workers import KilledError, answers

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
UNGUARDED = """
from calls import double
from market_abm.record.workers import WorkerError, answers

try:
    list(answers(double, [(1, (1,))], 2))
except WorkerError as fault:
    print(fault)
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

    assert execute(tasks, store, workers=2) == {}

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
    assert failures[bad.id].startswith("ValueError: ")
    assert_same(store, serial, tasks[:2])
    assert [what[:2] for what in told] == [(1, 3), (2, 3), (3, 3)]
    assert {said for _, _, said in told} == {
        "tiny seed 0 finished", "tiny seed 1 finished", f"tiny seed -1 {failures[bad.id]}"
    }  # fmt: skip


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


# -- workers -------------------------------------------------------------------------------------
def numbers(count: int) -> list[tuple[int, tuple[int]]]:
    return [(number, (number,)) for number in range(count)]


def test_calls_are_answered_and_no_worker_is_left():
    assert sorted(answers(calls.double, numbers(7), 2)) == [(number, 2 * number) for number in range(7)]
    assert not multiprocessing.active_children()


def test_kept_workers_serve_again():
    list(answers(calls.double, numbers(2), 1, keep=True))
    (first,) = multiprocessing.active_children()

    list(answers(calls.double, numbers(2), 1, keep=True))

    assert multiprocessing.active_children() == [first]
    list(answers(calls.double, numbers(2), 1))
    assert not multiprocessing.active_children()


def test_what_a_call_raises_is_its_answer():
    ((_, fault),) = answers(calls.fail, [("one", (3,))], 1)
    ((_, unsendable),) = answers(calls.unsendable, [("one", (3,))], 1)

    assert repr(fault) == "RuntimeError('3 g vanished')"
    assert "cannot be sent" in str(unsendable)


def test_a_worker_computes_with_one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")

    assert list(answers(calls.threads, [("one", (3,))], 1)) == [("one", "1")]
    assert os.environ["OMP_NUM_THREADS"] == "4"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_the_call_of_a_killed_worker_is_repeated(tmp_path):
    asked = [(number, (number, str(tmp_path))) for number in range(6)]

    assert sorted(answers(calls.die_once, asked, 2)) == [(number, 2 * number) for number in range(6)]
    assert (tmp_path / "died").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_call_that_kills_twice_is_given_up_and_the_others_go_on():
    found = dict(answers(calls.die, numbers(6), 2))

    killed = found.pop(2)
    assert isinstance(killed, KilledError)
    assert "signal 9" in str(killed)
    assert found == {number: 2 * number for number in (0, 1, 3, 4, 5)}


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_closing_stops_what_is_under_way():
    asked = iter([("first", (0,)), ("second", (1,)), ("third", (1,))])
    given = answers(calls.dawdle, asked, 2)
    assert next(given) == ("first", 0)  # while the second takes a minute
    began = time.monotonic()

    given.close()

    assert time.monotonic() - began < 4  # less than the grace that one who does not heed is given
    assert not multiprocessing.active_children()


def test_a_script_without_guard_is_told_what_it_needs(tmp_path, elsewhere):
    (tmp_path / "script.py").write_text(UNGUARDED)

    done = subprocess.run([sys.executable, str(tmp_path / "script.py")], env=elsewhere, capture_output=True, text=True)

    assert "__main__" in done.stdout
