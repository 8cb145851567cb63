"""The findings in `experiments/`: they follow from their outcomes, belong to their files, and can be made again."""

import json
import tomllib
from pathlib import Path

import pandas as pd
import pytest
import tomli_w

from market_abm.experiment.hypothesis import judge_all
from market_abm.experiment.plan import Experiment
from market_abm.experiment.study import Settings, run_experiment
from market_abm.record.identity import model_version

FOLDER = Path(__file__).parents[2] / "experiments"
FOUND = sorted(path.parent for path in FOLDER.glob("*/results.json"))


def outcomes_of(folder: Path) -> dict[str, pd.DataFrame]:
    """Outcomes by arm, as they stand in the folder; index: seeds."""
    rows = pd.read_csv(folder / "outcomes.csv", dtype={"arm": str, "outcome": str})
    return {arm: some.pivot(index="seed", columns="outcome", values="value") for arm, some in rows.groupby("arm")}


def small(name: str, arms: int, tmp_path: Path) -> Path:
    """An experiment file with the first arms of a shipped one, and the hypotheses that are about them."""
    told = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    told["arm"] = told["arm"][:arms]
    kept = {arm["name"] for arm in told["arm"]}
    told["hypothesis"] = [one for one in told["hypothesis"] if {one["arm"], one.get("against", one["arm"])} <= kept]
    file = tmp_path / f"{name}.toml"
    file.write_bytes(tomli_w.dumps(told).encode())
    return file


@pytest.mark.parametrize("folder", FOUND, ids=lambda path: path.name)
def test_recorded_verdicts_follow_from_recorded_outcomes(folder: Path) -> None:
    told = json.loads((folder / "results.json").read_text("utf-8"))
    experiment = Experiment.model_validate(tomllib.loads((FOLDER / f"{folder.name}.toml").read_text("utf-8")))

    judged = judge_all(experiment, outcomes_of(folder))

    assert [one.hypothesis.name for one in judged] == [one["name"] for one in told["hypotheses"]]
    for one, recorded in zip(judged, told["hypotheses"], strict=True):
        assert one.answer == recorded["answer"], one.hypothesis.name
        assert one.estimate.value == pytest.approx(recorded["value"], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("name", "arms"), [("gallium-germanium", 2), ("speculative-bubble", 2)])
def test_a_small_study_is_made_again_and_judged_alike(name: str, arms: int, tmp_path: Path) -> None:
    settings = Settings(replications=2, store=tmp_path / "store", out=tmp_path / "out")
    finding = run_experiment(small(name, arms, tmp_path), settings)
    again = outcomes_of(tmp_path / "out" / name)

    judged = judge_all(finding.plan.experiment, again)

    told = json.loads((tmp_path / "out" / name / "results.json").read_text("utf-8"))
    assert [one.answer for one in judged] == [one["answer"] for one in told["hypotheses"]]
    if name in {path.name for path in FOUND}:
        manifest = json.loads((FOLDER / name / "manifest.json").read_text("utf-8"))
        recorded = outcomes_of(FOLDER / name)
        for arm, values in again.items():
            assert set(recorded[arm].columns) == set(values.columns)
            if manifest["model_version"] == model_version():  # another model has other numbers
                pd.testing.assert_frame_equal(values, recorded[arm].loc[values.index, values.columns], rtol=1e-6)
