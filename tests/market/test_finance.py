"""Money of projects, plants and traders: costs, debts, dividends, rescue and failure."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from market_abm.agents.life import Stage
from market_abm.market.finance import (
    close_depleted_mines,
    pay_care_and_debt,
    pay_dividends,
    rescue_or_close,
    settle_traders,
    sweep_results,
)
from market_abm.model import MineralMarket

WEEKS = 52.1775


def paid(model: MineralMarket, purpose: str) -> int:
    return sum(total for (_, _, why), total in model.ledger.journal.items() if why == purpose)


@pytest.fixture
def model(tiny_model: Callable[..., MineralMarket]) -> MineralMarket:
    """Market in which `lake` runs with 1 US$ m of cash and 2 US$ m of debt."""
    model = tiny_model(policy=[{"type": "loan", "actor": "jogmec"}])
    world = model.world
    for policy in model.scenario.policy:
        policy.enact(world.regime)
    row, group = world.miners.row_named("lake"), world.accounts.group(world.miners)
    world.miners.stage[row] = Stage.OPERATING
    world.refiners.operating[world.miners.plant[row]] = True
    model.ledger.pay("test", world.accounts.owners, group, 10**12, 0, row)
    owe(model, world.accounts.debt_row, 2 * 10**12)
    return model


@pytest.fixture
def serve(do: Callable[..., Any]) -> Callable[[MineralMarket], None]:
    """Run the chapter of money."""

    def run(model: MineralMarket) -> None:
        for verb in (sweep_results, pay_care_and_debt, pay_dividends, rescue_or_close, settle_traders):
            do(model, verb)

    return run


def lake(model: MineralMarket) -> int:
    return int(model.world.miners.row_named("lake"))


def owe(model: MineralMarket, claim: int, micros: int) -> None:
    """Let `lake` owe more."""
    accounts = model.world.accounts
    model.ledger.move("test", claim, accounts.banks, accounts.group(model.world.miners), micros, 0, lake(model))


def set_cash(model: MineralMarket, micros: int) -> None:
    row, accounts, miners = lake(model), model.world.accounts, model.world.miners
    model.ledger.pay("test", accounts.owners, accounts.group(miners), micros - int(miners.cash[row]), 0, row)


def test_a_running_project_pays_care_interest_and_a_tenth_of_its_debt_a_year(
    model: MineralMarket, serve: Callable[..., None]
) -> None:
    serve(model)
    row = lake(model)

    care = round(0.012 * 3.6e12 / WEEKS)
    interest = round(2e12 * 0.1 / WEEKS)
    repaid = round(2e12 * 0.1 / WEEKS)

    assert model.world.miners.debt[row] == 2 * 10**12 - repaid
    assert model.world.miners.cash[row] == 10**12 - care - interest - repaid


def test_a_state_loan_is_served_only_out_of_plenty(model: MineralMarket, serve: Callable[..., None]) -> None:
    row = lake(model)
    model.world.miners.sponsor[row] = 0
    owe(model, model.world.accounts.state_debt_row, 10**12)
    set_cash(model, int(0.05 * 3.6e12))
    serve(model)
    poor = int(model.world.miners.state_debt[row])
    set_cash(model, int(0.2 * 3.6e12))

    serve(model)

    assert poor == 10**12
    assert model.world.miners.state_debt[row] == 10**12 - round(0.1 * 1e12 / WEEKS)


def test_a_project_passes_on_part_of_its_excess_cash(model: MineralMarket, do: Callable[..., Any]) -> None:
    row = lake(model)
    set_cash(model, 4 * 10**12)
    model.world.miners.sponsor[row], model.world.miners.state_share[row] = 0, 0.25
    budget = int(model.world.state_buyers.cash[0])

    do(model, pay_dividends)

    dividend = round(0.02 * (4e12 - 0.35 * 3.6e12))
    assert paid(model, "dividend") == dividend
    assert model.world.state_buyers.cash[0] - budget == round(0.25 * dividend)


def test_an_insolvent_project_closes_without_debt_and_without_plant(
    model: MineralMarket, serve: Callable[..., None]
) -> None:
    row = lake(model)
    set_cash(model, -(10**11))

    serve(model)

    assert model.world.miners.stage[row] == Stage.CARE_AND_MAINTENANCE
    assert model.world.miners.cash[row] == model.world.miners.debt[row] == 0
    assert not model.world.refiners.operating[model.world.miners.plant[row]]


def test_a_patient_sponsor_rolls_over(model: MineralMarket, serve: Callable[..., None]) -> None:
    row = lake(model)
    model.world.miners.sponsor[row] = 0
    set_cash(model, -(10**10))

    serve(model)

    assert model.world.miners.stage[row] == Stage.OPERATING
    assert model.world.miners.state_debt[row] == int(0.06 * 3.6e12)
    assert model.world.miners.cash[row] > 0


@pytest.mark.parametrize("obstacle", ["independent", "indebted", "no loan"])
def test_patience_has_limits(model: MineralMarket, serve: Callable[..., None], obstacle: str) -> None:
    row = lake(model)
    model.world.miners.sponsor[row] = 0
    set_cash(model, -(10**10))
    if obstacle == "independent":
        model.market.dependence[:] = 0.3
    elif obstacle == "indebted":
        owe(model, model.world.accounts.state_debt_row, int(1.4 * 3.6e12))
    else:
        model.world.regime.instruments.clear()

    serve(model)

    assert model.world.miners.stage[row] == Stage.CARE_AND_MAINTENANCE


def test_owners_keep_a_closed_project_alive(model: MineralMarket, serve: Callable[..., None]) -> None:
    row = lake(model)
    model.world.miners.stage[row] = Stage.CARE_AND_MAINTENANCE
    set_cash(model, 0)

    serve(model)

    assert model.world.miners.cash[row] == 0
    assert paid(model, "care") == 2 * round(0.012 * 3.6e12 / WEEKS)  # in from the owners and out again


def test_corporate_mines_and_plants_end_every_week_without_cash(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=15)

    assert not model.world.miners.cash[model.world.miners.corporate].any()
    assert not model.world.illegal_miners.cash.any()
    assert not model.world.refiners.cash.any()


def test_a_borrowing_trader_pays_interest(model: MineralMarket, do: Callable[..., Any]) -> None:
    traders, accounts = model.world.speculators, model.world.accounts
    group = accounts.group(traders)
    model.ledger.pay("test", group, accounts.owners, int(traders.cash[0]) + 10**10, 0, 0)
    model.ledger.move("test", 0, accounts.opening, group, 10**9, 0, 0)

    do(model, settle_traders)

    assert traders.cash[0] == -(10**10) - round(10**10 * 0.0016)


def test_a_bank_books_the_loss_of_a_trader_with_nothing_left(model: MineralMarket, do: Callable[..., Any]) -> None:
    traders, accounts = model.world.speculators, model.world.accounts
    group = accounts.group(traders)
    model.ledger.pay("test", group, accounts.owners, int(traders.cash[0]) + 10**10, 0, 0)

    do(model, settle_traders)

    assert traders.cash[0] == 0
    assert paid(model, "bank loss") == 10**10 + round(10**10 * 0.0016)


def test_traders_without_credit_never_owe(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=0)
    for _ in range(60):
        model.step()
        traders = model.world.speculators
        without_credit = traders.credit == 0
        assert (traders.cash[without_credit] >= 0).all()


def test_a_sound_project_that_runs_at_the_start_survives_its_first_week(
    tiny_model: Callable[..., MineralMarket],
) -> None:
    running = {"status": "operating", "finance": "project", "capex_usd_per_t": (4000.0, 4000.0)}
    model = tiny_model({"mine": {"hill": running}, "refinery": {"hill-plant": {"finance": "project"}}}, run=1)

    assert model.world.miners.stage[model.world.miners.row_named("hill")] == Stage.OPERATING


def test_a_mine_without_reserve_is_wound_up(model: MineralMarket, do: Callable[..., Any]) -> None:
    row, cash = lake(model), int(model.world.miners.cash[lake(model)])

    do(model, close_depleted_mines, mined=SimpleNamespace(used_up=[row]))

    assert model.world.miners.stage[row] == Stage.DEPLETED
    assert model.world.miners.cash[row] == model.world.miners.debt[row] == 0
    assert paid(model, "repayment") == cash  # less than the debt: the rest is written off


def test_fresh_credit_stays_within_the_overdraft(model: MineralMarket, serve: Callable[..., None]) -> None:
    row, bodies, accounts = lake(model), model.world.state_buyers, model.world.accounts
    model.world.miners.sponsor[row] = 0
    set_cash(model, -(10**10))
    almost = -400 * 10**12 + int(0.06 * 3.6e12) - 1
    model.ledger.pay("test", accounts.group(bodies), accounts.owners, int(bodies.cash[0]) - almost, 0, 0)

    serve(model)

    assert model.world.miners.stage[row] == Stage.CARE_AND_MAINTENANCE
    assert bodies.cash[0] == almost
