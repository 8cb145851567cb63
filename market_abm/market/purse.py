"""Purses: nobody spends what it does not have (ODD: Market).

The rule. Whoever buys may spend its purse, and no more: its cash, and where its kind has a rule `purse` what that
says (traders may borrow on the metal they hold). An order is a promise to pay its limit, so all bids of an agent
together may cost its purse at their limits; what goes beyond is cut, every bid by the same part. Purchases outside
the exchange keep the same rule where they are made: those of state bodies in a band, for exploration, in a project,
and fresh credit, which may also use the overdraft that the loan's terms declare.

Kinds with `overdraft` are exempt, since others answer for them: manufacturers are parts of firms with other income,
owners of plants and mines settle their results every week, and creditors close a project that runs out of cash.
"""

import numpy as np

from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.core.compiled import compiled
from market_abm.core.rules import Rule
from market_abm.core.units import FloatArray, IntArray

MARGIN = 1.0 - 1e-9
"""Part of a purse that cut bids use, so that rounding of floats never spends more."""


def purse_of(population: Population, accounts: Accounts) -> FloatArray | None:
    """Money that each agent can spend [micro-US$], shape (n,); None where others answer for the kind."""
    if population.kind.overdraft:
        return None
    if isinstance(getattr(population.kind, "purse", None), Rule):
        purse: FloatArray = population.ask("purse")
        return purse
    return accounts.group(population).money.astype(np.float64)


@compiled
def keep_within_purse(ticks: IntArray, grams: IntArray, first: int, tranches: int, purse: FloatArray) -> None:
    """Cut the bids of a population to what each agent can pay at their limits, in place.

    Parameters
    ----------
    ticks, grams : limit [ticks] and quantity [g] of all bids, shape (materials, orders).
    first : column of the population's first order; the orders of each tranche stand together.
    purse : (n,) [micro-US$].
    """
    size = purse.size
    for row in range(size):
        cost = 0.0
        for material in range(grams.shape[0]):
            for tranche in range(tranches):
                order = first + tranche * size + row
                cost += float(grams[material, order]) * ticks[material, order]
        money = max(purse[row], 0.0)  # a body may be overdrawn
        if cost <= money:
            continue
        part = money * MARGIN / cost
        for material in range(grams.shape[0]):
            for tranche in range(tranches):
                order = first + tranche * size + row
                grams[material, order] = int(np.floor(grams[material, order] * part))
