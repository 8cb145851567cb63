"""Verdicts: each side of each kind of statement, and what must stay open."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from market_abm.experiment.hypothesis import CONTRADICTED, OPEN, SUPPORTED, common_verdict, judge
from market_abm.experiment.plan import Hypothesis

LUCK = np.random.default_rng(3)
SEEDS = 20
BASE = np.exp(LUCK.normal(2.3, 0.4, SEEDS))


def arms(factor: float = 0.4, spread: float = 0.05, seeds: int = SEEDS) -> dict[str, pd.DataFrame]:
    """Arm `half` is `factor` times arm `whole`, seed by seed, with some luck of its own."""
    index = pd.RangeIndex(seeds, name="seed")
    own = np.exp(np.random.default_rng(5).normal(0, spread, seeds))
    return {
        "whole": pd.DataFrame({"peak": BASE[:seeds]}, index=index),
        "half": pd.DataFrame({"peak": factor * BASE[:seeds] * own}, index=index),
    }


def stated(kind: str, expect: str, threshold: object, **further: object) -> Hypothesis:
    row = {"name": "h", "says": "s", "outcome": "peak", "arm": "half", "against": "whole"}
    return Hypothesis.model_validate({**row, "as": kind, "expect": expect, "threshold": threshold, **further})


@pytest.mark.parametrize(
    ("kind", "expect", "threshold", "answer"),
    [
        ("ratio", "below", 0.5, SUPPORTED),
        ("ratio", "above", 0.5, CONTRADICTED),
        ("ratio", "below", 0.4, OPEN),
        ("ratio", "between", [0.3, 0.5], SUPPORTED),
        ("ratio", "between", [0.5, 0.9], CONTRADICTED),
        ("ratio", "between", [0.4, 0.9], OPEN),
        ("difference", "below", 0, SUPPORTED),
        ("difference", "above", 0, CONTRADICTED),
        ("median", "below", 0, SUPPORTED),
        ("mean", "above", 0, CONTRADICTED),
    ],
)
def test_the_verdict_follows_the_side_of_the_whole_interval(kind, expect, threshold, answer):
    assert judge(stated(kind, expect, threshold), arms()).answer == answer


def test_a_level_is_judged_without_another_arm():
    level = stated("median", "between", [5, 20], arm="whole", against=None)

    assert judge(level, arms()).answer == SUPPORTED


def test_a_share_counts_seeds():
    often = stated("share", "below", 0, at_least=0.8)
    never = stated("share", "above", 0, at_least=0.2)

    assert judge(often, arms()).estimate.value == 1
    assert judge(often, arms()).answer == SUPPORTED
    assert judge(never, arms()).answer == CONTRADICTED
    assert judge(often, arms(seeds=5)).answer == OPEN  # five of five is not yet 80 %


def test_an_open_verdict_says_at_how_many_replications():
    assert judge(stated("ratio", "below", 0.4), arms()).verdict == "not decided at 20 replications"
    assert judge(stated("ratio", "below", 0.5), arms(seeds=1)).verdict == "not decided at 1 replication"


def test_arms_that_do_not_differ_contradict_a_difference():
    same = arms(factor=1.0, spread=0.0)

    assert judge(stated("ratio", "below", 1), same).answer == CONTRADICTED
    assert judge(stated("difference", "between", [-0.1, 0.1]), same).answer == SUPPORTED


def test_a_ratio_that_has_no_meaning_is_never_decided():
    tables = arms()
    tables["whole"] = 0 * tables["whole"]

    judgement = judge(stated("ratio", "below", 100), tables)

    assert judgement.answer == OPEN
    assert "difference" in judgement.estimate.note


def test_settled_means_decided_or_narrow():
    wide, narrow = arms(spread=0.5), arms(spread=0.05)
    at_the_edge = stated("ratio", "below", 0.4)

    assert not judge(at_the_edge, wide).is_settled(0.2)
    assert judge(at_the_edge, narrow).is_settled(0.2)
    assert judge(stated("ratio", "below", 3), wide).is_settled(0.001)
    assert not judge(at_the_edge, arms(seeds=1)).is_settled(10)


@pytest.mark.parametrize(
    ("answers", "pooled", "words"),
    [
        ([SUPPORTED] * 3, SUPPORTED, SUPPORTED),
        ([CONTRADICTED] * 3, CONTRADICTED, CONTRADICTED),
        ([OPEN] * 3, OPEN, "not decided at 20 replications"),
        ([OPEN] * 3, SUPPORTED, SUPPORTED),
        ([SUPPORTED, SUPPORTED, OPEN], OPEN, "not decided at 20 replications"),
        ([SUPPORTED, SUPPORTED, CONTRADICTED], SUPPORTED, "not decided (flips over the set that fits)"),
        ([SUPPORTED, OPEN, OPEN], CONTRADICTED, "not decided (flips over the set that fits)"),
    ],
)
def test_over_vectors_the_verdict_is_that_of_all_runs_unless_it_flips(answers, pooled, words):
    together = judge(stated("ratio", "below", 3), arms())

    assert common_verdict(answers, replace(together, answer=pooled)) == words
