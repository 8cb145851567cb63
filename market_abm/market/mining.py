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
    zones, going = len(market.zones), np.ones(len(market.zones))
    if regime.halts:
        going[:] = [halt_share(zone, regime.halts, government.halts, week_index) for zone in market.zones]
    mined = []
    for miners in mining:
        miners.unsold.fill(0.0)
        if refiners.size:
            oxide = (refiners.zone, refiners.usual_sales, market.price, accounts.group(refiners).start)
            _tell_unsold(ledger.books.mass, *oxide, zones, miners.plant, miners.zone, miners.unsold)
        utilisation, scale, ramp, output, margin, charge = miners.ask(
            *("next_utilisation", "next_scale", "next_ramp", "possible_output", "revenue_over_cost", "charge")
        )
        miners.utilisation[:], miners.scale[:], miners.ramp[:] = utilisation, scale, ramp
        if regime.mining_limits and miners.under_quota.any():
            _keep_to_limits(miners, zones, regime.mining_limits, output, margin)
        dug = _dig(miners, output, charge, going, ledger, accounts)
        for zone in np.flatnonzero(regime.concentrate_store) if regime.concentrate_store.any() else ():
            _store(miners, dug[0], int(zone), float(regime.concentrate_store[zone]), ledger, accounts)
        mined.append(dug)
    return Mined(mined[0][0], mined[1][0], mined[0][1])


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
    miners: Population, zones: int, limits: Mapping[tuple[int, str], float], output: FloatArray, margin: FloatArray
) -> None:
    """Scale the output of quota-bound mines down to what their zone tolerates, in place.

    Limits on light and on heavy deposits are met before those on all deposits of a zone.
    """
    for families in (("light", "heavy"), ("all",)):
        met = [(*key, tonnes) for key, tonnes in limits.items() if key[1] in families]
        if not met:
            continue
        limit = np.full((zones, len(families)), np.inf)
        for zone, family, tonnes in met:
            limit[zone, families.index(family)] = tonnes * GRAMS_PER_TONNE / WEEKS_PER_YEAR
        bound = (limit, miners.zone, miners.heavy, miners.under_quota)
        total, quota_margin = _under_limits(*bound, miners.capacity, output, margin)
        _scale_down(*bound, total, miners.ask("overrun", quota_margin=quota_margin), output)


@compiled
def _under_limits(
    limit: FloatArray,
    zone: IntArray,
    heavy: BoolArray,
    under_quota: BoolArray,
    capacity: FloatArray,
    output: FloatArray,
    margin: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Add up the mines under each limit (zones, families).

    Returns
    -------
    total : (zones, families) output under the limit [g/week].
    quota_margin : (mines,) revenue over cost of the mines under the same limit, averaged by capacity [1].
    """
    total, weight, weighted = np.zeros(limit.shape), np.zeros(limit.shape), np.zeros(limit.shape)
    for row in range(zone.size):
        if under_quota[row]:
            place = (zone[row], int(heavy[row]) % limit.shape[1])
            total[place] += output[row]
            weight[place] += capacity[row]
            weighted[place] += margin[row] * capacity[row]
    quota_margin = np.zeros(zone.size)
    for row in range(zone.size):
        if under_quota[row]:
            place = (zone[row], int(heavy[row]) % limit.shape[1])
            quota_margin[row] = weighted[place] / max(weight[place], TINY)
    return total, quota_margin


@compiled
def _scale_down(
    limit: FloatArray,
    zone: IntArray,
    heavy: BoolArray,
    under_quota: BoolArray,
    total: FloatArray,
    overrun: FloatArray,
    output: FloatArray,
) -> None:
    for row in range(zone.size):
        place = (zone[row], int(heavy[row]) % limit.shape[1])
        if under_quota[row] and total[place] > 0.0:
            output[row] *= min(1.0, limit[place] * (1.0 + overrun[row]) / total[place])


def _dig(
    miners: Population, output: FloatArray, charge: FloatArray, going: FloatArray, ledger: Ledger, accounts: Accounts
) -> tuple[IntArray, IntArray]:
    """Bring concentrate out of the ground and pay for it; returns grams (mines,) and rows used up."""
    group, grams = accounts.group(miners), np.zeros(miners.size, dtype=np.int64)
    entries = (
        ledger.entry("mining", "ground", miners.key),
        ledger.entry("mining charge", miners.key, "treasury"),
        ledger.entry("mining cost", miners.key, "suppliers"),
    )
    starts = (group.start, accounts.ground.start, accounts.treasury.start, accounts.suppliers.start)
    used_up = _dig_each(
        *(ledger.books, entries, starts, accounts.concentrate_row, output, charge, going, miners.zone),
        *(miners.under_quota, miners.cash_cost, miners.stage, miners.start_reserve, miners.reserve, grams),
    )
    return grams, used_up


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
    stage: IntArray,
    start_reserve: FloatArray,
    reserve: IntArray,
    grams: IntArray,
) -> IntArray:
    mined, charged, paid = entries
    used_up, ended = np.empty(zone.size, np.int64), 0
    mines, ground, treasury, suppliers = starts
    for row in range(zone.size):
        out = output[row] * going[zone[row]] if under_quota[row] else output[row]
        grams[row] = int(np.floor(out))
        if start_reserve[row] > 0:
            grams[row] = min(grams[row], reserve[row])
            reserve[row] -= grams[row]
            if stage[row] == OPERATING and reserve[row] == 0:
                used_up[ended] = row
                ended += 1
        move(books, mined, concentrate, ground, mines + row, grams[row])
        cost = micros_of(grams[row], cash_cost[row])
        due = int(np.rint(cost * (charge[row] / (1.0 + charge[row]))))
        pay(books, charged, mines + row, treasury + zone[row], due)
        pay(books, paid, mines + row, suppliers, cost - due)
    return used_up[:ended]


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
