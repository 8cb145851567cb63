"""Settlement: what buyers get at once and what travels, worked by hand and to the gram."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from market_abm.books.ledger import Ledger
from market_abm.market.settlement import _send_off

LAGS = np.array([3, 1])  # longest first
WEEKS, DESTINATION = np.array([3, 1, 0, 3]), np.array([0, 0, 0, 1])  # links
ZONE = np.array([0, 0, 1])  # of three makers


def send_off(bought: Any, flow: Any, sold: Any, week: int = 5) -> tuple[Ledger, np.ndarray, np.ndarray]:
    """Send purchases of one material off; the clearing house has them."""
    ledger = Ledger(["oxide"])
    for name, size in (("makers", 3), ("under way", 3), ("house", 2)):
        ledger.open(name, size)
    ledger.open("opening", 1, source=True)
    ledger.begin()
    groups, grams = ledger.groups, np.array([bought], dtype=np.int64)
    for row, zone in enumerate(ZONE):
        ledger.move("test", 0, groups["opening"], groups["house"], int(grams[0, row]), 0, int(zone))
    ring, coming = np.zeros((4, 1, 3), dtype=np.int64), np.zeros((1, 3), dtype=np.int64)
    entries = ledger.entry("under way", "house", "under way"), ledger.entry("purchase", "house", "makers")
    starts = groups["house"].start, groups["under way"].start, groups["makers"].start
    _send_off(
        *(ledger.books, entries, starts, grams, ZONE, coming, np.array([flow], dtype=np.int64), DESTINATION, WEEKS),
        *(np.array([sold], dtype=np.int64), LAGS, ring, week),
    )
    return ledger, ring, coming


def test_the_part_that_came_by_slow_links_arrives_later() -> None:
    """Zone 0 gets 30 g by a way of three weeks, 20 g by one of a week, 10 g at once, and 40 g of its own."""
    ledger, ring, coming = send_off([50, 49, 7], flow=[30, 20, 10, 0], sold=[40, 7])

    assert ring[(5 + 3) % 4, 0].tolist() == [15, 14, 0]
    assert ring[(5 + 1) % 4, 0].tolist() == [10, 9, 0]
    assert ledger.groups["makers"].mass[0].tolist() == [25, 26, 7]
    assert coming[0].tolist() == [25, 23, 0]


def test_where_all_comes_from_afar_nothing_is_there_at_once() -> None:
    ledger, ring, _ = send_off([0, 0, 9], flow=[0, 0, 0, 9], sold=[0, 0])

    assert ring[0, 0].tolist() == [0, 0, 9]
    assert not ledger.groups["makers"].mass.any()


grams = st.integers(0, 10**12)


@given(st.tuples(grams, grams, grams), st.tuples(grams, grams, grams, grams), st.tuples(grams, grams))
def test_every_gram_bought_is_there_or_on_its_way(bought: Any, flow: Any, sold: Any) -> None:
    ledger, ring, coming = send_off(bought, flow, sold)

    here, travelling = ledger.groups["makers"].mass[0], ledger.groups["under way"].mass[0]
    np.testing.assert_array_equal(here + travelling, bought)
    np.testing.assert_array_equal(travelling, coming[0])
    np.testing.assert_array_equal(travelling, ring.sum(axis=(0, 1)))
    assert not ledger.groups["house"].mass.any()
    assert (here >= 0).all()
    ledger.check("test")
