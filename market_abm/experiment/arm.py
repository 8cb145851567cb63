"""An arm resolved: the base scenario, the piece laid over it, the changes, and a vector of parameters."""

from collections.abc import Sequence
from dataclasses import replace

from market_abm.experiment.plan import Arm, Experiment
from market_abm.record.dates import shortened
from market_abm.record.errors import DateError
from market_abm.scenario.draft import DROP, EXTENDS
from market_abm.scenario.errors import Fault, ScenarioError, Where, show_path
from market_abm.scenario.loading import resolved, with_parents
from market_abm.scenario.overrides import split_path
from market_abm.scenario.reading import Source, locate, read_source
from market_abm.scenario.schema import Scenario


def resolve_arm(experiment: Experiment, number: int, source: Source, overrides: Sequence[str] = ()) -> Scenario:
    """Scenario of an arm.

    Parameters
    ----------
    experiment : what the file says.
    number : row of the arm, from 0.
    source : the experiment file, for lines and for paths relative to it.
    overrides : `path=value` each, the parameters of a calibration; what the arm sets itself stays as it sets it.

    Returns
    -------
    Scenario that keeps the name of its base, so that arms alike in two files are one run.

    Raises
    ------
    ScenarioError
        With every fault, placed in the experiment file where it was written there.
    """
    arm = experiment.arm[number]
    where: Where = ("arm", number)
    base = arm.scenario or experiment.scenario
    try:
        path = locate(base, source.folder)
        layers = with_parents(read_source(path), path)
    except ScenarioError as error:
        place = (*where, "scenario") if arm.scenario else ("scenario",)
        raise ScenarioError(
            [
                _at(fault, place, source, f'arm "{arm.name}", scenario' if arm.scenario else "")
                for fault in error.faults
            ],
            source.label,
        ) from None
    if arm.piece:
        layers.append(_piece(arm.piece, (*where, "with"), source, str(layers[-1].data.get("name", path.stem))))
    try:
        free = [text for text in overrides if not _is_own(text, arm)]
        return shortened(resolved(layers, [*arm.sets, *free]), experiment.until)
    except ScenarioError as error:
        raise ScenarioError([_in_arm(fault, where, arm.name, source) for fault in error.faults], source.label) from None
    except DateError as error:
        raise ScenarioError([_at(Fault((), f"{error}"), ("until",), source)], source.label) from None


def _is_own(override: str, arm: Arm) -> bool:
    """Whether an arm sets this path, or one above it, itself."""
    path = split_path(override.partition("=")[0])
    for text in arm.sets:
        own = split_path(text.partition("=")[0])
        if own and path[: len(own)] == own:
            return True
    node: object = arm.piece or {}
    for key in path:
        if not isinstance(node, dict) or key not in node:
            return False
        node = node[key]
    return True


def _piece(piece: dict[str, object], where: Where, source: Source, name: str) -> Source:
    """A piece of a scenario as a file of its own, with the lines it has in the experiment file."""
    laid = Source(source.label, source.folder, {EXTENDS: "", "name": name, **piece})
    size = len(where)
    laid.__dict__["lines"] = {
        path[size:]: line for path, line in source.lines.items() if path[:size] == where and len(path) > size
    }
    laid.__dict__["lines"].setdefault((DROP,), source.lines.get(where[:2]))
    return laid


def _at(fault: Fault, where: Where, source: Source, shown: str = "") -> Fault:
    """Fault of a scenario file as a fault of the key that names it."""
    if fault.line is not None:
        return fault  # it was found and read: the fault is its own
    return replace(fault, where=where, file=source.label, line=source.lines.get(where), shown=shown)


def _in_arm(fault: Fault, where: Where, name: str, source: Source) -> Fault:
    """Fault of a resolved scenario, told as one of the arm when the arm wrote it."""
    if fault.file not in ("", "--set", source.label):
        return fault
    line = fault.line or source.lines.get((*where, "set")) or source.lines.get(where)
    path = show_path(fault.where) if fault.where else fault.shown
    shown = f'arm "{name}"' + (f", {path}" if path else "")
    return replace(fault, file=source.label, line=line, shown=shown)
