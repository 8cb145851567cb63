"""The commands `sensitivity`, `discover`, `frontier`: what a finished sweep tells."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from market_abm.cli.app import Json, Out, app
from market_abm.console import count_bar, plainly, print_json, show_table, told

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from market_abm.sweep.results import SweepResults

ANALYSIS = "analysis"  # folder of tables and pictures, in that of the sweep
SHOWN = 20  # rows printed; the table on disk has all

SweepDir = Annotated[Path, typer.Argument(metavar="DIR|FILE", help="Folder of a sweep, or its file.")]
Outcomes = Annotated[
    list[str] | None, typer.Option("--outcome", metavar="NAME", help="Outcome or measure; repeat for several.")
]


@app.command(epilog="Example: market-abm sensitivity runs/sweeps/first-sweep")
@plainly
def sensitivity(folder: SweepDir, outcome: Outcomes = None, out: Out = None, as_json: Json = False) -> None:
    """How much each factor of a sweep matters to an outcome; all outcomes of the file when silent.

    The design decides the method: Sobol indices for saltelli, elementary effects for
    morris, shares of variance for a grid, rank regression or RBD-FAST for samples.
    """
    from market_abm.sweep.pictures import tornado_figure
    from market_abm.sweep.sensitivity import sensitivity as of_outcome

    results, place = _results(folder, out)
    asked = outcome or [one.name for one in results.sweep.outcome]
    found = [of_outcome(results, name) for name in asked]
    for one in found:
        name = f"sensitivity-{one.response.name}"
        _write(place, name, one.indices.rows, tornado_figure(one))
        if len(one.indices.pairs):
            _write(place, f"{name}-pairs", one.indices.pairs)
    if as_json:
        print_json({"folder": str(place), "outcomes": [one.told() for one in found]})
        return
    for one in found:
        of = one.indices
        typer.echo(f"{one.response.title}: {of.method}, because {of.why}.")
        show_table(one.heads(), one.cells()[:SHOWN], numbers=len(one.heads()) - 1)
        if pairs := one.pair_cells():
            show_table(["factor", "with", "second-order share, 95 %"], pairs[:SHOWN], numbers=1)
        for note in (f"Unit: {of.unit}. Intervals: {of.intervals}.", *one.notes):
            typer.echo(note)
    typer.echo(f"tables and pictures: {place}")


@app.command(epilog="Example: market-abm discover runs/sweeps/first-sweep --outcome price --above 40")
@plainly
def discover(
    folder: SweepDir,
    outcome: Annotated[str, typer.Option("--outcome", metavar="NAME", help="Outcome or measure.")],
    above: Annotated[float | None, typer.Option(metavar="X", help="Runs above X are looked for.")] = None,
    below: Annotated[float | None, typer.Option(metavar="X", help="Runs below X are looked for.")] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Which regions of the factor space lead to an outcome: boxes in words, checked against luck."""
    from market_abm.sweep.discover import discover as regions
    from market_abm.sweep.pictures import box_figure

    results, place = _results(folder, out)
    with count_bar("searches for boxes") as bar:
        found = regions(results, outcome, above=above, below=below, told=bar)
    name = f"discover-{outcome}"
    _write(place, name, found.frame(), box_figure(results, found))
    if as_json:
        print_json({"folder": str(place), **found.told()})
        return
    typer.echo(f"{found.response.title} {found.asked}: {found.cases} of {found.runs} runs ({100 * found.base:.0f} %).")
    if not found.regions:
        typer.echo("No box is denser than the whole.")
    for number, one in enumerate(found.regions, 1):
        typer.echo(f"{number}. {one.sentence}{'  COULD BE LUCK' if one.is_luck else ''}")
        typer.echo(f"   {one.checked}")
    for note in found.notes:
        typer.echo(note)
    typer.echo(f"table and picture: {place / name}.csv, .png")


@app.command(epilog="Example: market-abm frontier DIR --cost public_money_musd --benefit lost_musd --less-is-better")
@plainly
def frontier(
    folder: SweepDir,
    cost: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Outcome of which less is better; both as in the file when silent."),
    ] = None,
    benefit: Annotated[str | None, typer.Option(metavar="NAME", help="Outcome of which more is better.")] = None,
    less_is_better: Annotated[
        bool, typer.Option("--less-is-better", help="Of the benefit less is better too, as of a loss.")
    ] = False,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Points of a sweep that no other beats in both cost and benefit, with intervals over seeds."""
    from market_abm.sweep.frontier import frontier as unbeaten
    from market_abm.sweep.pictures import frontier_figure
    from market_abm.sweep.response import AnalysisError

    results, place = _results(folder, out)
    if cost is None and benefit is None and (asked := results.sweep.frontier):
        cost, benefit, less_is_better = asked.cost, asked.benefit, asked.less_is_better
    if cost is None or benefit is None:
        raise AnalysisError("give --cost and --benefit, or a [frontier] in the sweep's file.")
    found = unbeaten(results, cost, benefit, less_is_better)
    name = f"frontier-{benefit}-by-{cost}"
    _write(place, name, found.table.reset_index(), frontier_figure(found))
    if as_json:
        print_json({"folder": str(place), **found.told()})
        return
    typer.echo(f"Not beaten: {len(found.best)} of {len(found.table)} points.")
    rows = found.cells()
    show_table(found.heads(), rows[:SHOWN], numbers=3)
    if len(rows) > SHOWN:
        typer.echo(f"and {len(rows) - SHOWN} more")
    for note in found.notes:
        typer.echo(note)
    typer.echo(f"table and picture: {place / name}.csv, .png")


def _results(folder: Path, out: Path | None) -> "tuple[SweepResults, Path]":
    """Results of a sweep's folder, and the folder for what is found."""
    from market_abm.record.errors import RecordError
    from market_abm.sweep.driver import SWEEPS
    from market_abm.sweep.results import read_results

    place = SWEEPS / folder.stem if folder.suffix == ".toml" else folder
    results = read_results(place)
    if results.runs.empty:
        raise RecordError(f"{place} has no finished run yet; `market-abm status {place}` tells what is going on.")
    pending = results.planned - len(results.runs) - len(results.failures)
    if pending > 0:
        told(f"{pending:,} of {results.planned:,} runs are still pending; this is of those finished.")
    return results, out or place / ANALYSIS


def _write(place: Path, name: str, table: "pd.DataFrame", figure: "Figure | None" = None) -> None:
    """Write a table and its picture, each whole or not at all."""
    import io

    from market_abm.experiment.disk import results_written, write_whole

    safe = re.sub(r"[^\w.-]", "_", name)
    with results_written(place):
        place.mkdir(parents=True, exist_ok=True)
        text: Any = table.to_csv(index=False, float_format="%.10g", lineterminator="\n")
        write_whole(place / f"{safe}.csv", text.encode())
        if figure is not None:
            picture = io.BytesIO()
            figure.savefig(picture, format="png", dpi=150, metadata={"Software": None})
            write_whole(place / f"{safe}.png", picture.getvalue())
