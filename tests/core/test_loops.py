"""Loops: their text for a case worked by hand, and machine code that is made once and is never out of date."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_world import population_of, public_home, small_home

from market_abm.agents.manufacturer import Manufacturer
from market_abm.agents.miner import Miner
from market_abm.agents.population import Agent, Population
from market_abm.core.columns import Column, Draw
from market_abm.core.rules import rule


class Cook(Agent):
    """A small kind, so that the text of a loop is short enough to be read."""

    sections = ("baker",)

    flour = Column("g", by_material=True)
    oven = Column("1")
    luck = Draw("uniform", "luck")

    @rule
    def heat(oven, mood):
        return oven * mood

    @rule
    def spending(flour, price):
        return flour * price

    @rule(over_materials="sum")
    def total(spending, weight):
        return spending * weight

    @rule(gives=("part", "rest"))
    def share(spending, total, heat, order):
        return spending / total * heat, order

    @rule
    def next_oven(luck, thrift):
        return luck * thrift


BY_HAND = """\
def loop(first, last, materials, o_share_0, o_share_1, o_heat_0, c_flour, s_price, c_zone, s_weight, c_oven, s_mood, \
g_order):
    for i in range(first, last):
        x_zone = c_zone[i]
        v_total = 0.0
        for m in range(materials):
            w_flour = c_flour[m, i]
            w_price = s_price[m, x_zone]
            w_spending = r_spending(flour=w_flour, price=w_price)
            w_weight = s_weight[m]
            v_total = v_total + r_total(spending=w_spending, weight=w_weight)
        v_oven = c_oven[i]
        v_mood = s_mood[x_zone]
        v_heat = r_heat(oven=v_oven, mood=v_mood)
        v_order = g_order[i - first]
        for m in range(materials):
            w_flour = c_flour[m, i]
            w_price = s_price[m, x_zone]
            w_spending = r_spending(flour=w_flour, price=w_price)
            w_share = r_share(spending=w_spending, total=v_total, heat=v_heat, order=v_order)
            o_share_0[m, i - first] = w_share[0]
            o_share_1[m, i - first] = w_share[1]
        o_heat_0[i - first] = v_heat
"""


def cooks(size: int = 2, kind: type[Agent] = Cook) -> Population:
    made = Population(small_home(), kind, [f"cook {row}" for row in range(size)])
    made.flour[:], made.oven[:] = 2.0, 4.0
    return made


def test_the_text_of_a_loop_is_what_one_would_write() -> None:
    made = cooks()
    made.ask("share", "heat", order=np.ones(2))

    (asking,) = made._askings.values()

    assert asking.loop.text == BY_HAND
    assert [(output.rule, output.number, output.by_material) for output in asking.loop.outputs] == [
        ("share", 0, True),
        ("share", 1, True),
        ("heat", 0, False),
    ]


def test_all_rules_of_a_pass_read_before_anything_is_written() -> None:
    made = cooks()
    heat = np.empty(2)

    made.ask("next_oven", "heat", into=[made.oven, heat])

    np.testing.assert_array_equal(made.oven, made.luck * 0.5)
    np.testing.assert_array_equal(heat, 4.0 * 0.25)


def test_by_material_too_all_rules_read_before_anything_is_written() -> None:
    class Eater(Cook):
        @rule
        def next_flour(weight):
            return -weight

    made = cooks(kind=Eater)
    spending, total = np.empty((3, 2)), np.empty(2)

    made.ask("next_flour", "spending", "total", into=[made.flour, spending, total])

    assert made.flour[:, 0].tolist() == [-1.0, -2.0, -4.0]
    assert spending[:, 0].tolist() == [2.0, 20.0, 200.0]
    assert total.tolist() == [2.0 + 40.0 + 800.0] * 2


# -- machine code is made once ---------------------------------------------------------------------
class Counted:
    """Counts what numba compiles or loads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from numba.core.dispatcher import Dispatcher

        self.signatures: list[str] = []
        original = Dispatcher.compile

        def compile_and_count(dispatcher: Any, signature: Any) -> Any:
            before = len(dispatcher.overloads)
            made = original(dispatcher, signature)
            if len(dispatcher.overloads) > before:
                self.signatures.append(dispatcher.py_func.__name__)
            return made

        monkeypatch.setattr(Dispatcher, "compile", compile_and_count)


def _ask_some(population: Population) -> None:
    population.ask("wanted_use", "possible_activity")
    population.normal_bid()
    population.next_usual_use(need=np.ones((len(population.home.materials), population.size)))


def test_another_size_or_world_compiles_nothing_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    _ask_some(population_of(Manufacturer, 40))
    counted = Counted(monkeypatch)

    _ask_some(population_of(Manufacturer, 1))
    _ask_some(population_of(Manufacturer, 300, home=public_home(7)))
    wide = public_home()
    wide.materials += ["D"]
    wide.material_numbers = np.append(wide.material_numbers, np.uint64(4))
    for name, series in wide.series.items():
        if "material" in series.axes:
            wide.values[name] = np.concatenate([wide.values[name], wide.values[name][:1]])
    _ask_some(population_of(Manufacturer, 5, home=wide))

    assert counted.signatures == []


def test_populations_that_ask_the_same_share_a_pass() -> None:
    one, other = population_of(Miner, 3), population_of(Miner, 9)
    one.next_ramp()
    other.next_ramp()

    first, second = (next(iter(made._askings.values())).loop for made in (one, other))

    assert first._fast is second._fast


# -- machine code is never out of date -------------------------------------------------------------
def _with_speed(speed: float) -> type[Agent]:
    class Quick(Cook):
        @rule
        def heat(oven):
            return oven + speed

    return Quick


def test_a_rule_that_uses_an_argument_of_its_maker_is_compiled_for_each() -> None:
    assert cooks(kind=_with_speed(0.5)).heat().tolist() == [4.5, 4.5]
    assert cooks(kind=_with_speed(2.0)).heat().tolist() == [6.0, 6.0]


MODULE = """
from market_abm.agents.population import Agent
from market_abm.core.columns import Column
from market_abm.core.rules import rule
{imports}

class Own(Agent):
    oven = Column("1")

    @rule
    def heat(oven):
        return {call}
"""
HELPER = """
from market_abm.core.arithmetic import helper

@helper
def warm(x):
    return {text}
"""


@pytest.fixture
def own_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Population]:
    """Write a user's module and its helper, ask its rule in a fresh import, and forget both."""
    monkeypatch.syspath_prepend(tmp_path)

    def ask(helper: str, imports: str = "from own_helper import warm", call: str = "warm(oven)") -> Population:
        (tmp_path / "own_helper.py").write_text(HELPER.format(text=helper))
        (tmp_path / "own_kind.py").write_text(MODULE.format(imports=imports, call=call))
        for name in ("own_helper", "own_kind"):
            sys.modules.pop(name, None)
        for cached in tmp_path.glob("__pycache__/*"):
            cached.unlink()  # files written in one second look alike to Python
        import own_kind

        made = Population(small_home(), own_kind.Own, ["Ann"])
        made.oven[:] = 10.0
        return made

    return ask


@pytest.mark.parametrize(
    ("imports", "call"), [("from own_helper import warm", "warm(oven)"), ("import own_helper", "own_helper.warm(oven)")]
)
def test_a_change_in_a_users_helper_is_noticed(own_kind: Callable[..., Population], imports: str, call: str) -> None:
    assert own_kind("x + 1.0", imports, call).heat().tolist() == [11.0]
    assert own_kind("x + 2.0", imports, call).heat().tolist() == [12.0]


def test_a_change_of_a_global_number_is_noticed(own_kind: Callable[..., Population]) -> None:
    assert own_kind("x", "SPEED = 1.0", "oven * SPEED").heat().tolist() == [10.0]
    assert own_kind("x", "SPEED = 3.0", "oven * SPEED").heat().tolist() == [30.0]


def test_a_rule_without_a_file_is_compiled_none_the_less() -> None:
    space: dict[str, Any] = {}
    exec(MODULE.format(imports="", call="oven * 2.0"), space)
    made = Population(small_home(), space["Own"], ["Ann"])
    made.oven[:] = 10.0

    assert made.heat().tolist() == [20.0]


def test_a_rule_that_moves_to_another_module_is_compiled_anew(
    own_kind: Callable[..., Population], tmp_path: Path
) -> None:
    """Machine code names the module of its functions, which may be gone."""
    own_kind("x + 1.0").heat()
    moved = (tmp_path / "own_kind.py").rename(tmp_path / "moved_kind.py")
    del sys.modules["own_kind"]

    import moved_kind

    made = Population(small_home(), moved_kind.Own, ["Ann"])
    made.oven[:] = 10.0
    assert moved.exists()
    assert made.heat().tolist() == [11.0]


def test_unchanged_rules_are_loaded_from_disk(own_kind: Callable[..., Population]) -> None:
    own_kind("x + 1.0").heat()

    again = own_kind("x + 1.0")  # other functions of the same content

    assert again.heat().tolist() == [11.0]
    (asking,) = again._askings.values()
    assert sum(asking.loop._fast.stats.cache_hits.values()) == 1
    assert not asking.loop._fast.stats.cache_misses


def test_a_value_that_cannot_be_told_is_not_kept_on_disk(own_kind: Callable[..., Population]) -> None:
    made = own_kind("x", "import collections\nPair = collections.namedtuple('Pair', 'a b')", "oven * Pair(2.0, 3.0).a")

    assert made.heat().tolist() == [20.0]
    (asking,) = made._askings.values()
    assert asking.loop._fast.stats.cache_path is None
