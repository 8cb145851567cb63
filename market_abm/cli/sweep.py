"""The commands of sweeps: sweep, status, results, merge."""

import contextlib
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from market_abm.cli.app import Json, Out, app
from market_abm.console import (
    FAILED,
    INTERRUPTED,
    fail,
    long_bar,
    number,
    plainly,
    print_json,
    records,
    show_table,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from market_abm.experiment.engine import Engine
    from market_abm.sweep.driver import Settings
    from market_abm.sweep.results import SweepResults

SHOWN = 5  # failed runs told one by one
EngineName = Annotated[
    Literal["serial", "processes", "dask"] | None,
    typer.Option("--engine", help="Who makes the runs; told by the other options when silent."),
]
WorkerCount = Annotated[
    int | None, typer.Option("--workers", min=1, help="Processes side by side; all cores for --engine processes.")
]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Scheduler of a running Dask cluster, such as tcp://host:8786.")
]
Shard = Annotated[str | None, typer.Option(metavar="I/N", help="Only this part of the points, such as 2/8.")]
TimeLimit = Annotated[float | None, typer.Option(metavar="S", help="Seconds that one run may take.")]
MemoryLimit = Annotated[float | None, typer.Option(metavar="MB", help="Memory that one worker may hold.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a sweep.")]


@app.command(epilog="Example: market-abm sweep experiments/sweeps/first-sweep.toml --workers 2")
@plainly
def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Sweep file.")],
    engine: EngineName = None,
    workers: WorkerCount = None,
    scheduler: Scheduler = None,
    shard: Shard = None,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = None,
    out: Out = None,
    replan: Annotated[bool, typer.Option("--replan", help="Take the place of another sweep in the folder.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, tell what it takes, run nothing.")
    ] = False,
    slurm: Annotated[bool, typer.Option("--slurm", help="Print the script of a Slurm job array, run nothing.")] = False,
    tasks: Annotated[int, typer.Option(min=1, help="Tasks of the job array.")] = 16,
    as_json: Json = False,
) -> None:
    """Run a scenario over a space of factors; stopped at any time, the same command goes on."""
    from market_abm.sweep.driver import Settings, make_sweep, preview
    from market_abm.sweep.results import read_results

    with _engine(engine, workers, scheduler, time_limit, memory_limit, dry_run or slurm) as chosen:
        settings = Settings(chosen, _shard(shard), out, replan, told, long_bar)
        if slurm:
            typer.echo(_script(file, settings, tasks, workers or 1, time_limit, memory_limit), nl=False)
            return
        if dry_run:
            told(preview(file, settings).told())
            return
        try:
            found = make_sweep(file, settings)
        except KeyboardInterrupt:
            raise fail("\nStopped. Finished runs are kept; the same command goes on.", INTERRUPTED) from None
    if found.results is not None:
        _show(found.results, as_json)
    elif as_json:
        _show(read_results(found.folder), as_json)
    else:
        typer.echo(f"Nothing to do; `market-abm results {found.folder}` shows what is there.")


@app.command(epilog="Example: market-abm status runs/sweeps/first-sweep")
@plainly
def status(folder: Folder, as_json: Json = False) -> None:
    """Tell how many runs of a sweep are done, failed and pending."""
    from dataclasses import asdict

    from market_abm.sweep.status import read_status

    found = read_status(folder)
    if as_json:
        print_json({**asdict(found), "pending": found.pending})
        return
    typer.echo(f"{found.title}: {found.points:,} points, {found.planned:,} runs planned")
    counts = [f"{count:,}" for count in (found.done, found.failed, found.pending)]
    show_table(["done", "failed", "pending"], [counts], numbers=3)


@app.command(epilog="Example: market-abm results runs/sweeps/first-sweep --out runs.csv")
@plainly
def results(
    folder: Folder,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="File to write: .parquet or .csv.")] = None,
    file_format: Annotated[
        Literal["parquet", "csv"] | None, typer.Option("--format", help="Told by the file's name when silent.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put the finished runs of a sweep into one table: a row a point and seed."""
    from market_abm.sweep.results import read_results

    found = read_results(folder)
    if out is None and file_format == "csv":
        typer.echo(found.runs.to_csv(index=False), nl=False)
        return
    if out is not None:
        _write(found, out, file_format)
    _show(found, as_json, complain=False)


@app.command(epilog="Example: market-abm merge shard-1 shard-2 --out whole")
@plainly
def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of shards of one sweep.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for all of them.")],
) -> None:
    """Put the folders of shards together in one."""
    from market_abm.sweep.merge import merge as put_together
    from market_abm.sweep.status import read_status

    taken = put_together(folders, out)
    found = read_status(out)
    typer.echo(f"{taken:,} runs copied to {out}: {found.done:,} of {found.planned:,} done, {found.failed:,} failed")


# -- what is asked for ---------------------------------------------------------------------------
@contextlib.contextmanager
def _engine(
    name: str | None,
    workers: int | None,
    scheduler: str | None,
    seconds: float | None,
    memory: float | None,
    idle: bool,
) -> "Iterator[Engine]":
    """Engine that the options ask for; one that only stands for its number of workers when `idle`."""
    from market_abm.experiment.engine import ProcessEngine, SerialEngine
    from market_abm.record.errors import RecordError
    from market_abm.record.limits import Limits

    limited = seconds is not None or memory is not None
    many = limited or (workers or 1) > 1
    name = name or ("dask" if scheduler is not None else "processes" if many else "serial")
    if scheduler is not None and name != "dask":
        raise RecordError(f"--scheduler belongs to --engine dask, and --engine {name} is given.")
    if limited and name != "processes":
        raise RecordError(f"--time-limit and --memory-limit belong to --engine processes, not to {name}.")
    if name == "serial":
        if many:
            raise RecordError("--engine serial has one worker; leave it out, or --workers.")
        yield SerialEngine()
    elif name == "processes" or idle:
        yield ProcessEngine(workers or os.cpu_count() or 1, limits=Limits(seconds=seconds, memory_mb=memory))
    else:
        from market_abm.experiment.dask_engine import DaskEngine

        with DaskEngine(scheduler=scheduler, workers=workers) as cluster:
            yield cluster


def _shard(text: str | None) -> tuple[int, int]:
    from market_abm.record.errors import RecordError

    number, _, shards = (text or "1/1").partition("/")
    if not (number.isdecimal() and shards.isdecimal()):
        raise RecordError(f'--shard "{text}" is no part; write I/N, such as 2/8.')
    return int(number), int(shards)


def _script(
    file: Path, settings: "Settings", shards: int, workers: int, seconds: float | None, memory: float | None
) -> str:
    from dataclasses import replace

    from market_abm.experiment.engine import SerialEngine
    from market_abm.sweep.driver import SWEEPS, preview
    from market_abm.sweep.slurm import slurm_script

    found = preview(file, replace(settings, engine=SerialEngine()))
    out = settings.out or SWEEPS / file.stem
    command = ["market-abm", "sweep", str(file), "--out", str(out), "--workers", str(workers)]
    command += ["--time-limit", f"{seconds:g}"] if seconds is not None else []
    command += ["--memory-limit", f"{memory:g}"] if memory is not None else []
    state = shlex.join(["market-abm", "status", str(out)])
    return slurm_script(file.stem, command, state, found.runs - found.done, found.seconds, shards, workers)


# -- what is said --------------------------------------------------------------------------------
def _show(results: "SweepResults", as_json: bool, complain: bool = True) -> None:
    """Print what came of a sweep; fail when runs failed."""
    from market_abm.sweep.results import table_digest

    digest = table_digest(results)
    outcomes = results.sweep.outcome
    if as_json:
        facts = {"folder": str(results.folder), "planned": results.planned, "done": len(results.runs), "digest": digest}
        means = results.runs[[outcome.name for outcome in outcomes]].mean().to_dict()
        print_json({**facts, "means": means, "failures": records(results.failures)})
    else:
        done = f"{len(results.runs):,} of {results.planned:,} runs"
        typer.echo(f"{results.sweep.title}: {len(results.points):,} points, {done}")
        rows = []
        for outcome in outcomes:
            values, unit = results.runs[outcome.name], outcome.shown_unit
            spread = [number(float(one), unit) for one in (values.min(), values.mean(), values.max())]
            rows.append([outcome.shown, unit, *spread])
        show_table(["outcome", "unit", "least", "mean", "greatest"], rows, numbers=3)
        typer.echo(f"folder: {results.folder}")
        if (results.folder / "report.html").exists():
            typer.echo(f"report: {results.folder / 'report.html'}")
        typer.echo(f"digest: {digest}")
    if len(results.failures) and complain:
        raise _failed(results)


def _failed(results: "SweepResults") -> typer.Exit:
    """Tell the first failed runs, each with the command that makes it alone."""
    for row in results.failures.head(SHOWN).to_dict("records"):
        told(f"failed: point {row['point']} seed {row['seed']}: {row['why']}\n  alone: {row['command']}")
    count = len(results.failures)
    more = f" ({count - SHOWN} more in {results.folder / 'failures'})" if count > SHOWN else ""
    return fail(f"{count} runs failed{more}; the same command tries them again.", FAILED)


def _write(results: "SweepResults", out: Path, file_format: str | None) -> None:
    """Write the table of runs, whole or not at all."""
    import io

    from market_abm.experiment.disk import results_written, write_whole
    from market_abm.record.errors import RecordError

    kind = file_format or out.suffix.removeprefix(".")
    if kind not in ("parquet", "csv"):
        raise RecordError(f"{out}: a table is .parquet or .csv; name it so, or give --format.")
    sink = io.BytesIO()
    if kind == "csv":
        results.runs.to_csv(sink, index=False)
    else:
        results.runs.to_parquet(sink, index=False)
    with results_written(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, sink.getvalue())
