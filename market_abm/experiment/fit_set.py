"""The set that fits: vectors whose loss is about as small as the best, held up on fresh seeds.

Several vectors fit history about equally well (equifinality: Beven and Binley
1992). Experiments run over the set show whether a verdict hangs on the choice.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np

from market_abm.experiment.calibration import Calibration
from market_abm.experiment.free_parameter import FreeParameter
from market_abm.experiment.loss import Evaluation
from market_abm.experiment.moment import WORST_MISS
from market_abm.experiment.search import Trial
from market_abm.record.errors import RecordError

Row = TypeVar("Row")
LEAST_CANDIDATES, MOST_CANDIDATES = 2, 3
"""Candidates run on fresh seeds for each place in the set: at least, at most."""


class FitSetError(RecordError):
    """A file holds no set of vectors."""


@dataclass(frozen=True)
class FitVector:
    """A vector of the set.

    Parameters
    ----------
    name : v01 is the best.
    loss : on the fresh seeds [tolerances].
    search_loss : on the seeds of the search, to which it was fitted.
    values : parameter values by path.
    moments : medians over the fresh seeds; what is not finite is written as null.
    trial : number of the trial.
    """

    name: str
    loss: float
    search_loss: float
    values: Mapping[str, float]
    moments: Mapping[str, float]
    trial: int


@dataclass(frozen=True)
class FitSet:
    """Vectors that fit about equally well, best first.

    Parameters
    ----------
    parameters : paths.
    best_loss : least loss on the fresh seeds.
    within : share above it that is allowed.
    vectors : those kept, spread out over the set.
    """

    parameters: tuple[str, ...]
    best_loss: float
    within: float
    vectors: tuple[FitVector, ...]

    def write(self, path: Path, facts: Mapping[str, Any]) -> None:
        """Write JSON, whole or not at all; `facts` tell where the set comes from."""
        told = json.dumps(_finite({**asdict(self), **facts}), indent=1, ensure_ascii=False, allow_nan=False)
        partial = path.with_name(path.name + ".partial")
        partial.write_text(told + "\n", encoding="utf-8")
        partial.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote.

        Raises
        ------
        FitSetError
            When the file is missing or something else.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            vectors = tuple(
                FitVector(
                    str(row["name"]),
                    float(row["loss"]),
                    float(row.get("search_loss", row["loss"])),
                    dict(row["values"]),
                    {name: float("nan") if value is None else value for name, value in row.get("moments", {}).items()},
                    int(row.get("trial", -1)),
                )
                for row in data["vectors"]
            )
            return cls(tuple(data["parameters"]), float(data["best_loss"]), float(data["within"]), vectors)
        except OSError as fault:
            raise FitSetError(f"{path} cannot be read: {fault.strerror}. Write it with market-abm calibrate.") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise FitSetError(f"{path} is no set of vectors. Write it with market-abm calibrate.") from None


def candidates(calibration: Calibration, trials: Sequence[Trial]) -> list[Trial]:
    """Trials to be run again on fresh seeds, each vector once, the best first.

    Those that fit on the seeds of the search, spread out when there are many.
    When they are few the next best join them: one lucky vector must not shut
    out others that are as good.
    """
    once = {tuple(trial.values.values()): trial for trial in reversed(trials) if trial.loss < WORST_MISS}
    ranked = sorted(once.values(), key=lambda trial: (trial.loss, trial.number))
    fitting = _within(ranked, [trial.loss for trial in ranked], calibration.within)
    count = max(len(fitting), LEAST_CANDIDATES * calibration.most_vectors)
    return spread_out(ranked[:count], calibration.parameters, MOST_CANDIDATES * calibration.most_vectors)


def confirmed(calibration: Calibration, chosen: Sequence[Trial], results: Sequence[Evaluation]) -> FitSet:
    """Set of the candidates that fit on fresh seeds as well.

    Parameters
    ----------
    chosen, results : candidates, and what came of each on the fresh seeds.
    """
    held = [(trial, result) for trial, result in zip(chosen, results, strict=True) if result.loss < WORST_MISS]
    fitting = _within(held, [result.loss for _, result in held], calibration.within)
    result_of = {trial.number: result for trial, result in fitting}
    kept = spread_out([trial for trial, _ in fitting], calibration.parameters, calibration.most_vectors)
    kept.sort(key=lambda trial: result_of[trial.number].loss)
    vectors = tuple(
        FitVector(
            f"v{place:02d}",
            result_of[trial.number].loss,
            trial.loss,
            trial.values,
            result_of[trial.number].moments,
            trial.number,
        )
        for place, trial in enumerate(kept, 1)
    )
    best = vectors[0].loss if vectors else float("nan")
    return FitSet(tuple(one.path for one in calibration.parameters), best, calibration.within, vectors)


def spread_out(trials: Sequence[Trial], parameters: Sequence[FreeParameter], most: int) -> list[Trial]:
    """The first trial and those that lie far apart.

    Greedily the one farthest from all chosen so far (Gonzalez 1985), distances
    taken in the space scaled to the bounds; of equals the first.
    """
    if not trials:
        return []
    places = np.array([[one.scaled(trial.values[one.path]) for one in parameters] for trial in trials])
    chosen = [0]
    gap = np.linalg.norm(places - places[0], axis=1)
    while len(chosen) < min(most, len(trials)):
        gap[chosen] = -1.0
        chosen.append(int(np.argmax(gap)))
        gap = np.minimum(gap, np.linalg.norm(places - places[chosen[-1]], axis=1))
    return [trials[place] for place in chosen]


def _within(rows: Sequence[Row], losses: Sequence[float], share: float) -> list[Row]:
    """Rows whose loss is at most a share above the least, best first; of equals the first."""
    if not rows:
        return []
    order = sorted(range(len(rows)), key=lambda place: (losses[place], place))
    limit = losses[order[0]] * (1 + share)
    return [rows[place] for place in order if losses[place] <= limit]


def _finite(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _finite(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [_finite(value) for value in found]
    return None if isinstance(found, float) and not np.isfinite(found) else found
