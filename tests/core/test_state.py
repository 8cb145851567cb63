"""State: declared, written in place, complete in copies, and refused where a copy would lose something."""

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from market_abm.core.state import Kept, State, decode, encode
from market_abm.market.delivery import Way
from market_abm.policy.regime import PoolTerms


class Shop(State):
    """A part of a made-up world."""

    stock = Kept("g", "good")
    ledger = Kept("-", grows=True)
    till = Kept("US$")
    notes = Kept()

    def __init__(self) -> None:
        self.stock = np.array([1.0, 2.0, 3.0])
        self.ledger = np.zeros(2, dtype=np.int64)
        self.till = 5.0
        self.notes: list[Any] = ["open"]
        self.street = "Main"
        self.seal()

    @property
    def first(self) -> float:
        return float(self.stock[0])

    @first.setter
    def first(self, value: float) -> None:
        self.stock[0] = value


class Bakery(Shop):
    """Inherits state and adds some."""

    loaves = Kept("1")

    def __init__(self) -> None:
        self.loaves = 3
        super().__init__()


def test_arrays_are_written_in_place() -> None:
    shop = Shop()
    window = shop.stock[1:]

    shop.stock = np.array([7.0, 8.0, 9.0])

    assert window.tolist() == [8.0, 9.0]


def test_a_number_fills_an_array() -> None:
    shop = Shop()
    window = shop.stock[:]

    shop.stock = 4.0

    assert window.tolist() == [4.0, 4.0, 4.0]


def test_whole_numbers_may_be_written_to_an_array_of_floats() -> None:
    shop = Shop()

    shop.stock = np.array([1, 2, 3])

    assert shop.stock.dtype == np.float64


@pytest.mark.parametrize(
    ("name", "value"), [("stock", np.ones(4)), ("stock", np.ones((3, 1))), ("stock", None), ("ledger", np.ones(2))]
)
def test_an_array_of_another_shape_or_type_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"Shop\.{name} is .* is written in place; it cannot take"):
        setattr(Shop(), name, value)


def test_an_array_that_grows_is_replaced() -> None:
    shop = Shop()

    shop.ledger = np.arange(5)

    assert shop.ledger.tolist() == [0, 1, 2, 3, 4]


def test_things_and_numbers_are_replaced() -> None:
    shop = Shop()

    shop.till, shop.notes, shop.first = 6.0, [], 8.0

    assert (shop.till, shop.notes, shop.stock[0]) == (6.0, [], 8.0)


@pytest.mark.parametrize(
    ("name", "words"),
    [("stok", "'stok': declare it with Kept"), ("street", "it is a fact"), ("dump", "it is a fact"), ("kept", "fact")],
)
def test_nothing_undeclared_is_set_once_sealed(name: str, words: str) -> None:
    with pytest.raises(AttributeError, match=f"Shop declares no state .*{words}"):
        setattr(Shop(), name, 1)


def test_until_sealed_anything_may_be_set() -> None:
    class Open(State):
        pass

    part = Open()
    part.anything = 1

    assert part.anything == 1


def test_on_the_class_a_field_is_its_declaration() -> None:
    assert (Shop.stock.name, Shop.stock.unit, Shop.stock.axes) == ("stock", "g", ("good",))


def test_fields_of_base_classes_are_kept_too() -> None:
    assert Shop.kept() == ["stock", "ledger", "till", "notes"]
    assert Bakery.kept() == ["stock", "ledger", "till", "notes", "loaves"]


# -- dump and load ---------------------------------------------------------------------------------
def test_what_is_dumped_are_windows() -> None:
    shop = Shop()

    state = shop.dump()
    shop.stock[0] = 99.0

    assert set(state) == {"stock", "ledger", "till", "notes"}
    assert state["stock"] is shop.stock


def test_loaded_state_is_a_copy_in_place() -> None:
    shop, other = Shop(), Bakery()
    shop.stock, shop.notes, shop.ledger = np.array([4.0, 5.0, 6.0]), [["deep"]], np.arange(9)
    window = other.stock[:]

    other.load({**shop.dump(), "loaves": 1})
    shop.stock[0], shop.notes[0][0] = 0.0, "changed"

    assert window.tolist() == [4.0, 5.0, 6.0]
    assert other.notes == [["deep"]]
    assert other.ledger.size == 9
    assert other.loaves == 1


# -- encode and decode -----------------------------------------------------------------------------
whole = st.integers(-(2**70), 2**70)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    whole,
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.dates(),
    arrays_of.arrays(
        st.sampled_from([np.float64, np.int64, np.bool_, np.uint64]), arrays_of.array_shapes(max_dims=3, max_side=3)
    ),
)
keys = st.one_of(whole, st.text(max_size=3), st.tuples(st.integers(), st.text(max_size=2)), st.dates())
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(keys, inner, max_size=3),
        st.builds(PoolTerms, st.text(), whole, st.tuples(whole), st.dates(), st.none() | st.dates(), whole),
        st.builds(Way, *[inner] * len(Way._fields)),
    ),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, of the same type and order, arrays to the bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return bool(one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes())
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if hasattr(one, "__dataclass_fields__"):
        return same(vars(one), vars(other))
    return bool(one == other) and repr(one) == repr(other)  # -0.0 is not 0.0


@given(values)
def test_what_is_encoded_comes_back_by_way_of_text(value: Any) -> None:
    arrays: dict[str, Any] = {}

    text = json.dumps(encode(value, arrays, "part/field"))

    assert same(decode(json.loads(text), arrays), value)


@given(st.lists(leaves, max_size=4), st.lists(leaves, max_size=4))
def test_arrays_of_two_fields_keep_apart(first: list[Any], second: list[Any]) -> None:
    arrays: dict[str, Any] = {}

    one, two = encode(first, arrays, "one"), encode(second, arrays, "two")

    assert same(decode(one, arrays), first)
    assert same(decode(two, arrays), second)


@pytest.mark.parametrize("value", [np.float64(0.1), np.int64(3), np.bool_(True), np.uint64(2**64 - 1)])
def test_numbers_of_numpy_become_pythons(value: Any) -> None:
    assert encode(value, {}, "x") == value.item()
    assert type(encode(value, {}, "x")) in (float, int, bool)


@dataclass
class Foreign:
    """A record that is not of this program."""

    x: int = 0


class Pair(NamedTuple):
    """A named tuple that is not of this program."""

    x: int = 0


@pytest.mark.parametrize(
    "value",
    [{1, 2}, object(), np.array([object()]), dt.datetime(2010, 1, 1), 1j, lambda: 0, Foreign, b"bytes"],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_come_back_is_refused_with_its_path(value: Any) -> None:
    with pytest.raises(TypeError, match=r"part/field\.0\.1: .* cannot stand in a snapshot"):
        encode([[0, value]], {}, "part/field")


@pytest.mark.parametrize("value", [Foreign(), Pair()])
def test_a_record_of_another_program_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=r"(Foreign|Pair) is no record of this program"):
        decode(encode(value, {}, "x"), {})


@pytest.mark.parametrize(
    "name",
    [
        "os:system",
        "subprocess:Popen",
        "market_abm.nothing:Way",
        "market_abm.market.delivery:Nothing",
        "market_abm.core.state:encode",
        "market_abm.core.state:State",
        "market_abm.core.state:dataclasses",
        "market_abm.agents.miner:Miner.name",
        "market_abm_other.market.delivery:Way",
    ],
)
def test_only_records_of_this_program_are_made(name: str) -> None:
    with pytest.raises(TypeError, match="is no record of this program"):
        decode({"record": name, "fields": {}}, {})


def test_fields_that_are_worked_out_are_not_kept() -> None:
    @dataclass
    class Derived:
        x: int
        twice: int = field(init=False)

        def __post_init__(self) -> None:
            self.twice = 2 * self.x

    assert encode(Derived(3), {}, "x")["fields"] == {"x": 3}
