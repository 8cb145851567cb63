"""Stand-ins for a world, so that rules and populations can be tested without a model."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np

from market_abm.agents.population import Agent, Population
from market_abm.core.columns import Column
from market_abm.core.random_numbers import RandomNumbers, stable_numbers
from market_abm.core.senses import Series
from market_abm.market.senses import PUBLIC
from market_abm.scenario.parameters import Parameters


class Home:
    """What a population needs of a world: public series with values, and parameters by section."""

    def __init__(
        self,
        series: Mapping[str, Series],
        values: Mapping[str, Any],
        parameters: Any,
        materials: Sequence[str] = ("A", "B", "C"),
        zones: Sequence[str] = ("X", "Y"),
        seed: int = 1,
    ) -> None:
        self.series, self.values, self.parameters = series, dict(values), parameters
        self.materials, self.zones = list(materials), list(zones)
        self.material_numbers = stable_numbers(self.materials)
        self.random_numbers = RandomNumbers(seed)
        self.model = mesa.Model()

    def read(self, name: str) -> Any:
        return self.values[name]

    def parameters_of(self, section: str) -> Any:
        return getattr(self.parameters, section)


def public_home(seed: int = 0) -> Home:
    """World of three materials, two zones and one export gate, with made-up values of all public series."""
    rng, values, arrays = np.random.default_rng(seed), {}, {}
    size = {"material": 3, "node": 3, "gate": 3, "plant_zone": 3, "zone": 2, "sector": 2}
    for name, series in PUBLIC.items():
        if series.path not in arrays:  # series of one path are one array
            arrays[series.path] = rng.uniform(0.5, 2.0, [size[axis] for axis in series.axes])
        values[name] = arrays[series.path] if series.axes else float(arrays[series.path])
    values |= {"export_node": np.array([2, 1]), "material_index": np.arange(3), "week_index": 3, "lead_material": 1}
    values |= {"quota_alarm": 0.4, "hoarding_on": 1.0}
    for name in ("dependence", "zone_alarm", "held_back", "crackdown", "mining_charge", "cycle", "price_trend"):
        values[name] = values[name] / 4.0
    return Home(PUBLIC, values, Parameters())


def small_home(**values: Any) -> Home:
    """World with two zones, three materials and a few series, for kinds made up in tests."""
    series = {
        "price": Series(("material", "node"), "US$/kg", "price", "price"),
        "abroad": Series(("material", "gate"), "US$/kg", "price at the gate", "abroad"),
        "mood": Series(("zone",), "1", "mood of the zone", "mood"),
        "weight": Series(("material",), "1", "weight of the material", "weight"),
        "day": Series((), "day", "number of the day", "day"),
        "export_node": Series(("zone",), "node index", "gate of the zone", "export_node"),
        "at_counter": Series(("counter",), "1", "queue at the counter", "at_counter"),
    }
    shipped = {
        "price": np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0], [100.0, 200.0, 300.0]]),
        "abroad": np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0], [100.0, 200.0, 300.0]]),
        "mood": np.array([0.25, 0.75]),
        "weight": np.array([1.0, 2.0, 4.0]),
        "day": 7.0,
        "export_node": np.array([2, 1]),
        "at_counter": np.array([5.0, 6.0]),
    }
    sections = SimpleNamespace(baker={"thrift": 0.5, "bounds": (0.1, 0.9)}, common={"thrift": 99.0, "rate": 3.0})
    return Home(series, shipped | values, sections)


def fill(population: Population, seed: int = 1) -> Population:
    """Put random values within their bounds into all columns, those of the books included."""
    rng = np.random.default_rng(seed)
    for column in population.kind.column_list():
        values = population.columns[column.name]
        if column.dtype != object and column.name != "number":
            values[...] = _random(column, values.shape, rng)
    return population


def _random(column: Column, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    if column.dtype == np.bool_:
        return rng.random(shape) < 0.5
    if column.dtype != np.int64:
        return rng.uniform(0.1, 1.0, shape)
    if "index" in column.unit or "row" in column.unit:
        least = -1 if "-1" in column.unit else 0
        return rng.integers(least, 2 if column.high is None else int(column.high) + 1, shape)
    return rng.integers(1, 10 if column.unit in ("week", "quarter") else 10**6, shape)


def population_of(kind: type[Agent], size: int = 40, seed: int = 1, home: Home | None = None) -> Population:
    """Population of a shipped kind in a random state."""
    return fill(Population(home or public_home(), kind, [f"agent {row}" for row in range(size)]), seed)
