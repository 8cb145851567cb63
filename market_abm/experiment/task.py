"""A task: one run to be made."""

from dataclasses import dataclass
from functools import cached_property

from market_abm.experiment.summary import summary_version
from market_abm.record.identity import combined_id, setting_id
from market_abm.scenario.schema import Scenario


@dataclass(frozen=True)
class Task:
    """A scenario and a seed.

    Parameters
    ----------
    scenario : resolved scenario, ended where the run shall end.
    seed : seed of the luck.
    """

    scenario: Scenario
    seed: int

    @cached_property
    def id(self) -> str:
        """Hash of all inputs: model, scenario, seed, and the way a run is summed up."""
        return task_id(_setting(self.scenario), self.seed)


def task_id(setting: str, seed: int) -> str:
    """Identity of the task whose scenario has the `setting_id` given."""
    return combined_id(setting, str(seed), summary_version())


_last: list[tuple[Scenario, str]] = []  # tasks come scenario by scenario, and hashing one takes a millisecond


def _setting(scenario: Scenario) -> str:
    if not _last or _last[0][0] is not scenario:
        _last[:] = [(scenario, setting_id(scenario))]
    return _last[0][1]
