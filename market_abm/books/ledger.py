"""The ledger: the only writer of money and mass (ODD: Books).

Every holder of money (micro-US$) or mass (g) is an account; accounts come in groups, one for each population
and each institution. Control totals are kept for each group apart from the balances: `check` compares the two,
so a write past the ledger is found and the group and its last entry are named.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from market_abm.books import entry
from market_abm.books.entry import Books
from market_abm.core.limits import GREATEST_BALANCE
from market_abm.core.state import Kept, State
from market_abm.core.units import IntArray

REMEDY = (
    "The books hold whole grams and millionths of a US$ and cannot hold more; make capacities, use, budgets or "
    "subsidies smaller, or the run shorter."
)
EVERY: Any = None
"""Row argument: one amount for each account of the group, in order."""


class ConservationError(RuntimeError):
    """Money or mass does not add up; the message names group, amount and last entry."""


class NameTakenError(ValueError):
    """The books have accounts of that name already."""


class LimitError(ConservationError):
    """An account went beyond what the books can hold; the message names it, and what to change."""


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
    labels: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)  # of each label; empty for those that stand in no zone
    holder: str = ""  # the labels without their zones
    label_of: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    accounts: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def at(self, row: Any) -> IntArray:
        """Account numbers of a row, of rows, or of all."""
        if row is EVERY:
            return self.accounts
        rows = np.atleast_1d(np.asarray(row, dtype=np.int64))
        if rows.size and (rows.min() < 0 or rows.max() >= self.size):
            raise IndexError(
                f"{self.name} has {self.size} accounts; there is none numbered {rows.max()} or {rows.min()}"
            )
        return rows + self.start


class Ledger(State):
    """Double-entry books of a run.

    Parameters
    ----------
    materials : names of everything with a mass: the traded materials, then the claims.
    units : unit of each of them; g when silent.

    Attributes
    ----------
    parties : labels of all groups together.
    party_of : (accounts,) label of each account among them.
    """

    money = Kept("micro-US$", "account")
    mass = Kept("g", "material", "account")
    money_total = Kept("micro-US$", "group")
    mass_total = Kept("g", "material", "group")
    cells = Kept("micro-US$", "cell", grows=True)
    moved = Kept("g", "material", "cell", grows=True)
    page = Kept("-", "entry", "4", grows=True)
    last = Kept("-", "group", "4")
    entries = Kept("-")

    def __init__(self, materials: Sequence[str], units: Sequence[str] | None = None) -> None:
        self.materials = list(materials)
        self.units = list(units or ["g"] * len(self.materials))
        self.groups: dict[str, Group] = {}
        self._accounts = 0
        self.entries = []
        self._number: dict[tuple[str, str, str], int] = {}

    def open(
        self,
        name: str,
        size: int,
        *,
        labels: Sequence[str] | None = None,
        zones: Sequence[str] | None = None,
        holder: str = "",
        source: bool = False,
    ) -> Group:
        """Open a group of accounts.

        Parameters
        ----------
        name, size : of the group.
        labels : one for each account, by which the journal tells them apart; the group's name when silent.
        zones : zone of each account, where they stand in one; accounts of one label share it.
        holder : what the labels have in common; the group's name when silent.
        source : whether the group may owe mass (the ground, recipes).

        Raises
        ------
        NameTakenError
            When there are accounts of that name, or of that holder, already.
        """
        if {name, holder or name} & {word for group in self.groups.values() for word in (group.name, group.holder)}:
            raise NameTakenError(
                f"the books have accounts of {holder or name} already; choose another name than {name!r}"
            )
        group = Group(name, self._accounts, size, len(self.groups), source)
        group.labels = list(dict.fromkeys(labels)) if labels else [name]
        group.holder = holder or name
        place = dict(zip(labels or (), zones or (), strict=False))
        group.zones = [place.get(label, "") for label in group.labels]
        group.label_of = np.array([group.labels.index(label) for label in labels or [name] * size], dtype=np.int64)
        group.accounts = np.arange(group.start, group.start + size, dtype=np.int64)
        self.groups[name] = group
        self._accounts += size
        return group

    def begin(self) -> None:
        """Lay out the books once all groups are open.

        Raises
        ------
        ValueError
            When a group that may owe mass stands before one that may not.
        """
        groups, rows = list(self.groups.values()), len(self.materials)
        self.money = np.zeros(self._accounts, dtype=np.int64)
        self.mass = np.zeros((rows, self._accounts), dtype=np.int64)
        self.money_total = np.zeros(len(groups), dtype=np.int64)
        self.mass_total = np.zeros((rows, len(groups)), dtype=np.int64)
        self.cells = np.zeros(0, dtype=np.int64)
        self.moved = np.zeros((rows, 0), dtype=np.int64)
        self.page = np.zeros((0, 4), dtype=np.int64)
        self.last = np.tile(np.array([-1, -1, 0, 0], dtype=np.int64), (len(groups), 1))
        self._label_of = np.concatenate([group.label_of for group in groups])
        labels = np.cumsum([0, *(len(group.labels) for group in groups)])
        self.parties = int(labels[-1])
        self.party_of = self._label_of + np.repeat(labels[:-1], [group.size for group in groups])
        self._starts = np.array([group.start for group in groups] + [self._accounts], dtype=np.int64)
        holders = np.concatenate([np.full(group.size, not group.may_owe_mass) for group in groups])
        self._holders = int(holders.sum())
        if not holders[: self._holders].all():
            raise ValueError("open the source groups last")
        for group in groups:
            part = slice(group.start, group.start + group.size)
            group.money, group.mass = self.money[part], self.mass[:, part]
        self._bind()
        self.seal()

    def _bind(self) -> None:
        """Gather the arrays for compiled code, again when a page was added."""
        self.__dict__["books"] = Books(
            self.money,
            self.mass,
            self.money_total,
            self.mass_total,
            self._label_of,
            self.cells,
            self.moved,
            self.page,
            self.last,
        )

    @property
    def books(self) -> Books:
        """Arrays of the ledger for compiled code; ask anew after an entry of a new kind."""
        books: Books = self.__dict__["books"]
        return books

    def load(self, values: dict[str, Any]) -> None:
        """Take saved state, entries and pages included."""
        super().load(values)
        self.entries = [tuple(row) for row in values["entries"]]
        self.__dict__["_number"] = {key: number for number, key in enumerate(self.entries)}
        self._bind()

    # -- entries ---------------------------------------------------------------------------------
    def entry(self, purpose: str, payer: str, payee: str) -> int:
        """Number of a kind of entry; its page of the journal is laid out when first asked for."""
        key = (purpose, payer, payee)
        number = self._number.get(key)
        if number is None:
            giver, taker = self.groups[payer], self.groups[payee]
            number = self._number[key] = len(self.entries)
            self.entries.append(key)
            row = np.array([[self.cells.size, len(taker.labels), giver.index, taker.index]], dtype=np.int64)
            cells = np.zeros(len(giver.labels) * len(taker.labels), dtype=np.int64)
            self.page = np.concatenate([self.page, row])
            self.cells = np.concatenate([self.cells, cells])
            self.moved = np.concatenate(
                [self.moved, np.zeros((len(self.materials), cells.size), dtype=np.int64)], axis=1
            )
            self._bind()
        return number

    def pay(
        self, purpose: str, payer: Group, payee: Group, micros: Any, payer_row: Any = EVERY, payee_row: Any = EVERY
    ) -> None:
        """Pay amounts of money [micro-US$] from one group to another.

        Parameters
        ----------
        micros : whole amounts.
        payer_row, payee_row : EVERY takes one amount for each account; one row takes all amounts; an array of
            rows takes the amounts in turn.

        Raises
        ------
        LimitError
            When an account would go beyond what the books can hold.
        """
        amounts = _whole(micros, purpose, payer, payee)
        if not amounts.any():
            return
        number = self.entry(purpose, payer.name, payee.name)
        payers, payees = _sides(payer, payer_row, payee, payee_row, amounts.size)
        try:
            entry.pay_each(self.books, number, payers, payees, _for_all(amounts, payers, payees))
        except OverflowError as fault:
            raise self.beyond_limit() from fault

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
        amounts = _whole(grams, purpose, source, sink)
        if not amounts.any():
            return
        number = self.entry(purpose, source.name, sink.name)
        sources, sinks = _sides(source, source_row, sink, sink_row, amounts.size)
        try:
            entry.move_each(self.books, number, material, sources, sinks, _for_all(amounts, sources, sinks))
        except OverflowError as fault:
            raise self.beyond_limit() from fault

    def move_all(
        self, purpose: str, source: Group, sink: Group, grams: IntArray, source_row: Any = EVERY, sink_row: Any = EVERY
    ) -> None:
        """Move mass of all traded materials, grams of shape (materials, ...); rows as in `pay`."""
        if not grams.any():
            return
        whole = _whole(grams, purpose, source, sink)
        amounts = whole if whole.ndim == 2 else whole[:, None]
        number = self.entry(purpose, source.name, sink.name)
        sources, sinks = _sides(source, source_row, sink, sink_row, amounts.shape[1])
        try:
            entry.move_rows(self.books, number, sources, sinks, np.ascontiguousarray(amounts))
        except OverflowError as fault:
            raise self.beyond_limit() from fault

    def payments(self) -> dict[tuple[str, str, str], int]:
        """All money paid so far [micro-US$], by labels of payer and payee and by purpose."""
        return {key[1:]: amount for key, amount in self._told(self.cells[None], ["money"]).items()}

    def movements(self) -> dict[tuple[str, str, str, str], int]:
        """All mass moved so far [g, or micro-US$ of a claim], by material, labels of both sides, and purpose."""
        return self._told(self.moved, self.materials)

    def _told(self, journal: IntArray, names: list[str]) -> dict[tuple[str, str, str, str], int]:
        """What stands in the journal, (rows, cells), by name of the row, labels of both sides, and purpose."""
        told: dict[tuple[str, str, str, str], int] = {}
        for (purpose, source, sink), page in zip(self.entries, self.page, strict=True):
            givers, takers = self.groups[source].labels, self.groups[sink].labels
            size = len(givers) * len(takers)
            cells = journal[:, page[0] : page[0] + size].reshape(-1, len(givers), len(takers))
            for row, giver, taker in np.argwhere(cells):
                key = (names[row], givers[giver], takers[taker], purpose)
                told[key] = told.get(key, 0) + int(cells[row, giver, taker])
        return told

    @property
    def journal(self) -> dict[tuple[str, str, str], int]:
        """Payments so far [micro-US$] by group of payer and payee and by purpose."""
        told = {}
        for (purpose, payer, payee), row in zip(self.entries, self.page, strict=True):
            size = len(self.groups[payer].labels) * len(self.groups[payee].labels)
            told[payer, payee, purpose] = int(self.cells[row[0] : row[0] + size].sum())
        return told

    # -- checks ----------------------------------------------------------------------------------
    def check(self, where: str) -> None:
        """Compare balances with control totals and signs.

        Raises
        ------
        ConservationError
            When a group's balances differ from its entries, or a holder's stock is negative.
        """
        fault = entry.totals_hold(self.books, self._starts, self._holders)
        if fault == 1:
            money = [int(group.money.sum()) for group in self.groups.values()]
            self._fail("money", np.array(money) - self.money_total, where)
        if fault == 2:
            mass = np.stack([group.mass.sum(axis=1) for group in self.groups.values()], axis=1)
            self._fail("mass", mass - self.mass_total, where)
        if fault == 3:
            self._fail_negative(where)
        if fault == 4:
            raise ConservationError(f"the control totals do not close in {where}")

    def last_entry(self, group: Group) -> str:
        """Words for the last entry that touched a group."""
        number, row, amount, is_mass = (int(part) for part in self.last[group.index])
        if number < 0:
            return "none"
        purpose, giver, taker = self.entries[number]
        what = f"{self.units[row]} of {self.materials[row]}" if is_mass else "micro-US$"
        return f"{purpose}: {giver} to {taker}, {amount:,} {what}"

    def beyond_limit(self) -> LimitError:
        """Words for what went beyond the limit: an account, a group, a page of the journal or an amount."""
        groups = list(self.groups.values())
        kinds = ["micro-US$", *(f"{unit} of {name}" for unit, name in zip(self.units, self.materials, strict=True))]
        balances = np.argwhere(_beyond(np.vstack([self.money, self.mass])))
        totals = np.argwhere(_beyond(np.vstack([self.money_total, self.mass_total])))
        cells, amounts = np.flatnonzero(_beyond(self.cells)), np.flatnonzero(_beyond(self.last[:, 2]))
        moved = np.argwhere(_beyond(self.moved))
        if balances.size:
            row, account = balances[0]
            group = self._group_of(account)
            return self._limit(f"{group.name}[{account - group.start}] went beyond", kinds[row], group)
        if totals.size:
            row, index = totals[0]
            return self._limit(f"{groups[index].name}: all accounts together went beyond", kinds[row], groups[index])
        if cells.size:
            purpose, giver, taker = self.entries[int(np.flatnonzero(self.page[:, 0] <= cells[0])[-1])]
            words = f"payments of {purpose} from {giver} to {taker} add up to more than"
            return self._limit(words, "micro-US$", self.groups[taker])
        if moved.size:
            row, cell = moved[0]
            purpose, giver, taker = self.entries[int(np.flatnonzero(self.page[:, 0] <= cell)[-1])]
            words = f"what moved as {purpose} from {giver} to {taker} adds up to more than"
            return self._limit(words, kinds[row + 1], self.groups[taker])
        if amounts.size:
            return self._limit("an amount is more than", "micro-US$ or g", groups[amounts[0]])
        return self._limit("an account went beyond", "micro-US$ or g", None)

    def _limit(self, words: str, unit: str, group: Group | None) -> LimitError:
        last = f" Last entry there: {self.last_entry(group)}." if group else ""
        return LimitError(f"{words} the limit of {GREATEST_BALANCE:,} {unit}.{last} {REMEDY}")

    def _group_of(self, account: int) -> Group:
        return next(group for group in self.groups.values() if group.start <= account < group.start + group.size)

    def _fail(self, what: str, gap: IntArray, where: str) -> None:
        spot = np.argwhere(gap)[0]
        group = list(self.groups.values())[int(spot[-1])]
        of = f"{self.materials[spot[0]]}: " if what == "mass" else ""
        unit = self.units[spot[0]] if what == "mass" else "micro-US$"
        raise ConservationError(
            f"{of}{int(gap[tuple(spot)]):+,} {unit} in the accounts of {group.name} that no entry explains, "
            f"{where}. Last entry there: {self.last_entry(group)}."
        )

    def _fail_negative(self, where: str) -> None:
        material, account = np.argwhere(self.mass[:, : self._holders] < 0)[0]
        group = self._group_of(account)
        raise ConservationError(
            f"{self.materials[material]}: {group.name}[{account - group.start}] holds "
            f"{int(self.mass[material, account]):,} {self.units[material]}, less than nothing, {where}. "
            f"Last entry there: {self.last_entry(group)}."
        )


def _beyond(values: IntArray) -> Any:
    """Which values are beyond the limit: from 2**62 on, the two upper bits of a whole number differ."""
    return (values ^ (values << 1)) < 0


def _whole(amounts: Any, purpose: str, giver: Group, taker: Group) -> IntArray:
    """Amounts as whole numbers of 64 bits, of at least one dimension.

    Raises
    ------
    LimitError
        When one does not fit.
    """
    values = np.atleast_1d(np.asarray(amounts))
    far = _beyond(values) if values.dtype == np.int64 else ~(np.abs(values) <= GREATEST_BALANCE)
    if far.any():
        raise LimitError(
            f"{purpose}: {giver.name} to {taker.name}, an amount of {values[far][0]:,} micro-US$ or g; the greatest is "
            f"{GREATEST_BALANCE:,}. {REMEDY}"
        )
    return values.astype(np.int64, copy=False)


def _sides(giver: Group, giver_row: Any, taker: Group, taker_row: Any, amounts: int) -> tuple[IntArray, IntArray]:
    """Accounts of both sides of an entry; each has one account, or one for each amount."""
    givers, takers = giver.at(giver_row), taker.at(taker_row)
    for group, accounts in ((giver, givers), (taker, takers)):
        if not accounts.size:
            raise ValueError(f"{group.name} has no account for {amounts} amounts")
        if amounts > 1 and accounts.size not in (1, amounts):
            raise ValueError(
                f"{amounts} amounts and {accounts.size} accounts; give one amount for each account, or a row"
            )
    if amounts == 1 and max(givers.size, takers.size) > 1 and (giver_row is EVERY or taker_row is EVERY):
        raise ValueError("an amount for each account is needed, or a row")
    return givers, takers


def _for_all(amounts: IntArray, givers: IntArray, takers: IntArray) -> IntArray:
    """Amounts, one for each pair of accounts."""
    most = max(givers.size, takers.size)
    return amounts if amounts.size == most or amounts.size > 1 else np.full(most, amounts[0])
