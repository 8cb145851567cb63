"""The model beside two toys of its shape: plain Mesa objects, and compiled loops over columns (see `toy_start`).

The toys have one material, simpler rules and no books, so the model cannot be as quick as the compiled one. What is
compared is agent-steps a second: agents times weeks over CPU time, models taking turns week by week.
"""

import statistics
from functools import partial
from typing import Any

from experiments.benchmarks import toy_columns, toy_mesa
from experiments.benchmarks.row import Row, short, spread
from experiments.benchmarks.steps import seconds, started
from experiments.benchmarks.worlds import population_of

WEEKS = {400: 40, 3_000: 20, 30_000: 8}
SHARE_BAR = 1 / 3  # of the compiled toy's agent-steps a second, at the largest size


def rows(sizes: tuple[int, ...] = tuple(WEEKS), weeks: int | None = None) -> list[Row]:
    """Rows of each size; only the largest, against the compiled toy, has a bar."""
    made: list[Row] = []
    for agents in sizes:
        model = started(agents)
        size = population_of(model)
        plain, columns = toy_mesa.Toy(size), toy_columns.Toy(size)
        takes: dict[str, list[float]] = {"model": [], "Mesa": [], "compiled": []}
        for world in (plain, columns):
            for _ in range(5):  # compiles, and lets trade begin
                world.step()
        for _ in range(weeks or WEEKS[agents]):
            takes["model"].append(seconds(model.step))
            takes["Mesa"].append(seconds(plain.step))
            takes["compiled"].append(seconds(partial(_steps, columns, 5)) / 5)
        model.close()
        speed = {name: size / statistics.median(values) / 1e6 for name, values in takes.items()}
        note = ", ".join(f"{name} {short(value)}" for name, value in speed.items())
        for toy, bar in (("Mesa", None), ("compiled", SHARE_BAR if agents == max(WEEKS) else None)):
            ratios = [other / own for own, other in zip(takes["model"], takes[toy], strict=True)]
            what = f"agent-steps a second, model over the {toy} toy, {size:,} agents"
            told = f"{spread(ratios)} weeks; {note} million a second"
            made.append(Row(what, statistics.median(ratios), bar, True, "x", told))
    return made


def _steps(world: Any, count: int) -> None:
    """Several weeks, for a clock that is coarse."""
    for _ in range(count):
        world.step()
