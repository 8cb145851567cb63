"""The coupled auction on cases small enough to work by hand, and its properties on random ones."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_abm.auction import clear as doors
from market_abm.auction.clear import clear
from market_abm.auction.orders import UNLIMITED, CertificateError, Clearing, Links, OrderError, Orders
from market_abm.auction.records import UNPROVED_BOOK, Verdict
from market_abm.core.units import IntArray


def column(values: list[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def orders(*rows: tuple[int, int, int]) -> Orders:
    """Orders from rows of (zone, limit, quantity), numbered as listed."""
    zone, limit, quantity = (column([row[place] for row in rows]) for place in range(3))
    return Orders(zone, limit, quantity, np.arange(len(rows)))


def links(*rows: tuple[int, int, int, int]) -> Links:
    """Links from rows of (origin, destination, cost, capacity)."""
    return Links(*(column([row[place] for row in rows]) for place in range(4)))


def welfare(bids: Orders, asks: Orders, ways: Links, result: Clearing) -> int:
    return int(bids.limit @ result.bid_fill - asks.limit @ result.ask_fill - ways.cost @ result.flow)


# ------------------------------------------------------------------------------------------ by hand


def test_one_zone_trades_where_bids_meet_asks() -> None:
    bids = orders((0, 100, 10), (0, 80, 10), (0, 40, 10))
    asks = orders((0, 30, 15), (0, 90, 10))

    result = clear(bids, asks, links(), column([70]))

    assert result.bid_fill.tolist() == [10, 5, 0]
    assert result.ask_fill.tolist() == [15, 0]
    assert result.price.tolist() == [80]


def test_goods_flow_to_the_dearer_zone_until_the_difference_is_the_freight() -> None:
    bids, asks = orders((0, 60, 10), (1, 100, 10)), orders((0, 50, 12), (0, 70, 20))

    result = clear(bids, asks, links((0, 1, 8, UNLIMITED)), column([60, 60]))

    assert result.flow.tolist() == [10]
    assert result.price.tolist() == [60, 68]


def test_a_full_link_separates_the_prices_by_a_rent() -> None:
    bids, asks = orders((0, 60, 10), (1, 100, 10)), orders((0, 50, 30))

    result = clear(bids, asks, links((0, 1, 8, 4)), column([0, 0]))

    assert result.flow.tolist() == [4]
    assert result.price.tolist() == [50, 100]


def test_a_closed_link_carries_nothing() -> None:
    bids, asks = orders((1, 100, 10)), orders((0, 50, 10))

    result = clear(bids, asks, links((0, 1, 0, 0)), column([70, 70]))

    assert result.flow.tolist() == [0]
    assert result.price.tolist() == [50, 100]


def test_goods_take_the_cheapest_way_even_through_a_third_zone() -> None:
    ways = links((0, 2, 30, UNLIMITED), (0, 1, 5, 6), (1, 2, 5, UNLIMITED))

    result = clear(orders((2, 100, 10)), orders((0, 50, 10)), ways, column([0, 0, 0]))

    assert result.flow.tolist() == [4, 6, 6]


def test_equal_limits_share_by_largest_remainder_and_odd_grams_go_to_the_lowest_number() -> None:
    bids = Orders(column([0, 0, 0]), column([9, 9, 9]), column([5, 5, 5]), column([7, 3, 5]))

    result = clear(bids, orders((0, 4, 10), (0, 9, 1)), links(), column([9]))

    assert result.bid_fill.tolist() == [3, 4, 4]


def test_trades_without_gain_are_made() -> None:
    result = clear(orders((1, 60, 10)), orders((0, 50, 10)), links((0, 1, 10, UNLIMITED)), column([0, 0]))

    assert result.flow.tolist() == [10]


def test_of_equal_links_the_first_is_used() -> None:
    ways = links((0, 1, 5, 6), (0, 1, 5, UNLIMITED), (0, 1, 5, 20))

    result = clear(orders((1, 100, 10)), orders((0, 50, 10)), ways, column([0, 0]))

    assert result.flow.tolist() == [6, 4, 0]


def test_an_empty_book_keeps_last_weeks_prices() -> None:
    ways = links((0, 1, 5, UNLIMITED), (1, 0, 5, UNLIMITED))

    result = clear(Orders.none(), Orders.none(), ways, column([70, 72]))

    assert result.price.tolist() == [70, 72]


@pytest.mark.parametrize(("last", "price"), [(60, 60), (20, 40), (200, 90)])
def test_without_trade_the_price_moves_only_into_the_spread(last: int, price: int) -> None:
    result = clear(orders((0, 40, 1)), orders((0, 90, 1)), links(), column([last]))

    assert result.price.tolist() == [price]


@pytest.mark.parametrize("side", ["bids", "asks"])
def test_with_one_side_empty_the_price_moves_only_to_the_best_order(side: str) -> None:
    book = {"bids": Orders.none(), "asks": Orders.none(), side: orders((0, 50, 5))}

    prices = [int(clear(**book, links=links(), last_price=column([last])).price[0]) for last in (20, 80)]

    assert prices == ([50, 80] if side == "bids" else [20, 50])


def test_an_isolated_node_without_orders_keeps_its_price() -> None:
    result = clear(orders((0, 100, 5)), orders((0, 50, 5)), links(), column([10, 12345]))

    assert result.price.tolist() == [50, 12345]


def test_an_order_for_nothing_gets_nothing_and_sets_no_price() -> None:
    bids, asks = orders((0, 100, 5), (0, 200, 0)), orders((0, 50, 5), (0, 10, 0))

    result = clear(bids, asks, links(), column([500]))

    assert (result.bid_fill.tolist(), result.ask_fill.tolist()) == ([5, 0], [5, 0])
    assert (result.low.tolist(), result.high.tolist()) == ([50], [100])


def test_goods_do_not_travel_in_a_circle_that_costs_nothing() -> None:
    ways = links(*((a, b, 0, UNLIMITED) for a in range(3) for b in range(3)))
    bids = orders((0, 90, 10), (1, 80, 10), (2, 70, 10))
    asks = orders((2, 10, 10), (0, 20, 10), (1, 30, 10))

    result = clear(bids, asks, ways, column([0, 0, 0]))

    there = result.flow.reshape(3, 3)
    assert result.bid_fill.sum() == 30
    assert (np.minimum(there, there.T) == 0).all()
    assert not (there[0, 1] and there[1, 2] and there[2, 0])
    assert not (there[0, 2] and there[2, 1] and there[1, 0])


def test_a_circle_closed_by_three_separate_ways_is_taken_out() -> None:
    # Shortest ways first: 5-0-1-8, then 6-11-1-2-9, then 7-4-12-13-2-0-3-10, which together go round 0-1-2.
    ways = [(5, 0), (0, 1), (6, 11), (11, 1), (1, 2), (7, 4), (4, 12), (12, 13), (13, 2), (2, 0), (0, 3), (3, 10)]
    free = [(origin, destination, 0, UNLIMITED) for origin, destination in ways]
    bids, asks = orders((8, 20, 1), (9, 20, 1), (10, 20, 1)), orders((5, 10, 1), (6, 10, 1), (7, 10, 1))

    result = clear(bids, asks, links(*free, (1, 8, 0, 1), (2, 9, 0, 1)), column([10] * 14))

    assert result.bid_fill.tolist() == [1, 1, 1]
    assert [int(result.flow[ways.index(way)]) for way in ((0, 1), (1, 2), (2, 0))] == [0, 0, 0]


def test_an_optimal_last_price_of_one_zone_comes_back_to_the_tick() -> None:
    for last in range(40_000, 41_000, 7):
        result = clear(orders((0, 39_999, 1)), orders((0, 90_001, 1)), links(), column([last]))
        assert result.price.tolist() == [last]


# ----------------------------------------------------------------------------------------- what is refused


def test_a_book_worth_more_than_int64_money_is_refused() -> None:
    with pytest.raises(OrderError, match="int64 cannot add up"):
        clear(orders((0, 2**20, 2**45)), orders((0, 1, 1)), links(), column([1]))


def test_the_greatest_book_that_fits_is_cleared() -> None:
    result = clear(orders((0, 2**20, 2**41)), orders((0, 1, 2**41)), links(), column([1]))

    assert result.bid_fill.tolist() == [2**41]


@pytest.mark.parametrize("row", [(2, 5, 1), (-1, 5, 1), (0, 0, 1), (0, 5, -1)])
def test_a_senseless_order_is_refused_by_its_row(row: tuple[int, int, int]) -> None:
    with pytest.raises(OrderError, match=r"bids\[1\]"):
        clear(orders((0, 5, 1), row), Orders.none(), links(), column([1, 1]))


@pytest.mark.parametrize("row", [(0, 2, 5, 1), (0, 1, -5, 1), (0, 1, 5, -1)])
def test_a_senseless_link_is_refused(row: tuple[int, int, int, int]) -> None:
    with pytest.raises(OrderError, match="links"):
        clear(Orders.none(), Orders.none(), links(row), column([1, 1]))


def test_float_columns_are_refused() -> None:
    bids = orders((0, 5, 1))._replace(quantity=np.array([1.5]))

    with pytest.raises(OrderError, match="int64"):
        clear(bids, Orders.none(), links(), column([1]))


def test_a_result_without_proof_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    solve = doors.solve_week
    monkeypatch.setattr(
        doors, "solve_week", lambda week, pools: (Verdict(UNPROVED_BOOK, 0, True, 7, 9), solve(week, pools)[1])
    )

    with pytest.raises(CertificateError, match="material 0: welfare is 7, its dual 9"):
        clear(orders((0, 100, 5)), orders((0, 50, 5)), links(), column([70]))


# ------------------------------------------------------------------------------------- how long it may take


@pytest.mark.parametrize("side", ["neither", "bids", "asks"])
def test_a_book_without_two_sides_takes_no_time(side: str) -> None:
    ways = links((0, 1, 5, UNLIMITED), (1, 0, 5, UNLIMITED))
    book = {"bids": Orders.none(), "asks": Orders.none(), side: orders((0, 50, 5))}
    clear(book["bids"], book["asks"], ways, column([70, 70]))  # compiled by now

    start = time.process_time()
    result = clear(book["bids"], book["asks"], ways, column([2**28, 1]))

    assert time.process_time() - start < 0.1
    assert result.flow.tolist() == [0, 0]


def test_a_price_far_from_last_weeks_takes_no_time() -> None:
    ways = links(*((zone, zone + 1, 3, UNLIMITED) for zone in range(30)))
    bids, asks = orders(*((zone, 50 + zone, 5) for zone in range(31))), orders((0, 10, 80), (9, 2**31, 4))
    clear(bids, asks, ways, column([70] * 31))

    start = time.process_time()
    result = clear(bids, asks, ways, column([2**32, 1] * 15 + [2**20]))

    assert time.process_time() - start < 0.1
    assert result.bid_fill.sum() == 80


# ----------------------------------------------------------------------------------------- properties

ZONES = 4


@st.composite
def books(draw: st.DrawFn) -> tuple[Orders, Orders, Links, IntArray]:
    """Small books with many ties, over four zones."""
    zone, limit = st.integers(0, ZONES - 1), st.integers(1, 12)
    row = st.tuples(zone, limit, st.integers(0, 9))
    way = st.tuples(zone, zone, st.integers(0, 5), st.sampled_from([0, 1, 7, UNLIMITED]))
    sides = [orders(*draw(st.lists(row, max_size=12))) for _ in range(2)]
    last = draw(st.lists(st.integers(0, 20), min_size=ZONES, max_size=ZONES))
    return sides[0], sides[1], links(*draw(st.lists(way, max_size=10))), column(last)


def shuffled(side: Orders, order: IntArray) -> Orders:
    return Orders(side.zone[order], side.limit[order], side.quantity[order], side.number[order])


@settings(deadline=None)
@given(books(), st.randoms(use_true_random=False))
def test_the_order_of_orders_changes_nothing(book, random) -> None:  # type: ignore[no-untyped-def]
    bids, asks, ways, last = book
    bid_order, ask_order = (column(random.sample(range(side.zone.size), side.zone.size)) for side in (bids, asks))

    one = clear(bids, asks, ways, last)
    other = clear(shuffled(bids, bid_order), shuffled(asks, ask_order), ways, last)

    np.testing.assert_array_equal(one.bid_fill[bid_order], other.bid_fill)
    np.testing.assert_array_equal(one.ask_fill[ask_order], other.ask_fill)
    np.testing.assert_array_equal(one.flow, other.flow)
    np.testing.assert_array_equal(one.price, other.price)


@settings(deadline=None)
@given(books())
def test_closed_links_make_separate_auctions(book) -> None:  # type: ignore[no-untyped-def]
    bids, asks, ways, last = book
    together = clear(bids, asks, ways._replace(capacity=np.zeros_like(ways.capacity)), last)

    for zone in range(ZONES):
        mine = [side.zone == zone for side in (bids, asks)]
        own = [
            shuffled(side, keep)._replace(zone=np.zeros(keep.sum(), np.int64))
            for side, keep in zip((bids, asks), mine, strict=True)
        ]
        alone = clear(own[0], own[1], links(), last[zone : zone + 1])
        np.testing.assert_array_equal(together.bid_fill[mine[0]], alone.bid_fill)
        np.testing.assert_array_equal(together.ask_fill[mine[1]], alone.ask_fill)
        assert (together.low[zone], together.high[zone]) == (alone.low[0], alone.high[0])
        assert together.price[zone] == alone.price[0]


@settings(deadline=None)
@given(books(), st.integers(0, 5_000), st.sampled_from([0, 1, UNLIMITED]), st.integers(0, 3))
def test_a_zone_that_does_nothing_changes_nothing(book, last_price, capacity, zone) -> None:  # type: ignore[no-untyped-def]
    bids, asks, ways, last = book
    far = [(ZONES, zone, 1_000, capacity), (zone, ZONES, 1_000, capacity), (ZONES, (zone + 1) % ZONES, 1_000, capacity)]
    more = Links(*(np.append(own, extra) for own, extra in zip(ways, links(*far), strict=True)))

    without, with_it = clear(bids, asks, ways, last), clear(bids, asks, more, np.append(last, last_price))

    # Zones without orders are quotes only; a quote of another zone may hold theirs, never that of a zone with orders.
    trading = np.isin(np.arange(ZONES), np.concatenate([side.zone[side.quantity > 0] for side in (bids, asks)]))
    same = trading | (last_price <= 1_000)
    np.testing.assert_array_equal(with_it.price[:ZONES][same], without.price[same])
    np.testing.assert_array_equal(with_it.bid_fill, without.bid_fill)
    np.testing.assert_array_equal(with_it.flow[: ways.cost.size], without.flow)


@settings(deadline=None)
@given(books(), st.integers(0, ZONES - 1), st.integers(0, ZONES - 1))
def test_a_link_that_is_too_dear_changes_nothing(book, origin, destination) -> None:  # type: ignore[no-untyped-def]
    bids, asks, ways, last = book
    dear = links((origin, destination, 1_000, UNLIMITED))
    more = Links(*(np.append(own, extra) for own, extra in zip(ways, dear, strict=True)))

    without, with_it = clear(bids, asks, ways, last), clear(bids, asks, more, last)

    np.testing.assert_array_equal(with_it.price, without.price)


def test_a_zone_without_orders_keeps_its_price_where_its_neighbours_allow() -> None:
    bids, asks, ways = orders((0, 100, 5)), orders((0, 100, 5)), links((0, 1, 10, UNLIMITED), (1, 0, 30, UNLIMITED))

    prices = [clear(bids, asks, ways, column([0, last])).price.tolist() for last in (20, 85, 300)]

    assert prices == [[100, 70], [100, 85], [100, 110]]


def test_last_prices_that_no_longer_fit_meet_half_way() -> None:
    bids, asks = orders((1, 100, 5)), orders((0, 50, 5))

    result = clear(bids, asks, links((0, 1, 8, UNLIMITED)), column([60, 78]))

    assert result.price.tolist() == [65, 73]


@settings(deadline=None)
@given(books())
def test_free_links_without_limit_make_one_pooled_auction(book) -> None:  # type: ignore[no-untyped-def]
    bids, asks, _, last = book
    ways = links(*((zone, (zone + 1) % ZONES, 0, UNLIMITED) for zone in range(ZONES)))
    linked = clear(bids, asks, ways, last)
    pooled_sides = [side._replace(zone=np.zeros_like(side.zone)) for side in (bids, asks)]
    pooled = clear(pooled_sides[0], pooled_sides[1], links(), last[:1])

    assert linked.bid_fill.sum() == pooled.bid_fill.sum()
    assert welfare(bids, asks, ways, linked) == welfare(pooled_sides[0], pooled_sides[1], links(), pooled)
    assert set(linked.low.tolist()) == {int(pooled.low[0])}
    assert len(set(linked.price.tolist())) == 1


@settings(deadline=None)
@given(books(), st.integers(0, ZONES - 1), st.integers(1, 12), st.integers(0, 9))
def test_more_demand_never_lowers_the_lowest_price(book, zone, limit, quantity) -> None:  # type: ignore[no-untyped-def]
    bids, asks, ways, last = book
    extra = orders((zone, limit, quantity))
    columns = ("zone", "limit", "quantity", "number")
    more = Orders(*(np.append(getattr(bids, name), getattr(extra, name)) for name in columns))

    before, after = clear(bids, asks, ways, last), clear(more, asks, ways, last)

    assert (after.low >= before.low).all()


@settings(deadline=None)
@given(books())
def test_nobody_pays_more_or_takes_less_than_the_limit(book) -> None:  # type: ignore[no-untyped-def]
    bids, asks, ways, last = book
    result = clear(bids, asks, ways, last)
    bid_price, ask_price = result.price[bids.zone], result.price[asks.zone]

    assert (result.price >= 1).all()
    assert ((result.low <= result.price) & (result.price <= result.high)).all()
    assert (result.bid_fill[bids.limit < bid_price] == 0).all()
    assert (result.ask_fill[asks.limit > ask_price] == 0).all()
    assert (result.bid_fill == bids.quantity)[bids.limit > bid_price].all()
    assert (result.ask_fill == asks.quantity)[asks.limit < ask_price].all()


@pytest.mark.parametrize("seed", range(6))
def test_a_chain_of_many_zones_far_from_its_prices_is_solved(seed: int) -> None:
    random = np.random.default_rng(seed)
    zones, count, top = 50, 500, 10**5
    sides = [
        Orders(
            random.integers(0, zones, count),
            np.exp(random.uniform(0, np.log(top), count)).astype(np.int64),
            random.integers(1, 10**6, count),
            np.arange(count),
        )
        for _ in range(2)
    ]
    ways = Links(
        np.arange(zones - 1),
        np.arange(1, zones),
        random.integers(0, 10, zones - 1),
        random.choice([10**5, UNLIMITED], zones - 1),
    )

    result = clear(sides[0], sides[1], ways, random.integers(0, 2**32, zones))  # proves itself

    assert result.bid_fill.sum() > 0
