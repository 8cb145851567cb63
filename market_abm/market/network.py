"""The ways between zones: what each costs and lets through this week (ODD: Trade).

Links are, in order: from each gated zone to its gate (tax and licence stand here), from gates and open zones to
other zones (freight, tariff, embargo), and the smuggled ways past the gate in tranches of rising risk. Ad-valorem
charges stand on last week's price, rounded half up to ticks, so that the auction sees only integers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from market_abm.auction.orders import UNLIMITED
from market_abm.core.compiled import compiled
from market_abm.core.state import Kept, State
from market_abm.core.units import TICKS_PER_DOLLAR, BoolArray, FloatArray, IntArray
from market_abm.market.market import Market
from market_abm.policy.regime import Regime
from market_abm.scenario.parameters import SmugglingParameters
from market_abm.scenario.schema import Scenario

GATE, TRADE, SMUGGLED = 0, 1, 2


@dataclass(frozen=True)
class Charges:
    """What a kilogram pays on each link this week [ticks], shape (materials, links).

    Attributes
    ----------
    freight, tax, tariff, risk : parts of the cost.
    cost : all of them together.
    capacity : room on the link [g].
    """

    freight: IntArray
    tax: IntArray
    tariff: IntArray
    risk: IntArray
    cost: IntArray
    capacity: IntArray


class Network(State):
    """The links of all materials.

    Attributes
    ----------
    origin, destination : nodes of each link, shape (links,).
    way : GATE, TRADE or SMUGGLED, shape (links,).
    purposes : under which the books know what goes by a lawful way and by each tranche.
    from_zone, to_zone : zones whose rules apply at the ends, shape (links,).
    transit : weeks under way, shape (links,).
    tranche : of a smuggled way, from 1; 0 for lawful ways, shape (links,).
    smuggling : capacity of smuggled ways as a share of use outside, shape (materials,).
    """

    smuggling = Kept("1", "material")

    def __init__(self, scenario: Scenario, market: Market) -> None:
        self.parameters: SmugglingParameters = scenario.parameters.smuggling
        self.smuggling_on = "smuggling" not in scenario.rules_off
        rows: list[tuple[int, int, int, int, float, int, float, float, int]] = []
        for zone in market.gated:
            rows.append((zone, market.gate_of[zone], GATE, zone, 0.0, 0, 0.0, 0.0, 0))
        for link in scenario.link:
            origin, destination = market.zones.index(link.origin), market.zones.index(link.destination)
            if link.smuggled:
                way = (origin, destination, SMUGGLED, origin, link.freight_factor, link.transit_weeks)
                tranches = zip(self.parameters.risk_costs, self.parameters.tranche_shares, strict=True)
                rows += [(*way, risk, share, number) for number, (risk, share) in enumerate(tranches, 1)]
            else:
                start = market.export_node(origin)
                rows.append((start, destination, TRADE, origin, link.freight_factor, link.transit_weeks, 0.0, 0.0, 0))
        columns = list(zip(*rows, strict=True)) if rows else [()] * 9
        self.origin, self.destination, self.way, self.from_zone, self.transit, self.tranche = (
            np.array(columns[i], dtype=np.int64) for i in (0, 1, 2, 3, 5, 8)
        )
        self.freight_factor, self.risk_share, self.tranche_share = (
            np.array(columns[i], dtype=float) for i in (4, 6, 7)
        )
        freight = np.array([material.freight_usd_per_kg for material in scenario.material.values()])
        self.freight: IntArray = np.rint(freight[:, None] * self.freight_factor * TICKS_PER_DOLLAR).astype(np.int64)
        self.smuggling = np.full(len(market.materials), self.parameters.least)
        self.to_zone: IntArray = np.minimum(self.destination, len(market.zones) - 1)  # a gate's is not read
        self._trade: BoolArray = self.way == TRADE
        most = int(self.tranche.max(initial=0))
        self.purposes = ("trade", *(f"smuggled, tranche {number}" for number in range(1, most + 1)))
        gated = market.is_gated()
        # Exports are taxed at the gate, or on the way out of a zone without one.
        self._taxed: BoolArray = (self.way == GATE) | (self._trade & ~gated[self.from_zone])
        self._net_risk = np.maximum(self.risk_share - self.parameters.evaded_tax, 0.0)  # the gain beyond stays hidden
        hidden = np.flatnonzero(self.way == SMUGGLED)
        self._first_hidden = int(hidden[0]) if hidden.size else -1
        self.gates = {zone: self.gate_links(zone) for zone in market.gated}
        self.seal()

    def gate_links(self, zone: int) -> IntArray:
        """Indices of the links into the gate of a zone."""
        return np.flatnonzero((self.way == GATE) & (self.from_zone == zone))

    def freight_between(self, origin: int, destination: int) -> FloatArray:
        """Freight on the direct way between two zones, by material [US$/kg]; the dearest where there is no way."""
        direct = self._trade & (self.from_zone == origin) & (self.destination == destination)
        ways = direct if direct.any() else self._trade
        freight: FloatArray = self.freight[:, ways].max(axis=1, initial=0) / TICKS_PER_DOLLAR
        return freight

    def charges(
        self, market: Market, regime: Regime, use_before: Mapping[str, FloatArray], gated_share: FloatArray
    ) -> Charges:
        """Cost and capacity of every link this week.

        Parameters
        ----------
        market : usual use and output by zone, and last prices.
        regime : taxes, tariffs and limits in force.
        use_before : (materials, zones) usual use of the week before each licence policy [g/week], by its label.
        gated_share : (materials, nodes) share of gated origin in each node's pool [1].
        """
        shape = self.freight.shape
        tax, tariff, risk, cost, capacity = (np.empty(shape, dtype=np.int64) for _ in range(5))
        _charge(
            *(market.ticks, self.origin, self.from_zone, self.to_zone, self.way, market.is_gated()),
            *(self._taxed, regime.export_tax, regime.tariff, gated_share, self._net_risk),
            *(self.freight, tax, tariff, risk, cost),
        )
        direct, around = regime.rooms(market.zone_use, use_before)
        _make_room(
            *(self.from_zone, self.to_zone, self.way, market.is_gated(), direct, around),
            *(market.zone_use, market.own_output, self.smuggling, self.tranche_share, self.smuggling_on, capacity),
        )
        return Charges(self.freight, tax, tariff, risk, cost, capacity)

    def adapt_smuggling(self, market: Market, regime: Regime) -> None:
        """Let smuggling capacity follow the gap between outside and inside prices."""
        if self._first_hidden < 0:
            return
        inside, outside = self.origin[self._first_hidden], self.destination[self._first_hidden]
        rules = self.parameters
        _adapt(
            *(self.smuggling, market.price, inside, outside, rules.least, rules.greatest, rules.response),
            *(rules.threshold, 1.0 - rules.crackdown_effect * regime.crackdown[inside], rules.response_weeks),
        )


def adapt_smuggling(network: Network, market: Market, regime: Regime) -> None:
    """Let smuggling capacity follow prices."""
    network.adapt_smuggling(market, regime)


@compiled
def _half_up(ticks: float) -> int:
    return int(np.floor(ticks + 0.5))


@compiled
def _charge(
    ticks: IntArray,
    origin: IntArray,
    from_zone: IntArray,
    to_zone: IntArray,
    way: IntArray,
    gated: BoolArray,
    taxed: BoolArray,
    export_tax: FloatArray,
    tariffs: FloatArray,
    gated_share: FloatArray,
    net_risk: FloatArray,
    freight: IntArray,
    tax: IntArray,
    tariff: IntArray,
    risk: IntArray,
    cost: IntArray,
) -> None:
    materials, links = freight.shape
    for material in range(materials):
        for link in range(links):
            price = ticks[material, origin[link]]
            zone, into = from_zone[link], to_zone[link]
            tax[material, link] = _half_up(export_tax[material, zone] * price) if taxed[link] else 0
            rate = 0.0
            if way[link] == TRADE:  # customs go by origin, whatever way the goods come
                rate = tariffs[material, zone, into]
                if not gated[zone]:
                    on_gated = 0.0
                    for other in range(gated.size):
                        if gated[other]:
                            on_gated = max(on_gated, tariffs[material, other, into])
                    share = gated_share[material, origin[link]]
                    if gated.any():
                        rate = (1.0 - share) * rate + share * on_gated
            tariff[material, link] = _half_up(rate * price)
            risk[material, link] = _half_up(net_risk[link] * price) if way[link] == SMUGGLED else 0
            cost[material, link] = (
                freight[material, link] + tax[material, link] + tariff[material, link] + risk[material, link]
            )


@compiled
def _make_room(
    from_zone: IntArray,
    to_zone: IntArray,
    way: IntArray,
    gated: BoolArray,
    direct: FloatArray,
    around: FloatArray,
    normal_use: FloatArray,
    own_output: FloatArray,
    smuggling: FloatArray,
    tranche_share: FloatArray,
    smuggling_on: bool,
    capacity: IntArray,
) -> None:
    materials, links = capacity.shape
    for material in range(materials):
        outside = 0.0
        for zone in range(gated.size):
            if not gated[zone]:
                outside += normal_use[material, zone]
        for link in range(links):
            zone, into = from_zone[link], to_zone[link]
            if way[link] == SMUGGLED:
                room = smuggling[material] * outside * tranche_share[link] if smuggling_on else 0.0
            elif way[link] == TRADE and np.isfinite(direct[material, zone, into]):
                room = direct[material, zone, into]
            elif way[link] == TRADE and np.isfinite(around[material, into]):
                # Goods of limited origin pass through third zones only as far as those make the goods themselves.
                room = around[material, into] + own_output[material, zone]
            else:
                capacity[material, link] = UNLIMITED
                continue
            capacity[material, link] = int(np.floor(room))


@compiled
def _adapt(
    smuggling: FloatArray,
    price: FloatArray,
    inside: int,
    outside: int,
    least: float,
    greatest: float,
    response: float,
    threshold: float,
    undisturbed: float,
    weeks: float,
) -> None:
    for material in range(smuggling.size):
        gap = price[material, outside] / price[material, inside] - threshold
        wanted = min(max(least + response * gap, least), greatest) * undisturbed
        smuggling[material] += (wanted - smuggling[material]) / weeks
