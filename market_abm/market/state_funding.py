"""Verb of state funding: votes, exploration, a share in one project a quarter (ODD: Project). Run once a quarter."""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from market_abm.agents.life import Stage
from market_abm.agents.population import Population
from market_abm.agents.state_buyer import StateBuyer, bodies_of
from market_abm.books.accounts import Accounts
from market_abm.books.ledger import Ledger
from market_abm.core.units import MICROS_PER_MILLION, WEEKS_PER_YEAR
from market_abm.market.contracts import ContractBook, OfftakeContract
from market_abm.market.market import Market
from market_abm.market.projects import Log, Projects, RecordMove
from market_abm.market.promises import Outlook, worth_of_promises
from market_abm.policy import Equity, ExplorationGrant, Loan, StateOfftake
from market_abm.policy.regime import Regime
from market_abm.scenario.parameters import Parameters
from market_abm.scenario.schema import Scenario

CANDIDATES = 3  # projects a body looks at in a quarter (assumed)
RELIEF = 2.0  # private debt that a stake refinances, over the state's part (assumed)


def fund_projects(
    scenario: Scenario,
    state_buyers: Population,
    manufacturers: Population,
    miners: Population,
    refiners: Population,
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
    """Every state body is voted money, explores, and funds at most one project."""
    if not state_buyers.size:
        return
    projects = Projects(miners, refiners, contracts, ledger, accounts, week_index, log, record_move)
    office = _FundingOffice(projects, state_buyers, market, regime, parameters, today)
    for body in bodies_of(state_buyers):
        _vote(scenario, office, manufacturers, body)
        office.explore(body)
        if body.opens_round():
            office.fund_one(body)


def _vote(scenario: Scenario, office: "_FundingOffice", manufacturers: Population, body: StateBuyer) -> None:
    """Let parliament give money once, when dependence and fear are both high."""
    terms = scenario.state_buyer[body.name].vote
    if terms is None or office.today < terms.not_before:
        return
    fear = _mean_risk(manufacturers, int(body.zone))
    if not body.is_voted(fear=fear, dependence_above=terms.dependence_above, risk_above=terms.risk_above):
        return
    projects, dependence = office.projects, office.market.lead_dependence[body.zone]
    body.voted, body.funds_from_step = True, projects.week_index + int(terms.delay_weeks)
    money = int(terms.musd * MICROS_PER_MILLION)
    accounts = projects.accounts
    states = accounts.group(office.state_buyers)
    projects.ledger.pay("budget", accounts.treasury, states, money, int(body.zone), body.row)
    text = f"is voted {terms.musd:.0f} US$ m at risk {fear:.2f}, dependence {dependence:.2f}"
    projects.log("vote", body.name, text)


def _mean_risk(manufacturers: Population, zone: int) -> float:
    """Mean perceived risk of the manufacturers of a zone that use anything [1]; 0 when there are none."""
    rows = np.flatnonzero((manufacturers.zone == zone) & (manufacturers.use > 0).any(axis=0))
    return sum(manufacturers.risk[rows].tolist()) / len(rows) if len(rows) else 0.0


@dataclass(frozen=True)
class _FundingOffice:
    """Explores and funds for a state body."""

    projects: Projects
    state_buyers: Population
    market: Market
    regime: Regime
    parameters: Parameters
    today: dt.date

    def explore(self, body: StateBuyer) -> None:
        """Pay for exploration; each full cost of a permit brings one resource abroad forward."""
        projects, miners = self.projects, self.projects.miners
        for policy in body.held(ExplorationGrant):
            rows = self._resources_abroad(body)
            if not rows:
                continue
            money = body.exploration_money(musd_per_year=policy.musd_per_year)
            paid = min(int(money * MICROS_PER_MILLION), max(int(body.cash), 0))
            states, suppliers = projects.accounts.group(self.state_buyers), projects.accounts.suppliers
            projects.ledger.pay("exploration", states, suppliers, paid, body.row, 0)
            body.exploration_paid = body.exploration_paid + money
            luck = miners.exploration_luck
            while body.exploration_paid >= policy.musd_per_permit and rows:
                body.exploration_paid = body.exploration_paid - policy.musd_per_permit
                found = min(rows, key=luck.item)
                rows.remove(found)
                projects.move(found, Stage.PERMITTED, f"exploration paid by {body.name}")

    def _resources_abroad(self, body: StateBuyer) -> list[int]:
        """Rows of the resources outside a body's own zone that wait for a permit."""
        miners = self.projects.miners
        rows: list[int] = np.flatnonzero((miners.stage == Stage.RESOURCE) & (miners.zone != body.zone)).tolist()
        return rows

    def fund_one(self, body: StateBuyer) -> None:
        """Fund the cheapest supply outside gated zones that is worth it at the state's cost of capital."""
        miners = self.projects.miners
        outside = ~self.market.is_gated()[miners.zone]
        rows = [row for row in np.flatnonzero(miners.seeks_state_money() & outside).tolist() if self._offers(body, row)]
        if not rows:
            return
        rules, refiners = self.parameters.investment, self.projects.refiners
        outlook = Outlook(rules.state_discount, rules.horizon_years, self.today)
        promise = worth_of_promises(self.state_buyers, miners, refiners, self.market, self.regime, outlook)
        value, worth = miners.ask("state_value", "yearly_worth", promise=promise)
        capex, lead = miners.capex, miners.lead_years
        cost = {
            row: body.supply_cost(capex=capex.item(row), lead_years=lead.item(row), yearly_worth=worth.item(row))
            for row in rows
        }
        for row in sorted(rows, key=cost.__getitem__)[:CANDIDATES]:
            loan, equity = self._offers_of(body, row)
            part, lent = body.stake(
                capex=capex.item(row),
                loan_share=loan.share if loan else 0.0,
                equity_cap=equity.cap if equity else 0.0,
            )
            if body.accepts(part=part, value=value.item(row), capex=capex.item(row)):
                self._support(body, row, part, lent)
                return

    def _offers_of(self, body: StateBuyer, row: int) -> tuple[Loan | None, Equity | None]:
        names = self.projects.miners.names_of(row)
        return body.offered(Loan, names), body.offered(Equity, names)

    def _offers(self, body: StateBuyer, row: int) -> bool:
        """Whether a body has money to offer to a project."""
        return any(offer is not None for offer in self._offers_of(body, row))

    def _support(self, body: StateBuyer, row: int, part: float, lent: float) -> None:
        """Pay in equity and loan, sign the offtake, and get construction under way."""
        projects, miners = self.projects, self.projects.miners
        ledger, accounts = projects.ledger, projects.accounts
        states, group, capex = accounts.group(self.state_buyers), accounts.group(miners), float(miners.capex[row])
        money = min(int(part * capex), int(body.cash))
        loan = int(lent * money)
        ledger.pay("state equity", states, group, money - loan, body.row, row)
        ledger.pay("state loan", states, group, loan, body.row, row)
        ledger.move("state loan", accounts.state_debt_row, accounts.banks, group, loan, 0, row)
        equity_share = (money - loan) / ((1 - self.parameters.investment.debt_share) * capex)
        miners.sponsor[row], miners.state_share[row] = body.row, min(equity_share, 1.0)
        text = f"takes {part:.0%} of {miners.name[row]} ({money / MICROS_PER_MILLION:.0f} US$ m)"
        projects.log("state funding", body.name, text)
        if miners.stage[row] in (Stage.PERMITTED, Stage.CARE_AND_MAINTENANCE):
            projects.commit(row, money, f"funded by {body.name}")
        else:
            relief = min(int(miners.debt[row] * min(1.0, RELIEF * part)), money)
            ledger.pay("refinancing", group, accounts.banks, relief, row, 0)
            ledger.move("refinancing", accounts.debt_row, group, accounts.banks, relief, row, 0)
        self._sign_offtake(body, row)

    def _sign_offtake(self, body: StateBuyer, row: int) -> None:
        projects, miners = self.projects, self.projects.miners
        policy = body.offered(StateOfftake, miners.names_of(row))
        if policy is None:
            return
        building = miners.stage[row] == Stage.CONSTRUCTION
        first = int(miners.ready_step[row]) if building else projects.week_index
        end = first + int(policy.years * WEEKS_PER_YEAR)
        name, floor = f"{body.name} / {miners.name[row]}", policy.floor_usd_per_kg
        contract = OfftakeContract(name, row, int(body.zone), policy.share, first, end, floor=floor)
        projects.contracts.sign(contract, miners)
