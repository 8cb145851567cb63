"""The commands sensitivity, discover and frontier as a person uses them."""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_sweeps import FACTORS, grid, made, uniform
from typer.testing import CliRunner

from market_abm.cli import app
from market_abm.sweep.driver import run_sweep
from market_abm.sweep.results import SweepResults

SWEEP = """
title = "Quota and fear"
scenario = "tiny"
until = 2009-03-30

[design]
kind = "grid"

[[factor]]
name = "rest_share"
label = "Quota that goes elsewhere"
path = "policy.export-quota.rest_share"
values = [0.0, 0.9]

[[factor]]
name = "fear"
path = "parameters.manufacturer.fear_cover"
values = [0.5, 3.0]

[[outcome]]
name = "price"
unit = "US$/kg"
series = "price.NdPr.JP"
stat = "mean"
"""


def call(*words: object) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, [str(word) for word in words])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found.exit_code, found.stdout, found.stderr


@pytest.fixture
def support(monkeypatch, tmp_path):
    """A made-up sweep that stands where the folder `support` would."""
    return stands(monkeypatch, support_sweep(tmp_path / "support"))


def support_sweep(folder: Path, **further: Any) -> SweepResults:
    """A grid of caps and aid in which more cap costs more and loses less; `further` goes to `made`."""
    rules = {"cost": lambda x: 10 * x.cap, "lost": lambda x: 100 - 20 * x.cap}
    return made(grid(cap=[0, 1, 2, 3], aid=[0, 1]), rules, kind="grid", seeds=6, noise=2, folder=folder, **further)


def stands(monkeypatch: pytest.MonkeyPatch, results: SweepResults) -> Path:
    monkeypatch.setattr("market_abm.sweep.results.read_results", lambda folder: results)
    return results.folder


def test_sensitivity_prints_ranks_and_writes_tables_and_pictures(support):
    code, out, _ = call("sensitivity", support)

    assert code == 0
    assert out.index("cap") < out.index("aid")
    assert "shares of variance over the grid, because the design is a full grid" in out
    assert "bootstrap over the 6 common seeds" in out
    assert sorted(path.name for path in (support / "analysis").iterdir()) == [
        "sensitivity-cost.csv",
        "sensitivity-cost.png",
        "sensitivity-lost.csv",
        "sensitivity-lost.png",
    ]
    table = pd.read_csv(support / "analysis" / "sensitivity-lost.csv")
    assert list(table.columns) == ["factor", "index", "value", "low", "high"]


def test_json_is_all_of_stdout(support, tmp_path):
    code, out, _ = call("sensitivity", support, "--outcome", "lost", "--json", "--out", tmp_path / "other")

    (told,) = json.loads(out)["outcomes"]
    assert code == 0
    assert [one["factor"] for one in told["factors"]] == ["cap", "aid"]
    assert (tmp_path / "other" / "sensitivity-lost.png").exists()


def test_frontier_names_the_points_that_stand(support):
    code, out, _ = call("frontier", support, "--cost", "cost", "--benefit", "lost", "--less-is-better")
    plain = " ".join(out.split())

    assert code == 0
    assert "of 8 points" in plain
    assert "on frontier in" in plain
    assert (support / "analysis" / "frontier-lost-by-cost.png").exists()
    _, out, _ = call("frontier", support, "--cost", "cost", "--benefit", "lost", "--less-is-better", "--json")
    assert len(json.loads(out)["points"]) == 8


def test_discover_says_boxes_in_words(monkeypatch, tmp_path):
    monkeypatch.setattr("market_abm.sweep.discover.SHUFFLES", 3)
    rules = {"lost": lambda x: 10.0 * (x.stock < 40)}
    points = uniform(60, stock=(0, 100), weeks=(0, 52))
    results = made(points, rules, kind="sobol", factors=FACTORS, folder=tmp_path / "space")
    folder = stands(monkeypatch, results)

    code, out, err = call("discover", folder, "--outcome", "lost", "--above", 5)

    assert code == 0
    assert "1. stockpile below " in out
    assert "density 1.00" in out
    assert "0 % of 3 shuffles" in out
    assert "box 1: fresh points" in err
    assert (folder / "analysis" / "discover-lost.png").exists()


def test_pending_runs_are_told_beside_the_results(support, monkeypatch):
    from market_abm.sweep.results import read_results

    results = read_results(support)
    stands(monkeypatch, SweepResults(**{**vars(results), "planned": 60}))

    code, _, err = call("sensitivity", support, "--outcome", "lost")

    assert code == 0
    assert "12 of 60 runs are still pending" in err


def test_the_frontier_of_the_file_is_told_in_lines_that_can_be_read(monkeypatch, tmp_path):
    labels = [
        {"name": name, "label": f"A long name of the factor {name} that is told in full"} for name in ("cap", "aid")
    ]
    long = [
        {"name": name, "label": f"The {name} of it all, over many years", "unit": "US$ m", "series": "lost.JP"}
        for name in ("cost", "lost")
    ]
    asked = {"cost": "cost", "benefit": "lost", "less_is_better": True}
    results = support_sweep(tmp_path, factors=labels, outcomes=long, frontier=asked)

    code, out, _ = call("frontier", stands(monkeypatch, results))

    assert code == 0
    assert "factor cap that is told in full" in out  # not a letter a line
    assert (tmp_path / "analysis" / "frontier-lost-by-cost.png").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["sensitivity", "--outcome", "lsot"], 'Did you mean "lost"?'),
        (["discover", "--outcome", "lost", "--above", "5"], "discovery needs at least 20"),
        (["discover", "--outcome", "lost"], "give one of --above and --below"),
        (["frontier", "--cost", "cost", "--benefit", "cost"], "a frontier needs two outcomes"),
        (["frontier", "--cost", "cost"], "give --cost and --benefit, or a [frontier] in the sweep's file"),
    ],
)
def test_what_cannot_be_answered_ends_with_2_and_words(support, words, says):
    code, out, err = call(words[0], support, *words[1:])

    assert code == 2
    assert not out
    assert says in err
    assert "Traceback" not in err
    assert not (support / "analysis").exists()


def test_a_missing_library_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ema_workbench.analysis.prim", None)
    results = made(uniform(40, a=(0, 1)), {"y": lambda x: x.a}, folder=tmp_path)
    folder = stands(monkeypatch, results)

    code, _, err = call("discover", folder, "--outcome", "y", "--above", 0.5)

    assert code == 2
    assert "pip install 'market-abm[sweep]'" in err


def test_a_folder_without_a_sweep_is_no_traceback(tmp_path):
    code, _, err = call("sensitivity", tmp_path / "nowhere")

    assert code == 2
    assert "holds no sweep" in err


def test_a_real_sweep_is_run_reported_and_analysed_by_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("quota.toml").write_text(SWEEP)

    results = run_sweep("quota.toml")
    code, out, _ = call("sensitivity", "quota.toml")

    assert code == 0
    assert "Quota that goes elsewhere" in out
    assert "<h2>Design</h2>" in (results.folder / "report.html").read_text()
    assert (results.folder / "analysis" / "sensitivity-price.png").exists()
