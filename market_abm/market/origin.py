"""Whose metal it is: the share of gated origin in every zone's pool (ODD: Origin).

Goods mix in proportion in each zone: what leaves a zone has the origin of what entered it and was made there.
Oxide separated inside a gated zone counts as gated wherever its concentrate was dug (the customs rule).
"""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.core.compiled import compiled
from market_abm.core.state import Kept, State
from market_abm.core.units import BoolArray, FloatArray, IntArray
from market_abm.market.market import Market
from market_abm.market.network import Network

if TYPE_CHECKING:
    from market_abm.market.contracts import Deliveries
    from market_abm.market.trade import Trade

MEMORY_WEEKS = 26.0  # span over which a zone remembers where its imports came from (assumed)
SWEEPS = 6  # rounds of mixing; chains of re-export are shorter


class Origins(State):
    """Origin of what stands in each node's pool, and of this week's imports.

    Attributes
    ----------
    gated_share : (materials, nodes) share of gated origin [1].
    imports : (2, materials, zones) imports of the week, all and of gated origin [g].
    """

    gated_share = Kept("1", "material", "node")
    imports = Kept("g", "all or gated", "material", "zone")

    def __init__(self, market: Market) -> None:
        materials, zones = len(market.materials), len(market.zones)
        self.gated_share = np.zeros((materials, len(market.nodes)))
        self.gated_share[:, :zones] = market.dependence
        self.imports = np.zeros((2, materials, zones))
        self.fixed: BoolArray = np.zeros(len(market.nodes), dtype=bool)
        self.fixed[market.gated] = True
        self.fixed[zones:] = True
        self.seal()


def trace_origins(origins: Origins, trade: "Trade", deliveries: "Deliveries", network: Network, market: Market) -> None:
    """Attribute imports to gated or other origin, spot and contract together, and remember the shares."""
    trace(
        *(trade.flow, network.origin, network.destination, trade.sold_in, origins.fixed, origins.gated_share),
        *(deliveries.inflow, deliveries.from_gated, origins.imports, market.dependence),
    )


@compiled
def trace(
    flow: IntArray,
    origin: IntArray,
    destination: IntArray,
    sold_in: IntArray,
    fixed: BoolArray,
    share: FloatArray,
    contract_inflow: IntArray,
    contract_gated: IntArray,
    imports: FloatArray,
    dependence: FloatArray,
) -> None:
    """Mix goods at every node and book imports by origin.

    Parameters
    ----------
    flow : (materials, links) [g].
    origin, destination : (links,) nodes.
    sold_in : (materials, zones) sales of makers and plants [g].
    fixed : (nodes,) gated zones and gates, whose share is 1.
    share : (materials, nodes) of gated origin [1]; changed, kept where nothing flows.
    contract_inflow, contract_gated : (materials, zones) under contract, all and gated [g].
    imports : (2, materials, zones) [g]; written.
    dependence : (materials, zones) remembered share [1]; changed.
    """
    materials, zones = sold_in.shape
    nodes = share.shape[1]
    inflow, gated = np.zeros(nodes), np.zeros(nodes)
    for material in range(materials):
        for node in range(nodes):
            if fixed[node]:
                share[material, node] = 1.0
        for _ in range(SWEEPS):
            inflow[:] = 0.0
            gated[:] = 0.0
            for link in range(origin.size):
                grams = float(flow[material, link])
                inflow[destination[link]] += grams
                gated[destination[link]] += grams * share[material, origin[link]]
            for node in range(nodes):
                if not fixed[node]:
                    pool = inflow[node] + (float(sold_in[material, node]) if node < zones else 0.0)
                    if pool > 0.0:
                        share[material, node] = gated[node] / pool
        inflow[:] = 0.0
        gated[:] = 0.0
        for link in range(origin.size):
            grams = float(flow[material, link])
            inflow[destination[link]] += grams
            gated[destination[link]] += grams * share[material, origin[link]]
        for zone in range(zones):
            imports[0, material, zone] = inflow[zone] + contract_inflow[material, zone]
            imports[1, material, zone] = gated[zone] + contract_gated[material, zone]
            if imports[0, material, zone] > 0.0:
                seen = imports[1, material, zone] / max(imports[0, material, zone], 1.0)
                dependence[material, zone] += (seen - dependence[material, zone]) / MEMORY_WEEKS
