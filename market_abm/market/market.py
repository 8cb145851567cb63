"""What everybody can see: names, prices, averages, trends, news (ODD: Prices).

Nodes are the zones, then one export gate for each gated zone. The price at a gate is the FOB price: tax and
licence rent are in it.
"""

import numpy as np

from market_abm.core.compiled import compiled
from market_abm.core.random_numbers import stable_numbers
from market_abm.core.state import Kept, State
from market_abm.core.units import TICKS_PER_DOLLAR, BoolArray, FloatArray, IntArray
from market_abm.scenario.parameters import LONGEST_MEMORY_WEEKS
from market_abm.scenario.schema import Scenario

AVERAGE_WEEKS = 26.0  # span of the price buyers call usual (assumed)
ANCHOR_WEEKS = 78.0  # span of the price taken as fundamental (assumed)
LONG_WEEKS = 156.0  # span of the price state bodies go by (assumed)
TREND_WEEKS = 19  # weeks over which a trend is seen (assumed)
MEMORY_WEEKS = LONGEST_MEMORY_WEEKS + 1  # weeks of prices kept, for anybody to look back


class Market(State):
    """Public information: prices and what is known about them.

    Attributes
    ----------
    zones, materials, nodes : names.
    gated : zones with an export gate; `gate_of` gives the node of the gate.
    export_nodes : (zones,) node at which goods of a zone are sold abroad: its gate, or the zone itself.
    lead : the material whose price leads projects and contracts.
    """

    ticks = Kept("ticks", "material", "node")
    price = Kept("US$/kg", "material", "node")
    quote = Kept("US$/kg", "material", "node")
    average = Kept("US$/kg", "material", "node")
    anchor = Kept("US$/kg", "material", "node")
    long_average = Kept("US$/kg", "material", "node")
    trend = Kept("1", "material", "node")
    past = Kept("log US$/kg", "week", "material", "node")
    weeks_seen = Kept("week")
    news = Kept("1", "material")
    dependence = Kept("1", "material", "zone")
    zone_use = Kept("g/week", "material", "zone")
    zone_cover = Kept("week", "material", "zone")
    own_output = Kept("g/week", "material", "zone")
    cycle = Kept("1", "zone")
    cost_index = Kept("1", "zone")
    thrift_speed = Kept("1/year", "zone")
    zone_alarm = Kept("1", "zone")
    quota_alarm = Kept("1")
    growth_years = Kept("year")

    def __init__(self, scenario: Scenario) -> None:
        self._name_places(scenario)
        self._read_scenario(scenario)
        rows = list(scenario.material.values())
        inside = np.array([row.price_usd_per_kg for row in rows])
        outside = inside * np.array([row.outside_premium for row in rows])
        start = np.repeat(inside[:, None], len(self.nodes), 1)
        if self.gated:
            home = np.zeros(len(self.nodes), dtype=bool)
            home[self.gated] = True
            start = np.where(home, inside[:, None], outside[:, None])
        self.reference: FloatArray = inside
        self.ticks = np.maximum(np.rint(start * TICKS_PER_DOLLAR), 1).astype(np.int64)
        self.price = self.ticks / TICKS_PER_DOLLAR
        for name in ("quote", "average", "anchor", "long_average"):
            setattr(self, name, self.price.copy())
        self.trend = np.zeros_like(self.price)
        self.past = np.repeat(np.log(self.price)[None], MEMORY_WEEKS, axis=0)
        self.weeks_seen = 0
        self._open_statistics(scenario)
        self.seal()

    def _name_places(self, scenario: Scenario) -> None:
        self.zones = list(scenario.zone)
        self.materials = list(scenario.material)
        self.gated = [index for index, zone in enumerate(scenario.zone.values()) if zone.export_gate]
        self.nodes = self.zones + [f"{self.zones[index]} export" for index in self.gated]
        self.gate_of = {zone: len(self.zones) + order for order, zone in enumerate(self.gated)}
        self.export_nodes: IntArray = np.array([self.gate_of.get(zone, zone) for zone in range(len(self.zones))])
        self.lead = self.materials.index(scenario.lead_material)
        self.material_numbers = stable_numbers(self.materials)
        self.zone_numbers = stable_numbers(self.zones)

    def _read_scenario(self, scenario: Scenario) -> None:
        """Facts that rules read beside prices."""
        makers = scenario.parameters.manufacturer
        self.hoarding_on = 0.0 if "hoarding" in scenario.rules_off else 1.0
        self.attention, self.dead_band, self.kinship = makers.attention, makers.dead_band, makers.kinship
        self.hoarding: FloatArray = np.array([zone.hoarding for zone in scenario.zone.values()])
        self.least_intensity: FloatArray = np.array([row.least_intensity for row in scenario.material.values()])
        self.is_oxide: BoolArray = np.array([row.stage == "oxide" for row in scenario.material.values()])
        self.news_sd: FloatArray = np.array([row.news_sd for row in scenario.material.values()])
        self._gated: BoolArray = np.array([zone.export_gate for zone in scenario.zone.values()])

    def _open_statistics(self, scenario: Scenario) -> None:
        materials, zones = len(self.materials), len(self.zones)
        self.news = np.zeros(materials)
        # Share of imports that comes from gated zones, as remembered over half a year.
        dependence = np.array([zone.dependence for zone in scenario.zone.values()])
        self.dependence = np.repeat(np.where(self._gated, 0.0, dependence)[None], materials, 0)
        for name in ("zone_use", "zone_cover", "own_output"):
            setattr(self, name, np.zeros((materials, zones)))
        self.cycle, self.zone_alarm = np.zeros(zones), np.zeros(zones)
        self.cost_index = np.ones(zones)
        self.thrift_speed = np.array([zone.thrift_speed for zone in scenario.zone.values()])
        self.quota_alarm, self.growth_years = 0.0, 0.0

    @property
    def lead_price(self) -> FloatArray:
        """Last price of the lead material, shape (nodes,) [US$/kg]."""
        return self.price[self.lead]  # type: ignore[no-any-return]

    @property
    def lead_anchor(self) -> FloatArray:
        """78-week price of the lead material, shape (nodes,) [US$/kg]."""
        return self.anchor[self.lead]  # type: ignore[no-any-return]

    @property
    def lead_average(self) -> FloatArray:
        """26-week price of the lead material, shape (nodes,) [US$/kg]."""
        return self.average[self.lead]  # type: ignore[no-any-return]

    @property
    def lead_dependence(self) -> FloatArray:
        """Share of each zone's imports of the lead material that comes from gated zones, shape (zones,)."""
        return self.dependence[self.lead]  # type: ignore[no-any-return]

    def is_gated(self) -> BoolArray:
        """Which zones have an export gate, shape (zones,)."""
        return self._gated

    def export_node(self, zone: int) -> int:
        """Node at which goods of a zone are sold abroad: its gate, or the zone itself."""
        return self.gate_of.get(zone, zone)

    def open_week(self, news: FloatArray) -> None:
        """Let news into the quotes and measure trends before anybody decides.

        Parameters
        ----------
        news : (materials,) log factor common to all quotes of a material.
        """
        gates = self.export_nodes[self.gated] if self.gated else self.export_nodes[:0]
        _open_week(
            *(self.price, self.quote, self.trend, self.past, news, self.weeks_seen > TREND_WEEKS),
            *(self.lead, self.kinship, self.attention, np.array(self.gated, dtype=np.int64), gates),
        )

    def close_week(self, ticks: IntArray) -> None:
        """Take the week's cleared prices, shape (materials, nodes) [ticks], and update averages."""
        self.ticks = ticks
        _close_week(ticks, self.price, self.average, self.anchor, self.long_average, self.past)
        self.weeks_seen += 1


@compiled
def _open_week(
    price: FloatArray,
    quote: FloatArray,
    trend: FloatArray,
    past: FloatArray,
    news: FloatArray,
    seen: bool,
    lead: int,
    kinship: float,
    attention: float,
    gated: IntArray,
    gates: IntArray,
) -> None:
    materials, nodes = price.shape
    for material in range(materials):
        common = np.exp(news[material])
        for node in range(nodes):
            quote[material, node] = price[material, node] * common
            if seen:
                trend[material, node] = np.log(price[material, node]) - past[-1 - TREND_WEEKS, material, node]
    if not seen:
        return
    for node in range(nodes):
        leading = trend[lead, node]
        for material in range(materials):
            trend[material, node] += kinship * (leading - trend[material, node])
    for order in range(gated.size):
        for material in range(materials):
            zone, gate = gated[order], gates[order]
            trend[material, zone] += attention * (trend[material, gate] - trend[material, zone])


@compiled
def _close_week(
    ticks: IntArray,
    price: FloatArray,
    average: FloatArray,
    anchor: FloatArray,
    long_average: FloatArray,
    past: FloatArray,
) -> None:
    materials, nodes = price.shape
    weeks = past.shape[0]
    for week in range(weeks - 1):
        past[week] = past[week + 1]
    for material in range(materials):
        for node in range(nodes):
            now = ticks[material, node] / TICKS_PER_DOLLAR
            price[material, node] = now
            average[material, node] += (now - average[material, node]) / AVERAGE_WEEKS
            anchor[material, node] += (now - anchor[material, node]) / ANCHOR_WEEKS
            long_average[material, node] += (now - long_average[material, node]) / LONG_WEEKS
            past[weeks - 1, material, node] = np.log(now)
