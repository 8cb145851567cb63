"""Worlds at the edge of what a scenario may say: several gates, rounds changed under way, mixed finance."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.agents.life import Stage
from market_abm.model import MineralMarket
from market_abm.policy import ExportQuota
from market_abm.record.snapshot import restore, take
from market_abm.scenario.checks import check_scenario
from market_abm.scenario.schema import Scenario

Market = Callable[..., MineralMarket]
SCARCE: dict[str, Any] = {
    "type": "export_quota",
    "name": "scarce",
    "origin": "CN",
    "rounds": [(dt.date(2010, 1, 1), 150.0), (dt.date(2010, 7, 1), 150.0)],
}
TWO_GATES = {"zone": {"RW": {"export_gate": True}}}


def test_the_quota_of_one_zone_asks_no_licence_at_the_gate_of_another(tiny_model: Market) -> None:
    model = tiny_model(TWO_GATES, run=12, policy=[SCARCE])  # the books balance every week

    assert model.world.government.pools["scarce"].price > 0
    own_gate = model.world.network.gate_links(model.market.zones.index("RW"))
    assert not model.week.trade.licence_ticks[:, own_gate].any()


def test_quotas_of_two_zones_on_one_material_are_a_fault(tiny_scenario: Callable[..., Scenario]) -> None:
    both = [SCARCE, {**SCARCE, "name": "other", "origin": "RW"}]

    faults = check_scenario(tiny_scenario(TWO_GATES, policy=both))

    assert any("under quotas of CN and RW" in fault.what for fault in faults)


def test_a_quota_changed_under_way_changes_what_is_left_of_its_round(tiny_model: Market) -> None:
    model = tiny_model(run=8, policy=[SCARCE])
    used = model.world.government.pools["scarce"].used
    halved = ExportQuota(**{**SCARCE, "rounds": [(dt.date(2010, 1, 1), 75.0), (dt.date(2010, 7, 1), 75.0)]})

    model.change_policies([halved])
    model.step()

    pool = model.world.government.pools["scarce"]
    assert pool.issued == 75_000_000
    assert pool.left.sum() + pool.used == pytest.approx(max(75_000_000, used), abs=1)


def test_a_change_of_policies_survives_a_snapshot(tiny_model: Market) -> None:
    model = tiny_model(run=8, policy=[SCARCE])
    model.change_policies([])

    resumed = restore(take(model))
    for each in (model, resumed):
        each.step()

    assert resumed.recorder.events == model.recorder.events
    np.testing.assert_array_equal(resumed.market.ticks, model.market.ticks)


def test_the_result_of_a_projects_own_plant_is_the_projects(tiny_model: Market) -> None:
    model = tiny_model({"refinery": {"lake-plant": {"finance": "corporate"}}}, run=40)

    assert model.ledger.journal["Refiner", "Miner", "plant result"] > 0
    assert model.world.miners.agents[model.world.miners.row_named("lake")].stage == Stage.OPERATING


def test_a_zone_without_a_gate_can_tax_its_exports(tiny_model: Market) -> None:
    tax = {"type": "export_tax", "origin": "RW", "rate": [(dt.date(2010, 1, 1), 0.2)]}

    charges = tiny_model(run=2, policy=[tax]).week.trade.charges.tax

    assert charges.any()


def test_a_licence_on_one_material_leaves_an_offtake_of_the_other(tiny_model: Market) -> None:
    licence = {
        "type": "export_licence",
        "origin": "CN",
        "materials": ["Dy"],
        "start": dt.date(2010, 1, 4),
        "approval": [(dt.date(2010, 1, 1), 0.5)],
        "review_weeks": 0,
    }
    offtake = {"offtake": {"old": {"mine": "north", "buyer_zone": "JP", "share": 0.05}}}

    model = tiny_model(offtake, run=6, policy=[licence])

    assert sum(contract.delivered for contract in model.world.contracts.signed) > 0


def test_every_permit_paid_for_is_granted(tiny_model: Market) -> None:
    grant = {"type": "exploration_grant", "actor": "jogmec", "musd_per_year": 160.0, "musd_per_permit": 10.0}
    changes = {
        "mine": {"desert": {"count": 3, "permit_chance": 0.0}},
        "state_buyer": {"jogmec": {"budget_musd": 500.0}},
    }

    model = tiny_model(changes, run=14, policy=[grant])

    granted = [text for _, kind, _, text in model.recorder.events if kind == "project" and "exploration" in text]
    assert len(granted) == 3


def test_a_mined_out_project_leaves_nothing_behind(tiny_model: Market) -> None:
    model = tiny_model({"mine": {"lake": {"reserve_t": 60.0}}}, run=40)
    row = model.world.miners.row_named("lake")

    mine = model.world.miners.agents[row]
    assert mine.stage == Stage.DEPLETED
    assert (mine.debt, mine.state_debt, mine.sponsor) == (0, 0, -1)


def test_payments_of_the_running_year_are_told(tiny_model: Market) -> None:
    money = tiny_model(run=10).tables()["money"]

    assert (money["year"] == 2010).all()
    assert money["usd"].abs().sum() > 0
