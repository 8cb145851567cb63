"""The scenarios that are shipped: their names and what they ask."""

from typing import NamedTuple

from market_abm.scenario.reading import LIBRARY, locate, read_source, scenario_names

__all__ = ["Description", "describe", "scenario_names"]


class Description(NamedTuple):
    """What a list of scenarios shows of each."""

    name: str
    title: str
    description: str
    extends: str | None


def describe(name: str) -> Description:
    """Title, question and parent of a shipped scenario, read without resolving it."""
    data = read_source(locate(name, LIBRARY)).data
    extends = data.get("extends")
    return Description(name, str(data.get("title", "")), str(data.get("description", "")), extends and str(extends))
