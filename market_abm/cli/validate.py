"""The command `market-abm validate`: a scenario against what happened."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from market_abm.cli.app import RUNS, STORE, Json, Out, Sets, StoreFolder, Workers, app
from market_abm.console import FAILED, INTERRUPTED, count_bar, fail, plainly, print_json, show_table, told

if TYPE_CHECKING:
    from market_abm.validate.study import Validation

MOST_FAILURES = 5  # told one by one
Whom = Annotated[str, typer.Argument(metavar="[SCENARIO]", help="Name in the library, or a file.")]
Replications = Annotated[int, typer.Option(min=1, help="Runs of the scenario: seeds 0, 1, ...")]
Pairs = Annotated[
    int | None,
    typer.Option(
        min=0, help="Common seeds with each Chinese restriction taken away; 20, or fewer replications; 0: none."
    ),
]


@app.command(epilog="Example: market-abm validate rare-earths-2025 --replications 40 --workers 2")
@plainly
def validate(
    scenario: Whom = "rare-earths-2025",
    replications: Replications = 40,
    pairs: Pairs = None,
    workers: Workers = 1,
    sets: Sets = None,
    store: StoreFolder = STORE,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Set runs of a scenario against history: a scorecard in bands that were fixed beforehand."""
    from market_abm.experiment.store import RunStore
    from market_abm.scenario.loading import load_scenario
    from market_abm.validate.folder import ValidationFolder, facts
    from market_abm.validate.study import NoRunError
    from market_abm.validate.study import validate as study

    chosen = load_scenario(scenario, sets or ())
    folder = ValidationFolder(out or RUNS / f"validation-{chosen.name}")
    folder.check_free()
    corners = min(20, replications) if pairs is None else pairs
    try:
        with count_bar(f"{chosen.name} against history") as bar:
            found = study(chosen, RunStore(store), replications, corners, workers, bar)
    except KeyboardInterrupt:
        raise fail("\nStopped. Finished runs are in the store; the same command goes on.", INTERRUPTED) from None
    except NoRunError as fault:
        raise fail(str(fault), FAILED) from None
    folder.write(found)
    if as_json:
        print_json(facts(found) | {"folder": str(folder.path)})
    else:
        _show(found, folder.path)
    if found.failures:
        for run, why in list(found.failures.items())[:MOST_FAILURES]:
            told(f"{run} failed: {why}")
        raise fail(f"{len(found.failures)} runs failed; the same command tries them again.", FAILED)


def _show(found: "Validation", folder: Path) -> None:
    """Print the scorecard by theme, the totals and where everything is."""
    from market_abm.validate.folder import PAGE
    from market_abm.validate.page import HEADS, cells, totals

    for theme, rows in found.card.themes().items():
        shown = [cells(row) for row in rows if row.runs]
        if shown:
            typer.echo(theme)
            show_table([head.lower() for head in HEADS], [_marked(row) for row in shown])
    for line in totals(found):
        typer.echo(line)
    typer.echo(f"folder: {folder}")
    typer.echo(f"page: {folder / PAGE}")


def _marked(row: list[str]) -> list[str]:
    """A miss stands out without colour."""
    return [*row[:-1], row[-1] if row[-1] == "pass" else row[-1].upper()]
