"""Search for optimal prices of one material: exact integers, no tolerance (used by `clear` and `licences`).

The prices of a network of zones minimise a convex function of one variable a zone, so the search does not grow
with the number of orders: once they are sorted, a zone is a curve that is looked up by bisection. At given prices
goods are sent along links that pay their cost exactly. Where a set of zones is left with too much or too little,
that set is a cut, and its prices move together, as far as that helps: steepest descent with long steps (Fujishige,
Murota and Shioura 2015, Journal of the Operations Research Society of Japan 58). When nothing is left over, flows
and prices are optimal.
"""

from typing import NamedTuple

from market_abm.auction.ladder import Ladder, find_step
from market_abm.auction.network import Network, State, allow, push
from market_abm.core.compiled import compiled
from market_abm.core.units import BoolArray

PATIENCE = 60  # moves by single ticks before the search goes over to large steps that are halved
FIRST_STEP = 2**20  # ticks


class Problem(NamedTuple):
    """A book while it is solved."""

    ladder: Ladder
    network: Network
    state: State


@compiled
def find_prices(problem: Problem) -> int:
    """Move the prices, a guess, to an optimum, and the flows with them.

    A guess near the optimum needs two or three moves. Where moves become many, which only a hostile book brings
    about, prices are first found in large steps, which are halved; their number is bounded by the logarithm of
    the price.
    """
    ladder, network, state = problem
    price, export = state.price, state.export
    step, moves = 1, 0
    while True:
        allow(network, state, step)
        for zone in range(price.size):
            state.least[zone] = ladder.supply[find_step(ladder, zone, price[zone])]
            state.most[zone] = ladder.supply[find_step(ladder, zone, price[zone] + step)]
        if push(network, state, state.least):
            move(problem, state.came_by > -1 - state.flow.size, step, -1)
        else:
            push(network, state, state.most)
            if (export > state.most).any():
                move(problem, fed_zones(network, state), step, 1)
            elif step == 1:
                return moves
            else:
                step //= 2
                continue
        moves += 1
        if moves == PATIENCE:
            step = FIRST_STEP
            price //= step
            price *= step


@compiled
def fed_zones(network: Network, state: State) -> BoolArray:
    """Zones that export more than they want to, and all that could send goods to them."""
    fed = state.export > state.most
    changed = True
    while changed:
        changed = False
        for link in range(state.flow.size):
            origin, destination = network.origin[link], network.destination[link]
            if fed[destination] and not fed[origin] and state.flow[link] < state.upper[link]:
                fed[origin] = changed = True
            if fed[origin] and not fed[destination] and state.flow[link] > state.lower[link]:
                fed[destination] = changed = True
    return fed


@compiled
def move(problem: Problem, moving: BoolArray, step: int, sign: int) -> None:
    """Move the prices of a cut up or down in whole steps, as far as that helps."""
    near, far = 0, step
    while pull(problem, moving, step, sign * far) > 0:
        near, far = far, 2 * far
    while far - near > step:
        middle = near + (far - near) // (2 * step) * step
        if pull(problem, moving, step, sign * middle) > 0:
            near = middle
        else:
            far = middle
    for zone in range(moving.size):
        if moving[zone]:
            problem.state.price[zone] += sign * far


@compiled
def pull(problem: Problem, moving: BoolArray, step: int, shift: int) -> int:
    """How much one tick more helps, once the prices of a cut are shifted (upwards if above 0, else downwards)."""
    ladder, network, price, gain = problem.ladder, problem.network, problem.state.price, 0
    for zone in range(moving.size):
        if moving[zone]:
            if shift > 0:
                gain -= ladder.supply[find_step(ladder, zone, price[zone] + shift + step)]
            else:
                gain += ladder.supply[find_step(ladder, zone, price[zone] + shift)]
    for link in range(network.cost.size):
        origin, destination = network.origin[link], network.destination[link]
        if moving[origin] == moving[destination]:
            continue
        profit = price[destination] - price[origin] - network.cost[link] // step * step
        if moving[destination]:
            profit += shift
            if profit > 0 or (profit == 0 and shift > 0):
                gain -= network.capacity[link] if shift > 0 else -network.capacity[link]
        else:
            profit -= shift
            if profit > 0 or (profit == 0 and shift < 0):
                gain += network.capacity[link] if shift > 0 else -network.capacity[link]
    return gain
