"""Checks of what a scenario says of a user's own code: everything named must be there, and be what it is used as."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from market_abm.core.plugins import PluginError
from market_abm.policy import Policy
from market_abm.scenario.errors import Fault, Where, suggest
from market_abm.scenario.fields import declared_unit
from market_abm.scenario.known import SECTIONS, Known
from market_abm.scenario.own import OwnPopulation
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    from market_abm.core.columns import Column

CHECKED = ("actor", "material", "materials", "origin", "origins", "destination", "destinations", "zone", "zones")
"""Fields that are checked by name in every policy."""
GIVEN = ("name", "number", "zone", "has_left")
"""Columns that are filled without a scenario saying so."""


def check_own_population(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Populations of one's own are of a class of agents and say nothing of columns that it does not have."""
    for name, row in scenario.population.items():
        where = ("population", name)
        yield from known.unknown((*where, "zone"), "zone", row.zone)
        for material in row.stock_t:
            yield from known.unknown((*where, "stock_t", material), "material", material)
        kind, faults = _found(scenario, (*where, "kind"), row.kind, _is_kind, "no class of agents", "market_abm.Agent")
        yield from faults
        if kind is not None:
            yield from _columns(where, row, {column.name: column for column in kind.column_list()}, known)


def _columns(where: Where, row: OwnPopulation, columns: dict[str, "Column"], known: Known) -> Iterator[Fault]:
    free = [name for name, column in columns.items() if column.book is None and name not in GIVEN]
    for name, value in row.columns.items():
        if name not in columns:
            what = f'{row.kind} has no column "{name}".'
            yield Fault((*where, "columns", name), what, suggest(name, free))
        elif name not in free:
            remedy = "Give capital_musd or stock_t." if columns[name].book else "Give `zone` and `count`."
            yield Fault((*where, "columns", name), f'"{name}" is not set here.', remedy)
        elif isinstance(value, str):
            yield from known.unknown((*where, "columns", name), "material", value)
    books = {column.book for column in columns.values()}
    for key, book, amount in (("capital_musd", "money", row.capital_musd), ("stock_t", "mass", row.stock_t)):
        if amount and book not in books:
            what = f"{row.kind} has nowhere to keep it."
            yield Fault((*where, key), what, f'Declare a column with book="{book}" in the class.')


def check_own_policy(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """What a policy of one's own names exists: fields whose unit is "material", "zone", "mine" or "state buyer"."""
    for row, policy in enumerate(scenario.policy):
        if ":" not in policy.type:
            continue
        for name, info in type(policy).model_fields.items():
            section = declared_unit(info).replace(" ", "_")
            if section in SECTIONS and name not in Policy.model_fields and name not in CHECKED:
                where = ("policy", policy.name or row, name)
                yield from known.unknown(where, section, getattr(policy, name))


def check_own_code(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Kinds, verbs and the mechanism of one's own are there, and are classes of agents and functions."""
    for key, reference in scenario.kinds.items():
        where = ("kinds", key)
        yield from _found(scenario, where, reference, _is_kind, "no class of agents", "market_abm.Agent")[1]
    for row, verb in enumerate(scenario.verb):
        yield from _found(scenario, ("verb", row, "function"), verb.function, callable, "no function")[1]
    if scenario.mechanism is not None:
        yield from _found(scenario, ("mechanism",), scenario.mechanism, callable, "no function")[1]


def _found(
    scenario: Scenario, where: Where, reference: str, fits: Callable[[Any], bool], what: str, base: str = ""
) -> tuple[Any, list[Fault]]:
    try:
        found = scenario.find(reference)
    except PluginError as fault:
        return None, [Fault(where, str(fault))]
    if not fits(found):
        return None, [Fault(where, f'"{reference}" is {what}.', f"It must inherit from {base}." if base else "")]
    return found, []


def _is_kind(found: Any) -> bool:
    return isinstance(found, type) and hasattr(found, "column_list")
