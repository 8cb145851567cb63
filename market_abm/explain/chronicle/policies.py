"""What governments decree: rounds of licences, policies that begin, end or change their terms."""

import datetime as dt
import math
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pandas as pd

from market_abm.explain.chronicle.sentence import Sentence, in_zone, listed, month_of, rows_of, upper_first
from market_abm.explain.window import Window
from market_abm.policy import (
    ConcentrateReserve,
    Crackdown,
    Embargo,
    ExportLicence,
    ExportQuota,
    ExportTax,
    MiningCharge,
    OutputHalt,
    Policy,
)
from market_abm.policy.stockpile import ActorPolicy
from market_abm.record.run import Run
from market_abm.report.words import number
from market_abm.scenario.schema import Scenario

OFFICE = " export authority"
NOTABLE_CUT = 0.15  # change of a round against those before that is worth a sentence
TONNES = re.compile(r"([\d,]+(?:\.\d+)?) t\b")
BEGUN, ENDED = "in force: ", "ended: "
CAMPAIGN, TAX_STEP, CHARGE_STEP, APPROVAL_STEP = 0.1, 0.05, 0.1, 0.25  # changes worth a sentence [1]


def policy_sentences(run: Run, window: Window) -> Iterator[Sentence]:
    """Sentences on all policies."""
    events = rows_of(run, "events")
    if events.empty:
        return
    yield from _rounds(run.scenario, events[events["kind"] == "quota"])
    yield from _begun_and_ended(run, events[events["kind"] == "policy"])
    yield from _steps(run)


# -- rounds of licences --------------------------------------------------------------------------
def _rounds(scenario: Scenario, rounds: pd.DataFrame) -> Iterator[Sentence]:
    """Each round against the mean of the two before it."""
    for actor, own in rounds.groupby("actor", sort=False, observed=True):
        zone = in_zone(scenario, str(actor).removesuffix(OFFICE))
        before: list[float] = []
        for day, text in zip(own["week"], own["text"], strict=True):
            found = TONNES.search(str(text))
            if found is None:
                continue
            tonnes = float(found[1].replace(",", ""))
            said, weight = f"{upper_first(zone)} opens a round of export licences for {number(tonnes)} t", 0.5
            if before and min(tonnes, *before) > 0:
                usual = sum(before) / len(before)
                change = tonnes / usual - 1
                than = "the round before" if len(before) == 1 else "the mean of the two rounds before"
                if abs(change) >= NOTABLE_CUT:
                    said += f", {abs(change):.0%} {'less' if change < 0 else 'more'} than {than}".replace("%", " %")
                    weight = (4.0 if change < 0 else 2.0) + 5.0 * min(1.0, abs(math.log(tonnes / usual)))
            yield Sentence(month_of(day), "round", weight, said)
            before = [*before, tonnes][-2:]


# -- beginnings and ends -------------------------------------------------------------------------
def _begun_and_ended(run: Run, events: pd.DataFrame) -> Iterator[Sentence]:
    """Policies of the event log; those in force from the first week are no news."""
    known = {policy.label: policy for policy in run.scenario.policy}
    start = pd.Timestamp(run.scenario.time.start)
    since: dict[str, pd.Timestamp] = {}
    allowed: dict[tuple[pd.Timestamp, str], list[str]] = {}
    freed: dict[tuple[pd.Timestamp, str], list[ExportQuota]] = {}
    for day, text in zip(events["week"], events["text"].astype(str), strict=True):
        if text.startswith(BEGUN) and day > start:
            label = text.removeprefix(BEGUN).split(" (")[0]
            since[label] = day
            policy = known.get(label)
            if isinstance(policy, ActorPolicy):
                allowed.setdefault((day, policy.actor), []).append(policy.type.replace("_", " "))
            else:
                yield _begins(run.scenario, month_of(day), label, policy)
        elif text.startswith(ENDED):
            label = text.removeprefix(ENDED)
            policy = known.get(label)
            if isinstance(policy, ExportQuota):
                freed.setdefault((day, policy.origin), []).append(policy)
            else:
                yield _ends(run.scenario, month_of(day), label, policy, since.get(label), day)
    for (day, zone), quotas in freed.items():
        yield _quota_ends(run.scenario, day, zone, quotas)
    for (day, body), kinds in allowed.items():
        yield Sentence(month_of(day), "body", 3.0, f"{body} may use from now on: {listed(sorted(set(kinds)))}")


def _begins(scenario: Scenario, month: pd.Period, label: str, policy: Policy | None) -> Sentence:
    match policy:
        case Embargo():
            origin, to = in_zone(scenario, policy.origin), in_zone(scenario, policy.destination)
            said = f"{origin} stops shipments{_of(policy.materials)} to {to}, but for a leak of {policy.leak * 100:g} %"
            return Sentence(month, "embargo", 10.0, upper_first(said))
        case ExportLicence():
            said = f"{in_zone(scenario, policy.origin)} asks for licences on exports{_of(policy.materials)}"
            return Sentence(month, "licences", 9.0, upper_first(said))
        case ExportQuota():
            said = f"{in_zone(scenario, policy.origin)} puts exports{_of(policy.materials)} under the quota {label}"
            return Sentence(month, "quota", 1.5, upper_first(said))
        case ConcentrateReserve():
            zone = in_zone(scenario, policy.zone)
            said = f"{zone} begins to put {number(policy.tonnes)} t of concentrate a year into store ({label})"
            return Sentence(month, "pit", 3.0, upper_first(said))
        case OutputHalt():
            zone = in_zone(scenario, policy.zone)
            said = f"{zone} will halt part of its mining whenever the price of {policy.material} falls far ({label})"
            return Sentence(month, "pit", 2.0, upper_first(said))
    kind = f", {policy.type.replace('_', ' ')}" if policy else ""
    return Sentence(month, "policy", 2.0, f"In force: {label}{kind}")


def _ends(
    scenario: Scenario,
    month: pd.Period,
    label: str,
    policy: Policy | None,
    since: pd.Timestamp | None,
    day: pd.Timestamp,
) -> Sentence:
    if isinstance(policy, Embargo):
        lasted = f" after {(day - since).days // 7} weeks" if since is not None else ""
        return Sentence(month, "embargo", 8.0, f"The embargo on {in_zone(scenario, policy.destination)} ends{lasted}")
    weight = 6.0 if isinstance(policy, ExportLicence) else 0.8
    return Sentence(month, "policy", weight, f"No longer in force: {label}")


def _quota_ends(scenario: Scenario, day: pd.Timestamp, zone: str, quotas: list[ExportQuota]) -> Sentence:
    """The end of a zone's quotas, or their replacement by others."""
    said = f"No longer in force: {listed([quota.label for quota in quotas])}"
    others = [one for one in scenario.policy if isinstance(one, ExportQuota) and one.origin == zone]
    if any(one.in_force(day.date()) for one in others):
        return Sentence(month_of(day), "quota", 0.8, said)
    return Sentence(
        month_of(day), "quota", 6.0, f"{upper_first(in_zone(scenario, zone))} ends its export quota. {said}"
    )


def _of(materials: list[str]) -> str:
    return f" of {listed(materials)}" if materials else ""


# -- terms that change while a policy holds ------------------------------------------------------
def _steps(run: Run) -> Iterator[Sentence]:
    """Dated terms of taxes, charges, campaigns and licences within the record."""
    time = run.scenario.time
    first = max(time.record_from, dt.date.fromisoformat(run.manifest.get("branch", {}).get("at", "0001-01-01")))
    for policy in run.scenario.policy:
        for old, (day, new) in _path(policy):
            if first < day < time.end and policy.in_force(day):
                yield from _step(run.scenario, policy, pd.Period(day, freq="M"), old, new)


def _path(policy: Policy) -> Iterator[tuple[float, tuple[dt.date, float]]]:
    """Each dated value of a policy after the value before it."""
    names = {ExportTax: "rate", MiningCharge: "share", Crackdown: "depth", ExportLicence: "approval"}
    name = names.get(type(policy))
    path: list[Any] = getattr(policy, name) if name else []
    for (_, old), (day, new) in pairwise(path):
        yield old, (day, new)


def _step(scenario: Scenario, policy: Policy, month: pd.Period, old: float, new: float) -> Iterator[Sentence]:
    change, text = abs(new - old), f"from {old * 100:g} % to {new * 100:g} %"
    verb = "rises" if new > old else "falls"
    if isinstance(policy, ExportTax) and change >= TAX_STEP:
        zone, what = in_zone(scenario, policy.origin), _of(policy.materials)
        yield Sentence(month, "tax", 3.5, f"{upper_first(zone)}: the tax on exports{what} {verb} {text}")
    if isinstance(policy, MiningCharge) and change >= CHARGE_STEP:
        zone = in_zone(scenario, policy.zone)
        yield Sentence(
            month, "charge", 2.5, f"{upper_first(zone)}: the charge on legal mines has {_risen(verb)} {text} of cost"
        )
    if isinstance(policy, Crackdown) and new - old >= CAMPAIGN:
        zone = in_zone(scenario, policy.zone)
        said = f"A campaign in {zone} is to stop {new * 100:g} % of illegal mining"
        yield Sentence(month, "campaign", 3.0 + 4.0 * new, said)
    if isinstance(policy, ExportLicence) and change >= APPROVAL_STEP:
        zone, what = in_zone(scenario, policy.origin), _of(policy.materials)
        said = f"{upper_first(zone)}: approved exports{what} {verb[:-1]} {text} of use"
        yield Sentence(month, "licences", 5.0, said)


def _risen(verb: str) -> str:
    return "risen" if verb == "rises" else "fallen"
