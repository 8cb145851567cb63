"""Refiners separate concentrate into oxides and sell them from stock (ODD: Refiner)."""

import math

import numpy as np

from market_abm.agents.population import Agent
from market_abm.core.arithmetic import TINY, between, beyond, helper, ratio
from market_abm.core.columns import Column, Draw
from market_abm.core.rules import rule
from market_abm.core.units import WEEKS_PER_YEAR

PROMPT_DISCOUNT, SLOW_PREMIUM = -0.01, 0.02  # log steps of the two halves of the offer (assumed)
LEAST_TREND, GREATEST_TREND = -0.3, 0.8  # trends beyond these change withholding no further (assumed)
COVER_WEEKS = 4.0  # stock is counted in weeks of usual sales, four at a time
LARGE_COVER = 2.0  # stock above which a smaller part of the cost is accepted [4 weeks] (assumed)
USUAL_WEEKS = 26.0  # span of the averages of a plant's intake, output and sales (assumed)
COST_WEEKS = 8.0  # span of the average of a plant's unit cost (assumed)


@helper
def paid_for_concentrate(worth: float, cost: float, mine_share: float) -> float:
    """Price a plant pays a mine that is not its own [US$/kg REO]: the mine's cost and a part of the surplus.

    Concentrate worth less than it costs to mine is paid what it is worth.

    Parameters
    ----------
    worth : what its oxides fetch, less fee and freight [US$/kg REO].
    cost : cash cost of mining it [US$/kg REO].
    mine_share : part of the surplus that the plant leaves to the mine [1].
    """
    surplus = worth - cost
    return cost + mine_share * surplus if surplus > 0 else worth


class Refiner(Agent):
    """A separation plant."""

    sections = ("refiner",)
    overdraft = True
    sizes = ("operating", "capacity", "usual_intake", "usual_output", "usual_sales", "offered")
    asks = ("prompt_ask", "slow_ask")

    group = Column("-", dtype=object)
    group_index = Column("group index", dtype=np.int64)
    capacity = Column("g/week", low=0)
    fee = Column("US$/kg REO", low=0)
    recovery = Column("1", low=0, high=1)
    takes_light = Column("-", dtype=np.bool_)
    takes_heavy = Column("-", dtype=np.bool_)
    surplus_to_mine = Column("1", low=0, high=1)
    operating = Column("-", dtype=np.bool_)
    owner = Column("miner row or -1", dtype=np.int64)
    corporate = Column("-", dtype=np.bool_)
    capacity_left = Column("1", low=0, high=1)
    unit_cost = Column("US$/kg REO", low=0)
    usual_intake = Column("g REO/week", low=0)
    usual_output = Column("g/week", by_material=True, low=0)
    usual_sales = Column("g/week", by_material=True, low=0)
    offered = Column("g", by_material=True, low=0)
    stock = Column("g", by_material=True, book="mass", low=0)
    cash = Column("micro-US$", book="money")

    prompt_noise = Draw("normal", "asks", by_material=True)
    slow_noise = Draw("normal", "slow asks", by_material=True)

    # -- concentrate -----------------------------------------------------------------------------
    @rule
    def separation_cost(fee, cost_index):
        """Cost of separating a kilogram [US$/kg REO]."""
        return fee * cost_index

    @rule
    def fee_paid(separation_cost, fee_subsidy):
        """Cost of separation less what the state pays of it [US$/kg REO]."""
        return separation_cost * (1.0 - fee_subsidy)

    @rule
    def mine_share(surplus_to_mine):
        """Part of the surplus on concentrate that an outside mine is paid [1]."""
        return surplus_to_mine

    # -- offers ----------------------------------------------------------------------------------
    @rule
    def cover(stock, usual_sales):
        """Unsold stock in four-week units of usual sales [4 weeks], by material.

        Of sales, not of output: else plants whose mines cut back while stocks run out see no shortage.
        """
        return ratio(stock, COVER_WEEKS * usual_sales)

    @rule(over_materials="sum")
    def basket_value(usual_output, anchor_price):
        """Long-run value of the usual output [g/week x US$/kg]."""
        return usual_output * anchor_price

    @rule
    def least_price(
        anchor_price,
        basket_value,
        usual_intake,
        unit_cost,
        cover,
        storage_value,
        finishing_cost,
        other_credit_usd_per_kg,
        floor_slope,
        cost_floor,
    ):
        """Price below which a refiner rather keeps its oxide [US$/kg], by material.

        The joint cost of a basket is shared out by long-run value; large stocks make a seller accept a smaller
        part of it.
        """
        worth = ratio(basket_value, usual_intake) + other_credit_usd_per_kg
        accepted = between(1.0 - floor_slope * (cover - LARGE_COVER), cost_floor[0], cost_floor[1])
        own_cost = unit_cost * (anchor_price / max(worth, TINY)) * accepted
        return max(max(own_cost, storage_value), finishing_cost)

    @rule
    def finishing_cost(fee, cost_index, finishing_share):
        """Cost that an oxide saves by staying in the mixture [US$/kg]: nobody precipitates and burns it for less.

        So cheap lanthanum and cerium are kept back unseparated when they do not pay.
        """
        return finishing_share * fee * cost_index

    @rule
    def storage_value(anchor_price, cover, holding_return):
        """What a kilogram is worth kept for later [US$/kg], by material (Working 1949; Deaton and Laroque 1992).

        Expected is the usual price of the last year and a half; waiting lasts as long as the stock takes to sell
        at the usual pace, and asks a return.
        """
        return anchor_price * math.exp(-holding_return * COVER_WEEKS * cover / WEEKS_PER_YEAR)

    @rule
    def lean(cover, price_trend, dead_band, hoarding_on, cover_slope, target_cover, ask_fall, ask_rise, withholding):
        """Log premium over last week's price that the own stock and the trend suggest [1], by material."""
        of_stock = between(-cover_slope * (cover - target_cover), -ask_fall, ask_rise)
        of_trend = withholding * between(beyond(price_trend, dead_band), LEAST_TREND, GREATEST_TREND) * hoarding_on
        return of_stock + of_trend

    @rule(gives=("limit", "quantity"))
    def prompt_ask(quote, least_price, lean, stock, prompt_noise, ask_noise):
        """Offer one half of the stock at about last week's price: limit [US$/kg] and quantity [g]."""
        limit = quote * math.exp(lean + ask_noise * prompt_noise + PROMPT_DISCOUNT)
        return max(least_price, limit), float(stock // 2)

    @rule(gives=("limit", "quantity"))
    def slow_ask(quote, average_price, least_price, lean, cover, stock, slow_noise, ask_noise, target_cover):
        """Offer the other half towards the usual price of half a year: limit [US$/kg] and quantity [g].

        It leans on that price only as far as stock covers the target: else half of what is left would go at last
        half-year's price until nothing is left.
        """
        of_usual = 0.5 * min(cover / target_cover, 1.0)
        limit = (quote + of_usual * (average_price - quote)) * math.exp(lean + ask_noise * slow_noise + SLOW_PREMIUM)
        return max(least_price, limit), float(stock - stock // 2)

    # -- averages --------------------------------------------------------------------------------
    @rule
    def next_unit_cost(unit_cost, intake, feed_cost, fee_paid):
        """Average cost of oxide made [US$/kg REO].

        intake : concentrate treated [g REO]; feed_cost : what mining it cost [g x US$/kg]; given by the week.
        """
        if intake <= 0:
            return unit_cost
        return unit_cost + (feed_cost / max(intake, 1.0) + fee_paid - unit_cost) / COST_WEEKS

    @rule
    def next_usual_intake(usual_intake, intake):
        """Average intake [g REO/week]; `intake` is given by the week [g REO]."""
        return usual_intake + (intake - usual_intake) / USUAL_WEEKS

    @rule
    def next_usual_output(usual_output, output):
        """Average output [g/week], by material; `output` is given by the week [g]."""
        return usual_output + (output - usual_output) / USUAL_WEEKS

    @rule
    def next_usual_sales(usual_sales, sold):
        """Average sales [g/week], by material; `sold` is given by the week [g]."""
        return usual_sales + (sold - usual_sales) / USUAL_WEEKS
