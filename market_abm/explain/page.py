"""The page of an explanation: what was asked, the parts with their intervals, the picture, the chronicle."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from market_abm.explain.cause import GROUPS, Cause, is_present, settings
from market_abm.explain.chronicle import Sentence
from market_abm.explain.explanation import Explanation
from market_abm.explain.move import FALL, Move, peak_of
from market_abm.explain.window import Window
from market_abm.explain.words import (
    factor,
    factor_interval,
    interaction_words,
    own_words,
    share,
    sign,
    total_words,
)
from market_abm.record.identity import model_version
from market_abm.record.run import Run
from market_abm.report.words import shorten

METHOD = """\
Each of five groups of mechanisms is either at work or taken away, which gives 32 worlds. All of them are run under
the same seeds. The Shapley value of a group is what it adds when it joins, averaged over all orders of joining; the
values add up to the whole difference, seed by seed. Effects multiply, so they are given as factors: x2.00 doubles the
ratio, x1.00 does nothing. Intervals are Student's t over seeds at 95 %. `alone` is the effect on a world without any
of the five, `last` the effect on a world with all the others."""
SINGLE = """\
The whole scenario against the same without one cause, seed by seed. These effects overlap and do not add up."""
LIMITS = """\
The parts belong to this model and its parameters. A group is taken away over the whole run, the base included, which
is the same counterfactual for every order of joining. A part is no blame: it is what this model's price would have
lacked without the mechanism."""


def explanation_page(found: Explanation, sentences: Sequence[Sentence], run: Run, notes: Sequence[str]) -> str:
    """Write the page in Markdown.

    Parameters
    ----------
    sentences : those of the chronicle that are shown.
    run : what is explained.
    notes : what a reader must know, such as seeds left out.
    """
    plan, window = found.plan, found.plan.periods
    parts = [f"# Why the price of {plan.chosen_material} moved: {run.name}", ""]
    span = f"{window.quarters[0]} to {window.last}"
    parts += [
        f"Base: {window.base}. Peak: the dearest quarter of {span}. Crash: from there to {window.last}. "
        f"Seeds: {', '.join(map(str, found.seeds))}.",
        "",
        *(f"> {note}\n" for note in notes),
        "![Contributions to the peak and the crash](picture.png)",
        "",
        "## Five groups",
        "",
        METHOD,
        "",
    ]
    for move in plan.moves:
        parts += _groups(found, move)
    if plan.single:
        parts += ["## One taken away", "", SINGLE, "", *_singles(found)]
    if plan.seed in found.seeds:
        parts += [f"## This run, seed {plan.seed}", ""]
        parts += [f"- {own_words(found, move, run)}" for move in plan.moves] + [""]
    parts += ["## Chronicle", "", *(f"- {sentence}" for sentence in sentences), ""]
    parts += ["## What is taken away", "", *_changes(found), "", "## Limits", "", LIMITS, ""]
    asked = (
        f"--replications {plan.replications} --base {window.base} --from {_day(window.quarters[0])} --to {window.end}"
    )
    asked += f" --material {plan.chosen_material}{' --groups-only' if plan.groups_only else ''}"
    parts += [f"Made by `market-abm explain RUN {asked}` with version {model_version()}.", ""]
    return "\n".join(parts)


def facts(found: Explanation, sentences: Sequence[Sentence], run: Run, notes: Sequence[str]) -> dict[str, Any]:
    """Everything about an explanation for JSON."""
    plan = found.plan
    moves = {
        move.name: {
            "label": move.label,
            "series": move.series,
            "values": {str(number): list(row) for number, row in enumerate(found.values[move.name].tolist())},
            "without": dict(zip([one.name for one in plan.single], found.singles[move.name].tolist(), strict=True)),
        }
        for move in plan.moves
    }
    return {
        "kind": "market_abm explanation",
        "id": plan.id,
        "explains": run.name,
        "run": run.id,
        "peaks": {move.place: _peak(run, move, plan.periods) for move in plan.moves if move.kind != FALL},
        "scenario": plan.scenario.name,
        "seed": plan.seed,
        "seeds": list(found.seeds),
        "seeds_left_out": list(found.lost),
        "material": plan.chosen_material,
        "periods": plan.periods.facts(),
        "model_version": model_version(),
        "notes": list(notes),
        "groups": [group.name for group in GROUPS],
        "coalitions": "bit i of a coalition's number tells whether group i is at work",
        "contributions": [
            {key: value for key, value in row.items() if not (isinstance(value, float) and pd.isna(value))}
            for row in found.tables().to_dict("records")
        ],
        "moves": moves,
        "taken_away": {cause.name: settings(plan.whole, [cause]) for cause in (*GROUPS, *plan.single)},
        "chronicle": [
            {"month": str(one.month), "kind": one.kind, "weight": one.weight, "text": one.text} for one in sentences
        ],
    }


def _groups(found: Explanation, move: Move) -> list[str]:
    table = found.table(move.name)
    table = table[table["kind"] == "group"]
    lines = [f"### {move.label[:1].upper()}{move.label[1:]}", "", f"{_capital(total_words(found, move))}.", ""]
    lines += ["| group | contribution, 95 % | share | alone | last |", "|---|---|---|---|---|"]
    for row in table.to_dict("records"):
        measured = factor_interval(row["mean"], row["low"], row["high"])
        cells = [row["label"], measured, share(row["share"]), factor(row["alone"]), factor(row["last"])]
        lines.append(f"| {' | '.join(cells)} |")
    notes = [interaction_words(row) for _, row in table.iterrows()]
    return [*lines, "", *(f"- {note}." for note in notes if note), ""]


def _singles(found: Explanation) -> list[str]:
    moves = found.plan.moves
    lines = [f"| cause | {' | '.join(move.label for move in moves)} |", f"|---{'|---' * len(moves)}|"]
    tables = {move.name: found.table(move.name).query("kind == 'cause'").reset_index(drop=True) for move in moves}
    for place, cause in enumerate(found.plan.single):
        cells = []
        for move in moves:
            row = tables[move.name].iloc[place]
            measured = factor_interval(row["mean"], row["low"], row["high"])
            cells.append(f"{measured}, {sign(row['low'], row['high'], move.kind)}")
        lines.append(f"| {cause.label} | {' | '.join(cells)} |")
    return [*lines, "", f"Above x1.00 a cause raised the peak, or deepened the {FALL}.", ""]


def _changes(found: Explanation) -> list[str]:
    return [_change(found, cause) for cause in (*GROUPS, *found.plan.single)]


def _change(found: Explanation, cause: Cause) -> str:
    if not is_present(found.plan.whole, cause):
        return f"- **{cause.label}**: {cause.meaning} The scenario has none of these."
    changes = settings(found.plan.whole, [cause])
    return f"- **{cause.label}**: {cause.meaning} `{shorten(' '.join(f'--set {one}' for one in changes), 240)}`"


def _peak(run: Run, move: Move, window: Window) -> dict[str, Any]:
    quarter, price = peak_of(run, move, window)
    return {"quarter": str(quarter), "usd_per_kg": round(price, 6)}


def _day(quarter: pd.Period) -> str:
    return str(quarter.start_time.date())


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
