"""Snapshots: the whole state of a model as plain arrays and JSON, and back, bit for bit (ODD: Observation).

A snapshot carries no code and no generator: random numbers are keyed, so a restored model goes on exactly as the
first would have. What it holds is what the parts of the world declare (`market_abm.core.state`). The file is a
NumPy archive without pickles, safe to open from anywhere.
"""

import io
import json
import zipfile
import zlib
from typing import Any

import numpy as np

from market_abm.agents.population import Agent
from market_abm.core.state import decode, encode
from market_abm.model import MineralMarket
from market_abm.record.recorder import WEEKLY
from market_abm.scenario.schema import Scenario
from market_abm.week_plan import WeekPlan

FORMAT = 3


class SnapshotError(ValueError):
    """The bytes are no snapshot, or not of a model this version can continue."""


def take(model: MineralMarket) -> bytes:
    """Everything needed to continue a model from its current week."""
    arrays, plain = flattened(model)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, json=np.frombuffer(plain, dtype=np.uint8), **arrays)
    return buffer.getvalue()


def flattened(model: MineralMarket) -> tuple[dict[str, Any], bytes]:
    """State as arrays by `part/field` or `population/column`, and JSON of the rest; arrays are windows, not copies."""
    arrays: dict[str, Any] = {}
    state = model.world.dump()
    columns = state.pop("columns")
    for key, population in columns.items():
        arrays.update({f"{key}/{name}": values for name, values in population.items()})
    parts = {
        part: {name: encode(value, arrays, f"{part}/{name}") for name, value in fields.items()}
        for part, fields in state.items()
    }
    plain = {
        "format": FORMAT,
        "scenario": model.scenario.model_dump(mode="json"),
        "seed": model.seed,
        "parts": parts,
        "columns": {key: list(population) for key, population in columns.items()},
    }
    return arrays, json.dumps(plain).encode()


def record_arrays(model: MineralMarket, weeks: int) -> dict[str, Any]:
    """Weekly arrays of the record of the first weeks: windows, not copies."""
    return {f"recorder/{name}": getattr(model.recorder, name)[:weeks] for name in WEEKLY}


def restore(data: bytes, kinds: dict[str, type[Agent]] | None = None, verbs: WeekPlan | None = None) -> MineralMarket:
    """Build the model of a snapshot, ready for its next week.

    Parameters
    ----------
    data : what `take` returned.
    kinds, verbs : the classes of agents and the week that the model was built with, if not the shipped ones.

    Raises
    ------
    SnapshotError
        When the bytes are damaged or of another format.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        plain = json.loads(arrays.pop("json").tobytes())
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as fault:
        raise SnapshotError(f"these bytes are no snapshot, or damaged: {fault}") from fault
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        found = plain.get("format") if isinstance(plain, dict) else "none"
        raise SnapshotError(f"format {found} is not {FORMAT}; make it anew with this version")
    return rebuilt(arrays, plain, kinds, verbs)


def rebuilt(
    arrays: dict[str, Any],
    plain: dict[str, Any],
    kinds: dict[str, type[Agent]] | None = None,
    verbs: WeekPlan | None = None,
) -> MineralMarket:
    """Build a model from its arrays, record included, and the parsed JSON of `flattened`."""
    model = MineralMarket(Scenario.model_validate(plain["scenario"]), rng=plain["seed"], kinds=kinds, verbs=verbs)
    state: dict[str, Any] = {
        part: {name: decode(value, arrays) for name, value in fields.items()} for part, fields in plain["parts"].items()
    }
    state["columns"] = {
        key: {name: arrays[f"{key}/{name}"] for name in names} for key, names in plain["columns"].items()
    }
    model.restore(state)
    return model
