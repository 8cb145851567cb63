"""A whole run of `japan-2010` in plain loops of Python, how long its first compilation takes, and a version before.

The loop is `for i in range(10_000_000): x += i & 7`. Machines differ by a factor of two or more; the ratio of two
times taken in turns in one process differs much less. Times are CPU time.

Run as a script it is the measured process itself: it imports the `market_abm` on its path, runs, and prints figures
as JSON. So it measures any checkout; it uses nothing but `market_abm.run`.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.benchmarks.row import Row

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = "japan-2010"
LOOP_TURNS = 10_000_000
LOOPS_BAR, COMPILE_BAR_SECONDS, BEFORE_BAR = 2.8, 45.0, 5.0


# -- the measured process --------------------------------------------------------------------------
def plain_loop() -> int:
    """What a run is measured in."""
    x = 0
    for i in range(LOOP_TURNS):
        x += i & 7
    return x


def seconds(call: Callable[[], Any]) -> float:
    """CPU time of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def measure(runs: int, until: str | None) -> dict[str, Any]:
    """CPU seconds of runs and, before and after each, of the loop. The first run loads or compiles the kernels."""
    import market_abm

    found: list[float] = []
    digests: set[str] = set()
    loops = [seconds(plain_loop)]
    for _ in range(runs):
        start = time.process_time()
        run = market_abm.run(SCENARIO, seed=1, until=until)
        found.append(time.process_time() - start)
        digests.add(run.digest)
        loops.append(seconds(plain_loop))
    (digest,) = digests  # the same seed makes the same run
    return {"runs": found, "loops": loops, "digest": digest}


# -- the table -------------------------------------------------------------------------------------
def in_process(runs: int, until: str | None, checkout: Path = ROOT, cache: str | None = None) -> dict[str, Any]:
    """Figures of a process of its own, with the package of a checkout; a new folder as cache compiles anew."""
    env = {**os.environ, "PYTHONPATH": str(checkout)}
    if cache is not None:
        env["NUMBA_CACHE_DIR"] = cache
    command = [sys.executable, "-P", __file__, str(runs), *([until] if until else [])]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False, cwd=tempfile.gettempdir())
    if done.returncode:
        raise RuntimeError(f"the measured process failed:\n{done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def in_loops(figures: dict[str, Any]) -> list[float]:
    """Runs after the first, each over the mean of the loops before and after it [1]."""
    loops = figures["loops"]
    pairs = [(loops[place] + loops[place + 1]) / 2 for place in range(len(figures["runs"]))]
    return [run / loop for run, loop in zip(figures["runs"], pairs, strict=True)][1:]


def rows(rounds: int = 3, runs: int = 3, until: str | None = None, before: Path | None = None) -> "list[Row]":
    """Rows of the table: whole run in loops, first compilation and, with a checkout, the version before.

    Parameters
    ----------
    rounds : processes; those of two checkouts take turns.
    runs : runs in each process, the first of which is not counted.
    until : first day not run, when not the whole.
    before : root of a checkout of the version before.
    """
    from experiments.benchmarks.row import Row, short, spread

    with tempfile.TemporaryDirectory() as cache:
        cold = in_process(2, until, cache=cache)
        warm = [in_process(runs, until, cache=cache) for _ in range(1 if before else rounds)]
        old: list[dict[str, Any]] = []
        if before is not None:
            with tempfile.TemporaryDirectory() as other:
                in_process(1, until, before, other)
                for _ in range(rounds):
                    old.append(in_process(runs, until, before, other))
                    warm.append(in_process(runs, until, cache=cache))
    ours = [ratio for figures in warm for ratio in in_loops(figures)]
    spent = statistics.median(second for figures in warm for second in figures["runs"][1:])
    loop = statistics.median(second for figures in warm for second in figures["loops"])
    note = f"{spread(ours)} runs; {short(spent)} s, a loop {short(loop)} s"
    compiled = cold["runs"][0] - cold["runs"][1]
    made = [
        Row(f"{SCENARIO}, whole run over a plain loop", statistics.median(ours), LOOPS_BAR, False, "x", note),
        Row("first compilation", compiled, COMPILE_BAR_SECONDS, False, " s", f"a first run {short(cold['runs'][0])} s"),
    ]
    if old:
        theirs = [ratio for figures in old for ratio in in_loops(figures)]
        gain = statistics.median(theirs) / statistics.median(ours)
        same = "same" if old[0]["digest"] == warm[0]["digest"] else "another"
        note = f"before: {short(statistics.median(theirs))} loops, {spread(theirs)} runs; {same} digest"
        made.append(Row(f"{SCENARIO}, version before over this one", gain, BEFORE_BAR, True, "x", note))
    return made


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)))
