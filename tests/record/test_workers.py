import multiprocessing
import os
import subprocess
import sys
import time

import calls
import pytest

from market_abm.record.errors import RecordError
from market_abm.record.limits import CAN_WATCH_MEMORY, Limits
from market_abm.record.workers import KilledError, LimitError, WorkerError, answers

FIRST_WORKERS = """
from calls import deaf
from market_abm.record.workers import answers

if __name__ == "__main__":
    print([answer for _, answer in answers(deaf, [(1, (1,)), (2, (2,))], 2)])
"""
UNGUARDED = """
from calls import double
from market_abm.record.workers import WorkerError, answers

try:
    list(answers(double, [(1, (1,))], 2))
except WorkerError as fault:
    print(fault)
"""


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


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_not_even_the_first_worker_of_a_process_hears_ctrl_c(tmp_path, elsewhere):
    (tmp_path / "script.py").write_text(FIRST_WORKERS)

    done = subprocess.run([sys.executable, str(tmp_path / "script.py")], env=elsewhere, capture_output=True, text=True)

    assert done.stdout == "[True, True]\n"


class TestLimits:
    def test_a_call_that_hangs_is_ended_and_the_others_go_on(self):
        began = time.monotonic()

        found = dict(answers(calls.hang, numbers(6), 2, limits=Limits(seconds=0.5)))

        ended = found.pop(2)
        assert isinstance(ended, LimitError)
        assert str(ended) == "took longer than 0.5 s"
        assert found == {number: 2 * number for number in (0, 1, 3, 4, 5)}
        assert time.monotonic() - began < 30  # it would hang for a minute
        assert not multiprocessing.active_children()

    def test_the_start_of_a_worker_is_no_part_of_its_call(self):
        assert list(answers(calls.double, numbers(1), 1, limits=Limits(seconds=0.05))) == [(0, 0)]

    def test_what_prepares_a_worker_is_no_part_of_its_call(self):
        asked = answers(calls.prepared, numbers(3), 1, limits=Limits(seconds=0.5), prepare=calls.prepare)

        assert sorted(asked) == [(number, True) for number in range(3)]

    @pytest.mark.skipif(not CAN_WATCH_MEMORY, reason="the system does not tell how much memory a process holds")
    def test_a_call_that_needs_too_much_memory_is_ended(self):
        found = dict(answers(calls.hoard, numbers(6), 2, limits=Limits(memory_mb=200)))

        ended = found.pop(2)
        assert isinstance(ended, LimitError)
        assert str(ended) == "needs more memory than 200 MB"
        assert found == {number: 2 * number for number in (0, 1, 3, 4, 5)}

    @pytest.mark.skipif(not CAN_WATCH_MEMORY, reason="the system does not tell how much memory a process holds")
    def test_a_worker_that_grows_is_replaced_and_no_call_is_lost(self):
        found = list(answers(calls.leak, numbers(12), 1, limits=Limits(memory_mb=200)))

        assert sorted(number for number, _ in found) == list(range(12))
        processes = [answer for _, answer in found]
        assert not [answer for answer in processes if isinstance(answer, BaseException)]
        assert 1 < len(set(processes)) < 12

    @pytest.mark.skipif(not CAN_WATCH_MEMORY, reason="the system does not tell how much memory a process holds")
    def test_less_memory_than_a_worker_starts_with_is_refused(self):
        with pytest.raises(WorkerError, match="more memory than 1 MB to start"):
            list(answers(calls.double, numbers(3), 2, limits=Limits(memory_mb=1)))
        assert not multiprocessing.active_children()

    @pytest.mark.parametrize("limits", [{"seconds": 0}, {"seconds": float("nan")}, {"memory_mb": -1}])
    def test_a_limit_that_is_none_is_refused(self, limits):
        with pytest.raises(RecordError, match="above 0"):
            Limits(**limits)
