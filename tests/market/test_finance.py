"""Money of projects, plants and traders: costs, debts, dividends, rescue and failure."""

from collections.abc import Callable

import pytest

from market_abm.agents.life import Stage
from market_abm.market import finance
from market_abm.model import MineralMarket

WEEKS = 52.1775


def paid(model: MineralMarket, purpose: str) -> int:
    return sum(total for (_, _, why), total in model.ledger.journal.items() if why == purpose)


@pytest.fixture
def model(tiny_model: Callable[..., MineralMarket]) -> MineralMarket:
    """Market in which `lake` runs with 1 US$ m of cash and 2 US$ m of debt."""
    model = tiny_model(policy=[{"type": "loan", "actor": "jogmec"}])
    model.market.regime.clear(model.today)
    for policy in model.scenario.policy:
        policy.enact(model.market.regime)
    row, group = model.miners.row_named("lake"), model.group_of(model.miners)
    model.miners.stage[row] = Stage.OPERATING
    model.refiners.operating[model.miners.plant[row]] = True
    model.ledger.pay("test", model.owners, group, 10**12, 0, row)
    model.ledger.move("test", model.debt_row, model.banks, group, 2 * 10**12, 0, row)
    return model


def lake(model: MineralMarket) -> int:
    return int(model.miners.row_named("lake"))


def set_cash(model: MineralMarket, micros: int) -> None:
    row = lake(model)
    model.ledger.pay("test", model.owners, model.group_of(model.miners), micros - int(model.miners.cash[row]), 0, row)


def test_a_running_project_pays_care_interest_and_a_tenth_of_its_debt_a_year(model: MineralMarket) -> None:
    finance.service_debt(model)
    row = lake(model)

    care = round(0.012 * 3.6e12 / WEEKS)
    interest = round(2e12 * 0.1 / WEEKS)
    repaid = round(2e12 * 0.1 / WEEKS)

    assert model.miners.debt[row] == 2 * 10**12 - repaid
    assert model.miners.cash[row] == 10**12 - care - interest - repaid


def test_a_state_loan_is_served_only_out_of_plenty(model: MineralMarket) -> None:
    row = lake(model)
    model.miners.sponsor[row] = 0
    model.ledger.move("test", model.state_debt_row, model.banks, model.group_of(model.miners), 10**12, 0, row)
    set_cash(model, int(0.05 * 3.6e12))
    finance.service_debt(model)
    poor = int(model.miners.state_debt[row])
    set_cash(model, int(0.2 * 3.6e12))

    finance.service_debt(model)

    assert poor == 10**12
    assert model.miners.state_debt[row] == 10**12 - round(0.1 * 1e12 / WEEKS)


def test_a_project_passes_on_part_of_its_excess_cash(model: MineralMarket) -> None:
    row = lake(model)
    set_cash(model, 4 * 10**12)
    model.miners.sponsor[row], model.miners.state_share[row] = 0, 0.25
    budget = int(model.state_buyers.cash[0])

    finance._pay_dividends(model)

    dividend = round(0.02 * (4e12 - 0.35 * 3.6e12))
    assert paid(model, "dividend") == dividend
    assert model.state_buyers.cash[0] - budget == round(0.25 * dividend)


def test_an_insolvent_project_closes_without_debt_and_without_plant(model: MineralMarket) -> None:
    row = lake(model)
    set_cash(model, -(10**11))

    finance.service_debt(model)

    assert model.miners.stage[row] == Stage.CARE_AND_MAINTENANCE
    assert model.miners.cash[row] == model.miners.debt[row] == 0
    assert not model.refiners.operating[model.miners.plant[row]]


def test_a_patient_sponsor_rolls_over(model: MineralMarket) -> None:
    row = lake(model)
    model.miners.sponsor[row] = 0
    set_cash(model, -(10**10))

    finance.service_debt(model)

    assert model.miners.stage[row] == Stage.OPERATING
    assert model.miners.state_debt[row] == int(0.06 * 3.6e12)
    assert model.miners.cash[row] > 0


@pytest.mark.parametrize("obstacle", ["independent", "indebted", "no loan"])
def test_patience_has_limits(model: MineralMarket, obstacle: str) -> None:
    row = lake(model)
    model.miners.sponsor[row] = 0
    set_cash(model, -(10**10))
    if obstacle == "independent":
        model.market.dependence[:] = 0.3
    elif obstacle == "indebted":
        group = model.group_of(model.miners)
        model.ledger.move("test", model.state_debt_row, model.banks, group, int(1.4 * 3.6e12), 0, row)
    else:
        model.market.regime.instruments.clear()

    finance.service_debt(model)

    assert model.miners.stage[row] == Stage.CARE_AND_MAINTENANCE


def test_owners_keep_a_closed_project_alive(model: MineralMarket) -> None:
    row = lake(model)
    model.miners.stage[row] = Stage.CARE_AND_MAINTENANCE
    set_cash(model, 0)

    finance.service_debt(model)

    assert model.miners.cash[row] == 0
    assert paid(model, "care") == 2 * round(0.012 * 3.6e12 / WEEKS)  # in from the owners and out again


def test_corporate_mines_and_plants_end_every_week_without_cash(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=15)

    assert not model.miners.cash[model.miners.corporate].any()
    assert not model.illegal_miners.cash.any()
    assert not model.refiners.cash.any()


def test_a_borrowing_trader_pays_interest(model: MineralMarket) -> None:
    traders, group = model.speculators, model.group_of(model.speculators)
    model.ledger.pay("test", group, model.owners, int(traders.cash[0]) + 10**10, 0, 0)
    model.ledger.move("test", 0, model.opening, group, 10**9, 0, 0)

    finance._settle_traders(model)

    assert traders.cash[0] == -(10**10) - round(10**10 * 0.0016)


def test_a_bank_books_the_loss_of_a_trader_with_nothing_left(model: MineralMarket) -> None:
    traders, group = model.speculators, model.group_of(model.speculators)
    model.ledger.pay("test", group, model.owners, int(traders.cash[0]) + 10**10, 0, 0)

    finance._settle_traders(model)

    assert traders.cash[0] == 0
    assert paid(model, "bank loss") == 10**10 + round(10**10 * 0.0016)


def test_traders_without_credit_never_owe(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=0)
    for _ in range(60):
        model.step()
        traders = model.speculators
        without_credit = traders.credit == 0
        assert (traders.cash[without_credit] >= 0).all()


def test_a_sound_project_that_runs_at_the_start_survives_its_first_week(
    tiny_model: Callable[..., MineralMarket],
) -> None:
    running = {"status": "operating", "finance": "project", "capex_usd_per_t": (4000.0, 4000.0)}
    model = tiny_model({"mine": {"hill": running}, "refinery": {"hill-plant": {"finance": "project"}}}, run=1)

    assert model.miners.stage[model.miners.row_named("hill")] == Stage.OPERATING
