"""Verb of the mines: choose output, keep to quotas, dig (ODD: Mining)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from market_abm.agents.miner import NO_PLANT, OPERATING
from market_abm.agents.population import Population
from market_abm.agents.refiner import COVER_WEEKS
from market_abm.books.accounts import Accounts
from market_abm.books.entry import Books, move, pay
from market_abm.books.ledger import Ledger
from market_abm.core.arithmetic import TINY
from market_abm.core.compiled import compiled
from market_abm.core.rounding import micros_of, split
from market_abm.core.units import GRAMS_PER_TONNE, WEEKS_PER_YEAR, BoolArray, FloatArray, IntArray
from market_abm.market.government import Government
from market_abm.market.market import Market
from market_abm.policy.regime import Halt, Regime

GREATEST_STORE = 0.5  # part of output that can be diverted into a reserve (assumed)
FAMILIES = {"light": (True, False), "heavy": (False, True), "all": (True, True)}
"""Whether a limit holds for light and for heavy deposits; the narrow limits are applied before the wide one."""


@dataclass(frozen=True)
class Mined:
    """What came out of the ground in a week.

    Attributes
    ----------
    legal, illegal : (mines,) contained oxide mined [g REO].
    used_up : rows of the licensed mines whose reserve ended this week.
    """

    legal: IntArray
    illegal: IntArray
    used_up: IntArray


def mine(
    mining: tuple[Population, Population],
    refiners: Population,
    market: Market,
    regime: Regime,
    government: Government,
    week_index: int,
    ledger: Ledger,
    accounts: Accounts,
) -> Mined:
    """Every mine chooses its output, quotas and halts bind, concentrate comes out of the ground."""
    going = np.array([halt_share(zone, regime.halts, government.halts, week_index) for zone in market.zones])
    grams = []
    for miners in mining:
        miners.unsold.fill(0.0)
        if refiners.size:
            oxide = (refiners.zone, refiners.usual_sales, market.price, accounts.group(refiners).start)
            _tell_unsold(ledger.books.mass, *oxide, len(market.zones), miners.plant, miners.zone, miners.unsold)
        utilisation, scale, ramp = miners.ask("next_utilisation", "next_scale", "next_ramp")
        miners.utilisation[:], miners.scale[:], miners.ramp[:] = utilisation, scale, ramp
        output, margin, charge = miners.ask("possible_output", "revenue_over_cost", "charge")
        if regime.mining_limits:
            _keep_to_limits(miners, market.zones, regime.mining_limits, output, margin)
        grams.append(_dig(miners, output, charge, going, ledger, accounts))
        for zone in np.flatnonzero(regime.concentrate_store):
            _store(miners, grams[-1], int(zone), float(regime.concentrate_store[zone]), ledger, accounts)
    miners = mining[0]
    used_up = (miners.stage == OPERATING) & (miners.start_reserve > 0) & (miners.reserve == 0)
    return Mined(grams[0], grams[1], np.flatnonzero(used_up))


def halt_share(zone: str, halts: Iterable[Halt], begun: Mapping[str, int], week: int) -> float:
    """Part of the output of a zone's legal mines that a price leader's halt lets go on [1].

    Parameters
    ----------
    halts : halts decreed this week.
    begun : week in which each last began, by label of the policy.
    """
    left = 1.0
    for policy in halts:
        first = begun.get(policy.label)
        if policy.zone == zone and first is not None and week - first < policy.weeks:
            left = min(left, policy.output)
    return left


@compiled
def _tell_unsold(
    mass: IntArray,
    plant_zone: IntArray,
    usual_sales: FloatArray,
    price: FloatArray,
    first_account: int,
    zones: int,
    own_plant: IntArray,
    zone: IntArray,
    unsold: FloatArray,
) -> None:
    """Set the unsold oxide behind each mine [4 weeks]: that of its own plant, else of its zone's plants."""
    held, usual = np.zeros(plant_zone.size), np.zeros(plant_zone.size)
    zone_held, zone_usual = np.zeros(zones), np.zeros(zones)
    for plant in range(plant_zone.size):
        place = plant_zone[plant]
        for material in range(price.shape[0]):
            held[plant] += mass[material, first_account + plant] * price[material, place]
            usual[plant] += usual_sales[material, plant] * price[material, place] * COVER_WEEKS
        zone_held[place] += held[plant]
        zone_usual[place] += usual[plant]
    for row in range(zone.size):
        plant, place = own_plant[row], zone[row]
        if plant != NO_PLANT:
            unsold[row] = held[plant] / max(usual[plant], TINY)
        else:
            unsold[row] = zone_held[place] / max(zone_usual[place], TINY)


def _keep_to_limits(
    miners: Population,
    zones: list[str],
    limits: Mapping[tuple[int, str], float],
    output: FloatArray,
    margin: FloatArray,
) -> None:
    """Scale the output of quota-bound mines down to what their zone tolerates, in place.

    Limits are met in the order of zones, and in a zone the narrow ones before the one on all deposits.
    """
    for zone in range(len(zones)):
        for family, (light, heavy) in FAMILIES.items():
            tonnes = limits.get((zone, family))
            if tonnes is None:
                continue
            bound = (miners.under_quota, miners.zone, miners.heavy, zone, light, heavy)
            total, quota_margin = _under_limit(*bound, miners.capacity, output, margin)
            if total > 0:
                overrun = miners.ask("overrun", quota_margin=quota_margin)
                _scale_down(*bound, overrun, tonnes * GRAMS_PER_TONNE / WEEKS_PER_YEAR, total, output)


@compiled
def _under_limit(
    under_quota: BoolArray,
    zone: IntArray,
    is_heavy: BoolArray,
    place: int,
    light: bool,
    heavy: bool,
    capacity: FloatArray,
    output: FloatArray,
    margin: FloatArray,
) -> tuple[float, float]:
    """Return the output [g/week] of the mines under a limit, and their margin averaged by capacity [1]."""
    total, weight, weighted = 0.0, 0.0, 0.0
    for row in range(zone.size):
        if under_quota[row] and zone[row] == place and (heavy if is_heavy[row] else light):
            total += output[row]
            weight += capacity[row]
            weighted += margin[row] * capacity[row]
    return total, weighted / max(weight, TINY)


@compiled
def _scale_down(
    under_quota: BoolArray,
    zone: IntArray,
    is_heavy: BoolArray,
    place: int,
    light: bool,
    heavy: bool,
    overrun: FloatArray,
    limit: float,
    total: float,
    output: FloatArray,
) -> None:
    for row in range(zone.size):
        if under_quota[row] and zone[row] == place and (heavy if is_heavy[row] else light):
            output[row] *= min(1.0, limit * (1.0 + overrun[row]) / total)


def _dig(
    miners: Population, output: FloatArray, charge: FloatArray, going: FloatArray, ledger: Ledger, accounts: Accounts
) -> IntArray:
    """Bring concentrate out of the ground and pay for it; returns grams (mines,)."""
    group, grams = accounts.group(miners), np.zeros(miners.size, dtype=np.int64)
    entries = (
        ledger.entry("mining", "ground", miners.key),
        ledger.entry("mining charge", miners.key, "treasury"),
        ledger.entry("mining cost", miners.key, "suppliers"),
    )
    starts = (group.start, accounts.ground.start, accounts.treasury.start, accounts.suppliers.start)
    try:
        _dig_each(
            *(ledger.books, entries, starts, accounts.concentrate_row, output, charge, going),
            *(miners.zone, miners.under_quota, miners.cash_cost, miners.start_reserve, miners.reserve, grams),
        )
    except OverflowError as fault:
        raise ledger.beyond_limit() from fault
    return grams


@compiled
def _dig_each(
    books: Books,
    entries: tuple[int, int, int],
    starts: tuple[int, int, int, int],
    concentrate: int,
    output: FloatArray,
    charge: FloatArray,
    going: FloatArray,
    zone: IntArray,
    under_quota: BoolArray,
    cash_cost: FloatArray,
    start_reserve: FloatArray,
    reserve: IntArray,
    grams: IntArray,
) -> None:
    mined, charged, paid = entries
    mines, ground, treasury, suppliers = starts
    for row in range(zone.size):
        out = output[row] * going[zone[row]] if under_quota[row] else output[row]
        grams[row] = int(np.floor(out))
        if start_reserve[row] > 0:
            grams[row] = min(grams[row], reserve[row])
            reserve[row] -= grams[row]
        move(books, mined, concentrate, ground, mines + row, grams[row])
        cost = micros_of(grams[row], cash_cost[row])
        due = int(np.rint(cost * (charge[row] / (1.0 + charge[row]))))
        pay(books, charged, mines + row, treasury + zone[row], due)
        pay(books, paid, mines + row, suppliers, cost - due)


def _store(
    miners: Population, grams: IntArray, zone: int, tonnes_per_year: float, ledger: Ledger, accounts: Accounts
) -> None:
    """Divert part of a zone's light legal concentrate into its reserve."""
    rows = np.flatnonzero(miners.under_quota & ~miners.heavy & (miners.zone == zone))
    total = int(grams[rows].sum())
    wanted = tonnes_per_year * GRAMS_PER_TONNE / WEEKS_PER_YEAR
    put = int(min(wanted, GREATEST_STORE * total))
    if put > 0:
        parts = np.minimum(split(put, grams[rows], rows), miners.concentrate[rows])
        ledger.move(
            "concentrate reserve", accounts.concentrate_row, accounts.group(miners), accounts.reserve, parts, rows, zone
        )
