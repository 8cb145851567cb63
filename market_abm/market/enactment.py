"""Verbs of government: put the policies in force into the week's regime, renew pools of licences (ODD: Policies)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from market_abm.market.licence_pool import LicencePool
from market_abm.market.regime import PoolTerms
from market_abm.policy import Policy

if TYPE_CHECKING:
    from market_abm.model import MineralMarket


def enact_policies(model: "MineralMarket") -> None:
    """Empty the regime and let every policy in force write into it; log what begins and ends."""
    regime, today = model.market.regime, model.today
    regime.clear(today)
    now: list[Policy] = [policy for policy in model.scenario.policy if policy.in_force(today)]
    for policy in now:
        policy.enact(regime)
    if now != model.in_force:
        for policy in now:
            if policy not in model.in_force:
                model.log("policy", policy.type, f"in force: {policy.describe()}")
        for policy in model.in_force:
            if policy not in now:
                model.log("policy", policy.type, f"ended: {policy.label}")
        model.in_force = now
    _renew_pools(model)


def _renew_pools(model: "MineralMarket") -> None:
    """Open pools that are new, begin new rounds, forget pools that are gone."""
    terms_now = model.market.regime.pools
    gone = {label: pool for label, pool in model.pools.items() if label not in terms_now}
    for label in gone:
        del model.pools[label]
    for label, terms in terms_now.items():
        if label in model.pools and model.pools[label].terms.origin == terms.origin:
            model.pools[label].renew(terms, model.licence_holders)
        else:
            rows = model.licence_holders.rows_in(terms.origin)
            model.pools[label] = LicencePool(terms, model.licence_holders, rows, _last_price(terms, gone.values()))


def _last_price(terms: PoolTerms, gone: Iterable[LicencePool]) -> int:
    """What a licence cost in the pools that this one replaces [ticks]: holders know it and ask for it."""
    kin = [pool.price for pool in gone if set(pool.terms.materials) & set(terms.materials)]
    return max(kin, default=0)
