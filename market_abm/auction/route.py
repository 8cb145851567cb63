"""Which of all optimal flows and trades is taken: that of greatest volume, by the shortest ways (used by `week`)."""

import numpy as np

from market_abm.auction.network import allow, push
from market_abm.auction.problem import (
    ASKS,
    COST,
    DESTINATION,
    EXPORT,
    FLOW,
    GAINLESS,
    LEAST,
    LOWER,
    MOST,
    ORIGIN,
    PRICE,
    SOLD,
    SUPPLY,
    UPPER,
    Problem,
    find_step,
)
from market_abm.core.compiled import compiled, inlined
from market_abm.core.units import IntArray


@compiled
def route(problem: Problem, low: IntArray, licensed: int) -> None:
    """Set flows, exports and sales to those at the least optimal prices, with the greatest volume welfare allows.

    Depends on nothing but prices and orders. In a book with a node behind the gate, for which `low` has no price,
    the last link carries exactly `licensed`; with -1 it carries what it can.
    """
    sums, ways, zones, flows = problem.sums, problem.ways, problem.zones, problem.flows
    nodes, gate = zones.shape[1], flows.shape[1] - 1
    for zone in range(low.size):
        zones[PRICE, zone] = low[zone]
    if nodes > low.size:
        zones[PRICE, low.size] = low[ways[ORIGIN, gate]] + ways[COST, gate]
    for link in range(flows.shape[1]):
        flows[FLOW, link] = 0
    allow(problem, 1)
    if nodes > low.size and licensed >= 0:
        zones[EXPORT, ways[ORIGIN, gate]] += licensed - flows[FLOW, gate]
        zones[EXPORT, low.size] -= licensed - flows[FLOW, gate]
        flows[FLOW, gate], flows[LOWER, gate], flows[UPPER, gate] = licensed, licensed, licensed
    for zone in range(nodes):
        step, over = find_step(problem, zone, zones[PRICE, zone]), find_step(problem, zone, zones[PRICE, zone] + 1)
        zones[LEAST, zone], zones[MOST, zone] = sums[SUPPLY, step], sums[SUPPLY, over]
        zones[GAINLESS, zone] = sums[ASKS, over] - sums[ASKS, step] + sums[SUPPLY, step]
    for target in (LEAST, MOST, GAINLESS):  # last trades without gain, as many as possible
        push(problem, target)
    cancel_circles(problem)
    sell_all(problem)


@compiled
def sell_all(problem: Problem) -> None:
    """Set what zones sell at their prices and exports, if they trade as much as they can."""
    sums, zones = problem.sums, problem.zones
    for zone in range(zones.shape[1]):
        step, over = find_step(problem, zone, zones[PRICE, zone]), find_step(problem, zone, zones[PRICE, zone] + 1)
        bids = sums[ASKS, step] - sums[SUPPLY, step]
        zones[SOLD, zone] = min(sums[ASKS, over], bids + zones[EXPORT, zone])


@inlined
def cancel_circles(problem: Problem) -> None:
    """Take out goods that travel in a circle, which only links without cost allow."""
    start, rows, sums, ways, arcs, zones, flows, _ = problem
    links = flows.shape[1]
    for link in range(links):
        # Send the link's goods on along free flows, as far as they lead back to where it starts.
        goods, there, here = flows[FLOW, link], ways[DESTINATION, link], ways[ORIGIN, link]
        if goods == 0 or ways[COST, link] > 0:
            continue
        back = Problem(
            start, rows, sums, ways, arcs, np.zeros(zones.shape, np.int64), np.zeros(flows.shape, np.int64), 0
        )
        for way in range(links):
            back.flows[UPPER, way] = flows[FLOW, way] if ways[COST, way] == 0 and way != link else 0
        back.zones[LEAST, there] = back.zones[EXPORT, here] = goods
        push(back, LEAST)
        for way in range(links):
            flows[FLOW, way] -= back.flows[FLOW, way] if way != link else back.zones[EXPORT, there]
