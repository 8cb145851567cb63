"""State bodies that buy, store, lend or invest (ODD: State buyer).

One composable kind: a zone, a budget, and the instruments that policies put
into its hands. JOGMEC, the US stockpile, China's reserve bureau and an EU body
differ only in data. There are few of them and they plan, so their rules are
plain Python for one body (`vectorised = False`).
"""

from typing import Any

import numpy as np

from market_abm.agents.column import Column
from market_abm.agents.population import Agent, rule
from market_abm.core.units import MICROS_PER_GRAM_DOLLAR, FloatArray
from market_abm.policy import BandPurchase, Stockpile

ORDER_PREMIUM = 0.02  # stockpile purchases bid this much above last week's quote (prototype v3)


class StateBuyer(Agent):
    """A government body."""

    vectorised = False

    voted = Column("-", dtype=np.bool_)
    funds_from_step = Column("week", dtype=np.int64)
    exploration_paid = Column("US$ m", low=0)
    stock = Column("g", by_material=True, book="mass", low=0)
    cash = Column("micro-US$", book="money")

    def held(self, kind: type) -> list[Any]:
        """Instruments of one type in force this week."""
        return self.market.regime.held_by(self.name, kind)

    def _rows(self, names: list[str]) -> list[int]:
        return [self.market.materials.index(name) for name in names] or list(range(len(self.market.materials)))

    @rule
    def orders(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Bids and asks of the week in two tranches: stockpile, then band.

        Returns
        -------
        bid_limit, bid_quantity, ask_limit, ask_quantity : (2, materials) [US$/kg] and [g].
        """
        quote = self.market.quote[:, self.zone]
        bid_limit, ask_limit = np.stack([quote, np.zeros_like(quote)]), np.stack([quote, quote])
        bid, ask = np.zeros_like(bid_limit), np.zeros_like(ask_limit)
        for policy in self.held(Stockpile):
            for row in self._rows(policy.materials):
                bid[0, row] += self._stockpile_purchase(policy, row)
                ask[0, row] += self._stockpile_release(policy, row)
                bid_limit[0, row] = quote[row] * (1 + ORDER_PREMIUM)
        for policy in self.held(BandPurchase):
            for row in self._rows(policy.materials):
                low, high = self.band(policy, row)
                price = self.market.price[row, self.zone]
                most = policy.weekly_share * self.market.zone_use[row, self.zone]
                bid_limit[1, row] = max(bid_limit[1, row], price * (1 + policy.premium))
                ask_limit[1, row] = max(high, price)
                # From named producers it buys as a contract, before the market opens.
                bid[1, row] += most if price < low and not policy.producers else 0.0
                ask[1, row] += min(most, float(self.stock[row])) if price > high else 0.0
        ask *= np.minimum(1.0, self.stock / np.maximum(ask.sum(axis=0), 1e-9))
        cost = float((bid * bid_limit).sum()) * MICROS_PER_GRAM_DOLLAR
        if cost > 0:
            bid *= min(1.0, max(float(self.cash), 0.0) / cost)
        return bid_limit, bid, ask_limit, ask

    def band(self, policy: BandPurchase, row: int) -> tuple[float, float]:
        """Prices below which the body buys and above which it sells [US$/kg]."""
        usual = self.market.long_average[row, self.zone]
        low = policy.low_price if policy.low_price is not None else policy.low_ratio * usual
        high = policy.high_price if policy.high_price is not None else policy.high_ratio * usual
        return low, max(high, low)

    def _stockpile_purchase(self, policy: Stockpile, row: int) -> float:
        market = self.market
        target = policy.days / 7 * market.zone_use[row, self.zone]
        dear = market.price[row, self.zone] > policy.buy_below * market.long_average[row, self.zone]
        if dear or self._in_need(policy, row):
            return 0.0
        return float(max(target - self.stock[row], 0.0) / policy.build_weeks)

    def _stockpile_release(self, policy: Stockpile, row: int) -> float:
        market = self.market
        rotation = policy.rotation / 52 * self.stock[row]
        if not self._in_need(policy, row):
            return float(rotation)
        use = market.zone_use[row, self.zone]
        shortfall = max(policy.release_below_weeks - market.zone_cover[row, self.zone], 1.0) * use
        return float(min(self.stock[row], policy.release_share * shortfall))

    def _in_need(self, policy: Stockpile, row: int) -> bool:
        market = self.market
        short = market.zone_cover[row, self.zone] < policy.release_below_weeks
        return bool(short or market.regime.embargoed[:, self.zone].any())
