"""Reading a scenario: a shipped name, a file, a text or an object, with overrides; every fault at once.

    scenario = load_scenario("japan-2010", ["policy.embargo-japan.leak=0.1"])

A file may extend another (`extends = "baseline"`), drop what it inherits
(`drop = ["policy.embargo-japan"]`) and change the rest key by key.
"""

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from market_abm.scenario.checks import check_scenario
from market_abm.scenario.draft import EXTENDS, PLUGINS, Draft, Rows, finished, named
from market_abm.scenario.errors import Fault, ScenarioError, Where, show_path, suggest
from market_abm.scenario.known import known_in
from market_abm.scenario.messages import loose_values, place_of, translated, wrong_kind
from market_abm.scenario.overrides import split_override, split_path
from market_abm.scenario.own import note_policies
from market_abm.scenario.reading import Source, locate, parse, read_source
from market_abm.scenario.schema import Scenario
from market_abm.scenario.shape import child, inside, is_part, is_policy_list

_ROUNDS = 4  # faults can hide behind faults: a wrong key, then a missing one, then a reference


def load_scenario(source: str | Path | Scenario, overrides: Sequence[str] = ()) -> Scenario:
    """Read, resolve and check a scenario.

    Parameters
    ----------
    source : a Scenario, the name of a shipped scenario, or the path of a TOML file.
    overrides : `path=value` each, such as `parameters.manufacturer.fear_cover=3`;
        names stand for rows (`policy.embargo-japan.leak=0.1`), names with dots in quotes.

    Returns
    -------
    Scenario, in which every policy has a name. A Scenario without overrides comes back as it is.

    Raises
    ------
    ScenarioError, with every fault found.
    """
    if isinstance(source, Scenario):
        return source if not overrides else resolved([_source_of(source)], overrides)
    path = locate(source, Path())
    return resolved(with_parents(read_source(path), path), overrides)


def parse_scenario(text: str, label: str = "scenario", overrides: Sequence[str] = ()) -> Scenario:
    """Read a scenario from TOML text; `extends` is looked up from the working folder."""
    own = Source(label, Path(), parse(text, label), text)
    return resolved(with_parents(own, Path(label)), overrides)


def _source_of(scenario: Scenario) -> Source:
    return Source(f"scenario {scenario.name}", Path(), scenario.model_dump(exclude_none=True))


def with_parents(source: Source, path: Path) -> list[Source]:
    """Return the file and all it extends, the most basic first."""
    layers, chain = [source], [path.resolve()]
    while EXTENDS in layers[0].data:
        heir = layers[0]
        parent = heir.data[EXTENDS]
        if not isinstance(parent, str):
            raise _bad_parent(heir, "One name or path in quotes is expected.", 'Write extends = "baseline".')
        try:
            found = locate(parent, heir.folder)
            layers.insert(0, read_source(found))
        except ScenarioError as error:
            if error.faults[0].line is not None:
                raise  # found and read, but not understood: its own fault
            raise _bad_parent(heir, error.faults[0].what, error.faults[0].remedy) from None
        chain.append(found.resolve())
        if chain[-1] in chain[:-1]:
            loop = " -> ".join(layer.label for layer in reversed(layers[: len(chain) - chain.index(chain[-1])]))
            raise _bad_parent(heir, f"Files extend one another in a loop: {loop}.", "Remove one `extends`.")
    return layers


def _bad_parent(heir: Source, what: str, remedy: str) -> ScenarioError:
    fault = Fault((EXTENDS,), what, remedy, heir.label, heir.lines.get((EXTENDS,)))
    return ScenarioError([fault], heir.label)


def resolved(layers: Sequence[Source], overrides: Sequence[str]) -> Scenario:
    """Merge, override, validate and check."""
    draft, home = Draft(), layers[-1].label
    for layer in layers:
        draft.lay(layer)
    note_policies(draft.data.get(PLUGINS))
    if "name" not in layers[-1].data:
        draft.put(("name",), Path(home).stem, layers[-1])
    if isinstance(overrides, str):
        overrides = [overrides]
    for text in overrides:
        _override(draft, text)
    scenario, faults = _validated(draft)
    if scenario is None or faults:
        raise ScenarioError(_in_order_of(home, faults), home)
    return scenario


def _override(draft: Draft, text: str) -> None:
    """Apply one `path=value`, or note why it cannot be applied."""
    split = split_override(text)
    keys = split_path(split[0]) if split else ()
    if split is None or not keys:
        remedy = "Write path=value, such as time.end=2012-12-31."
        draft.faults.append(Fault((), f'--set "{text}" is no path=value.', remedy))
    elif fault := _stray(keys, draft):
        draft.faults.append(fault)
    else:
        draft.put(keys, split[1], Source("--set", Path(), {}))


def _stray(keys: tuple[str, ...], draft: Draft) -> Fault | None:
    """Fault for a path that leads nowhere in this scenario."""
    kind: Any = Scenario
    node: Any = draft.data
    for depth, key in enumerate(keys):
        known = _keys_below(kind, node, draft)
        if key not in known:
            above = show_path(keys[:depth])
            what = f'there is no "{key}" in {above}.' if depth else f'"{key}" is no section.'
            remedy = suggest(key, known) if known else f"{above} is set as a whole."
            return Fault(keys[: depth + 1], what, remedy, "--set")
        node = node.get(key) if isinstance(node, dict) else None
        kind, _ = inside(kind, key, node)
    if keys[0] == "policy" and keys[2:] == ("name",):
        return Fault(keys, "a policy keeps its name.", "Change the file instead.", "--set")
    return None


def _keys_below(kind: Any, node: Any, draft: Draft) -> list[str]:
    """Keys that can be set under a value."""
    if is_part(kind):
        return list(kind.model_fields)
    if isinstance(node, Rows):
        return list(node)
    if is_policy_list(kind) or not isinstance(node, dict):
        return []
    inner, _ = inside(kind, "", None)
    if is_part(inner):
        return list(node)
    materials = draft.data.get("material")  # baskets and uses
    return [*node, *(materials if isinstance(materials, dict) else ())]


def _validated(draft: Draft) -> tuple[Scenario | None, list[Fault]]:
    """Scenario, or None, and every fault: of the merge, of the schema, and of the names.

    Faulty values are taken out and the rest is checked again, so that one
    mistake does not hide another.
    """
    data = copy.deepcopy(draft.data)
    plain = finished(data)
    loose = [(where, named(where, data)) for where in loose_values(plain, plain, Scenario)]
    faults = [_moved(wrong_kind(where, _value(plain, where), plain), name) for where, name in loose]
    removed = {_cut(data, name) for _, name in loose}
    scenario = None
    for _ in range(_ROUNDS):
        plain = finished(data)
        try:
            scenario = Scenario.model_validate(plain)
            break
        except ValidationError as error:
            errors = error.errors(include_url=False)
        new = [(found, named(place_of(found), data)) for found in errors]
        for found, where in new:
            if not _follows(found, where, removed):
                fault = translated(found, plain)
                faults.append(_moved(fault, named(fault.where, data)))
        removed |= {_cut(data, _culprit(found, where)) for found, where in new}
    if scenario is not None:
        doubtful = frozenset(where[:2] for where in removed)
        checked = check_scenario(scenario, known_in(draft.data, doubtful))
        faults += [_moved(fault, named(fault.where, data)) for fault in checked]
    return scenario, [*draft.faults, *dict.fromkeys(draft.placed(fault) for fault in faults)]


def _in_order_of(home: str, faults: list[Fault]) -> list[Fault]:
    """Faults as a reader meets them: the file's own by line, then those of its parents."""
    return sorted(faults, key=lambda fault: (fault.file not in ("", home), fault.file, fault.line or 0))


def _moved(fault: Fault, where: Where) -> Fault:
    return replace(fault, where=where)


def _value(data: Any, where: Where) -> Any:
    for key in where:
        data = child(data, key)
    return data


def _culprit(error: ErrorDetails, where: Where) -> Where:
    """Part to take out: the key, or its row when the row as a whole is at fault."""
    is_of_row = error["type"] == "value_error" or (error["type"] == "missing" and isinstance(where[-1], str))
    if not is_of_row:
        return where[:3]
    return where[:2] if error["type"] == "value_error" else where[:-1][:2]


def _cut(data: dict[str, Any], where: Where) -> Where:
    """Take a part out of the data, if it is there."""
    parent = _value(data, where[:-1])
    if where and isinstance(parent, dict):
        parent.pop(where[-1], None)
    elif len(where) == 3:
        return _cut(data, where[:2])
    elif len(where) == 2:
        return _cut(data, where[:1])
    return where


def _follows(error: ErrorDetails, where: Where, removed: set[Where]) -> bool:
    """Whether an error only says that a faulty part has been taken out."""
    if error["type"] == "missing":
        return where in removed
    return error["type"] in ("value_error", "too_short") and any(part[: len(where)] == where for part in removed)
