"""Speculators trade a material for its price alone: chartists, fundamentalists, or out (ODD: Speculator).

Each week a trader may reconsider its strategy; the better a strategy has paid, the more choose it (Brock and
Hommes 1998). Traders with credit borrow on the metal they hold and are sold out when the loan outgrows it.
Nobody likes to sell at a loss.
"""

import math

import numpy as np

from market_abm.agents.population import Agent
from market_abm.core.arithmetic import between, ratio
from market_abm.core.columns import Column, Draw
from market_abm.core.rules import rule
from market_abm.core.units import LEAST_PRICE, MICROS_PER_GRAM_DOLLAR

OUT, CHARTIST, FUNDAMENTALIST = 0, 1, 2
HORIZON_WEEKS = 13.0  # horizon of expectations, and weeks over which strategy profits are counted (assumed)
BUY_STEP, SELL_STEP, STEP_SLOPE, LEAST_SELL = 0.02, -0.03, 0.1, -0.08  # log limits (assumed)


class Speculator(Agent):
    """A trader of one material in one zone; what rules read by material is that of the own one."""

    sections = ("speculator",)
    sizes = ("start_capital", "paid", "strategy")
    bids = ("purchase",)
    asks = ("sale",)

    group = Column("-", dtype=object)
    material = Column("material index", dtype=np.int64)
    gain = Column("1", low=0)
    memory = Column("week", dtype=np.int64, low=1)
    credit = Column("1", low=0, high=1)
    start_capital = Column("US$", low=0)
    strategy = Column("strategy index", dtype=np.int64, low=0, high=2)
    paid = Column("US$/kg", low=0)
    own_move = Column("1")
    gate_move = Column("1")
    lead_move = Column("1")
    stock = Column("g", by_material=True, book="mass", low=0)
    cash = Column("micro-US$", book="money")

    quote_noise = Draw("normal", "trader quotes")
    reconsider_luck = Draw("uniform", "reconsider")
    choice_luck = Draw("uniform", "choose strategy")

    # -- position --------------------------------------------------------------------------------
    @rule
    def stock_value(stock, price):
        """Value of the metal held at last week's price [micro-US$]."""
        return stock * price * MICROS_PER_GRAM_DOLLAR

    @rule
    def purse(cash, credit, stock_value):
        """Money that can be spent [micro-US$]: cash, and what the lender gives on the metal held."""
        return max(cash + credit * stock_value, 0.0)

    @rule(dtype=np.bool_)
    def called(cash, stock_value, margin_call):
        """Whether the lender calls: the loan has outgrown its share of the stock's value."""
        return cash < 0 and -cash > margin_call * stock_value

    # -- expectations ----------------------------------------------------------------------------
    @rule
    def trend_seen(own_move, gate_move, lead_move, memory, attention, kinship, trend_threshold):
        """Log move a week over the own memory [1/week]: the export price and the lead material count too."""
        move = own_move + attention * (gate_move - own_move)
        move = move + kinship * (lead_move - move)
        return move / memory if abs(move) > trend_threshold else 0.0

    @rule
    def expected_return(strategy, trend_seen, gain, price, anchor_price, reversion, round_trip_cost):
        """Expected log return over 13 weeks, net of the cost of a round trip [1]; -1 for a trader who is out."""
        if strategy == CHARTIST:
            return gain * trend_seen * HORIZON_WEEKS - round_trip_cost
        if strategy == FUNDAMENTALIST:
            return reversion * math.log(anchor_price / price) - round_trip_cost
        return -1.0

    # -- orders ----------------------------------------------------------------------------------
    @rule
    def wanted_change(expected_return, stock, stock_value, cash, credit, called, price, full_position, aggressiveness):
        """Change of the stock wanted this week [g]; a trader whose loan is called sells down to the loan limit."""
        per_gram = price * MICROS_PER_GRAM_DOLLAR
        equity = cash + stock_value
        if called:
            to_limit = (-cash - credit * stock_value) / ((1.0 - credit) * per_gram)
            return -between(to_limit, 0.0, stock) if equity > 0 else -float(stock)
        commitment = between(expected_return / full_position, 0.0, 1.0)
        wanted = commitment * max(equity, 0.0) / (1.0 - credit) / per_gram
        return (wanted - stock) * aggressiveness

    @rule(gives=("limit", "quantity"))
    def purchase(quote, wanted_change, expected_return, purse, quote_noise, price_noise, greatest_rise):
        """Bid for no more than the purse pays at the limit, so that credit is never overdrawn.

        Returns
        -------
        limit [US$/kg] and quantity [g].
        """
        limit = quote * math.exp(
            between(BUY_STEP + STEP_SLOPE * expected_return, 0.0, greatest_rise) + price_noise * quote_noise
        )
        return limit, min(max(wanted_change, 0.0), purse / (max(limit, LEAST_PRICE) * MICROS_PER_GRAM_DOLLAR))

    @rule(gives=("limit", "quantity"))
    def sale(
        quote, wanted_change, expected_return, stock, called, reluctance, quote_noise, price_noise, forced_discount
    ):
        """Offer what is to be sold: limit [US$/kg] and quantity [g]; a called loan sells at a discount."""
        step = between(SELL_STEP + STEP_SLOPE * expected_return, LEAST_SELL, 0.0) + reluctance
        if called:
            step = -forced_discount
        return quote * math.exp(step + price_noise * quote_noise), min(max(-wanted_change, 0.0), float(stock))

    @rule
    def reluctance(stock, paid, price, loss_aversion):
        """Log premium asked on metal that would be sold at a loss (disposition effect: Shefrin and Statman 1985)."""
        return loss_aversion * math.log(max(paid, price) / price) if stock > 0 else 0.0

    # -- learning --------------------------------------------------------------------------------
    @rule
    def next_paid(paid, stock, price, bought):
        """Average price paid for the metal held [US$/kg] after this week's purchases.

        bought : purchases at this week's price, already in stock [g], given by the exchange.
        """
        return paid + ratio(bought, stock) * (price - paid) if stock > 0 else 0.0

    @rule(dtype=np.int64)
    def next_strategy(
        strategy,
        reconsider_luck,
        choice_luck,
        chartist_profit,
        fundamentalist_profit,
        outside_utility,
        choice_intensity,
        revision,
    ):
        """Strategy after this week's reconsideration: discrete choice by what strategies paid over 13 weeks."""
        if reconsider_luck >= revision:
            return strategy
        out = choice_intensity * outside_utility
        chart = choice_intensity * HORIZON_WEEKS * chartist_profit
        value = choice_intensity * HORIZON_WEEKS * fundamentalist_profit
        best = max(out, max(chart, value))
        weight_out, weight_chart = math.exp(out - best), math.exp(chart - best)
        total = weight_out + weight_chart + math.exp(value - best)
        if choice_luck < weight_out / total:
            return OUT
        return CHARTIST if choice_luck < (weight_out + weight_chart) / total else FUNDAMENTALIST
