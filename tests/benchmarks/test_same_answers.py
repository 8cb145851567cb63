"""The comparison of two versions' scorecards finds what moved, and nothing else."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
SEEDS = 20


@pytest.fixture(autouse=True)
def _from_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))


def table(**rows: object) -> pd.DataFrame:
    lines = [(row, seed, value) for row, values in rows.items() for seed, value in enumerate(np.asarray(values))]
    return pd.DataFrame(lines, columns=["row", "seed", "value"])


def test_equal_tables_have_not_moved(capsys: pytest.CaptureFixture[str]) -> None:
    from experiments.checks import same_answers

    same = table(price=np.arange(SEEDS), never=np.full(SEEDS, math.inf))

    assert same_answers.report(same_answers.compare(same, same), (), ()) == 0
    assert "2 of them equal under every seed; 0 moved" in capsys.readouterr().out


def test_a_row_moves_when_its_paired_difference_exceeds_its_interval() -> None:
    from experiments.checks import same_answers

    draw = np.random.default_rng(1)
    level, noise = draw.normal(100, 30, SEEDS), draw.normal(0, 1, SEEDS)
    before = table(still=level, moved=level)
    after = table(still=level + noise - noise.mean(), moved=level + noise - noise.mean() + 1.0)

    moves = {move.row: move for move in same_answers.compare(before, after)}

    assert moves["moved"].moved  # by a thirtieth of what seeds differ by
    assert moves["moved"].difference == pytest.approx(1.0)
    assert 0 < moves["moved"].half < 1
    assert not moves["still"].moved


def test_seeds_are_paired_and_what_is_not_covered_is_left_out() -> None:
    from experiments.checks import same_answers

    before = table(price=np.arange(SEEDS, dtype=float))
    after = before.sample(frac=1, random_state=1)
    after.loc[after["seed"] == 3, "value"] = math.nan

    (move,) = same_answers.compare(before, after)

    assert (move.pairs, move.difference, move.moved) == (SEEDS - 1, 0.0, False)


def test_what_no_longer_happens_is_judged_by_its_sign() -> None:
    from experiments.checks import same_answers

    opens = np.full(SEEDS, 2012.5)
    few, many = opens.copy(), opens.copy()
    few[:5], many[:6] = math.inf, math.inf

    assert not same_answers.compare(table(opens=opens), table(opens=few))[0].moved
    assert same_answers.compare(table(opens=opens), table(opens=many))[0].moved


def test_expected_rows_do_not_count_and_missing_rows_do() -> None:
    from experiments.checks import same_answers

    before = table(price=np.arange(SEEDS, dtype=float))
    moves = same_answers.compare(before, before.assign(value=before["value"] + 1))

    assert same_answers.report(moves, (), ()) == 1
    assert same_answers.report(moves, {"price"}, ()) == 0
    assert same_answers.report(moves, {"price"}, {"another"}) == 1


def test_after_correction_only_what_is_certain_over_all_rows_stands_out() -> None:
    from experiments.checks import same_answers

    draw = np.random.default_rng(5)
    before = table(**{f"row{number}": draw.normal(0, 1, SEEDS) for number in range(100)})
    after = before.assign(value=before["value"] + draw.normal(0, 0.1, len(before)))
    after.loc[after["row"] == "row7", "value"] += 1.0

    moves = same_answers.compare(before, after)

    assert same_answers.stand_out(moves) == {"row7"}
    assert 1 <= sum(move.moved for move in moves) <= 14
