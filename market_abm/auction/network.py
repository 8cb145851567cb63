"""Goods sent along links (used by `search` and `route`)."""

from market_abm.auction.problem import (
    CAME_BY,
    CAPACITY,
    COST,
    DESTINATION,
    EXPORT,
    FLOW,
    LOWER,
    ORIGIN,
    PRICE,
    QUEUE,
    UPPER,
    Problem,
)
from market_abm.core.compiled import compiled


@compiled
def allow(problem: Problem, step: int) -> None:
    """Set what each link may carry at the prices, fit the flow into it and add up what each zone exports.

    A link that pays more than its cost is full, one that pays less is empty. Costs are rounded down to
    whole steps.
    """
    ways, zones, flows = problem.ways, problem.zones, problem.flows
    for zone in range(zones.shape[1]):
        zones[EXPORT, zone] = 0
    for link in range(flows.shape[1]):
        origin, destination, capacity = ways[ORIGIN, link], ways[DESTINATION, link], ways[CAPACITY, link]
        profit = zones[PRICE, destination] - zones[PRICE, origin] - ways[COST, link] // step * step
        lower, upper = capacity if profit > 0 else 0, capacity if profit >= 0 else 0
        flow = min(max(flows[FLOW, link], lower), upper)
        flows[FLOW, link], flows[LOWER, link], flows[UPPER, link] = flow, lower, upper
        zones[EXPORT, origin] += flow
        zones[EXPORT, destination] -= flow


@compiled
def push(problem: Problem, target: int) -> bool:
    """Send goods from zones that export less than a row of `zones` tells to those that export more, while it can be.

    Returns whether any zone still exports less; then `CAME_BY` is at least -1 - links for the zones that such zones
    reach. Shortest ways go first, then the lowest link; undoing a flow comes before a new one, so that goods do not
    pass each other on the road.
    """
    ways, arcs, zones, flows = problem.ways, problem.arcs, problem.zones, problem.flows
    nodes, links = zones.shape[1], flows.shape[1]
    unseen, root = -2 - links, links
    while True:
        head, tail, found = 0, 0, -1
        for zone in range(nodes):
            zones[CAME_BY, zone] = unseen
            if zones[EXPORT, zone] < zones[target, zone]:
                zones[CAME_BY, zone] = root
                zones[QUEUE, tail] = zone
                tail += 1
        if tail == 0:
            return False
        while head < tail and found < 0:
            here = zones[QUEUE, head]
            head += 1
            for place in range(arcs[here], arcs[here + 1]):
                label = arcs[place]
                link = label if label >= 0 else -1 - label
                if label >= 0:
                    open_way, there = flows[FLOW, link] < flows[UPPER, link], ways[DESTINATION, link]
                else:
                    open_way, there = flows[FLOW, link] > flows[LOWER, link], ways[ORIGIN, link]
                if not open_way or zones[CAME_BY, there] != unseen:
                    continue
                zones[CAME_BY, there] = label
                zones[QUEUE, tail] = there
                tail += 1
                if zones[EXPORT, there] > zones[target, there]:
                    found = there
                    break
        if found < 0:
            return True
        amount, zone = zones[EXPORT, found] - zones[target, found], found
        while zones[CAME_BY, zone] != root:
            label = zones[CAME_BY, zone]
            if label >= 0:
                amount, zone = min(amount, flows[UPPER, label] - flows[FLOW, label]), ways[ORIGIN, label]
            else:
                link = -1 - label
                amount, zone = min(amount, flows[FLOW, link] - flows[LOWER, link]), ways[DESTINATION, link]
        amount = min(amount, zones[target, zone] - zones[EXPORT, zone])
        zones[EXPORT, zone] += amount
        zones[EXPORT, found] -= amount
        zone = found
        while zones[CAME_BY, zone] != root:
            label = zones[CAME_BY, zone]
            if label >= 0:
                flows[FLOW, label] += amount
                zone = ways[ORIGIN, label]
            else:
                flows[FLOW, -1 - label] -= amount
                zone = ways[DESTINATION, -1 - label]
