import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_market import FailingMarket, FakeMarket, InterruptedMarket

import market_abm
from market_abm.record.errors import RunFolderError
from market_abm.record.replications import load_runs, replicate
from market_abm.record.run import Run, simulate

SLOW = """
import sys, time
from fake_market import FakeMarket, tiny
from market_abm.record.replications import replicate

class SlowMarket(FakeMarket):
    def step(self):
        super().step()
        time.sleep(0.05 if self.seed else 0)

if __name__ == "__main__":
    try:
        say = lambda *told: print(*told, flush=True)
        replicate(tiny(), range(4), sys.argv[1], int(sys.argv[2]), say, market=SlowMarket)
    except KeyboardInterrupt:
        sys.exit(130)
"""


def digests(folder: Path) -> dict[int, str]:
    return {run.seed: run.digest for run in load_runs(folder)}


def test_each_replication_is_a_whole_run(scenario, tmp_path):
    done = replicate(scenario, [3, 1], tmp_path / "runs", market=FakeMarket)

    assert [run.seed for run in done.runs] == [3, 1]
    assert Run.load(tmp_path / "runs" / "seed-3").digest == simulate(scenario, 3, market=FakeMarket).digest


def test_processes_give_what_one_process_gives(scenario, tmp_path):
    replicate(scenario, range(3), tmp_path / "serial", market=FakeMarket)
    replicate(scenario, range(3), tmp_path / "spawned", workers=2, market=FakeMarket)

    assert digests(tmp_path / "serial") == digests(tmp_path / "spawned")
    assert not multiprocessing.active_children()


def test_finished_ones_are_kept_damaged_ones_redone(scenario, tmp_path):
    replicate(scenario, range(3), tmp_path, market=FakeMarket)
    before = digests(tmp_path)
    kept = (tmp_path / "seed-0" / "manifest.json").stat().st_mtime_ns
    (tmp_path / "seed-1" / "prices.parquet").unlink()
    (tmp_path / "seed-2" / "manifest.json").write_text("{")

    done = replicate(scenario, range(4), tmp_path, market=FakeMarket)

    assert done.reused == 1
    assert (tmp_path / "seed-0" / "manifest.json").stat().st_mtime_ns == kept
    assert {seed: one for seed, one in digests(tmp_path).items() if seed < 3} == before


def test_overwriting_runs_all_again(scenario, tmp_path):
    replicate(scenario, range(2), tmp_path, market=FakeMarket)

    assert replicate(scenario, range(2), tmp_path, overwrite=True, market=FakeMarket).reused == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failed_one_does_not_stop_the_others(scenario, tmp_path, workers):
    done = replicate(scenario, range(4), tmp_path, workers, market=FailingMarket)

    assert [run.seed for run in done.runs] == [0, 1, 3]
    assert done.failures == {2: "RuntimeError: 1 g vanished"}
    assert not (tmp_path / "seed-2").exists()


def test_another_setting_does_not_mix_in(scenario, tmp_path):
    replicate(scenario, [7], tmp_path, market=FakeMarket)
    other = scenario.model_copy(update={"rules_off": ["news"]})

    with pytest.raises(RunFolderError, match=r"--out.*--force"):
        replicate(other, [0], tmp_path, market=FakeMarket)
    replicate(other, [0], tmp_path, overwrite=True, market=FakeMarket)

    assert [run.seed for run in load_runs(tmp_path)] == [0]


def test_what_is_not_ours_is_not_replaced(scenario, tmp_path):
    (tmp_path / "seed-0").mkdir()
    (tmp_path / "seed-0" / "notes.txt").write_text("mine")

    with pytest.raises(RunFolderError, match="other things"):
        replicate(scenario, [0], tmp_path, market=FakeMarket)


def test_the_folder_of_one_run_is_no_place_for_replications(scenario, run, tmp_path):
    run.save(tmp_path / "run")

    with pytest.raises(RunFolderError, match="folder of one run"):
        replicate(scenario, [0], tmp_path / "run", overwrite=True, market=FakeMarket)


def test_interrupted_keeps_what_is_finished(scenario, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        replicate(scenario, range(4), tmp_path, market=InterruptedMarket)

    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["seed-0", "seed-1"]


def test_progress_is_told_of_each(scenario, tmp_path):
    told = []
    replicate(scenario, [0], tmp_path, market=FakeMarket)

    replicate(scenario, [0, 1], tmp_path, progress=lambda *what: told.append(what), market=FakeMarket)

    assert told == [(1, 2, "1 already there"), (2, 2, "seed 1 finished")]


def test_a_folder_without_runs_is_told(tmp_path):
    with pytest.raises(RunFolderError, match=r"no manifest.json"):
        load_runs(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
class TestKilled:
    """A driver with two workers comes to grief after seed 0."""

    @pytest.fixture
    def driver(self, tmp_path):
        (tmp_path / "slow.py").write_text(SLOW)
        paths = [str(Path(__file__).parent), str(Path(market_abm.__file__).parent.parent), *sys.path]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        command = [sys.executable, str(tmp_path / "slow.py"), str(tmp_path / "runs"), "2"]
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert "seed 0 finished" in process.stdout.readline()
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

    def test_ctrl_c_ends_soon_and_leaves_whole_runs_only(self, driver, tmp_path):
        os.killpg(driver.pid, signal.SIGINT)

        assert driver.wait(10) == 130
        assert [entry.name for entry in (tmp_path / "runs").iterdir()] == ["seed-0"]
        assert self.wait_for_end_of_group(driver.pid)

    def test_no_worker_outlives_a_killed_driver_and_the_next_one_goes_on(self, driver, tmp_path):
        driver.kill()
        driver.wait()

        assert self.wait_for_end_of_group(driver.pid)
        assert Run.load(tmp_path / "runs" / "seed-0").seed == 0
