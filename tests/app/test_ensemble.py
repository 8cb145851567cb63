"""Seeds in the background give the same lines as worlds played here; a cancelled ensemble leaves no process."""

import multiprocessing
import time
from pathlib import Path

import numpy as np
import pytest

from market_abm.app.ensemble import Ensemble, fan_of, play
from market_abm.app.limits import LimitError
from market_abm.app.world import World
from market_abm.policy import Embargo
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

NAMES = ["price.NdPr.JP", "lost", "licence.nowhere"]


def test_fans_are_the_quantiles_of_worlds_played_one_by_one(world: World) -> None:
    world.step(5)
    world.decree(Embargo(origin="CN", destination="JP"))
    ensemble = Ensemble(world.scenario, 3, NAMES, first=10, workers=1)
    assert (ensemble.state, ensemble.progress, ensemble.fan("lost")) == ("new", 0.0, None)

    ensemble.start()
    assert ensemble.state == "running"
    assert ensemble.wait(60)

    assert (ensemble.state, ensemble.done, ensemble.progress, ensemble.faults) == ("done", 3, 1.0, [])
    lines = []
    for seed in (10, 11, 12):
        one = World(world.scenario, seed)
        one.step(one.weeks)
        lines.append(one.series("price.NdPr.JP")[1])
        one.close()
    fan = ensemble.fan("price.NdPr.JP")
    assert fan is not None
    assert fan.runs == 3
    np.testing.assert_allclose(fan.values, np.quantile(lines, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0))
    assert fan.weeks.tolist() == list(range(40))
    assert ensemble.fan("licence.nowhere") is None


def test_a_cancelled_ensemble_ends_within_seconds_and_leaves_no_process() -> None:
    before = {process.pid for process in multiprocessing.active_children()}
    ensemble = Ensemble(load_scenario("baseline"), 50, ["lost"], workers=1)
    ensemble.start()
    while {process.pid for process in multiprocessing.active_children()} <= before:
        time.sleep(0.02)

    begun = time.perf_counter()
    ensemble.cancel()
    assert time.perf_counter() - begun < 0.1
    assert ensemble.wait(30)

    assert ensemble.state == "cancelled"
    assert ensemble.done < 50
    assert {process.pid for process in multiprocessing.active_children()} <= before
    assert not ensemble._stop.exists()


def test_a_run_heeds_that_it_shall_stop(small: Scenario, tmp_path: Path) -> None:
    assert play(small, 0, ["lost"], str(tmp_path / "nowhere"))["lost"].size == 40
    assert play(small, 0, ["lost"], str(tmp_path)) == {}


def test_a_seed_that_breaks_down_is_told_and_the_others_count(small: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    def some(function: object, calls: object, workers: int) -> object:
        yield from ((0, {"lost": np.arange(3.0)}), (1, OverflowError("too large")))

    monkeypatch.setattr("market_abm.app.ensemble.answers", some)
    ensemble = Ensemble(small, 2, ["lost"])
    ensemble.start()
    assert ensemble.wait(10)
    assert (ensemble.state, ensemble.done, ensemble.progress) == ("done", 1, 1.0)
    assert ensemble.faults == ["Seed 1 broke down: too large"]


def test_a_fan_leaves_out_what_is_missing() -> None:
    runs = np.array([[1.0, 5.0, np.nan], [3.0, np.nan, np.nan], [2.0, 7.0, np.nan]])
    fan = fan_of(runs)
    assert fan.weeks.tolist() == [0, 1]
    np.testing.assert_allclose(fan.values[2], [2.0, 6.0])


def test_too_many_seeds_are_refused(small: Scenario) -> None:
    with pytest.raises(LimitError, match="1 to 100 seeds"):
        Ensemble(small, 101, ["lost"])
