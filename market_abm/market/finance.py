"""Verbs of money: results of owned plants, costs, debts, dividends, roll-over and insolvency (ODD: Finance)."""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.agents.life import Stage
from market_abm.agents.miner import CARE, NO_SPONSOR
from market_abm.agents.population import Population
from market_abm.agents.state_buyer import bodies_of
from market_abm.books.accounts import Accounts
from market_abm.books.entry import Books, move, pay
from market_abm.books.ledger import Ledger
from market_abm.core.compiled import compiled
from market_abm.core.units import MICROS_PER_MILLION, BoolArray, FloatArray, IntArray
from market_abm.market.contracts import ContractBook
from market_abm.market.projects import Log, Projects, RecordMove
from market_abm.policy import Loan
from market_abm.scenario.parameters import Parameters

if TYPE_CHECKING:
    from market_abm.market.mining import Mined


def sweep_results(
    mining: tuple[Population, Population], refiners: Population, ledger: Ledger, accounts: Accounts
) -> None:
    """Pass the cash of plants to their owners, and let corporate owners take and give what their mines made."""
    miners, diggers = mining
    entries = (
        ledger.entry("plant result", refiners.key, miners.key),
        ledger.entry("owners' result", refiners.key, "owners"),
        ledger.entry("owners' result", miners.key, "owners"),
        ledger.entry("owners' result", diggers.key, "owners"),
    )
    starts = (accounts.group(refiners).start, accounts.group(miners).start, accounts.group(diggers).start)
    _sweep(
        *(ledger.books, entries, starts, accounts.owners.start),
        *(refiners.owner, miners.corporate, diggers.corporate),
    )


@compiled
def _sweep(
    books: Books,
    entries: tuple[int, int, int, int],
    starts: tuple[int, int, int],
    owners: int,
    owner: IntArray,
    corporate: BoolArray,
    corporate_diggers: BoolArray,
) -> None:
    for row in range(owner.size):
        plant = starts[0] + row
        if owner[row] >= 0:
            pay(books, entries[0], plant, starts[1] + owner[row], books.money[plant])
        else:
            pay(books, entries[1], plant, owners, books.money[plant])
    for row in range(corporate.size):
        if corporate[row]:
            pay(books, entries[2], starts[1] + row, owners, books.money[starts[1] + row])
    for row in range(corporate_diggers.size):
        if corporate_diggers[row]:
            pay(books, entries[3], starts[2] + row, owners, books.money[starts[2] + row])


def pay_care_and_debt(miners: Population, state_buyers: Population, ledger: Ledger, accounts: Accounts) -> None:
    """Pay care and fixed cost, then interest and repayment to banks, then what state loans ask for."""
    care, interest, repayment = miners.ask("care_cost", "interest_due", "repayment_due")
    entries = (
        ledger.entry("care", "owners", miners.key),
        ledger.entry("care", miners.key, "suppliers"),
        ledger.entry("interest", miners.key, "banks"),
        ledger.entry("repayment", miners.key, "banks"),
    )
    others = (accounts.owners.start, accounts.suppliers.start, accounts.banks.start)
    _pay_dues(
        *(ledger.books, entries, accounts.group(miners).start, others, accounts.debt_row),
        *(miners.stage, care, interest, repayment),
    )
    if state_buyers.size:
        _serve_state_loans(miners, state_buyers, ledger, accounts)


@compiled
def _pay_dues(
    books: Books,
    entries: tuple[int, int, int, int],
    start: int,
    others: tuple[int, int, int],
    debt_row: int,
    stage: IntArray,
    care: FloatArray,
    interest: FloatArray,
    repayment: FloatArray,
) -> None:
    owners, suppliers, banks = others
    for row in range(stage.size):
        mine, cost, repaid = start + row, int(np.rint(care[row])), int(np.rint(repayment[row]))
        if stage[row] == CARE:  # a closed project has no income: its owners keep it alive
            pay(books, entries[0], owners, mine, cost)
        pay(books, entries[1], mine, suppliers, cost)
        pay(books, entries[2], mine, banks, int(np.rint(interest[row])))
        pay(books, entries[3], mine, banks, repaid)
        move(books, entries[3], debt_row, mine, banks, repaid)


def _serve_state_loans(miners: Population, state_buyers: Population, ledger: Ledger, accounts: Accounts) -> None:
    """Let projects that can pay the state bodies what they owe them."""
    sponsored = np.flatnonzero(miners.sponsor != NO_SPONSOR)
    if not sponsored.size:
        return
    interest, amortisation = np.zeros(miners.size), np.zeros(miners.size)
    bodies = bodies_of(state_buyers)
    for row in sponsored.tolist():
        terms = bodies[miners.sponsor[row]].offered(Loan, miners.names_of(row))
        if terms is not None:
            interest[row], amortisation[row] = terms.interest, terms.amortisation
    due = miners.ask(
        "state_interest_due", "state_repayment_due", loan_interest=interest, loan_amortisation=amortisation
    )
    paid, repaid = np.rint(due).astype(np.int64)[:, sponsored]
    group, states, sponsor = accounts.group(miners), accounts.group(state_buyers), miners.sponsor[sponsored]
    ledger.pay("state loan interest", group, states, paid, sponsored, sponsor)
    ledger.pay("state loan repayment", group, states, repaid, sponsored, sponsor)
    ledger.move("state loan repayment", accounts.state_debt_row, group, accounts.banks, repaid, sponsored, 0)


def pay_dividends(miners: Population, state_buyers: Population, ledger: Ledger, accounts: Accounts) -> None:
    """Projects pay out a part of their excess cash; a state body takes its share of it."""
    entries = (
        ledger.entry("dividend", miners.key, "owners"),
        ledger.entry("dividend", miners.key, state_buyers.key),
    )
    starts = (accounts.group(miners).start, accounts.owners.start, accounts.group(state_buyers).start)
    _pay_out(ledger.books, entries, starts, miners.dividend(), miners.sponsor, miners.state_share)


@compiled
def _pay_out(
    books: Books,
    entries: tuple[int, int],
    starts: tuple[int, int, int],
    dividend: FloatArray,
    sponsor: IntArray,
    state_share: FloatArray,
) -> None:
    for row in range(dividend.size):
        paid, to_state = int(np.rint(dividend[row])), 0
        if sponsor[row] >= 0:
            to_state = int(np.rint(paid * state_share[row]))
            pay(books, entries[1], starts[0] + row, starts[2] + sponsor[row], to_state)
        pay(books, entries[0], starts[0] + row, starts[1], paid - to_state)


def rescue_or_close(
    miners: Population,
    refiners: Population,
    state_buyers: Population,
    contracts: ContractBook,
    ledger: Ledger,
    accounts: Accounts,
    week_index: int,
    log: Log,
    record_move: RecordMove,
) -> None:
    """Let a patient sponsor roll over a project out of cash, or its creditors close it."""
    broke = np.flatnonzero(miners.is_out_of_cash())
    if not broke.size:
        return
    projects = Projects(miners, refiners, contracts, ledger, accounts, week_index, log, record_move)
    for row in broke.tolist():
        if miners.sponsor[row] != NO_SPONSOR and _roll_over(projects, state_buyers, row):
            continue
        # Owners and creditors make good what suppliers are owed; the debt is written off.
        missing = -int(miners.cash[row])
        ledger.pay("insolvency", accounts.banks, accounts.group(miners), missing, 0, row)
        projects.release(row)
        projects.run_plant(row, False)
        projects.move(row, Stage.CARE_AND_MAINTENANCE, "insolvent")


def _roll_over(projects: Projects, state_buyers: Population, row: int) -> bool:
    """Let the sponsor of a project lend it fresh money, if it wants to and can."""
    miners, ledger, accounts = projects.miners, projects.ledger, projects.accounts
    body = bodies_of(state_buyers)[miners.sponsor[row]]
    terms = body.offered(Loan, miners.names_of(row))
    if terms is None:
        return False
    fresh = int(
        body.fresh_credit(
            owed=float(miners.state_debt[row]),
            capex=float(miners.capex[row]),
            missing=-float(miners.cash[row]),
            rollover=terms.rollover,
            rollover_limit=terms.rollover_limit,
            rollover_dependence=terms.rollover_dependence,
            overdraft=terms.overdraft_musd * MICROS_PER_MILLION,
        )
    )
    if fresh <= 0:
        return False
    group = accounts.group(miners)
    ledger.pay("roll-over", accounts.group(state_buyers), group, fresh, body.row, row)
    ledger.move("roll-over", accounts.state_debt_row, accounts.banks, group, fresh, 0, row)
    projects.log("finance", body.name, f"rolls over {miners.name[row]} with {fresh / MICROS_PER_MILLION:.0f} US$ m")
    return True


def settle_traders(speculators: Population, parameters: Parameters, ledger: Ledger, accounts: Accounts) -> None:
    """Let traders pay interest on what they owe; a lender books the loss of one who holds nothing."""
    entries = (ledger.entry("interest", speculators.key, "banks"), ledger.entry("bank loss", "banks", speculators.key))
    _settle(
        *(ledger.books, entries, accounts.group(speculators).start, accounts.banks.start),
        *(speculators.stock, parameters.speculator.carrying_cost),
    )


@compiled
def _settle(
    books: Books, entries: tuple[int, int], start: int, banks: int, stock: IntArray, carrying_cost: float
) -> None:
    for row in range(stock.shape[1]):
        trader = start + row
        if books.money[trader] < 0:
            pay(books, entries[0], trader, banks, int(np.rint(-books.money[trader] * carrying_cost)))
            if stock[:, row].sum() == 0:
                pay(books, entries[1], banks, trader, -books.money[trader])


def close_depleted_mines(
    mined: "Mined",
    miners: Population,
    refiners: Population,
    contracts: ContractBook,
    ledger: Ledger,
    accounts: Accounts,
    week_index: int,
    log: Log,
    record_move: RecordMove,
) -> None:
    """Wind up the mines whose reserve is used up."""
    if len(mined.used_up):
        projects = Projects(miners, refiners, contracts, ledger, accounts, week_index, log, record_move)
        for row in mined.used_up:
            projects.wind_up(int(row))
            projects.move(int(row), Stage.DEPLETED, "reserve used up")
