"""Quantities of single agents, and samples of them: from every snapshot, and weekly of those that are watched.

A quantity is a place in the state, which live models and snapshots name alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from market_abm.app.rows import materials
from market_abm.core.units import GRAMS_PER_TONNE, MICROS_PER_MILLION, WEEKS_PER_YEAR, FloatArray, IntArray

if TYPE_CHECKING:
    from market_abm.agents.population import Population
    from market_abm.app.timeline import Timeline
    from market_abm.model import MineralMarket

KINDS = {
    "mine": "Miner",
    "illegal mine": "IllegalMiner",
    "plant": "Refiner",
    "maker": "Manufacturer",
    "trader": "Speculator",
    "state body": "StateBuyer",
}
"""Kinds of agents by the word for people, and the key of their population."""

COLUMNS: dict[str, tuple[tuple[str, str, str, float], ...]] = {  # label, column, unit, what one unit is in the model
    "mine": (("Utilisation", "utilisation", "%", 0.01), ("Cash cost", "cash_cost", "US$/kg REO", 1.0)),
    "illegal mine": (
        ("Utilisation", "utilisation", "%", 0.01),
        ("Capacity over that at the start", "scale", "%", 0.01),
    ),
    "plant": (("Usual intake", "usual_intake", "t REO/year", GRAMS_PER_TONNE / WEEKS_PER_YEAR),),
    "maker": (("Perceived supply risk", "risk", "%", 0.01), ("Activity", "activity", "%", 0.01)),
    "trader": (("Average price paid", "paid", "US$/kg", 1.0),),
    "state body": (),
}


@dataclass(frozen=True)
class Quantity:
    """A number of an agent, and where the state keeps it.

    Attributes
    ----------
    array : part of the world or population, and the name of its field or column.
    place : within the array.
    scale : what one unit is in the model.
    """

    label: str
    unit: str
    array: tuple[str, str]
    place: tuple[int, ...]
    scale: float

    def read(self, state: Mapping[str, Any]) -> float:
        """Value in a state, as `world.dump()` gives it."""
        part, name = self.array
        values = state["columns"][part] if part in state["columns"] else state[part]
        return float(values[name][self.place]) / self.scale


def population_of(model: "MineralMarket", kind: str) -> "Population":
    """All agents of a kind.

    Raises
    ------
    KeyError
        When there is no such kind.
    """
    found: Population = model.populations[KINDS[kind]]
    return found


def quantities(model: "MineralMarket", kind: str, row: int) -> list[Quantity]:
    """What is sampled of an agent: its stocks, its money, and what its kind goes by."""
    population = population_of(model, kind)
    account = model.world.accounts.group(population).start + row
    told = [
        Quantity(f"Stock of {material}", "t", ("ledger", "mass"), (place, account), GRAMS_PER_TONNE)
        for place, material in materials(model)
        if _can_hold(population, kind, row, place)
    ]
    told.append(Quantity("Cash", "US$ m", ("ledger", "money"), (account,), MICROS_PER_MILLION))
    for label, column, unit, scale in COLUMNS[kind]:
        told.append(Quantity(label, unit, (population.key, column), (row,), scale))
    return told


def _can_hold(population: "Population", kind: str, row: int, material: int) -> bool:
    if kind == "maker":
        return bool(population.use[material, row] > 0 or population.product[row] == material)
    if kind == "trader":
        return bool(population.material[row] == material)
    return kind in ("plant", "state body")


def _live(model: "MineralMarket") -> dict[str, Any]:
    """The part of a live model's state in which quantities stand."""
    columns = {key: population.columns for key, population in model.populations.items()}
    return {"columns": columns, "ledger": model.ledger.dump()}


class Watch:
    """Weekly samples of the agents that somebody looks at."""

    def __init__(self) -> None:
        self._watched: dict[tuple[str, int], list[Quantity]] = {}
        self._samples: dict[tuple[str, int], dict[int, list[float]]] = {}

    def add(self, model: "MineralMarket", kind: str, row: int) -> None:
        """Sample an agent from now on."""
        self._watched[kind, row] = quantities(model, kind, row)
        self._samples.setdefault((kind, row), {})
        self.sample(model)

    def sample(self, model: "MineralMarket") -> None:
        """Keep how the watched stand at the start of the coming week."""
        state = _live(model) if self._watched else {}
        for key, wanted in self._watched.items():
            self._samples[key][model.week_index] = [quantity.read(state) for quantity in wanted]

    def until(self, week: int) -> "Watch":
        """The same up to a week, for a branch."""
        child = Watch()
        child._watched = dict(self._watched)
        for key, samples in self._samples.items():
            child._samples[key] = {at: values for at, values in samples.items() if at <= week}
        return child

    def history(
        self, model: "MineralMarket", timeline: "Timeline", kind: str, row: int
    ) -> list[tuple[Quantity, IntArray, FloatArray]]:
        """Every quantity of an agent with weeks and values: of each snapshot, of each week watched, and now."""
        wanted = quantities(model, kind, row)
        states = {kept.week: kept.state for kept in timeline.snapshots} | {model.week_index: _live(model)}
        found = {week: [quantity.read(state) for quantity in wanted] for week, state in states.items()}
        found |= self._samples.get((kind, row), {})
        weeks = np.array(sorted(found), dtype=np.int64)
        values = np.array([found[int(week)] for week in weeks], dtype=np.float64)
        return [(quantity, weeks, values[:, place]) for place, quantity in enumerate(wanted)]
