"""The findings page of a calibration: what was fitted to what, how well, and what that does not tell."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from market_abm.console import number
from market_abm.experiment.calibration import WHOLE
from market_abm.experiment.findings_page import table
from market_abm.experiment.fitting import Fit
from market_abm.experiment.free_parameter import FreeParameter
from market_abm.history import reference_table
from market_abm.record.identity import model_version

NOT_IDENTIFIED = 0.5
"""Range in the set over the bounds above which a parameter counts as not identified."""
CORRELATED = 0.5  # correlations told
FEWEST = 8  # vectors from which a correlation is told
NO_ESTIMATE = (
    "A parameter is never an estimate when its range in the set spans more than half of its bounds: "
    "history, as it was used here, does not tell its value."
)


def calibration_page(fit: Fit, command: str, versions: Mapping[str, str]) -> str:
    """The page as Markdown.

    Parameters
    ----------
    command : command that makes it again.
    versions : packages that made it.
    """
    parts = [
        f"# {fit.calibration.title}",
        _summary(fit),
        "![Loss against each parameter](picture.png)",
        *_moments(fit),
        *_set(fit),
        *_identified(fit),
        *_unseen(fit),
        *_again(fit, command, versions),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def identifiability(fit: Fit) -> pd.DataFrame:
    """What the set tells of each parameter.

    Returns
    -------
    DataFrame, a row a parameter: parameter, low, high, start, best, set_low,
    set_high, share (range in the set over the bounds, both on the search's
    scale) and identified; NaN without a set.
    """
    rows = []
    for one in fit.calibration.parameters:
        values = [vector.values[one.path] for vector in fit.fit_set.vectors]
        low, high = (min(values), max(values)) if values else (math.nan, math.nan)
        share = one.scaled(high) - one.scaled(low) if values else math.nan
        rows.append(
            {
                "parameter": one.path,
                "low": one.low,
                "high": one.high,
                "start": one.start,
                "best": values[0] if values else math.nan,
                "set_low": low,
                "set_high": high,
                "share": share,
                "identified": len(values) > 1 and share <= NOT_IDENTIFIED,
            }
        )
    return pd.DataFrame(rows)


def trials_table(fit: Fit) -> pd.DataFrame:
    """Every vector tried: trial, loss, loss on fresh seeds (NaN where not run), parameters, moments, failure."""
    fresh = {trial.number: result.loss for trial, result in zip(fit.chosen, fit.results, strict=True)}
    rows = [
        {
            "trial": trial.number,
            "loss": trial.loss,
            "fresh_loss": fresh.get(trial.number, fit.start.loss if trial.number == 0 else math.nan),
            **trial.values,
            **{f"moment: {name}": value for name, value in trial.evaluation.moments.items()},
            "failure": trial.evaluation.failure,
        }
        for trial in fit.trials
    ]
    return pd.DataFrame(rows)


def counted(count: int, noun: str) -> str:
    """Count with its noun: 1 vector, 2 vectors."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


# -- parts ---------------------------------------------------------------------------------------
def _summary(fit: Fit) -> str:
    calibration, best = fit.calibration, min(fit.trials, key=lambda trial: trial.loss)
    failed = sum(bool(trial.evaluation.failure) for trial in fit.trials)
    lines = [
        f"Fitted: {counted(len(calibration.parameters), 'parameter')} of `{calibration.arms[WHOLE].name}` to "
        f"{counted(len(calibration.moments), 'moment')} in {counted(len(fit.trials), 'trial')} "
        f"({calibration.sampler}, seed {calibration.seed}), each on the common seeds {_seeds(calibration.seeds)}"
        + (f"; {counted(failed, 'trial')} failed." if failed else "."),
        "Loss: the weighted mean of the moments' distances from history, each in its own tolerance.",
        f"It fell from {_loss(fit.trials[0].loss)} at the start to {_loss(best.loss)} at the best.",
    ]
    if fit.fit_set.vectors:
        first = fit.fit_set.vectors[0]
        lines.append(
            f"On fresh seeds ({_seeds(calibration.fresh_seeds)}) the start has {_loss(fit.start.loss)} and the best "
            f"vector of the set {_loss(first.loss)}, which was {_loss(first.search_loss)} on the seeds it was "
            "fitted to; only the fresh number counts."
        )
    else:
        lines.append("No vector held on fresh seeds, so the set is empty.")
    return " ".join(lines)


def _moments(fit: Fit) -> list[str]:
    best = fit.fit_set.vectors[0].moments if fit.fit_set.vectors else {}
    rows = []
    for moment in fit.calibration.moments:
        unit = moment.outcome.shown_unit
        start, found = fit.start.moments[moment.name], best.get(moment.name, math.nan)
        tolerance = f"x{math.exp(moment.tolerance):.2f}" if moment.scale == "log" else f"{moment.tolerance:g}"
        miss = f"{moment.miss(found):.2f}" if best else ""
        rows.append(
            [
                moment.name,
                moment.arm,
                unit if unit != "1" else "",
                number(moment.target, unit),
                moment.source,
                tolerance,
                f"{moment.weight:g}",
                number(start, unit),
                number(found, unit),
                miss,
            ]
        )
    heads = ["Moment", "Arm", "Unit", "History", "Source", "Tolerance", "Weight", "Start", "Best", "Best's miss"]
    said = (
        "Medians over the fresh seeds. The miss is the distance from history in tolerances; "
        "a tolerance with an x is a factor up or down."
    )
    return ["## What was fitted", table(heads, rows), said]


def _set(fit: Fit) -> list[str]:
    calibration, found = fit.calibration, fit.fit_set
    paths = [one.path for one in calibration.parameters]
    rows = [
        [one.name, str(one.trial), _loss(one.loss), _loss(one.search_loss), *(number(one.values[p]) for p in paths)]
        for one in found.vectors
    ]
    most = max((trial.loss for trial in fit.chosen), default=math.nan)
    said = (
        f"{counted(len(fit.chosen), 'candidate')}, with losses up to {_loss(most)}, ran again on "
        f"{counted(calibration.confirm_replications, 'fresh seed')}: those within {calibration.within:.0%} of the "
        "least loss, and the next best where these are few. Those within that share of the least fresh loss fit. "
        f"The set (`set.json`) is {len(found.vectors)} of them, spread out. Conclusions are to be "
        "drawn over the whole set: `market-abm experiment FILE --over .../set.json`."
    )
    heads = ["Vector", "Trial", "Loss, fresh seeds", "Loss, search", *(f"`{path}`" for path in paths)]
    return ["## The set that fits about equally well", said, table(heads, rows) if rows else ""]


def _identified(fit: Fit) -> list[str]:
    frame = identifiability(fit)
    rows = [
        [
            f"`{row['parameter']}`",
            f"{number(row['low'])} to {number(row['high'])}",
            number(row["start"]),
            number(row["best"]),
            f"{number(row['set_low'])} to {number(row['set_high'])}",
            "" if math.isnan(row["share"]) else f"{row['share']:.0%}",
            "narrowed" if row["identified"] else "**no estimate**",
        ]
        for row in frame.to_dict("records")
    ]
    heads = ["Parameter", "Bounds", "Start", "Best", "Range in the set", "Share of the bounds", "Verdict"]
    said = (
        f"{NO_ESTIMATE} A narrow range is weaker evidence than it looks: the search looks mostly where the loss "
        "was small before, and the others are held within their bounds. It says where good vectors were found, not "
        "that there are none elsewhere."
    )
    return ["## What the set tells of each parameter", table(heads, rows), said, *_correlations(fit)]


def _correlations(fit: Fit) -> list[str]:
    """Pairs that trade off, over all trials that fit on the seeds of the search."""
    least = min(trial.loss for trial in fit.trials)
    fitting = [trial for trial in fit.trials if trial.loss <= least * (1 + fit.calibration.within)]
    head = "### Parameters that trade off"
    if len(fitting) < FEWEST or len(fit.calibration.parameters) < 2:
        few = (
            f"Only {counted(len(fitting), 'trial')} fit on the seeds of the search"
            if len(fitting) < FEWEST
            else "One parameter"
        )
        return [head, f"{few}: too few for correlations."]
    pairs = sorted(_pairs(fit.calibration.parameters, [trial.values for trial in fitting]), key=lambda p: -abs(p[2]))
    rows = [[f"`{one}`", f"`{other}`", f"{value:+.2f}"] for one, other, value in pairs if abs(value) >= CORRELATED]
    said = f"Spearman correlations of at least {CORRELATED} among the {len(fitting)} trials that fit."
    return [head, said, table(["Parameter", "Parameter", "Correlation"], rows) if rows else "There are none."]


def _pairs(parameters: Sequence[FreeParameter], vectors: Sequence[Mapping[str, float]]) -> list[tuple[str, str, float]]:
    ranks = pd.DataFrame([dict(vector) for vector in vectors]).rank()
    paths = [one.path for one in parameters]
    found = [
        (one, other, float(ranks[one].corr(ranks[other])))
        for place, one in enumerate(paths)
        for other in paths[place + 1 :]
    ]
    return [pair for pair in found if np.isfinite(pair[2])]


def _unseen(fit: Fit) -> list[str]:
    seen = {moment.outcome.name for moment in fit.calibration.moments if moment.outcome.series is None}
    history = reference_table()
    rest = [str(row.label) for row in history.itertuples() if row.metric not in seen]
    said = (
        "Only the moments above were in the loss. Everything else can speak for or against the fit, such as these "
        "measures that have a historical value (a moment above may be a close kin of one): "
    )
    arms = [arm for arm in fit.calibration.arms_in_use if arm != WHOLE]
    fitted = f" Fitted too, and so no predictions: the arms {', '.join(arms)}." if arms else ""
    return ["## What was not in the loss", said + "; ".join(rest) + "." + fitted]


def _again(fit: Fit, command: str, versions: Mapping[str, str]) -> list[str]:
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    time = fit.calibration.arms[WHOLE].time
    return [
        "## Again",
        f"```console\n$ {command}\n```",
        f"Model {model_version()}; {packages}. Runs from {time.start} to {time.end}. All trials: `trials.csv`. "
        "The same file and version of Optuna give the same trials with any number of workers, stopped or not.",
    ]


def _seeds(seeds: range) -> str:
    return f"{seeds[0]}-{seeds[-1]}" if len(seeds) > 1 else f"{seeds[0]}"


def _loss(value: float) -> str:
    return f"{value:.2f}"
