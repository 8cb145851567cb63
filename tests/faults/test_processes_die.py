"""Killed and stuck processes: what is finished stays, what is not is made again, nothing is counted twice."""

import datetime as dt
import multiprocessing
import os
import signal

import pytest

from market_abm.experiment.engine import ProcessEngine, execute
from market_abm.experiment.failure import Failure
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.record.limits import CAN_WATCH_MEMORY, Limits

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def test_after_a_killed_driver_the_same_command_goes_on(driver, tasks, assert_whole, tmp_path):
    folder = tmp_path / "store"
    first = driver(folder, "2")
    told = [next(first.stdout) for _ in range(8)]
    first.send_signal(signal.SIGKILL)
    told += list(first.stdout)
    first.wait()
    kept = RunStore(folder).has([task.id for task in tasks])

    second = driver(folder)
    made = [line for line in second.stdout if "finished" in line]

    assert second.wait() == 0
    assert len(told) <= len(kept) < len(tasks)
    assert len(made) == len(tasks) - len(kept)
    assert_whole(folder, tasks)


def test_two_drivers_share_the_runs(driver, tasks, assert_whole, tmp_path):
    folder = tmp_path / "store"
    both = [driver(folder), driver(folder)]

    made = [sum("finished" in line for line in process.stdout) for process in both]

    assert [process.wait() for process in both] == [0, 0]
    assert_whole(folder, tasks)
    assert min(made) > 0
    assert sum(made) <= len(tasks) + 8  # a run that both are at is made by both, and kept once


def test_hanging_and_broken_runs_are_told_and_the_others_are_made(short, tasks, assert_whole, tmp_path):
    steady = {name: row.model_copy(update={"growth_per_year": 0.0}) for name, row in short.manufacturer.items()}
    centuries = short.time.model_copy(update={"end": dt.date(4000, 1, 3)})
    endless = Task(short.model_copy(update={"time": centuries, "manufacturer": steady}), 0)
    broken = Task(short, -1)  # no seed of numpy's
    store = RunStore(tmp_path)

    failures = execute([endless, *tasks[:5], broken, *tasks[5:]], store, ProcessEngine(2, Limits(seconds=4)))

    assert failures.keys() == {endless.id, broken.id}
    assert failures[endless.id] == Failure("LimitError: took longer than 4 s")
    assert failures[broken.id].why == "ValueError: expected non-negative integer"
    assert "in simulate" in failures[broken.id].traceback
    assert_whole(tmp_path, tasks)


@pytest.mark.skipif(not CAN_WATCH_MEMORY, reason="the system does not tell how much memory a process holds")
def test_a_run_that_exhausts_memory_is_told_and_the_others_are_made(short, tasks, assert_whole, tmp_path):
    many = {"count": 3_000_000, "capacity_t_per_year": (0.001, 0.001)}
    mines = {name: row.model_copy(update=many) for name, row in short.mine.items()}
    greedy = Task(short.model_copy(update={"mine": mines}), 0)
    store = RunStore(tmp_path)

    failures = execute([tasks[0], greedy, *tasks[1:6]], store, ProcessEngine(2, Limits(memory_mb=450)))

    assert failures == {greedy.id: Failure("LimitError: needs more memory than 450 MB")}
    assert_whole(tmp_path, tasks[:6])


@pytest.mark.skipif(not CAN_WATCH_MEMORY, reason="the system does not tell which processes there are")
def test_a_killed_dask_worker_changes_nothing(tasks, assert_whole, tmp_path):
    pytest.importorskip("distributed")
    from market_abm.experiment.dask_engine import DaskEngine

    store, killed = RunStore(tmp_path), []

    def kill_one(done, total, said):
        if done == 10:
            victim = next(one for one in multiprocessing.active_children() if "Dask" in one.name)
            killed.append(victim.pid)
            os.kill(victim.pid, signal.SIGKILL)

    with DaskEngine(workers=2) as engine:
        failures = execute(tasks, store, engine, kill_one)

    assert killed
    assert failures == {}
    assert_whole(tmp_path, tasks)


def test_ctrl_c_ends_a_cluster_of_this_machine_in_silence(driver, tasks, tmp_path):
    pytest.importorskip("distributed")
    process = driver(tmp_path / "store", "dask")
    told = [next(process.stdout) for _ in range(5)]

    os.killpg(process.pid, signal.SIGINT)
    told += list(process.stdout)

    assert process.wait() == 130
    assert (tmp_path / "said").read_text() == ""
    kept = RunStore(tmp_path / "store").has([task.id for task in tasks])
    assert len(told) <= len(kept) < len(tasks)
