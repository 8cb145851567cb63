"""Lives of projects and what state bodies do for them: funding, opening, failure, votes, spending, contracts."""

import re
from collections.abc import Iterator

import pandas as pd

from market_abm.explain.chronicle.sentence import (
    Sentence,
    in_zone,
    listed,
    mine_label,
    month_of,
    rows_of,
    upper_first,
)
from market_abm.explain.window import Window
from market_abm.record.public_measures import STATE
from market_abm.record.run import Run
from market_abm.report.words import number

PROJECT = re.compile(r"(?P<move>.*?)(?: \((?P<why>[^()]*)\))?")
FUNDING = re.compile(r"takes (?P<part>\S+) of (?P<mine>.*) \((?P<money>[^()]*)\)")
FUNDED_BY = "funded by "
MOVES = {
    "is committed": ("project begun", 4.0),
    "starts": ("project opened", 5.5),
    "goes into care": ("project asleep", 5.5),
    "is being restarted": ("project restarted", 4.5),
}
"""Kind and weight of a project's moves by how the log's words begin."""
OTHER_MOVE = ("project", 1.5)
MOST_NAMED = 3  # projects that move in the same month and are named
LOANS_MUSD = 10.0  # roll-overs of a year that are worth a sentence [US$ m]
SPENDING_MUSD = 1.0  # spending of a body that is worth a sentence [US$ m]
MISSED = 0.1  # part of a contract not delivered that is worth a sentence [1]


def project_sentences(run: Run, window: Window) -> Iterator[Sentence]:
    """Sentences on projects, state bodies and contracts."""
    events = rows_of(run, "events")
    if not events.empty:
        yield from _moves(run, events)
        yield from _states(run, events)
    yield from _spending(run)
    yield from _contracts(run)


def _moves(run: Run, events: pd.DataFrame) -> Iterator[Sentence]:
    """Moves of projects, those of a month with the same words in one sentence."""
    together: dict[tuple[pd.Period, str], list[str]] = {}
    rows = events[events["kind"] == "project"]
    for day, actor, text in zip(rows["week"], rows["actor"].astype(str), rows["text"].astype(str), strict=True):
        found = PROJECT.fullmatch(text)
        if found and (found["why"] or "").startswith(FUNDED_BY):
            continue  # told by the body that funds it
        together.setdefault((month_of(day), text), []).append(mine_label(run.scenario, actor))
    for (month, text), names in together.items():
        kind, weight = next((move for begin, move in MOVES.items() if text.startswith(begin)), OTHER_MOVE)
        count = len(set(names))
        told = listed(sorted(set(names))) if count <= MOST_NAMED else f"{count} projects"
        said = f"{told}: each {text}" if count > 1 else f"{told} {text}"
        yield Sentence(month, kind, min(8.0, weight + 0.7 * (count - 1)), said)


def _states(run: Run, events: pd.DataFrame) -> Iterator[Sentence]:
    """Votes, funding, halts and roll-overs of the event log."""
    loans: dict[tuple[str, int], list[tuple[pd.Period, float, str]]] = {}
    columns = (events[name] for name in ("week", "kind", "actor", "text"))
    for day, kind, actor, text in zip(*columns, strict=True):
        month = month_of(day)
        if kind == "vote":
            yield Sentence(month, "vote", 7.0, f"{actor} {text}")
        elif kind == "halt":
            yield Sentence(month, "halt", 4.0, f"In {in_zone(run.scenario, str(actor))} {text}")
        elif kind == "state funding" and (found := FUNDING.fullmatch(str(text))):
            name = mine_label(run.scenario, found["mine"])
            said = f"{actor} takes {found['part'].replace('%', ' %')} of {name} for {found['money']}"
            yield Sentence(month, "funding", 6.0, said)
        elif kind == "finance" and (found := re.search(r"rolls over (.*) with ([\d.]+) US\$ m", str(text))):
            loans.setdefault((str(actor), day.year), []).append((month, float(found[2]), found[1]))
    for (body, _), rows in loans.items():
        total = sum(money for _, money, _ in rows)
        if total >= LOANS_MUSD:
            names = listed(sorted({mine_label(run.scenario, name) for _, _, name in rows}))
            yield Sentence(rows[0][0], "rescue", 2.5, f"{body} keeps {names} alive with {number(total)} US$ m of loans")


def _spending(run: Run) -> Iterator[Sentence]:
    """The year in which a state body paid most, and its payments in all."""
    money = rows_of(run, "money")
    if money.empty:
        return
    for body in run.scenario.state_buyer:
        paid = money[money["payer"] == f"{STATE}{body}"].groupby("year")["usd"].sum() / 1e6
        if not len(paid) or paid.sum() < SPENDING_MUSD:
            continue
        place = int(paid.to_numpy().argmax())
        year = int(paid.index[place])
        said = f"{body} has paid out {number(float(paid.iloc[place]))} US$ m in {year}, its most in a year; "
        said += f"{number(float(paid.sum()))} US$ m over the whole record"
        yield Sentence(pd.Period(year=year, month=12, freq="M"), "spending", 4.5, said)


def _contracts(run: Run) -> Iterator[Sentence]:
    """Offtakes that begin on record, and those that end with deliveries missed."""
    contracts = rows_of(run, "contracts")
    if contracts.empty:
        return
    first, last = pd.Timestamp(run.scenario.time.record_from), pd.Timestamp(run.scenario.time.end)
    for row in contracts.to_dict("records"):
        mine, where = mine_label(run.scenario, row["mine"]), in_zone(run.scenario, row["buyer_zone"])
        promised = row["delivered_t"] + row["missed_t"]
        if row["since"] > first and promised > 0:
            said = f"{mine} begins to deliver to makers in {where} under contract"
            yield Sentence(month_of(row["since"]), "contract", 3.0, said)
        if first < row["until"] < last - pd.Timedelta(weeks=2) and promised > 0 and row["missed_t"] > MISSED * promised:
            missed = number(100 * row["missed_t"] / promised)
            said = f"the contract of {mine} with {where} ends; {missed} % was never delivered"
            yield Sentence(month_of(row["until"]), "contract", 3.5, upper_first(said))
