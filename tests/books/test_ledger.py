"""The ledger: double entry to the last integer, and an accuser when anybody writes past it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.books import entry
from market_abm.books.checking import check_books
from market_abm.books.ledger import ConservationError, Ledger, LimitError
from market_abm.books.parties import closing, entries_of, journal, parties
from market_abm.core.limits import GREATEST_BALANCE

if TYPE_CHECKING:
    from market_abm.model import MineralMarket

OXIDE, CONCENTRATE, DEBT = 0, 1, 2
ROWS = {"mines": 3, "makers": 2, "ground": 1}


def books() -> Ledger:
    """Three mines in two places, two makers, an empty group, and the ground."""
    ledger = Ledger(["oxide", "concentrate", "debt"], ["g", "g", "micro-US$"])
    ledger.open("mines", 3, labels=["mines CN", "mines RW", "mines CN"])
    ledger.open("makers", 2)
    ledger.open("nobody", 0)
    ledger.open("ground", 1, source=True)
    ledger.begin()
    return ledger


# -- entries ---------------------------------------------------------------------------------------
def test_what_one_pays_the_other_gets() -> None:
    ledger = books()
    mines, makers = ledger.groups["mines"], ledger.groups["makers"]

    ledger.pay("ore", makers, mines, [5, 7, 11], [0, 1, 1], [2, 2, 0])

    assert makers.money.tolist() == [-5, -18]
    assert mines.money.tolist() == [11, 0, 12]
    assert ledger.journal == {("makers", "mines", "ore"): 23}
    ledger.check("test")


def test_payments_are_told_by_label() -> None:
    ledger = books()
    mines, makers = ledger.groups["mines"], ledger.groups["makers"]

    ledger.pay("ore", makers, mines, [5, 7, 11], [0, 1, 1], [0, 1, 2])
    ledger.pay("tax", mines, makers, 2, 1, 0)

    assert ledger.payments() == {
        ("makers", "mines CN", "ore"): 16,
        ("makers", "mines RW", "ore"): 7,
        ("mines RW", "makers", "tax"): 2,
    }


def test_one_row_pays_or_takes_the_total() -> None:
    ledger = books()
    mines, makers = ledger.groups["mines"], ledger.groups["makers"]

    ledger.pay("ore", makers, mines, [1, 2, 3], 1)

    assert makers.money.tolist() == [0, -6]
    assert mines.money.tolist() == [1, 2, 3]


def test_mass_of_all_materials_moves_at_once() -> None:
    ledger = books()
    mines, ground = ledger.groups["mines"], ledger.groups["ground"]

    ledger.move_all("mining", ground, mines, np.array([[1, 2, 3], [40, 50, 60]]), source_row=0)
    ledger.move_all("mining", ground, mines, np.array([7, 8]), source_row=0, sink_row=1)

    assert mines.mass.tolist() == [[1, 9, 3], [40, 58, 60], [0, 0, 0]]
    assert ground.mass[:, 0].tolist() == [-13, -158, 0]
    ledger.check("test")


def test_a_name_is_opened_once() -> None:
    ledger = Ledger(["oxide"])
    ledger.open("Miner", 1, labels=["mines CN"], zones=["CN"], holder="mines")

    for name in ("Miner", "mines"):
        with pytest.raises(ValueError, match=r"have accounts of .* already"):
            ledger.open(name, 1)


def test_movements_are_told_by_material_and_label() -> None:
    ledger = books()
    mines, ground = ledger.groups["mines"], ledger.groups["ground"]

    ledger.move("mining", CONCENTRATE, ground, mines, [5, 7, 11], 0)
    ledger.move("mining", OXIDE, ground, mines, 3, 0, 1)
    ledger.move("swap", CONCENTRATE, mines, mines, 2, 0, 1)

    assert ledger.movements() == {
        ("concentrate", "ground", "mines CN", "mining"): 16,
        ("concentrate", "ground", "mines RW", "mining"): 7,
        ("oxide", "ground", "mines RW", "mining"): 3,
        ("concentrate", "mines CN", "mines RW", "swap"): 2,
    }


def test_a_period_is_closed_by_party() -> None:
    ledger = books()
    mines, ground = ledger.groups["mines"], ledger.groups["ground"]
    ledger.move("mining", CONCENTRATE, ground, mines, [5, 7, 11], 0)
    before = journal(ledger)

    ledger.move("mining", CONCENTRATE, ground, mines, 4, 0, 2)
    ledger.pay("ore", ground, mines, 9, 0, 1)  # a page that was not there before
    period = closing(ledger, journal(ledger), before)

    names, entries = [party.label for party in parties(ledger)], entries_of(ledger, period.changes[:, 1])
    told = {
        (int(row), ledger.entries[kind][0], names[giver], names[taker]): int(amount)
        for (row, _, amount), kind, giver, taker in zip(period.changes, *entries, strict=True)
    }
    assert told == {(0, "ore", "ground", "mines RW"): 9, (1 + CONCENTRATE, "mining", "ground", "mines CN"): 4}
    assert {(int(row), names[party]): int(amount) for row, party, amount in period.balances} == {
        (0, "mines RW"): 9,
        (0, "ground"): -9,
        (1 + CONCENTRATE, "mines CN"): 20,
        (1 + CONCENTRATE, "mines RW"): 7,
        (1 + CONCENTRATE, "ground"): -27,
    }


def test_movements_beyond_the_limit_are_named() -> None:
    """Two amounts of 2**61 there and back: no account is beyond the limit, but what went there is."""
    ledger = books()
    mines, ground = ledger.groups["mines"], ledger.groups["ground"]
    ledger.move("mining", OXIDE, ground, mines, 2**61, 0, 1)
    ledger.move("dumping", OXIDE, mines, ground, 2**61, 1, 0)

    with pytest.raises(
        LimitError, match=r"what moved as mining from ground to mines adds up to more than .* g of oxide"
    ):
        ledger.move("mining", OXIDE, ground, mines, 2**61, 0, 1)


def test_a_negative_amount_flows_back() -> None:
    ledger = books()
    mines, makers = ledger.groups["mines"], ledger.groups["makers"]

    ledger.pay("ore", makers, mines, -9, 0, 1)

    assert (makers.money[0], mines.money[1]) == (9, -9)
    assert ledger.journal == {("makers", "mines", "ore"): -9}


def test_an_account_may_pay_itself() -> None:
    ledger = books()
    mines = ledger.groups["mines"]

    ledger.pay("swap", mines, mines, 5, 1, 1)
    ledger.move("swap", OXIDE, mines, mines, 0, 1, 1)

    assert not mines.money.any()
    ledger.check("test")


def test_amounts_that_cancel_are_booked_none_the_less() -> None:
    ledger = books()
    mines, ground = ledger.groups["mines"], ledger.groups["ground"]

    ledger.pay("swap", ground, mines, np.array([4, -4, 0]), 0)

    assert mines.money.tolist() == [4, -4, 0]
    ledger.check("test")


def test_nothing_leaves_no_trace() -> None:
    ledger = books()
    mines, nobody = ledger.groups["mines"], ledger.groups["nobody"]

    ledger.pay("ore", mines, mines, [0, 0, 0])
    ledger.pay("ore", nobody, mines, [], payee_row=0)
    ledger.move_all("ore", mines, mines, np.zeros((2, 3), dtype=np.int64))

    assert ledger.entries == []
    assert ledger.last_entry(mines) == "none"


@pytest.mark.parametrize(
    ("giver", "taker", "amounts", "rows", "words"),
    [
        ("makers", "mines", 7, (None, None), "an amount for each account"),
        ("makers", "mines", [1, 2], (None, None), "2 amounts and 3 accounts"),
        ("makers", "mines", [1, 2, 3], (None, None), "3 amounts and 2 accounts"),
        ("makers", "mines", [1, 2, 3], ([0, 1], 0), "3 amounts and 2 accounts"),
        ("nobody", "mines", 7, (None, 0), "nobody has no account"),
        ("mines", "nobody", [7, 8], (0, None), "nobody has no account"),
    ],
)
def test_amounts_must_fit_the_accounts(giver: str, taker: str, amounts: Any, rows: Any, words: str) -> None:
    ledger = books()
    groups = ledger.groups

    with pytest.raises(ValueError, match=words):
        ledger.pay("ore", groups[giver], groups[taker], amounts, *rows)
    with pytest.raises(ValueError, match=words):
        ledger.move("ore", OXIDE, groups[giver], groups[taker], amounts, *rows)

    assert not ledger.money.any()
    assert not ledger.mass.any()


@pytest.mark.parametrize("row", [2, -1, [0, 5]])
def test_an_account_that_a_group_does_not_have_is_refused(row: Any) -> None:
    ledger = books()

    with pytest.raises(IndexError, match="makers has 2 accounts"):
        ledger.pay("ore", ledger.groups["makers"], ledger.groups["mines"], 7, row, 0)


def test_sources_must_be_opened_last() -> None:
    ledger = Ledger(["oxide"])
    ledger.open("ground", 1, source=True)
    ledger.open("mines", 1)

    with pytest.raises(ValueError, match="last"):
        ledger.begin()


# -- compiled entries ------------------------------------------------------------------------------
def test_compiled_entries_write_what_the_ledger_would() -> None:
    one, other = books(), books()
    ore, mining = other.entry("ore", "makers", "mines"), other.entry("mining", "ground", "mines")
    makers, mines, ground = (other.groups[name].start for name in ("makers", "mines", "ground"))

    one.pay("ore", one.groups["makers"], one.groups["mines"], [5, 7], [0, 1], [2, 1])
    one.move("mining", CONCENTRATE, one.groups["ground"], one.groups["mines"], 9, 0, 1)
    entry.pay(other.books, ore, makers, mines + 2, 5)
    entry.pay(other.books, ore, makers + 1, mines + 1, 7)
    entry.move(other.books, mining, CONCENTRATE, ground, mines + 1, 9)

    for name in ("money", "mass", "money_total", "mass_total", "cells", "page", "last"):
        np.testing.assert_array_equal(getattr(other, name), getattr(one, name), err_msg=name)
    assert other.payments() == one.payments()


def test_a_side_with_one_account_serves_all_entries() -> None:
    ledger = books()
    number, mines, makers = ledger.entry("ore", "makers", "mines"), ledger.groups["mines"], ledger.groups["makers"]

    entry.pay_each(ledger.books, number, makers.at(1), mines.at(None), np.array([1, 2, 3]))
    entry.move_each(ledger.books, number, OXIDE, makers.at(None), mines.at(0), np.array([10, 20]))

    assert (makers.money.tolist(), mines.money.tolist()) == ([0, -6], [1, 2, 3])
    assert (makers.mass[OXIDE].tolist(), mines.mass[OXIDE].tolist()) == ([-10, -20], [30, 0, 0])


def test_pages_laid_out_late_keep_what_was_paid_before() -> None:
    ledger = books()
    mines, makers = ledger.groups["mines"], ledger.groups["makers"]
    ledger.pay("ore", makers, mines, 5, 0, 1)

    ledger.entry("tax", "mines", "ground")
    ledger.pay("ore", makers, mines, 6, 0, 1)
    ledger.pay("tax", mines, ledger.groups["ground"], 2, 1, 0)

    assert ledger.payments() == {("makers", "mines RW", "ore"): 11, ("mines RW", "ground", "tax"): 2}
    ledger.check("test")


def test_balances_stay_where_they_are_when_a_page_is_laid_out() -> None:
    ledger = books()
    before, window = ledger.books, ledger.groups["mines"].money[:]

    ledger.entry("tax", "mines", "ground")

    assert ledger.books.money is before.money
    assert ledger.books.last is before.last
    ledger.pay("tax", ledger.groups["mines"], ledger.groups["ground"], 2, 1, 0)
    assert window[1] == -2


def test_an_entry_has_one_number() -> None:
    ledger = books()

    first = ledger.entry("ore", "makers", "mines")

    assert ledger.entry("tax", "makers", "mines") == first + 1
    assert ledger.entry("ore", "makers", "mines") == first


# -- identities, whatever is booked ----------------------------------------------------------------
names = st.sampled_from(list(ROWS))
amounts = st.integers(-(10**15), 10**15)
entries = st.tuples(st.sampled_from(["pay", "move"]), names, names, *[st.integers(0, 2)] * 3, amounts)


def book(ledger: Ledger, rows: list[tuple[str, str, str, int, int, int, int]]) -> None:
    for what, giver, taker, first, second, third, amount in rows:
        sides = ledger.groups[giver], ledger.groups[taker]
        places = first % ROWS[giver], second % ROWS[taker]
        if what == "pay":
            ledger.pay(("ore", "tax", "gift")[third], *sides, amount, *places)
        else:
            ledger.move("any", third, *sides, amount, *places)


@given(st.lists(entries, max_size=30))
def test_no_entry_makes_or_loses_money_or_mass(rows: list[Any]) -> None:
    ledger = books()

    book(ledger, rows)

    assert int(ledger.money.sum()) == 0
    assert not ledger.mass.sum(axis=1).any()
    for group in ledger.groups.values():
        assert int(group.money.sum()) == ledger.money_total[group.index]
        np.testing.assert_array_equal(group.mass.sum(axis=1), ledger.mass_total[:, group.index])
    if not (ledger.mass[:, : ledger._holders] < 0).any():
        ledger.check("test")


@given(st.lists(entries, max_size=30))
def test_the_journal_explains_every_balance(rows: list[Any]) -> None:
    ledger = books()

    book(ledger, rows)

    explained: dict[str, int] = {}
    for (giver, taker, _), amount in ledger.payments().items():
        explained[giver] = explained.get(giver, 0) - amount
        explained[taker] = explained.get(taker, 0) + amount
    for group in ledger.groups.values():
        for place, label in enumerate(group.labels):
            held = int(group.money[group.label_of == place].sum())
            assert held == explained.get(label, 0)


@given(st.lists(entries, max_size=20), st.lists(entries, max_size=20))
def test_loaded_books_go_on_as_the_first_would(before: list[Any], after: list[Any]) -> None:
    first, other = books(), books()
    other.entry("page of its own", "mines", "makers")
    book(first, before)

    other.load(first.dump())
    book(first, after)
    book(other, after)

    for name in Ledger.kept():
        one, two = getattr(first, name), getattr(other, name)
        assert one == two if isinstance(one, list) else np.array_equal(one, two), name
    assert first.payments() == other.payments()
    assert other.groups["mines"].money.base is other.money


# -- faults ----------------------------------------------------------------------------------------
def test_money_written_past_the_ledger_is_found_with_group_and_last_entry() -> None:
    ledger = books()
    ledger.pay("ore", ledger.groups["makers"], ledger.groups["mines"], 9, 0, 1)

    ledger.groups["mines"].money[2] += 40

    with pytest.raises(
        ConservationError, match=r"\+40 micro-US\$ in the accounts of mines .* week 7.*ore: makers to mines, 9"
    ):
        ledger.check("week 7")


def test_mass_written_past_the_ledger_is_found_with_its_material() -> None:
    ledger = books()
    ledger.move("mining", 1, ledger.groups["ground"], ledger.groups["mines"], 9, 0, 1)

    ledger.groups["makers"].mass[1, 0] += 3

    with pytest.raises(ConservationError, match=r"concentrate: \+3 g in the accounts of makers"):
        ledger.check("week 7")


def test_claims_are_told_in_their_unit() -> None:
    ledger = books()
    ledger.move("loan", DEBT, ledger.groups["ground"], ledger.groups["mines"], 9, 0, 1)

    ledger.groups["makers"].mass[DEBT, 0] += 3

    assert ledger.last_entry(ledger.groups["mines"]) == "loan: ground to mines, 9 micro-US$ of debt"
    with pytest.raises(ConservationError, match=r"debt: \+3 micro-US\$ in the accounts of makers"):
        ledger.check("week 7")


def test_control_totals_written_past_the_ledger_are_found() -> None:
    ledger = books()

    ledger.money[0] += 4
    ledger.money_total[0] += 4

    with pytest.raises(ConservationError, match="control totals do not close in week 7"):
        ledger.check("week 7")


def test_a_stock_below_nothing_is_found() -> None:
    ledger = books()

    ledger.move("use", OXIDE, ledger.groups["makers"], ledger.groups["ground"], 5, 1, 0)

    with pytest.raises(ConservationError, match=r"makers\[1\] holds -5 g, less than nothing.*use: makers to ground"):
        ledger.check("week 7")


def test_the_ground_may_owe_mass_and_anybody_may_owe_money() -> None:
    ledger = books()

    ledger.move("mining", OXIDE, ledger.groups["ground"], ledger.groups["mines"], 5, 0, 0)
    ledger.pay("cost", ledger.groups["mines"], ledger.groups["ground"], 5, 0, 0)

    ledger.check("test")


@pytest.mark.parametrize(
    ("kind", "words"),
    [("pay", "ore: makers to mines, 1,234 micro-US$"), ("move", "ore: makers to mines, 1,234 g of concentrate")],
)
def test_the_last_entry_of_a_group_is_told_in_words(kind: str, words: str) -> None:
    ledger = books()
    mines, makers = ledger.groups["mines"], ledger.groups["makers"]
    ledger.pay("before", makers, mines, 1, 0, 0)

    if kind == "pay":
        ledger.pay("ore", makers, mines, 1234, 0, 0)
    else:
        ledger.move("ore", CONCENTRATE, makers, mines, 1234, 0, 0)

    assert ledger.last_entry(mines) == ledger.last_entry(makers) == words
    assert ledger.last_entry(ledger.groups["ground"]) == "none"


# -- limits ----------------------------------------------------------------------------------------
LIMIT = "4,611,686,018,427,387,903"


def test_an_account_holds_up_to_the_limit() -> None:
    ledger = books()

    ledger.pay("budget", ledger.groups["ground"], ledger.groups["mines"], GREATEST_BALANCE, 0, 0)
    ledger.move("mining", OXIDE, ledger.groups["ground"], ledger.groups["mines"], GREATEST_BALANCE, 0, 0)

    assert ledger.groups["mines"].money[0] == ledger.groups["mines"].mass[OXIDE, 0] == 2**62 - 1
    ledger.check("test")


@pytest.mark.parametrize("first", [1, 2**61, GREATEST_BALANCE])
def test_money_beyond_the_limit_names_account_last_entry_and_remedy(first: int) -> None:
    ledger = books()
    ground, mines = ledger.groups["ground"], ledger.groups["mines"]
    ledger.pay("budget", ground, mines, GREATEST_BALANCE, 0, 1)

    with pytest.raises(LimitError) as fault:
        ledger.pay("grant", ground, mines, first, 0, 1)

    assert f"mines[1] went beyond the limit of {LIMIT} micro-US$." in str(fault.value)
    assert f"Last entry there: grant: ground to mines, {first:,} micro-US$." in str(fault.value)
    assert "make capacities, use, budgets or subsidies smaller" in str(fault.value)


@pytest.mark.parametrize("first", [1, 2**61, GREATEST_BALANCE])
def test_mass_beyond_the_limit_names_account_last_entry_and_remedy(first: int) -> None:
    ledger = books()
    ground, mines = ledger.groups["ground"], ledger.groups["mines"]
    ledger.move("mining", CONCENTRATE, ground, mines, GREATEST_BALANCE, 0, 1)

    with pytest.raises(LimitError) as fault:
        ledger.move("more", CONCENTRATE, ground, mines, first, 0, 1)

    assert f"mines[1] went beyond the limit of {LIMIT} g of concentrate." in str(fault.value)
    assert f"Last entry there: more: ground to mines, {first:,} g of concentrate." in str(fault.value)


def test_a_group_together_stays_below_the_limit() -> None:
    """Two accounts of 2**61 are beyond it in their control total."""
    ledger = books()
    ground, mines, makers = (ledger.groups[name] for name in ("ground", "mines", "makers"))
    ledger.pay("one", ground, mines, 2**61, 0, 0)
    ledger.pay("two", makers, mines, 2**61 - 1, 0, 1)

    with pytest.raises(LimitError, match=rf"mines: all accounts together went beyond the limit of {LIMIT} micro-US"):
        ledger.pay("three", makers, mines, 1, 1, 2)


def test_a_page_of_the_journal_stays_below_the_limit() -> None:
    ledger = books()
    ground, mines = ledger.groups["ground"], ledger.groups["mines"]
    ledger.pay("loan", ground, mines, GREATEST_BALANCE, 0, 0)
    ledger.pay("back", mines, ground, GREATEST_BALANCE, 0, 0)

    with pytest.raises(LimitError, match=r"payments of loan from ground to mines add up to more than the limit of 4,"):
        ledger.pay("loan", ground, mines, GREATEST_BALANCE, 0, 0)


@pytest.mark.parametrize("amount", [2**62, 2**63 - 1, -(2**63), 2**63, 10**30, 1e30, float("inf"), float("nan")])
@pytest.mark.parametrize("kind", ["pay", "move", "move_all"])
def test_an_amount_beyond_the_limit_is_refused_before_it_is_booked(kind: str, amount: Any) -> None:
    ledger = books()
    ground, mines = ledger.groups["ground"], ledger.groups["mines"]
    ledger.pay("budget", ground, mines, GREATEST_BALANCE, 0, 1)
    money = ledger.money.copy()

    with pytest.raises(LimitError, match=r"grant: ground to mines.*make capacities"):
        {
            "pay": lambda: ledger.pay("grant", ground, mines, amount, 0, 1),
            "move": lambda: ledger.move("grant", OXIDE, ground, mines, amount, 0, 1),
            "move_all": lambda: ledger.move_all("grant", ground, mines, np.array([amount, 1]), 0, 1),
        }[kind]()

    np.testing.assert_array_equal(ledger.money, money)
    assert not ledger.mass.any()


near = st.one_of(st.integers(-(2**62), 2**62), st.sampled_from([2**62 - 1, -(2**62), 2**61, 1, -1]))


@given(st.lists(st.tuples(st.sampled_from(["pay", "move"]), names, names, *[st.integers(0, 2)] * 3, near), max_size=12))
def test_nothing_wraps_near_the_limit(rows: list[Any]) -> None:
    """The books agree with Python's own whole numbers until they refuse."""
    ledger = books()
    money: dict[tuple[str, int], int] = {}

    for row in rows:
        what, giver, taker, first, second, _, amount = row
        try:
            book(ledger, [row])
        except LimitError:
            break
        if what == "pay":
            for key, change in (((giver, first % ROWS[giver]), -amount), ((taker, second % ROWS[taker]), amount)):
                money[key] = money.get(key, 0) + change
    else:
        for (name, place), held in money.items():
            assert int(ledger.groups[name].money[place]) == held
        assert not (np.abs(ledger.cells.astype(object)) > 2**62).any()
        assert int(np.abs(ledger.mass.astype(object)).max()) <= 2**62


def test_compiled_entries_beyond_the_limit_raise_in_kernels() -> None:
    ledger = books()
    number, ground, mines = ledger.entry("grant", "ground", "mines"), ledger.groups["ground"], ledger.groups["mines"]

    with pytest.raises(OverflowError, match="beyond the limit"):
        entry.pay(ledger.books, number, ground.start, mines.start, 2**62)

    fault = ledger.beyond_limit()
    assert "grant: ground to mines, 4,611,686,018,427,387,904 micro-US$" in str(fault)


# -- in a running market ---------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["Manufacturer", "under way", "treasury", "LicenceHolder"])
def test_a_gram_or_a_cent_too_many_stops_the_run(tiny_model: "Callable[..., MineralMarket]", name: str) -> None:
    model = tiny_model(run=2)

    model.ledger.groups[name].money[0] += 1

    with pytest.raises(ConservationError, match=f"accounts of {name} .*week of 2010-01-18"):
        model.step()


def test_what_one_node_of_the_house_owes_another_is_found(tiny_model: "Callable[..., MineralMarket]") -> None:
    model = tiny_model()
    accounts = model.world.accounts

    model.ledger.pay("forgotten", accounts.house, accounts.house, 5, 0, 1)

    with pytest.raises(ConservationError, match=r"-5 micro-US\$ .* of house CN, .*must end empty"):
        model.check_books()


def test_separation_is_checked_in_each_zone(tiny_model: "Callable[..., MineralMarket]") -> None:
    model = tiny_model()
    apart = model.world.accounts.separation

    model.ledger.move("astray", OXIDE, apart, apart, 7, 0, 1)

    with pytest.raises(ConservationError, match=r"-7 g went into separation CN and did not come out"):
        model.check_books()


@pytest.mark.parametrize(
    ("kind", "words"), [("pay", r"\+5 micro-US\$ and \+0 g left"), ("move", r"\+0 micro-US\$ and \+5 g left")]
)
def test_what_is_left_in_the_house_is_found(
    tiny_model: "Callable[..., MineralMarket]", do: Callable[..., Any], kind: str, words: str
) -> None:
    model = tiny_model(run=2)
    accounts = model.world.accounts

    if kind == "pay":
        model.ledger.pay("forgotten", accounts.owners, accounts.house, 5, 0, 0)
    else:
        model.ledger.move("forgotten", OXIDE, accounts.opening, accounts.house, 5, 0, 0)

    with pytest.raises(ConservationError, match=rf"{words} in the accounts of house.*Last entry: forgotten"):
        do(model, check_books)


def test_a_run_beyond_the_limit_says_so_in_words(tiny_model: "Callable[..., MineralMarket]") -> None:
    model = tiny_model(run=1)
    accounts = model.world.accounts
    left = GREATEST_BALANCE + int(accounts.customers.money[0]) - 10
    model.ledger.pay("grant", accounts.customers, accounts.losses, left, 0, 0)

    with pytest.raises(
        LimitError, match=r"customers\[0\] went beyond .*Last entry there: goods: customers to .*make capacities"
    ):
        model.step()
