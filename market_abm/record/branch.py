"""A branch: a run that follows another to a date, then lives under other policies."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from market_abm.record.dates import as_date
from market_abm.record.errors import BranchError, DateError
from market_abm.record.identity import run_id
from market_abm.record.manifest import Stopwatch
from market_abm.record.run import Market, Progress, Run, play
from market_abm.scenario.schema import Scenario


def branch(run: Run, at: str | dt.date, scenario: Scenario, progress: Progress | None = None) -> Run:
    """Follow a run to a date and go on under the policies of another scenario.

    The past is lived again from the same scenario and seed, so both runs share
    it to the last gram, and the same luck afterwards.

    Parameters
    ----------
    run : the run to leave.
    at : first day under the other policies.
    scenario : where they come from; its weeks are those of the run.
    progress : told each week.

    Raises
    ------
    BranchError, DateError
        When the run is itself a branch, or the date lies outside it.
    """
    from market_abm import model

    maker: Callable[..., Market] | None = getattr(model, "branch", None)
    if maker is None:
        raise BranchError("this version of the model cannot branch; run the other scenario from its start.")
    watch, origin = Stopwatch(), origin_of(run, at)
    scenario = _in_step(run, scenario)
    try:
        follower = maker(run.scenario, run.seed, as_date(at), scenario)
    except ValueError as fault:  # the model refuses, say because the worlds differ
        raise BranchError(f"{scenario.name} cannot follow {run.name}: {fault}") from fault
    return play(follower, scenario, run.seed, watch, progress, branch=origin)


def branch_id(run: Run, at: str | dt.date, scenario: Scenario) -> str:
    """Return the identity that the branch will have."""
    return run_id(_in_step(run, scenario), run.seed, branch=origin_of(run, at))


def _in_step(run: Run, scenario: Scenario) -> Scenario:
    """Give the other scenario the weeks of the run: a branch ends when its parent does."""
    return scenario.model_copy(update={"time": run.scenario.time})


def origin_of(run: Run, at: str | dt.date) -> dict[str, Any]:
    """Return what a branch remembers of where it left."""
    if "branch" in run.manifest or "market" in run.manifest:
        raise BranchError(f"{run.path or run.name} is a branch or has its own market; use a plain run.")
    day, time = as_date(at), run.scenario.time
    if not time.start < day < time.end:
        raise DateError(f"{day} lies outside the run, which lasts from {time.start} to {time.end}.")
    return {"run": run_id(run.scenario, run.seed), "at": day.isoformat()}
