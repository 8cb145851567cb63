"""Verbs of investment: permits, completion, private funding, restarts, state funding (ODD: Project).

Run once a quarter. Rounds of funding look at all projects together, so they
are verbs of the market and not rules of one agent.
"""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.agents.life import Stage
from market_abm.core.units import MICROS_PER_GRAM_DOLLAR, MICROS_PER_MILLION, WEEKS_PER_YEAR, FloatArray, IntArray
from market_abm.market.contracts import OfftakeContract
from market_abm.market.finance import offered
from market_abm.market.promises import promised
from market_abm.policy import Equity, ExplorationGrant, Loan, StateOfftake

if TYPE_CHECKING:
    from market_abm.agents.population import Population
    from market_abm.agents.state_buyer import StateBuyer
    from market_abm.model import MineralMarket

EXPECTATION = (0.5, 0.25, 0.25)  # weights of 78-week, last and 26-week price in expected price (MODEL 6.3)
LEAST_STAKE = 0.2  # smallest state share of capex worth signing (prototype v3)
LEAD_PENALTY = 0.15  # cost of a year of build time in the ranking (MODEL 6.5)
CANDIDATES = 3  # projects a body looks at in a quarter (prototype v3)


def expected_price(model: "MineralMarket") -> FloatArray:
    """Long-run price expected by investors, partly extrapolated (materials, nodes) [US$/kg]."""
    market, (anchor, last, average) = model.market, EXPECTATION
    expected: FloatArray = anchor * market.anchor + last * market.price + average * market.average
    return expected


def margins(model: "MineralMarket", rate: float) -> tuple[FloatArray, FloatArray]:
    """Expected margin by own plant, promises of states included, and as concentrate seller, per mine [US$/kg REO].

    Parameters
    ----------
    rate : discount rate at which promises that end are weighed [1/year].
    """
    miners, refiners = model.miners, model.refiners
    price, credit = expected_price(model), model.scenario.parameters.refiner.other_credit_usd_per_kg
    plant = np.maximum(miners.plant, 0)
    has_plant = miners.plant >= 0
    zone = np.where(has_plant, refiners.zone[plant], miners.zone) if refiners.size else miners.zone
    recovery = np.where(has_plant, refiners.recovery[plant], 0.0) if refiners.size else np.zeros(miners.size)
    value = (miners.basket * price[:, zone]).sum(axis=0) * recovery + credit + promised(model, price, rate)
    full = miners.cash_cost + miners.home_fee
    home = np.where(has_plant, value - full, -np.inf)
    # What an outside plant pays moves with the expected over the last price of the lead material.
    lead, zone_of = model.market.lead, miners.zone
    outlook = price[lead, zone_of] / model.market.price[lead, zone_of]
    outside = np.where(miners.outside_value > 0, miners.outside_value * outlook - miners.cash_cost, -np.inf)
    return home, outside


def net_present_value(model: "MineralMarket", margin: FloatArray, rate: float) -> FloatArray:
    """Value of a margin over a project's life, discounted to today [micro-US$], per mine."""
    miners, years = model.miners, model.scenario.parameters.investment.horizon_years
    annuity = (1 - np.exp(-rate * years)) / rate
    wait = np.where(miners.stage == Stage.OPERATING, 0.0, miners.lead_years)
    yearly = margin * miners.capacity * WEEKS_PER_YEAR * MICROS_PER_GRAM_DOLLAR
    worth: FloatArray = np.where(np.isfinite(yearly), yearly, -1e30) * annuity * np.exp(-rate * wait)
    return worth


def invest(model: "MineralMarket") -> None:
    """Complete, permit, fund privately and restart."""
    complete(model)
    miners, rules = model.miners, model.scenario.parameters.investment
    market, lead = model.market, model.market.lead
    node = market.export_nodes[miners.zone]
    hype = np.clip(np.log(market.price[lead, node] / market.anchor[lead, node]), 0.0, 1.0)
    home, outside = margins(model, rules.private_discount)
    best = np.maximum(home, outside)
    luck = miners.uniform("permit"), miners.uniform("funding")
    permitted = (miners.stage == Stage.RESOURCE) & (luck[0] < miners.permit_chance)
    for row in np.flatnonzero(permitted):
        model.move_project(int(row), Stage.PERMITTED, "permit")
    value = net_present_value(model, best, rules.private_discount)
    ripe = (miners.stage == Stage.PERMITTED) & (miners.accessible_step <= model.week_index)
    funded = ripe & (value > rules.hurdle * miners.capex) & (luck[1] < rules.funding_chance + rules.boom_funding * hype)
    for row in np.flatnonzero(funded):
        commit(model, int(row), 0.0, "private funding")
    _restart(model, home, outside)


def complete(model: "MineralMarket") -> None:
    """Start the projects whose construction is over."""
    miners = model.miners
    for row in np.flatnonzero((miners.stage == Stage.CONSTRUCTION) & (miners.ready_step <= model.week_index)):
        if miners.plant[row] >= 0:
            model.refiners.operating[miners.plant[row]] = True
        capital = int(model.scenario.parameters.investment.working_capital * miners.capex[row])
        model.ledger.pay("working capital", model.owners, model.group_of(miners), capital, 0, int(row))
        miners.utilisation[row], miners.ramp[row] = 0.9, 0.0
        model.move_project(int(row), Stage.OPERATING, "construction over")


def commit(model: "MineralMarket", row: int, state_part: float, why: str) -> None:
    """Take the investment decision: money is raised and spent, construction begins."""
    miners, ledger, rules = model.miners, model.ledger, model.scenario.parameters.investment
    group, capex = model.group_of(miners), int(miners.capex[row])
    private = capex - int(state_part * capex)
    borrowed = 0 if miners.corporate[row] else int(rules.debt_share * private)  # corporate owners pay from their purse
    ledger.pay("project equity", model.owners, group, private - borrowed, 0, row)
    ledger.pay("project debt", model.banks, group, borrowed, 0, row)
    ledger.move("project debt", model.debt_row, model.banks, group, borrowed, 0, row)
    ledger.pay("construction", group, model.suppliers, capex, row, 0)
    low, high = rules.build_spread
    spread = low + (high - low) * float(miners.agents[row].uniform("build time"))
    miners.ready_step[row] = model.week_index + int(miners.lead_years[row] * WEEKS_PER_YEAR * spread)
    model.move_project(row, Stage.CONSTRUCTION, why)


def _restart(model: "MineralMarket", home: FloatArray, outside: FloatArray) -> None:
    """A closed mine comes back after some good quarters, without its old debt."""
    miners, rules = model.miners, model.scenario.parameters.investment
    closed = miners.stage == Stage.CARE_AND_MAINTENANCE
    full = miners.cash_cost + miners.home_fee
    good = (home > rules.restart_margin * full) | (outside > rules.restart_margin * miners.cash_cost)
    miners.good_quarters[:] = np.where(closed & good, miners.good_quarters + 1, 0)
    for row in np.flatnonzero(closed & (miners.good_quarters >= rules.restart_quarters)):
        miners.good_quarters[row] = 0
        miners.ready_step[row] = model.week_index + rules.restart_weeks
        model.move_project(int(row), Stage.CONSTRUCTION, "restart")


def fund_projects(model: "MineralMarket") -> None:
    """Every state body votes, explores and funds at most one project."""
    for body in model.state_buyers.agents if model.state_buyers.size else []:
        _vote(model, body)
        _explore(model, body)
        least = model.scenario.parameters.investment.least_budget_musd * MICROS_PER_MILLION
        if model.week_index >= body.funds_from_step and body.cash > least:
            _fund_one(model, body)


def _vote(model: "MineralMarket", body: "StateBuyer") -> None:
    """Parliament gives money once, when dependence and fear are both high."""
    terms = model.scenario.state_buyer[body.name].vote
    if terms is None or body.voted or model.today < terms.not_before:
        return
    own = model.manufacturers.risk[model.manufacturers.rows_in(int(body.zone))]
    fear = float(own.mean()) if own.size else 0.0
    dependence = float(model.market.dependence[model.market.lead, body.zone])
    if dependence > terms.dependence_above and fear > terms.risk_above:
        body.voted = True
        body.funds_from_step = model.week_index + int(terms.delay_weeks)
        money = int(terms.musd * MICROS_PER_MILLION)
        model.ledger.pay("budget", model.treasury, model.group_of(model.state_buyers), money, int(body.zone), body.row)
        model.log("vote", body.name, f"is voted {terms.musd:.0f} US$ m at risk {fear:.2f}, dependence {dependence:.2f}")


def _explore(model: "MineralMarket", body: "StateBuyer") -> None:
    """Grants pay for exploration; each full cost of a permit brings one resource forward."""
    for policy in body.held(ExplorationGrant):
        luck = model.miners.uniform("exploration")
        rows = _resources_abroad(model, body)
        if not rows.size:
            continue
        money = min(policy.musd_per_year / 4, max(float(body.cash), 0.0) / MICROS_PER_MILLION)
        bodies = model.group_of(model.state_buyers)
        model.ledger.pay("exploration", bodies, model.suppliers, int(money * MICROS_PER_MILLION), body.row, 0)
        body.exploration_paid = body.exploration_paid + money
        while body.exploration_paid >= policy.musd_per_permit and rows.size:
            body.exploration_paid = body.exploration_paid - policy.musd_per_permit
            model.move_project(int(rows[np.argmin(luck[rows])]), Stage.PERMITTED, f"exploration paid by {body.name}")
            rows = _resources_abroad(model, body)


def _resources_abroad(model: "MineralMarket", body: "StateBuyer") -> IntArray:
    """Rows of the resources outside a body's own zone that wait for a permit."""
    return np.flatnonzero((model.miners.stage == Stage.RESOURCE) & (model.miners.zone != body.zone))


def _fund_one(model: "MineralMarket", body: "StateBuyer") -> None:
    """Fund the cheapest supply outside gated zones that is worth it at the state's cost of capital."""
    miners, rules = model.miners, model.scenario.parameters.investment
    price = expected_price(model)
    zone = model.refiners.zone[np.maximum(miners.plant, 0)] if model.refiners.size else miners.zone
    worth = miners.capacity * WEEKS_PER_YEAR * (miners.basket * price[:, zone]).sum(axis=0)
    stages = (Stage.PERMITTED, Stage.CONSTRUCTION, Stage.OPERATING, Stage.CARE_AND_MAINTENANCE)
    allowed = ~miners.corporate & (miners.sponsor < 0) & np.isin(miners.stage, stages) & (miners.capex > 0)
    allowed &= (
        ~model.market.is_gated()[miners.zone] & (miners.plant >= 0) & (miners.accessible_step <= model.week_index)
    )
    allowed &= np.array([_has_offer(body, miners, row) for row in range(miners.size)], dtype=bool)
    if not allowed.any():
        return
    score = np.where(allowed, miners.capex * (1 + LEAD_PENALTY * miners.lead_years) / np.maximum(worth, 1.0), np.inf)
    value = net_present_value(model, margins(model, rules.state_discount)[0], rules.state_discount)
    for row in np.argsort(score, kind="stable")[:CANDIDATES]:
        loan, stake = offered(body, Loan, miners, int(row)), offered(body, Equity, miners, int(row))
        lent = loan.share * rules.debt_share if loan else 0.0
        cap = lent + (stake.cap * (1 - rules.debt_share) if stake else 0.0)
        part = min(cap, float(body.cash) / max(float(miners.capex[row]), 1.0))
        if np.isfinite(score[row]) and part >= LEAST_STAKE and value[row] >= rules.state_hurdle * miners.capex[row]:
            _support(model, body, int(row), part, lent / cap)
            return


def _has_offer(body: "StateBuyer", miners: "Population", row: int) -> bool:
    return any(offered(body, kind, miners, row) is not None for kind in (Equity, Loan))


def _support(model: "MineralMarket", body: "StateBuyer", row: int, part: float, lent: float) -> None:
    """Pay in equity and loan, sign the offtake, and get construction under way."""
    miners, ledger = model.miners, model.ledger
    bodies, group = model.group_of(model.state_buyers), model.group_of(miners)
    money = int(part * miners.capex[row])
    loan = int(lent * money)
    ledger.pay("state equity", bodies, group, money - loan, body.row, row)
    ledger.pay("state loan", bodies, group, loan, body.row, row)
    ledger.move("state loan", model.state_debt_row, model.banks, group, loan, 0, row)
    equity_share = (money - loan) / ((1 - model.scenario.parameters.investment.debt_share) * float(miners.capex[row]))
    miners.sponsor[row], miners.state_share[row] = body.row, min(equity_share, 1.0)
    model.log(
        "state funding", body.name, f"takes {part:.0%} of {miners.name[row]} ({money / MICROS_PER_MILLION:.0f} US$ m)"
    )
    if miners.stage[row] in (Stage.PERMITTED, Stage.CARE_AND_MAINTENANCE):
        commit(model, row, part, f"funded by {body.name}")
    else:
        relief = min(int(miners.debt[row] * min(1.0, 2 * part)), money)
        ledger.pay("refinancing", group, model.banks, relief, row, 0)
        ledger.move("refinancing", model.debt_row, group, model.banks, relief, row, 0)
    building = miners.stage[row] == Stage.CONSTRUCTION
    first = int(miners.ready_step[row]) if building else model.week_index
    policy = offered(body, StateOfftake, miners, row)
    if policy is not None:
        contract = OfftakeContract(
            f"{body.name} / {miners.name[row]}",
            row,
            int(body.zone),
            policy.share,
            first,
            first + int(policy.years * WEEKS_PER_YEAR),
            floor=policy.floor_usd_per_kg,
        )
        model.contracts.sign(contract)
