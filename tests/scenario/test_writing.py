"""Scenarios written as TOML read back the same; the shipped schema is up to date."""

import datetime as dt
import json
import tomllib
from typing import Any, Literal, get_args, get_origin

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from market_abm.policy import AnyPolicy, Policy
from market_abm.scenario.library import scenario_names
from market_abm.scenario.loading import load_scenario, parse_scenario
from market_abm.scenario.reading import LIBRARY
from market_abm.scenario.schema import Scenario
from market_abm.scenario.shape import POLICY_TYPES
from market_abm.scenario.writing import SCHEMA_FILE, dump_toml, json_schema, policy_to_toml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


def values_of(kind: Any, limits: list[Any]) -> st.SearchStrategy[Any]:
    """Values of a schema annotation within its limits."""
    if get_origin(kind) is not None and type(None) in get_args(kind):
        inner = next(part for part in get_args(kind) if part is not type(None))
        return st.none() | values_of(inner, [])
    if hasattr(kind, "__metadata__"):
        found = [item for meta in kind.__metadata__ if isinstance(meta, FieldInfo) for item in meta.metadata]
        return values_of(kind.__origin__, [*found, *limits])
    bound = {name: getattr(limit, name) for limit in limits for name in ("ge", "gt", "le") if hasattr(limit, name)}
    if kind is float:
        low = bound.get("ge", bound.get("gt"))
        return st.floats(
            low, bound.get("le"), allow_nan=False, allow_infinity=False, exclude_min="gt" in bound, width=64
        )
    if kind is str:
        return TEXT
    if kind is bool:
        return st.booleans()
    if kind is dt.date:
        return st.dates()
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if kind == list[tuple[dt.date, float]]:
        rows = st.dictionaries(st.dates(), st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5)
        return rows.map(lambda found: sorted(found.items()))
    least = max((limit.min_length for limit in limits if hasattr(limit, "min_length")), default=0)
    return st.lists(values_of(get_args(kind)[0], []), min_size=least, max_size=3)


def policies_of(kind: Any) -> st.SearchStrategy[Policy]:
    rows = {key: values_of(field.annotation, field.metadata) for key, field in kind.model_fields.items()}

    def built(row: dict[str, Any]) -> Policy | None:
        try:
            policy: Policy = kind(**row)
        except ValidationError:  # ends before it starts, closed price band
            return None
        return policy

    return st.fixed_dictionaries(rows).map(built).filter(lambda policy: policy is not None)  # type: ignore[return-value]


@pytest.mark.parametrize("kind", POLICY_TYPES)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_policy_written_as_toml_reads_back_the_same(kind, data):
    policy = data.draw(policies_of(POLICY_TYPES[kind]))

    row = tomllib.loads(policy_to_toml(policy))["policy"][0]

    assert TypeAdapter(AnyPolicy).validate_python(row) == policy


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_scenario_with_any_policies_is_dumped_and_read_back_the_same(data):
    drawn = data.draw(st.lists(st.sampled_from(sorted(POLICY_TYPES)), max_size=4).map(list))
    policies = [data.draw(policies_of(POLICY_TYPES[kind])) for kind in drawn]
    named = [policy.model_copy(update={"name": f"p{row}"}) for row, policy in enumerate(policies)]
    tiny = load_scenario("tiny").model_copy(update={"policy": named})

    again = Scenario.model_validate(tomllib.loads(dump_toml(tiny)))

    assert again == tiny


@pytest.mark.parametrize("name", scenario_names())
def test_a_shipped_scenario_is_dumped_and_read_back_the_same(name):
    scenario = load_scenario(name)

    text = dump_toml(scenario)

    assert "extends" not in tomllib.loads(text)
    assert parse_scenario(text) == scenario


def test_a_policy_is_written_short():
    policy = load_scenario("tiny", ["policy.export-quota.note="]).policy[0]

    assert policy_to_toml(policy).splitlines()[:4] == [
        "[[policy]]",
        'type = "export_quota"',
        'name = "export-quota"',
        'origin = "CN"',
    ]


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_files_follow_the_shipped_schema(path):
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate(plain(tomllib.loads(path.read_text(encoding="utf-8"))), schema)


@pytest.mark.parametrize("wrong", [{"titel": "x"}, {"policy": [{"type": "embrago"}]}, {"zone": {"CN": {"gate": True}}}])
def test_the_schema_refuses_unknown_keys_and_types(wrong):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, json_schema())


def test_the_schema_lets_a_child_change_one_key_of_a_policy():
    jsonschema.validate({"extends": "tiny", "drop": [], "policy": [{"name": "stop", "leak": 0.1}]}, json_schema())


def test_the_shipped_schema_is_up_to_date():
    shipped = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))

    assert shipped == json_schema(), "run python -m market_abm.scenario.writing"
