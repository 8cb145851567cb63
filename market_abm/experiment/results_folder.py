"""The folder of a finding: page, picture, results, outcomes and manifest, each file whole or absent."""

import datetime as dt
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from market_abm.experiment.disk import results_written, write_whole
from market_abm.experiment.finding import Finding, outcome_table
from market_abm.experiment.findings_page import findings_page
from market_abm.experiment.summary import summary_version
from market_abm.record.identity import model_version

WITNESSES = ("numpy", "scipy", "pandas", "mesa", "numba")
RESULTS = "results.json"


def write_finding(finding: Finding, folder: Path, command: str, run_ids: Sequence[str]) -> None:
    """Write everything about a finding; the same runs give the same bytes, but for the date in the manifest.

    Parameters
    ----------
    command : command that makes it again.
    run_ids : identities of all runs behind it.

    Raises
    ------
    RecordError
        When the disk refuses.
    """
    from market_abm.experiment.pictures import picture_bytes

    versions = package_versions()
    outcomes = finding.plan.experiment.outcome
    texts = {"outcomes.csv": _joined([outcome_table(finding.arms, outcomes)])}
    if finding.over:
        parts = [outcome_table(arms, outcomes).assign(vector=vector.name) for vector, arms in finding.over.items()]
        texts["outcomes_over.csv"] = _joined(parts)
    texts["README.md"] = findings_page(finding, command, versions)
    texts["manifest.json"] = _as_json(_manifest(finding, command, versions, run_ids))
    texts[RESULTS] = _as_json(finding.told())  # last: who finds it finds the rest
    with results_written(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if not finding.over:
            (folder / "outcomes_over.csv").unlink(missing_ok=True)
        write_whole(folder / "picture.png", picture_bytes(finding))
        for name, text in texts.items():
            write_whole(folder / name, text.encode())


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide the numbers."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in WITNESSES}


def _manifest(finding: Finding, command: str, versions: dict[str, str], run_ids: Sequence[str]) -> dict[str, Any]:
    seal = hashlib.sha256("\n".join(sorted(set(run_ids))).encode()).hexdigest()
    return {
        "kind": "market_abm experiment",
        "experiment": finding.plan.name,
        "file_sha256": finding.plan.seal,
        "model_version": model_version(),
        "summary_version": summary_version(),
        "arms": [arm.name for arm in finding.plan.experiment.arm],
        "seeds": list(finding.seeds),
        "vectors": [vector.name for vector in finding.over],
        "runs": len(set(run_ids)),
        "run_ids_sha256": seal,
        "failed": len(finding.failures),
        "versions": versions,
        "command": command,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }


def _joined(parts: Sequence[Any]) -> str:
    import pandas as pd

    text: str = pd.concat(parts).to_csv(index=False, float_format="%.10g", lineterminator="\n")
    return text


def _as_json(found: Any) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False, default=str) + "\n"
