"""The search for vectors with little loss: Optuna proposes, a file remembers.

The file (SQLite) is a study of Optuna's, so its own tools can open it. It holds
finished trials only. Each is written as a whole, hence a killed process leaves no
half trial behind; what it was at is proposed anew, the same again:

- the sampler of a trial has a seed of its own, made of the file's seed and the
  trial's number, and keeps nothing in memory from one trial to the next;
- the trials of a batch are proposed before any of their losses is known, as in
  a run that nobody stopped (constant liar: Ginsbourger et al. 2010).

So the same file gives the same trials whether stopped or not and with any
number of workers, as long as Optuna's version is the same.
"""

import importlib
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from market_abm.experiment.calibration import Calibration
from market_abm.experiment.free_parameter import FreeParameter
from market_abm.experiment.loss import Evaluation
from market_abm.record.errors import RecordError

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

SAMPLERS = ("tpe", "cmaes", "random", "sobol")
_FILE = "search.sqlite"
_STARTUP = 10  # random vectors before TPE or CMA-ES takes over, at least; Optuna's own default for TPE


class SearchError(RecordError):
    """A search cannot go on; the message says what to do."""


@dataclass(frozen=True)
class Trial:
    """A vector that was tried.

    Parameters
    ----------
    number : from 0 in order of proposal.
    values : the vector.
    evaluation : what came of it.
    """

    number: int
    values: Mapping[str, float]
    evaluation: Evaluation

    @property
    def loss(self) -> float:
        """Loss on the seeds of the search."""
        return self.evaluation.loss


class Search:
    """A search in a folder; opened again it goes on where it was.

    Parameters
    ----------
    calibration : what is searched.
    folder : where the search is remembered; made when missing.

    Raises
    ------
    SearchError
        When Optuna, or what the sampler needs, is not installed.
    """

    def __init__(self, calibration: Calibration, folder: Path) -> None:
        optuna = load_optuna(calibration.sampler)
        self.calibration = calibration
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / _FILE
        self._open: list[FrozenTrial] = []
        try:
            self._storage = optuna.storages.RDBStorage(f"sqlite:///{self.file.resolve()}")
            self._kept = optuna.create_study(
                storage=self._storage, study_name=calibration.id, direction="minimize", load_if_exists=True
            )
        except Exception as fault:  # SQLAlchemy and Optuna have many for one thing
            why = (
                f"{self.file} cannot be used ({type(fault).__name__}). Choose another folder with --out, or remove it."
            )
            raise SearchError(why) from fault

    def trials(self) -> list[Trial]:
        """Finished trials in order."""
        return [_trial(frozen) for frozen in self._kept.get_trials(deepcopy=False)]

    def propose(self) -> list[tuple[int, dict[str, float]]]:
        """Numbers and vectors of the batch that comes next, without those of it that are finished."""
        self._open = self._proposed()
        return [(trial.number, dict(trial.params)) for trial in self._open]

    def keep(self, evaluations: Mapping[int, Evaluation]) -> list[Trial]:
        """Remember what came of the trials that were proposed last, by number.

        Raises
        ------
        SearchError
            When another process has searched in the same folder meanwhile.
        """
        import optuna

        for trial in self._open:
            evaluation = evaluations[trial.number]
            finished = optuna.trial.create_trial(
                value=evaluation.loss,
                params=trial.params,
                distributions=trial.distributions,
                user_attrs={"moments": _as_json(evaluation.moments), "failure": evaluation.failure},
                system_attrs=trial.system_attrs,
            )
            if len(self._kept.get_trials(deepcopy=False)) != trial.number:
                raise SearchError(f"Another process searches in {self.file.parent}; wait for it, or choose --out.")
            self._kept.add_trial(finished)
        return self.trials()

    def close(self) -> None:
        """Let go of the file."""
        self._storage.remove_session()
        self._storage.engine.dispose()

    # -- proposing -------------------------------------------------------------------------------
    def _proposed(self) -> "list[FrozenTrial]":
        """Trials of the batch that comes next and have no loss yet.

        They are proposed in memory, from the finished batches; a trial of this
        batch that is finished stands there as one that still runs.
        """
        import optuna

        kept = self._kept.get_trials(deepcopy=True)
        begin = len(kept) // self.calibration.batch * self.calibration.batch
        end = min(begin + self.calibration.batch, self.calibration.trials)
        study = optuna.create_study(direction="minimize")
        study.add_trials(kept[:begin])
        for trial in kept[begin:]:
            study.add_trial(_running(trial))
        for number in range(len(kept), end):
            if number == 0:
                study.enqueue_trial(self.calibration.start)
            elif self.calibration.sampler == "sobol":
                study.enqueue_trial(_sobol_vector(self.calibration, number - 1))
            study.sampler = _sampler(self.calibration, number)
            study.ask(_distributions(self.calibration.parameters))
        return study.get_trials(deepcopy=False)[len(kept) :]


def load_optuna(sampler: str) -> Any:
    """Import Optuna, silenced, with what a sampler needs.

    Raises
    ------
    SearchError
        When something is not installed; the message says how to install it.
    """
    try:
        import optuna

        if sampler == "cmaes":
            importlib.import_module("cmaes")
        if sampler == "sobol":
            importlib.import_module("scipy.stats.qmc")
    except ImportError as fault:
        name = fault.name or "optuna"
        extra = 'pip install "market-abm[calibrate]"'
        how = extra if name == "optuna" else f"pip install {name.partition('.')[0]}"
        why = f"calibrate needs the package {name} for the sampler {sampler}; it is not installed. Install it: {how}"
        raise SearchError(why) from None
    optuna.logging.set_verbosity(logging.WARNING)
    return optuna


def _distributions(parameters: Sequence[FreeParameter]) -> "dict[str, optuna.distributions.BaseDistribution]":
    from optuna.distributions import FloatDistribution, IntDistribution

    return {
        one.path: IntDistribution(int(one.low), int(one.high), log=one.log)
        if one.whole
        else FloatDistribution(one.low, one.high, log=one.log)
        for one in parameters
    }


def _sampler(calibration: Calibration, number: int) -> "optuna.samplers.BaseSampler":
    """Sampler of one trial, which draws only on the finished trials and its own seed."""
    import optuna

    seed = int(np.random.SeedSequence([calibration.seed, number]).generate_state(1)[0])
    startup = max(_STARTUP, 2 * len(calibration.parameters))
    with warnings.catch_warnings():
        # Optuna before 5 calls multivariate TPE experimental
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if calibration.sampler == "tpe":
            return optuna.samplers.TPESampler(
                seed=seed, n_startup_trials=startup, multivariate=True, constant_liar=True
            )
        if calibration.sampler == "cmaes":
            return optuna.samplers.CmaEsSampler(seed=seed, n_startup_trials=startup)
    return optuna.samplers.RandomSampler(seed=seed)  # sobol: every value is given beforehand


def _sobol_vector(calibration: Calibration, place: int) -> dict[str, float]:
    """Point of a scrambled Sobol sequence.

    Not by Optuna's QMC sampler: it counts its points in the study, and a
    study opened again would count from the start.
    """
    from scipy.stats import qmc

    engine = qmc.Sobol(len(calibration.parameters), scramble=True, seed=calibration.seed)
    if place:
        engine.fast_forward(place)
    point = engine.random(1)[0]
    return {one.path: one.unscaled(float(share)) for one, share in zip(calibration.parameters, point, strict=True)}


def _running(trial: "FrozenTrial") -> "FrozenTrial":
    """The same trial before its loss was known."""
    import optuna

    return optuna.trial.create_trial(
        state=optuna.trial.TrialState.RUNNING,
        params=trial.params,
        distributions=trial.distributions,
        system_attrs=trial.system_attrs,
    )


# -- remembering ---------------------------------------------------------------------------------
def _as_json(moments: Mapping[str, float]) -> dict[str, float | None]:
    return {name: float(value) if np.isfinite(value) else None for name, value in moments.items()}


def _trial(frozen: "FrozenTrial") -> Trial:
    moments = frozen.user_attrs["moments"].items()
    values = {name: float("nan") if value is None else float(value) for name, value in moments}
    loss = float("nan") if frozen.value is None else frozen.value
    return Trial(frozen.number, dict(frozen.params), Evaluation(loss, values, frozen.user_attrs["failure"]))
