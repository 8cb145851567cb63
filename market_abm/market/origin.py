"""Whose metal it is: the share of gated origin in every zone's pool (ODD: Origin; MODEL 3).

Goods mix in proportion in each zone: what leaves a zone has the origin of what
entered it and was made there. Oxide separated inside a gated zone counts as
gated wherever its concentrate was dug (the customs rule).
"""

from typing import TYPE_CHECKING

import numpy as np

from market_abm.core.compiled import compiled
from market_abm.core.units import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from market_abm.model import MineralMarket

MEMORY_WEEKS = 26.0  # span over which a zone remembers where its imports came from (MODEL 6.1)
SWEEPS = 6  # rounds of mixing; chains of re-export are shorter (MODEL 3)


@compiled
def _mix(
    flow: FloatArray, origin: IntArray, destination: IntArray, made: FloatArray, fixed: BoolArray, share: FloatArray
) -> None:
    materials, nodes = made.shape
    for material in range(materials):
        for _ in range(SWEEPS):
            inflow = np.zeros(nodes)
            gated = np.zeros(nodes)
            for link in range(origin.size):
                inflow[destination[link]] += flow[material, link]
                gated[destination[link]] += flow[material, link] * share[material, origin[link]]
            for node in range(nodes):
                if not fixed[node]:
                    pool = inflow[node] + made[material, node]
                    if pool > 0.0:
                        share[material, node] = gated[node] / pool


def gated_shares(
    flow: IntArray, origin: IntArray, destination: IntArray, made: FloatArray, fixed: BoolArray, before: FloatArray
) -> FloatArray:
    """Share of gated origin in each node's pool.

    Parameters
    ----------
    flow : (materials, links) [g].
    origin, destination : (links,) nodes.
    made : (materials, nodes) oxide made and sold there [g].
    fixed : (nodes,) gated zones and gates, whose share is 1.
    before : (materials, nodes) last week's shares, kept where nothing flows.
    """
    share = before.copy()
    share[:, fixed] = 1.0
    _mix(flow.astype(np.float64), origin, destination, made, fixed, share)
    return share


def trace_origins(model: "MineralMarket") -> None:
    """Attribute imports to gated or other origin, spot and contract together, and remember the shares."""
    market, network, zones = model.market, model.network, len(model.market.zones)
    made = np.zeros((len(market.materials), len(market.nodes)))
    for population in (model.refiners, model.manufacturers):
        if population.key in model.exchange.asks.parts:
            made[:, :zones] += population.by_zone(model.exchange.sold_by(population))
    fixed = np.zeros(len(market.nodes), dtype=bool)
    fixed[market.gated] = True
    fixed[zones:] = True
    flow = model.exchange.flow
    model.gated_share = gated_shares(flow, network.origin, network.destination, made, fixed, model.gated_share)
    total, gated = np.zeros((2, len(market.materials), zones))
    inward = network.destination < zones
    np.add.at(total.T, network.destination[inward], flow[:, inward].T)
    np.add.at(gated.T, network.destination[inward], (flow * model.gated_share[:, network.origin])[:, inward].T)
    model.imports[0], model.imports[1] = total + model.contracts.inflow, gated + model.contracts.from_gated
    seen = model.imports[0] > 0
    share = np.where(seen, model.imports[1] / np.maximum(model.imports[0], 1.0), 0.0)
    market.dependence += np.where(seen, (share - market.dependence) / MEMORY_WEEKS, 0.0)
