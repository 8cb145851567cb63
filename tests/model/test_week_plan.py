"""The week as a list of verbs: insert one, replace one, and be told at once what does not fit."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from market_abm.market.market import Market
from market_abm.market.use import Use, consume
from market_abm.model import MineralMarket
from market_abm.shipped_week import shipped_week
from market_abm.week_plan import Verb, VerbError, WeekPlan


def first(market: Market) -> None:
    """Do nothing."""


def last(market: Market) -> None:
    """Do nothing, later."""


def names(plan: WeekPlan) -> list[str]:
    return [verb.name for verb in plan]


# -- the list --------------------------------------------------------------------------------------
def test_a_verb_goes_before_or_after_another() -> None:
    plan = WeekPlan([Verb(first), Verb(last)])

    plan.before("first", Verb(first, name="dawn"))
    plan.after("first", Verb(first, name="noon"))

    assert names(plan) == ["dawn", "first", "noon", "last"]


def test_a_verb_is_replaced_under_its_name_with_its_part_and_pace() -> None:
    plan = WeekPlan([Verb(first, "dawn", every=4), Verb(last)])

    plan.replace("first", last)

    assert plan[0] == Verb(last, "dawn", every=4, name="first")


@pytest.mark.parametrize("do", [WeekPlan.place, lambda plan, name: plan.replace(name, last)])
def test_an_unknown_verb_is_answered_with_the_nearest(do: Callable[..., Any]) -> None:
    with pytest.raises(VerbError, match=r"no verb 'frist'\. Did you mean 'first'\? It has first, last\."):
        do(WeekPlan([Verb(first), Verb(last)]), "frist")


def test_a_copied_plan_is_a_plan_of_its_own() -> None:
    plan = WeekPlan([Verb(first)])

    plan.copy().after("first", Verb(last))

    assert names(plan) == ["first"]
    assert isinstance(copy.deepcopy(plan), WeekPlan)


def test_the_shipped_week_is_new_each_time() -> None:
    shipped_week().clear()

    assert names(shipped_week())[0] == "enact_policies"
    assert len(set(names(shipped_week()))) == len(shipped_week())


@pytest.mark.parametrize(
    ("function", "options", "words"),
    [
        (first, {"every": 0}, "is to be done every 0 weeks; give 1 or more"),
        (lambda *market: None, {"name": "all"}, r"verb all: \*market has no name by which it could be bound"),
        (lambda **parts: None, {"name": "all"}, r"verb all: \*\*parts has no name"),
        (max, {}, "verb max: the names of its parameters cannot be read"),
    ],
)
def test_a_function_that_cannot_be_bound_is_refused(function: Any, options: Any, words: str) -> None:
    with pytest.raises(VerbError, match=words):
        Verb(function, **options)


# -- in a model ------------------------------------------------------------------------------------
def planned(tiny_model: Callable[..., MineralMarket], *steps: tuple[str, Verb]) -> MineralMarket:
    """Tiny market with verbs put after others."""
    model = tiny_model()
    for after, verb in steps:
        model.verbs.after(after, verb)
    return model


def test_an_inserted_verb_reads_world_and_week_by_name(tiny_model: Callable[..., MineralMarket]) -> None:
    seen: list[Any] = []

    def look(market: Market, use: Use, week_index: int, today: Any, week: Any, scenario: Any) -> None:
        seen.append((market, use.used.sum(), week_index, today, week.index, scenario.name))

    model = planned(tiny_model, ("consume", Verb(look)))
    start = model.today
    model.step()
    model.step()

    assert [row[2] for row in seen] == [row[4] for row in seen] == [0, 1]
    assert seen[0][0] is model.market
    assert seen[0][1] > 0
    assert [row[3] for row in seen] == [start, model.date_of(1)]
    assert seen[0][5] == "tiny-three"


def test_a_replaced_verb_does_something_else(
    tiny_model: Callable[..., MineralMarket], seal: Callable[[MineralMarket], str]
) -> None:
    shipped, other = tiny_model(run=3), tiny_model()

    def no_news(market: Market) -> None:
        market.open_week(0.0 * market.news)

    other.verbs.replace("hear_news", no_news)
    for _ in range(3):
        other.step()

    assert not other.market.news.any()
    assert seal(other) != seal(shipped)


def test_a_verb_that_wraps_the_shipped_one_leaves_the_run_as_it_is(
    tiny_model: Callable[..., MineralMarket], seal: Callable[[MineralMarket], str]
) -> None:
    shipped, other = tiny_model(run=3), tiny_model()

    def count(
        manufacturers: Any, market: Any, regime: Any, ledger: Any, accounts: Any, parameters: Any, thrifting_on: bool
    ) -> Use:
        return consume(manufacturers, market, regime, ledger, accounts, parameters, thrifting_on)

    other.verbs.replace("consume", count)
    for _ in range(3):
        other.step()

    assert seal(other) == seal(shipped)


def test_a_verb_may_give_a_new_part_that_later_ones_read(tiny_model: Callable[..., MineralMarket]) -> None:
    seen = []

    def weigh(use: Use) -> int:
        return int(use.used.sum())

    def note(weight: int) -> None:
        seen.append(weight)

    model = planned(tiny_model, ("consume", Verb(note)), ("consume", Verb(weigh, "weight")))
    model.step()

    assert seen == [model.week.weight] == [int(model.week.use.used.sum())]


def test_a_verb_is_done_every_so_many_weeks(tiny_model: Callable[..., MineralMarket]) -> None:
    seen = []

    def note(week_index: int) -> None:
        seen.append(week_index)

    model = planned(tiny_model, ("record", Verb(note, every=3)))
    for _ in range(8):
        model.step()

    assert seen == [0, 3, 6]


def test_a_default_holds_where_nothing_has_the_name(tiny_model: Callable[..., MineralMarket]) -> None:
    seen = []

    def note(rate: float = 0.5, *, use: Any = None, market: Any = None) -> None:
        seen.append((rate, use, market))

    model = planned(tiny_model, ("consume", Verb(note)))
    model.step()

    assert seen == [(0.5, model.week.use, model.market)]


def test_verbs_may_change_between_weeks(tiny_model: Callable[..., MineralMarket]) -> None:
    seen = []
    model = tiny_model(run=1)

    model.verbs.append(Verb(lambda week_index: seen.append(week_index), name="note"))
    model.step()
    model.verbs.pop()
    model.step()

    assert seen == [1]


def test_a_verb_can_be_run_alone(tiny_model: Callable[..., MineralMarket]) -> None:
    model, seen = tiny_model(), []
    note = Verb(lambda use, week_index, scenario, rate=0.5: seen.append((use, week_index, scenario, rate)), name="note")

    model.verbs[model.verbs.place("consume")].run(model.world, model.week)
    note.run(model.world, model.week)

    assert model.week.use.used.any()
    assert seen == [(model.week.use, 0, model.world.scenario, 0.5)]


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (Verb(lambda markt: None, name="look"), r"verb look asks for 'markt', which is neither .*mean 'market'\?"),
        (Verb(lambda uses: None, name="look"), r"verb look asks for 'uses'.* Did you mean 'use'\?"),
        (Verb(lambda trade: None, name="look"), "verb look asks for 'trade', which is neither in the world nor given"),
        (Verb(lambda qqqq: None, name="look"), r"given by a verb before it\.$"),
        (Verb(first, "market"), "verb first gives 'market', but the world has something of that name"),
        (Verb(first, "today"), "verb first gives 'today', but"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_done(
    tiny_model: Callable[..., MineralMarket], verb: Verb, words: str
) -> None:
    model = planned(tiny_model, ("consume", verb))

    with pytest.raises(VerbError, match=words):
        model.step()

    assert model.week_index == 0
    assert not model.recorder.price.any()


def test_a_part_that_is_given_in_some_weeks_is_not_read_in_others(tiny_model: Callable[..., MineralMarket]) -> None:
    def weigh(use: Use) -> int:
        return int(use.used.sum())

    model = planned(
        tiny_model,
        ("consume", Verb(lambda weight: None, name="often", every=3)),
        ("consume", Verb(lambda weight: None, name="rare", every=26)),
        ("consume", Verb(weigh, "weight", every=13)),
    )

    with pytest.raises(VerbError, match="verb often runs every 3 weeks but reads 'weight', which is given every 13"):
        model.step()


def test_an_optional_part_may_come_from_an_earlier_verb_only(tiny_model: Callable[..., MineralMarket]) -> None:
    seen = []
    model = planned(tiny_model, ("enact_policies", Verb(lambda use=None: seen.append(use), name="early")))

    model.step()

    assert seen == [None]


def note_nothing(use: Use) -> None:
    """Do nothing; a function of a module, so that a model with it can be pickled."""


@pytest.mark.parametrize("how", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_keep_the_plan(
    tiny_model: Callable[..., MineralMarket], seal: Callable[[MineralMarket], str], how: Callable[..., MineralMarket]
) -> None:
    model = planned(tiny_model, ("consume", Verb(note_nothing, every=2)))
    model.step()

    other = how(model)
    other.verbs.append(Verb(first))
    model.step()
    other.step()

    assert names(other.verbs) == [*names(model.verbs), "first"]
    assert other.verbs[names(other.verbs).index("note_nothing")].every == 2
    assert seal(other) == seal(model)


def test_a_plan_given_to_two_models_belongs_to_neither(tiny_scenario: Callable[..., Any]) -> None:
    plan = shipped_week()
    one, other = MineralMarket(tiny_scenario(), rng=1, verbs=plan), MineralMarket(tiny_scenario(), rng=1, verbs=plan)

    one.verbs.append(Verb(first))

    assert len(other.verbs) == len(plan) == len(one.verbs) - 1
