"""Facts of the market of concentrate: groups of plants, and the ways to them (ODD: Concentrate).

Plants of one row of the scenario are alike, so mines meet groups of plants; what a group takes is split over its
plants by capacity.
"""

from typing import NamedTuple

import numpy as np

from market_abm.core.units import BoolArray, FloatArray, IntArray
from market_abm.market.market import Market
from market_abm.scenario.schema import Scenario


class Ways(NamedTuple):
    """Where concentrate can go, as compiled code sees it.

    Attributes
    ----------
    zone, light, heavy : (groups,) where the plants of a group stand and which deposits they treat.
    is_open : (zones, zones) whether concentrate may go from one zone to another at all.
    freight : (zones, zones) [US$/kg].
    transit : (zones, zones) [week].
    """

    zone: IntArray
    light: BoolArray
    heavy: BoolArray
    is_open: BoolArray
    freight: FloatArray
    transit: IntArray


class ConcentrateMarket:
    """Facts of the market of concentrate.

    Attributes
    ----------
    groups : names of the groups of plants, in the order of the scenario.
    ways : where concentrate can go. A zone with an export gate keeps its own.
    """

    def __init__(self, scenario: Scenario, market: Market) -> None:
        refineries, zones = list(scenario.refinery.values()), len(market.zones)
        self.groups = list(scenario.refinery)
        self.ways = Ways(
            np.array([market.zones.index(row.zone) for row in refineries], dtype=np.int64),
            np.array(["light" in row.families for row in refineries], dtype=bool),
            np.array(["heavy" in row.families for row in refineries], dtype=bool),
            np.eye(zones, dtype=bool),
            np.zeros((zones, zones)),
            np.zeros((zones, zones), dtype=np.int64),
        )
        dug = {material for row in scenario.mine.values() for material in scenario.deposit[row.deposit].basket}
        cheapest = min((scenario.material[name].freight_usd_per_kg for name in dug), default=0.0)
        for link in scenario.link:
            origin, destination = market.zones.index(link.origin), market.zones.index(link.destination)
            if not link.smuggled and origin not in market.gated:
                self.ways.is_open[origin, destination] = True
                self.ways.freight[origin, destination] = cheapest * link.freight_factor
                self.ways.transit[origin, destination] = link.transit_weeks
