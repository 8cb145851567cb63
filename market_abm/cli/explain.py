"""The command `market-abm explain`: why the price moved, and the chronicle of a run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from market_abm.cli.app import RUNS, STORE, Json, Out, StoreFolder, Workers, app
from market_abm.console import FAILED, INTERRUPTED, count_bar, fail, plainly, print_json, show_table, told, week_bar

if TYPE_CHECKING:
    from market_abm.experiment.failure import Failure
    from market_abm.explain.chronicle import Sentence
    from market_abm.explain.explanation import Explanation, Plan
    from market_abm.explain.window import Window
    from market_abm.record.run import Run

FIRST_LINES = 12  # of the chronicle, in the terminal
SECONDS_A_WEEK = 0.006  # of a run whose time is not known
RunOrScenario = Annotated[str, typer.Argument(metavar="RUN", help="Folder of a run, or a scenario's name or file.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed when a scenario is given; a run has its own.")]
Replications = Annotated[int, typer.Option(min=1, help="Common seeds of all arms, from the run's own.")]
Material = Annotated[str | None, typer.Option(help="Whose price; the lead material when silent.")]
Base = Annotated[str | None, typer.Option(metavar="PERIOD", help="Year or quarter that counts as 1: 2009, 2009Q1.")]
First = Annotated[str | None, typer.Option("--from", metavar="DATE", help="The peak is sought from this day.")]
End = Annotated[str | None, typer.Option("--to", metavar="DATE", help="... to before this day; the crash ends there.")]
GroupsOnly = Annotated[bool, typer.Option("--groups-only", help="Leave out the causes taken away one at a time.")]
OnlyChronicle = Annotated[bool, typer.Option("--chronicle", help="Only tell what happened; runs nothing more.")]
Replace = Annotated[bool, typer.Option("--force", help="Replace another explanation in the folder.")]
All = Annotated[bool, typer.Option("--all", help="Every sentence of the chronicle.")]


@app.command(epilog="Example: market-abm explain runs/japan-2010-seed1 --replications 5 --workers 2")
@plainly
def explain(
    run: RunOrScenario,
    seed: Seed = None,
    replications: Replications = 5,
    material: Material = None,
    base: Base = None,
    first: First = None,
    end: End = None,
    groups_only: GroupsOnly = False,
    chronicle: OnlyChronicle = False,
    every: All = False,
    workers: Workers = 1,
    store: StoreFolder = STORE,
    out: Out = None,
    as_json: Json = False,
    force: Replace = False,
) -> None:
    """Say why the price moved: what each cause added to the peak and the crash, and what happened month by month."""
    from market_abm.explain.explanation import Plan
    from market_abm.explain.folder import ExplanationFolder
    from market_abm.explain.subject import check_explicable, subject_of
    from market_abm.explain.window import window_of

    with week_bar(run) as weeks:
        subject = subject_of(run, seed, weeks)
    window = window_of(subject.scenario, base, first, end)
    if chronicle:
        _tell(_sentences(subject, every, window), as_json)
        return
    check_explicable(subject)
    plan = Plan(subject.scenario, subject.seed, replications, window, material, groups_only)
    folder = ExplanationFolder(out or RUNS / f"explain-{_slug(subject)}")
    folder.check_free(plan.id, force)
    found, failures = _executed(plan, store, workers, subject)
    _write_and_show(found, subject, folder.path, every, window, as_json)
    if failures:
        raise fail(f"{len(failures)} runs failed; the same command tries them again.", FAILED)


def _executed(plan: "Plan", store: Path, workers: int, subject: "Run") -> "tuple[Explanation, dict[str, Failure]]":
    """Make the runs that are missing, after saying how long that takes."""
    from market_abm.experiment.engine import execute
    from market_abm.experiment.store import RunStore
    from market_abm.explain.explanation import NoSeedError, explain

    kept = RunStore(store)
    missing = {task.id for task in plan.tasks}
    missing -= kept.has(missing)
    if missing:
        seconds = _seconds_a_run(plan, subject)
        minutes = len(missing) * seconds / workers / 60
        side = f" by {workers} workers" if workers > 1 else ""
        told(
            f"{len(missing)} of {len(plan.tasks)} runs are missing, about {seconds:.1f} s each{side}: {_time(minutes)}."
        )
    try:
        with count_bar(f"{plan.scenario.name}: arms") as bar:
            failures = execute(plan.tasks, kept, workers, bar)
    except KeyboardInterrupt:
        raise fail("\nStopped. Finished runs are in the store; the same command goes on.", INTERRUPTED) from None
    for why in dict.fromkeys(str(failure) for failure in failures.values()):
        told(f"failed: {why}")
    try:
        return explain(plan, kept), failures
    except NoSeedError as fault:
        raise fail(str(fault), FAILED) from None


def _seconds_a_run(plan: "Plan", subject: "Run") -> float:
    """Time of one arm, from that of the run explained."""
    weeks = (plan.whole.time.end - plan.whole.time.start).days / 7
    seconds, lasted = subject.manifest.get("seconds"), subject.manifest.get("weeks")
    return weeks * (float(seconds) / float(lasted) if seconds and lasted else SECONDS_A_WEEK)


def _time(minutes: float) -> str:
    return f"some {minutes:.0f} minutes" if minutes >= 1.5 else f"some {max(60 * minutes, 1):.0f} seconds"


def _sentences(subject: "Run", every: bool, window: "Window") -> "list[Sentence]":
    from market_abm.explain.chronicle import chosen, chronicle

    told_all = chronicle(subject, window)
    return told_all if every else chosen(told_all)


def _tell(sentences: "list[Sentence]", as_json: bool) -> None:
    if as_json:
        print_json([{"month": str(one.month), "kind": one.kind, "text": one.text} for one in sentences])
        return
    for sentence in sentences:
        typer.echo(str(sentence))


def _write_and_show(
    found: "Explanation", subject: "Run", folder: Path, every: bool, window: "Window", as_json: bool
) -> None:
    from market_abm.explain.folder import ExplanationFolder
    from market_abm.explain.page import explanation_page, facts
    from market_abm.explain.subject import is_of_this_model

    notes = []
    if found.lost:
        notes.append(f"Left out, for an arm failed: seeds {', '.join(map(str, found.lost))}.")
    if not is_of_this_model(subject):
        notes.append("The run was made by another version of the model; the parts are those of the present one.")
    sentences = _sentences(subject, every, window)
    whole = facts(found, sentences, subject, notes)
    ExplanationFolder(folder).write(found, explanation_page(found, sentences, subject, notes), whole)
    if as_json:
        print_json(whole)
        return
    for note in notes:
        told(note)
    _show(found, subject)
    for sentence in sentences[:FIRST_LINES]:
        typer.echo(str(sentence))
    if len(sentences) > FIRST_LINES:
        typer.echo(f"... and {len(sentences) - FIRST_LINES} more lines in the page")
    typer.echo(f"\npage: {folder / 'README.md'}")


def _show(found: "Explanation", subject: "Run") -> None:
    """Print the parts as tables, and those of the run's own seed in words."""
    from market_abm.explain.words import factor_interval, own_words, share, total_words

    moves = found.plan.moves
    tables = found.tables()
    for kind, head in (("group", "Shapley value"), ("cause", "taken away alone")):
        rows: dict[str, list[str]] = {}
        for row in tables[tables["kind"] == kind].to_dict("records"):
            part = f" {share(row['share']):>4}" if kind == "group" else ""
            measured = factor_interval(row["mean"], row["low"], row["high"])
            rows.setdefault(row["label"], []).append(f"{measured}{part}")
        if rows:
            show_table(
                [head, *(move.label for move in moves)], [[name, *cells] for name, cells in rows.items()], len(moves)
            )
    for move in moves:
        typer.echo(f"{move.label}: {total_words(found, move)}")
    typer.echo("")
    if found.plan.seed in found.seeds:
        typer.echo(f"seed {found.plan.seed}:")
        for move in moves:
            typer.echo(f"  {own_words(found, move, subject)}")
        typer.echo("")


def _slug(subject: "Run") -> str:
    """Name of the folder written by default."""
    return subject.path.resolve().name if subject.path else f"{subject.scenario.name}-seed{subject.seed}"
