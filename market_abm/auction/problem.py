"""One material's book while it is solved: orders as a curve in each zone, links, prices and flows.

Columns that belong together are rows of one matrix, named by the constants here: every array more that kernels
hand to each other is paid for when they are compiled.
"""

from typing import NamedTuple

import numpy as np

from market_abm.core.compiled import compiled
from market_abm.core.units import IntArray

LIMIT, SOURCE, NUMBER = range(3)
SUPPLY, ASKS, VALUE = range(3)
ORIGIN, DESTINATION, COST, CAPACITY = range(4)
PRICE, EXPORT, LEAST, MOST, GAINLESS, SOLD, MOVING, CAME_BY, QUEUE = range(9)
FLOW, LOWER, UPPER = range(3)


class Problem(NamedTuple):
    """A book while it is solved. A material in a pool has a node and a link more (`week.add_gate`).

    Orders that want something stand zone by zone, in a zone by limit, of one limit the bids first. A zone with rows
    `start[zone]` to `start[zone + 1]` has one step more than rows: step k, at place `start[zone] + zone + k` of
    `sums`, tells what is so at a price above its first k limits.

    Attributes
    ----------
    start : (nodes + 1,) first row of each zone, and the end.
    rows : (3, rows) `LIMIT` [ticks]; `SOURCE`, the place of each order in the book, asks being counted on from the
        last bid; `NUMBER` of the agent.
    sums : (3, rows + nodes) `SUPPLY`, asks below a price less bids at or above it [g]; `ASKS` below it [g]; `VALUE`,
        grams times limit of bids at or above it less those of asks below it [micro-US$].
    ways : (4, links) `ORIGIN`, `DESTINATION`, `COST` and `CAPACITY` as in `Links`. Links that can carry nothing have a
        capacity of 0, and no capacity is larger than needed.
    arcs : for each node and the end, the place here where its arcs begin; then the arcs: -1 - link for each open link
        into the node, then the number of each open link out of it.
    zones : (9, nodes) `PRICE` [ticks]; `EXPORT`, what a zone sends away net, and the `LEAST` and `MOST` it would at
        its price [g]; `GAINLESS`, what it would if all trades without gain were made; what is `SOLD` in it [g];
        whether its price is `MOVING`; `CAME_BY` and `QUEUE`, room for looking for ways.
    flows : (3, links) `FLOW`, what links carry, and the least and greatest they may, `LOWER` and `UPPER` [g].
    traded : no more than this can be traded [g].
    """

    start: IntArray
    rows: IntArray
    sums: IntArray
    ways: IntArray
    arcs: IntArray
    zones: IntArray
    flows: IntArray
    traded: int


@compiled
def find_step(problem: Problem, zone: int, price: int) -> int:
    """Place in `sums` of what is so in a zone at a price."""
    left, right = problem.start[zone], problem.start[zone + 1]
    while left < right:
        middle = (left + right) // 2
        if problem.rows[LIMIT, middle] < price:
            left = middle + 1
        else:
            right = middle
    row: int = left + zone
    return row


@compiled
def list_arcs(ways: IntArray, nodes: int) -> IntArray:
    """Return the arcs of each node; closed links have none."""
    links = ways.shape[1]
    arcs, filled = np.zeros(nodes + 1 + 2 * links, np.int64), np.zeros(nodes, np.int64)
    for link in range(links):
        open_ways = 1 if ways[CAPACITY, link] > 0 else 0
        arcs[ways[ORIGIN, link] + 1] += open_ways
        arcs[ways[DESTINATION, link] + 1] += open_ways
    arcs[0] = nodes + 1
    for node in range(nodes):
        filled[node] = arcs[node]
        arcs[node + 1] += arcs[node]
    for end, other in ((DESTINATION, -1), (ORIGIN, 1)):
        for link in range(links):
            node = ways[end, link]
            if ways[CAPACITY, link] > 0:
                arcs[filled[node]] = link if other > 0 else -1 - link
                filled[node] += 1
    return arcs
