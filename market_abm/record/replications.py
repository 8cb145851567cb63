"""Replications: the same scenario under seed after seed, each a whole run folder.

A replication is written as it finishes. Asked again, `replicate` keeps what is
finished and runs what is missing or damaged, so it can be stopped at any time.
"""

import contextlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from market_abm.record.errors import RunFolderError
from market_abm.record.folder import RunFolder
from market_abm.record.identity import run_id, setting_id
from market_abm.record.run import MarketMaker, Progress, Run, name_of, simulate
from market_abm.record.worker import heed
from market_abm.record.workers import KilledError, answers
from market_abm.scenario.schema import Scenario

Told = Callable[[int, int, str], None]
"""Told after each replication: how many are done, how many there are, and what happened."""


@dataclass
class Replications:
    """What came of a set of replications."""

    folder: Path
    runs: list[Run] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)  # seed: what went wrong
    reused: int = 0  # how many were there already


def replication_folder(folder: str | Path, seed: int) -> RunFolder:
    """Folder of one replication."""
    return RunFolder(Path(folder) / f"seed-{seed}")


def load_runs(folder: str | Path) -> list[Run]:
    """Load the run in a folder, or all the replications in it, in order of seed.

    Raises
    ------
    RunFolderError
        When there is neither, or one is damaged.
    """
    place = RunFolder(folder)
    found = _existing(place.path)
    if place.is_run() or not found:
        return [Run.load(folder)]
    return [Run.load(found[seed].path) for seed in sorted(found)]


def replicate(
    scenario: Scenario,
    seeds: Sequence[int],
    folder: str | Path,
    workers: int = 1,
    progress: Told | None = None,
    overwrite: bool = False,
    market: MarketMaker | None = None,
) -> Replications:
    """Run a scenario under every seed, each into its own folder `seed-<n>`.

    A run that fails is noted and does not stop the others. Any number of workers
    gives the same runs. Worker processes are spawned, so a script that asks for
    them needs the usual `if __name__ == "__main__":`.

    Parameters
    ----------
    scenario : what is run.
    seeds : seeds, each once.
    folder : where the run folders go.
    workers : processes; 1 runs in this one.
    progress : told after each replication.
    overwrite : run again what is there already, and replace other runs.
    market : your own kind of market; with workers, one they can import.

    Raises
    ------
    RunFolderError
        When `folder` holds runs of another scenario, setting or model, and `overwrite` is false.
    """
    done = Replications(Path(folder))
    found: dict[int, Run] = {}
    missing = []
    kind = name_of(market)
    _refuse_strangers(done.folder, setting_id(scenario, market=kind), overwrite)
    total = len(set(seeds))
    for seed in dict.fromkeys(seeds):
        run = None if overwrite else _finished(done.folder, run_id(scenario, seed, market=kind), seed)
        if run is None:
            missing.append(seed)
        else:
            found[seed] = run
    done.reused = len(found)
    if progress is not None and found:
        progress(len(found), total, f"{len(found)} already there")
    with contextlib.closing(_results(scenario, missing, done.folder, workers, market)) as results:
        for seed, result in results:
            if isinstance(result, Run):
                found[seed] = result
            else:
                done.failures[seed] = result
            if progress is not None:
                said = "finished" if isinstance(result, Run) else f"failed: {result}"
                progress(len(found) + len(done.failures), total, f"seed {seed} {said}")
    done.runs = [found[seed] for seed in dict.fromkeys(seeds) if seed in found]
    return done


# -- what is there -------------------------------------------------------------------------------
def _existing(folder: Path) -> dict[int, RunFolder]:
    """Replications that stand in a folder, by seed."""
    found = {}
    for path in folder.glob("seed-*"):
        try:
            found[int(path.name.removeprefix("seed-"))] = RunFolder(path)
        except ValueError:
            continue
    return found


def _refuse_strangers(folder: Path, setting: str, overwrite: bool) -> None:
    """Keep replications of two settings apart: refuse them, or remove them when asked to overwrite."""
    if RunFolder(folder).is_run():
        raise RunFolderError(f"{folder} is the folder of one run; choose another for replications with --out.")
    for place in _existing(folder).values():
        try:
            stranger = place.manifest().get("setting") != setting
        except RunFolderError:
            continue  # damaged: it is redone, or stands beside the seeds asked for
        if stranger and not overwrite:
            raise RunFolderError(
                f"{folder} holds replications of another scenario, setting or model version; "
                "choose another folder with --out, or replace them with --force."
            )
        if stranger:
            place.remove()


def _finished(folder: Path, identity: str, seed: int) -> Run | None:
    """Return the finished replication of a seed; None when it is missing or damaged."""
    place = replication_folder(folder, seed)
    try:
        return Run.load(place.path) if place.manifest().get("id") == identity else None
    except RunFolderError:
        place.check_replaceable(overwrite=True)  # never replace what is not ours
        return None


# -- running what is missing ---------------------------------------------------------------------
def _results(
    scenario: Scenario, seeds: Sequence[int], folder: Path, workers: int, market: MarketMaker | None
) -> Generator[tuple[int, Run | str]]:
    """Yield each seed's run, or what went wrong, as it finishes."""
    if seeds:
        replication_folder(folder, seeds[0]).check_writable()
    if workers <= 1 or len(seeds) <= 1:
        for seed in seeds:
            yield seed, _outcome(scenario, seed, folder, market, None)
        return
    calls = ((seed, (scenario, seed, folder, market, heed)) for seed in seeds)
    with contextlib.closing(answers(_save, calls, min(workers, len(seeds)))) as answered:
        for seed, answer in answered:
            if isinstance(answer, RunFolderError):
                raise answer  # a full disk stops the others too
            if isinstance(answer, KilledError):
                answer = "its worker process was killed (out of memory?); try again with fewer workers"
            elif isinstance(answer, BaseException):
                answer = f"{type(answer).__name__}: {answer}"
            # The tables stay on disk; the worker sends only what went wrong.
            yield seed, Run.load(replication_folder(folder, seed).path) if answer is None else answer


def _outcome(
    scenario: Scenario, seed: int, folder: Path, market: MarketMaker | None, progress: Progress | None
) -> Run | str:
    """Run and save one replication; in words when that fails."""
    try:
        run = simulate(scenario, seed, progress, market=market)
        return run.save(replication_folder(folder, seed).path, overwrite=True)
    except RunFolderError:
        raise  # a full disk stops the others too
    except Exception as fault:  # any fault of a model is that replication's result
        return f"{type(fault).__name__}: {fault}"


def _save(scenario: Scenario, seed: int, folder: Path, market: MarketMaker | None, progress: Progress) -> str | None:
    """In a worker: run and save one replication; None stands for success."""
    result = _outcome(scenario, seed, folder, market, progress)
    return result if isinstance(result, str) else None
