"""What the auction refuses, and how it says so (used by `clear`).

Shapes and types are checked before a kernel is called. Values are checked by the kernels, which only say that
something is wrong; what it is, is then found here.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from market_abm.auction.orders import (
    Links,
    OrderError,
    Orders,
    Pool,
)
from market_abm.auction.records import OFFER_END, OFFER_LIMIT, OFFER_NUMBER, OFFER_QUANTITY, Pools, Week
from market_abm.core.compiled import inlined
from market_abm.core.limits import GREATEST_PRICE, GREATEST_QUANTITY, GREATEST_VALUE
from market_abm.core.units import BoolArray, IntArray


def check_columns(week: Week) -> Week:
    """Refuse columns that kernels could not read; return them in the one layout that kernels are compiled for."""
    bids, asks, links, last_price = week
    materials = last_price.shape[0]
    for name, side in (("bids", bids), ("asks", asks)):
        shape = side.zone.shape
        if not _fit(shape, side.zone, side.number) or not _fit((materials, *shape), side.limit, side.quantity):
            raise OrderError(
                f"{name}: zone, limit, quantity and number must be int64 columns of one length; those of a week have"
                " a row of limits and quantities for each material."
            )
    shape = links.origin.shape
    if not _fit(shape, links.origin, links.destination) or not _fit((materials, *shape), links.cost, links.capacity):
        raise OrderError(
            "links: origin, destination, cost and capacity must be int64 columns of one length; those of a week have"
            " a row of costs and capacities for each material."
        )
    if last_price.dtype != np.int64:
        raise OrderError(f"last_price: must be int64 between 0 and {GREATEST_PRICE:,} ticks.")
    return Week(Orders(*map(_plain, bids)), Orders(*map(_plain, asks)), Links(*map(_plain, links)), _plain(last_price))


def _fit(shape: tuple[int, ...], *columns: IntArray) -> bool:
    return all(column.dtype == np.int64 and column.shape == shape for column in columns)


def _plain(column: IntArray) -> IntArray:
    """Return a column, copied if it is not contiguous or not writable: that would be another type to numba."""
    flags = column.flags
    return column if flags.c_contiguous and flags.writeable else column.copy(order="C")


def check_gate(origin: IntArray, gate: IntArray) -> None:
    """Refuse gate links of several exporters."""
    exporters = sorted({int(origin[link]) for link in gate if 0 <= link < origin.size})
    if len(exporters) > 1:
        raise OrderError(f"Gate links start in nodes {exporters}; a pool has one exporter.")


def join_pools(pools: Sequence[Pool]) -> Pools:
    """Lay the columns of pools one behind the other."""
    for number, pool in enumerate(pools):
        if not _fit(pool.limit.shape, pool.limit, pool.quantity, pool.number):
            raise OrderError(
                f"Offers of pool {number}: limit, quantity and number must be int64 columns of one length."
            )
        if pool.materials.dtype != np.int64 or pool.gate.dtype != np.int64:
            raise OrderError(f"Pool {number}: materials and gate must be int64 columns.")
    ends: list[list[int]] = [[0], [0], [0]]
    for pool in pools:
        for end, column in zip(ends, (pool.materials, pool.gate, pool.limit), strict=True):
            end.append(end[-1] + column.size)
    offers = np.empty((3, ends[OFFER_END][-1]), np.int64)
    for pool, last in zip(pools, ends[OFFER_END][1:], strict=True):
        part = slice(last - pool.limit.size, last)
        offers[OFFER_LIMIT, part], offers[OFFER_QUANTITY, part] = pool.limit, pool.quantity
        offers[OFFER_NUMBER, part] = pool.number
    return Pools(
        np.concatenate([pool.materials for pool in pools]),
        np.concatenate([pool.gate for pool in pools]),
        offers,
        np.array(ends, np.int64),
        np.array([pool.last_price for pool in pools], np.int64),
    )


@inlined
def is_sound(week: Week, pools: Pools) -> bool:
    """Whether all numbers of nodes, links and materials exist, and last prices, links and offers are within range.

    Orders are looked at when their ladder is built.
    """
    materials, nodes = week.last_price.shape
    links, sound = week.links.origin.size, True
    for column in (week.bids.zone, week.asks.zone, week.links.origin, week.links.destination):
        for node in column:
            sound &= 0 <= node < nodes
    for material in range(materials):
        for link in range(links):
            sound &= week.links.cost[material, link] >= 0 and week.links.capacity[material, link] >= 0
        for node in range(nodes):
            sound &= 0 <= week.last_price[material, node] <= GREATEST_PRICE
    pooled = np.zeros(materials, np.bool_)
    for material in pools.material:
        exists = 0 <= material < materials
        sound &= exists and not pooled[material]
        if exists:
            pooled[material] = True
    for link in pools.gate:
        sound &= 0 <= link < links
    for pool in range(pools.last_price.size):
        grams = 0
        for row in range(pools.ends[OFFER_END, pool], pools.ends[OFFER_END, pool + 1]):
            limit, quantity = pools.offers[OFFER_LIMIT, row], pools.offers[OFFER_QUANTITY, row]
            sound &= 0 <= limit <= GREATEST_PRICE and 0 <= quantity <= GREATEST_QUANTITY
            grams = min(grams + quantity, GREATEST_QUANTITY + 1)
        sound &= grams <= GREATEST_QUANTITY
    return sound


def find_fault(week: Week, pools: Pools, single: bool) -> str:
    """Return the first thing that cannot be cleared, where it stands and what would be right; "" if there is none.

    Rows of a `single` book are named without that of its material.
    """
    return next(_faults(week, pools, single), "")


def _faults(week: Week, pools: Pools, single: bool) -> Iterator[str]:
    materials, nodes = week.last_price.shape
    for name, side in (("bids", week.bids), ("asks", week.asks)):
        wrong = (side.quantity < 0) | _outside(side.zone, 0, nodes - 1)
        wrong |= (side.quantity > 0) & _outside(side.limit, 1, GREATEST_PRICE)
        for material, row in np.argwhere(wrong).tolist():
            yield (
                f"{name}{_place(material, row, single)}: zone {side.zone[row]}, limit {side.limit[material, row]:,}"
                f" ticks, quantity {side.quantity[material, row]:,} g. Zones run from 0 to {nodes - 1}, limits from 1"
                f" to {GREATEST_PRICE:,} ticks; quantities are not negative."
            )
        for material in np.flatnonzero(side.quantity.sum(axis=1, dtype=float) > GREATEST_QUANTITY).tolist():
            yield f"{name}{'' if single else [material]}: more than {GREATEST_QUANTITY:,} g in all. Use fewer grams."
    for material in range(materials):
        live = [(side.limit[material], side.quantity[material]) for side in (week.bids, week.asks)]
        grams = sum(int(quantity.sum()) for _, quantity in live)
        top = max(int(limit.max(initial=1, where=quantity > 0)) for limit, quantity in live)
        if grams * top > GREATEST_VALUE:
            yield (
                f"Orders{'' if single else f' of material {material}'}: {grams:,} g at up to {top:,} ticks are worth"
                f" more than {GREATEST_VALUE:,} micro-US$, which int64 cannot add up. Use fewer grams or lower limits."
            )
    links = week.links
    for link in np.flatnonzero(
        _outside(links.origin, 0, nodes - 1) | _outside(links.destination, 0, nodes - 1)
    ).tolist():
        yield f"links[{link}]: nodes run from 0 to {nodes - 1}."
    for material, link in np.argwhere((links.cost < 0) | (links.capacity < 0)).tolist():
        yield f"links{_place(material, link, single)}: costs and capacities are not negative."
    for material, node in np.argwhere(_outside(week.last_price, 0, GREATEST_PRICE)).tolist():
        yield f"last_price{_place(material, node, single)}: must be int64 between 0 and {GREATEST_PRICE:,} ticks."
    yield from _pool_faults(materials, links.origin.size, pools)


def _pool_faults(materials: int, links: int, pools: Pools) -> Iterator[str]:
    for place, material in enumerate(pools.material.tolist()):
        if not 0 <= material < materials or material in pools.material[:place]:
            yield f"Pools: material {material}. Rows run from 0 to {materials - 1}, each in at most one pool."
    for link in pools.gate[_outside(pools.gate, 0, links - 1)].tolist():
        yield f"Pools: gate link {link}. Links run from 0 to {links - 1}."
    limit, quantity, _ = pools.offers
    for place in np.flatnonzero(_outside(limit, 0, GREATEST_PRICE) | (quantity < 0)).tolist():
        pool = int(np.searchsorted(pools.ends[OFFER_END], place, side="right")) - 1
        yield (
            f"offers[{place - pools.ends[OFFER_END, pool]}] of pool {pool}: limit {limit[place]:,} ticks, quantity"
            f" {quantity[place]:,} g. Limits run from 0 to {GREATEST_PRICE:,} ticks; quantities are not negative."
        )
    for pool, (begin, end) in enumerate(pairwise(pools.ends[OFFER_END].tolist())):
        if quantity[begin:end].sum(dtype=float) > GREATEST_QUANTITY:
            yield f"Offers of pool {pool}: more than {GREATEST_QUANTITY:,} g in all. Use fewer grams."


def _outside(column: IntArray, least: int, greatest: int) -> BoolArray:
    return (column < least) | (column > greatest)


def _place(material: int, row: int, single: bool) -> str:
    return f"[{row}]" if single else f"[{material}, {row}]"
