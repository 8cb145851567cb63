"""Miners dig ore into concentrate, choose their output, build and come back (ODD: Miner, Project).

`Miner` is a licensed mine, private or state-owned, with the project around it.
"""

import math

import numpy as np

from market_abm.agents.life import Stage
from market_abm.agents.population import Agent
from market_abm.core.arithmetic import TINY, between, helper
from market_abm.core.columns import Column, Draw
from market_abm.core.rules import rule
from market_abm.core.units import MICROS_PER_GRAM_DOLLAR, WEEKS_PER_YEAR

NO_PLANT = -1
NOWHERE = -1e9  # value of concentrate that cannot be delivered [US$/kg REO]
LEAST_RESERVE = 0.05  # share of the reserve below which cost rises no further (assumed)
FULL = 0.95  # utilisation at which a quota-bound mine expands (assumed)
GREATEST_OVERRUN = 0.3  # output over the quota that is tolerated at most, as a share of it (assumed)
OVERRUN_MARGIN = 1.5  # revenue over cost at which overruns begin (assumed)
LARGE_STOCK, LEAST_OUTPUT = 2.0, 0.25  # unsold stock that curbs output [4 weeks], share of output kept (assumed)
ANCHOR_WEIGHT, LAST_WEIGHT, AVERAGE_WEIGHT = 0.5, 0.25, 0.25  # of 78-week, last, 26-week price in expectation (assumed)
WORTHLESS = -1e30  # value of a project that cannot deliver [micro-US$]
PAYING_CASH = 0.1  # cash over building cost at which a project pays its state loan (assumed)
NO_SPONSOR = -1
RESOURCE, PERMITTED, CONSTRUCTION, OPERATING, CARE = (
    int(Stage.RESOURCE),
    int(Stage.PERMITTED),
    int(Stage.CONSTRUCTION),
    int(Stage.OPERATING),
    int(Stage.CARE_AND_MAINTENANCE),
)


@helper
def present_value(
    margin: float, rate: float, capacity: float, stage: int, lead_years: float, horizon_years: float
) -> float:
    """Value of a margin over a project's life, discounted to today [micro-US$].

    Parameters
    ----------
    margin : [US$/kg REO]; infinite where nothing can be delivered.
    rate : discount rate [1/year].
    capacity : [g/week].
    lead_years, horizon_years : time to build and life [year].
    """
    annuity = (1.0 - math.exp(-rate * horizon_years)) / rate
    wait = 0.0 if stage == OPERATING else lead_years
    yearly = margin * capacity * WEEKS_PER_YEAR * MICROS_PER_GRAM_DOLLAR
    return (yearly if math.isfinite(yearly) else WORTHLESS) * annuity * math.exp(-rate * wait)


class Miner(Agent):
    """A mine and the project around it."""

    sections = ("miner", "investment")
    overdraft = True
    sizes = ("capacity", "capex", "utilisation", "ramp", "reserve", "start_reserve", "permit_chance", "good_quarters")

    group = Column("-", dtype=object)
    deposit = Column("deposit index", dtype=np.int64)
    heavy = Column("-", dtype=np.bool_)
    basket = Column("1", by_material=True, low=0, high=1)
    capacity = Column("g/week", low=0)
    scale = Column("1", low=0)
    start_cost = Column("US$/kg REO", low=0)
    concentrate_cost_share = Column("1", low=0, high=1)
    avoidable_cost_share = Column("1", low=0)
    under_quota = Column("-", dtype=np.bool_)
    corporate = Column("-", dtype=np.bool_)
    reserve = Column("g", dtype=np.int64, low=0)
    start_reserve = Column("g", low=0)
    plant = Column("refiner row or -1", dtype=np.int64)
    plant_zone = Column("zone index", dtype=np.int64)
    plant_recovery = Column("1", low=0, high=1)
    plant_running = Column("-", dtype=np.bool_)
    stage = Column("stage index", dtype=np.int64, low=0, high=5)
    utilisation = Column("1", low=0, high=1)
    ramp = Column("1", low=0, high=1)
    outage_left = Column("1", low=0, high=1)
    home_value = Column("US$/kg REO")
    outside_value = Column("US$/kg REO")
    cash_cost = Column("US$/kg REO", low=0)
    home_fee = Column("US$/kg REO", low=0)
    unsold = Column("4 weeks", low=0)
    tied = Column("-", dtype=np.bool_)
    capex = Column("micro-US$", low=0)
    lead_years = Column("year", low=0)
    ready_step = Column("week", dtype=np.int64)
    accessible_step = Column("week", dtype=np.int64)
    permit_chance = Column("1/quarter", low=0, high=1)
    good_quarters = Column("quarter", dtype=np.int64, low=0)
    sponsor = Column("state buyer row or -1", dtype=np.int64)
    state_share = Column("1", low=0, high=1)
    concentrate = Column("g", book="concentrate", low=0)
    cash = Column("micro-US$", book="money")
    debt = Column("micro-US$", book="debt", low=0)
    state_debt = Column("micro-US$", book="state_debt", low=0)

    permit_luck = Draw("uniform", "permit")
    funding_luck = Draw("uniform", "funding")
    exploration_luck = Draw("uniform", "exploration")
    build_luck = Draw("uniform", "build time")

    # -- cost ------------------------------------------------------------------------------------
    @rule
    def charge(mining_charge):
        """Resource tax and environmental charge on legal mines, as a share of cost [1]."""
        return mining_charge

    @rule
    def mining_cost(concentrate_cost_share, full_cost):
        """The part of the cost that falls before separation [US$/kg REO]."""
        return concentrate_cost_share * full_cost

    @rule
    def full_cost(start_cost, cost_index, charge, reserve, start_reserve, depletion):
        """Cash cost up to separated oxide [US$/kg REO], charges included; it rises as the reserve is mined."""
        deeper = 1.0
        if start_reserve > 0:
            deeper = math.exp(-depletion * math.log(max(reserve / start_reserve, LEAST_RESERVE)))
        return start_cost * cost_index * (1.0 + charge) * deeper

    # -- route -----------------------------------------------------------------------------------
    @rule(dtype=np.bool_)
    def goes_home(plant, plant_running, tied, home_value, outside_value):
        """Whether concentrate goes to the own plant: it pays better there, or a contract obliges."""
        return plant != NO_PLANT and plant_running and (tied or home_value >= outside_value)

    @rule
    def revenue_over_cost(goes_home, home_value, home_fee, outside_value, cash_cost):
        """Revenue over cost on the better route [1]."""
        if goes_home:
            return (home_value + home_fee) / max(cash_cost + home_fee, TINY)
        return outside_value / max(cash_cost, TINY)

    # -- output ----------------------------------------------------------------------------------
    @rule(dtype=np.bool_)
    def responds_fast(under_quota):
        """Whether output follows the margin at the faster speed."""
        return under_quota

    @rule
    def next_utilisation(
        utilisation,
        revenue_over_cost,
        avoidable_cost_share,
        unsold,
        responds_fast,
        shutdown_ratio,
        utilisation_band,
        stock_curb,
        response,
        response_home,
    ):
        """Utilisation after this week's step towards what pays [1].

        Unsold oxide curbs output; a by-product mine stops only when revenue does not cover its avoidable cost.
        """
        margin = revenue_over_cost / avoidable_cost_share
        wanted = between((margin - shutdown_ratio) / utilisation_band, 0.0, 1.0)
        wanted = wanted * between(1.0 - stock_curb * (unsold - LARGE_STOCK), LEAST_OUTPUT, 1.0)
        speed = response_home if responds_fast else response
        return between(utilisation + speed * (wanted - utilisation), 0.0, 1.0)

    @rule
    def next_ramp(ramp, stage, ramp_weeks):
        """Ramp-up after this week [1]; a mine that does not operate starts again from nothing."""
        return min(ramp + 1.0 / ramp_weeks, 1.0) if stage == OPERATING else 0.0

    @rule
    def next_scale(scale, under_quota, utilisation, stage, expansion):
        """Capacity over start capacity [1]: quota-bound mines expand while they run full."""
        if under_quota and utilisation > FULL and stage == OPERATING:
            return scale * math.exp(expansion / WEEKS_PER_YEAR)
        return scale

    @rule
    def capacity_left(outage_left):
        """Share of capacity that no outage has taken [1]."""
        return outage_left

    @rule
    def possible_output(
        stage, capacity, next_scale, next_ramp, next_utilisation, capacity_left, reserve, start_reserve
    ):
        """Output chosen this week before any quota [g/week], within what is left in the ground."""
        if stage != OPERATING:
            return 0.0
        chosen = capacity * next_scale * next_ramp * next_utilisation * capacity_left
        return min(chosen, float(reserve)) if start_reserve > 0 else chosen

    @rule
    def overrun(quota_margin, overrun_response):
        """Output over the quota that a mine dares and its authority tolerates, as a share of the quota [1].

        quota_margin : revenue over cost of the mines under the same quota, by capacity [1]; given by the week.
        """
        return min(GREATEST_OVERRUN, overrun_response * max(quota_margin - OVERRUN_MARGIN, 0.0))

    # -- expectations of an investor -------------------------------------------------------------
    @rule
    def expected_price(plant_anchor_price, plant_price, plant_average_price):
        """Long-run price expected at the own plant [US$/kg], by material, partly extrapolated."""
        return ANCHOR_WEIGHT * plant_anchor_price + LAST_WEIGHT * plant_price + AVERAGE_WEIGHT * plant_average_price

    @rule(over_materials="sum")
    def basket_worth(basket, expected_price):
        """Value of a kilogram of contained oxide at expected prices [US$/kg REO]."""
        return basket * expected_price

    @rule
    def home_margin(plant, basket_worth, plant_recovery, other_credit, promise, cash_cost, home_fee):
        """Expected margin by the own plant [US$/kg REO]; promise : what states promised [US$/kg REO]."""
        if plant == NO_PLANT:
            return -math.inf
        return basket_worth * plant_recovery + other_credit + promise - (cash_cost + home_fee)

    @rule
    def outside_margin(outside_value, lead_price, lead_anchor_price, lead_average_price, cash_cost):
        """Expected margin as a seller of concentrate [US$/kg REO].

        What an outside plant pays moves with the expected over the last price of the lead material.
        """
        if outside_value <= 0:
            return -math.inf
        expected = ANCHOR_WEIGHT * lead_anchor_price + LAST_WEIGHT * lead_price + AVERAGE_WEIGHT * lead_average_price
        return outside_value * (expected / lead_price) - cash_cost

    @rule
    def best_margin(home_margin, outside_margin):
        """Expected margin on the better route [US$/kg REO]."""
        return max(home_margin, outside_margin)

    @rule
    def state_value(home_margin, state_discount, capacity, stage, lead_years, horizon_years):
        """Value of the project with its own plant at the state's cost of capital [micro-US$]."""
        return present_value(home_margin, state_discount, capacity, stage, lead_years, horizon_years)

    @rule
    def yearly_worth(capacity, basket_worth):
        """Output of a year at full capacity and expected prices [g x US$/kg]."""
        return capacity * WEEKS_PER_YEAR * basket_worth

    # -- decisions of an investor ----------------------------------------------------------------
    @rule(dtype=np.bool_)
    def gets_permit(stage, permit_luck, permit_chance):
        """Whether a resource gets its permit this quarter."""
        return stage == RESOURCE and permit_luck < permit_chance

    @rule
    def private_value(best_margin, private_discount, capacity, stage, lead_years, horizon_years):
        """Value of the project to a private investor [micro-US$]."""
        return present_value(best_margin, private_discount, capacity, stage, lead_years, horizon_years)

    @rule(dtype=np.bool_)
    def is_funded(
        stage,
        accessible_step,
        week_index,
        private_value,
        capex,
        hype,
        funding_luck,
        hurdle,
        funding_chance,
        boom_funding,
    ):
        """Whether private money commits to the project this quarter."""
        ripe = stage == PERMITTED and accessible_step <= week_index
        return ripe and private_value > hurdle * capex and funding_luck < funding_chance + boom_funding * hype

    @rule
    def hype(lead_gate_price, lead_gate_anchor_price):
        """Log rise of the lead material's price abroad over its 78-week average [1], between 0 and 1."""
        return between(math.log(lead_gate_price / lead_gate_anchor_price), 0.0, 1.0)

    @rule(dtype=np.int64)
    def next_good_quarters(stage, good_quarters, home_margin, outside_margin, cash_cost, home_fee, restart_margin):
        """Quarters in a row in which a closed mine would have earned well."""
        good = home_margin > restart_margin * (cash_cost + home_fee) or outside_margin > restart_margin * cash_cost
        return good_quarters + 1 if stage == CARE and good else 0

    @rule(dtype=np.bool_)
    def restarts(stage, good_quarters, restart_quarters):
        """Whether a closed mine comes back, without its old debt."""
        return stage == CARE and good_quarters >= restart_quarters

    @rule(dtype=np.bool_)
    def is_built(stage, ready_step, week_index):
        """Whether construction is over."""
        return stage == CONSTRUCTION and ready_step <= week_index

    @rule(dtype=np.int64)
    def build_weeks(lead_years, build_luck, build_spread):
        """Weeks that construction takes, longer or shorter than planned."""
        return int(lead_years * WEEKS_PER_YEAR * (build_spread[0] + (build_spread[1] - build_spread[0]) * build_luck))

    @rule
    def borrowed(corporate, private_part, debt_share):
        """Private debt taken up to build [micro-US$]; corporate owners pay from their purse.

        private_part : building cost that no state pays [micro-US$], given.
        """
        return 0.0 if corporate else debt_share * private_part

    @rule
    def first_cash(capex, working_capital):
        """Cash that owners pay in when a mine opens [micro-US$]."""
        return working_capital * capex

    @rule(dtype=np.bool_)
    def seeks_state_money(corporate, sponsor, stage, capex, plant, accessible_step, week_index):
        """Whether a state body may take a part of the project."""
        ready = stage in (PERMITTED, CONSTRUCTION, OPERATING, CARE)
        open_to = not corporate and sponsor == NO_SPONSOR and plant != NO_PLANT
        return ready and open_to and capex > 0 and accessible_step <= week_index

    # -- money -----------------------------------------------------------------------------------
    @rule
    def care_cost(corporate, stage, capex, care_cost_share):
        """Care and fixed cost of a project [micro-US$/week]."""
        if corporate or stage not in (OPERATING, CARE):
            return 0.0
        return care_cost_share * capex / WEEKS_PER_YEAR

    @rule
    def interest_due(corporate, stage, debt, interest):
        """Interest on private debt this week [micro-US$]."""
        return debt * (interest / WEEKS_PER_YEAR) if not corporate and stage == OPERATING else 0.0

    @rule
    def repayment_due(corporate, stage, debt, amortisation):
        """Repayment of private debt this week [micro-US$]."""
        return debt * (amortisation / WEEKS_PER_YEAR) if not corporate and stage == OPERATING else 0.0

    @rule
    def dividend(corporate, stage, cash, capex, payout, payout_above):
        """Dividend of this week [micro-US$], out of cash above a part of the building cost."""
        if corporate or stage != OPERATING:
            return 0.0
        return payout * max(cash - payout_above * capex, 0.0)

    @rule(dtype=np.bool_)
    def serves_state_loan(corporate, stage, sponsor, cash, capex):
        """Whether the project pays what it owes a state body this week: only out of plenty."""
        return not corporate and stage == OPERATING and sponsor != NO_SPONSOR and cash > PAYING_CASH * capex

    @rule
    def state_interest_due(serves_state_loan, state_debt, loan_interest):
        """Interest on the state loan this week [micro-US$]; loan_interest : of its terms [1/year], given."""
        return state_debt * (loan_interest / WEEKS_PER_YEAR) if serves_state_loan else 0.0

    @rule
    def state_repayment_due(serves_state_loan, state_debt, loan_amortisation):
        """Repayment of the state loan this week [micro-US$]; loan_amortisation : of its terms [1/year], given."""
        return state_debt * (loan_amortisation / WEEKS_PER_YEAR) if serves_state_loan else 0.0

    @rule(dtype=np.bool_)
    def is_out_of_cash(corporate, stage, cash):
        """Whether the project cannot pay what it owes, so that its creditors close it."""
        return not corporate and stage == OPERATING and cash < 0
