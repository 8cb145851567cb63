"""Order never matters, and what does nothing changes nothing.

Rows of a scenario stand for a set: written in another order they give the same
tables, up to the order of their rows. A zone, plant, agent or policy that does
nothing leaves every other number as it was.
"""

import copy
import datetime as dt
import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from market_abm.model import MineralMarket
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

Build = Callable[..., MineralMarket]
Scenarios = Callable[..., Scenario]
Tables = Mapping[str, pd.DataFrame]
START = dt.date(2010, 1, 4)
WEEKS = 40
SECTIONS = ("zone", "material", "link", "deposit", "refinery", "mine", "manufacturer", "speculator", "state_buyer")
BUSY: list[dict[str, Any]] = [
    {"type": "export_quota", "origin": "CN", "rounds": [(START, 150.0), (START + dt.timedelta(weeks=13), 60.0)]},
    {"type": "embargo", "origin": "CN", "destination": "JP", "start": START + dt.timedelta(weeks=20)},
    {"type": "stockpile", "actor": "jogmec", "days": 30.0},
    {"type": "equity", "actor": "jogmec"},
    {"type": "loan", "actor": "jogmec"},
    {"type": "offtake", "actor": "jogmec"},
]
"""Policies that make every part of the market work."""


def ties(plant_sizes: tuple[float, float, float]) -> dict[str, Any]:
    """Three plants and three mines of China at equal terms; only their sizes differ.

    With small plants the mines stand in a queue, with large ones the plants wait for ore.
    """
    plant = {"zone": "CN", "fee_usd_per_kg": 1.5, "families": ["light", "heavy"]}
    mine = {"zone": "CN", "deposit": "clay", "cost_usd_per_kg": (3.5, 3.5), "finance": "corporate"}
    plants = zip(("south-plant", "east-plant", "west-plant"), plant_sizes, strict=True)
    mines = (("clays", 700.0), ("sands", 1200.0), ("muds", 1700.0))
    return {
        "refinery": {name: {**plant, "capacity_t_per_year": tonnes} for name, tonnes in plants},
        "mine": {name: {**mine, "under_quota": True, "capacity_t_per_year": (size, size)} for name, size in mines},
    }


def waits(reason: str) -> Any:
    """Mark of a test that fails until the fault is mended; take it off then."""
    return pytest.mark.xfail(strict=True, reason=reason)


OLD = {"offtake": {"old": {"mine": "hill", "buyer_zone": "JP", "share": 0.2}}}


def tables_of(scenario: Scenario, seed: int = 3) -> dict[str, pd.DataFrame]:
    """Tables of a run, their rows in an order that does not depend on that of the scenario."""
    model = MineralMarket(scenario, rng=seed)
    while model.running:
        model.step()
    tables = model.tables()
    model.close()
    return {name: in_order(frame) for name, frame in tables.items()}


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table sorted by all columns."""
    return frame.sort_values(list(frame.columns), ignore_index=True, kind="stable")


def assert_same(found: Tables, expected: Tables, *, without: tuple[str, ...] = ()) -> None:
    """Compare tables to the last bit."""
    assert found.keys() == expected.keys()
    for name in expected:
        if name not in without:
            expect = {"check_exact": True, "check_dtype": False}  # a table without rows does not know its types
            pd.testing.assert_frame_equal(found[name], expected[name], **expect, obj=f"table {name}")


def shuffled(scenario: Scenario, sections: tuple[str, ...], seed: int) -> Scenario:
    """The scenario with the rows of some sections, and of the baskets and uses in them, in another order."""
    draw, data = random.Random(seed), scenario.model_dump()
    for section in sections:
        rows = data[section]
        if isinstance(rows, list):
            draw.shuffle(rows)
            continue
        data[section] = _turned(rows, draw)
        for row in data[section].values():
            for key in ("basket", "use_t_per_year"):
                if key in row:
                    row[key] = _turned(row[key], draw)
    return Scenario.model_validate(data)


def _turned(rows: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    names = list(rows)
    while len(names) > 1 and names == list(rows):
        draw.shuffle(names)
    return {name: rows[name] for name in names}


@pytest.fixture(scope="module")
def scenarios(tiny_scenario: Scenarios, magnets: dict[str, Any]) -> dict[str, Scenario]:
    """Worlds in which order could matter, by name."""
    crisis = ["time.start=2009-01-05", "time.record_from=2009-01-05", "time.end=2011-06-27"]
    return {
        "busy": tiny_scenario(OLD, weeks=WEEKS, policy=BUSY),
        "queue": tiny_scenario(ties((300.0, 900.0, 1500.0)), weeks=WEEKS),
        "idle": tiny_scenario(ties((1500.0, 2500.0, 3500.0)), weeks=WEEKS),
        "magnets": tiny_scenario(magnets, weeks=WEEKS),
        "crisis": load_scenario("japan-2010", crisis),
    }


@pytest.fixture(scope="module")
def expected(scenarios: dict[str, Scenario]) -> dict[str, Tables]:
    """Tables of each world as it is written."""
    return {name: tables_of(scenario) for name, scenario in scenarios.items()}


@pytest.fixture(scope="module")
def calm_tables(tiny_scenario: Scenarios) -> Tables:
    return tables_of(tiny_scenario(weeks=WEEKS))


# -- order -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("world", "section"),
    [(world, section) for world in ("busy", "queue", "idle", "magnets", "crisis") for section in SECTIONS],
)
def test_the_order_of_the_rows_of_a_section_does_not_matter(
    scenarios: dict[str, Scenario], expected: dict[str, Tables], world: str, section: str
) -> None:
    assert_same(tables_of(shuffled(scenarios[world], (section,), seed=1)), expected[world])


@pytest.mark.parametrize("seed", [11, 12])
@pytest.mark.parametrize("world", ["busy", "queue", "idle", "magnets", "crisis"])
def test_the_order_of_all_rows_at_once_does_not_matter(
    scenarios: dict[str, Scenario], expected: dict[str, Tables], world: str, seed: int
) -> None:
    assert_same(tables_of(shuffled(scenarios[world], SECTIONS, seed)), expected[world])


TWINS: dict[str, Any] = {
    "zone": {"JP": None, "RW": None, "EA": {}, "WE": {}},
    "link": [
        {"origin": "CN", "destination": "EA", "transit_weeks": 1},
        {"origin": "CN", "destination": "WE", "transit_weeks": 1},
    ],
    "refinery": {"hill-plant": None, "lake-plant": None, "ridge-plant": None},
    "mine": {
        **dict.fromkeys(("hill", "lake", "ridge", "desert", "diggers")),
        "north": {"capacity_t_per_year": (2000.0, 2000.0)},
    },
    "manufacturer": {
        "magnets-cn": None,
        "magnets-jp": None,
        "alloys-rw": None,
        **{
            f"magnets-{zone.lower()}": {
                "zone": zone,
                "use_t_per_year": {"NdPr": 800.0, "Dy": 30.0},
                "cover_weeks": (8.0, 8.0),
                "elasticity": (0.1, 0.1),
                "size_sigma": 0.0,
            }
            for zone in ("EA", "WE")
        },
    },
    "material": {name: {"value_in_use_sigma": 0.0, "news_sd": 0.0} for name in ("NdPr", "Dy")},
    "speculator": None,
    "state_buyer": None,
    "rules_off": ["news", "speculation", "thrifting"],
    "parameters": {"manufacturer": {"bid_noise": 0.0, "business_cycle_sd": 0.0}},
}
"""Two zones that are alike in everything but their names, and less metal than both want."""


def arrivals(tables: Tables) -> pd.Series:
    """Tonnes that went to each zone."""
    return tables["flows"].groupby("destination")["tonnes"].sum()


def test_equal_bids_in_two_zones_do_not_go_to_whose_link_stands_first(tiny_scenario: Scenarios) -> None:
    scenario = tiny_scenario(TWINS, weeks=WEEKS)
    turned = scenario.model_copy(update={"link": scenario.link[::-1]})

    assert_same(tables_of(turned), tables_of(scenario))


@waits("zones at exactly equal terms do not share: the first by name is served first (ODD, the auction)")
def test_equal_bids_in_two_zones_are_served_alike(tiny_scenario: Scenarios) -> None:
    got = arrivals(tables_of(tiny_scenario(TWINS, weeks=WEEKS)))

    assert got["EA"] == pytest.approx(got["WE"], rel=0.05)


# -- what does nothing -------------------------------------------------------------------------------
@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("world", ["busy", "crisis"])
def test_an_unused_zone_changes_nothing(
    scenarios: dict[str, Scenario], expected: dict[str, Tables], world: str, place: str
) -> None:
    data = scenarios[world].model_dump()
    unused = {"AA": copy.deepcopy(data["zone"]["RW"])}
    data["zone"] = unused | data["zone"] if place == "first" else data["zone"] | unused

    found = tables_of(Scenario.model_validate(data))

    kept = {name: in_order(frame[frame["zone"] != "AA"]) if "zone" in frame else frame for name, frame in found.items()}
    assert_same(kept, expected[world])


LINKED = [
    {"origin": "CN", "destination": "AA", "transit_weeks": 7},
    {"origin": "AA", "destination": "JP", "transit_weeks": 7, "freight_factor": 3_000.0},  # too dear for a way around
]


@pytest.mark.parametrize("links", [LINKED[:1], LINKED[1:], LINKED])
def test_an_unused_zone_with_links_changes_nothing(
    scenarios: dict[str, Scenario], expected: dict[str, Tables], links: list[dict[str, Any]]
) -> None:
    data = scenarios["busy"].model_dump()
    data["zone"]["AA"] = copy.deepcopy(data["zone"]["RW"])
    data["link"] += links

    found = tables_of(Scenario.model_validate(data))

    kept = {
        name: in_order(frame[~(frame.astype(str) == "AA").any(axis=1)]) if len(frame) else frame
        for name, frame in found.items()
    }
    assert_same(kept, expected["busy"])


def test_an_unused_deposit_changes_nothing(scenarios: dict[str, Scenario], expected: dict[str, Tables]) -> None:
    data = scenarios["busy"].model_dump()
    data["deposit"] = {"aardvark": copy.deepcopy(data["deposit"]["clay"])} | data["deposit"]

    assert_same(tables_of(Scenario.model_validate(data)), expected["busy"])


SPECK = {"zone": "CN", "capacity_t_per_year": 1e-9, "fee_usd_per_kg": 1.0, "families": ["light", "heavy"]}


def test_a_plant_that_can_treat_next_to_nothing_changes_next_to_nothing(
    tiny_scenario: Scenarios, calm_tables: Tables
) -> None:
    found = tables_of(tiny_scenario({"refinery": {"speck": SPECK}}, weeks=WEEKS))

    for name, column in (("prices", "price_usd_per_kg"), ("stocks", "tonnes"), ("mining", "tonnes")):
        keys = [key for key in calm_tables[name].columns if key != column]
        new = found[name].sort_values(keys, ignore_index=True)[column]
        old = calm_tables[name].sort_values(keys, ignore_index=True)[column]
        np.testing.assert_allclose(new, old, rtol=1e-3, atol=1e-2, err_msg=name)


def test_a_plant_that_can_treat_next_to_nothing_opens_without_stock(tiny_model: Build) -> None:
    model = tiny_model({"refinery": {"speck": SPECK}})

    speck = next(agent for agent in model.agents if agent.name == "speck")

    assert speck.stock.sum() < 1000  # grams


IDLE: dict[str, dict[str, Any]] = {
    "a material that nobody digs or uses": {
        "material": {"aardvark": {"price_usd_per_kg": 9.0, "value_in_use_usd_per_kg": 90.0, "freight_usd_per_kg": 0.01}}
    },
    "a product that nobody makes or uses": {
        "material": {"aardvark": {"stage": "magnet", "price_usd_per_kg": 9.0, "value_in_use_usd_per_kg": 90.0}}
    },
    "a firm that uses nothing": {"manufacturer": {"aardvark": {"zone": "JP", "use_t_per_year": {}}}},
    "a mine of no size": {
        "mine": {
            "aardvark": {
                "zone": "RW",
                "deposit": "clay",
                "capacity_t_per_year": (0.0, 0.0),
                "cost_usd_per_kg": (3.0, 3.0),
            }
        }
    },
    "an illegal mine of no size": {
        "mine": {
            "aardvark": {
                "zone": "CN",
                "deposit": "clay",
                "legality": "illegal",
                "capacity_t_per_year": (0.0, 0.0),
                "cost_usd_per_kg": (3.0, 3.0),
            }
        }
    },
    "a mine that never gets its permit": {
        "mine": {
            "aardvark": {
                "zone": "RW",
                "deposit": "clay",
                "capacity_t_per_year": (5.0, 9.0),
                "cost_usd_per_kg": (1.0, 9.0),
                "status": "resource",
            }
        }
    },
    "a plant that is never built": {
        "refinery": {
            "aardvark": {"zone": "CN", "capacity_t_per_year": 5000.0, "fee_usd_per_kg": 0.1, "status": "planned"}
        }
    },
    "a state body without money": {"state_buyer": {"aardvark": {"zone": "RW"}}},
    "a state body that is switched off": {
        "state_buyer": {"aardvark": {"zone": "RW", "enabled": False, "budget_musd": 1000.0}}
    },
    "an offtake that is over": {
        "offtake": {
            "aardvark": {"mine": "hill", "buyer_zone": "JP", "share": 0.1, "end": START - dt.timedelta(weeks=1)}
        }
    },
}


ORE: dict[str, Any] = {
    "link": [
        {"origin": "RW", "destination": "CN", "transit_weeks": 1},
        {"origin": "CN", "destination": "JP", "transit_weeks": 2},
        {"origin": "CN", "destination": "RW", "transit_weeks": 3},
    ],
    "refinery": {"hill-plant": None, "lake-plant": None, "ridge-plant": None},
    "mine": {"hill": {"plant": None}, "lake": None, "ridge": None, "desert": None},
}
"""A mine outside that can only send its ore to plants in China."""


def test_a_material_that_nobody_digs_does_not_carry_ore_cheaper(tiny_scenario: Scenarios) -> None:
    found = tables_of(tiny_scenario({**ORE, **IDLE["a material that nobody digs or uses"]}, weeks=WEEKS))

    expected = tables_of(tiny_scenario(ORE, weeks=WEEKS))
    np.testing.assert_array_equal(found["mining"]["tonnes"], expected["mining"]["tonnes"])
    np.testing.assert_array_equal(found["money"]["usd"], expected["money"]["usd"])


@pytest.mark.parametrize("case", IDLE)
def test_an_agent_that_does_nothing_changes_nothing(tiny_scenario: Scenarios, calm_tables: Tables, case: str) -> None:
    found = tables_of(tiny_scenario(IDLE[case], weeks=WEEKS))

    own = {
        name: in_order(frame[~(frame.astype(str) == "aardvark").any(axis=1)]) if len(frame) else frame
        for name, frame in found.items()
    }
    assert_same(own, calm_tables)


NEUTRAL: dict[str, dict[str, Any]] = {
    "demand as it was": {"type": "demand_shock", "factor": [(START, 1.0)]},
    "an outage of nothing": {"type": "supply_outage", "producers": ["north"], "lost": 0.0},
    "news as loud as ever": {"type": "louder_news", "factor": 1.0},
    "a tax of nothing": {"type": "export_tax", "origin": "CN", "rate": [(START, 0.0)]},
    "a tariff of nothing": {"type": "import_tariff", "destination": "JP", "rate": [(START, 0.0)]},
    "a campaign of no depth": {"type": "crackdown", "zone": "CN", "depth": [(START, 0.0)]},
    "a charge of nothing": {"type": "mining_charge", "zone": "CN", "share": [(START, 0.0)]},
    "a reserve of nothing": {"type": "concentrate_reserve", "zone": "CN", "tonnes": 0.0},
    "no part of the fee": {"type": "processing_subsidy", "zone": "CN", "share": 0.0},
    "no help with saving": {"type": "thrifting_subsidy", "zone": "JP", "speed": 0.0, "musd_per_year": 0.0},
    "no help with scrap": {"type": "recycling_subsidy", "zone": "JP", "extra_recovery": 0.0, "cost_share": 0.0},
    "no exploration": {"type": "exploration_grant", "actor": "jogmec", "musd_per_year": 0.0},
    "a stockpile of no days": {"type": "stockpile", "actor": "jogmec", "days": 0.0},
    "purchases of nothing": {"type": "band_purchase", "actor": "jogmec", "weekly_share": 0.0},
    "a floor for no tonne": {
        "type": "price_floor",
        "actor": "jogmec",
        "project": "hill",
        "material": "NdPr",
        "tonnes_per_year": 0.0,
    },
    "a policy switched off": {"type": "embargo", "origin": "CN", "destination": "JP", "enabled": False},
    "a policy of later years": {"type": "embargo", "origin": "CN", "destination": "JP", "start": dt.date(2050, 1, 3)},
    "an embargo without a way": {"type": "embargo", "origin": "JP", "destination": "JP", "enabled": False},
}


@pytest.mark.parametrize("case", NEUTRAL)
def test_a_policy_that_does_nothing_changes_nothing(tiny_scenario: Scenarios, calm_tables: Tables, case: str) -> None:
    found = tables_of(tiny_scenario(weeks=WEEKS, policy=[NEUTRAL[case]]))

    assert_same(found, calm_tables, without=("events",))  # which tell that it came into force


# -- one agent more -----------------------------------------------------------------------------------
GROWING = {
    "mine": ("clays", {"capacity_t_per_year": (500.0, 1500.0), "cost_usd_per_kg": (2.0, 5.0)}),
    "manufacturer": ("alloys-rw", {}),
    "speculator": ("dy-rw", {}),
    "refinery": ("south-plant", {}),
}
DRAWN = {
    "mine": ("start_cost", "capacity", "lead_years", "capex"),
    "manufacturer": ("elasticity", "base_cover", "value_in_use"),
    "speculator": ("gain", "memory"),
    "refinery": ("fee",),
}
"""Columns that are drawn for each agent when the market is built."""


def luck(agent: Any) -> float:
    """One of the agent's random numbers."""
    home = agent.population.home
    return float(home.random_numbers.draw("uniform", "some purpose", np.array([agent.number]))[0])


def members(tiny_model: Build, section: str, count: int) -> list[Any]:
    """Agents of a group, in order."""
    group, changes = GROWING[section]
    model = tiny_model({section: {group: {**changes, "count": count}}})
    return [agent for agent in model.agents if getattr(agent, "group", None) == group]


@pytest.mark.parametrize("section", GROWING)
def test_a_second_agent_of_a_group_leaves_the_first_its_name_and_its_draws(tiny_model: Build, section: str) -> None:
    (alone,) = members(tiny_model, section, 1)
    first, second = members(tiny_model, section, 2)

    assert first.name == alone.name != second.name
    assert luck(first) == luck(alone) != luck(second)
    for column in DRAWN[section]:
        np.testing.assert_array_equal(getattr(first, column), getattr(alone, column), err_msg=column)
