"""The policy desk: what each government can decree, and a policy out of what a form holds."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import TypeAdapter, ValidationError

from market_abm import policy as policies
from market_abm.app.decree import AT_ANY_PRICE, RELEASE, label_of, title_of
from market_abm.app.form import LASTS, Field, fields_of, is_dated, own_field, read_value, type_of
from market_abm.core.units import MICROS_PER_MILLION
from market_abm.policy import ActorPolicy, AnyPolicy, BandPurchase, Policy
from market_abm.scenario.errors import suggest
from market_abm.scenario.own import own_policies
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    from market_abm.app.world import World

KINDS: dict[str, type[Policy]] = {
    kind.model_fields["type"].default: kind
    for kind in vars(policies).values()
    if isinstance(kind, type) and issubclass(kind, Policy) and kind not in (Policy, ActorPolicy)
} | {RELEASE: BandPurchase}
BORDER = ("embargo", "export_quota", "export_licence", "export_tax", "import_tariff")
PIT = ("production_quota", "crackdown", "mining_charge", "concentrate_reserve", "output_halt")
HELP = ("processing_subsidy", "recycling_subsidy", "thrifting_subsidy")
BODY = ("stockpile", RELEASE, "band_purchase", "equity", "loan", "offtake", "price_floor", "exploration_grant")
EVENTS = ("demand_shock", "supply_outage", "louder_news")
NO_GOVERNMENT = ("RW",)  # a zone that is a remainder of countries
_ANY: TypeAdapter[AnyPolicy] = TypeAdapter(AnyPolicy)
RELEASE_FIELDS = ("actor", "materials", "weekly_share", LASTS)


@dataclass(frozen=True)
class Instrument:
    """Something a government can do.

    Attributes
    ----------
    words : one sentence on what it does.
    missing : why it cannot be used in this scenario, in words; empty when it can.
    """

    type: str
    title: str
    words: str
    fields: tuple[Field, ...]
    missing: str = ""


@dataclass(frozen=True)
class Government:
    """Whose desk it is; one without a zone holds events that nobody decrees.

    Attributes
    ----------
    bodies : its state bodies and the money each has left [US$ m].
    """

    zone: str
    label: str
    bodies: tuple[tuple[str, float], ...]
    instruments: tuple[Instrument, ...]


class DeskError(ValueError):
    """A form cannot be a policy; `faults` are sentences."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


def desk(world: "World") -> list[Government]:
    """All governments of a world and their instruments, then the desk of events."""
    scenario, model = world.scenario, world.model
    bodies_there = model.world.state_buyers
    money = dict(zip(bodies_there.name, bodies_there.cash / MICROS_PER_MILLION, strict=True))
    purses = {name: float(money[name]) for name in scenario.state_buyer if name in money}
    own = own_policies(scenario.plugins)
    governed = [name for name, kind in own.items() if _is_of_government(kind)]
    told = []
    for zone, row in scenario.zone.items():
        bodies = tuple((name, cash) for name, cash in purses.items() if scenario.state_buyer[name].zone == zone)
        if zone in NO_GOVERNMENT and not bodies:
            continue
        names = tuple(name for name, _ in bodies)
        tools = tuple(_instrument(scenario, zone, name, names) for name in (*BORDER, *PIT, *HELP, *BODY, *governed))
        told.append(Government(zone, row.label or zone, bodies, tools))
    others = [name for name in own if name not in governed]
    events = tuple(_instrument(scenario, "", name, ()) for name in (*EVENTS, *others))
    return [*told, Government("", "Events", (), events)]


def kind_of(scenario: Scenario, instrument: str) -> type[Policy]:
    """Class of an instrument, a shipped one or one of the scenario's plugins."""
    return KINDS[instrument] if instrument in KINDS else own_policies(scenario.plugins)[instrument]


def _is_of_government(kind: type[Policy]) -> bool:
    """Whether a government decrees a policy: a state body of it acts, or a field names it."""
    return issubclass(kind, ActorPolicy) or bool(own_field(kind))


def make_policy(world: "World", government: str, instrument: str, values: Mapping[str, Any]) -> AnyPolicy:
    """Policy out of the values of a form, in force from the coming Monday.

    Parameters
    ----------
    government : zone, empty for events.
    instrument : its type.
    values : by name of field; fields that are left out take their default.

    Raises
    ------
    DeskError
        With every fault in words.
    """
    tool = _tool(world, government, instrument)
    if tool.missing:
        raise DeskError([tool.missing])
    known = {field.name: field for field in tool.fields}
    faults = [f'There is no entry "{name}". {suggest(str(name), known)}' for name in values if name not in known]
    read: dict[str, Any] = {}
    for name, field in known.items():
        try:
            read[name] = read_value(field, values.get(name, field.default))
        except ValueError as fault:
            faults.append(str(fault))
    if faults:
        raise DeskError(faults)
    return _built(world, government, instrument, read)


def _tool(world: "World", government: str, instrument: str) -> Instrument:
    found = next((one for one in desk(world) if one.zone == government), None)
    if found is None:
        raise DeskError([f'"{government}" is no government of this scenario.'])
    tool = next((one for one in found.instruments if one.type == instrument), None)
    if tool is None:
        known = [one.type for one in found.instruments]
        raise DeskError([f'{found.label} has no instrument "{instrument}". {suggest(instrument, known)}'])
    return tool


def _built(world: "World", government: str, instrument: str, read: dict[str, Any]) -> AnyPolicy:
    kind, today, weeks = kind_of(world.scenario, instrument), world.today, read.pop(LASTS)
    row: dict[str, Any] = {"start": today, "end": today + dt.timedelta(weeks=weeks) if weeks else None}
    for name, value in read.items():
        if value is not None:
            row[name] = [(today, value)] if is_dated(kind.model_fields[name]) else value
    if own_field(kind):
        row[own_field(kind)] = government
    if instrument == RELEASE:
        row["low_price"], row["high_price"] = AT_ANY_PRICE
    try:
        if instrument not in KINDS:
            return cast(AnyPolicy, kind.model_validate({**row, "type": instrument}))
        return _ANY.validate_python({**row, "type": type_of(kind)})
    except ValidationError as fault:
        raise DeskError([_sentence(error["loc"], error["msg"]) for error in fault.errors()]) from None


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    said = message.removeprefix("Value error, ").rstrip(".")
    names = [label_of(str(part)).capitalize() for part in place if isinstance(part, str)]
    return f"{names[0]}: {said}." if names else f"{said[:1].upper()}{said[1:]}."


# -- forms ---------------------------------------------------------------------------------------
def _instrument(scenario: Scenario, zone: str, name: str, bodies: tuple[str, ...]) -> Instrument:
    kind = kind_of(scenario, name)
    fields = tuple(fields_of(kind, scenario, zone, bodies))
    title, words = title_of(name), (kind.__doc__ or "").partition("\n")[0]
    if name == RELEASE:
        fields = tuple(field for field in fields if field.name in RELEASE_FIELDS)
        words = "Metal is sold from the stock every week, at the market's price."
    return Instrument(name, title, words, fields, _missing(scenario, zone, name, bodies))


def _missing(scenario: Scenario, zone: str, name: str, bodies: tuple[str, ...]) -> str:
    """Why an instrument cannot be used, in words; empty when it can."""
    row = scenario.zone.get(zone)
    if row is None:
        return ""  # events
    label, mines = row.label or zone, [mine for mine in scenario.mine.values() if mine.zone == zone]
    if issubclass(kind_of(scenario, name), ActorPolicy) and not bodies:
        return f"{label} has no state body in this scenario; choose one that has, such as japan-2010."
    if name in ("export_quota", "export_licence") and not row.export_gate:
        return f"{label} has no export gate, where quotas and licences bind."
    if name == "production_quota" and not any(mine.under_quota for mine in mines):
        return f"{label} has no mine that a quota could bind."
    if name == "crackdown" and not any(mine.legality == "illegal" for mine in mines):
        return f"{label} has no illegal mines."
    if name in ("mining_charge", "concentrate_reserve", "output_halt") and not mines:
        return f"{label} has no mines."
    return ""
