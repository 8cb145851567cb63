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


def test_both_toys_are_the_same_market() -> None:
    from experiments.benchmarks import toy_columns, toy_mesa

    plain, columns = toy_mesa.Toy(150), toy_columns.Toy(150)
    for _ in range(40):
        plain.step()
        columns.step()

    assert len(plain.agents) == columns.size
    assert plain.price == pytest.approx(list(columns.price), rel=1e-9)
    for name, kind in (("refiner", toy_mesa.Refiner), ("speculator", toy_mesa.Speculator)):
        stocks = [agent.stock for agent in plain.agents_by_type[kind]]
        assert stocks == pytest.approx(list(columns.kinds[name].stock), rel=1e-6, abs=1e-6)
        assert sum(stocks) > 0


def test_the_model_stands_beside_the_toys(monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments.benchmarks import row, steps, toys

    monkeypatch.setattr(steps, "FIRST_WEEKS", 2)

    lines = toys.rows((400,), 2)

    assert [line.bar for line in lines] == [None, None]
    assert "million a second" in row.table(lines)


def test_a_whole_run_is_told_in_loops_and_beside_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments.benchmarks import whole_run

    asked = []

    def in_process(runs: int, until: str | None, checkout: Path = ROOT, cache: str | None = None) -> dict[str, object]:
        asked.append((runs, checkout == ROOT))
        slow = 1.0 if checkout == ROOT else 6.0
        return {"runs": [9.0, slow, slow][:runs], "loops": [0.5] * (runs + 1), "digest": "d"}

    monkeypatch.setattr(whole_run, "in_process", in_process)

    whole, compilation, gain = whole_run.rows(2, 3, None, Path("elsewhere"))

    assert (whole.measured, compilation.measured, gain.measured) == (2.0, 8.0, 6.0)
    assert whole.passed
    assert gain.passed
    assert (3, False) in asked
