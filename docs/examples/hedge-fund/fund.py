"""A hedge fund that buys what fell far below its average price and sells what rose far above it."""

from market_abm import Agent, Column, rule


class HedgeFund(Agent):
    bids = ("purchase",)
    asks = ("sale",)

    patience = Column("1", low=0)
    stock = Column("g", by_material=True, book="mass")
    cash = Column("micro-US$", book="money")

    @rule(gives=("limit", "quantity"))
    def purchase(price, average_price, patience, cash):
        cheap = price < (1 - patience) * average_price
        return 1.01 * price, 0.05 * max(cash, 0) / (1000.0 * price) if cheap else 0.0

    @rule(gives=("limit", "quantity"))
    def sale(price, average_price, patience, stock):
        return 0.99 * price, 0.25 * stock if price > (1 + patience) * average_price else 0.0
