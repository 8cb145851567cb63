"""Supply and demand of the last auction in one zone, as step curves that cross at the clearing price."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market_abm.core.units import GRAMS_PER_TONNE, TICKS_PER_DOLLAR, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from market_abm.app.world import World
    from market_abm.auction.orders import Orders


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
    market, network, week = world.model.market, world.model.world.network, world.model.week
    row, place, trade = market.materials.index(material), market.zones.index(zone), week.trade
    price, flow = trade.ticks[row], trade.flow[row]
    cost = trade.charges.cost[row] + trade.licence_ticks[row]
    comes, goes = (network.destination == place) & (flow > 0), (network.origin == place) & (flow > 0)
    delivered = price[network.origin] + cost  # what a kilogram costs here that is shipped in
    netback = price[network.destination] - cost  # what a kilogram is worth here that is shipped out
    bids, asks = week.orders
    demand = _curve(bids, row, place, netback[goes], flow[goes], falling=True)
    supply = _curve(asks, row, place, delivered[comes], flow[comes], falling=False)
    bought = int(trade.bid_fill[row, bids.zone == place].sum())
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
    network, market = world.model.world.network, world.model.market
    own = market.gate_of.get(place)
    gates = [own] if own is not None else list(network.origin[comes])
    return int(world.model.week.trade.licence_ticks[row, np.isin(network.destination, gates)].max(initial=0))


def _curve(
    orders: "Orders", row: int, place: int, way_limit: IntArray, way_grams: IntArray, falling: bool
) -> tuple[FloatArray, FloatArray]:
    """Corners of the curve of a side in a zone: its orders that want something, and the goods on ways."""
    here = (orders.zone == place) & (orders.quantity[row] > 0)
    limit = np.concatenate([orders.limit[row, here], way_limit])
    return _steps(limit, np.concatenate([orders.quantity[row, here], way_grams]), falling)


def _steps(limit: IntArray, quantity: IntArray, falling: bool) -> tuple[FloatArray, FloatArray]:
    """Corners of a step curve from orders, best first."""
    order = np.argsort(-limit if falling else limit, kind="stable")
    reached = np.concatenate([[0], np.cumsum(quantity[order])]) / GRAMS_PER_TONNE
    return np.repeat(reached, 2)[1:-1], np.repeat(limit[order] / TICKS_PER_DOLLAR, 2)
