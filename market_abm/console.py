"""What the command line says, and how it says that something is wrong.

Tables and JSON go to stdout, everything else to stderr, so that output can be
piped. Bars are for terminals; a log gets short lines.
"""

import contextlib
import functools
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, ParamSpec

import typer

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

P = ParamSpec("P")
FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130
LINE_SECONDS = 30.0  # between two lines of a long bar in a log
LOG_WIDTH = 140  # columns of a table that goes to a file
HEAD_WIDTH = 24  # letters in a line of the head of a column of numbers


def told(text: str) -> None:
    """Say something beside the results."""
    typer.echo(text, err=True)


def fail(text: str, code: int) -> typer.Exit:
    """Say what is wrong; raise what comes back."""
    told(text)
    return typer.Exit(code)


@contextlib.contextmanager
def compiling_once() -> Iterator[None]:
    """Say that the model is compiled first, where that was never done; a process beside this one takes its part."""
    from market_abm.core.compiled import is_cold, mark_warm

    week, beside = Path(__file__).parent / "shipped_week.py", None
    if is_cold(week):
        told("Compiling the model for this machine: once, about a minute. Later runs start at once.")
        if (os.cpu_count() or 1) > 1:
            beside = subprocess.Popen([sys.executable, "-m", "market_abm.auction"], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        if beside is not None:
            beside.terminate()
            beside.wait()
    mark_warm(week)


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Answer mistakes of the user with words and exit code 2, a failed run with 1, Ctrl-C with 130."""

    @functools.wraps(command)
    def plain(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except KeyboardInterrupt:
            many = kwargs.get("replications")
            rest = (
                "The same command goes on with what is missing."
                if many
                else "Nothing half-done was kept; the same command starts anew."
            )
            raise fail(f"\nStopped. {rest}", INTERRUPTED) from None
        except Exception as fault:
            if (code := _code(fault)) is None:
                raise
            raise fail(f"{type(fault).__name__}: {fault}", code) from None

    return plain


def _code(fault: Exception) -> int | None:
    """Exit code of a fault that words explain; None for a bug, which keeps its traceback."""
    from market_abm.books.ledger import ConservationError
    from market_abm.record.errors import RecordError
    from market_abm.scenario.errors import ScenarioError

    if isinstance(fault, ScenarioError | RecordError):
        return WRONG_INPUT
    return FAILED if isinstance(fault, ConservationError) else None


# -- progress ------------------------------------------------------------------------------------
@contextlib.contextmanager
def week_bar(title: str) -> "Iterator[Callable[[int, int, dt.date], None]]":
    """Show the weeks of one run: a bar in a terminal, else a line at each quarter."""
    with _bar(title) as show:

        def week(done: int, total: int, today: "dt.date") -> None:
            show(done, total, str(today), done * 4 // total > (done - 1) * 4 // total)

        yield week


@contextlib.contextmanager
def count_bar(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show the replications as they finish: a bar in a terminal, else a line for each."""
    with _bar(title) as show:

        def one(done: int, total: int, what: str) -> None:
            show(done, total, what, True)

        yield one


@contextlib.contextmanager
def long_bar(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show runs by the thousand: a bar in a terminal, else a line now and then and at the end."""
    last = time.monotonic()
    with _bar(title) as show:

        def one(done: int, total: int, what: str) -> None:
            nonlocal last
            worth = done == total or time.monotonic() - last > LINE_SECONDS
            last = time.monotonic() if worth else last
            show(done, total, what, worth)

        yield one


@contextlib.contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int, str, bool], None]]:
    """Yield a function of (done, total, what, worth a line)."""
    if not sys.stderr.isatty():

        def line(done: int, total: int, what: str, worth: bool) -> None:
            if worth:
                told(f"{title}: {done} of {total}, {what}")

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[what]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None, what="")

        def move(done: int, total: int, what: str, worth: bool) -> None:
            progress.update(task, completed=done, total=total, what=what)

        yield move


# -- results -------------------------------------------------------------------------------------
def show_table(heads: list[str], rows: list[list[str]], numbers: int = 0) -> None:
    """Print a table; the last `numbers` columns are aligned right, their heads in lines of `HEAD_WIDTH` at most."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, head in enumerate(heads):
        right = place >= len(heads) - numbers
        shown = fill(head, HEAD_WIDTH) if right else head  # a long head must not starve the words beside it
        table.add_column(shown, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else LOG_WIDTH).print(table)


def show_comparison(frame: "pd.DataFrame", names: dict[str, str]) -> None:
    """Print a comparison table; `names` gives the columns of numbers and their heads."""
    columns = ["history", *names]
    rows = []
    for row in frame.to_dict("records"):
        unit = str(row["unit"])
        rows.append([row["label"], unit if unit != "1" else "", *(number(row[name], unit) for name in columns)])
    if rows:
        show_table(["measure", "unit", "history", *names.values()], rows, numbers=len(columns))
    else:
        typer.echo("No measure covers this run; see its tables.")


def number(value: float, unit: str = "1") -> str:
    """Write a number for people: three figures that count, a year in decimals, nothing for NaN."""
    if math.isnan(value):
        return ""
    if unit == "year":
        return f"{value:.2f}"
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(decimals, 6)}f}"


def print_json(found: Any) -> None:
    """Print JSON on stdout and nothing else; NaN becomes null."""
    typer.echo(json.dumps(_plain(found), indent=1, ensure_ascii=False, allow_nan=False))


def records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows of a frame for JSON."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _plain(found: Any) -> Any:
    if isinstance(found, dict):
        return {str(key): _plain(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [_plain(value) for value in found]
    if isinstance(found, float):
        return float(found) if math.isfinite(found) else None
    return found
