"""A whole week cleared in one call: the same as book by book, whatever the order of orders and pools."""

import numpy as np
import pytest

from market_abm.auction import __main__ as auction_main
from market_abm.auction.clear import clear, clear_pool, clear_week
from market_abm.auction.orders import UNLIMITED, Book, Links, OrderError, Orders, Pool, WeekClearing
from market_abm.auction.week import solve_week
from market_abm.core.units import IntArray

MATERIALS, ZONES, ORDERS = 4, 3, 30
PARTS = ("bid_fill", "ask_fill", "flow", "low", "high", "price")


def side(random: np.random.Generator) -> Orders:
    """Orders of a week, most of them for nothing."""
    shape = MATERIALS, ORDERS
    quantity = random.integers(1, 50, shape) * (random.random(shape) < 0.4)
    return Orders(
        random.integers(0, ZONES, ORDERS), random.integers(1, 40, shape), quantity, random.permutation(ORDERS)
    )


def week(seed: int) -> tuple[Orders, Orders, Links, IntArray, list[Pool]]:
    """Four materials over three zones; the second and fourth, and the first, stand in pools of zone 0."""
    random = np.random.default_rng(seed)
    origin, destination = np.array([0, 0, 1, 2]), np.array([1, 2, 2, 1])
    capacity = random.choice([0, 20, UNLIMITED], (MATERIALS, 4), p=[0.1, 0.2, 0.7])
    links = Links(origin, destination, random.integers(0, 6, (MATERIALS, 4)), capacity)
    pools = [
        Pool(np.array(rows), np.array([0, 1]), random.integers(0, 9, 5), random.integers(0, 30, 5), np.arange(5), last)
        for rows, last in (([1, 3], 0), ([0], 4))
    ]
    return side(random), side(random), links, random.integers(1, 40, (MATERIALS, ZONES)), pools


def book(bids: Orders, asks: Orders, links: Links, last_price: IntArray, material: int) -> Book:
    """One material of a week, with the gate of its pools."""
    mine = [one._replace(limit=one.limit[material], quantity=one.quantity[material]) for one in (bids, asks)]
    ways = links._replace(cost=links.cost[material], capacity=links.capacity[material])
    return Book(mine[0], mine[1], ways, last_price[material], np.array([0, 1]))


def assert_same(one: WeekClearing, other: WeekClearing) -> None:
    for part in (*PARTS, "licence_price"):
        np.testing.assert_array_equal(getattr(one, part), getattr(other, part), part)


@pytest.mark.parametrize("seed", range(20))
def test_a_week_is_what_its_books_and_pools_are(seed: int) -> None:
    bids, asks, links, last_price, pools = week(seed)

    together = clear_week(bids, asks, links, last_price, pools)

    alone = {2: clear(*book(bids, asks, links, last_price, 2)[:4])}
    for number, pool in enumerate(pools):
        books = [book(bids, asks, links, last_price, int(row)) for row in pool.materials]
        offers = Orders(np.zeros(5, np.int64), pool.limit, pool.quantity, pool.number)
        cleared = clear_pool(books, offers, pool.last_price)
        alone |= dict(zip(pool.materials.tolist(), cleared.clearings, strict=True))
        assert together.licence_price[number] == cleared.licence_price
        np.testing.assert_array_equal(together.offer_fill[number], cleared.offer_fill)
    for material, result in alone.items():
        for part in PARTS:
            np.testing.assert_array_equal(getattr(together, part)[material], getattr(result, part), part)


@pytest.mark.parametrize("seed", range(10))
def test_the_place_of_orders_offers_and_pools_decides_nothing(seed: int) -> None:
    bids, asks, links, last_price, pools = week(seed)
    order = np.random.default_rng(seed).permutation(ORDERS)
    shuffled = [
        Orders(one.zone[order], one.limit[:, order], one.quantity[:, order], one.number[order]) for one in (bids, asks)
    ]
    backwards = [
        pool._replace(
            materials=pool.materials[::-1],
            limit=pool.limit[::-1],
            quantity=pool.quantity[::-1],
            number=pool.number[::-1],
        )
        for pool in reversed(pools)
    ]

    one = clear_week(bids, asks, links, last_price, pools)
    other = clear_week(*shuffled, links, last_price, backwards)

    unshuffled = other._replace(
        bid_fill=other.bid_fill[:, np.argsort(order)],
        ask_fill=other.ask_fill[:, np.argsort(order)],
        licence_price=other.licence_price[::-1],
    )
    assert_same(one, unshuffled)
    for fill, turned in zip(one.offer_fill, reversed(other.offer_fill), strict=True):
        np.testing.assert_array_equal(fill, turned[::-1])


def test_columns_need_not_be_writable_nor_contiguous() -> None:
    bids, asks, links, last_price, pools = week(1)
    plain = clear_week(bids, asks, links, last_price, pools)
    turned = bids._replace(limit=np.asfortranarray(bids.limit))
    turned.quantity.flags.writeable = False

    assert_same(plain, clear_week(turned, asks, links, last_price, pools))


def test_an_order_for_nothing_may_have_any_limit() -> None:
    bids, asks, links, last_price, _ = week(2)
    nothing = bids._replace(limit=np.where(bids.quantity == 0, 0, bids.limit))

    assert_same(clear_week(bids, asks, links, last_price), clear_week(nothing, asks, links, last_price))


def test_a_week_without_orders_keeps_its_prices() -> None:
    _, _, links, last_price, _ = week(3)
    none = Orders(*(np.zeros(shape, np.int64) for shape in (0, (MATERIALS, 0), (MATERIALS, 0), 0)))

    result = clear_week(none, none, links._replace(capacity=np.zeros_like(links.capacity)), last_price)

    np.testing.assert_array_equal(result.price, last_price)


def test_a_wrong_order_is_named_by_its_material_and_row() -> None:
    bids, asks, links, last_price, _ = week(4)
    bids.quantity[2, 7] = -1

    with pytest.raises(OrderError, match=r"bids\[2, 7\]: zone"):
        clear_week(bids, asks, links, last_price)


def test_a_wrong_link_is_named_by_its_material_and_row() -> None:
    bids, asks, links, last_price, _ = week(4)
    links.cost[3, 1] = -1

    with pytest.raises(OrderError, match=r"links\[3, 1\]"):
        clear_week(bids, asks, links, last_price)


def test_columns_of_two_lengths_are_refused() -> None:
    bids, asks, links, last_price, _ = week(4)

    with pytest.raises(OrderError, match="asks: zone, limit"):
        clear_week(bids, asks._replace(number=asks.number[1:]), links, last_price)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"materials": np.array([1, 1])}, "material 1"),
        ({"materials": np.array([MATERIALS])}, f"material {MATERIALS}"),
        ({"gate": np.array([4])}, "gate link 4"),
        ({"gate": np.array([0, 2])}, "one exporter"),
        ({"quantity": np.array([1, 1, 1, 1, -2])}, r"offers\[4\] of pool 0"),
        ({"limit": np.array([1.0])}, "int64"),
    ],
)
def test_a_senseless_pool_is_refused(change: dict[str, IntArray], message: str) -> None:
    bids, asks, links, last_price, pools = week(5)

    with pytest.raises(OrderError, match=message):
        clear_week(bids, asks, links, last_price, [pools[0]._replace(**change)])


def test_a_material_stands_in_one_pool_only() -> None:
    bids, asks, links, last_price, pools = week(5)

    with pytest.raises(OrderError, match="at most one pool"):
        clear_week(bids, asks, links, last_price, [pools[0], pools[0]])


def test_a_process_beside_compiles_what_a_week_needs() -> None:
    clear_week(*week(5))
    before = list(solve_week.signatures)

    auction_main.main()

    assert solve_week.signatures == before
