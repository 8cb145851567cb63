"""What the tests of faults share: runs cut short, drivers in processes of their own, small file systems."""

import contextlib
import datetime as dt
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import market_abm
from market_abm.experiment.engine import execute
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "experiment"))  # made_up


@pytest.fixture(scope="session")
def short() -> Scenario:
    """The library's `tiny`, ended after eight weeks."""
    scenario = load_scenario("tiny")
    time = scenario.time.model_copy(update={"end": scenario.time.start + dt.timedelta(weeks=8)})
    return scenario.model_copy(update={"time": time})


@pytest.fixture(scope="session")
def tasks(short: Scenario) -> list[Task]:
    """Two dozen runs."""
    return [Task(short, seed) for seed in range(24)]


@pytest.fixture(scope="session")
def serial(tasks: list[Task], tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    """Store of these runs, made one after the other and never disturbed."""
    store = RunStore(tmp_path_factory.mktemp("serial"))
    assert execute(tasks, store) == {}
    return store


@pytest.fixture(scope="session")
def assert_whole(serial: RunStore) -> Callable[[Path, Sequence[Task]], None]:
    """Whether a folder says of some runs what the undisturbed store says of them, and has each once."""

    def check(folder: Path, tasks: Sequence[Task]) -> None:
        store, ids = RunStore(folder), [task.id for task in tasks]
        store.compact()
        assert store.has(ids) == set(ids)
        for told in (
            lambda one: one.values(ids),
            lambda one: one.monthly(ids),
            lambda one: one.heads(ids).drop(columns="seconds"),
        ):
            pd.testing.assert_frame_equal(told(store), told(serial), check_exact=True)
        assert rows(folder) == dict.fromkeys(ids, 1)

    return check


def rows(folder: Path) -> Counter[str]:
    """How often each run stands in the Parquet files of a store."""
    files = [path for path in (folder / "outcomes").iterdir() if not path.name.startswith(".")]
    return Counter(one for file in files for one in pq.read_table(file)["id"].to_pylist())


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start a process that makes these runs (see `driving`): `driver(folder, engine)`."""
    paths = [str(HERE), str(HERE.parent / "experiment"), str(Path(market_abm.__file__).parent.parent), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    started = []

    def start(folder: Path, *words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "driving", str(folder), *words]
        with (tmp_path / "said").open("a") as said:
            process = subprocess.Popen(
                command,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                cwd=tmp_path,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.stdout is not None:
            process.stdout.close()
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A file system of its own: `small_disk("size=1m")` mounts it, called again it changes it."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        again = ["-o", f"remount,{options}"] if os.path.ismount(place) else ["-o", options]
        tool = shutil.which("mount")
        if tool is None or os.name == "nt" or os.getuid():
            pytest.skip("file systems are mounted by root")
        done = subprocess.run([tool, "-t", "tmpfs", *again, "tmpfs", str(place)], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        return place

    yield mount
    if os.path.ismount(place):
        with contextlib.suppress(OSError):
            subprocess.run(["umount", "-l", str(place)], check=False)
