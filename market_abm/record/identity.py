"""The identity of a run: the hash of its inputs.

The same model, scenario and seed have the same identity, on any machine, before
and after the run. Hence a run that is already there need not be computed again.
"""

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

from market_abm.scenario.canonical import in_canonical_order
from market_abm.scenario.schema import Scenario
from market_abm.version import __version__

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
    "version.py",
    "__init__.py",
}
"""Parts of the package that keep and show numbers; what is run is the others, and the recorder."""


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
    return f"{__version__}+{seal.hexdigest()[:12]}"


def setting_id(scenario: Scenario, **further: Any) -> str:
    """Hash of everything that decides a run but the seed; replications share it.

    Parameters
    ----------
    scenario : resolved scenario; the order of its rows does not count, but for policies.
    further : other inputs, such as the origin of a branch; those that are None do not count.
    """
    inputs = {key: value for key, value in further.items() if value is not None}
    rows = json.dumps(in_canonical_order(scenario).model_dump(mode="json"), sort_keys=True)
    return _hash([model_version(), rows, inputs])


def run_id(scenario: Scenario, seed: int, **further: Any) -> str:
    """Hash of all inputs of a run: model, scenario, seed and whatever `setting_id` takes."""
    return _hash([setting_id(scenario, **further), seed])


def combined_id(*parts: str) -> str:
    """Hash of identities taken together."""
    return _hash(list(parts))


def _hash(inputs: list[Any]) -> str:
    return hashlib.sha256(json.dumps(inputs, ensure_ascii=True).encode()).hexdigest()[:32]
