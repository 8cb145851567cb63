"""What everybody can see: names, prices, averages, trends, news (ODD: Prices).

Nodes are the zones, then one export gate for each gated zone. The price at a
gate is the FOB price: tax and licence rent are in it.
"""

from typing import Any

import numpy as np

from market_abm.agents.luck import stable_number
from market_abm.core.units import TICKS_PER_DOLLAR, BoolArray, FloatArray, IntArray
from market_abm.market.regime import Regime
from market_abm.scenario.parameters import LONGEST_MEMORY_WEEKS
from market_abm.scenario.schema import Scenario

AVERAGE_WEEKS = 26.0  # span of the price buyers call usual (MODEL 2)
ANCHOR_WEEKS = 78.0  # span of the price taken as fundamental (MODEL 2)
LONG_WEEKS = 156.0  # span of the price state bodies go by (MODEL 2)
TREND_WEEKS = 19  # weeks over which a trend is seen (MODEL 6.1)
MEMORY_WEEKS = LONGEST_MEMORY_WEEKS + 1  # weeks of prices kept, for anybody to look back


class Market:
    """Prices and what is known about them, shape (materials, nodes).

    Attributes
    ----------
    ticks : last cleared prices [ticks].
    price : the same [US$/kg].
    quote : the price on which orders are written: last price times common news [US$/kg].
    average, anchor, long_average : exponential averages over 26, 78 and 156 weeks [US$/kg].
    trend : log change over 19 weeks, the export price mixed in inside gated zones [1].
    past : log prices of the last weeks, newest last, shape (weeks, materials, nodes).
    """

    def __init__(self, scenario: Scenario) -> None:
        self.zones = list(scenario.zone)
        self.materials = list(scenario.material)
        self.gated = [index for index, zone in enumerate(scenario.zone.values()) if zone.export_gate]
        self.nodes = self.zones + [f"{self.zones[index]} export" for index in self.gated]
        self.gate_of = {zone: len(self.zones) + order for order, zone in enumerate(self.gated)}
        self.lead = self.materials.index(scenario.lead_material)
        home = self._home_nodes()
        rows = list(scenario.material.values())
        inside = np.array([row.price_usd_per_kg for row in rows])
        outside = inside * np.array([row.outside_premium for row in rows])
        start = (
            np.where(home, inside[:, None], outside[:, None])
            if self.gated
            else np.repeat(inside[:, None], len(self.nodes), 1)
        )
        self.reference = inside
        self.ticks: IntArray = np.maximum(np.rint(start * TICKS_PER_DOLLAR), 1).astype(np.int64)
        self.price: FloatArray = self.ticks / TICKS_PER_DOLLAR
        self.quote = self.price.copy()
        self.average, self.anchor, self.long_average = self.price.copy(), self.price.copy(), self.price.copy()
        self.trend = np.zeros_like(self.price)
        self.past: FloatArray = np.repeat(np.log(self.price)[None], MEMORY_WEEKS, axis=0)
        self.weeks_seen = 0
        self.news = np.zeros(len(self.materials))
        self._read_rules(scenario)
        self.regime = Regime(scenario)
        # Share of imports that comes from gated zones, as remembered over half a year.
        dependence = np.array([zone.dependence for zone in scenario.zone.values()])
        self.dependence: FloatArray = np.repeat(
            np.where(self.is_gated(), 0.0, dependence)[None], len(self.materials), 0
        )

    def _read_rules(self, scenario: Scenario) -> None:
        """What the market knows beside prices before the first week."""
        zones, makers = len(self.zones), scenario.parameters.manufacturer
        self.hoarding_on = 0.0 if "hoarding" in scenario.rules_off else 1.0
        self.attention, self.dead_band, self.kinship = makers.attention, makers.dead_band, makers.kinship
        self.hoarding: FloatArray = np.array([zone.hoarding for zone in scenario.zone.values()])
        self.least_intensity: FloatArray = np.array([row.least_intensity for row in scenario.material.values()])
        self.is_oxide: BoolArray = np.array([row.stage == "oxide" for row in scenario.material.values()])
        self.news_sd: FloatArray = np.array([row.news_sd for row in scenario.material.values()])
        self.material_numbers = np.array([stable_number(name) for name in self.materials], dtype=np.uint64)
        self.zone_numbers = np.array([stable_number(name) for name in self.zones], dtype=np.uint64)
        self.export_nodes: IntArray = np.array([self.export_node(zone) for zone in range(zones)])
        self.cycle: FloatArray = np.zeros(zones)
        self.cost_index: FloatArray = np.ones(zones)
        self.thrift_speed: FloatArray = np.array([zone.thrift_speed for zone in scenario.zone.values()])
        self.growth_years, self.quota_alarm = 0.0, 0.0
        self.zone_alarm: FloatArray = np.zeros(zones)
        self.zone_use: FloatArray = np.zeros((len(self.materials), zones))
        self.zone_cover: FloatArray = np.zeros((len(self.materials), zones))
        self.own_output: FloatArray = np.zeros((len(self.materials), zones))
        self.refiners_operating: BoolArray = np.zeros(0, dtype=bool)

    def outage_left(self, groups: Any) -> Any:
        """Capacity that outages leave to producers, by group name: one for one, many for many [1]."""
        cuts = self.regime.supply
        if not cuts:
            return np.ones(np.shape(groups))[()]
        left = [cuts.get(str(name), 1.0) for name in np.atleast_1d(groups)]
        return np.array(left) if np.ndim(groups) else left[0]

    def _home_nodes(self) -> BoolArray:
        home = np.zeros(len(self.nodes), dtype=bool)
        home[self.gated] = True
        return home

    def is_gated(self) -> BoolArray:
        """Which zones have an export gate, shape (zones,)."""
        return self._home_nodes()[: len(self.zones)]

    def export_node(self, zone: int) -> int:
        """Node at which goods of a zone are sold abroad: its gate, or the zone itself."""
        return self.gate_of.get(zone, zone)

    def open_week(self, news: FloatArray, attention: float) -> None:
        """Let news into the quotes and measure trends before anybody decides.

        Parameters
        ----------
        news : (materials,) log factor common to all quotes of a material.
        attention : weight of the export price in the trend seen inside a gated zone [1].
        """
        self.quote = self.price * np.exp(news)[:, None]
        if self.weeks_seen > TREND_WEEKS:
            now = np.log(self.price)
            self.trend = now - self.past[-1 - TREND_WEEKS]
            self.trend += self.kinship * (self.trend[self.lead] - self.trend)
            for zone in self.gated:
                gate = self.gate_of[zone]
                self.trend[:, zone] += attention * (self.trend[:, gate] - self.trend[:, zone])

    def close_week(self, ticks: IntArray) -> None:
        """Take the week's cleared prices [ticks] and update averages."""
        self.ticks = ticks
        self.price = ticks / TICKS_PER_DOLLAR
        for average, weeks in (
            (self.average, AVERAGE_WEEKS),
            (self.anchor, ANCHOR_WEEKS),
            (self.long_average, LONG_WEEKS),
        ):
            average += (self.price - average) / weeks
        self.past[:-1] = self.past[1:]
        self.past[-1] = np.log(self.price)
        self.weeks_seen += 1
