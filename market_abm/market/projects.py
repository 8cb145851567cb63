"""Projects: what happens to a mine between its stages: money raised, debts written off, moves logged (ODD: Project)."""

from collections.abc import Callable
from dataclasses import dataclass

from market_abm.agents.life import Stage, check_move
from market_abm.agents.miner import NO_PLANT, NO_SPONSOR
from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.books.ledger import Ledger
from market_abm.market.contracts import ContractBook

Log = Callable[[str, str, str], None]
"""Puts an event on the record: kind, actor, text."""
RecordMove = Callable[[str, int, int], None]
"""Puts a move on the record: name of the project, zone, stage."""


def move_project(miners: Population, row: int, stage: Stage, why: str, log: Log, record_move: RecordMove) -> None:
    """Move a mine to another stage of its life, and put it on the record.

    Raises
    ------
    ValueError
        When a project cannot make that move.
    """
    text = check_move(Stage(int(miners.stage[row])), stage)
    miners.stage[row] = stage
    name = str(miners.name[row])
    record_move(name, int(miners.zone[row]), int(stage))
    log("project", name, f"{text} ({why})")


@dataclass(frozen=True)
class Projects:
    """Mines as projects, with the books and the record that their moves go to."""

    miners: Population
    refiners: Population
    contracts: ContractBook
    ledger: Ledger
    accounts: Accounts
    week_index: int
    log: Log
    record_move: RecordMove

    def move(self, row: int, stage: Stage, why: str) -> None:
        """Move a mine to another stage."""
        move_project(self.miners, row, stage, why, self.log, self.record_move)

    def run_plant(self, row: int, running: bool) -> None:
        """Open or stop the own plant of a mine."""
        if self.miners.plant[row] != NO_PLANT:
            self.refiners.operating[self.miners.plant[row]] = running

    def commit(self, row: int, paid_in: int, why: str) -> None:
        """Take the investment decision: money is raised and spent, construction begins.

        Parameters
        ----------
        paid_in : part of the building cost that a state body has paid in already [micro-US$].
        """
        miners, ledger, accounts = self.miners, self.ledger, self.accounts
        group, capex = accounts.group(miners), int(miners.capex[row])
        private = capex - paid_in
        borrowed = int(miners.ask_one(row, "borrowed", private_part=private))
        ledger.pay("project equity", accounts.owners, group, private - borrowed, 0, row)
        ledger.pay("project debt", accounts.banks, group, borrowed, 0, row)
        ledger.move("project debt", accounts.debt_row, accounts.banks, group, borrowed, 0, row)
        ledger.pay("construction", group, accounts.suppliers, capex, row, 0)
        miners.ready_step[row] = self.week_index + miners.ask_one(row, "build_weeks")
        self.move(row, Stage.CONSTRUCTION, why)

    def release(self, row: int) -> None:
        """Free a project of its debts, its sponsor and its contracts: what it owes is written off."""
        miners, accounts = self.miners, self.accounts
        for claim, owed in ((accounts.debt_row, miners.debt), (accounts.state_debt_row, miners.state_debt)):
            group = accounts.group(miners)
            self.ledger.move("write-off", claim, group, accounts.banks, int(owed[row]), row, 0)
        miners.sponsor[row], miners.state_share[row] = NO_SPONSOR, 0.0
        self.contracts.end(row, self.week_index, miners)

    def wind_up(self, row: int) -> None:
        """Close the books of a mine for good: debts are paid as far as cash goes, owners get the rest."""
        miners, accounts = self.miners, self.accounts
        group = accounts.group(miners)
        repaid = min(int(miners.debt[row]), max(int(miners.cash[row]), 0))
        self.ledger.pay("repayment", group, accounts.banks, repaid, row, 0)
        self.ledger.pay("wound up", group, accounts.owners, int(miners.cash[row]), row, 0)
        self.release(row)
