"""How long a week takes: batched against one by one, growth with the number of agents, cost of the record.

Times are CPU seconds of the process (one BLAS thread), because wall clock on a shared machine measures
the neighbours. Models that are compared take turns, week by week.
"""

import functools
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

from experiments.benchmarks.row import Row, short, spread
from experiments.benchmarks.worlds import ask_one_by_one, population_of, scaled, seal
from market_abm.model import MineralMarket
from market_abm.record import snapshot

FIRST_WEEKS = 26  # run before measuring: from then on traders trade and strategies are learnt
SPEED_BARS = {400: 20.0, 3_000: 40.0, 30_000: 60.0}
QUARTER = 13  # weeks in which every verb is done once
SPEED_WEEKS = {400: 40, 3_000: 14, 30_000: 3}
GROWTH_SIZES = (3_000, 30_000, 300_000)
GROWTH_BAR, GROWTH_BAR_CLEAR = 1.1, 1.3
RECORD_BAR = 0.15


def seconds(call: Callable[[], Any]) -> float:
    """CPU time of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


class Clocked:
    """A model that counts the CPU time of some of its verbs, given by name.

    Attributes
    ----------
    weeks : CPU seconds of each step.
    inside : for each verb its CPU seconds in each step.
    """

    def __init__(self, model: MineralMarket, *verbs: str) -> None:
        self.model = model
        self.weeks: list[float] = []
        self.inside: dict[str, list[float]] = {name: [] for name in verbs}
        for name in verbs:
            verb = model.verbs[model.verbs.place(name)]
            model.verbs.replace(name, self._counted(verb.function, self.inside[name]))

    @staticmethod
    def _counted(verb: Callable[..., Any], into: list[float]) -> Callable[..., Any]:
        @functools.wraps(verb)  # its parameters say what it reads
        def counted(**given: Any) -> Any:
            start = time.process_time()
            answer = verb(**given)
            into.append(time.process_time() - start)
            return answer

        return counted

    def step(self) -> None:
        """Run a week."""
        self.weeks.append(seconds(self.model.step))

    def without(self, name: str) -> list[float]:
        """CPU seconds of each step less one verb's."""
        return [whole - part for whole, part in zip(self.weeks, self.inside[name], strict=True)]


def started(agents: int) -> MineralMarket:
    """Model that has run its first weeks."""
    model = MineralMarket(scaled(agents), rng=1)
    for _ in range(FIRST_WEEKS):
        model.step()
    return model


def speed_row(agents: int, weeks: int | None = None) -> Row:
    """All rules compiled against the same model with every rule asked agent by agent, to the same digest.

    Raises
    ------
    AssertionError
        When the two ways part.
    """
    first = started(agents)
    state = snapshot.take(first)
    first.close()
    fast, slow = snapshot.restore(state), snapshot.restore(state)
    for _ in range(QUARTER):
        fast.step(), slow.step()
    ask_one_by_one(slow)
    quick, plain = [], []
    for _ in range(weeks or SPEED_WEEKS[agents]):
        quick.append(seconds(fast.step))
        plain.append(seconds(slow.step))
    if seal(fast) != seal(slow):
        raise AssertionError(f"at {agents:,} agents the two speeds give different runs")
    ratios = [one / other for one, other in zip(plain, quick, strict=True)]
    note = (
        f"{spread(ratios)} weeks; {short(1e3 * statistics.median(plain))} against"
        f" {short(1e3 * statistics.median(quick))} ms; same digest"
    )
    size = population_of(fast)
    fast.close(), slow.close()
    bar = SPEED_BARS.get(agents, 1.0)
    name = f"step, rules one by one over compiled, {size:,} agents"
    return Row(name, statistics.median(ratios), bar, True, "x", note)


def growth_rows(sizes: tuple[int, ...] = GROWTH_SIZES, weeks: int = 9) -> list[Row]:
    """Exponent of the step's growth between the smallest and the largest size, without and with the clear."""
    runs = []
    for agents in sizes:
        model = started(agents)
        runs.append(Clocked(model, "clear_market"))
    for _ in range(weeks):
        for run in runs:
            run.step()
    people = [population_of(run.model) for run in runs]
    rows = []
    for what, bar, series in (
        ("without the clear", GROWTH_BAR, [run.without("clear_market") for run in runs]),
        ("with the clear", GROWTH_BAR_CLEAR, [run.weeks for run in runs]),
    ):
        times = [statistics.median(values) for values in series]
        exponents = [
            math.log(late / early) / math.log(people[-1] / people[0])
            for early, late in zip(series[0], series[-1], strict=True)
        ]
        figures = ", ".join(f"{count:,}: {short(1e3 * ms)} ms" for count, ms in zip(people, times, strict=True))
        name = f"growth exponent of the step, {people[0]:,} to {people[-1]:,} agents, {what}"
        rows.append(Row(name, statistics.median(exponents), bar, False, "", f"{spread(exponents)} weeks; {figures}"))
    for run in runs:
        run.model.close()
    return rows


def record_row(agents: int = 3_000, weeks: int = 60) -> Row:
    """Part of a step that goes into recording and checking the books."""
    model = started(agents)
    run = Clocked(model, "record", "check_books")
    for _ in range(weeks):
        run.step()
    parts = [
        (record + check) / whole
        for record, check, whole in zip(run.inside["record"], run.inside["check_books"], run.weeks, strict=True)
    ]
    record, check = (100 * sum(run.inside[name]) / sum(run.weeks) for name in ("record", "check_books"))
    note = f"{spread([100 * part for part in parts], ' %')} weeks; record {short(record)} %, check {short(check)} %"
    size = population_of(model)
    model.close()
    share = 100 * statistics.median(parts)
    return Row(f"recording and book-checking in a step, {size:,} agents", share, 100 * RECORD_BAR, False, " %", note)
