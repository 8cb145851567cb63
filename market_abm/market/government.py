"""Verbs of government: put the policies in force into the week's regime, renew pools, open rounds, halt output.

(ODD: Policies, Export authority.)
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from market_abm.agents.population import Population
from market_abm.core.state import Kept, State
from market_abm.core.units import GRAMS_PER_TONNE
from market_abm.market.licence_pool import LicencePool, opened_pool
from market_abm.market.market import Market
from market_abm.policy import Policy
from market_abm.policy.regime import PoolTerms, Regime
from market_abm.scenario.parameters import Parameters
from market_abm.scenario.schema import Scenario

Log = Callable[[str, str, str], None]
NEVER = -(10**6)  # week of a halt that never was


class Government(State):
    """What governments have under way.

    Attributes
    ----------
    pools : pools of export licences by label.
    halts : week in which each output halt last began, by label of the policy.
    use_before : (materials, zones) usual use of the week before a licence policy came into force [g/week], by label.
    in_force : what was in force last week: name of each policy with its type and its words for the log.
    """

    pools = Kept("-")
    halts = Kept("week")
    use_before = Kept("g/week")
    in_force = Kept("-")

    def __init__(self) -> None:
        self.pools = {}
        self.halts = {}
        self.use_before = {}
        self.in_force = []
        self.seen: list[list[Policy]] = []  # the same as objects, so that weeks without a change are quick
        self._spans: list[tuple[dt.date, dt.date, Policy]] = []
        self._spans_of: list[Scenario] = []
        self.seal()

    def load(self, values: dict[str, Any]) -> None:
        """Take state; what was in force in it is compared with the policies of today anew."""
        super().load(values)
        self.seen.clear()

    def has_seen(self, policies: list[Policy]) -> bool:
        """Whether the very same policies were in force last week."""
        return any(
            len(last) == len(policies) and all(old is new for old, new in zip(last, policies, strict=True))
            for last in self.seen
        )

    def policies_on(self, day: dt.date, scenario: Scenario) -> list[Policy]:
        """Policies in force on a day, in the order of their declaration."""
        if not self._spans_of or self._spans_of[0] is not scenario:
            self._spans_of[:] = [scenario]
            self._spans[:] = [
                (policy.start, policy.until or dt.date.max, policy) for policy in scenario.policy if policy.enabled
            ]
        return [policy for start, until, policy in self._spans if start <= day < until]


def enact_policies(
    scenario: Scenario,
    market: Market,
    regime: Regime,
    government: Government,
    licence_holders: Population,
    today: dt.date,
    log: Log,
) -> Regime:
    """Empty the regime and let every policy in force write into it; log what begins and ends."""
    regime.clear(today)
    now = government.policies_on(today, scenario)
    for policy in now:
        policy.enact(regime)
    if not government.has_seen(now):
        _log_changes(now, government, log)
        government.seen[:] = [now]
    _remember_use(regime, government, market)
    _renew_pools(regime, government, licence_holders)
    return regime


def _remember_use(regime: Regime, government: Government, market: Market) -> None:
    """Keep the usual use of the week before each licence policy came into force, as long as it is in force."""
    labels = {limit.label for limit in regime.limits if limit.label is not None}
    for label in list(government.use_before):
        if label not in labels:
            del government.use_before[label]
    for label in sorted(labels - set(government.use_before)):
        government.use_before[label] = market.zone_use.copy()


def _line(policy: Policy) -> tuple[str, str, str]:
    return policy.label, policy.type, policy.describe()


def _log_changes(now: Sequence[Policy], government: Government, log: Log) -> None:
    lines = [_line(policy) for policy in now]
    for line in lines:
        if line not in government.in_force:
            log("policy", line[1], f"in force: {line[2]}")
    for line in government.in_force:
        if line not in lines:
            log("policy", line[1], f"ended: {line[0]}")
    government.in_force = lines


def _renew_pools(regime: Regime, government: Government, holders: Population) -> None:
    """Open pools that are new, begin new rounds, forget pools that are gone."""
    pools = government.pools
    gone = {label: pool for label, pool in pools.items() if label not in regime.pools}
    for label in gone:
        del pools[label]
    for label, terms in regime.pools.items():
        if label in pools and pools[label].terms.origin == terms.origin:
            pools[label].renew(terms, holders)
        else:
            pools[label] = opened_pool(terms, holders, _last_price(terms, gone.values()))


def _last_price(terms: PoolTerms, gone: Iterable[LicencePool]) -> int:
    """What a licence cost in the pools that this one replaces [ticks]: holders know it and ask for it."""
    kin = [pool.price for pool in gone if set(pool.terms.materials) & set(terms.materials)]
    return max(kin, default=0)


def announce_rounds(
    export_authorities: Population, market: Market, regime: Regime, parameters: Parameters, today: dt.date, log: Log
) -> None:
    """Export authorities open rounds; a cut against what was usual alarms buyers."""
    authorities, alarmed, alarm = export_authorities, [], 0.0
    for row in range(authorities.size):
        zone = int(authorities.zone[row])
        terms = [pool for pool in regime.pools.values() if pool.origin == zone]
        if not terms:
            continue
        opened = max(pool.opened for pool in terms)
        if authorities.round_opened[row] != opened.toordinal():
            _open_round(authorities, row, opened, sum(pool.grams for pool in terms) / GRAMS_PER_TONNE, log)
        alarmed.append(row)
    if alarmed:
        left = authorities.alarm_left(today=today.toordinal()).tolist()
        alarm = max(left[row] for row in alarmed)
    market.quota_alarm = min(max(parameters.manufacturer.news_weight * alarm, 0.0), 1.0)


def _open_round(authorities: Population, row: int, opened: dt.date, tonnes: float, log: Log) -> None:
    authorities.surprise[row] = authorities.ask_one(row, "cut_against_usual", quota_t=tonnes)
    first = authorities.round_opened[row] == 0
    usual = tonnes if first else authorities.ask_one(row, "next_usual_quota", quota_t=tonnes)
    authorities.usual_quota[row] = usual
    authorities.round_opened[row] = opened.toordinal()
    if not first:
        log("quota", str(authorities.name[row]), f"opens a round of {tonnes:,.0f} t")


def watch_halts(government: Government, market: Market, regime: Regime, week_index: int, log: Log) -> None:
    """A price leader stops for some weeks when a price has fallen far below its average."""
    for policy in regime.halts:
        zone, row = market.zones.index(policy.zone), market.materials.index(policy.material)
        fallen = market.price[row, zone] < policy.fall_below * market.average[row, zone]
        last = government.halts.get(policy.label, NEVER)
        if fallen and week_index - last > policy.pause_weeks:
            government.halts[policy.label] = week_index
            log("halt", policy.zone, f"legal mines cut output for {policy.weeks:.0f} weeks to hold the price")
