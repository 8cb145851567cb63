"""What a sweep costs beside its runs: against other ways of running many, and with very many runs recorded.

Overhead is wall time times workers over the time spent inside the runs, less one: what
is measured inside suffers from neighbours as much as the whole does, so a busy machine
shows the same ratio. Every way makes the same runs, summed up; only ours write them down.
Run as a module it is the measured driver itself.
"""

import contextlib
import dataclasses
import json
import logging
import multiprocessing
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.benchmarks.recorded import record
from experiments.benchmarks.row import Row, resident_bytes, short
from market_abm.experiment import dask_engine, engine
from market_abm.experiment.engine import Engine, ProcessEngine, SerialEngine, execute
from market_abm.experiment.failure import Failure
from market_abm.experiment.store import RunStore
from market_abm.experiment.summary import Summary
from market_abm.experiment.task import Task
from market_abm.scenario.loading import load_scenario

RUNS, WORKERS, RECORDED = 1_000, 2, 100_000
OVERHEAD_BAR, OTHERS_BAR = 5.0, 1_000.0  # per cent; the others have no bar to meet
SPEED_UP_BAR, STATUS_BAR, RESUME_BAR, MEMORY_BAR = 1.8, 2.0, 5.0, 1.25
FRESH = 50  # runs still to be made where the driver's memory is measured

SWEEP = """
title = "Very many runs"
scenario = "tiny"
until = 2009-03-02
replications = {replications}
[design]
kind = "grid"
levels = {points}
[[factor]]
name = "fear"
path = "parameters.manufacturer.fear_cover"
low = 0.5
high = 3.0
[[outcome]]
name = "price"
series = "price.NdPr.JP"
stat = "mean"
"""

_attempt = engine.attempt


def timed(task: Task) -> Summary | Failure:
    """Make a run; its seconds are all that it took, summing up included."""
    start = time.perf_counter()
    found = _attempt(task)
    assert isinstance(found, Summary), found
    return dataclasses.replace(found, seconds=time.perf_counter() - start)


# -- ways to make runs: each returns wall seconds, and seconds inside the runs -------------------
Way = Callable[[Sequence[Task]], tuple[float, float]]


@contextlib.contextmanager
def _timed_runs() -> Iterator[None]:
    theirs = dask_engine._attempt
    engine.attempt = dask_engine._attempt = timed
    try:
        yield
    finally:
        engine.attempt, dask_engine._attempt = _attempt, theirs


def through(one: Engine) -> Way:
    """Our own `execute` with an engine, into a new store."""

    def make(tasks: Sequence[Task]) -> tuple[float, float]:
        with tempfile.TemporaryDirectory() as folder, _timed_runs():
            store = RunStore(folder)
            start = time.perf_counter()
            assert not execute(tasks, store, one)
            wall = time.perf_counter() - start
            return wall, float(store.heads([task.id for task in tasks])["seconds"].sum())

    return make


def _inside(found: Sequence[Any], start: float) -> tuple[float, float]:
    return time.perf_counter() - start, sum(one.seconds for one in found)


def by_joblib(tasks: Sequence[Task]) -> tuple[float, float]:
    """Joblib's processes (loky)."""
    from joblib import Parallel, delayed

    start = time.perf_counter()
    return _inside(Parallel(n_jobs=WORKERS)(delayed(timed)(task) for task in tasks), start)


@contextlib.contextmanager
def dask_map() -> Iterator[Way]:
    """Dask's own map."""
    distributed = dask_engine.load_distributed()
    with (
        distributed.LocalCluster(
            n_workers=WORKERS, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):

        def make(tasks: Sequence[Task]) -> tuple[float, float]:
            start = time.perf_counter()
            return _inside(client.gather(client.map(timed, list(tasks), pure=False)), start)

        yield make


def by_mesa(tasks: Sequence[Task]) -> tuple[float, float]:
    """Mesa's batch_run; the start of its processes, which it makes anew each time, is taken off."""
    few = _mesa(tasks[:WORKERS])
    many = _mesa(tasks)
    return many[0] - few[0], many[1] - few[1]


def _mesa(tasks: Sequence[Task]) -> tuple[float, float]:
    import mesa

    from experiments.benchmarks.mesa_run import WholeRun

    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = mesa.batch_run(
            WholeRun, {"seed": [task.seed for task in tasks]}, number_processes=WORKERS, display_progress=False
        )
    return time.perf_counter() - start, sum(row["seconds"] for row in rows)


def overhead_rows(runs: int = RUNS) -> list[Row]:
    """Overhead of each way, and what a second worker brings."""
    scenario = load_scenario("tiny")
    tasks, warm = ([Task(scenario, seed) for seed in some] for some in (range(runs), range(runs, runs + 3 * WORKERS)))
    rows: list[Row] = []
    walls: dict[str, float] = {}
    per_run: dict[str, float] = {}

    def add(name: str, make: Way, workers: int, bar: float) -> None:
        make(warm)
        wall, inside = make(tasks)
        walls[name], per_run[name] = wall, 1e3 * inside / runs
        note = f"{runs:,} runs of tiny by {workers}: {short(wall)} s, {short(per_run[name])} ms a run"
        print(f"  {name}: {note}", file=sys.stderr, flush=True)  # a quarter of an hour is long without a word
        rows.append(Row(f"overhead of {name}", 100 * (wall * workers / inside - 1), bar, False, " %", note))

    add("execute, serial", through(SerialEngine()), 1, OVERHEAD_BAR)
    add("execute, processes", through(ProcessEngine(WORKERS)), WORKERS, OVERHEAD_BAR)
    with dask_engine.DaskEngine(workers=WORKERS) as cluster:
        add("execute, Dask", through(cluster), WORKERS, OTHERS_BAR)
    with dask_map() as make:
        add("Dask's map, nothing kept", make, WORKERS, OTHERS_BAR)
    add("joblib, nothing kept", by_joblib, WORKERS, OTHERS_BAR)
    add("mesa.batch_run, nothing kept", by_mesa, WORKERS, OTHERS_BAR)
    ratio = walls["execute, serial"] / walls["execute, processes"]
    alone, beside = per_run["execute, serial"], per_run["execute, processes"]
    cores, most = multiprocessing.cpu_count(), short(2 * alone / beside)
    note = f"on {cores} idle cores; runs beside each other are slower, so {most}x is the most"
    rows.append(Row("two workers over one", ratio, SPEED_UP_BAR, True, "x", note))
    return rows


# -- very many runs recorded ---------------------------------------------------------------------
def recorded_sweep(folder: Path, runs: int) -> tuple[Path, Path]:
    """Write a sweep whose runs are all recorded; return its file and its folder."""
    from market_abm.sweep.folder import STORE, SweepFolder
    from market_abm.sweep.planned import PointTasks, planned_runs
    from market_abm.sweep.sweep_file import read_sweep

    points = max(2, min(1_000, runs // 10))
    file, out = folder / "many.toml", folder / "many"
    file.write_text(SWEEP.format(points=points, replications=runs // points), "utf-8")
    place = SweepFolder(out)
    plan, identities = place.plan(read_sweep(file))
    table = planned_runs(identities, dict.fromkeys(range(points), range(runs // points)))
    place.note_planned(table)
    record(out / STORE, PointTasks(plan, table))
    return file, out


def command_seconds(*words: str) -> float:
    """Wall time of a `market-abm` command."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "market_abm.cli", *words], check=True, capture_output=True)
    return time.perf_counter() - start


def peak_mb(runs: int) -> float:
    """Most memory [MB] that a driver holds which finds so many runs recorded and has some made by workers."""
    command = [sys.executable, "-m", "experiments.benchmarks.sweeps", str(runs)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["peak_mb"])


def recorded_rows(runs: int = RECORDED) -> list[Row]:
    """Time of `status` and of going on with a finished sweep; memory of the driver."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = recorded_sweep(Path(folder), runs)
        status = min(command_seconds("status", str(out)) for _ in range(3))
        first = command_seconds("sweep", str(file), "--out", str(out))
        again = min(command_seconds("sweep", str(file), "--out", str(out)) for _ in range(3))
    few = max(100, runs // 100)
    low, high = peak_mb(few), peak_mb(runs)
    note = f"{short(low)} MB at {few:,}, {short(high)} MB at {runs:,}; {FRESH} runs made"
    return [
        Row(f"status of {runs:,} recorded runs", status, STATUS_BAR, False, " s", "least of 3, start included"),
        Row(
            f"sweep of {runs:,} finished runs, again", again, RESUME_BAR, False, " s",
            f"least of 3, start included; {short(first)} s the first time, with results and report",
        ),
        Row(f"driver's peak memory, {runs:,} runs over {few:,}", high / low, MEMORY_BAR, False, "x", note),
    ]  # fmt: skip


class _Many(Sequence[Task]):
    """Tasks made as they are read."""

    def __init__(self, count: int) -> None:
        self.scenario, self.count = load_scenario("tiny"), count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, place: Any) -> Any:
        if place >= self.count:
            raise IndexError
        return Task(self.scenario, place)


def _drive(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        filling = [sys.executable, "-m", "experiments.benchmarks.sweeps", str(runs), folder]
        subprocess.run(filling, check=True)  # a process of its own, so that its memory is not the driver's
        store = RunStore(folder)
        assert not execute(_Many(runs + FRESH), store, ProcessEngine(WORKERS))
    print(json.dumps({"peak_mb": resident_bytes(most=True) / 1e6}))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        record(Path(sys.argv[2]), iter(_Many(int(sys.argv[1]))))
    else:
        _drive(int(sys.argv[1]))
