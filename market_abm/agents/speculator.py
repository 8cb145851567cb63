"""Speculators trade a material for its price alone: chartists, fundamentalists, or out (ODD: Speculator).

Each week a trader may reconsider its strategy; the better a strategy has paid,
the more choose it (Brock and Hommes 1998). Traders with credit borrow on the
metal they hold and are sold out when the loan outgrows it. Nobody likes to sell
at a loss.
"""

import numpy as np

from market_abm.agents.arithmetic import between, ratio
from market_abm.agents.column import Column
from market_abm.agents.population import Agent, rule, rule_of_each
from market_abm.core.units import MICROS_PER_GRAM_DOLLAR, Values
from market_abm.scenario.parameters import SpeculatorParameters

OUT, CHARTIST, FUNDAMENTALIST = 0, 1, 2
HORIZON_WEEKS = 13.0  # horizon of expectations (MODEL 6.2)
BUY_STEP, SELL_STEP, STEP_SLOPE, LEAST_SELL = 0.02, -0.03, 0.1, -0.08  # log limits (MODEL 6.2)


class Speculator(Agent):
    """A trader of one material in one zone."""

    group = Column("-", dtype=object)
    material = Column("material index", dtype=np.int64)
    gain = Column("1", low=0)
    memory = Column("week", dtype=np.int64, low=1)
    credit = Column("1", low=0, high=1)
    start_capital = Column("US$", low=0)
    strategy = Column("strategy index", dtype=np.int64, low=0, high=2)
    paid = Column("US$/kg", low=0)
    stock = Column("g", by_material=True, book="mass", low=0)
    cash = Column("micro-US$", book="money")

    @property
    def parameters(self) -> SpeculatorParameters:
        """Numbers of the rules below."""
        return self.population.model.scenario.parameters.speculator

    @rule
    def held(self) -> Values:
        """Metal held [g]; only the own material is ever held."""
        return self.stock.sum(axis=0)

    @rule
    def stock_value(self) -> Values:
        """Value of the metal held at last week's price [micro-US$]."""
        return self.held() * self.market.price[self.material, self.zone] * MICROS_PER_GRAM_DOLLAR

    @rule
    def expected_return(self) -> Values:
        """Expected log return over 13 weeks, net of the cost of a round trip [1]."""
        rules, market = self.parameters, self.market
        price = market.price[self.material, self.zone]
        own = np.log(price) - market.past[-1 - self.memory, self.material, self.zone]
        gate = market.export_nodes[self.zone]
        abroad = np.log(market.price[self.material, gate]) - market.past[-1 - self.memory, self.material, gate]
        lead = np.log(market.price[market.lead, gate]) - market.past[-1 - self.memory, market.lead, gate]
        move = own + market.attention * (abroad - own)
        move = move + market.kinship * (lead - move)
        trend = np.where(np.abs(move) > rules.trend_threshold, move, 0.0) / self.memory
        chart = self.gain * trend * HORIZON_WEEKS - rules.round_trip_cost
        gap = np.log(market.anchor[self.material, self.zone] / price)
        fundamental = rules.reversion * gap - rules.round_trip_cost
        return np.where(self.strategy == CHARTIST, chart, np.where(self.strategy == FUNDAMENTALIST, fundamental, -1.0))

    @rule
    def called(self) -> Values:
        """Whether the lender calls: the loan has outgrown its share of the stock's value."""
        return (self.cash < 0) & (-self.cash > self.parameters.margin_call * self.stock_value())

    @rule
    def orders(self) -> tuple[Values, Values, Values, Values]:
        """Bid and ask of the week.

        Returns
        -------
        bid_limit, bid_quantity, ask_limit, ask_quantity : shape (...,) [US$/kg] and [g].
        """
        rules, market = self.parameters, self.market
        expected = self.expected_return()
        price, quote = market.price[self.material, self.zone], market.quote[self.material, self.zone]
        held, value, called = self.held(), self.stock_value(), self.called()
        per_gram = price * MICROS_PER_GRAM_DOLLAR
        equity = self.cash + value
        commitment = between(expected / rules.full_position, 0.0, 1.0)
        wanted = commitment * np.maximum(equity, 0.0) / (1 - self.credit) / per_gram
        change = (wanted - held) * rules.aggressiveness
        to_loan_limit = (-self.cash - self.credit * value) / ((1 - self.credit) * per_gram)
        forced: Values = np.where(equity > 0, between(to_loan_limit, 0.0, held), held)
        change = np.where(called, -forced, change)
        noise = rules.price_noise * self.normal("trader quotes")
        bid = quote * np.exp(between(BUY_STEP + STEP_SLOPE * expected, 0.0, rules.greatest_rise) + noise)
        purse = np.maximum(self.cash + self.credit * value, 0.0)
        # Bid for no more than the purse pays at the limit, so credit is never overdrawn.
        buy = np.minimum(np.maximum(change, 0.0), purse / (bid * MICROS_PER_GRAM_DOLLAR))
        step = between(SELL_STEP + STEP_SLOPE * expected, LEAST_SELL, 0.0) + self.reluctance()
        step = np.where(called, -rules.forced_discount, step)
        sell = np.minimum(np.maximum(-change, 0.0), held)
        return bid, buy, quote * np.exp(step + noise), sell

    @rule
    def reluctance(self) -> Values:
        """Log premium asked on metal that would be sold at a loss (disposition effect: Shefrin and Statman 1985)."""
        price = self.market.price[self.material, self.zone]
        loss = np.where(self.held() > 0, np.log(np.maximum(self.paid, price) / price), 0.0)
        return self.parameters.loss_aversion * loss

    @rule_of_each(1)
    def next_paid(self, bought: Values) -> Values:
        """Average price paid for the metal held [US$/kg] after this week's purchases.

        Parameters
        ----------
        bought : purchases of the own material at this week's price, already in stock [g].
        """
        held, price = self.held(), self.market.price[self.material, self.zone]
        share = ratio(bought, held)
        return np.where(held > 0, self.paid + share * (price - self.paid), 0.0)

    @rule
    def next_strategy(self, chances: Values) -> Values:
        """Strategy after this week's reconsideration.

        Parameters
        ----------
        chances : (materials, 3) probability of each strategy.
        """
        reconsiders = self.uniform("reconsider") < self.parameters.revision
        cumulated = np.cumsum(chances, axis=1)[self.material]
        draw = self.uniform("choose strategy")
        chosen = (draw >= cumulated[..., 0]) * 1 + (draw >= cumulated[..., 1]) * 1
        return np.where(reconsiders, chosen, self.strategy)
