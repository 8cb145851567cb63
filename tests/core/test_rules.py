"""Rules: bound by name, written for one agent, the same for one and for all to the last bit."""

import ast
import inspect
import textwrap
import warnings
from typing import Any

import numpy as np
import pytest
from made_up_world import fill, population_of, public_home, small_home

from market_abm.agents.export_authority import ExportAuthority
from market_abm.agents.illegal_miner import IllegalMiner
from market_abm.agents.licence_holder import LicenceHolder
from market_abm.agents.manufacturer import Manufacturer
from market_abm.agents.miner import Miner
from market_abm.agents.population import Agent, Population
from market_abm.agents.refiner import Refiner
from market_abm.agents.speculator import Speculator
from market_abm.agents.state_buyer import StateBuyer
from market_abm.core.binding import RuleError
from market_abm.core.columns import Column, Draw
from market_abm.core.loops import SlowRuleWarning
from market_abm.core.rules import Rule, rule

KINDS = (Manufacturer, Speculator, Miner, IllegalMiner, Refiner, StateBuyer, ExportAuthority, LicenceHolder)
GIVEN = {"today": 700_000.0, "need": 5.0, "intake": 3.0, "quota_t": 30.0, "private_part": 3e6}
"""Numbers that the verbs of the week give to shipped rules; the others are 1.5 here."""


class Baker(Agent):
    """A kind made up for these tests: bakes from three materials at a counter."""

    sections = ("baker", "common")

    flour = Column("g", by_material=True)
    oven = Column("1")
    loaves = Column("1", dtype=np.int64)
    open = Column("-", dtype=np.bool_)
    counter = Column("counter index", dtype=np.int64)
    yeast = Draw("uniform", "yeast")
    salt = Draw("normal", "salt", by_material=True)

    @rule
    def heat(oven, mood, day):
        """Column of the agent, series of its zone, series of all."""
        return oven * mood + day

    @rule
    def spending(flour, price):
        """By material: column and series at the agent's zone."""
        return flour * price

    @rule
    def worth_abroad(flour, abroad):
        """By material: series at the gate of the agent's zone."""
        return flour * abroad

    @rule
    def queue(at_counter, loaves):
        """Series by an index column of the kind's own."""
        return at_counter * loaves

    @rule
    def budget(thrift, rate, bounds):
        """Parameters: those of the first section stand before those of the second."""
        return thrift * rate + bounds[1]

    @rule
    def rising(yeast):
        """A draw of the agent."""
        return 2.0 * yeast

    @rule
    def salted(flour, salt):
        """A draw by material."""
        return flour + salt

    @rule(over_materials="sum")
    def total(spending):
        """Sum over materials."""
        return spending

    @rule(over_materials="min")
    def least(spending):
        """Smallest over materials."""
        return spending

    @rule(over_materials="max")
    def most(spending):
        """Greatest over materials."""
        return spending

    @rule
    def share(spending, total):
        """By material, from a number by material and one of all."""
        return spending / total

    @rule
    def profit(total, heat, tip=0.5, price_of_tea=2.0):
        """From other rules; the defaults hold as long as nothing has their names."""
        return heat - total + tip * price_of_tea

    @rule(gives=("least", "greatest"))
    def range(spending, heat):
        """Two answers by material."""
        return min(spending, heat), max(spending, heat)

    @rule(gives=("whole", "rest"), dtype=np.int64)
    def boxes(loaves):
        """Two whole answers of one agent."""
        return loaves // 6, loaves % 6

    @rule(dtype=np.bool_)
    def sells(open, loaves):
        """A truth."""
        return open and loaves > 3

    @rule
    def after_order(oven, order):
        """The order is given by the caller."""
        return oven - order


@pytest.fixture
def bakers() -> Population:
    """Two bakers in zone 0 and one in zone 1."""
    bakers = Population(small_home(), Baker, ["Ann", "Bob", "Cid"])
    bakers.zone[:], bakers.counter[:] = [0, 0, 1], [1, 0, 1]
    bakers.oven[:], bakers.loaves[:], bakers.open[:] = [1.0, 2.0, 4.0], [3, 8, 13], [True, True, False]
    bakers.flour[:] = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    return bakers


# -- binding ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("heat", [1 * 0.25 + 7, 2 * 0.25 + 7, 4 * 0.75 + 7]),
        ("spending", [[1, 2, 6], [40, 50, 120], [700, 800, 1800]]),
        ("worth_abroad", [[3, 6, 6], [120, 150, 120], [2100, 2400, 1800]]),
        ("queue", [18, 40, 78]),
        ("budget", [2.4, 2.4, 2.4]),
        ("total", [741, 852, 1926]),
        ("least", [1, 2, 6]),
        ("most", [700, 800, 1800]),
        ("share", np.array([[1, 2, 6], [40, 50, 120], [700, 800, 1800]]) / [741, 852, 1926]),
        ("profit", [1 * 0.25 + 7 - 741 + 1, 2 * 0.25 + 7 - 852 + 1, 4 * 0.75 + 7 - 1926 + 1]),
        ("sells", [False, True, False]),
    ],
)
def test_names_are_bound_to_columns_series_parameters_and_rules(bakers: Population, name: str, expected: Any) -> None:
    answer = bakers.ask(name)

    np.testing.assert_allclose(answer, expected, rtol=1e-15)
    np.testing.assert_array_equal(getattr(bakers, name)(), answer)


def test_draws_are_those_of_the_agents(bakers: Population) -> None:
    np.testing.assert_array_equal(bakers.rising(), 2.0 * bakers.yeast)
    np.testing.assert_array_equal(bakers.salted(), bakers.flour + bakers.salt)
    assert np.unique(bakers.salt).size == 9


def test_next_week_brings_other_draws(bakers: Population) -> None:
    before = bakers.rising()

    bakers.home.random_numbers.week += 1

    assert (bakers.rising() != before).all()


def test_a_rule_reads_what_stands_in_columns_and_series_now(bakers: Population) -> None:
    bakers.heat()

    bakers.oven[:] = 10.0
    bakers.home.values["day"] = 1.0

    np.testing.assert_array_equal(bakers.heat(), [3.5, 3.5, 8.5])


@pytest.mark.parametrize(
    ("order", "expected"),
    [(0.5, [0.5, 1.5, 3.5]), ([1.0, 2.0, 3.0], [0.0, 0.0, 1.0]), (np.ones((3, 3)), [[0.0, 1.0, 3.0]] * 3)],
    ids=["one number", "by agent", "by material and agent"],
)
def test_the_caller_may_give_a_number_for_all_by_agent_or_by_material(
    bakers: Population, order: Any, expected: Any
) -> None:
    np.testing.assert_array_equal(bakers.after_order(order=order), expected)


def test_what_is_given_stands_in_for_column_series_draw_parameter_and_rule(bakers: Population) -> None:
    heat = bakers.heat(oven=np.array([0.0, 1.0, 2.0]), mood=1.0, day=0.0)
    profit = bakers.profit(total=10.0, heat=30.0)

    np.testing.assert_array_equal(heat, [0.0, 1.0, 2.0])
    np.testing.assert_array_equal(profit, [21.0, 21.0, 21.0])
    np.testing.assert_array_equal(bakers.budget(thrift=2.0), [6.9] * 3)
    np.testing.assert_array_equal(bakers.rising(yeast=0.25), [0.5] * 3)


def test_what_no_rule_reads_is_passed_over(bakers: Population) -> None:
    np.testing.assert_array_equal(bakers.heat(order=3.0), bakers.heat())


def test_a_default_gives_way_to_a_column_of_its_name() -> None:
    class TeaBaker(Baker):
        price_of_tea = Column("US$")

    bakers = Population(small_home(), TeaBaker, ["Ann"])
    bakers.price_of_tea[:] = 6.0

    assert bakers.profit(heat=0.0, total=0.0).tolist() == [3.0]


def test_several_answers_come_one_by_one(bakers: Population) -> None:
    least, greatest = bakers.range()
    whole, rest = bakers.boxes()

    np.testing.assert_array_equal(least, np.minimum(bakers.spending(), bakers.heat()))
    np.testing.assert_array_equal(greatest, np.maximum(bakers.spending(), bakers.heat()))
    assert (whole.tolist(), rest.tolist()) == ([0, 1, 2], [3, 2, 1])
    assert whole.dtype == rest.dtype == np.int64


def test_a_rule_gives_numbers_of_its_type(bakers: Population) -> None:
    assert bakers.sells().dtype == np.bool_
    assert bakers.heat().dtype == np.float64
    assert bakers.agents[1].sells() is True
    assert type(bakers.agents[1].boxes()[0]) is int


def test_several_rules_answer_in_the_order_in_which_they_are_asked(bakers: Population) -> None:
    spending, heat, least, greatest, total = bakers.ask("spending", "heat", "range", "total")

    np.testing.assert_array_equal(spending, bakers.spending())
    np.testing.assert_array_equal(heat, bakers.heat())
    np.testing.assert_array_equal(least, bakers.range()[0])
    np.testing.assert_array_equal(greatest, bakers.range()[1])
    np.testing.assert_array_equal(total, bakers.total())


def test_one_agent_is_asked_in_plain_python(bakers: Population) -> None:
    bob = bakers.agents[1]

    assert bob.heat() == 7.5
    assert bob.spending().tolist() == [2.0, 50.0, 800.0]
    assert bob.boxes() == (1, 2)
    assert bob.after_order(order=2.0) == 0.0
    assert bob.after_order(order=[0.0, 1.0, 2.0]).tolist() == [2.0, 1.0, 0.0]


def test_a_rule_answers_for_plain_numbers_as_it_stands() -> None:
    assert Baker.heat(2.0, 0.5, 1.0) == 2.0
    assert Baker.heat.__doc__ == "Column of the agent, series of its zone, series of all."
    assert isinstance(Baker.heat, Rule)


def test_a_kind_of_one_material_reads_that_of_its_own() -> None:
    class Trader(Agent):
        material = Column("material index", dtype=np.int64)
        stock = Column("g", by_material=True)

        @rule
        def worth(stock, price, weight):
            return stock * price * weight

    traders = Population(small_home(), Trader, ["Ann", "Bob"])
    traders.zone[:], traders.material[:] = [0, 1], [2, 1]
    traders.stock[:] = [[9.0, 9.0], [9.0, 3.0], [2.0, 9.0]]

    assert traders.worth().tolist() == [2.0 * 100 * 4, 3.0 * 20 * 2]
    assert traders.agents[0].worth() == 800.0
    assert traders.worth(stock=np.ones((3, 2))).tolist() == [400.0, 40.0]


def test_nobody_can_be_asked_too() -> None:
    nobody = Population(small_home(), Baker, [])

    assert nobody.total().shape == (0,)
    assert nobody.spending().shape == (3, 0)


# -- what is refused -------------------------------------------------------------------------------
def _kind(**members: Any) -> type[Agent]:
    return type("Cook", (Baker,), members)


def _asks(function: Any, **kwargs: Any) -> Any:
    return rule(**kwargs)(function)


@pytest.mark.parametrize(
    ("function", "near"),
    [
        (lambda ovn: ovn, "oven"),
        (lambda moods: moods, "mood"),
        (lambda spendings: spendings, "spending"),
        (lambda thrit: thrit, "thrift"),
    ],
    ids=["column", "series", "rule", "parameter"],
)
def test_an_unknown_name_is_answered_with_the_nearest(function: Any, near: str) -> None:
    cooks = Population(small_home(), _kind(stir=_asks(function)), ["Ann"])

    with pytest.raises(RuleError, match=rf"rule stir asks for .* Did you mean '{near}'\?"):
        cooks.ask("stir")


def test_a_name_like_nothing_is_answered_without_a_guess() -> None:
    cooks = Population(small_home(), _kind(stir=_asks(lambda zzzz: zzzz)), ["Ann"])

    with pytest.raises(RuleError, match=r"no parameter\. Give it as an argument, or a default"):
        cooks.stir()


def test_a_rule_that_does_not_exist_is_answered_with_those_that_do(bakers: Population) -> None:
    with pytest.raises(RuleError, match="Baker has no rule 'stir'; it has heat, spending"):
        bakers.ask("stir")


@pytest.mark.parametrize("how", [None, "sum"])
def test_rules_that_ask_for_themselves_are_refused(how: Any) -> None:
    one = _asks(lambda other, flour: other + flour, over_materials=how)
    cooks = Population(small_home(), _kind(one=one, other=_asks(lambda one: one)), ["Ann"])

    with pytest.raises(RuleError, match="rule other asks for itself: other asks for one asks for other"):
        cooks.ask("other")


def test_a_circle_of_rules_of_one_material_is_refused() -> None:
    kind = _kind(material=Column("material index", dtype=np.int64), one=_asks(lambda one: one))

    with pytest.raises(RuleError, match="rule one asks for itself: one asks for one"):
        Population(small_home(), kind, ["Ann"]).ask("one")


def test_what_is_given_breaks_a_circle() -> None:
    kind = _kind(one=_asks(lambda other: other + 1.0), other=_asks(lambda one: one))

    assert Population(small_home(), kind, ["Ann"]).ask("one", other=1.0).tolist() == [2.0]


def test_a_series_needs_a_column_for_its_axis() -> None:
    class Pedlar(Agent):
        @rule
        def wait(at_counter):
            return at_counter

    with pytest.raises(RuleError, match=r"at_counter.*'counter'.*no column of that name"):
        Population(small_home(), Pedlar, ["Ann"]).ask("wait")


@pytest.mark.parametrize("name", ["ask", "size", "columns", "model", "remove", "population"])
def test_a_name_that_agents_or_populations_have_is_refused(name: str) -> None:
    with pytest.raises(RuleError, match=f"Cook.{name}: .*choose another"):
        Population(small_home(), _kind(**{name: _asks(lambda oven: oven)}), ["Ann"])


def test_a_plain_method_in_the_place_of_a_rule_is_refused() -> None:
    with pytest.raises(RuleError, match=r"Cook\.heat stands in the place of a rule but is none\. Mark it with @rule"):
        Population(small_home(), _kind(heat=lambda self: 1.0), ["Ann"])


@pytest.mark.parametrize("order", [np.ones(2), np.ones((3, 2)), np.ones((2, 3)), np.ones((1, 3, 3))])
def test_an_array_given_in_another_shape_is_refused(bakers: Population, order: Any) -> None:
    with pytest.raises(RuleError, match=r"Baker: order is given with shape .* must be a number, \(3,\) for"):
        bakers.after_order(order=order)


@pytest.mark.parametrize(
    "into", [[np.empty(3)], [np.empty(3), np.empty((3, 3)), np.empty(3)], [np.empty(2), np.empty((3, 3))]]
)
def test_arrays_to_write_to_must_fit_the_answers(bakers: Population, into: Any) -> None:
    with pytest.raises(RuleError, match=r"the answers have shapes \[\(3,\), \(3, 3\)\], the arrays"):
        bakers.ask("heat", "spending", into=into)


def test_an_answer_is_not_cut_to_whole_numbers_unseen(bakers: Population) -> None:
    with pytest.raises(RuleError, match="heat gives float64, which cannot be written to an array of int64"):
        bakers.ask("heat", into=[bakers.loaves])


def test_a_column_that_the_ledger_keeps_is_not_written(bakers: Population) -> None:
    window = np.zeros(3)
    window.flags.writeable = False

    with pytest.raises(RuleError, match="that the ledger keeps"):
        bakers.ask("heat", into=[window])


# -- one and all -----------------------------------------------------------------------------------
def _asked(kind: type[Agent], name: str, asked: set[str]) -> set[str]:
    """All names that a rule asks for, directly or through others."""
    for argument in kind.members()[name].arguments:
        if argument not in asked:
            asked.add(argument)
            if isinstance(kind.members().get(argument), Rule):
                _asked(kind, argument, asked)
    return asked


def _needed(kind: type[Agent], *names: str) -> dict[str, float]:
    """What the caller gives to some rules."""
    home, asked = public_home(), set().union(*(_asked(kind, name, set()) for name in names))
    parameters = set().union(*(dict(home.parameters_of(section)) for section in kind.sections))
    return {
        name: GIVEN.get(name, 1.5) for name in sorted(asked - kind.members().keys() - home.series.keys() - parameters)
    }


def _same(population: Population, names: list[str], given: dict[str, Any], rows: Any) -> None:
    """Compare the answers for all with those of agents asked one by one."""
    answers = population.ask(*names, **given)
    together = iter(answers if isinstance(answers, tuple) else (answers,))
    for name in names:
        parts = [next(together) for _ in range(max(len(population.kind.members()[name].gives), 1))]
        for row in rows:
            own = {key: value if np.ndim(value) == 0 else value[..., row] for key, value in given.items()}
            alone = population.ask_one(row, name, **own)
            for part, answer in zip(parts, alone if isinstance(alone, tuple) else (alone,), strict=True):
                np.testing.assert_array_equal(part[..., row], answer, err_msg=f"{name} of agent {row}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_shipped_rule_is_the_same_for_one_and_for_all(kind: type[Agent], seed: int) -> None:
    population, names = population_of(kind, seed=seed, home=public_home(seed)), kind.rules()

    _same(population, names, _needed(kind, *names), range(population.size))


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_rules_are_the_same_for_arrays_given_by_agent(kind: type[Agent]) -> None:
    population = population_of(kind)
    names = [name for name in kind.rules() if _needed(kind, name)]
    spread = np.linspace(0.5, 2.0, population.size)

    if names:
        _same(population, names, {name: value * spread for name, value in _needed(kind, *names).items()}, (0, 7, 39))


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_rules_are_the_same_for_arrays_given_by_material(kind: type[Agent]) -> None:
    population = population_of(kind)
    names = [name for name in kind.rules() if _needed(kind, name)]
    spread = np.linspace(0.5, 2.0, 3 * population.size).reshape(3, population.size)

    if names:
        _same(population, names, {name: value * spread for name, value in _needed(kind, *names).items()}, (0, 7, 39))


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_rules_are_the_same_where_an_agent_has_nothing(kind: type[Agent]) -> None:
    """No stock, no use, no cash: where a rule must not divide by nothing."""
    population, names = population_of(kind), kind.rules()
    for column in kind.column_list():
        if (column.dtype == np.float64 or column.book) and column.name not in (
            "reference_price",
            "avoidable_cost_share",
        ):
            population.columns[column.name][...] = 0  # these two are never nothing

    _same(population, names, dict.fromkeys(_needed(kind, *names), 0.0), (0, 39))


@pytest.mark.parametrize("kind", KINDS)
def test_no_shipped_rule_takes_a_power(kind: type[Agent]) -> None:
    """The last bit of a power differs between numba and plain Python."""
    for name in kind.rules():
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind.members()[name].function)))
        powers = [node for node in ast.walk(tree) if isinstance(node, ast.Pow) or getattr(node, "attr", "") == "pow"]
        assert not powers, name


@pytest.mark.parametrize("kind", KINDS)
def test_no_parameter_of_a_kind_is_hidden_by_another_series(kind: type[Agent]) -> None:
    home = public_home()
    for section in kind.sections:
        for name, value in dict(home.parameters_of(section)).items():
            if name in home.series:
                assert home.series[name].path in ("market." + name, f"parameters.{section}.{name}"), (name, value)


# -- a class of the user's own ---------------------------------------------------------------------
class CarefulMiner(Miner):
    """A miner of a user's own, which needs less."""

    @rule
    def next_ramp(ramp):
        """Half of what is missing."""
        return ramp + 0.5 * (1.0 - ramp)


def test_a_class_may_replace_one_rule_and_keep_the_others() -> None:
    home = public_home()
    shipped, careful = population_of(Miner, home=home), population_of(CarefulMiner, home=home)

    np.testing.assert_array_equal(careful.next_ramp(), careful.ramp + 0.5 * (1.0 - careful.ramp))
    np.testing.assert_array_equal(careful.next_scale(), shipped.next_scale())
    assert (careful.next_ramp() != shipped.next_ramp()).any()


def test_what_others_ask_of_a_replaced_rule_is_the_new_one() -> None:
    class FreeMiner(Miner):
        @rule
        def charge():
            """No charge."""
            return 0.0

    free, shipped = population_of(FreeMiner), population_of(Miner)

    np.testing.assert_array_equal(free.full_cost(), shipped.full_cost(charge=0.0))


def test_one_class_under_two_keys_is_two_populations_with_numbers_of_their_own() -> None:
    home = public_home()
    names = ["pit 1", "pit 2"]
    one, other = Population(home, Miner, names, "Miner"), Population(home, Miner, names, "IllegalMiner")
    fill(one, 1)
    fill(other, 2)

    assert (one.number != other.number).all()
    assert (one.permit_luck != other.permit_luck).all()
    np.testing.assert_array_equal(one.next_scale(), [one.ask_one(row, "next_scale") for row in (0, 1)])
    np.testing.assert_array_equal(other.next_scale(), [other.ask_one(row, "next_scale") for row in (0, 1)])
    assert (one.next_scale() != other.next_scale()).any()


def test_a_class_in_the_place_of_a_shipped_one_meets_its_random_numbers() -> None:
    home = public_home()

    mine = Population(home, CarefulMiner, ["pit"], "Miner")

    np.testing.assert_array_equal(mine.number, Population(home, Miner, ["pit"]).number)


# -- a rule that cannot be compiled ----------------------------------------------------------------
def _slow_kind() -> type[Agent]:
    """Kind with a rule that uses what numba does not know; a new function each time."""

    class SlowBaker(Baker):
        @rule
        def heat(oven, mood, day):
            """The same number by way of text."""
            return float(f"{oven * mood + day!r}")

    return SlowBaker


def test_a_rule_that_cannot_be_compiled_gives_the_same(bakers: Population) -> None:
    slow = fill(Population(small_home(), _slow_kind(), [f"{row}" for row in range(9)]))
    fast = fill(Population(small_home(), Baker, [f"{row}" for row in range(9)]))

    with pytest.warns(SlowRuleWarning, match="heat: cannot be compiled and is asked agent by agent"):
        answer = slow.heat()

    np.testing.assert_array_equal(answer, fast.heat())


def test_a_rule_that_cannot_be_compiled_warns_once() -> None:
    kind = _slow_kind()
    home = small_home()
    slow, again = Population(home, kind, ["Ann"]), Population(home, kind, ["Ann"])

    with pytest.warns(SlowRuleWarning) as told:
        slow.heat()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        slow.heat()
        slow.profit()
        slow.ask("heat", "spending")
        again.heat()

    assert len(told) == 1


def test_only_the_rule_that_cannot_be_compiled_is_named() -> None:
    slow = Population(small_home(), _slow_kind(), ["Ann"])

    with pytest.warns(SlowRuleWarning) as told:
        slow.profit()

    assert str(told[0].message).startswith("heat: cannot be compiled")
    assert told[0].filename == __file__


def test_a_replaced_rule_does_not_slow_the_shipped_kind() -> None:
    with pytest.warns(SlowRuleWarning):
        Population(small_home(), _slow_kind(), ["Ann"]).heat()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Population(small_home(), Baker, ["Ann"]).heat()
