"""The ways between zones: what each costs and lets through this week (ODD: Trade).

Links are, in order: from each gated zone to its gate (tax and licence stand
here), from gates and open zones to other zones (freight, tariff, embargo), and
the smuggled ways past the gate in tranches of rising risk. Ad-valorem charges
stand on last week's price, rounded half up to ticks, so that the auction sees
only integers.
"""

from dataclasses import dataclass

import numpy as np

from market_abm.market.market import Market
from market_abm.market.orders import UNLIMITED
from market_abm.scenario.parameters import SmugglingParameters
from market_abm.scenario.schema import Scenario
from market_abm.units import TICKS_PER_DOLLAR, BoolArray, FloatArray, IntArray

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

    def gate_links(self, zone: int) -> IntArray:
        """Indices of the links into the gate of a zone."""
        return np.flatnonzero((self.way == GATE) & (self.from_zone == zone))

    def charges(self, normal_use: FloatArray, own_output: FloatArray) -> Charges:
        """Cost and capacity of every link this week.

        Parameters
        ----------
        normal_use : (materials, zones) usual use [g/week].
        own_output : (materials, zones) usual output of oxide [g/week].
        """
        market, regime = self.market, self.market.regime
        price = market.ticks[:, self.origin]
        gate, smuggled = self.way == GATE, self.way == SMUGGLED
        tax = _half_up(np.where(gate, regime.export_tax[:, self.from_zone], 0.0) * price)
        into = np.minimum(self.destination, len(market.zones) - 1)  # gate rows are masked out below
        tariff = _half_up(np.where(self._trade, regime.tariff[:, self.from_zone, into], 0.0) * price)
        risk = _half_up(np.where(smuggled, self.risk_share, 0.0) * price)
        share = np.where(self._trade, regime.allowed[:, self.from_zone, into], np.inf)
        room = share * normal_use[:, into]
        third = self._trade & ~self._embargoes(into)
        around = regime.reexport[:, into] * normal_use[:, into] + own_output[:, self.from_zone]
        room = np.where(third & np.isfinite(regime.reexport[:, into]), np.minimum(room, around), room)
        outside = normal_use[:, ~market.is_gated()].sum(axis=1)
        hidden = self.smuggling[:, None] * outside[:, None] * self.tranche_share * self.smuggling_on
        room = np.where(smuggled, hidden, room)
        capacity = np.where(np.isfinite(room), np.floor(np.nan_to_num(room, posinf=0.0)), float(UNLIMITED)).astype(
            np.int64
        )
        capacity[~np.isfinite(room)] = UNLIMITED
        return Charges(self._freight, tax, tariff, risk, capacity)

    def _embargoes(self, into: IntArray) -> BoolArray:
        """Which trade links start in a zone that embargoes their destination, shape (links,)."""
        return self.market.regime.embargoed[self.from_zone, into] > 0

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
