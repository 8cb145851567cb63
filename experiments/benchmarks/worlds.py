"""The markets that are measured: a scenario with more agents and the same tonnes, at both speeds."""

import hashlib
from typing import Any

import numpy as np

from market_abm.core.loops import Loop
from market_abm.model import MineralMarket
from market_abm.record.digest import digest
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

SCENARIO = "japan-2010"
SCALED = ("manufacturer", "speculator", "mine", "refinery")


def scaled(agents: int, name: str = SCENARIO) -> Scenario:
    """Scenario with about so many agents: its groups grow, their tonnes and capital are shared by more.

    Rows of one agent are named projects with contracts, as Mt Weld; they stay what they are.
    """
    data = load_scenario(name).model_dump()
    rows = [row for kind in SCALED for row in data[kind].values()]
    single = sum(row["count"] for row in rows if row["count"] == 1)
    grouped = sum(row["count"] for row in rows) - single
    times = max(round((agents - single) / grouped), 1)
    for kind in SCALED:
        for row in data[kind].values():
            if row["count"] > 1:
                row["count"] *= times
                _share_out(row, times)
    data["time"]["record_from"] = data["time"]["start"]
    return Scenario.model_validate(data)


def _share_out(row: dict[str, Any], times: int) -> None:
    """Capacity is given for each mine and plant; use and capital for the whole group."""
    size = row.get("capacity_t_per_year")
    if size is not None:
        row["capacity_t_per_year"] = size / times if isinstance(size, float) else tuple(part / times for part in size)
    if row.get("reserve_t"):
        row["reserve_t"] /= times


def population_of(model: MineralMarket) -> int:
    """Number of agents."""
    return sum(population.size for population in model.populations.values())


class OneByOne:
    """A loop that asks agent after agent in plain Python, each with its own draws and its own call."""

    def __init__(self, loop: Loop) -> None:
        self.loop, self.plain = loop, loop.plain
        self.inputs, self.outputs = loop.inputs, loop.outputs

    def run(self, first: int, last: int, materials: int, *arrays: Any) -> None:
        """Ask everybody."""
        out, values = arrays[: len(self.outputs)], arrays[len(self.outputs) :]
        pairs = zip(self.inputs, values, strict=True)
        own = [source in ("draw", "given") and np.ndim(value) > 0 for (source, _), value in pairs]
        for row in range(first, last):
            here = slice(row, row + 1)
            answers = [part[..., here] for part in out]
            numbers = [value[..., here] if mine else value for mine, value in zip(own, values, strict=True)]
            self.plain(row, row + 1, materials, *answers, *numbers)


def ask_one_by_one(model: MineralMarket) -> None:
    """Let all rules that a model has asked so far be asked agent by agent from now on."""
    for population in model.populations.values():
        for key, asking in population._askings.items():
            population._askings[key] = asking._replace(loop=OneByOne(asking.loop))


def seal(model: MineralMarket) -> str:
    """Digest of all tables and of every account."""
    parts = hashlib.sha256(digest(model.tables()).encode())
    for values in (model.ledger.money, model.ledger.mass):
        parts.update(np.ascontiguousarray(values).tobytes())
    return parts.hexdigest()
