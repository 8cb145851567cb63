"""Calibrating: the loss, the search that can be stopped, and the set that holds on fresh seeds."""

import json
import math
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from market_abm.experiment import fitting, loss, search
from market_abm.experiment.calibration_file import read_calibration
from market_abm.experiment.fit_set import FitSet, FitSetError, candidates, confirmed, spread_out
from market_abm.experiment.free_parameter import FreeParameter
from market_abm.experiment.loss import Evaluation, evaluate, weighted_loss
from market_abm.experiment.moment import WORST_MISS, Moment
from market_abm.experiment.plan import Outcome
from market_abm.experiment.search import Search, SearchError, Trial
from market_abm.experiment.vector import read_vectors

FEAR, COVER = "parameters.manufacturer.fear_cover", "parameters.refiner.target_cover"
BEST = {FEAR: 3.0, COVER: 4.0}
FILE = f"""\
title = "A fit"
scenario = "tiny"
trials = 10
batch = 4
[parameter."{FEAR}"]
low = 1.0
high = 4.0
[parameter."{COVER}"]
low = 1.0
high = 8.0
log = true
[[moment]]
name = "level"
outcome = {{ series = "price.NdPr.JP", stat = "mean" }}
target = 17.0
source = "made up"
tolerance = 0.1
"""


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A calibration of two parameters; TPE and CMA-ES take over early."""
    monkeypatch.setattr(search, "_STARTUP", 4)
    file = tmp_path / "fit.toml"
    file.write_text(FILE, encoding="utf-8")
    return read_calibration(file)


def bowl(vector):
    """Distance to a made-up best vector."""
    return abs(vector[FEAR] - BEST[FEAR]) + abs(math.log(vector[COVER] / BEST[COVER]))


class Bowl:
    """Stands in for the runs of a market: counts the vectors, and may be stopped at one of them."""

    def __init__(self, monkeypatch, stop_at=10**9):
        self.vectors, self.stop_at = [], stop_at
        monkeypatch.setattr(fitting, "evaluate", self)
        monkeypatch.setattr(fitting, "_check_start", lambda calibration, store: None)

    def __call__(self, calibration, vectors, seeds, store, workers=1, progress=None):
        for vector in vectors:
            if len(self.vectors) == self.stop_at:
                raise KeyboardInterrupt
            self.vectors.append(vector)
        return [Evaluation(bowl(vector), {"level": bowl(vector)}) for vector in vectors]


def told(trials):
    return [(trial.number, dict(trial.values), trial.loss) for trial in trials]


def trial(number, loss_, fear=2.0, cover=2.0):
    return Trial(number, {FEAR: fear, COVER: cover}, Evaluation(loss_, {"level": loss_}))


def moment(**changes):
    given = {
        "name": "m",
        "outcome": Outcome(name="ndpr_peak_ratio"),
        "target": 10.0,
        "source": "made up",
        "scale": "log",
        "tolerance": 0.5,
        "weight": 1.0,
        "arm": "whole",
    }
    return Moment(**(given | changes))


# -- the loss ------------------------------------------------------------------------------------
def test_a_miss_counts_tolerances_as_ratios_or_as_differences():
    assert moment().miss(10.0) == 0
    assert moment().miss(10 * math.e) == pytest.approx(2)
    assert moment().miss(10 / math.e) == pytest.approx(2)
    assert moment(scale="linear", tolerance=4.0).miss(4.0) == pytest.approx(1.5)


@pytest.mark.parametrize("value", [math.nan, 0.0, -1.0, math.inf, 1e300])
def test_what_cannot_be_fitted_misses_by_much_but_not_endlessly(value):
    assert moment().miss(value) == WORST_MISS


def test_the_loss_is_the_weighted_mean_of_the_misses():
    moments = [moment(name="a"), moment(name="b", scale="linear", weight=3.0)]
    assert weighted_loss(moments, {"a": 10.0, "b": 12.0}) == pytest.approx((0 + 3 * 4) / 4)


def fake_runs(monkeypatch, asked, prices, failures=None):
    """Replace engine and outcomes: `prices` gives the outcome by (fear, seed)."""
    made = {}

    def execute(tasks, store, workers, progress):
        made.update({task.id: (task.scenario.parameters.manufacturer.fear_cover, task.seed) for task in tasks})
        return {one: failures[key] for one, key in made.items() if key in (failures or {})}

    def measure(outcomes, store, ids):
        return pd.DataFrame({outcomes[0].name: [prices[made[one]] for one in ids.values()]}, index=list(ids))

    monkeypatch.setattr(loss, "execute", execute)
    monkeypatch.setattr(loss, "measure_outcomes", measure)
    vectors = [{FEAR: fear, COVER: 2.0} for fear in dict.fromkeys(fear for fear, _ in prices)]
    return evaluate(asked, vectors, [0, 1, 2], SimpleNamespace())


def test_a_moment_is_the_median_over_the_seeds_of_its_own_vector(asked, monkeypatch):
    prices = {(2.0, 0): 17.0, (2.0, 1): 30.0, (2.0, 2): 16.0, (3.0, 0): 34.0, (3.0, 1): 34.0, (3.0, 2): 1.0}
    two, three = fake_runs(monkeypatch, asked, prices)
    assert (two.moments["level"], two.loss) == (17.0, 0.0)
    assert three.moments["level"] == 34.0
    assert three.loss == pytest.approx(math.log(2) / 0.1)


def test_a_seed_that_cannot_tell_or_fails_spoils_its_vector_only(asked, monkeypatch):
    prices = {(2.0, seed): 17.0 for seed in range(3)} | {(3.0, seed): 17.0 for seed in range(3)} | {(3.0, 1): math.nan}
    whole, unknown = fake_runs(monkeypatch, asked, prices)
    assert (whole.loss, unknown.loss) == (0.0, WORST_MISS)

    whole, failed = fake_runs(monkeypatch, asked, prices, {(3.0, 2): "ConservationError: 1 kg vanished"})
    assert (whole.loss, failed.loss) == (0.0, WORST_MISS)
    assert "seed 2: ConservationError" in failed.failure


def test_a_vector_that_cannot_stand_is_a_failed_trial_and_runs_nothing(asked, monkeypatch):
    monkeypatch.setattr(loss, "execute", lambda tasks, *rest: {} if not tasks else pytest.fail("something was run"))
    found = evaluate(asked, [{FEAR: -1.0, COVER: 2.0}], [0], SimpleNamespace())[0]
    assert found.loss == WORST_MISS
    assert "fear_cover" in found.failure


# -- the search ----------------------------------------------------------------------------------
SAMPLERS = ["tpe", "random", "sobol", "cmaes"]


def needs(sampler):
    if sampler == "cmaes":
        pytest.importorskip("cmaes")


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_start_is_tried_first_and_every_vector_lies_within_bounds(sampler, asked, tmp_path, monkeypatch):
    needs(sampler)
    Bowl(monkeypatch)
    trials = fitting.search_for(replace(asked, sampler=sampler), tmp_path, None)
    assert dict(trials[0].values) == asked.start
    assert len({tuple(one.values.values()) for one in trials}) == len(trials) == asked.trials
    for one in trials:
        assert all(p.low <= one.values[p.path] <= p.high for p in asked.parameters)


@pytest.mark.parametrize(("sampler", "stop_at"), [("tpe", 0), ("tpe", 6), *((one, 5) for one in SAMPLERS[1:])])
def test_a_stopped_search_goes_on_to_the_same_trials(sampler, stop_at, asked, tmp_path, monkeypatch):
    needs(sampler)
    asked = replace(asked, sampler=sampler)
    Bowl(monkeypatch)
    straight = told(fitting.search_for(asked, tmp_path / "straight", None))

    Bowl(monkeypatch, stop_at)
    with pytest.raises(KeyboardInterrupt):
        fitting.search_for(asked, tmp_path / "stopped", None)
    second = Bowl(monkeypatch)
    resumed = told(fitting.search_for(asked, tmp_path / "stopped", None))

    assert resumed == straight
    assert len(second.vectors) == asked.trials - stop_at // asked.batch * asked.batch


def test_a_search_stopped_while_a_batch_was_written_does_not_repeat_what_was(asked, tmp_path, monkeypatch):
    Bowl(monkeypatch)
    straight = told(fitting.search_for(asked, tmp_path / "straight", None))

    half = Search(asked, tmp_path / "half")
    half.keep({number: Evaluation(bowl(vector), {"level": bowl(vector)}) for number, vector in half.propose()})
    kept, add = half._kept, half._kept.add_trial
    written = iter(range(2))
    monkeypatch.setattr(kept, "add_trial", lambda one: add(one) if next(written, None) is not None else None)
    with pytest.raises(SearchError):  # the third is not written, so the fourth finds the file too short
        half.keep({number: Evaluation(bowl(vector), {"level": bowl(vector)}) for number, vector in half.propose()})
    half.close()

    second = Bowl(monkeypatch)
    assert told(fitting.search_for(asked, tmp_path / "half", None)) == straight
    assert len(second.vectors) == asked.trials - 6


def test_more_trials_continue_the_same_search(asked, tmp_path, monkeypatch):
    Bowl(monkeypatch)
    few = told(fitting.search_for(replace(asked, trials=6), tmp_path, None))
    more = Bowl(monkeypatch)
    assert told(fitting.search_for(asked, tmp_path, None))[:6] == few
    assert len(more.vectors) == asked.trials - 6


def test_a_trial_whose_workers_were_killed_is_not_counted_as_a_bad_vector(asked, tmp_path, monkeypatch):
    Bowl(monkeypatch)
    killed = [Evaluation(WORST_MISS, {"level": math.nan}, "seed 0: KilledError: out of memory?")] * asked.batch
    with monkeypatch.context() as patched:
        patched.setattr(fitting, "evaluate", lambda *rest: killed)
        with pytest.raises(SearchError, match="fewer workers"):
            fitting.search_for(asked, tmp_path, None)
    assert all(one.loss < WORST_MISS for one in fitting.search_for(asked, tmp_path, None))


def test_another_loss_is_another_search_in_the_same_folder(asked, tmp_path, monkeypatch):
    Bowl(monkeypatch)
    fitting.search_for(replace(asked, trials=4), tmp_path, None)
    changed = replace(asked, trials=4, moments=(replace(asked.moments[0], tolerance=0.2),))
    again = Bowl(monkeypatch)
    fitting.search_for(changed, tmp_path, None)
    assert len(again.vectors) == 4


def test_tpe_comes_nearer_than_chance(asked, tmp_path, monkeypatch):
    Bowl(monkeypatch)
    best = {
        sampler: np.mean(sorted(t.loss for t in fitting.search_for(
            replace(asked, sampler=sampler, trials=32), tmp_path / sampler, None))[:10])
        for sampler in ("tpe", "random")
    }  # fmt: skip
    assert best["tpe"] < best["random"]


def test_a_killed_process_loses_no_finished_trial(tmp_path):
    (tmp_path / "fit.toml").write_text(FILE, encoding="utf-8")
    script = f"""\
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_calibration import Bowl, told
from market_abm.experiment import fitting
from market_abm.experiment.calibration_file import read_calibration
import pytest

class Killed(Bowl):
    def __call__(self, calibration, vectors, *rest):
        if len(self.vectors) >= 8:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(calibration, vectors, *rest)

Killed(pytest.MonkeyPatch())
fitting.search_for(read_calibration("fit.toml"), Path("out"), None)
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    left = Search(read_calibration(tmp_path / "fit.toml"), tmp_path / "out")
    assert [one.number for one in left.trials()] == list(range(8))
    left.close()


def test_two_searches_in_one_folder_notice_one_another(asked, tmp_path):
    one, other = Search(asked, tmp_path), Search(asked, tmp_path)
    results = {number: Evaluation(1.0, {"level": 1.0}) for number, _ in one.propose()}
    other.propose()
    one.keep(results)
    with pytest.raises(SearchError, match="Another process"):
        other.keep(results)
    one.close()
    other.close()


def test_a_missing_extra_is_named_with_how_to_install_it(asked, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SearchError, match=r'optuna.*pip install "market-abm\[calibrate\]"'):
        Search(asked, tmp_path)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "cmaes", None)
    with pytest.raises(SearchError, match="pip install cmaes"):
        Search(replace(asked, sampler="cmaes"), tmp_path)


def test_a_file_that_is_no_search_is_refused(asked, tmp_path):
    (tmp_path / search._FILE).write_text("something else entirely, and long enough to be no empty database")
    with pytest.raises(SearchError, match="Choose another folder"):
        Search(asked, tmp_path)


# -- the set -------------------------------------------------------------------------------------
SQUARE = (FreeParameter(FEAR, 1.0, 4.0, False, 2.0), FreeParameter(COVER, 1.0, 8.0, True, 2.0))


def test_places_on_a_log_scale_count_ratios():
    cover = SQUARE[1]
    assert [cover.scaled(value) for value in (1.0, math.sqrt(8), 8.0)] == pytest.approx([0, 0.5, 1])
    assert [cover.unscaled(share) for share in (0, 0.5, 1)] == pytest.approx([1.0, math.sqrt(8), 8.0])


def test_chosen_vectors_lie_far_apart_on_the_scale_of_the_search():
    corner, near, far, middle = trial(0, 1.0, 1, 1), trial(1, 1.0, 1.1, 1), trial(2, 1.0, 4, 8), trial(3, 1.0, 1, 8)
    assert spread_out([corner, near, far, middle], SQUARE, 3) == [corner, far, middle]
    assert spread_out([corner, near], SQUARE, 9) == [corner, near]
    assert spread_out([], SQUARE, 9) == []


def test_candidates_are_those_near_the_best_each_once_without_failures(asked):
    asked = replace(asked, within=0.10, most_vectors=1)
    trials = [trial(0, 1.11), trial(1, 1.0, 2.5), trial(2, 1.0, 2.5), trial(3, 1.09, 3.5), trial(4, WORST_MISS, 1.0)]
    assert [one.number for one in candidates(asked, trials)] == [1, 3]
    assert candidates(asked, [trial(0, WORST_MISS)]) == []


def test_one_lucky_vector_does_not_shut_the_next_best_out_of_the_confirmation(asked):
    trials = [trial(n, loss_, 1 + n / 10) for n, loss_ in enumerate([5.0, 0.1, 4.0, 3.0, WORST_MISS])]
    assert {one.number for one in candidates(replace(asked, most_vectors=1), trials)} == {1, 3}
    assert {one.number for one in candidates(replace(asked, most_vectors=8), trials)} == {0, 1, 2, 3}


def test_many_candidates_are_thinned_out_over_the_space(asked):
    trials = [trial(n, 1.0, 1 + 3 * n / 99) for n in range(100)]
    chosen = candidates(replace(asked, most_vectors=2), trials)
    assert len(chosen) == 6
    assert {0, 99} <= {one.number for one in chosen}


def test_a_vector_that_was_only_lucky_on_its_seeds_is_not_in_the_set(asked):
    asked = replace(asked, within=0.10)
    lucky, steady, other = trial(0, 1.0, 1.5), trial(1, 1.05, 2.5), trial(2, 1.05, 3.5)
    fresh = [Evaluation(2.0, {"level": 2.0}), Evaluation(1.2, {"level": 9.0}), Evaluation(1.3, {"level": 1.3})]
    found = confirmed(asked, [lucky, steady, other], fresh)
    assert [(one.name, one.trial, one.loss, one.search_loss) for one in found.vectors] == [
        ("v01", 1, 1.2, 1.05),
        ("v02", 2, 1.3, 1.05),
    ]
    assert found.best_loss == 1.2
    assert found.vectors[0].moments == {"level": 9.0}


def test_the_set_is_the_best_and_others_far_from_it(asked):
    asked = replace(asked, within=1.0, most_vectors=2)
    chosen = [trial(0, 1.0, 2.0), trial(1, 1.1, 2.1), trial(2, 1.2, 4.0)]
    found = confirmed(asked, chosen, [one.evaluation for one in chosen])
    assert [one.trial for one in found.vectors] == [0, 2]


def test_a_set_is_written_whole_and_read_back_by_experiments(asked, tmp_path):
    found = confirmed(asked, [trial(0, 1.0)], [Evaluation(1.5, {"level": math.nan})])
    found.write(tmp_path / "set.json", {"scenario": "tiny"})

    back = FitSet.read(tmp_path / "set.json")
    assert back.parameters == found.parameters
    assert [(one.name, one.loss, one.values) for one in back.vectors] == [("v01", 1.5, {FEAR: 2.0, COVER: 2.0})]
    assert json.loads((tmp_path / "set.json").read_text())["scenario"] == "tiny"
    vector = read_vectors(tmp_path / "set.json")[0]
    assert (vector.name, vector.overrides) == ("v01", (f"{FEAR}=2.0", f"{COVER}=2.0"))


def test_what_is_no_set_is_refused_with_a_remedy(tmp_path):
    file = tmp_path / "set.json"
    for text in (None, "{}", "[]", '{"vectors": 3}'):
        if text is not None:
            file.write_text(text)
        with pytest.raises(FitSetError, match="market-abm calibrate"):
            FitSet.read(file)
