"""A study from files to findings, with made-up runs in place of the model."""

import contextlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from market_abm.experiment import study
from market_abm.experiment.claims import write_index
from market_abm.experiment.plan_file import PlanError
from market_abm.experiment.study import AllFailedError, Settings, run_experiment, run_experiments
from market_abm.experiment.summary import Summary
from market_abm.record.errors import RecordError

FILE = """
title = "Quota and price"
question = "Does the quota raise the price?"
claim = "The quota | raised the price."
scenario = "tiny"
replications = 8
most_replications = 30
meaning = "It means this."
overturn = "This could overturn it."
[[arm]]
name = "tight"
set = ["policy.export-quota.rest_share=0.85"]
x = 1
[[arm]]
name = "ample"
x = 2
[[outcome]]
name = "price"
label = "Price in Japan"
unit = "US$/kg"
series = "price.NdPr.JP"
stat = "mean"
[[hypothesis]]
name = "dearer"
says = "The tight quota makes it dearer."
outcome = "price"
arm = "tight"
against = "ample"
as = "ratio"
expect = "above"
threshold = 1.5
"""
MONTHS = pd.period_range("2009-01", "2010-02", freq="M", name="month")


class MadeUp:
    """An engine whose runs cost nothing: under the tight quota the price is `factor` times as high, give or take.

    A higher `fear_cover` turns the effect round.
    """

    def __init__(self) -> None:
        self.made: list[str] = []
        self.spread = 0.02
        self.fails: set[int] = set()

    def execute(self, tasks, store, workers=1, progress=None):
        there = store.has([task.id for task in tasks])
        failures = {}
        for task in {task.id: task for task in tasks if task.id not in there}.values():
            if task.seed in self.fails:
                failures[task.id] = "ConservationError: made up"
                continue
            is_tight = task.scenario.policy[0].rest_share > 0.5
            effect = 0.4 if task.scenario.parameters.manufacturer.fear_cover > 9 else 2.0
            luck = np.random.default_rng([task.seed, is_tight])
            price = 20 * (effect if is_tight else 1) * np.exp(luck.normal(0, self.spread))
            series = pd.DataFrame({"price.NdPr.JP": price}, index=MONTHS)
            store.put(Summary(task.id, task.scenario.name, task.seed, "d", 0.1, {"ndpr_peak_ratio": np.nan}, series))
            self.made.append(task.id)
        return failures


@pytest.fixture
def engine(monkeypatch) -> MadeUp:
    made = MadeUp()
    monkeypatch.setattr(study, "execute", made.execute)
    return made


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "quota.toml"
    path.write_text(FILE)
    return path


@pytest.fixture
def settings(tmp_path):
    return lambda **given: Settings(store=tmp_path / "store", **given)


@pytest.fixture
def fits(tmp_path) -> Path:
    """A set of two vectors; under the second the effect is the other way round."""
    path = tmp_path / "fits.json"
    values = [{"name": f"v0{n}", "loss": 0.3, "values": {"parameters.manufacturer.fear_cover": n}} for n in (1, 10)]
    path.write_text(json.dumps({"parameters": ["parameters.manufacturer.fear_cover"], "vectors": values}))
    return path


def test_a_finding_is_judged_and_written(engine, file, settings):
    finding = run_experiment(file, settings())

    folder = file.parent / "quota"
    page = (folder / "README.md").read_text()
    results = json.loads((folder / "results.json").read_text())
    rows = pd.read_csv(folder / "outcomes.csv")
    assert finding.verdicts == ["supported"]
    assert {path.name for path in folder.iterdir()} == {
        "README.md", "results.json", "outcomes.csv", "picture.png", "manifest.json",
    }  # fmt: skip
    for words in (
        "# Quota and price",
        "**supported**",
        "It means this.",
        "This could overturn it.",
        "$ market-abm exp",
    ):
        assert words in page
    assert results["hypotheses"][0]["verdict"] == "supported"
    assert results["hypotheses"][0]["value"] == pytest.approx(2, rel=0.05)
    assert len(rows) == 16
    assert list(rows) == ["arm", "seed", "outcome", "unit", "value"]


def test_the_numbers_written_give_the_same_judgement_again(engine, file, settings):
    finding = run_experiment(file, settings())

    rows = pd.read_csv(file.parent / "quota" / "outcomes.csv")
    wide = rows.pivot(index="seed", columns="arm", values="value")
    logs = np.log(wide["tight"] / wide["ample"])
    assert finding.judgements[0].estimate.value == pytest.approx(np.exp(logs.mean()))


@pytest.mark.parametrize("picture", ["arms", "curve"])
def test_the_same_runs_give_the_same_bytes_and_are_not_made_again(engine, file, settings, picture):
    file.write_text(f'picture = "{picture}"\n{FILE}')
    run_experiment(file, settings())
    folder = file.parent / "quota"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    shutil.rmtree(folder)
    made = len(engine.made)

    run_experiment(file, settings())

    assert len(engine.made) == made == 16
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_nothing_written_holds_a_path_of_this_machine(engine, file, settings):
    run_experiment(file, settings())

    for path in (file.parent / "quota").glob("*.*"):
        assert str(file.parent).encode() not in path.read_bytes()


def test_arms_that_two_files_share_are_run_once(engine, file, settings):
    other = file.with_name("other.toml")
    other.write_text(FILE.replace("0.85", "0.95"))

    run_experiments([file, other], settings())

    assert len(engine.made) == 24  # `ample` serves both


def test_all_files_go_to_the_engine_together(engine, file, settings, monkeypatch):
    calls = []
    monkeypatch.setattr(study, "execute", lambda tasks, *rest: calls.append(len(tasks)) or engine.execute(tasks, *rest))
    other = file.with_name("other.toml")
    other.write_text(FILE)

    run_experiments([file, other], settings())

    assert calls == [4, 32]  # the first seed of every arm, then everything


class TestUntilCi:
    def test_seeds_are_added_until_it_is_decided(self, engine, file, settings):
        engine.spread = 0.6
        file.write_text(FILE.replace("threshold = 1.5", "threshold = 1.2"))

        few = run_experiment(file, settings())
        more = run_experiment(file, settings(width=0.01))

        assert few.verdicts == ["not decided at 8 replications"]
        assert len(more.seeds) in (18, 28, 30)
        assert more.adaptive
        assert len(more.seeds) == 30 or more.verdicts != ["not decided at 18 replications"]
        assert "Seeds were added" in (file.parent / "quota" / "README.md").read_text()

    def test_they_stop_at_the_limit(self, engine, file, settings):
        engine.spread = 3.0

        finding = run_experiment(file, settings(width=0.001))

        assert len(finding.seeds) == 30
        assert finding.verdicts == ["not decided at 30 replications"]

    def test_none_are_added_when_all_is_decided(self, engine, file, settings):
        assert len(run_experiment(file, settings(width=0.001)).seeds) == 8


class TestOver:
    def test_a_verdict_that_flips_over_the_set_is_not_decided(self, engine, file, settings, fits):
        finding = run_experiment(file, settings(over=fits, replications=6))

        page = (file.parent / "quota" / "README.md").read_text()
        results = json.loads((file.parent / "quota" / "results.json").read_text())
        assert [one.answer for (one,) in finding.robustness.values()] == ["supported", "supported", "contradicted"]
        assert finding.verdicts == ["not decided (flips over the set that fits)"]
        assert results["hypotheses"][0]["verdict"] == "not decided (flips over the set that fits)"
        assert "| v02 | 6 |" in page or "| v010 | 6 |" in page
        assert len(finding.seeds) == 8  # the shipped parameters keep the file's own number
        assert len(pd.read_csv(file.parent / "quota" / "outcomes_over.csv")) == 24

    def test_a_verdict_that_all_share_stands(self, engine, file, settings, fits):
        fits.write_text(fits.read_text().replace(": 10", ": 1.5"))

        finding = run_experiment(file, settings(over=fits))

        assert finding.verdicts == ["supported"]
        assert [one.estimate.seeds for one in finding.pooled] == [8 + 2 * 10]

    def test_many_vectors_decide_what_few_seeds_of_each_cannot(self, engine, file, settings, fits):
        fits.write_text(fits.read_text().replace(": 10", ": 1.5"))

        finding = run_experiment(file, settings(over=fits, replications=1))

        assert [one.answer for (one,) in finding.robustness.values()] == ["supported", "not decided", "not decided"]
        assert finding.verdicts == ["supported"]


class TestWhatGoesWrong:
    def test_a_series_that_no_arm_has_stops_after_the_first_seeds(self, engine, file, settings):
        file.write_text(FILE.replace("price.NdPr.JP", "price.NdPr.JPN"))

        with pytest.raises(PlanError, match=r'no arm has a series "price.NdPr.JPN". Did you mean "price.NdPr.JP"'):
            run_experiment(file, settings())
        assert len(engine.made) == 2

    def test_an_outcome_that_no_run_covers_is_a_fault(self, engine, file, settings):
        file.write_text(FILE + '[[outcome]]\nname = "ndpr_peak_ratio"\n')
        said = []

        with pytest.raises(PlanError, match=r"ndpr_peak_ratio.*no run covers it"):
            run_experiment(file, settings(tell=said.append))
        assert "no arm has a value of ndpr_peak_ratio" in " ".join(said)  # told at once, not after hours

    def test_failed_runs_count_in_no_number_and_are_named(self, engine, file, settings):
        engine.fails = {5}

        finding = run_experiment(file, settings())

        page = (file.parent / "quota" / "README.md").read_text()
        assert finding.judgements[0].estimate.seeds == 7
        assert len(finding.failures) == 2
        assert "2 runs failed" in page

    def test_a_model_that_always_fails_is_told_after_the_first_seeds(self, engine, file, settings):
        engine.fails = set(range(100))

        with pytest.raises(AllFailedError, match="made up"):
            run_experiment(file, settings())

    def test_two_files_of_one_name_do_not_overwrite_each_other(self, engine, file, settings, tmp_path):
        other = tmp_path / "elsewhere" / "quota.toml"
        other.parent.mkdir()
        other.write_text(FILE)

        with pytest.raises(RecordError, match="different names"):
            run_experiments([file, other], settings(out=tmp_path / "out"))

    def test_a_quick_look_never_replaces_a_finding(self, settings):
        with pytest.raises(RecordError, match="--out"):
            settings(quick=True)


class TestIndex:
    def test_claims_and_verdicts_stand_between_the_marks(self, engine, file, settings):
        run_experiment(file, settings())
        index = file.parent / "README.md"
        index.write_text("# Above\n<!-- claims -->\nold\n<!-- /claims -->\nbelow\n")

        assert write_index(file.parent)
        once = index.read_text()
        assert write_index(file.parent)

        assert index.read_text() == once
        assert "old" not in once
        assert once.startswith("# Above\n")
        assert once.endswith("below\n")
        assert (
            "| The quota \\| raised the price. | [Quota and price](quota/README.md) | dearer: **supported** |" in once
        )

    def test_a_page_without_marks_is_left_alone(self, tmp_path):
        index = tmp_path / "README.md"
        index.write_text("# Mine\n")

        assert not write_index(tmp_path)
        assert index.read_text() == "# Mine\n"


def test_progress_is_told(engine, file, settings):
    said: list[str] = []
    titles: list[str] = []

    @contextlib.contextmanager
    def bar(title):
        titles.append(title)
        yield lambda done, total, what: None

    run_experiment(file, settings(tell=said.append, bar=bar))

    assert "1 experiment: 16 runs, 2 done, 14 to make, about 1 min" in said
    assert titles == ["first seeds", "experiments"]
