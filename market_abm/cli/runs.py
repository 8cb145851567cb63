"""Commands on single runs and replications: run, show, check, compare, branch, report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from market_abm.cli.app import RUNS, Force, Json, Out, RunFolderPath, ScenarioName, Sets, Workers, app
from market_abm.console import (
    FAILED,
    WRONG_INPUT,
    compiling_once,
    count_bar,
    fail,
    plainly,
    print_json,
    records,
    show_comparison,
    show_table,
    told,
    week_bar,
)

if TYPE_CHECKING:
    from market_abm.record.run import Run
    from market_abm.scenario.schema import Scenario


@app.command(epilog="Example: market-abm run japan-2010 --seed 1 --until 2013-01-07")
@plainly
def run(
    scenario: ScenarioName,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the luck.")] = 0,
    replications: Annotated[int | None, typer.Option(min=1, help="Run this many seeds from --seed.")] = None,
    workers: Workers = 1,
    sets: Sets = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="First day not run.")] = None,
    out: Out = None,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Run a scenario, keep it in a folder and print what came of it."""
    from market_abm.record.dates import shortened
    from market_abm.scenario.loading import load_scenario

    chosen = shortened(load_scenario(scenario, sets or ()), until)
    if replications is None:
        with compiling_once():
            runs = [_one(chosen, seed, out or RUNS / f"{chosen.name}-seed{seed}", force)]
        _show_runs(runs, as_json)
        return
    folder = out or RUNS / f"{chosen.name}-{replications}x"
    with compiling_once():
        _many(chosen, range(seed, seed + replications), folder, workers, force, as_json)


@app.command(epilog="Example: market-abm scenarios")
@plainly
def scenarios() -> None:
    """List the scenarios of the library."""
    from market_abm.scenario.library import describe, scenario_names

    known = [describe(name) for name in scenario_names()]
    rows = [[one.name, one.extends or "", one.title or one.description] for one in known]
    show_table(["scenario", "extends", "what it asks"], rows)


@app.command(epilog="Example: market-abm show japan-2010 --set lead_material=Dy > mine.toml")
@plainly
def show(scenario: ScenarioName, sets: Sets = None) -> None:
    """Print a scenario as TOML with everything resolved."""
    from market_abm.scenario.loading import load_scenario
    from market_abm.scenario.writing import dump_toml

    typer.echo(dump_toml(load_scenario(scenario, sets or ())), nl=False)


@app.command(epilog="Example: market-abm check mine.toml theirs.toml")
@plainly
def check(files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scenario files.")]) -> None:
    """Check scenario files and list every fault."""
    from market_abm.scenario.errors import ScenarioError
    from market_abm.scenario.loading import load_scenario

    faulty = 0
    for file in files:
        try:
            scenario = load_scenario(file)
            if scenario.plugins:  # rules and verbs of one's own are bound when a market is made
                from market_abm.model import MineralMarket

                MineralMarket(scenario, rng=0).close()
            typer.echo(f"{file}: no faults")
        except ScenarioError as fault:
            faulty += 1
            told(f"ScenarioError: {fault}")
    if faulty:
        raise fail(f"{faulty} of {len(files)} files have faults.", WRONG_INPUT)


@app.command(epilog="Example: market-abm compare runs/japan-2010-seed1 runs/no-jogmec")
@plainly
def compare(
    first: RunFolderPath,
    second: RunFolderPath,
    as_json: Json = False,
    full: Annotated[bool, typer.Option("--all", help="Every measure, also year by year.")] = False,
) -> None:
    """Set two runs, or the medians of two sets of replications, beside each other."""
    import market_abm
    from market_abm.record.replications import load_runs

    frame = market_abm.compare(load_runs(first), load_runs(second), headlines=not full)
    if as_json:
        print_json({"first": str(first), "second": str(second), "comparison": records(frame)})
        return
    show_comparison(frame, {"first": first.resolve().name, "second": second.resolve().name, "difference": "difference"})


@app.command(epilog="Example: market-abm branch runs/japan-2010-seed1 --at 2010-09-21 --with no-embargo.toml")
@plainly
def branch(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    at: Annotated[str, typer.Option(metavar="DATE", help="First day under the other policies.")],
    other: Annotated[str, typer.Option("--with", metavar="FILE", help="Scenario with the policies from then.")],
    out: Out = None,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Follow a run to a date, then go on under the policies of another scenario."""
    import market_abm
    from market_abm.record import branch as branches
    from market_abm.record.run import already_in
    from market_abm.scenario.loading import load_scenario

    parent, scenario = market_abm.load_run(run), load_scenario(other)
    folder = out or run.parent / f"{run.resolve().name}-{scenario.name}-{at}"
    found = already_in(folder, branches.branch_id(parent, at, scenario), force)
    if found is None:
        with week_bar(f"{scenario.name} from {at}") as weeks:
            found = _kept(branches.branch(parent, at, scenario, weeks), folder, force)
    else:
        told(f"{folder} is already there.")
    _show_runs([found], as_json)


@app.command(epilog="Example: market-abm report runs/japan-2010-seed1")
@plainly
def report(run: RunFolderPath) -> None:
    """Write the page of a run, or of replications, anew."""
    from market_abm.record.replications import load_runs

    typer.echo(str(_write_report(load_runs(run), run)))


# -- what the commands share ---------------------------------------------------------------------
def _one(scenario: "Scenario", seed: int, folder: Path, force: bool) -> "Run":
    """Return the run that stands in `folder`, or run and keep it."""
    from market_abm.record.identity import run_id
    from market_abm.record.run import already_in, simulate

    found = already_in(folder, run_id(scenario, seed), force)
    if found is not None:
        told(f"{folder} is already there.")
        return found
    with week_bar(f"{scenario.name} seed {seed}") as weeks:
        return _kept(simulate(scenario, seed, weeks), folder, force)


def _kept(run: "Run", folder: Path, force: bool) -> "Run":
    saved = run.save(folder, overwrite=force)
    _write_report([saved], folder)
    return saved


def _many(scenario: "Scenario", seeds: range, folder: Path, workers: int, force: bool, as_json: bool) -> None:
    """Run replications, print them, and fail when one of them failed."""
    from market_abm.record.replications import replicate

    with count_bar(f"{scenario.name}, {len(seeds)} replications") as told_one:
        done = replicate(scenario, seeds, folder, workers, told_one, overwrite=force)
    if done.runs:
        if done.reused < len(done.runs) or not (folder / "report.html").is_file():
            _write_report(done.runs, folder)
        _show_runs(done.runs, as_json, folder, done.failures)
    for seed, why in done.failures.items():
        told(f"seed {seed} failed: {why}")
    if done.failures:
        raise fail("The same command tries them again.", FAILED)


def _write_report(runs: "list[Run]", folder: Path) -> Path:
    """Write the page beside the tables, whole or not at all."""
    from market_abm.record.folder import RunFolder
    from market_abm.report.page import write_report

    return RunFolder(folder).put_report(lambda page: write_report(runs, page))


def _show_runs(
    runs: "list[Run]", as_json: bool, folder: Path | None = None, failures: dict[int, str] | None = None
) -> None:
    """Print the short table of a run or of replications, and where everything is."""
    from market_abm.record.measures import comparison_table

    where = folder or runs[0].path or Path()
    frame = comparison_table(runs)
    if as_json:
        print_json(
            {
                "scenario": runs[0].scenario.name,
                "folder": str(where),
                "runs": [_facts(one) for one in runs],
                "failures": failures or {},
                "comparison": records(frame),
            }
        )
        return
    if len(runs) == 1:
        show_comparison(frame, {"run": "this run"})
    else:
        show_comparison(frame, {"median": f"median of {len(runs)}", "p10": "p10", "p90": "p90"})
    typer.echo(f"folder: {where}")
    if (where / "report.html").is_file():
        typer.echo(f"report: {where / 'report.html'}")


def _facts(run: "Run") -> dict[str, Any]:
    """Return what JSON tells of one run."""
    from market_abm.record.measures import measures

    facts = {"id": run.id, "seed": run.seed, "digest": run.digest, "folder": str(run.path)}
    return facts | {"measures": measures(run).to_dict()}
