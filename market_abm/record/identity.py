"""The identity of a run: the hash of its inputs (DESIGN idea 5).

The same model, scenario and seed have the same identity, on any machine, before
and after the run. Hence a run that is already there need not be computed again.
"""

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import market_abm
from market_abm.scenario.schema import Scenario

LOOKERS_ON = {
    "record",
    "report",
    "history",
    "experiment",
    "sweep",
    "validate",
    "explain",
    "app",
    "cli",
    "console.py",
    "__init__.py",
}
"""Parts of the package that keep and show numbers; the numbers depend on the others and the recorder."""


@functools.cache
def model_version() -> str:
    """Release and fingerprint of the model's source, so that an edited model is another model."""
    house = Path(__file__).parent.parent
    seal = hashlib.sha256()
    for file in sorted(house.rglob("*.py")):
        path = file.relative_to(house)
        if path.parts[0] not in LOOKERS_ON or path.name == "recorder.py":
            seal.update(path.as_posix().encode())
            seal.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return f"{market_abm.__version__}+{seal.hexdigest()[:12]}"


def setting_id(scenario: Scenario, **further: Any) -> str:
    """Hash of everything that decides a run but the seed; replications share it.

    Parameters
    ----------
    scenario : resolved scenario; the order of its tables counts, as it numbers the agents.
    further : other inputs, such as the origin of a branch; those that are None do not count.
    """
    inputs = {key: value for key, value in further.items() if value is not None}
    return _hash([model_version(), scenario.model_dump(mode="json"), inputs])


def run_id(scenario: Scenario, seed: int, **further: Any) -> str:
    """Hash of all inputs of a run: model, scenario, seed and whatever `setting_id` takes."""
    return _hash([setting_id(scenario, **further), seed])


def combined_id(*parts: str) -> str:
    """Hash of identities taken together."""
    return _hash(list(parts))


def _hash(inputs: list[Any]) -> str:
    return hashlib.sha256(json.dumps(inputs, ensure_ascii=True).encode()).hexdigest()[:32]
