"""The command `market-abm calibrate`: fit named numbers of a scenario to history, and keep the set that fits."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from market_abm.cli.app import STORE, Json, Out, StoreFolder, Workers, app
from market_abm.console import FAILED, INTERRUPTED, count_bar, fail, number, plainly, print_json, records, show_table

if TYPE_CHECKING:
    from market_abm.experiment.fitting import Fit

Trials = Annotated[int | None, typer.Option(min=1, help="Vectors to try in all, in place of the file's number.")]


@app.command(epilog="Example: market-abm calibrate experiments/calibration/bust.toml --workers 2")
@plainly
def calibrate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Calibration file.")],
    trials: Trials = None,
    workers: Workers = 1,
    store: StoreFolder = STORE,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Fit parameters to history and write the set of vectors that fit about equally well.

    Stopped at any time, the same command goes on; finished trials are not repeated.
    """
    from market_abm.experiment.calibration_file import read_calibration
    from market_abm.experiment.fitting import confirm, search_for
    from market_abm.experiment.store import RunStore

    calibration = read_calibration(file)
    if trials is not None:
        calibration = replace(calibration, trials=trials)
    folder = out or file.parent / file.stem
    runs = RunStore(store)
    try:
        with count_bar("trials") as told_trial:
            tried = search_for(calibration, folder, runs, workers, told_trial)
        with count_bar("fresh seeds, runs") as told_run:
            fit = confirm(calibration, tried, runs, workers, told_run)
    except KeyboardInterrupt:
        raise fail("\nStopped. Finished trials are kept; the same command goes on.", INTERRUPTED) from None
    given = f" --trials {trials}" if trials is not None else ""
    _write(fit, folder, f"market-abm calibrate {file.name}{given}")
    if as_json:
        print_json({"folder": str(folder), **_facts(fit)})
    else:
        _show(fit, folder)
    if not fit.fit_set.vectors:
        raise fail("No vector held on fresh seeds; trials.csv tells what each came to.", FAILED)


def _facts(fit: "Fit") -> "dict[str, object]":
    from dataclasses import asdict

    from market_abm.experiment.calibration_page import identifiability

    return {
        "trials": len(fit.trials),
        "start_loss": fit.start.loss,
        "set": asdict(fit.fit_set),
        "identifiability": records(identifiability(fit)),
    }


def _write(fit: "Fit", folder: Path, command: str) -> None:
    """Write `set.json`, `trials.csv`, `README.md` and `picture.png`; each is whole or absent."""
    from importlib.metadata import version

    from market_abm.experiment.calibration import WHOLE
    from market_abm.experiment.calibration_page import calibration_page, trials_table
    from market_abm.experiment.calibration_picture import calibration_figure
    from market_abm.record.identity import model_version

    calibration = fit.calibration
    facts = {
        "scenario": calibration.arms[WHOLE].name,
        "until": calibration.arms[WHOLE].time.end.isoformat(),
        "search": calibration.id,
        "model": model_version(),
        "trials": len(fit.trials),
        "seeds": list(calibration.seeds),
        "fresh_seeds": list(calibration.fresh_seeds),
    }
    fit.fit_set.write(folder / "set.json", facts)
    versions = {name: version(name) for name in ("optuna", "numpy")}
    _whole(folder / "README.md", calibration_page(fit, command, versions))
    _whole(folder / "trials.csv", trials_table(fit).to_csv(index=False, lineterminator="\n"))
    picture = folder / "picture.partial.png"
    calibration_figure(fit).savefig(picture, dpi=150, metadata={"Software": None})
    picture.replace(folder / "picture.png")


def _whole(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8", newline="")
    partial.replace(path)


def _show(fit: "Fit", folder: Path) -> None:
    from market_abm.experiment.calibration_page import NO_ESTIMATE, counted, identifiability

    rows = [
        [
            str(row["parameter"]),
            f"{number(row['low'])} to {number(row['high'])}",
            number(row["start"]),
            number(row["best"]),
            f"{number(row['set_low'])} to {number(row['set_high'])}",
            "narrowed" if row["identified"] else "no estimate",
        ]
        for row in records(identifiability(fit))
    ]
    show_table(["parameter", "bounds", "start", "best", "range in the set", "verdict"], rows)
    found = fit.fit_set
    typer.echo(
        f"{counted(len(fit.trials), 'trial')}; on fresh seeds the loss is {number(fit.start.loss)} at the start and "
        f"{number(found.best_loss)} at the best; the set has {counted(len(found.vectors), 'vector')} within "
        f"{found.within:.0%} of it."
    )
    typer.echo(NO_ESTIMATE)
    typer.echo(f"page: {folder / 'README.md'}")
