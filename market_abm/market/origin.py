"""Whose metal it is: the share of gated origin in every zone's pool (ODD: Origin; MODEL 3).

Goods mix in proportion in each zone: what leaves a zone has the origin of what
entered it and was made there. Oxide separated inside a gated zone counts as
gated wherever its concentrate was dug (the customs rule).
"""

import numpy as np

from market_abm.market.compiled import compiled
from market_abm.units import BoolArray, FloatArray, IntArray

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
