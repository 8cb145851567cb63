"""Runs whose prices are known: every cause at work multiplies the peak, late in 2010, by its own factor."""

import math

import numpy as np
import pandas as pd

from market_abm.experiment.series import monthly_series
from market_abm.record.run import Run
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

FACTORS = {"restrictions": 4.0, "stocking": 1.5, "speculation": 2.0, "rigidity": 1.25, "news": 1.1}
SWITCHES = {"stocking": "hoarding", "speculation": "speculation", "news": "news"}
LEVEL = 20.0
TOGETHER = 0.3  # [log] further rise where restrictions and speculation meet


def three_years() -> Scenario:
    """The tiny scenario, lasting three years, so that there are base, peak and fall; with an embargo on Japan."""
    embargo = "{type='embargo', name='closed', origin='CN', destination='JP', start=2010-04-05, end=2010-06-07}"
    quota = (
        "{type='export_quota', name='export-quota', origin='CN', rounds=[[2009-01-01, 2000.0], [2010-07-01, 500.0]]}"
    )
    scenario = load_scenario("tiny", ["time.end=2012-01-02"])
    data = scenario.model_dump(exclude_none=True)
    from market_abm.scenario.overrides import read_value

    data["policy"] = [read_value(embargo), read_value(quota)]
    return Scenario.model_validate(data)


def at_work(scenario: Scenario) -> set[str]:
    """Groups that are at work in a scenario."""
    found = {name for name, rule in SWITCHES.items() if rule not in scenario.rules_off}
    found |= {"restrictions"} if any(policy.enabled for policy in scenario.policy) else set()
    return found | ({"rigidity"} if scenario.zone["CN"].thrift_speed < 1 else set())


def rise(scenario: Scenario, seed: int) -> float:
    """How far the peak stands above the base [log]."""
    working = at_work(scenario)
    luck = 1 + 0.1 * seed  # the seed scales every effect
    both = TOGETHER if {"restrictions", "speculation"} <= working else 0.0
    return luck * (sum(math.log(FACTORS[name]) for name in working) + both)


def made_up_run(scenario: Scenario, seed: int, *_: object, **__: object) -> Run:
    """A run of known prices in place of a simulation: 2009 at the level, the peak in 2010, half of it lost in 2011."""
    time = scenario.time
    weeks = pd.date_range(time.record_from, time.end, freq="W-MON", inclusive="left")
    size = rise(scenario, seed)
    shape = np.where(weeks.year == 2009, 0.0, np.where(weeks.year == 2010, size * (weeks.month > 6), size / 2))
    frames = [
        pd.DataFrame(
            {"week": weeks, "material": "NdPr", "zone": node, "price_usd_per_kg": LEVEL * np.exp(shape * part)}
        )
        for node, part in (("CN", 0.5), ("JP", 1.0), ("CN export", 1.0))
    ]
    events = pd.DataFrame({"week": weeks[:0], "kind": [], "actor": [], "text": []}).astype({"kind": str, "text": str})
    tables = {"prices": pd.concat(frames, ignore_index=True), "events": events}
    return Run(scenario, seed, tables, {"seconds": 0.1, "weeks": 156, "outcome": "finished"})


class KnownStore:
    """A store that makes every run up when it is asked for it."""

    def __init__(self, tasks, failing=()):
        self.runs = {task.id: made_up_run(task.scenario, task.seed) for task in tasks if task.seed not in failing}

    def has(self, ids):
        return set(ids) & set(self.runs)

    def monthly(self, ids, names=None):
        frame = pd.concat({one: monthly_series(self.runs[one]) for one in ids}, names=["id", "month"])
        return frame[[name for name in names or frame.columns if name in frame]]
