"""The findings page and picture of a calibration: what they say, and that they promise no estimate too many."""

import math
from dataclasses import replace

import pytest

from market_abm.experiment.calibration_file import read_calibration
from market_abm.experiment.calibration_page import NO_ESTIMATE, calibration_page, identifiability, trials_table
from market_abm.experiment.calibration_picture import calibration_figure
from market_abm.experiment.fit_set import candidates, confirmed
from market_abm.experiment.fitting import Fit
from market_abm.experiment.loss import Evaluation
from market_abm.experiment.moment import WORST_MISS
from market_abm.experiment.search import Trial

FEAR, COVER = "parameters.manufacturer.fear_cover", "parameters.refiner.target_cover"
FILE = f"""\
title = "A fit"
scenario = "tiny"
within = 0.5
[parameter."{FEAR}"]
low = 1.0
high = 4.0
[parameter."{COVER}"]
low = 1.0
high = 8.0
log = true
[[arm]]
name = "free"
set = ["policy.export-quota.enabled=false"]
[[moment]]
name = "peak"
outcome = "ndpr_peak_ratio"
tolerance = 0.2
[[moment]]
name = "calm"
arm = "free"
outcome = {{ series = "price.NdPr.JP", stat = "mean", unit = "US$/kg" }}
target = 17.0
source = "made up | by hand"
tolerance = 0.1
"""


@pytest.fixture
def fit_of(tmp_path):
    """A calibration whose trials have the losses given, and the same on fresh seeds."""
    (tmp_path / "fit.toml").write_text(FILE, encoding="utf-8")
    asked = read_calibration(tmp_path / "fit.toml")

    def build(rows, fresh=lambda loss: loss + 0.25):
        def came(loss):
            return Evaluation(loss, {"peak": 12.0, "calm": 18.0}, "" if loss < WORST_MISS else "seed 0: gone")

        trials = [Trial(n, {FEAR: fear, COVER: cover}, came(loss)) for n, (fear, cover, loss) in enumerate(rows)]
        chosen = candidates(asked, trials)
        results = [came(fresh(trial.loss)) for trial in chosen]
        fit_set = confirmed(asked, chosen, results)
        return Fit(asked, tuple(trials), came(fresh(trials[0].loss)), tuple(chosen), tuple(results), fit_set)

    return build


WIDE = [(2.0, 2.0, 5.0), (1.2, 2.0, 1.0), (3.9, 2.2, 1.1), (2.5, 7.0, 9.0), (3.0, 3.0, WORST_MISS)]
VERSIONS = {"optuna": "5"}


def test_a_parameter_that_spans_more_than_half_of_its_bounds_is_no_estimate(fit_of):
    found = identifiability(fit_of(WIDE)).set_index("parameter")
    assert found.loc[FEAR, "share"] == pytest.approx((3.9 - 1.2) / 3)
    assert found.loc[COVER, "share"] == pytest.approx(math.log(1.1) / math.log(8))
    assert list(found["identified"]) == [False, True]
    assert list(found["best"]) == [1.2, 2.0]


def test_one_vector_alone_identifies_nothing(fit_of):
    assert not identifiability(fit_of([(2.0, 2.0, 1.0), (3.0, 3.0, 9.0)]))["identified"].any()


def test_the_page_tells_fit_set_limits_and_what_was_not_seen(fit_of):
    page = calibration_page(fit_of(WIDE), "market-abm calibrate fit.toml", VERSIONS)
    for words in [
        "# A fit",
        "It fell from 5.00 at the start to 1.00 at the best.",
        "On fresh seeds (2-7) the start has 5.25 and the best vector of the set 1.25",
        "1 trial failed",
        f"| `{FEAR}` | 1.00 to 4.00 | 3.90 | 1.20 | 1.20 to 3.90 | 90% | **no estimate** |",
        NO_ESTIMATE,
        "made up \\| by hand",
        "| calm | free | US$/kg | 17.0 |",
        "Chinese mine output, 2012",
        "the arms free",
        "$ market-abm calibrate fit.toml",
    ]:
        assert words in page, words
    unseen = page.split("## What was not in the loss")[1]
    assert "NdPr export price, peak quarter / 2009" not in unseen


def test_parameters_that_trade_off_are_named(fit_of):
    along = [(1.0 + step / 4, 8 / (1.0 + step / 4), 1.0) for step in range(10)]
    page = calibration_page(fit_of(along), "", VERSIONS)
    assert f"| `{FEAR}` | `{COVER}` | -1.00 |" in page


def test_an_empty_set_is_said_to_be_empty(fit_of):
    fit = fit_of(WIDE, fresh=lambda loss: WORST_MISS)
    assert "No vector held on fresh seeds" in calibration_page(fit, "", VERSIONS)
    assert identifiability(fit)["share"].isna().all()
    calibration_figure(fit)


def test_the_table_has_every_trial_with_its_values_moments_and_fresh_loss(fit_of):
    table = trials_table(fit_of(WIDE))
    assert list(table["trial"]) == [0, 1, 2, 3, 4]
    assert list(table["fresh_loss"].fillna(-1)) == [5.25, 1.25, 1.35, 9.25, -1]
    assert list(table[FEAR]) == [row[0] for row in WIDE]
    assert list(table["failure"]) == ["", "", "", "", "seed 0: gone"]
    assert table["moment: calm"][0] == 18.0


def test_the_picture_has_a_panel_for_each_parameter_and_marks_the_set(fit_of):
    fit = fit_of(WIDE)
    axes = calibration_figure(fit).axes
    assert len(axes) == 2
    for axis, path in zip(axes, (FEAR, COVER), strict=True):
        trials, marked = axis.collections[:2]
        assert sorted(trials.get_offsets()[:, 0]) == sorted(trial.values[path] for trial in fit.trials)
        assert sorted(marked.get_offsets()[:, 0]) == sorted(one.values[path] for one in fit.fit_set.vectors)
    assert [axis.get_xscale() for axis in axes] == ["linear", "log"]
    assert axes[0].get_ylim()[1] < WORST_MISS / 2  # a failed trial does not press the others flat


def test_page_and_picture_cope_with_all_trials_failed_but_the_start(fit_of):
    fit = fit_of([(2.0, 2.0, 1.0), (3.0, 3.0, WORST_MISS)])
    calibration_page(
        replace(fit, start=Evaluation(WORST_MISS, {"peak": math.nan, "calm": math.nan}, "x")), "", VERSIONS
    )
    calibration_figure(fit)
