"""The benchmarks run, on as little as they can: their figures are no matter of a test."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _from_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))


def test_a_scaled_world_has_more_agents_and_the_same_tonnes() -> None:
    from experiments.benchmarks import worlds
    from market_abm.scenario.loading import load_scenario

    small, large = load_scenario(worlds.SCENARIO), worlds.scaled(3_000)

    assert sum(row.count for kind in worlds.SCALED for row in getattr(large, kind).values()) == pytest.approx(
        3_000, rel=0.1
    )
    for kind in ("mine", "refinery"):
        for name, row in getattr(small, kind).items():
            many = getattr(large, kind)[name]
            tonnes = (sum(_both(other.capacity_t_per_year)) * other.count for other in (row, many))
            assert next(tonnes) == pytest.approx(next(tonnes))


def _both(size: float | tuple[float, float]) -> tuple[float, float]:
    return size if isinstance(size, tuple) else (size, size)


def test_both_speeds_give_one_digest_and_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments.benchmarks import row, steps

    monkeypatch.setattr(steps, "FIRST_WEEKS", 2)

    line = steps.speed_row(300, 2)

    assert line.measured > 0
    assert "same digest" in row.table([line])
