"""The week's regime: what all policies in force decree together (ODD: Policies).

Emptied every week and written by `Policy.enact`; agents and markets only read
it. How policies that overlap combine is decided here and nowhere else.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from market_abm.core.units import GRAMS_PER_TONNE, FloatArray, IntArray

OPEN = np.inf
"""Share of normal use allowed through where nothing limits it."""


@dataclass(frozen=True)
class PoolTerms:
    """One licence pool as decreed this week."""

    label: str
    origin: int
    materials: tuple[int, ...]
    opened: dt.date
    closes: dt.date | None
    grams: int


@dataclass(frozen=True, eq=False)
class ShareLimit:
    """A limit on exports as a share of the destinations' use.

    Attributes
    ----------
    label : of the licence policy whose share is one of the use before it came into force; None for an embargo,
        whose leak is a share of today's use.
    origin, destinations, materials : indices.
    share, around : let through on the ways themselves, and through third zones beyond their own output [1].
    """

    label: str | None
    origin: int
    destinations: IntArray
    materials: IntArray
    share: float
    around: float


@dataclass(frozen=True)
class Halt:
    """Terms on which a price leader stops output when its price falls.

    Attributes
    ----------
    label : of the policy.
    zone, material : whose legal mines stop, and the material whose price is watched.
    fall_below : price over its 26-week average that triggers a halt [1].
    output : output that goes on during a halt [1].
    weeks, pause_weeks : length of a halt, and least time from one to the next [week].
    """

    label: str
    zone: str
    material: str
    fall_below: float
    output: float
    weeks: float
    pause_weeks: float


class Instrument(Protocol):
    """What a state body may do, as its policies say; the classes stand in `policy.stockpile` and `policy.support`."""

    @property
    def actor(self) -> str:
        """State body that acts and pays."""

    @property
    def label(self) -> str:
        """Name shown to people."""


Held = TypeVar("Held")


class Regime:
    """What holds this week.

    Arrays are (materials, ...) or (zones, ...); shares are of normal use.

    Parameters
    ----------
    zones, materials, sectors : names, each once, in the order of rows.
    day : Monday of the first week.
    """

    def __init__(self, zones: Iterable[str], materials: Iterable[str], sectors: Iterable[str], day: dt.date) -> None:
        self.zones, self.materials, self.sectors = (
            {name: index for index, name in enumerate(names)} for names in (zones, materials, sectors)
        )
        self._known: dict[tuple[int | str, ...], IntArray] = {}
        self._lay_out(len(self.zones), len(self.materials), max(len(self.sectors), 1))
        self.clear(day)

    def _lay_out(self, zones: int, materials: int, sectors: int) -> None:
        """Make the arrays."""
        self.export_tax: FloatArray = np.zeros((materials, zones))
        self.tariff: FloatArray = np.zeros((materials, zones, zones))
        self.allowed: FloatArray = np.zeros((materials, zones, zones))
        # Part of the destination's plants that concentrate holding a material may fill.
        self.concentrate_allowed: FloatArray = np.zeros((materials, zones, zones))
        self.reexport: FloatArray = np.zeros((materials, zones))
        self._room: FloatArray = np.zeros((materials, zones, zones))
        self._room_around: FloatArray = np.zeros((materials, zones))
        self.embargoed: FloatArray = np.zeros((zones, zones))
        self.held_back: FloatArray = np.zeros((materials, zones))
        self.crackdown: FloatArray = np.zeros(zones)
        self.mining_charge: FloatArray = np.zeros(zones)
        self.concentrate_store: FloatArray = np.zeros(zones)
        self.demand: FloatArray = np.zeros((zones, sectors))
        self.fee_subsidy: FloatArray = np.zeros(zones)
        self.thrift_speed: FloatArray = np.zeros(zones)
        self.thrift_money: FloatArray = np.zeros(zones)
        self.extra_recovery: FloatArray = np.zeros(zones)
        self.recovery_subsidy: FloatArray = np.zeros(zones)
        self._nothing = [
            *(self.export_tax, self.tariff, self.embargoed, self.held_back, self.crackdown, self.mining_charge),
            *(self.concentrate_store, self.fee_subsidy, self.thrift_speed, self.thrift_money),
            *(self.extra_recovery, self.recovery_subsidy),
        ]

    def clear(self, day: dt.date) -> None:
        """Forget everything: free trade on `day`. Arrays stay where they are."""
        self.day = day
        for values in self._nothing:
            values.fill(0.0)
        self.allowed.fill(OPEN)
        self.concentrate_allowed.fill(OPEN)
        self.reexport.fill(OPEN)
        self.demand.fill(1.0)
        self.limits: list[ShareLimit] = []
        self.pools: dict[str, PoolTerms] = {}
        self.mining_limits: dict[tuple[int, str], float] = {}
        self.halts: list[Halt] = []
        self.supply: dict[str, float] = {}
        self.instruments: dict[str, list[Instrument]] = {}
        self.news_factor = 1.0

    # -- what policies write -----------------------------------------------------------------
    def open_pool(
        self, label: str, origin: str, materials: list[str], opened: dt.date, closes: dt.date | None, tonnes: float
    ) -> None:
        """Put materials under one pool of licences; a material named twice belongs to the last pool."""
        rows = tuple(self._materials(materials).tolist())
        zone = self.zones[origin]
        while label in self.pools:  # only policies made in Python can lack a name of their own
            label += " (another)"
        for name, pool in list(self.pools.items()):
            if pool.origin == zone and set(pool.materials) & set(rows):
                left = tuple(row for row in pool.materials if row not in rows)
                self.pools[name] = PoolTerms(name, zone, left, pool.opened, pool.closes, pool.grams)
                if not left:
                    del self.pools[name]
        self.pools[label] = PoolTerms(label, zone, rows, opened, closes, int(tonnes * GRAMS_PER_TONNE))

    def limit_exports(
        self, label: str, origin: str, destinations: list[str], materials: list[str], share: float
    ) -> None:
        """Allow a share of normal use on the ways named, and as much through third zones; the strictest limit holds.

        label : of the policy; normal use is that of the week before a policy of that name came into force.
        """
        out, ways = self.zones[origin], self._zones(destinations)
        ways = ways[ways != out]
        self.limits.append(ShareLimit(label, out, ways, self._materials(materials), share, share))
        for row in self._materials(materials):
            self.allowed[row, out, ways] = np.minimum(self.allowed[row, out, ways], share)
            self.reexport[row, ways] = np.minimum(self.reexport[row, ways], share)
            self.held_back[row, ways] = np.maximum(self.held_back[row, ways], max(1 - share, 0.0))

    def embargo(self, origin: str, destination: str, materials: list[str], leak: float, reexport_leak: float) -> None:
        """Close a way but for a leak, and the ways round it; the strictest embargo holds.

        Concentrate is stopped when it holds an embargoed material; the leak is then a share of the capacity of the
        destination's plants.
        """
        out, into = self.zones[origin], self.zones[destination]
        ways = np.array([into], dtype=np.int64)
        self.limits.append(ShareLimit(None, out, ways, self._materials(materials), leak, reexport_leak))
        self.embargoed[out, into] = 1.0
        for row in self._materials(materials):
            self.allowed[row, out, into] = min(self.allowed[row, out, into], leak)
            self.concentrate_allowed[row, out, into] = min(self.concentrate_allowed[row, out, into], leak)
            self.reexport[row, into] = min(self.reexport[row, into], reexport_leak)

    def tax_exports(self, origin: str, materials: list[str], rate: float) -> None:
        """Add an export tax; taxes add up."""
        self.export_tax[self._materials(materials), self.zones[origin]] += rate

    def tax_imports(self, destination: str, origins: list[str], materials: list[str], rate: float) -> None:
        """Add a tariff; tariffs add up."""
        into = self.zones[destination]
        for row in self._materials(materials):
            self.tariff[row, self._zones(origins), into] += rate

    def limit_mining(self, zone: str, family: str, tonnes_per_year: float) -> None:
        """Limit the legal output of a zone's light, heavy or all deposits [t/year]; the smallest limit holds."""
        key = (self.zones[zone], family)
        self.mining_limits[key] = min(self.mining_limits.get(key, np.inf), tonnes_per_year)

    def crack_down(self, zone: str, depth: float) -> None:
        """Enforce against illegal mining; the deepest campaign holds."""
        index = self.zones[zone]
        self.crackdown[index] = max(self.crackdown[index], depth)

    def charge_mining(self, zone: str, share: float) -> None:
        """Add a charge to the cost of legal mines; charges add up."""
        self.mining_charge[self.zones[zone]] += share

    def store_concentrate(self, zone: str, tonnes_per_year: float) -> None:
        """Divert legal concentrate into a reserve [t/year]; reserves add up."""
        self.concentrate_store[self.zones[zone]] += tonnes_per_year

    def watch_price(self, halt: Halt) -> None:
        """Let the authority stop output when the price falls."""
        self.halts.append(halt)

    def instruct(self, policy: Instrument) -> None:
        """Give a state body an instrument."""
        self.instruments.setdefault(policy.actor, []).append(policy)

    def subsidise_processing(self, zone: str, share: float) -> None:
        """Pay a part of separation fees; the largest subsidy holds."""
        index = self.zones[zone]
        self.fee_subsidy[index] = max(self.fee_subsidy[index], share)

    def help_thrifting(self, zone: str, speed: float, musd_per_year: float) -> None:
        """Raise the speed of thrifting; the fastest programme holds, money adds up."""
        index = self.zones[zone]
        self.thrift_speed[index] = max(self.thrift_speed[index], speed)
        self.thrift_money[index] += musd_per_year

    def help_recycling(self, zone: str, extra: float, cost_share: float) -> None:
        """Raise recovery of scrap; the largest subsidy holds."""
        index = self.zones[zone]
        self.extra_recovery[index] = max(self.extra_recovery[index], extra)
        self.recovery_subsidy[index] = max(self.recovery_subsidy[index], cost_share)

    def scale_demand(self, zones: list[str], sectors: list[str], factor: float) -> None:
        """Scale use; factors multiply."""
        rows = self._rows(self.sectors, sectors)
        for zone in self._zones(zones):
            self.demand[zone, rows] *= factor

    def cut_supply(self, producers: list[str], left: float) -> None:
        """Cut capacity of named producers; the deepest cut holds."""
        for name in producers:
            self.supply[name] = min(self.supply.get(name, 1.0), left)

    # -- what agents read --------------------------------------------------------------------
    def rooms(self, use: FloatArray, use_before: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Return what embargoes and licences let through: the smallest of all limits, infinite where there is none.

        Parameters
        ----------
        use : (materials, zones) usual use now [g/week].
        use_before : the same of the week before each licence policy came into force, by its label.

        Returns
        -------
        (materials, zones, zones) from zone to zone, and (materials, zones) into a zone through third zones [g/week].
        """
        room, around = self._room, self._room_around
        room.fill(OPEN)
        around.fill(OPEN)
        for limit in self.limits:
            base = use if limit.label is None else use_before.get(limit.label, use)
            places = np.ix_(limit.materials, limit.destinations)
            room[:, limit.origin][places] = np.minimum(room[:, limit.origin][places], limit.share * base[places])
            around[places] = np.minimum(around[places], limit.around * base[places])
        return room, around

    def held_by(self, actor: str, kind: type[Held]) -> list[Held]:
        """Instruments of one type in the hands of a state body."""
        return [policy for policy in self.instruments.get(actor, []) if isinstance(policy, kind)]

    def holds(self, *kinds: type) -> bool:
        """Whether any state body has an instrument of one of the types."""
        return any(isinstance(policy, kinds) for policies in self.instruments.values() for policy in policies)

    def _materials(self, names: list[str]) -> IntArray:
        return self._rows(self.materials, names)

    def _zones(self, names: list[str]) -> IntArray:
        return self._rows(self.zones, names)

    def _rows(self, index: dict[str, int], names: list[str]) -> IntArray:
        """Rows of names, all when there are none; looked up once and kept."""
        key: tuple[int | str, ...] = (id(index), *names)
        if key not in self._known:
            rows = [index[name] for name in names] if names else list(range(len(index)))
            self._known[key] = np.array(rows, dtype=np.int64)
        return self._known[key]
