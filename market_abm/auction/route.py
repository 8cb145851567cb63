"""Which of all optimal flows and trades is taken: that of greatest volume, by the shortest ways (used by `clear`)."""

import numpy as np

from market_abm.auction.ladder import Ladder, find_step
from market_abm.auction.network import Network, State, allow, new_state, push
from market_abm.core.compiled import compiled
from market_abm.core.units import IntArray


@compiled
def route(ladder: Ladder, network: Network, price: IntArray, fixed: int, amount: int) -> tuple[State, IntArray]:
    """Find flows and sales at optimal prices, with the greatest volume that welfare allows.

    Depends on nothing but prices and orders. Link `fixed` carries exactly `amount`; -1 fixes none.

    Returns
    -------
    A state with flows and exports, and what each zone sells [g]. A zone buys what it sells less what it exports.
    """
    zones = price.size
    state = new_state(zones, network.cost.size)
    state.price[:] = price
    allow(network, state, 1)
    if fixed >= 0:
        state.export[network.origin[fixed]] += amount - state.flow[fixed]
        state.export[network.destination[fixed]] -= amount - state.flow[fixed]
        state.lower[fixed], state.upper[fixed], state.flow[fixed] = amount, amount, amount
    buyers, sellers = np.empty(zones, np.int64), np.empty(zones, np.int64)
    for zone in range(zones):
        step, over = find_step(ladder, zone, price[zone]), find_step(ladder, zone, price[zone] + 1)
        state.least[zone], state.most[zone] = ladder.supply[step], ladder.supply[over]
        sellers[zone], buyers[zone] = ladder.asks[over], ladder.asks[step] - ladder.supply[step]
    push(network, state, state.least)
    push(network, state, state.most)
    push(network, state, sellers - buyers)  # trades without gain, as many as possible
    cancel_circles(network, state.flow)
    return state, np.minimum(sellers, buyers + state.export)


@compiled
def sales(ladder: Ladder, state: State) -> IntArray:
    """What each zone sells at the prices and exports of a state, if it trades as much as it can [g]."""
    sold = np.empty(state.price.size, np.int64)
    for zone in range(sold.size):
        step, over = find_step(ladder, zone, state.price[zone]), find_step(ladder, zone, state.price[zone] + 1)
        sold[zone] = min(ladder.asks[over], ladder.asks[step] - ladder.supply[step] + state.export[zone])
    return sold


@compiled
def cancel_circles(network: Network, flow: IntArray) -> None:
    """Take out goods that travel in a circle, which only links without cost allow."""
    free = np.where(network.cost == 0, flow, 0)
    zones = network.first.size - 1
    for link in range(flow.size):
        if free[link] == 0:
            continue
        # Send the link's goods on along free flows, as far as they lead back to where it starts.
        there, here = network.destination[link], network.origin[link]
        back = new_state(zones, flow.size)
        back.upper[:] = free
        back.upper[link] = 0
        back.least[there] = back.export[here] = free[link]
        push(network, back, back.least)
        circling = back.export[there]
        free -= back.flow
        free[link] -= circling
        flow -= back.flow
        flow[link] -= circling
