"""A policy of one's own: two state bodies swap metal at last week's prices."""

from market_abm.policy import ActorPolicy
from market_abm.scenario.fields import field


class StockpileSwap(ActorPolicy):
    """The actor gives `give` and takes `take` of the same worth from its partner."""

    partner: str = field(..., "state buyer", "The other body.")
    give: str = field(..., "material", "What the actor gives.")
    take: str = field(..., "material", "What it gets.")
    t_per_week: float = field(1.0, "t/week", "Most that is given in a week.", ge=0)


def swap(regime, market, state_buyers, ledger, accounts):
    """Verb of the week: carry out all swaps in force."""
    group, names, materials = accounts.group(state_buyers), list(state_buyers.name), market.materials
    for policy in (one for held in regime.instruments.values() for one in held if isinstance(one, StockpileSwap)):
        one, other = names.index(policy.actor), names.index(policy.partner)
        give, take = materials.index(policy.give), materials.index(policy.take)
        worth = market.price[give, state_buyers.zone[one]] / market.price[take, state_buyers.zone[one]]
        given = min(policy.t_per_week * 1e6, state_buyers.stock[give, one], state_buyers.stock[take, other] / worth)
        ledger.move("swap", give, group, group, int(given), one, other)
        ledger.move("swap", take, group, group, int(given * worth), other, one)
