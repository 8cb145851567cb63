"""The joint licence pool on cases small enough to work by hand. A grand comparison is in `tests/oracles`."""

import numpy as np
import pytest

from market_abm.auction.clear import clear, clear_pool
from market_abm.auction.orders import UNLIMITED, Book, Links, OrderError, Orders
from market_abm.core.units import IntArray

HOME, ABROAD = 0, 1


def column(values: list[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def orders(*rows: tuple[int, int, int]) -> Orders:
    zone, limit, quantity = (column([row[place] for row in rows]) for place in range(3))
    return Orders(zone, limit, quantity, np.arange(len(rows)))


def export_book(*bids: tuple[int, int], supply: int = 1000, freight: int = 10) -> Book:
    """Cheap supply at home at 100 ticks; bids (limit, quantity) abroad; the one link needs a licence."""
    link = Links(column([HOME]), column([ABROAD]), column([freight]), column([UNLIMITED]))
    abroad = orders(*((ABROAD, limit, quantity) for limit, quantity in bids))
    return Book(abroad, orders((HOME, 100, supply)), link, column([100, 110]), column([0]))


def offers(*rows: tuple[int, int]) -> Orders:
    return orders(*((0, limit, quantity) for limit, quantity in rows))


def test_plenty_of_free_licences_cost_nothing() -> None:
    pool = clear_pool([export_book((500, 30))], offers((0, 100)), 0)

    assert (pool.licence_price, pool.used) == (0, 30)
    assert pool.clearings[0].price.tolist() == [100, 110]


def test_scarce_licences_go_to_the_highest_value_over_all_materials() -> None:
    books = [export_book((500, 30), (150, 30)), export_book((900, 20), (210, 40))]

    pool = clear_pool(books, offers((0, 60)), 0)

    assert [int(cleared.flow[0]) for cleared in pool.clearings] == [30, 30]
    assert pool.licence_price == 100  # what the marginal bid of 210 leaves after 100 and freight of 10
    assert [cleared.price.tolist() for cleared in pool.clearings] == [[100, 210], [100, 210]]


def test_holders_keep_licences_below_their_reservation_price() -> None:
    pool = clear_pool([export_book((500, 30), (130, 30))], offers((5, 20), (50, 20), (400, 20)), 0)

    assert pool.offer_fill.tolist() == [20, 10, 0]
    assert (pool.licence_price, pool.used) == (50, 30)


def test_marginal_tranches_of_one_price_share_in_proportion() -> None:
    pool = clear_pool([export_book((500, 30))], offers((40, 30), (40, 60), (0, 15)), 0)

    assert pool.offer_fill.tolist() == [5, 10, 15]


def test_marginal_books_share_in_proportion_by_largest_remainder() -> None:
    pool = clear_pool([export_book((310, 30)), export_book((310, 60))], offers((0, 31)), 0)

    assert [int(cleared.flow[0]) for cleared in pool.clearings] == [10, 21]


@pytest.mark.parametrize(("last", "price"), [(0, 190), (250, 250), (900, 390)])
def test_of_many_possible_licence_prices_the_nearest_to_last_weeks_is_taken(last: int, price: int) -> None:
    pool = clear_pool([export_book((500, 30), (300, 30))], offers((0, 30)), last)

    assert pool.licence_price == price


@pytest.mark.parametrize(("last", "price"), [(0, 390), (5000, 5000)])
def test_without_offers_the_gates_are_shut(last: int, price: int) -> None:
    pool = clear_pool([export_book((500, 30), (300, 30))], Orders.none(), last)

    assert (pool.used, pool.licence_price) == (0, price)


def test_a_book_without_a_gate_clears_as_if_there_were_no_pool() -> None:
    book = export_book((500, 30))
    free = Book(book.bids, book.asks, book.links, book.last_price, column([]))

    pool = clear_pool([free, book], Orders.none(), 0)

    alone = clear(book.bids, book.asks, book.links, book.last_price)
    np.testing.assert_array_equal(pool.clearings[0].price, alone.price)
    np.testing.assert_array_equal(pool.clearings[0].flow, alone.flow)


def test_the_result_is_an_auction_at_cost_plus_the_licence_price() -> None:
    book = export_book((500, 30), (210, 40))
    pool = clear_pool([book], offers((0, 60)), 0)
    dearer = Links(book.links.origin, book.links.destination, book.links.cost + pool.licence_price, book.links.capacity)

    alone = clear(book.bids, book.asks, dearer, book.last_price)

    np.testing.assert_array_equal(pool.clearings[0].low, alone.low)
    np.testing.assert_array_equal(pool.clearings[0].high, alone.high)


def test_smuggled_goods_need_no_licence() -> None:
    ways = Links(column([0, 0]), column([1, 1]), column([10, 60]), column([UNLIMITED, UNLIMITED]))
    book = Book(orders((ABROAD, 500, 30)), orders((HOME, 100, 99)), ways, column([100, 100]), column([0]))

    pool = clear_pool([book], offers((0, 12)), 0)

    assert pool.clearings[0].flow.tolist() == [12, 18]
    assert pool.licence_price == 50  # no more than the licence saves a smuggler


def test_free_circles_through_the_gate_use_no_licences() -> None:
    ways = Links(column([0, 1]), column([1, 0]), column([0, 0]), column([UNLIMITED, UNLIMITED]))
    book = Book(orders((ABROAD, 500, 30)), orders((HOME, 100, 99)), ways, column([100, 100]), column([0]))

    pool = clear_pool([book], offers((0, 500)), 0)

    assert pool.used == 30


def test_no_books_leave_the_licence_price_alone() -> None:
    pool = clear_pool([], offers((0, 5)), 0)

    assert (pool.used, pool.licence_price, pool.gap) == (0, 0, 0)


def test_gates_of_two_exporters_in_one_book_are_refused() -> None:
    ways = Links(column([0, 1]), column([1, 0]), column([1, 1]), column([9, 9]))
    book = Book(Orders.none(), Orders.none(), ways, column([1, 1]), column([0, 1]))

    with pytest.raises(OrderError, match="one exporter"):
        clear_pool([book], Orders.none(), 0)


def test_books_that_share_an_array_keep_their_own_links() -> None:
    one = export_book((500, 30))
    origin = one.links.origin
    other = one._replace(
        bids=orders((2, 500, 30)),
        links=Links(origin, column([2]), column([10]), column([UNLIMITED])),
        last_price=column([100, 110, 110]),
    )

    pool = clear_pool([one, other], offers((0, 100)), 0)

    assert [int(cleared.flow[0]) for cleared in pool.clearings] == [30, 30]
    assert pool.clearings[1].bid_fill.tolist() == [30]


def test_books_that_share_all_links_keep_their_own_gates() -> None:
    ways = Links(column([0, 1]), column([1, 0]), column([10, 10]), column([UNLIMITED, UNLIMITED]))
    bids, asks = orders((ABROAD, 500, 30)), orders((HOME, 100, 99))
    gated = Book(bids, asks, ways, column([100, 100]), column([0]))

    pool = clear_pool([gated, gated._replace(gate=column([1]))], Orders.none(), 0)

    assert [int(cleared.flow[0]) for cleared in pool.clearings] == [0, 30]


def test_a_book_is_refused_by_its_own_zones() -> None:
    small, large = export_book((500, 30)), export_book((500, 30))
    large = large._replace(last_price=column([100, 110, 120]))

    with pytest.raises(OrderError, match=r"bids\[0\]: zone 2"):
        clear_pool([small._replace(bids=orders((2, 500, 30))), large], offers((0, 100)), 0)


@pytest.mark.parametrize("row", [(-1, 5), (2**32 + 1, 5), (5, -1)])
def test_a_senseless_offer_of_licences_is_refused_by_its_row(row: tuple[int, int]) -> None:
    with pytest.raises(OrderError, match=r"offers\[1\]"):
        clear_pool([export_book((500, 30))], offers((0, 5), row), 0)
