"""Supply and demand of the last auction in one zone, as step curves that cross at the clearing price."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market_abm.core.units import GRAMS_PER_TONNE, TICKS_PER_DOLLAR, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from market_abm.app.world import World


@dataclass(frozen=True)
class Curves:
    """Two step curves and where they cross.

    What was shipped out stands in demand at what buyers abroad would pay here, and
    what was shipped in stands in supply at its price delivered: zones clear together.

    Attributes
    ----------
    demand_t, demand_price, supply_t, supply_price : corners of the curves [t] and [US$/kg].
    price : at which the zone cleared [US$/kg].
    traded_t : bought in the zone or shipped out of it [t].
    licence_rent : price of a licence at the gate that the metal passes [US$/kg]; 0 without licences.
    scarcity_rent : the most that a way into the zone earns beyond freight, duties and licence [US$/kg].
    """

    week: int
    material: str
    zone: str
    demand_t: FloatArray
    demand_price: FloatArray
    supply_t: FloatArray
    supply_price: FloatArray
    price: float
    traded_t: float
    shipped_in_t: float
    shipped_out_t: float
    licence_rent: float
    scarcity_rent: float


def supply_and_demand(world: "World", material: str, zone: str) -> Curves | None:
    """Curves of the week played last; None before the first."""
    if not world.week:
        return None
    model, exchange = world.model, world.model.exchange
    row, place = model.market.materials.index(material), model.market.zones.index(zone)
    network, price, flow = model.network, exchange.ticks[row], exchange.flow[row]
    cost = exchange.charges.cost[row] + exchange.licence_ticks[row]
    comes, goes = (network.destination == place) & (flow > 0), (network.origin == place) & (flow > 0)
    delivered = price[network.origin] + cost  # what a kilogram costs here that is shipped in
    netback = price[network.destination] - cost  # what a kilogram is worth here that is shipped out
    bids, asks = exchange.bids.orders(row), exchange.asks.orders(row)
    wanted, offered = bids.zone == place, asks.zone == place
    demand = _steps(
        np.concatenate([bids.limit[wanted], netback[goes]]), np.concatenate([bids.quantity[wanted], flow[goes]]), True
    )
    supply = _steps(
        np.concatenate([asks.limit[offered], delivered[comes]]),
        np.concatenate([asks.quantity[offered], flow[comes]]),
        False,
    )
    bought = int(exchange.bid_fill[row, exchange.bids.zone == place].sum())
    rent = np.where(comes, price[place] - delivered, 0)
    return Curves(
        *(world.week - 1, material, zone, *demand, *supply, float(price[place] / TICKS_PER_DOLLAR)),
        traded_t=(bought + int(flow[goes].sum())) / GRAMS_PER_TONNE,
        shipped_in_t=float(flow[comes].sum() / GRAMS_PER_TONNE),
        shipped_out_t=float(flow[goes].sum() / GRAMS_PER_TONNE),
        licence_rent=float(_licence(world, row, place, comes) / TICKS_PER_DOLLAR),
        scarcity_rent=float(rent.max(initial=0) / TICKS_PER_DOLLAR),
    )


def _licence(world: "World", row: int, place: int, comes: BoolArray) -> int:
    """Price of a licence [ticks] at the zone's own gate, or at the gates through which goods came in."""
    network, market = world.model.network, world.model.market
    own = market.gate_of.get(place)
    gates = [own] if own is not None else list(network.origin[comes])
    return int(world.model.exchange.licence_ticks[row, np.isin(network.destination, gates)].max(initial=0))


def _steps(limit: IntArray, quantity: IntArray, falling: bool) -> tuple[FloatArray, FloatArray]:
    """Corners of a step curve from orders, best first."""
    order = np.argsort(-limit if falling else limit, kind="stable")
    reached = np.concatenate([[0], np.cumsum(quantity[order])]) / GRAMS_PER_TONNE
    return np.repeat(reached, 2)[1:-1], np.repeat(limit[order] / TICKS_PER_DOLLAR, 2)
