"""Whole processes: `import market_abm` and `market-abm --help` against `import numpy`, in turns."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from experiments.benchmarks.row import Row, short, spread

IMPORT_BAR, HELP_BAR = 3.0, 6.0


def wall_seconds(command: list[str]) -> float:
    """Wall time of a process from start to end."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def rows(rounds: int = 25) -> list[Row]:
    """Median of the ratios, round by round."""
    numpy = [sys.executable, "-c", "import numpy"]
    package = [sys.executable, "-c", "import market_abm"]
    script = Path(sys.executable).with_name("market-abm")
    start = [str(script)] if script.exists() else [sys.executable, "-m", "market_abm.cli"]
    commands = {"numpy": numpy, "import": package, "help": [*start, "--help"]}
    for command in commands.values():
        wall_seconds(command)
    times = [{name: wall_seconds(command) for name, command in commands.items()} for _ in range(rounds)]
    made = []
    for name, words, bar in (("import", "import market_abm", IMPORT_BAR), ("help", "market-abm --help", HELP_BAR)):
        ratios = [turn[name] / turn["numpy"] for turn in times]
        typical, base = (1e3 * statistics.median(turn[key] for turn in times) for key in (name, "numpy"))
        note = f"{spread(ratios)} rounds; {short(typical)} against {short(base)} ms"
        made.append(Row(f"{words} over import numpy", statistics.median(ratios), bar, False, "x", note))
    return made
