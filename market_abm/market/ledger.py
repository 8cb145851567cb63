"""The ledger: the only writer of money and mass (DESIGN idea 4; ODD: Books).

Every holder of money (micro-US$) or mass (g) is an account; accounts come in
groups, one for each population and each institution. Each entry debits and
credits the same integer, so nothing can appear or vanish. Control totals are
kept for each group apart from the balances: `check` compares the two, so a
write past the ledger is found and the group and its last entry are named.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from market_abm.core.units import IntArray

EVERY: Any = None
"""Row argument: one amount for each account of the group, in order."""


class ConservationError(RuntimeError):
    """Money or mass does not add up; the message names group, amount and last entry."""


@dataclass
class Group:
    """A run of accounts with a common name."""

    name: str
    start: int
    size: int
    index: int
    may_owe_mass: bool = False  # sources such as the ground count what they gave as a negative balance
    money: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    mass: IntArray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    last: tuple[str, str, str, int, str] | None = None
    labels: list[str] = field(default_factory=list)
    label_of: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def last_entry(self) -> str:
        """Words for the last entry that touched the group."""
        if self.last is None:
            return "none"
        purpose, giver, taker, total, unit = self.last
        return f"{purpose}: {giver} to {taker}, {total:,} {unit}"

    def codes(self, row: Any) -> Any:
        """Label of the accounts an entry touches, as a number: the journal tells parties apart by label."""
        if len(self.labels) == 1:
            return 0
        return self.label_of if row is EVERY else self.label_of[row]


class Ledger:
    """Double-entry books of a run.

    `journal` adds up payments by group and purpose, `pages` the same by label.

    Parameters
    ----------
    materials : names of everything with a mass: the traded materials, then `concentrate`.
    """

    def __init__(self, materials: list[str]) -> None:
        self.materials = list(materials)
        self.groups: dict[str, Group] = {}
        self._accounts = 0
        self.journal: dict[tuple[str, str, str], int] = {}
        self.pages: dict[tuple[str, str, str], IntArray] = {}

    def open(self, name: str, size: int, *, labels: Sequence[str] | None = None, source: bool = False) -> Group:
        """Open a group of accounts.

        Parameters
        ----------
        name, size : of the group.
        labels : one for each account, by which the journal tells them apart; the group's name when silent.
        source : whether the group may owe mass (the ground, recipes).
        """
        group = Group(name, self._accounts, size, len(self.groups), source)
        group.labels = list(dict.fromkeys(labels)) if labels else [name]
        group.label_of = np.array([group.labels.index(label) for label in labels or [name] * size], dtype=np.int64)
        self.groups[name] = group
        self._accounts += size
        return group

    def begin(self) -> None:
        """Lay out the books once all groups are open."""
        self.money: IntArray = np.zeros(self._accounts, dtype=np.int64)
        self.mass: IntArray = np.zeros((len(self.materials), self._accounts), dtype=np.int64)
        self._money_control: IntArray = np.zeros(len(self.groups), dtype=np.int64)
        self._mass_control: IntArray = np.zeros((len(self.materials), len(self.groups)), dtype=np.int64)
        self.bind()

    def bind(self) -> None:
        """Point every group at its part of the books (again after a restore)."""
        filled = [group for group in self.groups.values() if group.size]
        self._filled = np.array([group.index for group in filled], dtype=np.int64)
        self._starts = np.array([group.start for group in filled], dtype=np.int64)
        holders = np.zeros(self._accounts, dtype=bool)
        for group in self.groups.values():
            part = slice(group.start, group.start + group.size)
            group.money, group.mass = self.money[part], self.mass[:, part]
            holders[part] = not group.may_owe_mass
        # Holders stand before sources, so the check of signs is one slice.
        self._holders = int(holders.sum())
        if not holders[: self._holders].all():
            raise ValueError("open the source groups last")

    def account(self, group: Group, row: int) -> int:
        """Number of an account in the whole ledger."""
        return group.start + row

    # -- entries ---------------------------------------------------------------------------------
    def pay(
        self, purpose: str, payer: Group, payee: Group, micros: Any, payer_row: Any = EVERY, payee_row: Any = EVERY
    ) -> None:
        """Pay amounts of money [micro-US$] from one group to another.

        A row of EVERY takes one amount for each account; one row takes the
        total; an array of rows takes the amounts in turn.
        """
        amounts = np.asarray(micros, dtype=np.int64)
        if not amounts.any():
            return
        total = int(amounts.sum())
        _add(payer.money, payer_row, -amounts, -total)
        _add(payee.money, payee_row, amounts, total)
        self._money_control[payer.index] -= total
        self._money_control[payee.index] += total
        self._write_down(purpose, payer, payee, amounts, total, payer_row, payee_row)
        payer.last = payee.last = (purpose, payer.name, payee.name, total, "micro-US$")

    def _write_down(
        self, purpose: str, payer: Group, payee: Group, amounts: IntArray, total: int, payer_row: Any, payee_row: Any
    ) -> None:
        """Keep a payment in the journal."""
        key = (payer.name, payee.name, purpose)
        self.journal[key] = self.journal.get(key, 0) + total
        page = self.pages.get(key)
        if page is None:
            page = self.pages[key] = np.zeros((len(payer.labels), len(payee.labels)), dtype=np.int64)
        if page.size == 1:
            page[0, 0] += total
            return
        # One flat index: `add.at` is many times slower with a pair of them.
        place, cells = payer.codes(payer_row) * page.shape[1] + payee.codes(payee_row), page.reshape(-1)
        if np.ndim(place):
            np.add.at(cells, place, amounts)
        else:
            cells[place] += total

    def move(
        self,
        purpose: str,
        material: int,
        source: Group,
        sink: Group,
        grams: Any,
        source_row: Any = EVERY,
        sink_row: Any = EVERY,
    ) -> None:
        """Move mass of one material [g] from one group to another; rows as in `pay`."""
        amounts = np.asarray(grams, dtype=np.int64)
        if not amounts.any():
            return
        total = int(amounts.sum())
        _add(source.mass[material], source_row, -amounts, -total)
        _add(sink.mass[material], sink_row, amounts, total)
        self._mass_control[material, source.index] -= total
        self._mass_control[material, sink.index] += total
        source.last = sink.last = (purpose, source.name, sink.name, total, "g")

    def move_all(
        self, purpose: str, source: Group, sink: Group, grams: IntArray, source_row: Any = EVERY, sink_row: Any = EVERY
    ) -> None:
        """Move mass of all traded materials, grams of shape (materials, ...); rows as in `pay`."""
        if not grams.any():
            return
        count, totals = len(grams), grams.sum(axis=1)
        for group, row, sign in ((source, source_row, -1), (sink, sink_row, 1)):
            if row is EVERY:
                group.mass[:count] += sign * grams
            elif isinstance(row, int | np.integer):
                group.mass[:count, row] += sign * totals
            else:
                for own, amounts in zip(group.mass, grams, strict=False):
                    np.add.at(own, row, sign * amounts)
            self._mass_control[:count, group.index] += sign * totals
        source.last = sink.last = (purpose, source.name, sink.name, int(totals.sum()), "g")

    def payments(self) -> dict[tuple[str, str, str], int]:
        """All money paid so far [micro-US$], by labels of payer and payee and by purpose."""
        told: dict[tuple[str, str, str], int] = {}
        for (payer, payee, purpose), page in self.pages.items():
            for row, column in np.argwhere(page):
                names = self.groups[payer].labels[row], self.groups[payee].labels[column]
                told[(*names, purpose)] = told.get((*names, purpose), 0) + int(page[row, column])
        return told

    # -- checks ----------------------------------------------------------------------------------
    def check(self, where: str) -> None:
        """Compare balances with control totals and signs.

        Raises
        ------
        ConservationError
            When a group's balances differ from its entries, or a holder's stock is negative.
        """
        money = np.add.reduceat(self.money, self._starts)
        if not np.array_equal(money, self._money_control[self._filled]):
            self._fail("money", money - self._money_control[self._filled], where)
        mass = np.add.reduceat(self.mass, self._starts, axis=1)
        if not np.array_equal(mass, self._mass_control[:, self._filled]):
            self._fail("mass", mass - self._mass_control[:, self._filled], where)
        if self._holders and self.mass[:, : self._holders].min() < 0:
            self._fail_negative(where)
        if int(money.sum()) or mass.sum(axis=1).any():
            raise ConservationError(f"the control totals do not close in {where}")

    def _fail(self, what: str, gap: IntArray, where: str) -> None:
        spot = np.argwhere(gap)[0]
        group = list(self.groups.values())[int(self._filled[spot[-1]])]
        of = f"{self.materials[spot[0]]}: " if what == "mass" else ""
        unit = "g" if what == "mass" else "micro-US$"
        raise ConservationError(
            f"{of}{int(gap[tuple(spot)]):+,} {unit} in the accounts of {group.name} that no entry explains, "
            f"{where}. Last entry there: {group.last_entry}."
        )

    def _fail_negative(self, where: str) -> None:
        material, account = np.argwhere(self.mass[:, : self._holders] < 0)[0]
        group = next(g for g in self.groups.values() if g.start <= account < g.start + g.size)
        raise ConservationError(
            f"{self.materials[material]}: {group.name}[{account - group.start}] holds "
            f"{int(self.mass[material, account]):,} g, less than nothing, {where}. "
            f"Last entry there: {group.last_entry}."
        )


def _add(balances: IntArray, row: Any, amounts: IntArray, total: int) -> None:
    if row is EVERY:
        if amounts.ndim == 0 and balances.size != 1:
            raise ValueError("an amount for each account is needed, or a row")
        balances += amounts if amounts.ndim else total
    elif isinstance(row, int | np.integer):
        balances[row] += total
    else:
        np.add.at(balances, row, amounts)
