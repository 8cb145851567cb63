"""Calibrating: search for vectors that fit, then see which of them hold on fresh seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from market_abm.experiment.calibration import Calibration
from market_abm.experiment.engine import Told
from market_abm.experiment.fit_set import FitSet, candidates, confirmed
from market_abm.experiment.loss import Evaluation, evaluate
from market_abm.experiment.outcome import absent
from market_abm.experiment.search import Search, SearchError, Trial
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.record.workers import KilledError
from market_abm.scenario.errors import suggest


@dataclass(frozen=True)
class Fit:
    """What came of a calibration.

    Parameters
    ----------
    calibration : what was asked.
    trials : all vectors tried, in order.
    start : the first vector on the fresh seeds, to be compared with the set.
    chosen, results : candidates, and what came of each on the fresh seeds.
    fit_set : those that held.
    """

    calibration: Calibration
    trials: tuple[Trial, ...]
    start: Evaluation
    chosen: tuple[Trial, ...]
    results: tuple[Evaluation, ...]
    fit_set: FitSet


def search_for(
    calibration: Calibration, folder: Path, store: RunStore, workers: int = 1, told: Told | None = None
) -> list[Trial]:
    """Try vectors until there are as many as asked; go on with what the folder remembers.

    Parameters
    ----------
    told : told after each trial.

    Raises
    ------
    SearchError
        When the search cannot be opened, the start vector does not run, or its runs lack
        a series that a moment asks for.
    """
    search = Search(calibration, folder)
    try:
        told = told or _silent
        trials = search.trials()
        if trials:
            told(len(trials), calibration.trials, f"{len(trials)} already there")
        if not trials:
            _check_start(calibration, store)
        while batch := search.propose():
            vectors = [vector for _, vector in batch]
            results = evaluate(calibration, vectors, calibration.seeds, store, workers)
            _check_alive(results)
            trials = search.keep({number: result for (number, _), result in zip(batch, results, strict=True)})
            best = min(trial.loss for trial in trials)
            for trial in trials[-len(batch) :]:
                told(trial.number + 1, calibration.trials, _said(trial, best))
    finally:
        search.close()
    return trials


def confirm(
    calibration: Calibration,
    trials: Sequence[Trial],
    store: RunStore,
    workers: int = 1,
    told: Told | None = None,
) -> Fit:
    """Run the candidates on fresh seeds and keep those that still fit.

    Of many vectors the one with the least loss was also the luckiest on its
    seeds (winner's curse); seeds that the search has not seen tell what is left.

    Parameters
    ----------
    told : told after each run.
    """
    chosen = candidates(calibration, trials)
    vectors = [calibration.start, *(trial.values for trial in chosen)]
    start, *results = evaluate(calibration, vectors, calibration.fresh_seeds, store, workers, told)
    fit_set = confirmed(calibration, chosen, results)
    return Fit(calibration, tuple(trials), start, tuple(chosen), tuple(results), fit_set)


def _check_start(calibration: Calibration, store: RunStore) -> None:
    """Make the runs of the first trial's first seed; they must run, and have the series that moments name."""
    start = evaluate(calibration, [calibration.start], calibration.seeds[:1], store)[0]
    if start.failure:
        raise SearchError(f"The start vector itself does not run. {start.failure}")
    faults = []
    for arm in calibration.arms_in_use:
        task = Task(calibration.scenario_of(calibration.start, arm), calibration.seeds[0])
        moments = [moment for moment in calibration.moments if moment.arm == arm and moment.outcome.series is not None]
        if moments and store.has([task.id]):
            series = [str(name) for name in store.monthly([task.id]).columns]
            for number, _, name in absent([moment.outcome for moment in moments], series):
                told = f'moment "{moments[number].name}": runs of arm "{arm}" have no series "{name}".'
                faults.append(f"{told} {suggest(name, series)}".strip())
    if faults:
        raise SearchError("\n".join(faults))


def _check_alive(results: Sequence[Evaluation]) -> None:
    """Stop when workers were killed: that is the machine's fault, and the vector shall be tried again."""
    for result in results:
        if KilledError.__name__ in result.failure:
            raise SearchError(f"{result.failure}. Finished trials are kept; try again with fewer workers.")


def _said(trial: Trial, best: float) -> str:
    failure = trial.evaluation.failure
    return f"{f'failed: {failure}' if failure else f'loss {trial.loss:.3f}'}, best {best:.3f}"


def _silent(done: int, total: int, what: str) -> None:
    """Tell nobody."""
