"""How much more one link could carry at the same prices (used by `licences`)."""

from market_abm.auction.problem import (
    CAME_BY,
    DESTINATION,
    EXPORT,
    FLOW,
    LEAST,
    LOWER,
    MOST,
    ORIGIN,
    QUEUE,
    UPPER,
    Problem,
)
from market_abm.core.compiled import compiled


@compiled
def reroute(problem: Problem, start: int, end: int, limit: int) -> int:
    """Send as much as possible, up to a limit, from one node to another, and return it.

    Goods may be sold in one zone, and as many bought in another, as far as both are content at their prices.
    """
    ways, arcs, zones, flows = problem.ways, problem.arcs, problem.zones, problem.flows
    nodes, links, sent = zones.shape[1], flows.shape[1], 0
    unseen, root, market = -2 - links, links, links + 1
    while sent < limit:
        for zone in range(nodes):
            zones[CAME_BY, zone] = unseen
        zones[CAME_BY, start], zones[QUEUE, 0] = root, start
        head, tail, seller = 0, 1, -1
        while head < tail and zones[CAME_BY, end] == unseen:
            here = zones[QUEUE, head]
            head += 1
            for place in range(arcs[here], arcs[here + 1]):
                label = arcs[place]
                link = label if label >= 0 else -1 - label
                if label >= 0:
                    open_way, there = flows[FLOW, link] < flows[UPPER, link], ways[DESTINATION, link]
                else:
                    open_way, there = flows[FLOW, link] > flows[LOWER, link], ways[ORIGIN, link]
                if open_way and zones[CAME_BY, there] == unseen:
                    zones[CAME_BY, there] = label
                    zones[QUEUE, tail] = there
                    tail += 1
            if seller < 0 and zones[EXPORT, here] > zones[LEAST, here]:
                seller = here
                for zone in range(nodes):
                    if zones[CAME_BY, zone] == unseen and zones[EXPORT, zone] < zones[MOST, zone]:
                        zones[CAME_BY, zone] = market
                        zones[QUEUE, tail] = zone
                        tail += 1
        if zones[CAME_BY, end] == unseen:
            break
        # Twice along the way back: first to see how much it carries, then to send it.
        amount = limit - sent
        for sending in range(2):
            zone = end
            while zones[CAME_BY, zone] != root:
                label = zones[CAME_BY, zone]
                if label == market and sending:
                    zones[EXPORT, zone] += amount
                    zones[EXPORT, seller] -= amount
                elif label == market:
                    room = min(zones[MOST, zone] - zones[EXPORT, zone], zones[EXPORT, seller] - zones[LEAST, seller])
                    amount = min(amount, room)
                elif sending:
                    flows[FLOW, label if label >= 0 else -1 - label] += amount if label >= 0 else -amount
                elif label >= 0:
                    amount = min(amount, flows[UPPER, label] - flows[FLOW, label])
                else:
                    amount = min(amount, flows[FLOW, -1 - label] - flows[LOWER, -1 - label])
                if label == market:
                    zone = seller
                else:
                    zone = ways[ORIGIN, label] if label >= 0 else ways[DESTINATION, -1 - label]
        sent += amount
    return sent
