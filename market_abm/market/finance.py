"""Verbs of money: costs, debts, dividends, roll-over and insolvency (ODD: Finance)."""

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from market_abm.agents.life import Stage
from market_abm.core.units import MICROS_PER_MILLION, WEEKS_PER_YEAR, BoolArray
from market_abm.policy import Loan
from market_abm.policy.support import ProjectPolicy

if TYPE_CHECKING:
    from market_abm.agents.population import Population
    from market_abm.agents.state_buyer import StateBuyer
    from market_abm.model import MineralMarket

Offer = TypeVar("Offer", bound=ProjectPolicy)

PAYING_CASH = 0.1  # cash over capex at which a project pays its state loan (MODEL 6.5)


def service_debt(model: "MineralMarket") -> None:
    """Sweep plants into their owners, pay care, interest and dividends; fail or be rescued."""
    _sweep(model)
    _pay_care_and_debt(model)
    _pay_dividends(model)
    _rescue_or_close(model)
    _settle_traders(model)


def _sweep(model: "MineralMarket") -> None:
    """A mine's own plant has no purse of its own; corporate owners take and give every week."""
    miners, refiners, ledger = model.miners, model.refiners, model.ledger
    owned = np.flatnonzero(refiners.owner >= 0)
    plants = model.group_of(refiners)
    ledger.pay("plant result", plants, model.group_of(miners), refiners.cash[owned], owned, refiners.owner[owned])
    free = np.flatnonzero(refiners.owner < 0)
    ledger.pay("owners' result", plants, model.owners, refiners.cash[free], free, 0)
    for population in model.mining:
        rows = np.flatnonzero(population.corporate)
        ledger.pay("owners' result", model.group_of(population), model.owners, population.cash[rows], rows, 0)


def _pay_care_and_debt(model: "MineralMarket") -> None:
    miners, ledger, rules = model.miners, model.ledger, model.scenario.parameters.investment
    group = model.group_of(miners)
    project = ~miners.corporate
    standing = project & ((miners.stage == Stage.OPERATING) | (miners.stage == Stage.CARE_AND_MAINTENANCE))
    care = np.where(standing, np.rint(miners.parameters.care_cost_share * miners.capex / WEEKS_PER_YEAR), 0)
    # A mothballed project has no income: its owners keep it alive.
    kept = miners.stage == Stage.CARE_AND_MAINTENANCE
    ledger.pay("care", model.owners, group, np.where(kept, care, 0).astype(np.int64), payer_row=0)
    ledger.pay("care", group, model.suppliers, care.astype(np.int64), payee_row=0)
    running = project & (miners.stage == Stage.OPERATING)
    interest = np.where(running, np.rint(miners.debt * (rules.interest / WEEKS_PER_YEAR)), 0).astype(np.int64)
    repaid = np.where(running, np.rint(miners.debt * (rules.amortisation / WEEKS_PER_YEAR)), 0).astype(np.int64)
    ledger.pay("interest", group, model.banks, interest, payee_row=0)
    ledger.pay("repayment", group, model.banks, repaid, payee_row=0)
    ledger.move("repayment", model.debt_row, group, model.banks, repaid, sink_row=0)
    for body in model.state_buyers.agents if model.state_buyers.size else []:
        _serve_state_loans(model, body, running)


def _serve_state_loans(model: "MineralMarket", body: "StateBuyer", running: BoolArray) -> None:
    """Projects that can pay a state body what they owe it."""
    miners, ledger = model.miners, model.ledger
    group, bodies = model.group_of(miners), model.group_of(model.state_buyers)
    interest, repaid = np.zeros((2, miners.size), dtype=np.int64)
    able = running & (miners.sponsor == body.row) & (miners.cash > PAYING_CASH * miners.capex)
    for row in np.flatnonzero(able):
        terms = offered(body, Loan, miners, int(row))
        if terms is not None:
            interest[row] = np.rint(miners.state_debt[row] * (terms.interest / WEEKS_PER_YEAR))
            repaid[row] = np.rint(miners.state_debt[row] * (terms.amortisation / WEEKS_PER_YEAR))
    ledger.pay("state loan interest", group, bodies, interest, payee_row=body.row)
    ledger.pay("state loan repayment", group, bodies, repaid, payee_row=body.row)
    ledger.move("state loan repayment", model.state_debt_row, group, model.banks, repaid, sink_row=0)


def _pay_dividends(model: "MineralMarket") -> None:
    miners, ledger, rules = model.miners, model.ledger, model.scenario.parameters.investment
    group = model.group_of(miners)
    excess = np.maximum(miners.cash - rules.payout_above * miners.capex, 0.0)
    pays = ~miners.corporate & (miners.stage == Stage.OPERATING)
    paid = np.where(pays, np.rint(rules.payout * excess), 0).astype(np.int64)
    to_state = np.where(miners.sponsor >= 0, np.rint(paid * miners.state_share), 0).astype(np.int64)
    ledger.pay("dividend", group, model.owners, paid - to_state, payee_row=0)
    rows = np.flatnonzero(to_state)
    if rows.size:
        ledger.pay("dividend", group, model.group_of(model.state_buyers), to_state[rows], rows, miners.sponsor[rows])


def offered(body: "StateBuyer", kind: type[Offer], miners: "Population", row: int) -> Offer | None:
    """The instrument of a kind that a state body offers to a project: of several, the one declared last."""
    names = {str(miners.name[row]), str(miners.group[row])}
    found: list[Offer] = [policy for policy in body.held(kind) if policy.open_to(names)]
    return found[-1] if found else None


def _rescue_or_close(model: "MineralMarket") -> None:
    """A project out of cash is rolled over by a patient sponsor, or its creditors close it."""
    miners, group = model.miners, model.group_of(model.miners)
    broke = (miners.stage == Stage.OPERATING) & ~miners.corporate & (miners.cash < 0)
    for row in np.flatnonzero(broke):
        if miners.sponsor[row] >= 0 and _roll_over(model, int(row)):
            continue
        # Owners and creditors make good what suppliers are owed; the debt is written off.
        model.ledger.pay("insolvency", model.banks, group, -int(miners.cash[row]), 0, int(row))
        _release(model, int(row))
        if miners.plant[row] >= 0:
            model.refiners.operating[miners.plant[row]] = False
        model.move_project(int(row), Stage.CARE_AND_MAINTENANCE, "insolvent")


def wind_up(model: "MineralMarket", row: int) -> None:
    """Close the books of a mined-out project: debts are paid as far as cash goes, owners get the rest."""
    miners, ledger, group = model.miners, model.ledger, model.group_of(model.miners)
    repaid = min(int(miners.debt[row]), max(int(miners.cash[row]), 0))
    ledger.pay("repayment", group, model.banks, repaid, row, 0)
    ledger.pay("wound up", group, model.owners, int(miners.cash[row]), row, 0)
    _release(model, row)


def _release(model: "MineralMarket", row: int) -> None:
    """Free a project of its debts, its sponsor and its contracts: what it owes is written off."""
    miners = model.miners
    for claim, owed in ((model.debt_row, miners.debt), (model.state_debt_row, miners.state_debt)):
        model.ledger.move("write-off", claim, model.group_of(miners), model.banks, int(owed[row]), row, 0)
    miners.sponsor[row], miners.state_share[row] = -1, 0.0
    model.contracts.end(row)


def _roll_over(model: "MineralMarket", row: int) -> bool:
    miners = model.miners
    body = model.state_buyers.agents[int(miners.sponsor[row])]
    terms = offered(body, Loan, miners, row)
    if terms is None:
        return False
    dependence = model.market.dependence[model.market.lead, body.zone]
    overdraft = -terms.overdraft_musd * MICROS_PER_MILLION
    patient = (
        dependence > terms.rollover_dependence and miners.state_debt[row] < terms.rollover_limit * miners.capex[row]
    )
    if not patient or body.cash <= overdraft:
        return False
    fresh = max(int(terms.rollover * miners.capex[row]), -int(miners.cash[row]))
    model.ledger.pay("roll-over", model.group_of(model.state_buyers), model.group_of(miners), fresh, body.row, row)
    model.ledger.move("roll-over", model.state_debt_row, model.banks, model.group_of(miners), fresh, 0, row)
    model.log("finance", body.name, f"rolls over {miners.name[row]} with {fresh / MICROS_PER_MILLION:.0f} US$ m")
    return True


def _settle_traders(model: "MineralMarket") -> None:
    """Traders pay interest on what they owe; a lender books the loss of one who holds nothing."""
    traders, ledger = model.speculators, model.ledger
    if not traders.size:
        return
    group = model.group_of(traders)
    interest = np.rint(np.maximum(-traders.cash, 0) * traders.parameters.carrying_cost).astype(np.int64)
    ledger.pay("interest", group, model.banks, interest, payee_row=0)
    ruined = np.flatnonzero((traders.cash < 0) & (traders.held() == 0))
    ledger.pay("bank loss", model.banks, group, -traders.cash[ruined], 0, ruined)
