"""The books balance to the gram and the micro-dollar, every week, whatever the scenario."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market_abm.model import MineralMarket
from market_abm.scenario.schema import Scenario

START = dt.date(2010, 1, 4)
WEEKS = 12


def check_identities(model: MineralMarket) -> None:
    """What must hold after any week, beside what the model checks itself."""
    ledger, world, materials = model.ledger, model.world, len(model.market.materials)
    assert int(ledger.money.sum()) == 0
    assert not ledger.mass.sum(axis=1).any()
    assert not world.accounts.house.money.any()
    assert not world.accounts.house.mass.any()
    trade = model.week.trade
    assert (trade.flow >= 0).all()
    assert (trade.flow <= trade.charges.capacity).all()
    bought, sold = trade.bid_fill.sum(axis=1), trade.ask_fill.sum(axis=1)
    np.testing.assert_array_equal(bought, sold)
    np.testing.assert_array_equal(world.accounts.under_way.mass[:materials], world.manufacturers.coming)
    np.testing.assert_array_equal(world.transit.ring.sum(axis=0), world.manufacturers.coming)
    for pool in world.government.pools.values():
        assert pool.used + int(pool.left.sum()) == pool.issued
    for name, population in model.populations.items():
        assert population.outside_bounds() == {}, name
    assert (trade.ticks > 0).all()
    assert np.isfinite(model.market.average).all()


def run_and_check(scenario: Scenario, seed: int, weeks: int) -> MineralMarket:
    model = MineralMarket(scenario, rng=seed)
    try:
        for _ in range(weeks):
            model.step()
            check_identities(model)
        model.tables()
    finally:
        model.close()
    return model


def test_the_tiny_market_balances_every_week(tiny_scenario: Callable[..., Scenario]) -> None:
    model = run_and_check(tiny_scenario(), 1, 60)

    assert model.ledger.mass.any()


def test_money_of_a_clearing_goes_to_somebody(tiny_model: Callable[..., MineralMarket]) -> None:
    tax = {"type": "export_tax", "origin": "CN", "rate": [(START, 0.2)]}
    tariff = {"type": "import_tariff", "destination": "JP", "rate": [(START, 0.2)]}
    quota = {"type": "export_quota", "origin": "CN", "rounds": [(START, 200.0)]}
    model = tiny_model(run=20, policy=[tax, tariff, quota])

    journal = model.ledger.journal
    into = sum(total for (_, payee, _), total in journal.items() if payee == "house")
    out = sum(total for (payer, _, _), total in journal.items() if payer == "house")

    assert into == out > 0
    for purpose in ("freight", "export tax", "import tariff", "licence rent"):
        assert sum(total for (_, _, why), total in journal.items() if why == purpose) > 0, purpose


def test_debt_only_moves_with_a_reason(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=40, rng=3)  # a seed with which banks fund a mine

    owed, accounts = int(model.world.miners.debt.sum()), model.world.accounts

    assert owed == -int(accounts.banks.mass[accounts.debt_row].sum())
    assert owed > 0


# -- random scenarios ----------------------------------------------------------------------------
def _path(low: float, high: float) -> st.SearchStrategy[list[tuple[dt.date, float]]]:
    values = st.lists(st.floats(low, high), min_size=1, max_size=3)
    return values.map(lambda found: [(START + dt.timedelta(weeks=5 * n), value) for n, value in enumerate(found)])


def _policies(zones: list[str], materials: list[str], gated: bool, body: bool) -> st.SearchStrategy[dict[str, Any]]:
    zone, material = st.sampled_from(zones), st.sampled_from(materials)
    some = st.lists(material, max_size=1)
    share = st.floats(0, 1)
    kinds: dict[str, dict[str, Any]] = {
        "embargo": {"origin": zone, "destination": zone, "materials": some, "leak": share, "reexport_leak": share},
        "export_tax": {"origin": zone, "materials": some, "rate": _path(0, 1)},
        "import_tariff": {"destination": zone, "origins": st.lists(zone, max_size=1), "rate": _path(0, 3)},
        "production_quota": {"zone": zone, "tonnes": _path(0, 9000), "overrun": _path(0.5, 1.5)},
        "crackdown": {"zone": zone, "depth": _path(0, 1)},
        "mining_charge": {"zone": zone, "share": _path(0, 3)},
        "concentrate_reserve": {"zone": zone, "tonnes": st.floats(0, 50_000)},
        "output_halt": {"zone": zone, "material": material, "fall_below": share},
        "processing_subsidy": {"zone": zone, "share": share},
        "thrifting_subsidy": {"zone": zone, "speed": st.floats(0, 3), "musd_per_year": st.floats(0, 100)},
        "recycling_subsidy": {"zone": zone, "extra_recovery": share, "cost_share": share},
        "demand_shock": {"zones": st.lists(zone, max_size=1), "factor": _path(0, 5)},
        "supply_outage": {
            "producers": st.sampled_from([["north"], ["hill", "diggers"], ["south-plant"]]),
            "lost": share,
        },
        "louder_news": {"factor": st.floats(0, 10)},
    }
    if gated:
        kinds["export_quota"] = {"origin": st.just("CN"), "materials": some, "rounds": _path(0, 500)}
        kinds["export_licence"] = {"origin": st.just("CN"), "approval": _path(0, 1), "review_weeks": st.floats(0, 9)}
    if body:
        actor = st.just("jogmec")
        kinds |= {
            "stockpile": {"actor": actor, "days": st.floats(0, 400), "build_weeks": st.floats(1, 30)},
            "band_purchase": {
                "actor": actor,
                "low_price": st.floats(1, 40),
                "high_price": st.floats(41, 100),
                "producers": st.lists(st.sampled_from(["north", "hill"]), max_size=2),
            },
            "equity": {"actor": actor, "cap": share},
            "loan": {"actor": actor, "share": share},
            "exploration_grant": {"actor": actor, "musd_per_year": st.floats(0, 200)},
            "offtake": {"actor": actor, "share": share, "floor_usd_per_kg": st.floats(0, 200)},
            "price_floor": {
                "actor": actor,
                "project": st.sampled_from(["hill", "north", "lake"]),
                "material": material,
                "floor": st.floats(1, 200),
                "upside_share": share,
            },
        }
    when = st.fixed_dictionaries(
        {},
        optional={
            "start": st.integers(1, 6).map(lambda n: START + dt.timedelta(weeks=n)),
            "end": st.integers(7, 11).map(lambda n: START + dt.timedelta(weeks=n)),
        },
    )
    one = st.sampled_from(sorted(kinds)).flatmap(
        lambda kind: st.fixed_dictionaries({"type": st.just(kind), **kinds[kind]})
    )
    return st.tuples(one, when).map(lambda pair: pair[0] | pair[1])


LIGHT_ALONE = {
    "material": {"Dy": None},
    "deposit": {"clay": {"basket": {"Dy": None}}},
    "manufacturer": {name: {"use_t_per_year": {"Dy": None}} for name in ("magnets-cn", "magnets-jp", "alloys-rw")},
    "speculator": {"dy-rw": None},
}
ONE_ZONE = {
    "zone": {"JP": None, "RW": None},
    "link": [],
    "refinery": {"hill-plant": None, "lake-plant": None, "ridge-plant": None},
    "mine": {"lake": None, "ridge": None, "desert": None, "hill": {"zone": "CN", "plant": None}},
    "manufacturer": {"magnets-jp": None, "alloys-rw": None},
    "speculator": {"ndpr-jp": None, "dy-rw": None},
    "state_buyer": {"jogmec": {"zone": "CN"}},
}
PARTS: dict[str, dict[str, Any]] = {
    "no gate": {"zone": {"CN": {"export_gate": False}}},
    "no traders": {"speculator": None},
    "no illegal mines": {"mine": {"diggers": None}},
    "no body": {"state_buyer": None},
    "no transit": {"link": [{"origin": "CN", "destination": "JP"}, {"origin": "RW", "destination": "JP"}]},
    "no trade": {"link": []},
    "bold traders": {"speculator": {"ndpr-cn": {"capital_musd": 90.0, "credit": 0.95}}},
    "poor deposits": {"mine": {"hill": {"reserve_t": 30.0}}},
    "hungry plants": {"refinery": {"north-plant": {"capacity_t_per_year": 300.0, "recovery": 1.0}}},
    "old deals": {"offtake": {"deal": {"mine": "hill", "buyer_zone": "CN", "share": 0.9, "premium_usd_per_kg": -5.0}}},
    "no rules": {"rules_off": ["speculation", "hoarding", "thrifting", "smuggling", "news", "recycling"]},
    "wild recycling": {
        "parameters": {"recycling": {"greatest_recovery": 1.0, "half_price_ratio": 1e-6, "lag_years": 0.05}}
    },
}


@st.composite
def _worlds(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Changes to the tiny scenario, in order, and policies."""
    shape = draw(st.sampled_from(["whole", "whole", "light alone", "one zone"]))
    parts = draw(st.lists(st.sampled_from(sorted(PARTS)), max_size=4, unique=True))
    if shape == "one zone":
        parts = [part for part in parts if part not in ("no transit", "no trade")]
    parts.sort(key=lambda part: part.startswith("no "))  # what is taken out is taken out last
    changes = [{"whole": {}, "light alone": LIGHT_ALONE, "one zone": ONE_ZONE}[shape], *(PARTS[part] for part in parts)]
    zones = ["CN"] if shape == "one zone" else ["CN", "JP", "RW"]
    materials = ["NdPr"] if shape == "light alone" else ["NdPr", "Dy"]
    found = _policies(zones, materials, "no gate" not in parts, "no body" not in parts)
    return changes, draw(st.lists(found, max_size=6))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(world=_worlds(), seed=st.integers(0, 10**6))
def test_any_world_balances_every_week(
    tiny_scenario: Callable[..., Scenario],
    lay_over: Callable[..., dict[str, Any]],
    world: tuple[list[dict[str, Any]], list[dict[str, Any]]],
    seed: int,
) -> None:
    changes, policies = world
    whole: dict[str, Any] = {}
    for change in changes:
        whole = lay_over(whole, change, keep_none=True)

    run_and_check(tiny_scenario(whole, weeks=WEEKS, policy=policies), seed, WEEKS)


EMPTY_WORLDS: dict[str, dict[str, Any]] = {
    "nobody mines": {"mine": dict.fromkeys(("north", "clays", "diggers", "hill", "lake", "ridge", "desert"))},
    "nobody refines": {
        "mine": {name: {"plant": None} for name in ("north", "hill", "lake", "ridge")},
        "refinery": None,
    },
    "nobody trades": {"speculator": None},
    "no state": {"state_buyer": None},
    "no gate": {"zone": {"CN": {"export_gate": False}}},
    "one material": LIGHT_ALONE,
    "one zone": ONE_ZONE,
    "no links": {"link": []},
    "only makers": {"mine": None, "refinery": None, "speculator": None, "state_buyer": None, "deposit": None},
    "nobody uses": {"manufacturer": None},
    "nobody at all": dict.fromkeys(
        ("mine", "refinery", "speculator", "state_buyer", "manufacturer", "deposit", "link")
    ),
    "two gates": {"zone": {"RW": {"export_gate": True}}},
}


@pytest.mark.parametrize("name", EMPTY_WORLDS)
def test_a_world_without_some_kind_balances(tiny_scenario: Callable[..., Scenario], name: str) -> None:
    run_and_check(tiny_scenario(EMPTY_WORLDS[name], weeks=16), 3, 16)


def test_a_world_without_demand_balances(tiny_scenario: Callable[..., Scenario]) -> None:
    nothing = {"type": "demand_shock", "factor": [(START, 0.0)]}

    model = run_and_check(tiny_scenario(weeks=30, policy=[nothing]), 3, 30)

    assert not model.week.use.used.any()
    assert (model.market.ticks > 0).all()
