"""What the shape of a sweep file cannot see: factors without values, designs without a size, names used twice.

One function a fault. Each yields every place where it occurs, so that all are told at once.
"""

from collections.abc import Callable, Iterator

from market_abm.experiment.plan import Experiment
from market_abm.experiment.plan_checks import check_outcome
from market_abm.record.measures import MEASURES
from market_abm.scenario.errors import Fault, Where, suggest
from market_abm.scenario.messages import show_value
from market_abm.sweep.design import MOST_POINTS, point_count
from market_abm.sweep.plan import Design, Factor, Sweep, Value

USED = {
    "grid": {"levels"},
    "list": {"file"},
    "latin_hypercube": {"points", "seed"},
    "sobol": {"points", "seed"},
    "saltelli": {"points", "seed", "second_order"},
    "morris": {"trajectories", "levels", "seed"},
}
"""Keys of [design] by its kind."""
SIZES = {"list": "file", "latin_hypercube": "points", "sobol": "points", "saltelli": "points", "morris": "trajectories"}
"""The key that a kind cannot do without."""
RESERVED = {"id", "point", "seed", "setting", "digest", "seconds", "why", "command", "scenario"}
"""Columns of the tables beside factors and outcomes."""


def check_sweep(sweep: Sweep) -> list[Fault]:
    """Every fault of a sweep that has passed its schema; paths have row numbers."""
    faults = [fault for check in CHECKS for fault in check(sweep)]
    return faults or list(check_size(sweep))


def check_names(sweep: Sweep) -> Iterator[Fault]:
    """Factors and outcomes are columns of one table."""
    taken: set[str] = set()
    for section in ("factor", "outcome"):
        for number, row in enumerate(getattr(sweep, section)):
            where: Where = (section, number, "name")
            if row.name in taken:
                yield Fault(where, f'"{row.name}" is written twice.', "Give each factor and outcome its own name.")
            elif row.name in RESERVED or (section == "factor" and row.name in MEASURES):
                yield Fault(where, f'"{row.name}" is a column of the results already.', "Choose another name.")
            taken.add(row.name)


def check_factors(sweep: Sweep) -> Iterator[Fault]:
    """A factor says where it is written, and what it can be."""
    paths: dict[str, str] = {}
    for number, factor in enumerate(sweep.factor):
        where: Where = ("factor", number)
        yield from _faults_of_place(factor, where)
        yield from _faults_of_values(factor, where)
        yield from _faults_of_range(factor, where)
        if factor.path and factor.path in paths:
            yield Fault((*where, "path"), f'factor "{paths[factor.path]}" has the same path.', "Take one of them out.")
        paths[factor.path] = factor.name
        if factor.values is None and factor.low is None and factor.high is None and sweep.design.kind != "list":
            yield Fault(where, "there is nothing to vary.", "Give values, or low and high.")


def _faults_of_place(factor: Factor, where: Where) -> Iterator[Fault]:
    if bool(factor.path) == (factor.sets is not None):
        what = "path and sets are both given." if factor.path else "missing; say where a value is written."
        yield Fault((*where, "path"), what, 'Write path = "policy.embargo-japan.leak", or sets for several at once.')
    if factor.sets is not None and len(factor.sets) != len(factor.values or ()):
        what = f"{len(factor.sets)} lists for {len(factor.values or ())} values."
        yield Fault((*where, "sets"), what, "Give one list of settings for each value.")


def _faults_of_values(factor: Factor, where: Where) -> Iterator[Fault]:
    if factor.values is None:
        return
    if not factor.values:
        yield Fault((*where, "values"), "the list is empty.", "Give at least one value.")
    if len({_kind_of(value) for value in factor.values}) > 1:
        yield Fault((*where, "values"), "numbers, words and true/false are mixed.", "Give values of one kind.")
    for place, value in enumerate(factor.values):
        if value in factor.values[:place]:
            yield Fault((*where, "values"), f"{show_value(value)} is written twice.", "Give each value once.")
    for key in ("low", "high"):
        if getattr(factor, key) is not None:
            yield Fault((*where, key), "stands beside values.", "Give values, or low and high.")


def _faults_of_range(factor: Factor, where: Where) -> Iterator[Fault]:
    ends = {"low": factor.low, "high": factor.high}
    for key in [key for key, end in ends.items() if end is None and None in ends.values()]:
        if any(end is not None for end in ends.values()):
            yield Fault((*where, key), "missing; a range has two ends.")
    if factor.low is not None and factor.high is not None and factor.low >= factor.high:
        yield Fault((*where, "high"), f"{factor.high:g} is not above low = {factor.low:g}.")
    if factor.scale == "log" and factor.low is not None and factor.low <= 0:
        yield Fault((*where, "low"), f"{factor.low:g} is not above 0.", 'scale = "log" needs a range above 0.')
    for key, end in ends.items():
        if factor.integer and end is not None and end != round(end):
            yield Fault((*where, key), f"{end:g} is no whole number.", "Whole numbers have whole ends.")
    if factor.integer and factor.scale == "log":
        yield Fault((*where, "scale"), "whole numbers have a linear scale.", "Give them as values.")


def check_design(sweep: Sweep) -> Iterator[Fault]:
    """A design has the keys of its kind, and no others."""
    design = sweep.design
    for key in sorted(design.model_fields_set - USED[design.kind] - {"kind"}):
        users = " or ".join(kind for kind, keys in USED.items() if key in keys)
        yield Fault(("design", key), f'belongs to kind = "{users}", and this is "{design.kind}".', "Take it out.")
    need = SIZES.get(design.kind)
    if need is not None and getattr(design, need) is None:
        yield Fault(("design", need), f'missing; kind = "{design.kind}" needs the {_meaning(need)}.')
    if design.kind in ("sobol", "saltelli") and design.points and design.points & (design.points - 1):
        below = 1 << (design.points.bit_length() - 1)
        yield Fault(("design", "points"), f"{design.points} is no power of 2.", f"Take {below} or {2 * below}.")
    if design.kind == "morris" and design.levels is not None and design.levels % 2:
        yield Fault(("design", "levels"), f"{design.levels} is odd; morris needs an even number of levels.")
    if design.kind == "grid" and design.levels is None:
        for number, factor in enumerate(sweep.factor):
            if factor.low is not None and not factor.integer:
                remedy = "Give levels in [design], or values."
                yield Fault(("factor", number), "a grid needs to know how many steps the range has.", remedy)


def check_replications(sweep: Sweep) -> Iterator[Fault]:
    """Seeds are added only with a target and a limit."""
    most, precise = sweep.most_replications, sweep.precise
    if most is not None and precise is None:
        yield Fault(("most_replications",), "belongs to [precise], which is missing.", "Name an outcome and a width.")
    if precise is None:
        return
    yield from _faults_of_outcome(sweep, precise.outcome, ("precise", "outcome"))
    if most is None:
        yield Fault(("most_replications",), "missing; [precise] needs a limit.", "Write most_replications = 40.")
    elif most < sweep.replications:
        yield Fault(("most_replications",), f"{most} is below replications = {sweep.replications}.")
    if sweep.replications < 2:
        yield Fault(("replications",), f"{sweep.replications} gives no interval.", "[precise] needs 2 or more.")


def check_outcomes(sweep: Sweep) -> Iterator[Fault]:
    """Outcomes are those of experiments."""
    yield from check_outcome(Experiment.model_construct(outcome=sweep.outcome))


def _faults_of_outcome(sweep: Sweep, name: str, where: Where) -> Iterator[Fault]:
    names = [outcome.name for outcome in sweep.outcome]
    if name not in names:
        yield Fault(where, f'"{name}" is no outcome of this file.', suggest(name, names))


def check_frontier(sweep: Sweep) -> Iterator[Fault]:
    """A frontier is drawn between two outcomes of the file."""
    if sweep.frontier is None:
        return
    yield from _faults_of_outcome(sweep, sweep.frontier.cost, ("frontier", "cost"))
    yield from _faults_of_outcome(sweep, sweep.frontier.benefit, ("frontier", "benefit"))
    if sweep.frontier.cost == sweep.frontier.benefit:
        yield Fault(("frontier", "benefit"), "is the cost as well.", "Name two outcomes.")


def check_size(sweep: Sweep) -> Iterator[Fault]:
    """A design that no machine could run is a slip."""
    if sweep.design.kind != "list" and point_count(sweep) > MOST_POINTS:
        what = f"{point_count(sweep):,} points exceed the limit of {MOST_POINTS:,}."
        yield Fault(("design", "kind"), what, "Take fewer values, or a sample.")


def _kind_of(value: Value) -> str:
    return "flag" if isinstance(value, bool) else "word" if isinstance(value, str) else "number"


def _meaning(key: str) -> str:
    return str(Design.model_fields[key].description).partition(";")[0]


CHECKS: tuple[Callable[[Sweep], Iterator[Fault]], ...] = (
    check_names,
    check_factors,
    check_design,
    check_replications,
    check_outcomes,
    check_frontier,
)
