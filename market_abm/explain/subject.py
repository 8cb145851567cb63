"""What is explained: a run in a folder, or a scenario that is run first."""

from pathlib import Path

from market_abm.record.errors import BranchError, RecordError
from market_abm.record.folder import RunFolder
from market_abm.record.identity import run_id
from market_abm.record.run import Progress, Run, simulate
from market_abm.scenario.loading import load_scenario


def subject_of(given: str, seed: int | None, progress: Progress | None = None) -> Run:
    """Load the run in a folder, or run a scenario by its name or file.

    Parameters
    ----------
    given : folder, name or file.
    seed : seed of a scenario, 0 when silent; a run has its own.
    progress : told each week of a scenario that is run.

    Raises
    ------
    RecordError
        When the folder is no run's, or a seed is given for a run.
    ScenarioError
        When there is neither a folder nor a scenario of this name.
    """
    place = RunFolder(given)
    if place.path.is_dir():
        if seed is not None:
            raise RecordError(f"{given} is a run and has its seed; --seed is for scenarios.")
        if not place.is_run() and (inner := sorted(Path(given).glob("seed-*"))):
            raise RecordError(f"{given} holds replications; give one of them, such as {inner[0]}.")
        return Run.load(given)
    return simulate(load_scenario(given), seed or 0, progress)


def check_explicable(run: Run) -> None:
    """Refuse runs that a scenario and a seed do not give again.

    Raises
    ------
    BranchError
        When the run is a branch or has its own kind of market.
    """
    for kind, what in (("branch", "is a branch"), ("market", "has its own kind of market")):
        if kind in run.manifest:
            raise BranchError(
                f"{run.path or run.name} {what}, so its causes cannot be taken away one by one; "
                "explain a plain run, or ask for --chronicle only."
            )


def is_of_this_model(run: Run) -> bool:
    """Whether the model as it is now gives this run."""
    return run.id == run_id(run.scenario, run.seed)
