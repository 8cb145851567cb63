"""Do to a sweep what can happen to one, and compare its table with that of a sweep that nothing happened to.

    python experiments/checks/faults.py                          # all, some fifteen minutes on two idle cores
    python experiments/checks/faults.py --runs 60 --kills 3 --recorded 5000 --only kills

The sweep is made serially, by worker processes, in shards that are merged, while its
drivers and workers are killed at random moments, and on a Dask cluster of several
workers started by Dask's own commands (in network namespaces, where root can make
them) of which one is killed. Then very many recorded runs are asked for and gone on
with. Ends with code 1 when a table differs, a run is lost or counted twice.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import pyarrow.parquet as pq  # noqa: E402

from experiments.benchmarks.row import table  # noqa: E402
from experiments.benchmarks.sweeps import SWEEP, recorded_rows  # noqa: E402
from market_abm.sweep.folder import SweepFolder  # noqa: E402
from market_abm.sweep.status import read_status  # noqa: E402

MARKET = [sys.executable, "-m", "market_abm.cli"]
DASK_WORKERS = 3
BRIDGE, NETWORK = "mabm0", "10.213.77"


started: "list[subprocess.Popen[bytes]]" = []  # drivers, none of which is left behind


class LossError(Exception):
    """Something was lost, or is not what it should be."""


# -- one sweep, told by its digest ---------------------------------------------------------------
def sweep(file: Path, out: Path, *options: str) -> "subprocess.Popen[bytes]":
    """Start the command."""
    command = [*MARKET, "sweep", str(file), "--out", str(out), *options]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    started.append(process)
    return process


def finish(process: "subprocess.Popen[bytes]") -> None:
    """Wait for the end of a command that must go well."""
    said = process.communicate()[1].decode(errors="replace")
    if process.returncode:
        raise LossError(f"{' '.join(map(str, process.args))} ended with {process.returncode}: {said[-2000:]}")


def digest(out: Path, runs: int) -> str:
    """Digest of the table of a finished sweep, each of whose runs is in its files once."""
    told = json.loads(subprocess.run([*MARKET, "results", str(out), "--json"], check=True, capture_output=True).stdout)
    if told["done"] != runs or told["failures"]:
        raise LossError(f"{out.name}: {told['done']} of {runs} runs, {len(told['failures'])} failed")
    ids = [
        one for file in (out / "store" / "outcomes").glob("*.parquet") for one in pq.read_table(file)["id"].to_pylist()
    ]
    if sorted(ids) != sorted(SweepFolder(out).planned()["id"].unique()):
        raise LossError(f"{out.name}: {len(ids)} rows for {runs} runs")
    return str(told["digest"])


def done(out: Path) -> int:
    """Runs finished so far; also asked while others write."""
    return read_status(out).done if (out / "sweep.json").exists() else 0


# -- what happens to it --------------------------------------------------------------------------
def undisturbed(file: Path, out: Path, options: argparse.Namespace) -> str:
    """One process, one run after the other."""
    finish(sweep(file, out, "--engine", "serial"))
    return "one process"


def processes(file: Path, out: Path, options: argparse.Namespace) -> str:
    """Worker processes."""
    finish(sweep(file, out, "--engine", "processes", "--workers", "2"))
    return "2 workers"


def shards(file: Path, out: Path, options: argparse.Namespace) -> str:
    """Two shards in folders of their own, at once, merged."""
    parts = [out.with_name(f"shard-{number}") for number in (1, 2)]
    for one in [sweep(file, part, "--shard", f"{number}/2") for number, part in enumerate(parts, 1)]:
        finish(one)
    subprocess.run([*MARKET, "merge", *map(str, parts), "--out", str(out)], check=True, capture_output=True)
    return "2 shards merged"


def two_drivers(file: Path, out: Path, options: argparse.Namespace) -> str:
    """Two drivers at the same runs in one folder."""
    for one in [sweep(file, out), sweep(file, out)]:
        finish(one)
    return "2 drivers in one folder"


def kills(file: Path, out: Path, options: argparse.Namespace) -> str:
    """Drivers and workers killed at random moments until enough of them are."""
    luck = random.Random(options.seed)
    deaths = {"driver": 0, "worker": 0}
    process, kept = sweep(file, out, "--engine", "processes", "--workers", "2"), 0
    while sum(deaths.values()) < options.kills:
        until = kept + luck.randint(0, max(1, (options.runs - kept) // (options.kills - sum(deaths.values()) + 1)))
        while process.poll() is None and done(out) < until:
            time.sleep(0.1)
        time.sleep(luck.uniform(0, 1.5))
        if process.poll() is not None:
            break
        workers = children(process.pid)
        victim = luck.choice(["driver", "worker"]) if workers else "driver"
        os.kill(process.pid if victim == "driver" else luck.choice(workers), signal.SIGKILL)
        deaths[victim] += 1
        if victim == "driver":
            process.communicate()
            before, kept = kept, done(out)
            if kept < before:
                raise LossError(f"{before} runs were done, {kept} are after the driver was killed")
            process = sweep(file, out, "--engine", "processes", "--workers", "2")
    finish(process)
    return f"{deaths['driver']} drivers and {deaths['worker']} workers killed"


def children(process: int) -> list[int]:
    """Worker processes of a driver."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process and b"spawn_main" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def dask(file: Path, out: Path, options: argparse.Namespace) -> str:
    """A cluster of several workers started by Dask's own commands, one of them killed among the runs."""
    with contextlib.ExitStack() as stack:
        homes = stack.enter_context(namespaces(DASK_WORKERS))
        address = f"{NETWORK}.1" if homes else "127.0.0.1"
        scheduler = start(stack, out, ["scheduler", "--host", address, "--port", "0", "--no-dashboard"])
        place = address_of(scheduler, out)
        workers = [
            start(stack, out, ["worker", place, "--nthreads", "1", "--no-nanny", "--no-dashboard"], home)
            for home in homes or [""] * DASK_WORKERS
        ]
        process = sweep(file, out, "--engine", "dask", "--scheduler", place)
        while process.poll() is None and done(out) < options.runs // 3:
            time.sleep(0.1)
        workers[0].kill()
        finish(process)
    where = "network namespaces" if homes else "processes"
    return f"{DASK_WORKERS} Dask workers in {where}, 1 killed"


def start(stack: contextlib.ExitStack, out: Path, words: list[str], home: str = "") -> "subprocess.Popen[bytes]":
    """Start a command of Dask's, in a network namespace when one is named; it ends with the stack."""
    inside = ["ip", "netns", "exec", home] if home else []
    command = [*inside, sys.executable, "-m", "dask", *words]
    with log_of(out).open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def end() -> None:
        process.kill()
        process.wait()

    stack.callback(end)
    return process


def log_of(out: Path) -> Path:
    """What Dask's commands say."""
    return out.with_name("dask.log")


def address_of(scheduler: "subprocess.Popen[bytes]", out: Path) -> str:
    """Address that a scheduler says it listens to."""
    for _ in range(300):
        said = log_of(out).read_text(errors="replace")
        for word in said.split():
            if word.startswith("tcp://") and "Scheduler at:" in said:
                return word.strip("',")
        if scheduler.poll() is not None:
            raise LossError(f"the Dask scheduler ended: {said[-2000:]}")
        time.sleep(0.1)
    raise LossError("the Dask scheduler does not start")


@contextlib.contextmanager
def namespaces(count: int) -> Iterator[list[str]]:
    """Network namespaces joined by a bridge; none where this machine does not let us."""
    names = [f"mabm{number}" for number in range(1, count + 1)]

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)

    def clear() -> None:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True, check=False)

    try:
        if shutil.which("ip") is None or os.getuid():
            raise OSError
        clear()
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("addr", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for number, name in enumerate(names, 2):
            ip("netns", "add", name)
            ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b")
            ip("link", "set", f"{name}a", "master", BRIDGE, "up")
            ip("link", "set", f"{name}b", "netns", name)
            ip("-n", name, "addr", "add", f"{NETWORK}.{number}/24", "dev", f"{name}b")
            ip("-n", name, "link", "set", f"{name}b", "up")
            ip("-n", name, "link", "set", "lo", "up")
    except (OSError, subprocess.CalledProcessError):
        clear()
        yield []
        return
    try:
        yield names
    finally:
        clear()


# -- all of it -----------------------------------------------------------------------------------
DEEDS: dict[str, Callable[[Path, Path, argparse.Namespace], str]] = {
    "processes": processes,
    "shards": shards,
    "drivers": two_drivers,
    "kills": kills,
    "dask": dask,
}


def main() -> int:
    """Read the command line, do it all, and tell."""
    parser = argparse.ArgumentParser(description="Prove that a sweep loses nothing, whatever happens to it.")
    parser.add_argument("--runs", type=int, default=400, metavar="N", help="runs of the sweep (default 400)")
    parser.add_argument("--kills", type=int, default=20, metavar="N", help="kills at random moments (default 20)")
    parser.add_argument("--recorded", type=int, default=100_000, metavar="N", help="recorded runs (default 100,000)")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments")
    parser.add_argument("--only", choices=[*DEEDS, "recorded"], action="append", help="only this; may be repeated")
    options = parser.parse_args()
    if options.runs < 20 or options.kills < 1 or options.recorded < 1_000:
        parser.error("--runs must be at least 20, --kills at least 1, --recorded at least 1,000")
    options.runs -= options.runs % 10
    chosen, faults = options.only or [*DEEDS, "recorded"], 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "faults.toml"
        file.write_text(SWEEP.format(points=10, replications=options.runs // 10), "utf-8")
        if set(chosen) & DEEDS.keys():
            told = undisturbed(file, Path(folder) / "undisturbed", options)
            right = digest(Path(folder) / "undisturbed", options.runs)
            print(f"{right}  {options.runs} runs: {told}", flush=True)
        for name, deed in DEEDS.items():
            if name not in chosen:
                continue
            begun = time.monotonic()
            try:
                told = deed(file, Path(folder) / name, options)
                found = digest(Path(folder) / name, options.runs)
            except LossError as fault:
                told, found = str(fault), "-" * len(right)
            finally:
                for process in started:
                    process.kill()
                    process.wait()
                started.clear()
            faults += found != right
            same = "same" if found == right else "ANOTHER"
            print(f"{found}  {same} table: {told}, {time.monotonic() - begun:.0f} s", flush=True)
    if "recorded" in chosen:
        rows = recorded_rows(options.recorded)
        faults += sum(not row.passed for row in rows)
        print(table(rows))
    print("nothing lost, nothing counted twice" if not faults else f"{faults} FAULTS")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
