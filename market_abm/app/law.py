"""Changing the law of a running market, so that the changed scenario, run from its start, gives the same weeks.

Nobody in the market may have gone by what was not yet decided. So a policy is dated
to the week in which it was decreed, has a name of its own, and is lifted instead of
given an `end`, which all would know from its start.
"""

import datetime as dt
from collections.abc import Collection
from typing import TypeVar

from market_abm.policy import AnyPolicy, Policy
from market_abm.scenario.checks import check_scenario
from market_abm.scenario.schema import Scenario

LONGEST_NAME = 60
Decreed = TypeVar("Decreed", bound=Policy)


def dated(policy: Decreed, today: dt.date, taken: Collection[str]) -> Decreed:
    """The policy in force from today at the earliest, under a name that none has had.

    Raises
    ------
    ValidationError
        When it ends before it starts.
    """
    start = max(policy.start, today)
    values = {**dict(policy), "start": start, "name": _new_name(policy, start, taken)}
    return type(policy).model_validate(values)


def _new_name(policy: Policy, start: dt.date, taken: Collection[str]) -> str:
    """Name by which pools, halts and the log tell the policy from all others."""
    where = [getattr(policy, key, None) for key in ("actor", "zone", "origin", "destination", "project")]
    words = [policy.type.replace("_", "-"), *(word for word in where if word), start.isoformat()]
    base, number = (policy.name or "-".join(words))[: LONGEST_NAME - 4], 2
    name = base
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def faults_of(policy: AnyPolicy, scenario: Scenario) -> list[str]:
    """What is wrong with the last policy of a scenario, in sentences."""
    found = [fault for fault in check_scenario(scenario) if fault.where[:2] == ("policy", policy.name)]
    return [f"{fault.what} {fault.remedy}".strip() for fault in found]
