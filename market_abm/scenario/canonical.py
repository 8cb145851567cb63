"""A scenario in canonical order: rows sorted by name, so that their order in a file decides nothing."""

from market_abm.scenario.schema import Scenario

BY_NAME = (
    *("zone", "material", "deposit", "mine", "refinery", "manufacturer", "speculator"),
    *("state_buyer", "population", "offtake"),
)


def in_canonical_order(scenario: Scenario) -> Scenario:
    """Return the scenario with the rows of every section sorted; policies keep their order, which has a meaning."""
    sections = {name: dict(sorted(getattr(scenario, name).items())) for name in BY_NAME}
    links = sorted(scenario.link, key=lambda row: (row.origin, row.destination, row.smuggled, row.model_dump_json()))
    return scenario.model_copy(update={**sections, "link": links})
