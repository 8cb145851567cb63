"""Verb of the books: nothing appeared, nothing vanished, nobody holds less than nothing, the house is empty."""

import datetime as dt

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
    if accounts.separation.mass.sum():  # concentrate goes in, oxides come out: the sum over all rows
        raise ConservationError(
            f"{int(accounts.separation.mass.sum()):+,} g went into separation and did not come out, {where}."
        )
    house = accounts.house
    if house.money.any() or house.mass.any():
        left = f"{int(house.money.sum()):+,} micro-US$ and {int(house.mass.sum()):+,} g"
        raise ConservationError(
            f"{left} left in the accounts of house, {where}: the clearing house must end empty. "
            f"Last entry: {ledger.last_entry(house)}."
        )
