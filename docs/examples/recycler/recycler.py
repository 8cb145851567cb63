"""Recyclers of a kind of one's own: they collect scrap before it is lost and sell the oxide."""

from market_abm import Agent, Column, rule


class Recycler(Agent):
    asks = ("sale",)
    overdraft = True  # owners answer for what they cannot pay

    reach = Column("1/week", low=0, high=1)
    stock = Column("g", by_material=True, book="mass")
    cash = Column("micro-US$", book="money")

    @rule(gives=("limit", "quantity"))
    def sale(price, stock):
        return 0.98 * price, 0.25 * stock


def collect(recyclers, ledger, accounts):
    """Verb of the week: each recycler takes its part of the scrap of its zone."""
    scrap, own = accounts.scrap, accounts.group(recyclers)
    for row, zone in enumerate(recyclers.zone):
        for material in range(len(recyclers.home.materials)):
            grams = int(scrap.mass[material, zone] * recyclers.reach[row])
            ledger.move("collecting", material, scrap, own, grams, zone, row)
