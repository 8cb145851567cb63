"""Verb of the books: nothing appeared, nothing vanished, nobody holds less than nothing, the house is empty."""

import datetime as dt

import numpy as np

from market_abm.books.accounts import Accounts
from market_abm.books.ledger import ConservationError, Ledger


def check_books(ledger: Ledger, accounts: Accounts, today: dt.date) -> None:
    """Check all accounts at the end of a week.

    Raises
    ------
    ConservationError
        With the account, what is wrong and its last entry.
    """
    where = f"week of {today}"
    ledger.check(where)
    apart = accounts.separation
    left = apart.mass.sum(axis=0)  # concentrate goes in, oxides come out: the sum over all rows, in each zone
    if left.any():
        row = int(np.flatnonzero(left)[0])
        raise ConservationError(
            f"{int(left[row]):+,} g went into {apart.labels[row]} and did not come out, {where}. "
            f"Last entry there: {ledger.last_entry(apart)}."
        )
    house = accounts.house
    if house.money.any() or house.mass.any():
        row = int(np.flatnonzero((house.money != 0) | (house.mass != 0).any(axis=0))[0])
        amounts = f"{int(house.money[row]):+,} micro-US$ and {int(house.mass[:, row].sum()):+,} g"
        raise ConservationError(
            f"{amounts} left in the accounts of house, of {house.labels[row]}, {where}: the clearing house must end "
            f"empty. "
            f"Last entry: {ledger.last_entry(house)}."
        )
