"""The command `market-abm experiment`: arms under common seeds, and a verdict on each hypothesis."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from market_abm.cli.app import STORE, Json, Out, StoreFolder, Workers, app
from market_abm.console import FAILED, INTERRUPTED, count_bar, fail, plainly, print_json, show_table, told

if TYPE_CHECKING:
    from market_abm.experiment.finding import Finding

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Experiment files.")]
Replications = Annotated[
    int | None, typer.Option(min=1, help="Seeds an arm, in place of the file's; with --over, under each vector.")
]
UntilCi = Annotated[
    bool,
    typer.Option("--until-ci", help="Add seeds until every interval is narrow or decided, up to the file's limit."),
]
Width = Annotated[float, typer.Option(min=0.001, help="Width for --until-ci, as a share of the threshold.")]
Over = Annotated[
    Path | None, typer.Option("--over", metavar="FILE", help="Vectors of parameters from `calibrate`: run under each.")
]
Quick = Annotated[bool, typer.Option("--quick", help="Three seeds only, into --out.")]


@app.command(epilog="Example: market-abm experiment experiments/*.toml --workers 2")
@plainly
def experiment(
    files: Files,
    replications: Replications = None,
    until_ci: UntilCi = False,
    width: Width = 0.2,
    workers: Workers = 1,
    store: StoreFolder = STORE,
    out: Out = None,
    over: Over = None,
    as_json: Json = False,
    quick: Quick = False,
) -> None:
    """Run experiments and write what each found into a folder beside its file."""
    from market_abm.experiment.claims import write_index
    from market_abm.experiment.study import AllFailedError, Settings, run_experiments, shown_path

    given = [
        (f" --replications {replications}", replications is not None),
        (" --until-ci", until_ci),
        (f" --width {width:g}", until_ci and width != 0.2),
        (f" --over {shown_path(over) if over else ''}", over is not None),
        (" --quick", quick),
    ]
    settings = Settings(
        replications=replications,
        width=width if until_ci else None,
        workers=workers,
        store=store,
        out=out,
        over=over,
        quick=quick,
        command="".join(text for text, wanted in given if wanted),
        tell=told,
        bar=count_bar,
    )
    try:
        findings = run_experiments(files, settings)
    except KeyboardInterrupt:
        raise fail("\nStopped. Finished runs are in the store; the same command goes on.", INTERRUPTED) from None
    except AllFailedError as fault:
        raise fail(str(fault), FAILED) from None
    for folder in dict.fromkeys(settings.folder(finding.plan).parent for finding in findings):
        write_index(folder)
    if as_json:
        print_json([finding.told() for finding in findings])
    else:
        for finding in findings:
            _show(finding, settings.folder(finding.plan))
    _complain_of_failures(findings)


def _show(finding: "Finding", folder: Path) -> None:
    from market_abm.experiment.findings_page import interval, seed_count, statement, unit_of

    typer.echo(f"{finding.plan.experiment.title} ({seed_count(finding)})")
    rows = []
    for judgement, verdict in zip(finding.judgements, finding.verdicts, strict=True):
        outcome = finding.plan.experiment.outcome_named(judgement.hypothesis.outcome)
        found = interval(judgement.estimate, unit_of(judgement, outcome))
        rows.append([judgement.hypothesis.name, statement(judgement.hypothesis), found, verdict])
    show_table(["hypothesis", "what must hold", "measured, 95 %", "verdict"], rows)
    typer.echo(f"page: {folder / 'README.md'}\n")


def _complain_of_failures(findings: "list[Finding]") -> None:
    failures = {one: why for finding in findings for one, why in finding.failures.items()}
    for why in failures.values():
        told(f"failed: {why}")
    if failures:
        raise fail(f"{len(failures)} runs failed; the same command tries them again.", FAILED)
