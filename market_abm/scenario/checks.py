"""What the schema cannot see: names that lead nowhere, limits that contradict, weeks off the calendar.

One function a fault. Each yields every place where it occurs, so that all are told at once.
"""

import datetime as dt
from collections.abc import Callable, Iterator

from pydantic import BaseModel

from market_abm.policy import AnyPolicy, BandPurchase, ExportLicence, ExportQuota
from market_abm.scenario.errors import Fault, ScenarioError, Where, suggest
from market_abm.scenario.known import SECTIONS, Known
from market_abm.scenario.limit_checks import LIMIT_CHECKS, check_beyond_limits
from market_abm.scenario.own_checks import check_own_code, check_own_policy, check_own_population
from market_abm.scenario.plant_checks import (
    check_offtake_without_plant,
    check_plant_abroad,
    check_too_few_plants,
    check_unfit_plant,
    check_unknown_deposit_or_plant,
)
from market_abm.scenario.schema import Scenario

ZONE_FIELDS = ("origin", "destination", "origins", "destinations", "zone", "zones")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DATED_LIMITS: dict[tuple[str, str], tuple[float, float]] = {  # what schema paths cannot bound
    ("export_licence", "approval"): (0, 1),
    ("crackdown", "depth"): (0, 1),
    ("export_tax", "rate"): (0, 1),
    ("import_tariff", "rate"): (0, 10),  # tariffs above 100 % have been law
    ("mining_charge", "share"): (0, 10),
    ("production_quota", "tonnes"): (0, float("inf")),
    ("production_quota", "overrun"): (0, float("inf")),
    ("export_quota", "rounds"): (0, float("inf")),
    ("demand_shock", "factor"): (0, float("inf")),
}


def check_scenario(scenario: Scenario, known: Known | None = None) -> list[Fault]:
    """Every fault of a scenario that has passed the schema."""
    known = known or Known({section: frozenset(getattr(scenario, section)) for section in SECTIONS})
    faults = [fault for check in CHECKS for fault in check(scenario, known)]
    return faults or [fault for check in LIMIT_CHECKS for fault in check(scenario, known)]


def require_limits(scenario: Scenario) -> None:
    """Refuse a scenario whose plans exceed what books and auction can hold.

    Raises
    ------
    ScenarioError
        With every number that exceeds a limit of mass, money or price.
    """
    known = Known({section: frozenset(getattr(scenario, section)) for section in SECTIONS})
    faults = list(check_beyond_limits(scenario, known))
    faults = faults or [fault for check in LIMIT_CHECKS for fault in check(scenario, known)]
    if faults:
        raise ScenarioError(faults, scenario.name)


def _policies(scenario: Scenario) -> Iterator[tuple[Where, AnyPolicy]]:
    for row, policy in enumerate(scenario.policy):
        yield ("policy", policy.name or row), policy


def check_unknown_zone(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Groups, links and contracts must stand in zones that exist."""
    for section in ("mine", "refinery", "manufacturer", "speculator", "state_buyer"):
        for name, row in getattr(scenario, section).items():
            yield from known.unknown((section, name, "zone"), "zone", row.zone)
    for number, link in enumerate(scenario.link):
        yield from known.unknown(("link", number, "origin"), "zone", link.origin)
        yield from known.unknown(("link", number, "destination"), "zone", link.destination)
    for name, offtake in scenario.offtake.items():
        yield from known.unknown(("offtake", name, "buyer_zone"), "zone", offtake.buyer_zone)


def check_unknown_zone_in_policy(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Policies must name zones that exist."""
    for where, policy in _policies(scenario):
        for key in ZONE_FIELDS:
            yield from known.unknown((*where, key), "zone", getattr(policy, key, None))


def check_unknown_material(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Baskets, uses, traders and the lead must name materials that exist."""
    yield from known.unknown(("lead_material",), "material", scenario.lead_material)
    for name, deposit in scenario.deposit.items():
        for material in deposit.basket:
            yield from known.unknown(("deposit", name, "basket", material), "material", material)
    for name, manufacturer in scenario.manufacturer.items():
        for material in manufacturer.use_t_per_year:
            yield from known.unknown(("manufacturer", name, "use_t_per_year", material), "material", material)
        if manufacturer.makes is not None:
            where = ("manufacturer", name, "makes", "material")
            yield from known.unknown(where, "material", manufacturer.makes.material)
    for name, speculator in scenario.speculator.items():
        yield from known.unknown(("speculator", name, "material"), "material", speculator.material)


def check_unfit_product(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Manufacturers make magnets; oxides come from plants."""
    for name, manufacturer in scenario.manufacturer.items():
        made = manufacturer.makes.material if manufacturer.makes is not None else None
        if made and known.is_sound("material", made) and scenario.material[made].stage != "magnet":
            what, remedy = f'"{made}" is made by plants.', f'Set material.{made}.stage = "magnet".'
            yield Fault(("manufacturer", name, "makes", "material"), what, remedy)


def check_unknown_material_in_policy(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Policies must name materials that exist."""
    for where, policy in _policies(scenario):
        for key in ("material", "materials"):
            yield from known.unknown((*where, key), "material", getattr(policy, key, None))


def check_unknown_actor(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """An instrument needs a state body that holds it."""
    for where, policy in _policies(scenario):
        yield from known.unknown((*where, "actor"), "state_buyer", getattr(policy, "actor", None))


def check_unknown_producer(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Outages and purchases must name mines or plants, floors and offtakes mines that exist."""
    producers = known.names["mine"] | known.names["refinery"]
    for where, policy in _policies(scenario):
        yield from known.unknown((*where, "project"), "mine", getattr(policy, "project", None))
        yield from known.unknown((*where, "projects"), "mine", getattr(policy, "projects", []))
        if isinstance(policy, BandPurchase):
            yield from known.unknown((*where, "producers"), "mine", policy.producers)
            continue
        for name in getattr(policy, "producers", []):
            if name not in producers:
                yield Fault((*where, "producers"), f'"{name}" is no mine and no refinery.', suggest(name, producers))
    for name, offtake in scenario.offtake.items():
        yield from known.unknown(("offtake", name, "mine"), "mine", offtake.mine)


def check_unknown_sector(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Policies must name sectors in which somebody works."""
    if any(where[0] == "manufacturer" for where in known.doubtful):
        return
    sectors = {manufacturer.sector for manufacturer in scenario.manufacturer.values()}
    for where, policy in _policies(scenario):
        for name in getattr(policy, "sectors", []):
            if name not in sectors:
                yield Fault((*where, "sectors"), f'no manufacturer is in the sector "{name}".', suggest(name, sectors))


def check_missing_gate(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Quotas and licences bind at an export gate, so the zone must have one."""
    for where, policy in _policies(scenario):
        if not isinstance(policy, ExportQuota | ExportLicence) or not known.is_sound("zone", policy.origin):
            continue
        if not scenario.zone[policy.origin].export_gate:
            what = f'"{policy.origin}" has no export gate, where {policy.type.replace("_", " ")}s bind.'
            yield Fault((*where, "origin"), what, f"Set zone.{policy.origin}.export_gate = true.")


def check_two_quotas(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """A material has one price of licences, so quotas of two zones cannot bind it."""
    seen: dict[str, str] = {}
    for where, policy in _policies(scenario):
        if not isinstance(policy, ExportQuota) or not policy.enabled:
            continue
        for material in policy.materials or list(scenario.material):
            other = seen.setdefault(material, policy.origin)
            if other != policy.origin:
                what = f'"{material}" is under quotas of {other} and {policy.origin}.'
                yield Fault((*where, "materials"), what, "Use an export_licence for one of the two zones.")
                break


def check_repeated_link(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """At most one way of a kind joins two zones, and none a zone with itself."""
    seen: set[tuple[str, str, bool]] = set()
    for number, link in enumerate(scenario.link):
        way = (link.origin, link.destination, link.smuggled)
        if way in seen:
            yield Fault(("link", number), f"a second way from {link.origin} to {link.destination}.", "Keep one.")
        if link.origin == link.destination:
            yield Fault(("link", number, "destination"), f"the way leads from {link.origin} to itself.", "Drop it.")
        seen.add(way)


def check_repeated_policy(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """A policy's name is its own."""
    seen: set[str] = set()
    for row, policy in enumerate(scenario.policy):
        if policy.name is not None and policy.name in seen:
            yield Fault(("policy", row, "name"), f'a second policy "{policy.name}".', "Give each policy its own name.")
        seen.add(policy.name or "")


def _ranges(part: BaseModel, where: Where = ()) -> Iterator[tuple[Where, tuple[float, float]]]:
    """Every `[low, high]` of a scenario with its path."""
    for key, value in part:
        if isinstance(value, BaseModel):
            yield from _ranges(value, (*where, key))
        elif isinstance(value, dict):
            for name, row in value.items():
                if isinstance(row, BaseModel):
                    yield from _ranges(row, (*where, key, name))
        elif isinstance(value, tuple) and len(value) == 2:
            yield (*where, key), value


def check_inverted_range(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """The low end of a range comes first, and is not negative."""
    for where, (low, high) in _ranges(scenario):
        if low > high:
            yield Fault(where, f"{low:g} exceeds {high:g}.", f"The low end comes first: [{high:g}, {low:g}].")
        if min(low, high) < 0:
            yield Fault(where, f"{min(low, high):g} is below 0.")


def check_dated_value(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Dated values stay within what they mean: shares in 0..1, tonnes not negative."""
    for where, policy in _policies(scenario):
        for (kind, key), (low, high) in DATED_LIMITS.items():
            for row, (_, value) in enumerate(getattr(policy, key) if policy.type == kind else []):
                if value < low:
                    yield Fault((*where, key, row), f"{value:g} is below {low:g}.")
                if value > high:
                    hint = f"A rate is a share; {value:g} % is {value / 100:g}." if value <= 1000 else ""
                    yield Fault((*where, key, row), f"{value:g} exceeds {high:g}.", hint)
    for name, zone in scenario.zone.items():
        for row, (_, value) in enumerate(zone.cost_index):
            if value <= 0:
                yield Fault(("zone", name, "cost_index", row), f"{value:g} is not above 0.")


def check_monday(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Weeks begin on Mondays, and so do the dates that bound a run."""
    for key, day in scenario.time:
        if day.weekday() == 0:
            continue
        late = day.weekday()
        near = day.toordinal() - late + (7 if late > 3 and day.year < dt.MAXYEAR else 0)
        what = f"{day} is a {DAYS[late]}; weeks begin on Mondays."
        yield Fault(("time", key), what, f"The nearest is {dt.date.fromordinal(near)}.")


CHECKS: tuple[Callable[[Scenario, Known], Iterator[Fault]], ...] = (
    check_monday,
    check_unknown_zone,
    check_unknown_zone_in_policy,
    check_unknown_material,
    check_unfit_product,
    check_unknown_material_in_policy,
    check_unknown_actor,
    check_unknown_producer,
    check_unknown_sector,
    check_unknown_deposit_or_plant,
    check_unfit_plant,
    check_plant_abroad,
    check_too_few_plants,
    check_offtake_without_plant,
    check_missing_gate,
    check_two_quotas,
    check_repeated_link,
    check_repeated_policy,
    check_inverted_range,
    check_dated_value,
    check_own_population,
    check_own_policy,
    check_own_code,
    check_beyond_limits,
)
