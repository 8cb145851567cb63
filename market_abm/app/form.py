"""Forms: the entries of an instrument, derived from its policy class, and what a person wrote in them.

A field is declared in the policy and nowhere else. Shares are shown in per cent;
one number stands for a dated list.
"""

import math
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from market_abm.app.decree import OWN_FIELDS, label_of, unit_of
from market_abm.policy import Policy
from market_abm.scenario.checks import DATED_LIMITS
from market_abm.scenario.errors import suggest
from market_abm.scenario.fields import declared_unit
from market_abm.scenario.schema import Scenario

LASTS = "lasts_weeks"  # on every form
LONGEST_WEEKS = 2600
SMALLEST = 1e-3  # what a form takes where the model wants more than nothing
MOST_BY_UNIT = {  # what a form takes at most where the model sets no limit, in the model's units
    "t": 1e6,
    "t/year": 1e6,
    "US$/kg": 1e5,
    "US$ m": 1e5,
    "US$ m/year": 1e4,
    "day": 3650.0,
    "week": 520.0,
    "year": 50.0,
    "times": 20.0,
    "%": 10.0,
    "%/year": 1.0,
    "%/week": 1.0,
}
FIRST_VALUES = {  # for fields without a default in the model
    "rounds": 10_000.0,
    "approval": 0.5,
    "rate": 0.15,
    "tonnes": 50_000.0,
    "overrun": 1.0,
    "depth": 0.5,
    "share": 0.2,
    "factor": 0.9,
    "musd_per_year": 20.0,
}
HINTS = {  # where one number stands for a dated list
    "rounds": "Tonnes of product in each half-yearly round of licences.",
    "overrun": "Output that is tolerated, over the limit; 100 % is the limit itself.",
}


@dataclass(frozen=True)
class Field:
    """One entry of a form.

    Attributes
    ----------
    name : key in the values given to `make_policy`.
    kind : `number`, `choice` (one), `choices` (a list, empty for all) or `switch`.
    low, high : bounds of a number, both allowed.
    choices : value and label.
    required : whether it may be left empty (None).
    """

    name: str
    label: str
    unit: str
    kind: str
    default: Any
    low: float | None = None
    high: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    required: bool = True


def fields_of(kind: type[Policy], scenario: Scenario, zone: str, bodies: tuple[str, ...]) -> Iterator[Field]:
    """Entries of the form of a policy, those left out that the government itself fills in.

    Parameters
    ----------
    zone : of the government, empty for events.
    bodies : its state bodies.
    """
    for name, info in kind.model_fields.items():
        if name not in OWN_FIELDS and name != own_field(kind):
            yield _field(type_of(kind), name, info, _choices(name, info, scenario, zone, bodies))
    text = "How long it lasts; empty for good."
    yield Field(LASTS, "Weeks in force", "week", "number", None, 1, LONGEST_WEEKS, help=text, required=False)


def type_of(kind: type[Policy]) -> str:
    """Type of a shipped policy; empty for one of the user's own, whose type is where it comes from."""
    default = kind.model_fields["type"].default
    return default if isinstance(default, str) else ""


def own_field(kind: type[Policy]) -> str:
    """The field that names the government itself; empty when none does."""
    if type_of(kind) == "import_tariff":
        return "destination"
    return next((name for name in ("origin", "zone") if name in kind.model_fields), "")


def is_dated(info: FieldInfo) -> bool:
    """Whether a field is a list of dated values."""
    bare = _bare(info.annotation)
    return get_origin(bare) is list and get_origin(_bare(get_args(bare)[0])) is tuple


def _field(kind: str, name: str, info: FieldInfo, choices: tuple[tuple[str, str], ...]) -> Field:
    label, text, bare = label_of(name).capitalize(), _help(name, info), _bare(info.annotation)
    needed = info.is_required()
    if bare is bool:
        return Field(name, label, "", "switch", bool(info.default), help=text)
    if bare is str or get_origin(bare) is Literal:
        default = choices[0][0] if needed and choices else info.default
        return Field(name, label, "", "choice", default, choices=choices, help=text)
    if get_origin(bare) is list and not is_dated(info):
        first = [choices[0][0]] if needed and choices else []
        return Field(name, label, "", "choices", first, choices=choices, help=text, required=needed)
    unit, (low, high) = unit_of(kind, name, info), _bounds(kind, name, info)
    factor = 100.0 if unit.startswith("%") else 1.0
    default = FIRST_VALUES.get(name) if needed else info.default
    shown = None if default is None else round(float(default) * factor, 9)
    optional = type(None) in get_args(info.annotation)
    return Field(name, label, unit, "number", shown, low * factor, high * factor, (), text, not optional)


def _help(name: str, info: FieldInfo) -> str:
    """Meaning of a field, without the words that only a file needs."""
    text = HINTS.get(name, (info.description or "").rpartition(" [")[0])
    for written, told in ((", as a polyline", ""), (", in steps", ""), ("when silent", "when none is given")):
        text = text.replace(written, told)
    return text.replace("`low_price`", "a low price").replace("`high_price`", "a high price")


def _bounds(kind: str, name: str, info: FieldInfo) -> tuple[float, float]:
    """Bounds that the model sets, within what a form takes."""
    marks = [mark for part in (info, *_marked(info.annotation)) for mark in part.metadata]

    def limits(*keys: str) -> list[float]:
        return [float(getattr(mark, key)) for mark in marks for key in keys if getattr(mark, key, None) is not None]

    least = [*limits("ge"), *(max(limit, SMALLEST) for limit in limits("gt"))]
    low, high = max(least, default=0.0), min(limits("le", "lt"), default=math.inf)
    low, high = DATED_LIMITS.get((kind, name), (low, high))
    return low, min(high, MOST_BY_UNIT.get(unit_of(kind, name, info), 1e6))


def _marked(annotation: Any) -> Iterator[FieldInfo]:
    """Types within a type that carry marks such as `ge`."""
    if hasattr(annotation, "__metadata__"):
        yield FieldInfo.from_annotation(annotation)
    for part in get_args(annotation):
        yield from _marked(part)


def _bare(annotation: Any) -> Any:
    """Type without marks and without None."""
    if hasattr(annotation, "__metadata__"):
        return _bare(annotation.__origin__)
    if get_origin(annotation) in (Union, types.UnionType):
        return _bare(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation


def _choices(
    name: str, info: FieldInfo, scenario: Scenario, zone: str, bodies: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """What can be chosen, with labels: names of the scenario."""
    bare = _bare(info.annotation)
    if get_origin(bare) is Literal:
        return tuple((str(option), str(option)) for option in get_args(bare))
    if name == "sectors":
        return tuple((sector, sector) for sector in dict.fromkeys(row.sector for row in scenario.manufacturer.values()))
    legal = {key: row for key, row in scenario.mine.items() if row.legality == "legal"}
    projects = {key: row for key, row in legal.items() if row.finance == "project"} or legal
    zones = {key: row for key, row in scenario.zone.items() if key != zone}
    found: dict[str, Mapping[str, Any]] = {
        "state buyer": {key: row for key, row in scenario.state_buyer.items() if key not in bodies},
        "mine": legal,
        "material": {scenario.lead_material: scenario.material[scenario.lead_material], **scenario.material},
        "materials": scenario.material,
        "project": projects,
        "projects": projects,
        "producers": legal if bodies else {**scenario.mine, **scenario.refinery},
        "actor": {body: scenario.state_buyer[body] for body in bodies},
    }
    named = found.get(declared_unit(info), zones)  # the unit says what a field of a user's own policy names
    return tuple((key, row.label or key) for key, row in found.get(name, named).items())


# -- what a form holds ---------------------------------------------------------------------------
def read_value(field: Field, value: Any) -> Any:
    """Value of an entry as the model takes it.

    Raises
    ------
    ValueError
        With a sentence, when it does not fit.
    """
    if value is None or value == "":
        if field.required and field.kind != "choices":
            raise ValueError(f"{field.label} is empty.")
        return None
    if field.kind == "switch":
        return bool(value)
    if field.kind == "choice":
        return _read_choice(field, value)
    if field.kind == "choices":
        given = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple | set) else [value]
        if field.required and not given:
            raise ValueError(f"{field.label} is empty.")
        return [_read_choice(field, one) for one in dict.fromkeys(map(str, given))]
    return _read_number(field, value)


def _read_choice(field: Field, value: Any) -> str:
    known = [name for name, _ in field.choices]
    if str(value) not in known:
        raise ValueError(
            f'{field.label}: "{str(value)[:40]}" cannot be chosen. {suggest(str(value)[:40], known)}'.strip()
        )
    return str(value)


def _read_number(field: Field, value: Any) -> float | int:
    try:
        number = float(value.replace(",", "")) if isinstance(value, str) else float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f'{field.label}: "{str(value)[:40]}" is no number.') from None
    low, high = field.low or 0.0, field.high if field.high is not None else math.inf
    unit = "" if field.unit == "times" else f" {field.unit}"
    if not low <= number <= high:  # not a number fails too
        raise ValueError(f"{field.label} must lie between {low:,g} and {high:,.10g}{unit}, not {number:,g}.")
    if field.name == LASTS:
        return int(number)
    return number / 100 if field.unit.startswith("%") else number
