"""The findings page of an experiment: what was asked, stated, measured and concluded, in Markdown."""

import math
from collections.abc import Iterable, Mapping, Sequence

from market_abm.console import number
from market_abm.experiment.finding import Finding, Row
from market_abm.experiment.hypothesis import Judgement
from market_abm.experiment.plan import Arm, Hypothesis, Outcome
from market_abm.experiment.statistics import Estimate
from market_abm.record.identity import model_version

FENCE = "```"


def findings_page(finding: Finding, command: str, versions: Mapping[str, str]) -> str:
    """The page as Markdown text.

    Parameters
    ----------
    command : command that makes it again.
    versions : packages that made it.
    """
    parts = [*_head(finding), *_hypotheses(finding), "![Outcomes by arm](picture.png)", *_arms(finding)]
    for outcome in finding.plan.experiment.outcome:
        parts += _outcome(finding, outcome)
    parts += [*_robustness(finding), *_texts(finding), *_again(finding, command, versions)]
    return "\n\n".join(part for part in parts if part) + "\n"


def statement(hypothesis: Hypothesis) -> str:
    """What must hold, in one line."""
    row = hypothesis
    if isinstance(row.threshold, tuple):
        wanted = f"between {row.threshold[0]:g} and {row.threshold[1]:g}"
    else:
        wanted = f"{row.expect} {row.threshold:g}"
    pair = row.arm if row.against is None else f"{row.arm} {'/' if row.kind == 'ratio' else 'minus'} {row.against}"
    if row.kind == "share":
        return f"{row.outcome}: {pair} {wanted} in at least {100 * (row.at_least or 0):g} % of the seeds"
    middle = "median of " if row.kind == "median" else "mean of " if row.kind in ("mean", "difference") else ""
    return f"{row.outcome}: {middle}{pair} {wanted}"


def interval(estimate: Estimate, unit: str = "1") -> str:
    """An estimate with its interval, as in `0.45 [0.41, 0.49]`."""
    if math.isnan(estimate.value):
        return "not measured"
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return f"{number(estimate.value, unit)} [too few seeds]"
    return f"{number(estimate.value, unit)} [{number(estimate.low, unit)}, {number(estimate.high, unit)}]"


def unit_of(judgement: Judgement, outcome: Outcome) -> str:
    """Unit of a judgement's estimate: that of the outcome for a level, none for factors and shares."""
    is_level = judgement.hypothesis.kind in ("median", "mean") and judgement.hypothesis.against is None
    return outcome.shown_unit if is_level else "1"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars and line ends within cells are written so that they do not break it."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(
        "| " + " | ".join(" ".join(str(cell).split()).replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def _head(finding: Finding) -> list[str]:
    experiment = finding.plan.experiment
    return [
        f"# {experiment.title}",
        f"**Question.** {experiment.question}",
        f"**Claim under test.** {experiment.claim}",
    ]


def _hypotheses(finding: Finding) -> list[str]:
    rows = []
    for judgement, verdict in zip(finding.judgements, finding.verdicts, strict=True):
        outcome = finding.plan.experiment.outcome_named(judgement.hypothesis.outcome)
        found = interval(judgement.estimate, unit_of(judgement, outcome))
        rows.append([judgement.hypothesis.says, f"`{statement(judgement.hypothesis)}`", found, f"**{verdict}**"])
    count = len(rows)
    notes = [
        f"{seed_count(finding)} ({_seeds(finding)}), {count} "
        f"{'hypothesis' if count == 1 else 'hypotheses'} tested; each interval is 95 %, uncorrected for their number. "
        "Supported: the whole interval lies on the expected side; contradicted: wholly on the other. "
        f"Measured by: {'; '.join(dict.fromkeys(one.estimate.method for one in finding.judgements))}. "
        "Medians in the tables have exact order-statistic intervals; they and shares need six seeds.",
        *dict.fromkeys(
            f"Note on `{one.hypothesis.name}`: {one.estimate.note}." for one in finding.judgements if one.estimate.note
        ),
    ]
    if finding.adaptive:
        notes.append(
            "Seeds were added until the intervals were narrow or decided, so intervals are a little too narrow."
        )
    if finding.over:
        notes.append("Measured under the shipped parameters; the verdict is that of the set of vectors below.")
    if finding.failures:
        notes.append(f"{len(finding.failures)} runs failed and count in no number (`results.json` names them).")
    heads = ["Hypothesis", "What must hold", "Measured, 95 %", "Verdict"]
    return ["## Hypotheses, as stated before running", table(heads, rows), *notes]


def seed_count(finding: Finding) -> str:
    """Number of seeds in words."""
    return f"{len(finding.seeds)} common seed{'' if len(finding.seeds) == 1 else 's'}"


def _seeds(finding: Finding) -> str:
    return f"{finding.seeds[0]}-{finding.seeds[-1]}" if len(finding.seeds) > 1 else f"{finding.seeds[0]}"


def _arms(finding: Finding) -> list[str]:
    experiment = finding.plan.experiment
    rows = [
        [f"`{arm.name}`", arm.label, f"`{arm.scenario or experiment.scenario}`", changes(arm)] for arm in experiment.arm
    ]
    twins = [f"`{one}` is the same scenario as `{other}`." for one, other in finding.plan.twins]
    return ["## Arms", table(["Arm", "What it is", "Base", "Changed"], rows), *twins]


def changes(arm: Arm) -> str:
    """What an arm changes, in one line."""
    said = [f"`{text}`" for text in arm.sets]
    for section, value in arm.piece.items():
        names = value if isinstance(value, list) else list(value) if isinstance(value, dict) else [value]
        shown = [str(one.get("name", one.get("type", ""))) if isinstance(one, dict) else str(one) for one in names]
        said.append(f"{section}: {', '.join(shown)}")
    return "; ".join(said) or "-"


def _outcome(finding: Finding, outcome: Outcome) -> list[str]:
    rows = [row for row in finding.rows if row.outcome == outcome]
    unit = f", {outcome.shown_unit}" if outcome.shown_unit != "1" else ""
    heads = ["Arm", "Median, 95 %", f"Against `{finding.plan.experiment.reference.name}`, 95 %", "dz", "Seeds"]
    return [f"### {outcome.shown}{unit}", table(heads, [_cells(row) for row in rows]), _how_measured(outcome)]


def _cells(row: Row) -> list[str]:
    level = interval(row.level, row.outcome.shown_unit)
    if row.against is None:
        return [f"`{row.arm}`", level, "", "", str(row.level.seeds)]
    found = interval(row.against)
    effect = "" if math.isnan(row.against.effect) else f"{row.against.effect:+.1f}"
    return [
        f"`{row.arm}`",
        level,
        f"x {found}" if row.is_factor else f"difference {found}",
        effect,
        str(row.against.seeds),
    ]


def _how_measured(outcome: Outcome) -> str:
    if outcome.series is None:
        return f"Measure `{outcome.name}`."
    names = outcome.series if isinstance(outcome.series, str) else " + ".join(outcome.series)
    over = outcome.over if isinstance(outcome.over, str) else " + ".join(outcome.over or ())
    span = _span(outcome.first, outcome.last)
    base = _span(outcome.base_first, outcome.base_last)
    said = (
        f"`{outcome.stat}` of `{names}`" + (f" over that of `{over}`" if over else "") + (f", {span}" if span else "")
    )
    return said + (f"; base {base}" if base else "") + "."


def _span(first: object, last: object) -> str:
    return " to ".join(dict.fromkeys(f"{day:%Y-%m}" for day in (first, last) if day is not None))


def _robustness(finding: Finding) -> list[str]:
    if not finding.over:
        return []
    names = [judgement.hypothesis.name for judgement in finding.judgements]
    rows = []
    for vector, judgements in {**finding.robustness, "all runs together": finding.pooled}.items():
        cells = [f"{interval(one.estimate)} {one.answer}" for one in judgements]
        rows.append([vector, str(max(one.estimate.seeds for one in judgements)), *cells])
    rows.append(["**verdict**", "", *(f"**{verdict}**" for verdict in finding.verdicts)])
    note = (
        "The verdict is that of all runs together; where it is supported under one vector and contradicted under "
        "another, it is not decided."
    )
    return ["## Over the set of parameters that fits", table(["Vector", "Seeds", *names], rows), note]


def _texts(finding: Finding) -> list[str]:
    experiment = finding.plan.experiment
    parts = ["## What it means", experiment.meaning.strip()] if experiment.meaning.strip() else []
    if experiment.overturn.strip():
        parts += ["## What could overturn it", experiment.overturn.strip()]
    return parts


def _again(finding: Finding, command: str, versions: Mapping[str, str]) -> list[str]:
    made = ", ".join(f"{name} {version}" for name, version in versions.items())
    return [
        "## How to run it again",
        f"{FENCE}console\n$ {command}\n{FENCE}",
        f"Model {model_version()}, {finding.runs} runs, seeds {_seeds(finding)}; {made}. Every number: `outcomes.csv`; "
        "estimates: `results.json`; inputs: `manifest.json`.",
    ]
