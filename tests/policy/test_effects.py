"""What policies do in a running market, against the same market and the same luck without them."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.agents.life import Stage
from market_abm.model import MineralMarket

CN, JP, RW, FOB = range(4)
DY, NDPR = 0, 1
START = dt.date(2010, 1, 4)
MODEL = Callable[..., MineralMarket]


def path(value: float) -> list[tuple[dt.date, float]]:
    return [(START, value)]


def week(number: int) -> dt.date:
    return START + dt.timedelta(weeks=number)


@pytest.fixture(scope="module")
def free(tiny_model: MODEL) -> MineralMarket:
    """The tiny market left alone for forty weeks."""
    return tiny_model(run=40)


GENTLE_PLANTS = {"refiner": {"cover_slope": 0.03}}
"""Plants that lean little against their stock: filling a stockpile hardly lifts the price, and the gate is busy."""


def under(tiny_model: MODEL, *policies: dict[str, Any], run: int = 40, **changes: Any) -> MineralMarket:
    return tiny_model(changes or None, run=run, policy=policies)


def prices(model: MineralMarket, material: int, node: int, since: int = 0) -> np.ndarray:
    return model.recorder.price[since:40, material, node] / 1000


def link(model: MineralMarket, origin: int, destination: int) -> int:
    network = model.world.network
    return int(np.flatnonzero((network.origin == origin) & (network.destination == destination))[0])


def legal_output(model: MineralMarket, zone: int) -> np.ndarray:
    return model.recorder.mining[:40, 0, zone] / 1e6


def illegal_output(model: MineralMarket, zone: int) -> np.ndarray:
    return model.recorder.mining[:40, 1, zone] / 1e6


def paid(model: MineralMarket, purpose: str) -> int:
    return sum(total for (_, _, why), total in model.ledger.journal.items() if why == purpose)


# -- the border ----------------------------------------------------------------------------------
def test_an_embargo_raises_the_price_where_it_bites(tiny_model: MODEL, free: MineralMarket) -> None:
    shut = under(tiny_model, {"type": "embargo", "origin": "CN", "destination": "JP", "start": week(10)})

    np.testing.assert_array_equal(prices(shut, NDPR, JP)[:10], prices(free, NDPR, JP)[:10])
    assert prices(shut, NDPR, JP, 15).mean() > 1.3 * prices(free, NDPR, JP, 15).mean()
    assert prices(shut, NDPR, CN, 15).mean() < prices(free, NDPR, CN, 15).mean()


def test_an_embargo_lets_only_the_leak_through(tiny_model: MODEL) -> None:
    shut = under(tiny_model, {"type": "embargo", "origin": "CN", "destination": "JP", "leak": 0.0}, run=20)

    assert not shut.recorder.flow[:20, :, link(shut, FOB, JP)].any()
    assert shut.recorder.flow[:20, :, link(shut, FOB, RW)].any()


def test_an_embargo_frightens_its_victim_most(tiny_model: MODEL) -> None:
    shut = under(tiny_model, {"type": "embargo", "origin": "CN", "destination": "JP"}, run=10)
    makers = shut.world.manufacturers

    fear = [makers.risk[makers.zone == zone].mean() for zone in (JP, RW, CN)]

    assert fear[0] > fear[1] > fear[2] > 0


def test_a_scarce_quota_raises_the_export_price_over_the_domestic(tiny_model: MODEL, free: MineralMarket) -> None:
    quota = {"type": "export_quota", "origin": "CN", "rounds": [(START, 120.0), (week(26), 120.0)]}
    scarce = under(tiny_model, quota)

    rent = prices(scarce, NDPR, FOB, 20) - prices(scarce, NDPR, CN, 20)

    assert rent.mean() > 2.0
    assert prices(scarce, NDPR, FOB, 20).mean() > prices(free, NDPR, FOB, 20).mean()


def test_one_licence_price_holds_for_cheap_and_dear_materials(tiny_model: MODEL) -> None:
    quota = {"type": "export_quota", "origin": "CN", "rounds": [(START, 120.0), (week(26), 120.0)]}
    scarce = under(tiny_model, quota, run=30)
    through = scarce.week.trade.flow[:, scarce.world.network.gate_links(CN)[0]] > 0

    rent = (scarce.market.ticks[:, FOB] - scarce.market.ticks[:, CN])[through]

    assert through.all()
    np.testing.assert_array_equal(rent, scarce.world.government.pools["export-quota"].price)


def test_an_ample_quota_changes_no_price(tiny_model: MODEL, free: MineralMarket) -> None:
    ample = under(tiny_model, {"type": "export_quota", "origin": "CN", "rounds": [(START, 1e6)]})

    np.testing.assert_array_equal(ample.recorder.price[:40], free.recorder.price[:40])


def test_an_export_tax_stands_exactly_between_gate_and_home(tiny_model: MODEL) -> None:
    # Nobody smuggles: most smugglers are cheaper than this tax, and in weeks of small demand the gate stands idle.
    tax_policy = {"type": "export_tax", "origin": "CN", "rate": path(0.2)}
    taxed = under(tiny_model, tax_policy, rules_off=["smuggling"], parameters=GENTLE_PLANTS)
    ticks = taxed.recorder.price[:40]
    through = taxed.recorder.flow[1:40][:, :, link(taxed, CN, FOB)] > 0

    gap = ticks[1:, :, FOB] - ticks[1:, :, CN]
    tax = np.floor(0.2 * ticks[:-1, :, CN] + 0.5).astype(np.int64)

    assert through.mean() > 0.9
    np.testing.assert_array_equal(gap[through], tax[through])


def test_the_treasury_gets_the_export_tax(tiny_model: MODEL) -> None:
    taxed = under(tiny_model, {"type": "export_tax", "origin": "CN", "rate": path(0.2)}, run=1)
    flow = taxed.recorder.flow[0, :, link(taxed, CN, FOB)]

    assert paid(taxed, "export tax") == int(flow @ np.array([18000, 3200]))


def test_a_tariff_stands_exactly_on_the_way_in(tiny_model: MODEL) -> None:
    taxed = under(tiny_model, {"type": "import_tariff", "destination": "JP", "rate": path(0.3)})
    ticks, freight = taxed.recorder.price[:40], np.array([1500, 400])
    through = taxed.recorder.flow[1:40][:, :, link(taxed, FOB, JP)] > 0

    gap = ticks[1:, :, JP] - ticks[1:, :, FOB]
    tariff = np.floor(0.3 * ticks[:-1, :, FOB] + 0.5).astype(np.int64)

    assert through.mean() > 0.5
    np.testing.assert_array_equal(gap[through], (tariff + freight)[through])


def test_a_tariff_on_one_origin_favours_the_other(tiny_model: MODEL, free: MineralMarket) -> None:
    taxed = under(tiny_model, {"type": "import_tariff", "destination": "JP", "origins": ["CN"], "rate": path(0.3)})

    from_rw = [model.recorder.flow[:40, NDPR, link(model, RW, JP)].sum() for model in (taxed, free)]

    assert from_rw[0] > from_rw[1]


def test_a_tariff_on_one_origin_is_not_dodged_by_a_detour(tiny_model: MODEL) -> None:
    taxed = under(tiny_model, {"type": "import_tariff", "destination": "JP", "origins": ["CN"], "rate": path(0.3)})

    assert paid(taxed, "import tariff") > 0


def test_a_licence_regime_is_not_dodged_by_a_detour(tiny_model: MODEL, free: MineralMarket) -> None:
    regime = {"type": "export_licence", "origin": "CN", "destinations": ["JP"], "approval": path(0.0)}
    licensed = under(tiny_model, regime)

    imports = [model.recorder.imports[:40, 1, NDPR, JP].sum() for model in (licensed, free)]

    assert imports[0] < 0.5 * imports[1]


def test_licences_let_through_the_approved_share_after_the_review(tiny_model: MODEL, free: MineralMarket) -> None:
    regime = {"type": "export_licence", "origin": "CN", "destinations": ["JP"], "approval": path(0.4)}
    licensed = under(tiny_model, {**regime, "start": week(5)})
    flow = licensed.recorder.flow[:40, NDPR, link(licensed, FOB, JP)]

    assert flow[:5].any()
    assert not flow[5:14].any()
    assert flow[14:].any()
    assert (flow[14:] <= 0.4 * licensed.market.zone_use[NDPR, JP] * 1.6).all()
    assert prices(licensed, NDPR, JP, 15).mean() > prices(free, NDPR, JP, 15).mean()


def test_licences_frighten_those_who_need_what_they_hold_back(tiny_model: MODEL) -> None:
    regime = {"type": "export_licence", "origin": "CN", "destinations": ["JP"], "approval": path(0.2)}
    licensed, calm = under(tiny_model, regime, run=2), under(tiny_model, run=2)
    makers, japan = licensed.world.manufacturers, licensed.world.manufacturers.zone == JP

    assert (makers.risk[japan] > calm.world.manufacturers.risk[japan] + 0.1).all()
    np.testing.assert_array_equal(makers.risk[~japan], calm.world.manufacturers.risk[~japan])


# -- the pit -------------------------------------------------------------------------------------
def test_a_mining_quota_caps_legal_output(tiny_model: MODEL) -> None:
    # Unsold oxide curbs no mine: the quota, which sells the stocks of others, would be felt abroad through it.
    uncurbed = {"parameters": {"miner": {"stock_curb": 0.0}}}
    quota = {"type": "production_quota", "zone": "CN", "tonnes": path(3000.0), "overrun": path(1.0)}
    free, capped = under(tiny_model, **uncurbed), under(tiny_model, quota, **uncurbed)

    assert (legal_output(capped, CN) <= 3000 / 52.1775 * 1.3).all()
    assert legal_output(capped, CN).sum() < 0.8 * legal_output(free, CN).sum()
    assert prices(capped, NDPR, CN, 20).mean() > prices(free, NDPR, CN, 20).mean()
    np.testing.assert_array_equal(legal_output(capped, RW)[:5], legal_output(free, RW)[:5])


def test_a_tolerated_overrun_raises_the_cap(tiny_model: MODEL) -> None:
    quota = {"type": "production_quota", "zone": "CN", "tonnes": path(3000.0)}

    strict, lax = (under(tiny_model, {**quota, "overrun": path(over)}, run=10) for over in (1.0, 1.4))

    assert legal_output(lax, CN)[:10].sum() == pytest.approx(1.4 * legal_output(strict, CN)[:10].sum(), rel=0.05)


def test_a_mining_quota_on_heavy_deposits_leaves_light_ones_alone(tiny_model: MODEL, free: MineralMarket) -> None:
    quota = {"type": "production_quota", "zone": "CN", "family": "heavy", "tonnes": path(0.0), "overrun": path(1.0)}
    capped = under(tiny_model, quota, run=2)

    heavy = capped.world.miners.heavy & (capped.world.miners.zone == CN)

    assert not capped.week.mined.legal[heavy].any()
    np.testing.assert_array_equal(legal_output(capped, CN)[0] > 0, legal_output(free, CN)[0] > 0)


def test_a_crackdown_lowers_illegal_output(tiny_model: MODEL, free: MineralMarket) -> None:
    hunted = under(tiny_model, {"type": "crackdown", "zone": "CN", "depth": path(0.6)})

    assert illegal_output(hunted, CN).sum() < 0.85 * illegal_output(free, CN).sum()
    assert prices(hunted, DY, CN, 10).mean() > prices(free, DY, CN, 10).mean()


def test_a_charge_falls_on_legal_mines_alone(tiny_model: MODEL, free: MineralMarket) -> None:
    # Mines here earn well: a charge as great as their cost leaves them above the margin at which they dig less.
    charged = under(tiny_model, {"type": "mining_charge", "zone": "CN", "share": path(2.0)})

    assert legal_output(charged, CN).sum() < legal_output(free, CN).sum()
    assert illegal_output(charged, CN).sum() > illegal_output(free, CN).sum()
    assert paid(charged, "mining charge") > 0


def test_the_treasury_gets_half_of_a_doubled_cost(tiny_model: MODEL) -> None:
    charged = under(tiny_model, {"type": "mining_charge", "zone": "CN", "share": path(1.0)}, run=1)
    miners, home = charged.world.miners, charged.world.miners.zone == CN
    dug = charged.week.mined.legal

    cost = (dug * miners.start_cost * miners.concentrate_cost_share * 1000)[home].sum()

    assert paid(charged, "mining charge") == pytest.approx(cost, rel=1e-6)


def test_a_concentrate_reserve_fills_at_its_pace(tiny_model: MODEL) -> None:
    stored = under(tiny_model, {"type": "concentrate_reserve", "zone": "CN", "tonnes": 521.775}, run=20)

    accounts = stored.world.accounts
    assert accounts.reserve.mass[accounts.concentrate_row].tolist() == pytest.approx([200e6, 0, 0], abs=40)


CRASH = {"type": "demand_shock", "factor": [(week(0), 1.0), (week(4), 0.1)]}
HALT = {"type": "output_halt", "zone": "CN", "material": "NdPr", "output": 0.3, "weeks": 4, "pause_weeks": 8}
AMPLE = {"type": "production_quota", "zone": "CN", "tonnes": path(1e9), "overrun": path(1.0)}
TIGHT = {"type": "production_quota", "zone": "CN", "tonnes": path(3000.0), "overrun": path(1.0)}


def halts(model: MineralMarket) -> list[int]:
    return [when for when, kind, _, _ in model.recorder.events if kind == "halt"]


def test_a_price_leader_halts_when_the_price_has_fallen(tiny_model: MODEL) -> None:
    without = under(tiny_model, CRASH, TIGHT)
    halted = under(tiny_model, CRASH, TIGHT, HALT)
    first = halts(halted)[0]

    ratio = legal_output(halted, CN) / np.maximum(legal_output(without, CN), 1e-9)

    np.testing.assert_allclose(ratio[:first], 1.0)
    assert (ratio[first : first + 4] < 0.6).all()
    assert np.diff(halts(halted)).min() > 8


@pytest.mark.parametrize("others", [(), (AMPLE,)], ids=["alone", "with an ample quota"])
def test_a_halt_needs_no_quota(tiny_model: MODEL, others: tuple[dict[str, Any], ...]) -> None:
    without = under(tiny_model, CRASH, *others)
    halted = under(tiny_model, CRASH, *others, HALT)
    first = halts(halted)[0]

    assert legal_output(halted, CN)[first] < 0.6 * legal_output(without, CN)[first]


# -- state bodies --------------------------------------------------------------------------------
STOCKPILE = {"type": "stockpile", "actor": "jogmec", "days": 60, "build_weeks": 13}


def test_a_stockpile_is_built_and_costs_its_price(tiny_model: MODEL, free: MineralMarket) -> None:
    storing = under(tiny_model, STOCKPILE)
    target = 60 / 7 * storing.market.zone_use[NDPR, JP]

    assert 0.5 * target < storing.world.state_buyers.stock[NDPR, 0] < 1.1 * target
    assert storing.world.state_buyers.cash[0] < free.world.state_buyers.cash[0]
    assert prices(storing, NDPR, JP)[:15].mean() > prices(free, NDPR, JP)[:15].mean()


def test_a_stockpile_is_released_under_an_embargo(tiny_model: MODEL) -> None:
    embargo = {"type": "embargo", "origin": "CN", "destination": "JP", "start": week(26)}
    storing = under(tiny_model, STOCKPILE, embargo, parameters=GENTLE_PLANTS)
    bare = under(tiny_model, embargo, parameters=GENTLE_PLANTS)
    held = storing.recorder.stock[:40, 3, NDPR, JP]

    assert held[39] < held[26]
    assert prices(storing, NDPR, JP, 30).mean() < prices(bare, NDPR, JP, 30).mean()


def test_a_band_buys_below_and_later_sells_above(tiny_model: MODEL) -> None:
    band = {"type": "band_purchase", "actor": "jogmec", "low_price": 25.0, "high_price": 28.0, "weekly_share": 0.2}
    embargo = {"type": "embargo", "origin": "CN", "destination": "JP", "start": week(15)}
    acting = under(tiny_model, {**band, "materials": ["NdPr"]}, embargo)
    held = acting.recorder.stock[:40, 3, NDPR, JP]

    assert held[:15].max() > 0
    assert held[39] < held.max()
    assert prices(acting, NDPR, JP)[39] > 28.0


FUNDS = [{"type": "equity", "actor": "jogmec"}, {"type": "loan", "actor": "jogmec"}]
PATIENT = {"parameters": {"investment": {"funding_chance": 0.0, "boom_funding": 0.0}}}


def test_equity_and_loans_build_what_nobody_else_funds(tiny_model: MODEL) -> None:
    alone = under(tiny_model, run=30, **PATIENT)
    funded = under(tiny_model, *FUNDS, run=30, **PATIENT)
    row = alone.world.miners.row_named("ridge")

    assert alone.world.miners.stage[row] == Stage.PERMITTED
    assert funded.world.miners.stage[row] in (Stage.CONSTRUCTION, Stage.OPERATING)
    assert funded.world.miners.sponsor[row] == 0


def test_equity_alone_leaves_no_state_debt(tiny_model: MODEL) -> None:
    equity, loan = (under(tiny_model, policy, run=20, **PATIENT) for policy in FUNDS)

    assert not equity.world.miners.state_debt.any()
    assert equity.world.miners.state_share.any()
    assert loan.world.miners.state_debt.any()
    assert not loan.world.miners.state_share.any()


def test_a_grant_brings_permits_sooner(tiny_model: MODEL) -> None:
    never = {"mine": {"desert": {"permit_chance": 0.0}}}
    grant = {"type": "exploration_grant", "actor": "jogmec", "musd_per_year": 80.0}

    mines = [under(tiny_model, *rows, run=14, **never).world.miners for rows in ([], [grant])]
    stages = [miners.stage[miners.row_named("desert")] for miners in mines]

    assert [Stage(int(stage)) for stage in stages] == [Stage.RESOURCE, Stage.PERMITTED]


def test_an_offtake_of_a_funded_mine_goes_to_the_bodys_zone(tiny_model: MODEL) -> None:
    offtake = {"type": "offtake", "actor": "jogmec", "share": 0.4}
    funded = under(tiny_model, *FUNDS, offtake, **PATIENT)

    assert {contract.buyer_zone for contract in funded.world.contracts.offtakes} == {JP}
    assert sum(contract.delivered for contract in funded.world.contracts.offtakes) > 0


def test_a_floor_feeds_the_mine_it_covers(tiny_model: MODEL) -> None:
    floor = {"type": "price_floor", "actor": "jogmec", "project": "lake", "material": "NdPr", "floor": 60.0}
    bare, covered = under(tiny_model), under(tiny_model, floor)
    row = bare.world.miners.row_named("lake")

    assert paid(covered, "price floor") > 0
    assert paid(covered, "price floor budget") == paid(covered, "price floor")
    assert covered.world.miners.cash[row] > bare.world.miners.cash[row]


# -- support -------------------------------------------------------------------------------------
def test_a_processing_subsidy_pays_its_share_of_the_fee(tiny_model: MODEL) -> None:
    helped = under(tiny_model, {"type": "processing_subsidy", "zone": "RW", "share": 0.5}, run=8)

    assert paid(helped, "processing subsidy") > 0
    assert helped.world.accounts.treasury.money[RW] == -paid(helped, "processing subsidy")
    own = [helped.world.refiners.row_named(name) for name in ("hill-plant", "lake-plant")]
    np.testing.assert_allclose(helped.world.refiners.fee_paid()[own], [0.6, 0.75])


def test_a_processing_subsidy_keeps_concentrate_at_home(tiny_model: MODEL) -> None:
    dear = {"refinery": {"hill-plant": {"fee_usd_per_kg": 3.2}}}
    bare = under(tiny_model, **dear)

    helped = under(tiny_model, {"type": "processing_subsidy", "zone": "RW", "share": 0.5}, **dear)

    refined = [model.recorder.share[:40, 1, RW].sum() for model in (helped, bare)]
    assert refined[0] > 1.5 * refined[1]


def test_a_thrifting_subsidy_lowers_intensity_where_it_is_paid(tiny_model: MODEL) -> None:
    dear = {"type": "embargo", "origin": "CN", "destination": "JP"}
    saving = {"type": "thrifting_subsidy", "zone": "JP", "speed": 0.4, "musd_per_year": 5.2}
    bare, helped = under(tiny_model, dear), under(tiny_model, dear, saving)
    japan = bare.world.manufacturers.zone == JP

    assert (helped.world.manufacturers.intensity[:, japan] < bare.world.manufacturers.intensity[:, japan]).all()
    assert paid(helped, "thrifting subsidy") == pytest.approx(5.2e12 * 40 / 52.1775, rel=1e-6)


def test_a_recycling_subsidy_brings_more_back(tiny_model: MODEL) -> None:
    # A zone that recovers little: no more than all can be recovered, so a subsidy adds little to a great recovery.
    wasteful = {"parameters": {"recycling": {"greatest_recovery": 0.3}}}
    subsidy = {"type": "recycling_subsidy", "zone": "JP", "extra_recovery": 0.5}
    free, helped = under(tiny_model, **wasteful), under(tiny_model, subsidy, **wasteful)

    share = [model.ledger.journal["Manufacturer", "suppliers", "recycling cost"] for model in (helped, free)]

    assert share[0] > 1.3 * share[1]
    assert paid(helped, "recycling subsidy") > 0
    assert paid(free, "recycling subsidy") == 0


# -- shocks --------------------------------------------------------------------------------------
@pytest.mark.parametrize(("factor", "sign"), [(1.4, 1), (0.6, -1)])
def test_demand_moves_the_price_its_way(tiny_model: MODEL, free: MineralMarket, factor: float, sign: int) -> None:
    shocked = under(tiny_model, {"type": "demand_shock", "factor": [(week(0), 1.0), (week(5), factor)]})

    change = np.log(prices(shocked, NDPR, JP, 20).mean() / prices(free, NDPR, JP, 20).mean())

    assert sign * change > 0.05


def test_a_shock_to_a_sector_leaves_the_other_alone(tiny_model: MODEL, free: MineralMarket) -> None:
    shock = {"type": "demand_shock", "sectors": ["magnets"], "factor": path(2.0)}
    shocked = under(tiny_model, shock, run=1)
    alloys = shocked.world.manufacturers.group == "alloys-rw"
    calm = under(tiny_model, run=1)

    np.testing.assert_array_equal(shocked.week.use.need[:, alloys], calm.week.use.need[:, alloys])
    np.testing.assert_allclose(shocked.week.use.need[:, ~alloys], 2 * calm.week.use.need[:, ~alloys])


def test_an_outage_of_mines_lowers_output_and_raises_the_price(tiny_model: MODEL, free: MineralMarket) -> None:
    flooded = under(tiny_model, {"type": "supply_outage", "producers": ["north"], "start": week(5), "end": week(25)})

    np.testing.assert_array_equal(legal_output(flooded, CN)[:5], legal_output(free, CN)[:5])
    assert (legal_output(flooded, CN)[5:25] < 0.5 * legal_output(free, CN)[5:25]).all()
    assert legal_output(flooded, CN)[39] > 0.8 * legal_output(free, CN)[39]
    assert prices(flooded, NDPR, JP, 20).mean() > 1.1 * prices(free, NDPR, JP, 20).mean()


def test_an_outage_of_a_plant_leaves_its_concentrate_to_others(tiny_model: MODEL, free: MineralMarket) -> None:
    broken = under(tiny_model, {"type": "supply_outage", "producers": ["hill-plant"]}, run=20)
    plant = broken.world.refiners.row_named("hill-plant")

    assert not broken.week.refined.oxide[:, plant].any()
    assert free.week.refined.oxide[:, plant].any()


def test_louder_news_moves_quotes_more(tiny_model: MODEL, free: MineralMarket) -> None:
    loud = under(tiny_model, {"type": "louder_news", "factor": 4.0})

    np.testing.assert_allclose(loud.market.news, 4.0 * free.market.news)
    spread = [np.diff(np.log(prices(model, NDPR, CN))).std() for model in (loud, free)]
    assert spread[0] > spread[1]


def test_a_market_ends_an_embargo_as_if_there_had_been_none_in_law(tiny_model: MODEL) -> None:
    over = under(tiny_model, {"type": "embargo", "origin": "CN", "destination": "JP", "end": week(20)}, run=40)

    assert over.recorder.flow[20:26, NDPR, link(over, FOB, JP)].sum() > 0
    assert prices(over, NDPR, JP)[39] < prices(over, NDPR, JP)[19]
