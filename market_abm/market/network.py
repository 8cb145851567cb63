"""The ways between zones: what each costs and lets through this week (ODD: Trade).

Links are, in order: from each gated zone to its gate (tax and licence stand
here), from gates and open zones to other zones (freight, tariff, embargo), and
the smuggled ways past the gate in tranches of rising risk. Ad-valorem charges
stand on last week's price, rounded half up to ticks, so that the auction sees
only integers.
"""

from dataclasses import dataclass

import numpy as np

from market_abm.core.units import TICKS_PER_DOLLAR, FloatArray, IntArray
from market_abm.market.market import Market
from market_abm.market.orders import UNLIMITED
from market_abm.market.regime import OPEN
from market_abm.scenario.parameters import SmugglingParameters
from market_abm.scenario.schema import Scenario

GATE, TRADE, SMUGGLED = 0, 1, 2


@dataclass
class Charges:
    """What a kilogram pays on each link this week [ticks], shape (materials, links)."""

    freight: IntArray
    tax: IntArray
    tariff: IntArray
    risk: IntArray
    capacity: IntArray

    @property
    def cost(self) -> IntArray:
        """All charges together [ticks]."""
        return self.freight + self.tax + self.tariff + self.risk


class Network:
    """The links of all materials.

    Attributes
    ----------
    origin, destination : nodes of each link, shape (links,).
    way : GATE, TRADE or SMUGGLED, shape (links,).
    from_zone : zone whose rules apply at the origin, shape (links,).
    transit : weeks under way, shape (links,).
    smuggling : capacity of smuggled ways as a share of use outside, shape (materials,).
    """

    def __init__(self, scenario: Scenario, market: Market) -> None:
        self.market = market
        self.parameters: SmugglingParameters = scenario.parameters.smuggling
        self.smuggling_on = "smuggling" not in scenario.rules_off
        rows: list[tuple[int, int, int, int, float, int, float, float]] = []
        for zone in market.gated:
            rows.append((zone, market.gate_of[zone], GATE, zone, 0.0, 0, 0.0, 0.0))
        for link in scenario.link:
            origin, destination = market.zones.index(link.origin), market.zones.index(link.destination)
            if link.smuggled:
                for risk, share in zip(self.parameters.risk_costs, self.parameters.tranche_shares, strict=True):
                    rows.append(
                        (origin, destination, SMUGGLED, origin, link.freight_factor, link.transit_weeks, risk, share)
                    )
            else:
                start = market.export_node(origin)
                rows.append((start, destination, TRADE, origin, link.freight_factor, link.transit_weeks, 0.0, 0.0))
        columns = list(zip(*rows, strict=True)) if rows else [()] * 8
        self.origin, self.destination, self.way, self.from_zone, self.transit = (
            np.array(columns[i], dtype=np.int64) for i in (0, 1, 2, 3, 5)
        )
        self.freight_factor, self.risk_share, self.tranche_share = (
            np.array(columns[i], dtype=float) for i in (4, 6, 7)
        )
        freight = np.array([material.freight_usd_per_kg for material in scenario.material.values()])
        self._freight: IntArray = np.rint(freight[:, None] * self.freight_factor * TICKS_PER_DOLLAR).astype(np.int64)
        self.smuggling: FloatArray = np.full(len(market.materials), self.parameters.least)
        self._trade = self.way == TRADE
        # Exports are taxed at the gate, or on the way out of a zone without one.
        self._taxed = (self.way == GATE) | (self._trade & ~np.isin(self.from_zone, market.gated))
        self._into = np.minimum(self.destination, len(market.zones) - 1)  # gates are no zones; they are masked out

    def gate_links(self, zone: int) -> IntArray:
        """Indices of the links into the gate of a zone."""
        return np.flatnonzero((self.way == GATE) & (self.from_zone == zone))

    def freight_between(self, origin: int, destination: int) -> FloatArray:
        """Freight on the direct way between two zones, by material [US$/kg]; the dearest where there is no way."""
        direct = self._trade & (self.from_zone == origin) & (self.destination == destination)
        ways = direct if direct.any() else self._trade
        freight: FloatArray = self._freight[:, ways].max(axis=1, initial=0) / TICKS_PER_DOLLAR
        return freight

    def charges(self, normal_use: FloatArray, own_output: FloatArray, gated_share: FloatArray) -> Charges:
        """Cost and capacity of every link this week.

        Parameters
        ----------
        normal_use : (materials, zones) usual use [g/week].
        own_output : (materials, zones) usual output [g/week].
        gated_share : (materials, nodes) share of gated origin in each node's pool [1].
        """
        price, smuggled = self.market.ticks[:, self.origin], self.way == SMUGGLED
        tax = _half_up(np.where(self._taxed, self.market.regime.export_tax[:, self.from_zone], 0.0) * price)
        tariff = _half_up(self._tariff_rates(gated_share) * price)
        net = np.maximum(
            self.risk_share - self.parameters.evaded_tax, 0.0
        )  # a gain beyond the risk stays with the smuggler
        risk = _half_up(np.where(smuggled, net, 0.0) * price)
        capacity = self._capacity(normal_use, own_output)
        return Charges(self._freight, tax, tariff, risk, capacity)

    def _tariff_rates(self, gated_share: FloatArray) -> FloatArray:
        """Tariff rate of each link (materials, links): customs go by origin, whatever way the goods come."""
        tariff, gated = self.market.regime.tariff, self.market.gated
        if not tariff.any():
            return np.zeros((len(self.market.materials), len(self.origin)))
        direct = tariff[:, self.from_zone, self._into]
        if gated:
            on_gated = tariff[:, gated].max(axis=1)[:, self._into]
            share = np.where(np.isin(self.from_zone, gated), 0.0, gated_share[:, self.origin])
            direct = (1 - share) * direct + share * on_gated
        return np.where(self._trade, direct, 0.0)

    def _capacity(self, normal_use: FloatArray, own_output: FloatArray) -> IntArray:
        """Room on each link [g] (materials, links): embargoes, licences, the ways round them, smuggling."""
        market, regime, into = self.market, self.market.regime, self._into
        share = np.where(self._trade, regime.allowed[:, self.from_zone, into], OPEN)
        limited = np.isfinite(share)
        room = np.where(limited, share, 0.0) * normal_use[:, into]
        # Goods of limited origin pass through third zones only as far as those make the goods themselves.
        leak = regime.reexport[:, into]
        around = self._trade & ~limited & np.isfinite(leak)
        through = np.where(around, leak, 0.0) * normal_use[:, into] + own_output[:, self.from_zone]
        outside = normal_use[:, ~market.is_gated()].sum(axis=1)
        hidden = self.smuggling[:, None] * outside[:, None] * self.tranche_share * self.smuggling_on
        smuggled = self.way == SMUGGLED
        room = np.where(smuggled, hidden, np.where(around, through, room))
        open_way = ~(limited | around | smuggled)
        return np.where(open_way, UNLIMITED, np.floor(room).astype(np.int64))

    def adapt_smuggling(self) -> None:
        """Let smuggling capacity follow the gap between outside and inside prices (MODEL 3)."""
        if not (self.way == SMUGGLED).any():
            return
        first = int(np.flatnonzero(self.way == SMUGGLED)[0])
        inside, outside = self.origin[first], self.destination[first]
        rules, price = self.parameters, self.market.price
        ratio = price[:, outside] / price[:, inside]
        wanted = np.clip(rules.least + rules.response * (ratio - rules.threshold), rules.least, rules.greatest)
        wanted *= 1 - rules.crackdown_effect * self.market.regime.crackdown[inside]
        self.smuggling += (wanted - self.smuggling) / rules.response_weeks


def _half_up(ticks: FloatArray) -> IntArray:
    return np.floor(ticks + 0.5).astype(np.int64)
