"""The ledger: double entry to the last integer, and an accuser when anybody writes past it."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from market_abm.market.ledger import ConservationError, Ledger

from market_abm.model import MineralMarket

OXIDE = 0


def books() -> Ledger:
    ledger = Ledger(["oxide", "concentrate"])
    ledger.open("mines", 3)
    ledger.open("makers", 2)
    ledger.open("nobody", 0)
    ledger.open("ground", 1, source=True)
    ledger.begin()
    return ledger


def test_what_one_pays_the_other_gets() -> None:
    ledger = books()
    mines, makers = ledger.groups["mines"], ledger.groups["makers"]

    ledger.pay("ore", makers, mines, [5, 7, 11], [0, 1, 1], [2, 2, 0])

    assert makers.money.tolist() == [-5, -18]
    assert mines.money.tolist() == [11, 0, 12]
    assert ledger.journal == {("makers", "mines", "ore"): 23}
    ledger.check("test")


def test_one_row_pays_or_takes_the_total() -> None:
    ledger = books()
    mines, makers = ledger.groups["mines"], ledger.groups["makers"]

    ledger.pay("ore", makers, mines, [1, 2, 3], 1)

    assert makers.money.tolist() == [0, -6]
    assert mines.money.tolist() == [1, 2, 3]


def test_one_amount_for_a_whole_group_is_refused() -> None:
    ledger = books()

    with pytest.raises(ValueError, match="an amount for each account"):
        ledger.pay("ore", ledger.groups["makers"], ledger.groups["mines"], 7)


def test_amounts_that_cancel_are_booked_none_the_less() -> None:
    ledger = books()
    mines, ground = ledger.groups["mines"], ledger.groups["ground"]

    ledger.pay("swap", ground, mines, np.array([4, -4, 0]), 0)

    assert mines.money.tolist() == [4, -4, 0]
    ledger.check("test")


ROWS = {"mines": 3, "makers": 2, "ground": 1}
entries = st.tuples(
    st.sampled_from(list(ROWS)),
    st.sampled_from(list(ROWS)),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(-(10**15), 10**15),
)


@given(st.lists(entries, max_size=30))
def test_no_entry_makes_or_loses_money(rows: list[tuple[str, str, int, int, int]]) -> None:
    ledger = books()

    for payer, payee, first, second, micros in rows:
        ledger.pay("any", ledger.groups[payer], ledger.groups[payee], micros, first % ROWS[payer], second % ROWS[payee])

    assert int(ledger.money.sum()) == 0
    ledger.check("test")


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


def test_sources_must_be_opened_last() -> None:
    ledger = Ledger(["oxide"])
    ledger.open("ground", 1, source=True)
    ledger.open("mines", 1)

    with pytest.raises(ValueError, match="last"):
        ledger.begin()


@pytest.mark.parametrize("name", ["Manufacturer", "under way", "treasury", "LicenceHolder"])
def test_a_gram_or_a_cent_too_many_stops_the_run(tiny_model: Callable[..., MineralMarket], name: str) -> None:
    model = tiny_model(run=2)

    model.ledger.groups[name].money[0] += 1

    with pytest.raises(ConservationError, match=f"accounts of {name} .*week of 2010-01-18"):
        model.step()


def test_money_left_in_the_house_is_found(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=2)

    model.ledger.pay("forgotten", model.owners, model.house, 5, 0, 0)

    with pytest.raises(ConservationError, match=r"\+5 micro-US"):
        model.check_books()


def test_the_house_is_named_when_it_is_not_empty(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=2)

    model.ledger.pay("forgotten", model.owners, model.house, 5, 0, 0)

    with pytest.raises(ConservationError, match="accounts of house"):
        model.check_books()


def test_mass_left_in_the_house_is_found(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=2)

    model.ledger.move("forgotten", OXIDE, model.opening, model.house, 5, 0, 0)

    with pytest.raises(ConservationError, match="house"):
        model.check_books()
