"""Paths and values given on the command line: `--set policy.embargo-japan.leak=0.1`."""

import re
from typing import Any

from market_abm.scenario.errors import ScenarioError
from market_abm.scenario.reading import parse

_KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^."']+?))\s*(?:\.|$)""")
_SPLIT = re.compile(r"""((?:"[^"]*"|'[^']*'|[^="'])+)=(.*)""", re.DOTALL)


def split_path(path: str) -> tuple[str, ...]:
    """Keys of a dotted path; a key that holds a dot stands in quotes. Empty when it is no path."""
    keys: list[str] = []
    at = 0
    while at < len(path):
        found = _KEY.match(path, at)
        if found is None:
            return ()
        keys.append(next(group for group in found.groups() if group is not None))
        at = found.end()
    return () if path.endswith(".") else tuple(keys)


def split_override(text: str) -> tuple[str, Any] | None:
    """Path and value of `path=value`; the value is TOML, or else text. None without `=`."""
    found = _SPLIT.fullmatch(text)
    if found is None:
        return None
    return found[1].strip(), read_value(found[2].strip())


def read_value(text: str) -> Any:
    """Value as TOML would read it; plain text when it is no TOML."""
    try:
        data = parse(f"value = {text}", "--set")
    except ScenarioError:
        return text
    return data["value"] if set(data) == {"value"} else text
