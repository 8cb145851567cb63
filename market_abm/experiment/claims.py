"""The table of claims in `experiments/README.md`: claim, experiment, verdicts, figures with intervals."""

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

from market_abm.experiment.findings_page import interval, table
from market_abm.experiment.results_folder import RESULTS
from market_abm.experiment.statistics import Estimate

MOST_SHOWN = 8  # hypotheses of one experiment; of more the table only counts verdicts
_REGION = re.compile(r"(<!-- claims -->\n).*?(<!-- /?claims -->)", re.DOTALL)


def write_index(folder: str | Path) -> bool:
    """Write the table of all experiments under a folder into its README, between two `<!-- claims -->` lines.

    Returns
    -------
    bool, whether there was a README with such a region.
    """
    page = Path(folder) / "README.md"
    if not page.is_file():
        return False
    text = page.read_text("utf-8")
    if not _REGION.search(text):
        return False
    made = claims_table(Path(folder))
    page.write_text(_REGION.sub(lambda found: f"{found[1]}{made}\n{found[2]}", text, count=1), "utf-8", newline="\n")
    return True


def claims_table(folder: Path) -> str:
    """Table of all experiments under a folder, in order of their names; one row an experiment."""
    rows = []
    for file in sorted(folder.glob(f"*/{RESULTS}")):
        found = json.loads(file.read_text("utf-8"))
        if isinstance(found, dict) and "hypotheses" in found:
            rows.append(_row(found, file.parent.name))
    return table(["Claim", "Experiment", "Verdict", "Figure, 95 %"], rows)


def _row(found: dict[str, Any], name: str) -> list[str]:
    hypotheses = found["hypotheses"]
    if len(hypotheses) > MOST_SHOWN:
        counts = Counter(one["verdict"] for one in hypotheses)
        verdicts = [f"{count} **{verdict}**" for verdict, count in counts.most_common()]
        return [found["claim"], f"[{found['title']}]({name}/README.md)", "<br>".join(verdicts), "on the page"]
    verdicts = [f"{one['name']}: **{one['verdict']}**" for one in hypotheses]
    figures = [f"{_measured(one)} {_figure(one)}" for one in hypotheses]
    return [found["claim"], f"[{found['title']}]({name}/README.md)", "<br>".join(verdicts), "<br>".join(figures)]


def _measured(told: dict[str, Any]) -> str:
    """What a figure is of: outcome and arms."""
    sign = "/" if told["as"] == "ratio" else "minus"
    pair = told["arm"] if told.get("against") is None else f"{told['arm']} {sign} {told['against']}"
    kind = "share of " if told["as"] == "share" else ""
    return f"{kind}{told['outcome']}, {pair}:"


def _figure(told: dict[str, Any]) -> str:
    value, low, high = (math.nan if told[key] is None else float(told[key]) for key in ("value", "low", "high"))
    is_level = told["as"] in ("median", "mean") and told.get("against") is None
    return interval(Estimate(value, low, high, told["seeds_used"], told["method"]), told["unit"] if is_level else "1")
