"""Folders of shards put together in one."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from market_abm.experiment.disk import results_written
from market_abm.record.errors import RecordError
from market_abm.sweep.folder import FAILURES, MARKER, PLANNED, POINTS, SweepFolder


def merge(folders: Sequence[str | Path], out: str | Path) -> int:
    """Copy into `out` what it lacks of the folders; return the number of runs copied.

    The folders stay as they are. `out` may be new, or hold the same sweep already.
    Done again, it copies nothing twice.

    Raises
    ------
    RecordError
        When a folder holds no sweep, or not the same one under the same version of the program.
    """
    shards, place = [SweepFolder(one) for one in folders], SweepFolder(out)
    known = [place] if (place.path / MARKER).exists() else []
    first = (known or shards)[0]
    for shard in shards:
        if shard.marker["seals"] != first.marker["seals"]:
            raise RecordError(
                f"{shard.path} and {first.path} are not of one sweep under one version of the program; "
                "merge what belongs together."
            )
    if not known and place.path.exists() and any(place.path.iterdir()):
        raise RecordError(f"{place.path} holds other things than a sweep; choose another folder with --out.")
    with results_written(place.path):
        place.path.mkdir(parents=True, exist_ok=True)
        taken = sum(_taken(shard, place) for shard in shards if shard.path.resolve() != place.path.resolve())
        if not known:
            for name in (POINTS, MARKER):  # the marker last: who finds it finds the rest
                shutil.copyfile(shards[0].path / name, place.path / name)
    return taken


def _taken(shard: SweepFolder, place: SweepFolder) -> int:
    """Copy a shard's runs, plans and failures."""
    for kind in (PLANNED, FAILURES):
        (place.path / kind).mkdir(exist_ok=True)
        for file in (shard.path / kind).glob("[!.]*"):
            shutil.copyfile(file, place.path / kind / file.name)
    return place.store.take(shard.store)
