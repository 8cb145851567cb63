"""Compiled entries: the only code that changes a balance. Used by the ledger and by compiled mechanics.

Every entry debits and credits the same integer, and adds it to the control totals of both groups and to the
journal. One that leaves any of them beyond the limit raises; the limit is half of what a whole number of 64 bits
holds, so that nothing wraps before it is seen.
"""

from typing import NamedTuple

from market_abm.core.compiled import compiled
from market_abm.core.units import IntArray


class Books(NamedTuple):
    """Arrays of the ledger, as compiled code sees them.

    Attributes
    ----------
    money : (accounts,) [micro-US$].
    mass : (materials and claims, accounts) [g, or micro-US$ of a claim].
    money_total, mass_total : control totals by group, (groups,) and (materials and claims, groups).
    label_of : (accounts,) label within the group.
    cells : pages of the journal, one after the other [micro-US$].
    moved : the same pages for mass, (materials and claims, cells) [g, or micro-US$ of a claim].
    page : (entries, 4) first cell, labels of the payee, group of the payer, group of the payee.
    last : (groups, 4) last entry that touched a group: number of the entry or -1, row of the mass or -1,
        amount, and 1 when the entry is one of mass.
    """

    money: IntArray
    mass: IntArray
    money_total: IntArray
    mass_total: IntArray
    label_of: IntArray
    cells: IntArray
    moved: IntArray
    page: IntArray
    last: IntArray


@compiled
def pay(books: Books, entry: int, payer: int, payee: int, amount: int) -> None:
    """Pay micro-US$ from one account to another; a negative amount flows back."""
    if amount == 0:
        return
    page, money, total = books.page[entry], books.money, books.money_total
    giver, taker = page[2], page[3]
    cell = page[0] + books.label_of[payer] * page[1] + books.label_of[payee]
    money[payer] -= amount
    money[payee] += amount
    total[giver] -= amount
    total[taker] += amount
    books.cells[cell] += amount
    for group in (giver, taker):
        books.last[group, 0] = entry
        books.last[group, 1] = -1
        books.last[group, 2] = amount
        books.last[group, 3] = 0
    # From 2**62 on, the two upper bits of a whole number differ: one test for all.
    beyond = (amount ^ (amount << 1)) | (books.cells[cell] ^ (books.cells[cell] << 1))
    beyond |= (money[payer] ^ (money[payer] << 1)) | (money[payee] ^ (money[payee] << 1))
    beyond |= (total[giver] ^ (total[giver] << 1)) | (total[taker] ^ (total[taker] << 1))
    if beyond < 0:
        raise OverflowError("an account of money is beyond the limit of the books")


@compiled
def move(books: Books, entry: int, row: int, source: int, sink: int, grams: int) -> None:
    """Move mass of one row from one account to another [g]."""
    if grams == 0:
        return
    page, mass, total, moved = books.page[entry], books.mass[row], books.mass_total[row], books.moved[row]
    giver, taker = page[2], page[3]
    cell = page[0] + books.label_of[source] * page[1] + books.label_of[sink]
    mass[source] -= grams
    mass[sink] += grams
    total[giver] -= grams
    total[taker] += grams
    moved[cell] += grams
    for group in (giver, taker):
        books.last[group, 0] = entry
        books.last[group, 1] = row
        books.last[group, 2] = grams
        books.last[group, 3] = 1
    beyond = (mass[source] ^ (mass[source] << 1)) | (mass[sink] ^ (mass[sink] << 1)) | (grams ^ (grams << 1))
    beyond |= moved[cell] ^ (moved[cell] << 1)
    beyond |= (total[giver] ^ (total[giver] << 1)) | (total[taker] ^ (total[taker] << 1))
    if beyond < 0:
        raise OverflowError("an account of mass is beyond the limit of the books")


@compiled
def pay_each(books: Books, entry: int, payers: IntArray, payees: IntArray, amounts: IntArray) -> None:
    """Pay amounts in turn; a side with one account serves all."""
    for row in range(amounts.size):
        payer = payers[row] if payers.size > 1 else payers[0]
        payee = payees[row] if payees.size > 1 else payees[0]
        pay(books, entry, payer, payee, amounts[row])


@compiled
def move_each(books: Books, entry: int, row: int, sources: IntArray, sinks: IntArray, grams: IntArray) -> None:
    """Move grams of one row in turn; a side with one account serves all."""
    for place in range(grams.size):
        source = sources[place] if sources.size > 1 else sources[0]
        sink = sinks[place] if sinks.size > 1 else sinks[0]
        move(books, entry, row, source, sink, grams[place])


@compiled
def move_rows(books: Books, entry: int, sources: IntArray, sinks: IntArray, grams: IntArray) -> None:
    """Move grams of all rows, shape (rows, n)."""
    for row in range(grams.shape[0]):
        move_each(books, entry, row, sources, sinks, grams[row])


@compiled
def totals_hold(books: Books, starts: IntArray, holders: int) -> int:
    """Compare balances with control totals and signs.

    Parameters
    ----------
    starts : first account of each group, and the end.
    holders : accounts below this one may not hold less than nothing.

    Returns
    -------
    0 when all is well, 1 for money, 2 for mass, 3 for a negative holding, 4 when totals do not close.
    """
    rows, groups = books.mass.shape[0], starts.size - 1
    closing = 0
    for group in range(groups):
        money = books.money[starts[group] : starts[group + 1]].sum()
        if money != books.money_total[group]:
            return 1
        closing += money
    if closing != 0:
        return 4
    for row in range(rows):
        closing = 0
        for group in range(groups):
            mass = 0
            for account in range(starts[group], starts[group + 1]):
                held = books.mass[row, account]
                if held < 0 and account < holders:
                    return 3
                mass += held
            if mass != books.mass_total[row, group]:
                return 2
            closing += mass
        if closing != 0:
            return 4
    return 0
