"""Search for optimal prices of one material: exact integers, no tolerance (used by `week` and `licences`).

The prices of a network of zones minimise a convex function of one variable a zone, so the search does not grow
with the number of orders: once they are sorted, a zone is a curve that is looked up by bisection. At given prices
goods are sent along links that pay their cost exactly. Where a set of zones is left with too much or too little,
that set is a cut, and its prices move together, as far as that helps: steepest descent with long steps (Fujishige,
Murota and Shioura 2015, Journal of the Operations Research Society of Japan 58). When nothing is left over, flows
and prices are optimal.
"""

from market_abm.auction.network import allow, push
from market_abm.auction.problem import (
    CAME_BY,
    CAPACITY,
    COST,
    DESTINATION,
    EXPORT,
    FLOW,
    LEAST,
    LOWER,
    MOST,
    MOVING,
    ORIGIN,
    PRICE,
    SUPPLY,
    UPPER,
    Problem,
    find_step,
)
from market_abm.core.compiled import compiled, inlined

PATIENCE = 60  # moves by single ticks before the search goes over to large steps that are halved
FIRST_STEP = 2**20  # ticks


@compiled
def find_prices(problem: Problem) -> int:
    """Move the prices, a guess, to an optimum, and the flows with them; return the number of moves.

    A guess near the optimum needs two or three moves. Where moves become many, which only a hostile book brings
    about, prices are first found in large steps, which are halved; their number is bounded by the logarithm of
    the price.
    """
    zones, nodes, links = problem.zones, problem.zones.shape[1], problem.flows.shape[1]
    step, moves = 1, 0
    while True:
        allow(problem, step)
        for zone in range(nodes):
            zones[LEAST, zone] = problem.sums[SUPPLY, find_step(problem, zone, zones[PRICE, zone])]
            zones[MOST, zone] = problem.sums[SUPPLY, find_step(problem, zone, zones[PRICE, zone] + step)]
        sign = 0
        for target in (LEAST, MOST):
            lacking = push(problem, target)
            if target == LEAST and lacking:
                for zone in range(nodes):
                    zones[MOVING, zone] = 1 if zones[CAME_BY, zone] >= -1 - links else 0
                sign = -1
                break
        if sign == 0:
            for zone in range(nodes):
                zones[MOVING, zone] = 1 if zones[EXPORT, zone] > zones[MOST, zone] else 0
                sign = max(sign, zones[MOVING, zone])
            add_feeders(problem)
        if sign != 0:
            move(problem, step, sign)
            moves += 1
            if moves == PATIENCE:
                step = FIRST_STEP
                for zone in range(nodes):
                    zones[PRICE, zone] = zones[PRICE, zone] // step * step
        elif step > 1:
            step //= 2
        else:
            return moves


@inlined
def add_feeders(problem: Problem) -> None:
    """Add to the zones that move all that could send goods to them."""
    ways, zones, flows = problem.ways, problem.zones, problem.flows
    changed = True
    while changed:
        changed = False
        for link in range(flows.shape[1]):
            origin, destination = ways[ORIGIN, link], ways[DESTINATION, link]
            if zones[MOVING, destination] > zones[MOVING, origin] and flows[FLOW, link] < flows[UPPER, link]:
                zones[MOVING, origin], changed = 1, True
            if zones[MOVING, origin] > zones[MOVING, destination] and flows[FLOW, link] > flows[LOWER, link]:
                zones[MOVING, destination], changed = 1, True


@inlined
def move(problem: Problem, step: int, sign: int) -> None:
    """Move the prices of a cut up or down in whole steps, as far as that helps."""
    near, far, bracketed = 0, step, False
    while not bracketed or far - near > step:
        at = near + (far - near) // (2 * step) * step if bracketed else far
        if pull(problem, step, sign * at) <= 0:
            far, bracketed = at, True
        elif bracketed:
            near = at
        else:
            near, far = far, 2 * far
    for zone in range(problem.zones.shape[1]):
        problem.zones[PRICE, zone] += problem.zones[MOVING, zone] * sign * far


@inlined
def pull(problem: Problem, step: int, shift: int) -> int:
    """How much one tick more helps, once the prices of a cut are shifted (upwards if above 0, else downwards)."""
    ways, zones, gain = problem.ways, problem.zones, 0
    for zone in range(zones.shape[1]):
        if zones[MOVING, zone] and shift > 0:
            gain -= problem.sums[SUPPLY, find_step(problem, zone, zones[PRICE, zone] + shift + step)]
        elif zones[MOVING, zone]:
            gain += problem.sums[SUPPLY, find_step(problem, zone, zones[PRICE, zone] + shift)]
    for link in range(ways.shape[1]):
        origin, destination = ways[ORIGIN, link], ways[DESTINATION, link]
        inward = zones[MOVING, destination] - zones[MOVING, origin]
        profit = zones[PRICE, destination] - zones[PRICE, origin] - ways[COST, link] // step * step + inward * shift
        # A full link gives more as it pays more; at no profit it fills on the way up and empties on the way down.
        if profit > 0 or (profit == 0 and inward * shift > 0):
            gain -= ways[CAPACITY, link] * (inward if shift > 0 else -inward)
    return gain
