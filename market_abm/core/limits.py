"""Limits of mass, money and price: what 64-bit integers can hold, and how much of it a scenario may plan to use.

Books hold grams and micro-US$ in signed 64-bit integers; their sums wrap to
wrong numbers without a word beyond 9.2e18, so the books stop at half of that. The auction keeps prices below
2**32 ticks, one book below 2**60 g and its value below 2**62 micro-US$, so that
products and sums of them stay inside 64 bits.

A scenario tells what is planned, not what will happen: prices overshoot, goods
change hands several times, demand is redrawn. So a plan may use half of
what the books hold (`SAFETY`), and what happens beyond the plan has the rest.
"""

from dataclasses import dataclass

from market_abm.core.units import GRAMS_PER_TONNE, MICROS_PER_DOLLAR, TICKS_PER_DOLLAR

GREATEST_BALANCE = 2**62 - 1
"""Grams or micro-US$ beyond which no amount, account, control total or cell of the journal may go: half of what
64 bits hold, so that the books see it before anything wraps."""
GREATEST_PRICE = 2**32
"""Greatest price in the auction [ticks]; keeps the price projection inside 64 bits."""
GREATEST_QUANTITY = 2**60
"""Greatest quantity in one book of the auction [g]."""
GREATEST_VALUE = 2**62
"""Greatest value of one book of the auction [micro-US$]."""
SAFETY = 2
"""How many times what a scenario plans must fit into what the books hold [1]."""


@dataclass(frozen=True)
class Limit:
    """One limit, in the unit that users write.

    Parameters
    ----------
    of : what is limited.
    unit : unit of the numbers.
    greatest : what the integers hold.
    """

    of: str
    unit: str
    greatest: float

    @property
    def planned(self) -> float:
        """Greatest amount that a scenario may plan."""
        return self.greatest / SAFETY

    def holds(self, amount: float) -> bool:
        """Whether an amount may be planned; its sign does not matter."""
        return abs(amount) <= self.planned

    def __str__(self) -> str:
        return f"the limit of {self.of}, {self.planned:.1e} {self.unit} (the books hold twice as much)"


MASS = Limit("mass", "t", GREATEST_QUANTITY / GRAMS_PER_TONNE)
MONEY = Limit("money", "US$", GREATEST_BALANCE / MICROS_PER_DOLLAR)
PRICE = Limit("price", "US$/kg", GREATEST_PRICE / TICKS_PER_DOLLAR)
