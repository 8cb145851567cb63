"""A small market for all tests: three zones, two oxides, every kind of agent, sixty weeks.

`tiny_scenario(changes, policy=[...])` builds it; `changes` is merged key by key,
and None takes a key out. `tiny_model` builds the market and may run some weeks.
`seal` is the digest tests compare: prices, money and mass, to the last integer.
"""

import copy
import datetime as dt
import hashlib
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import settings

from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    from market_abm.model import MineralMarket  # a test that needs no model does not load it

# A machine with other work to do is no defect: hangs are found by the time limit of the whole suite.
settings.register_profile("market_abm", deadline=None)
settings.load_profile("market_abm")

START = dt.date(2010, 1, 4)

TINY: dict[str, Any] = {
    "name": "tiny-three",
    "lead_material": "NdPr",
    "time": {"start": START, "record_from": START, "growth_from": START, "end": START + dt.timedelta(weeks=60)},
    "zone": {
        "CN": {"export_gate": True, "hoarding": 2.0},
        "JP": {"dependence": 0.9},
        "RW": {"dependence": 0.5},
    },
    "material": {
        "NdPr": {"price_usd_per_kg": 16.0, "value_in_use_usd_per_kg": 420.0},
        "Dy": {
            "family": "heavy",
            "price_usd_per_kg": 90.0,
            "freight_usd_per_kg": 1.5,
            "least_intensity": 0.35,
            "value_in_use_usd_per_kg": 3000.0,
        },
    },
    "link": [
        {"origin": "CN", "destination": "JP", "transit_weeks": 2},
        {"origin": "CN", "destination": "RW", "transit_weeks": 3},
        {"origin": "RW", "destination": "JP", "transit_weeks": 3},
        {"origin": "RW", "destination": "CN", "freight_factor": 1.5},
        {"origin": "CN", "destination": "RW", "transit_weeks": 3, "smuggled": True},
    ],
    "deposit": {
        "hard-rock": {"basket": {"NdPr": 0.2}},
        "clay": {"family": "heavy", "basket": {"NdPr": 0.2, "Dy": 0.04}},
    },
    "refinery": {
        "north-plant": {"zone": "CN", "count": 2, "capacity_t_per_year": 8000.0, "fee_usd_per_kg": 1.0},
        "south-plant": {
            "zone": "CN",
            "capacity_t_per_year": 6000.0,
            "fee_usd_per_kg": 1.5,
            "families": ["light", "heavy"],
        },
        "hill-plant": {"zone": "RW", "capacity_t_per_year": 1200.0, "fee_usd_per_kg": 1.2},
        "lake-plant": {
            "zone": "RW",
            "capacity_t_per_year": 900.0,
            "fee_usd_per_kg": 1.5,
            "families": ["light", "heavy"],
            "status": "planned",
            "finance": "project",
        },
        "ridge-plant": {
            "zone": "RW",
            "capacity_t_per_year": 400.0,
            "fee_usd_per_kg": 1.5,
            "families": ["heavy"],
            "status": "planned",
            "finance": "project",
        },
    },
    "mine": {
        "north": {
            "zone": "CN",
            "deposit": "hard-rock",
            "count": 2,
            "capacity_t_per_year": (3000.0, 3000.0),
            "cost_usd_per_kg": (1.6, 2.2),
            "avoidable_cost_share": 0.85,
            "plant": "north-plant",
            "under_quota": True,
            "finance": "corporate",
        },
        "clays": {
            "zone": "CN",
            "deposit": "clay",
            "capacity_t_per_year": (1000.0, 1000.0),
            "cost_usd_per_kg": (3.5, 3.5),
            "under_quota": True,
            "finance": "corporate",
        },
        "diggers": {
            "zone": "CN",
            "deposit": "clay",
            "count": 3,
            "capacity_t_per_year": (500.0, 500.0),
            "cost_usd_per_kg": (3.0, 4.5),
            "legality": "illegal",
            "finance": "corporate",
        },
        "hill": {
            "zone": "RW",
            "deposit": "hard-rock",
            "capacity_t_per_year": (1000.0, 1000.0),
            "cost_usd_per_kg": (2.0, 2.0),
            "finance": "corporate",
            "plant": "hill-plant",
            "reserve_t": 40000.0,
        },
        "lake": {
            "zone": "RW",
            "deposit": "clay",
            "capacity_t_per_year": (900.0, 900.0),
            "cost_usd_per_kg": (3.0, 3.0),
            "capex_usd_per_t": (4000.0, 4000.0),
            "lead_years": (0.3, 0.3),
            "status": "construction",
            "opens": START + dt.timedelta(weeks=10),
            "plant": "lake-plant",
        },
        "ridge": {
            "zone": "RW",
            "deposit": "clay",
            "capacity_t_per_year": (400.0, 400.0),
            "cost_usd_per_kg": (3.0, 3.0),
            "capex_usd_per_t": (6000.0, 6000.0),
            "lead_years": (0.3, 0.3),
            "status": "permitted",
            "plant": "ridge-plant",
        },
        "desert": {
            "zone": "RW",
            "deposit": "hard-rock",
            "capacity_t_per_year": (700.0, 700.0),
            "cost_usd_per_kg": (1.5, 1.5),
            "status": "resource",
            "permit_chance": 0.3,
            "capex_usd_per_t": (1000.0, 1000.0),
            "lead_years": (0.3, 0.3),
        },
    },
    "manufacturer": {
        "magnets-cn": {"zone": "CN", "count": 2, "use_t_per_year": {"NdPr": 1000.0, "Dy": 50.0}},
        "magnets-jp": {"zone": "JP", "count": 3, "use_t_per_year": {"NdPr": 550.0, "Dy": 35.0}},
        "alloys-rw": {"zone": "RW", "sector": "alloys", "use_t_per_year": {"NdPr": 150.0, "Dy": 4.0}},
    },
    "speculator": {
        "ndpr-cn": {"zone": "CN", "material": "NdPr", "count": 4, "capital_musd": 2.0, "credit": 0.28},
        "ndpr-jp": {"zone": "JP", "material": "NdPr", "count": 2, "capital_musd": 1.0},
        "dy-rw": {"zone": "RW", "material": "Dy", "count": 2, "capital_musd": 1.0},
    },
    "state_buyer": {"jogmec": {"zone": "JP", "budget_musd": 150.0}},
}

MAGNETS: dict[str, Any] = {
    "material": {
        "magnet": {"stage": "magnet", "price_usd_per_kg": 40.0, "value_in_use_usd_per_kg": 400.0},
    },
    "manufacturer": {
        "magnets-cn": {"makes": {"material": "magnet", "t_per_year": 3300.0}},
        "magnets-jp": {"makes": {"material": "magnet", "t_per_year": 1800.0}},
        "cars-cn": {"zone": "CN", "sector": "cars", "use_t_per_year": {"magnet": 2500.0}},
        "cars-jp": {"zone": "JP", "sector": "cars", "count": 2, "use_t_per_year": {"magnet": 1800.0}},
        "cars-rw": {"zone": "RW", "sector": "cars", "use_t_per_year": {"magnet": 700.0}},
    },
}
"""Changes that make magnets a material with a market."""


def merged(base: dict[str, Any], changes: dict[str, Any], *, keep_none: bool = False) -> dict[str, Any]:
    """Dictionary with changes laid over it key by key; None takes a key out, or stays to do so later."""
    result = copy.deepcopy(base)
    for key, value in changes.items():
        if value is None and not keep_none:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value, keep_none=keep_none)
        else:
            result[key] = copy.deepcopy(value)
    return result


def build_scenario(changes: dict[str, Any] | None = None, *, weeks: int = 60, policy: Any = ()) -> Scenario:
    """Tiny scenario with changes, a length and policies (dictionaries or objects)."""
    data = merged(TINY, changes or {})
    data["time"]["end"] = data["time"]["start"] + dt.timedelta(weeks=weeks)
    data["policy"] = [row if isinstance(row, dict) else row.model_dump() for row in policy]
    return Scenario.model_validate(data)


def seal_of(model: "MineralMarket") -> str:
    """sha256 over the history of prices, the money and the mass."""
    digest = hashlib.sha256()
    for part in (model.recorder.price[: model.week_index], model.ledger.money, model.ledger.mass):
        digest.update(np.ascontiguousarray(part, dtype="<i8").tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="session")
def tiny_scenario() -> Callable[..., Scenario]:
    return build_scenario


@pytest.fixture(scope="session")
def lay_over() -> Callable[..., dict[str, Any]]:
    return merged


@pytest.fixture(scope="session")
def magnets() -> dict[str, Any]:
    return MAGNETS


@pytest.fixture(scope="session")
def tiny_model() -> "Callable[..., MineralMarket]":
    """Build the tiny market, or a market of the scenario given, and run it for some weeks."""
    from market_abm.model import MineralMarket

    def build(
        changes: dict[str, Any] | Scenario | None = None,
        *,
        run: int = 0,
        rng: int = 1,
        kinds: dict[str, type] | None = None,
        weeks: int = 60,
        policy: Any = (),
    ) -> "MineralMarket":
        scenario = (
            changes if isinstance(changes, Scenario) else build_scenario(changes, weeks=max(weeks, run), policy=policy)
        )
        model = MineralMarket(scenario, rng=rng, kinds=kinds)
        for _ in range(run):
            model.step()
        return model

    return build


@pytest.fixture(scope="session")
def seal() -> "Callable[[MineralMarket], str]":
    return seal_of


def do_verb(model: "MineralMarket", function: Callable[..., Any], **given: Any) -> Any:
    """Call a verb on a model: its arguments are parts of the week, of the world, or given."""
    arguments = {}
    for name in inspect.signature(function).parameters:
        if name not in given:
            arguments[name] = getattr(model.week, name) if name in vars(model.week) else getattr(model.world, name)
    return function(**arguments, **given)


@pytest.fixture(scope="session")
def do() -> Callable[..., Any]:
    return do_verb
