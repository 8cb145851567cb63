"""Writing scenarios: as TOML that reads back the same, and as a JSON schema for editors."""

import json
from pathlib import Path
from typing import Any

import tomli_w

from market_abm.policy import Policy
from market_abm.scenario.schema import Scenario

SCHEMA_FILE = Path(__file__).parent / "scenario.schema.json"


def dump_toml(scenario: Scenario) -> str:
    """Write out the whole scenario: nothing inherited, every default, silent values left out.

    `parse_scenario(dump_toml(scenario)) == scenario` for any scenario that was loaded.
    """
    return tomli_w.dumps(scenario.model_dump(exclude_none=True))


def policy_to_toml(policy: Policy) -> str:
    """One `[[policy]]` block with what differs from the defaults, to paste or append to a file."""
    values = policy.model_dump(exclude_none=True, exclude_defaults=True)
    row = {"type": policy.type, **values}
    return "[[policy]]\n" + tomli_w.dumps(row)


def json_schema() -> dict[str, Any]:
    """JSON schema of a scenario *file*, by which editors complete keys and show units.

    A file may extend another and then holds any part of a scenario, so no key
    is required here; `market-abm check` tells what is missing.
    """
    schema = Scenario.model_json_schema()
    _relax(schema)
    schema["properties"] |= {
        "extends": {
            "type": "string",
            "description": "Name of a shipped scenario, or path of a file beside this one.",
        },
        "drop": {
            "type": "array",
            "items": {"type": "string"},
            "description": 'Inherited parts to leave out, such as "policy.embargo-japan".',
        },
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _relax(part: Any) -> None:
    """Require no key, and let a policy row without `type` be any policy."""
    if isinstance(part, dict):
        if isinstance(part.get("required"), list):
            del part["required"]
        if "oneOf" in part and "discriminator" in part:
            part["anyOf"] = part.pop("oneOf")
            del part["discriminator"]
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _relax(inner)


def schema_text() -> str:
    """Text of the shipped schema file."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def write_schema() -> None:
    """Bring the shipped schema file up to date (`python -m market_abm.scenario.writing`)."""
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_schema()
