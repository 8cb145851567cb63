"""The books by party: who moved what to whom since the journal was last told, and what everybody has (ODD: Books).

A party is a label of the ledger: all accounts of a group in one zone, such as `mines CN`, or a state body. Rows of
the books are money first, then the materials and claims of the ledger.
"""

from typing import NamedTuple

import numpy as np

from market_abm.books.ledger import Ledger
from market_abm.core.compiled import compiled
from market_abm.core.units import IntArray

MONEY = 0
"""Row of money; materials and claims follow in the order of the ledger."""


class Party(NamedTuple):
    """A party: its label in the journal, what kind of holder it is, and its zone (empty for one without)."""

    label: str
    holder: str
    zone: str


class Closing(NamedTuple):
    """The books of a period.

    Attributes
    ----------
    changes : (n, 3) row of the books, cell of the journal, and what was added to it in the period.
    balances : (n, 3) row of the books, party, and what it had at the end of the period; those of nothing left out.
    """

    changes: IntArray
    balances: IntArray


def parties(ledger: Ledger) -> list[Party]:
    """All parties in the order of the books."""
    return [
        Party(label, group.holder, zone)
        for group in ledger.groups.values()
        for label, zone in zip(group.labels, group.zones, strict=True)
    ]


def journal(ledger: Ledger) -> IntArray:
    """All cells of the journal as they are now, (rows, cells) [micro-US$, then g]; a copy."""
    return np.concatenate([ledger.cells[None], ledger.moved])


def closing(ledger: Ledger, now: IntArray, before: IntArray) -> Closing:
    """Close a period.

    Parameters
    ----------
    now, before : the journal at the end of the period and at its start; it may have grown since.
    """
    change = now.copy()
    change[:, : before.shape[1]] -= before
    rows, cells = np.nonzero(change)
    held = np.zeros((1 + len(ledger.materials), ledger.parties), np.int64)
    _add_up(ledger.money, ledger.mass, ledger.party_of, held)
    kinds, owners = np.nonzero(held)
    return Closing(
        np.stack([rows, cells, change[rows, cells]], axis=1), np.stack([kinds, owners, held[kinds, owners]], axis=1)
    )


@compiled
def _add_up(money: IntArray, mass: IntArray, party_of: IntArray, held: IntArray) -> None:
    """Add the accounts of each party."""
    for account in range(party_of.size):
        held[0, party_of[account]] += money[account]
    for row in range(mass.shape[0]):
        for account in range(party_of.size):
            held[row + 1, party_of[account]] += mass[row, account]


class Entries(NamedTuple):
    """Cells of the journal, one entry each: number of its kind of entry, and both parties."""

    kind: IntArray
    giver: IntArray
    taker: IntArray


def entries_of(ledger: Ledger, cells: IntArray) -> Entries:
    """What cells of the journal stand for."""
    sizes = [len(group.labels) for group in ledger.groups.values()]
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    kind = np.searchsorted(ledger.page[:, 0], cells, side="right") - 1
    page = ledger.page[kind]
    offset, width = cells - page[:, 0], np.maximum(page[:, 1], 1)
    return Entries(kind, first[page[:, 2]] + offset // width, first[page[:, 3]] + offset % width)
