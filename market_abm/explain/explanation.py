"""Why a price moved: the arms, their runs, and what each cause contributed.

    plan = Plan(scenario, seed=1, replications=5)
    execute(plan.tasks, store, workers)
    found = explain(plan, store)
    found.table("peak_export")

All arms meet the same seeds, so the parts of each seed add up exactly and
luck cancels out of the differences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from market_abm.experiment.statistics import Estimate, mean_estimate
from market_abm.experiment.store import RunStore
from market_abm.experiment.task import Task
from market_abm.explain.cause import CAUSES, GROUPS, Cause, is_present, without
from market_abm.explain.move import Move, moves_of
from market_abm.explain.shapley import Values, first_effects, last_effects, members, shapley_values
from market_abm.explain.window import Window, window_of
from market_abm.record.dates import shortened
from market_abm.record.errors import RecordError
from market_abm.record.identity import combined_id
from market_abm.scenario.errors import suggest
from market_abm.scenario.schema import Scenario

LEAST_TOTAL = 0.1  # [log] a move of less than a tenth is not divided into shares


class NoSeedError(RuntimeError):
    """In every seed some arm failed, so there is nothing to compare."""


@dataclass(frozen=True)
class Plan:
    """What has to be run to explain a scenario's price.

    Parameters
    ----------
    scenario : resolved scenario.
    seed : first seed; a run that is explained has this one.
    replications : number of seeds, counted up.
    window : periods compared; those of the scenario when silent.
    material : whose price; the lead material when silent.
    groups_only : leave out the causes taken away one at a time.

    Raises
    ------
    RecordError
        When the scenario has no such material.
    """

    scenario: Scenario
    seed: int = 0
    replications: int = 5
    window: Window | None = None
    material: str | None = None
    groups_only: bool = False

    def __post_init__(self) -> None:
        if self.chosen_material not in self.scenario.material:
            remedy = suggest(self.chosen_material, self.scenario.material)
            raise RecordError(f"{self.scenario.name} has no material {self.chosen_material!r}. {remedy}")

    @property
    def chosen_material(self) -> str:
        """Material whose price is explained."""
        return self.material or self.scenario.lead_material

    @cached_property
    def periods(self) -> Window:
        """Periods compared."""
        return self.window or window_of(self.scenario)

    @property
    def seeds(self) -> range:
        """Common seeds of all arms."""
        return range(self.seed, self.seed + self.replications)

    @cached_property
    def moves(self) -> list[Move]:
        """Price moves explained."""
        return moves_of(self.scenario, self.chosen_material)

    @cached_property
    def whole(self) -> Scenario:
        """The scenario, ended shortly after the periods compared."""
        return shortened(self.scenario, self.periods.end_of_run(self.scenario))

    @cached_property
    def coalitions(self) -> list[Scenario]:
        """One scenario for each set of groups that are at work, in the order of `shapley`."""
        groups = list(GROUPS)
        absent = [members((1 << len(groups)) - 1 - coalition, groups) for coalition in range(1 << len(groups))]
        return [without(self.whole, gone) for gone in absent]

    @cached_property
    def single(self) -> dict[Cause, Scenario]:
        """The scenario without each of the single causes that it holds."""
        if self.groups_only:
            return {}
        return {cause: without(self.whole, [cause]) for cause in CAUSES if is_present(self.whole, cause)}

    @cached_property
    def tasks(self) -> list[Task]:
        """Every run needed, each once, a whole seed after another."""
        arms = [*self.coalitions, *self.single.values()]
        return list({task.id: task for seed in self.seeds for task in (Task(arm, seed) for arm in arms)}.values())

    @property
    def id(self) -> str:
        """Hash of everything that decides the result."""
        names = [move.series for move in self.moves] + [cause.name for cause in self.single]
        return combined_id(*(task.id for task in self.tasks), *self.periods.facts().values(), *names)


@dataclass(frozen=True)
class Explanation:
    """What came of a plan.

    Parameters
    ----------
    plan : what was asked.
    seeds : seeds of which every arm finished.
    values : size of each move [log] by its name, shape (32 coalitions, seeds).
    singles : the same without each single cause, shape (causes, seeds).
    lost : seeds left out because an arm failed.
    """

    plan: Plan
    seeds: tuple[int, ...]
    values: Mapping[str, Values]
    singles: Mapping[str, Values]
    lost: tuple[int, ...] = ()

    def shapley(self, move: str) -> Values:
        """Contribution of each group to a move [log], shape (groups, seeds)."""
        return shapley_values(self.values[move])

    def total(self, move: str) -> Values:
        """What all groups contribute together [log], by seed."""
        return np.asarray(self.values[move][-1] - self.values[move][0])

    def effects(self, move: str) -> Values:
        """The whole less the world without each single cause [log], shape (causes, seeds)."""
        return np.asarray(self.values[move][-1] - self.singles[move])

    def interaction(self, move: str) -> Values:
        """What each group adds to all the others less what it does alone [log], shape (groups, seeds)."""
        return last_effects(self.values[move]) - first_effects(self.values[move])

    def table(self, move: str) -> pd.DataFrame:
        """Contributions to a move, a row a group and a single cause.

        Returns
        -------
        DataFrame with move, kind (`group`: Shapley value; `cause`: taken away alone), name, label; mean, low and high
        [log]; own [log], that of the plan's first seed; and for groups share of the total (NaN when that is small),
        alone and last [log], and interaction with its bounds [log].
        """
        values, total = self.values[move], float(self.total(move).mean())
        total = total if abs(total) >= LEAST_TOTAL else np.nan
        alone, last, both = first_effects(values), last_effects(values), self.interaction(move)
        rows = []
        for place, (group, parts) in enumerate(zip(GROUPS, self.shapley(move), strict=True)):
            facts = self._facts(move, "group", group, parts) | {"share": parts.mean() / total}
            facts |= {"alone": alone[place].mean(), "last": last[place].mean()}
            rows.append(facts | _bounds("interaction", mean_estimate(both[place])))
        for cause, parts in zip(self.plan.single, self.effects(move), strict=True):
            rows.append(self._facts(move, "cause", cause, parts))
        return pd.DataFrame(rows)

    def tables(self) -> pd.DataFrame:
        """Contributions to every move, one below the other."""
        return pd.concat([self.table(move.name) for move in self.plan.moves], ignore_index=True)

    def _facts(self, move: str, kind: str, cause: Cause, parts: Values) -> dict[str, Any]:
        own = parts[self.seeds.index(self.plan.seed)] if self.plan.seed in self.seeds else np.nan
        mean = mean_estimate(parts)
        head = {"move": move, "kind": kind, "name": cause.name, "label": cause.label}
        return head | {"mean": mean.value, "low": mean.low, "high": mean.high, "own": own}


def explain(plan: Plan, store: RunStore) -> Explanation:
    """Work out the contributions from the runs in the store.

    Seeds of which an arm is missing or has no price are left out and named.

    Raises
    ------
    NoSeedError
        When no seed is left.
    """
    arms = [*plan.coalitions, *plan.single.values()]
    ids = [Task(arm, seed).id for arm in arms for seed in plan.seeds]
    held = store.has(ids)
    wanted = [one for one in dict.fromkeys(ids) if one in held]
    shape = (len(arms), plan.replications)
    sizes: dict[str, Values] = {}
    for series in dict.fromkeys(move.series for move in plan.moves):
        monthly = store.monthly(wanted, [series]) if wanted else pd.DataFrame()
        if series in monthly:
            wide = monthly[series].unstack("id").reindex(columns=ids)
            moves = [move for move in plan.moves if move.series == series]
            sizes |= {move.name: move.sizes(wide, plan.periods).reshape(shape) for move in moves}
    finished = [np.isfinite(size).all(axis=0) for size in sizes.values()]
    whole = np.all(finished, axis=0)
    if not finished or not whole.any():
        raise NoSeedError(f"no seed of {plan.scenario.name} finished in every arm; see what failed.")
    split = len(plan.coalitions)
    values, singles = (
        {move.name: sizes[move.name][part][:, whole] for move in plan.moves}
        for part in (slice(split), slice(split, None))
    )
    kept, lost = (tuple(np.array(plan.seeds)[where].tolist()) for where in (whole, ~whole))
    return Explanation(plan, kept, values, singles, lost)


def _bounds(name: str, found: Estimate) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
