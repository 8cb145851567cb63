"""Verbs of investment: completion, permits, private funding, restarts (ODD: Project). Run once a quarter."""

import datetime as dt

import numpy as np

from market_abm.agents.life import Stage
from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.books.ledger import Ledger
from market_abm.market.contracts import ContractBook
from market_abm.market.market import Market
from market_abm.market.projects import Log, Projects, RecordMove
from market_abm.market.promises import Outlook, worth_of_promises
from market_abm.policy.regime import Regime
from market_abm.scenario.parameters import Parameters

QUARTER_WEEKS = 13
FIRST_UTILISATION = 0.9  # of a mine that opens, before it ramps up (assumed)


def complete_projects(
    miners: Population,
    refiners: Population,
    contracts: ContractBook,
    ledger: Ledger,
    accounts: Accounts,
    week_index: int,
    log: Log,
    record_move: RecordMove,
) -> None:
    """Start the projects whose construction is over."""
    projects = Projects(miners, refiners, contracts, ledger, accounts, week_index, log, record_move)
    for row in np.flatnonzero(miners.is_built()).tolist():
        projects.run_plant(row, True)
        cash = int(miners.ask_one(row, "first_cash"))
        ledger.pay("working capital", accounts.owners, accounts.group(miners), cash, 0, row)
        miners.utilisation[row], miners.ramp[row] = FIRST_UTILISATION, 0.0
        projects.move(row, Stage.OPERATING, "construction over")


def invest(
    miners: Population,
    refiners: Population,
    state_buyers: Population,
    contracts: ContractBook,
    market: Market,
    regime: Regime,
    parameters: Parameters,
    ledger: Ledger,
    accounts: Accounts,
    week_index: int,
    today: dt.date,
    log: Log,
    record_move: RecordMove,
) -> None:
    """Give permits, let private money commit to projects, and let closed mines come back."""
    projects = Projects(miners, refiners, contracts, ledger, accounts, week_index, log, record_move)
    rules = parameters.investment
    outlook = Outlook(rules.private_discount, rules.horizon_years, today)
    promise = worth_of_promises(state_buyers, miners, refiners, market, regime, outlook)
    for row in np.flatnonzero(miners.gets_permit()).tolist():
        projects.move(row, Stage.PERMITTED, "permit")
    for row in np.flatnonzero(miners.is_funded(promise=promise)).tolist():
        projects.commit(row, 0, "private funding")
    miners.good_quarters[:] = miners.next_good_quarters(promise=promise)
    for row in np.flatnonzero(miners.restarts()).tolist():  # a closed mine comes back without its old debt
        miners.good_quarters[row] = 0
        miners.ready_step[row] = week_index + rules.restart_weeks
        projects.move(row, Stage.CONSTRUCTION, "restart")
