"""Ways between zones, and goods sent along them (used by `search` and `route`)."""

from typing import NamedTuple

import numpy as np

from market_abm.core.compiled import compiled
from market_abm.core.units import IntArray


class Network(NamedTuple):
    """Links of one material, closed ones with a capacity of 0; no capacity is larger than needed.

    Attributes
    ----------
    origin, destination, cost, capacity : (links,) as `Links`.
    first : (nodes + 1,) first arc of each node, and the end.
    arc : (2 links,) -1 - link for each link into a node, then the number of each link out of it.
    """

    origin: IntArray
    destination: IntArray
    cost: IntArray
    capacity: IntArray
    first: IntArray
    arc: IntArray


class State(NamedTuple):
    """Prices, flows and what they allow, while a book is solved.

    Attributes
    ----------
    price, export, least, most : (nodes,) prices [ticks]; what a zone sends away net, and the least and greatest
        it would at its price [g].
    flow, lower, upper : (links,) what links carry, and the least and greatest they may [g].
    came_by, queue : (nodes,) room for looking for ways.
    """

    price: IntArray
    export: IntArray
    least: IntArray
    most: IntArray
    flow: IntArray
    lower: IntArray
    upper: IntArray
    came_by: IntArray
    queue: IntArray


@compiled
def list_arcs(origin: IntArray, destination: IntArray, nodes: int) -> tuple[IntArray, IntArray]:
    """Return `first` and `arc` of a network."""
    links = origin.size
    first, arc = np.zeros(nodes + 1, np.int64), np.empty(2 * links, np.int64)
    for link in range(links):
        first[origin[link] + 1] += 1
        first[destination[link] + 1] += 1
    for node in range(nodes):
        first[node + 1] += first[node]
    filled = first.copy()
    for turn in range(2 * links):
        link = turn if turn < links else turn - links
        node = destination[link] if turn < links else origin[link]
        arc[filled[node]] = -1 - link if turn < links else link
        filled[node] += 1
    return first, arc


@compiled
def new_state(nodes: int, links: int) -> State:
    """Return a state without flows."""
    return State(
        np.zeros(nodes, np.int64),
        np.zeros(nodes, np.int64),
        np.zeros(nodes, np.int64),
        np.zeros(nodes, np.int64),
        np.zeros(links, np.int64),
        np.zeros(links, np.int64),
        np.zeros(links, np.int64),
        np.zeros(nodes, np.int64),
        np.zeros(nodes, np.int64),
    )


@compiled
def allow(network: Network, state: State, step: int) -> None:
    """Set what each link may carry at the prices, fit the flow into it and add up what each zone exports.

    A link that pays more than its cost is full, one that pays less is empty. Costs are rounded down to
    whole steps.
    """
    price, export, flow, lower, upper = state.price, state.export, state.flow, state.lower, state.upper
    export[:] = 0
    for link in range(flow.size):
        origin, destination = network.origin[link], network.destination[link]
        profit = price[destination] - price[origin] - network.cost[link] // step * step
        lower[link] = network.capacity[link] if profit > 0 else 0
        upper[link] = network.capacity[link] if profit >= 0 else 0
        flow[link] = min(max(flow[link], lower[link]), upper[link])
        export[origin] += flow[link]
        export[destination] -= flow[link]


@compiled
def push(network: Network, state: State, target: IntArray) -> bool:
    """Send goods from zones that export less than `target` to those that export more, until no way is left.

    Returns whether any zone still exports less; then `came_by` tells which zones such zones reach. Shortest ways
    go first, then the lowest link; undoing a flow comes before a new one, so that goods do not pass each other on
    the road.
    """
    export, flow, lower, upper = state.export, state.flow, state.lower, state.upper
    came_by, queue = state.came_by, state.queue
    unseen, root = -flow.size - 1, flow.size + 1
    while True:
        head, tail, found = 0, 0, -1
        for zone in range(export.size):
            came_by[zone] = unseen
            if export[zone] < target[zone]:
                came_by[zone] = root
                queue[tail] = zone
                tail += 1
        if tail == 0:
            return False
        while head < tail and found < 0:
            here = queue[head]
            head += 1
            for place in range(network.first[here], network.first[here + 1]):
                label = network.arc[place]
                if label < 0:
                    link = -label - 1
                    if flow[link] <= lower[link]:
                        continue
                    there = network.origin[link]
                else:
                    if flow[label] >= upper[label]:
                        continue
                    there = network.destination[label]
                if came_by[there] != unseen:
                    continue
                came_by[there] = label
                queue[tail] = there
                tail += 1
                if export[there] > target[there]:
                    found = there
                    break
        if found < 0:
            return True
        amount, zone = export[found] - target[found], found
        while came_by[zone] != root:
            label = came_by[zone]
            if label >= 0:
                amount, zone = min(amount, upper[label] - flow[label]), network.origin[label]
            else:
                amount, zone = min(amount, flow[-label - 1] - lower[-label - 1]), network.destination[-label - 1]
        amount = min(amount, target[zone] - export[zone])
        export[zone] += amount
        export[found] -= amount
        zone = found
        while came_by[zone] != root:
            label = came_by[zone]
            if label >= 0:
                flow[label] += amount
                zone = network.origin[label]
            else:
                flow[-label - 1] -= amount
                zone = network.destination[-label - 1]
