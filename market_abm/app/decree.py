"""A decree: one act of government by the player; and how policies are told to people."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo

from market_abm.policy import ActorPolicy, AnyPolicy, BandPurchase, Policy
from market_abm.policy.base import plain_name
from market_abm.scenario.fields import declared_unit
from market_abm.scenario.schema import Scenario

RELEASE = "stockpile_release"
AT_ANY_PRICE = (1e-3, 2e-3)  # US$/kg: a price band in which a body always sells and never buys
TITLES = {
    "export_quota": "Export quota",
    "export_licence": "Case-by-case export licences",
    "embargo": "Embargo",
    "export_tax": "Export tax",
    "import_tariff": "Import tariff",
    "production_quota": "Mining quota",
    "crackdown": "Crackdown on illegal mining",
    "mining_charge": "Resource tax and environmental charge",
    "concentrate_reserve": "Reserve of concentrate",
    "output_halt": "Output halts by the price leader",
    "stockpile": "Stockpile",
    "stockpile_release": "Release of the stockpile",
    "band_purchase": "Purchases in a price band",
    "equity": "Equity in projects",
    "loan": "Loans to projects",
    "exploration_grant": "Exploration grants",
    "offtake": "Offtake with funded projects",
    "price_floor": "Price floor",
    "processing_subsidy": "Support of processing",
    "thrifting_subsidy": "Support of thrifting",
    "recycling_subsidy": "Support of recycling",
    "demand_shock": "Demand shock",
    "supply_outage": "Supply outage",
    "louder_news": "Louder news",
}
LABELS = {  # where the name of a field says too little
    "actor": "state body",
    "approval": "approved share of normal use",
    "cap": "greatest stake",
    "depth": "illegal output stopped",
    "leak": "leak, share of normal use",
    "lost": "capacity lost",
    "musd_per_year": "money",
    "musd_per_permit": "cost of a permit",
    "overrun": "tolerated output over limit",
    "reexport_leak": "leak through third zones",
    "rest_share": "part for other products",
    "rounds": "licences each half-year",
    "rotation": "stock renewed",
    "weekly_share": "most each week, share of use",
}
MULTIPLES = (  # pure numbers that are no share, and so are not told in per cent
    *("stockpile.buy_below", "band_purchase.low_ratio", "band_purchase.high_ratio"),
    *("loan.rollover_limit", "louder_news.factor"),
)
OWN_FIELDS = tuple(Policy.model_fields)  # name, dates, switch: what every policy has
_OWNERS = {"import_tariff": "destination"}  # whose policy it is, where that is not its zone or origin


@dataclass(frozen=True)
class Decree:
    """One act of the player, as it stands in the log."""

    week: int
    day: dt.date  # Monday from which it holds
    government: str  # zone; "" for events that nobody decrees
    label: str  # name of the policy
    words: str
    lifts: bool  # whether it ends a policy


@dataclass(frozen=True)
class Standing:
    """A policy in force, planned or over."""

    label: str
    type: str
    title: str
    government: str  # zone; "" for events that nobody decrees
    words: str
    since: dt.date
    until: dt.date | None
    state: str  # "in force", "planned" or "over"
    decreed: bool  # by the player, not by the scenario


def title_of(kind: str) -> str:
    """Name of an instrument for people."""
    return TITLES.get(kind, plain_name(kind).replace("-", " ").capitalize())


def title(policy: Policy) -> str:
    """Name of a policy for people."""
    sells = isinstance(policy, BandPurchase) and (policy.low_price, policy.high_price) == AT_ANY_PRICE
    return title_of(RELEASE if sells else policy.type)


def government_of(policy: Policy, scenario: Scenario) -> str:
    """Zone whose government a policy is; empty for shocks, which are nobody's."""
    if isinstance(policy, ActorPolicy):
        body = scenario.state_buyer.get(policy.actor)
        return body.zone if body else ""
    found = getattr(policy, _OWNERS.get(policy.type, "origin"), None) or getattr(policy, "zone", None)
    return found if isinstance(found, str) else ""


def over(policy: Policy, today: dt.date) -> bool:
    """Whether a policy holds no more from the week of `today` on."""
    end = policy.until
    return not policy.enabled or (end is not None and end <= today)


def standing(policy: AnyPolicy, scenario: Scenario, today: dt.date, decreed: bool) -> Standing:
    """How a policy stands at the beginning of the week of `today`."""
    state = "over" if over(policy, today) else "planned" if policy.start >= today else "in force"
    told = (title(policy), government_of(policy, scenario), in_words(policy, scenario))
    return Standing(policy.label, policy.type, *told, policy.start, policy.until, state, decreed)


def in_words(policy: Policy, scenario: Scenario) -> str:
    """One line: the title, and what differs from the defaults or has none, with units."""
    told = []
    for name, info in type(policy).model_fields.items():
        value = getattr(policy, name)
        if (
            name in OWN_FIELDS
            or value in (None, [], "", *AT_ANY_PRICE)
            or (value == info.default and not info.is_required())
        ):
            continue
        told.append(f"{label_of(name)} {_shown(value, unit_of(policy.type, name, info), scenario)}")
    return title(policy) + (f": {', '.join(told)}" if told else "")


def label_of(name: str) -> str:
    """Name of a field for people; a unit at its end is left out."""
    for unit in ("_usd_per_kg", "_musd", "_per_year"):
        name = name.removesuffix(unit) if name not in LABELS else name
    return LABELS.get(name, name.replace("_", " "))


def unit_of(kind: str, name: str, info: FieldInfo) -> str:
    """Unit in which people read and give a field; it starts with % where the model has a share."""
    unit = declared_unit(info) or "1"
    if f"{kind}.{name}" in MULTIPLES:
        return "times"
    return {"1": "%", "1/year": "%/year", "1/week": "%/week"}.get(unit, unit)


def _shown(value: Any, unit: str, scenario: Scenario) -> str:
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        last = _number(value[-1][1], unit)
        return last if len(value) == 1 else f"{len(value)} dated values"
    if isinstance(value, list):
        return ", ".join(_named(str(item), scenario) for item in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(float(value), unit)
    return _named(str(value), scenario)


def _named(name: str, scenario: Scenario) -> str:
    """Label of a zone or state body; other names as they are."""
    row = scenario.zone.get(name) or scenario.state_buyer.get(name)
    return (row.label or name) if row else name


def _number(value: float, unit: str) -> str:
    if unit.startswith("%"):
        return f"{100 * value:g} {unit}"
    return f"{value:,g} {unit}" if abs(value) < 1e6 else f"{value:,.0f} {unit}"
