"""A class of one's own in a whole market: its rules are compiled or run as they stand, and meet the same luck."""

import warnings
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
import pytest

from market_abm.agents.illegal_miner import IllegalMiner
from market_abm.agents.manufacturer import Manufacturer
from market_abm.agents.miner import Miner
from market_abm.agents.population import Agent
from market_abm.agents.refiner import Refiner
from market_abm.agents.speculator import Speculator
from market_abm.agents.state_buyer import StateBuyer
from market_abm.books.accounts import Accounts
from market_abm.books.ledger import Ledger
from market_abm.core.binding import RuleError
from market_abm.core.columns import Column, Draw
from market_abm.core.loops import SlowRuleWarning
from market_abm.core.rules import rule
from market_abm.model import MineralMarket
from market_abm.week_plan import Verb

Build = Callable[..., MineralMarket]
Seal = Callable[[MineralMarket], str]
WEEKS = 12
POLICY = [
    {"type": "stockpile", "actor": "jogmec", "days": 30.0},
    {"type": "embargo", "origin": "CN", "destination": "JP", "start": "2010-02-22"},
]
SHIPPED: dict[str, type[Agent]] = {
    "manufacturer": Manufacturer,
    "miner": Miner,
    "illegal_miner": IllegalMiner,
    "refiner": Refiner,
    "speculator": Speculator,
    "state_buyer": StateBuyer,
}


@pytest.fixture(scope="module")
def shipped(tiny_model: Build, seal: Seal) -> str:
    """Seal of the market as it is shipped."""
    return seal(tiny_model(run=WEEKS, policy=POLICY))


@pytest.mark.parametrize("key", SHIPPED)
def test_a_class_that_changes_nothing_changes_nothing(tiny_model: Build, seal: Seal, shipped: str, key: str) -> None:
    own = type("Own", (SHIPPED[key],), {})

    model = tiny_model(run=WEEKS, policy=POLICY, kinds={key: own})

    assert seal(model) == shipped
    assert all(type(agent) is own for agent in model.agents_by_type[own])


class Hoarder(Manufacturer):
    """A maker that wants more in stock the more often it was frightened, and a little at random."""

    frights = Column("week", low=0)
    mood = Draw("uniform", "mood of hoarders")

    @rule
    def next_frights(frights, risk):
        """Weeks in which the risk was felt so far."""
        return frights + (1.0 if risk > 0.2 else 0.0)

    @rule
    def target_stock(base_cover, usual_use, frights, mood):
        """Stock wanted [g], by material."""
        return (base_cover + min(frights, 20.0) + mood) * usual_use


class PlainHoarder(Hoarder):
    """The same in Python that cannot be compiled."""

    @rule
    def target_stock(base_cover, usual_use, frights, mood):
        """Stock wanted [g], by material."""
        return (base_cover + float(repr(min(frights, 20.0))) + mood) * usual_use


def count_frights(manufacturers: Any) -> None:
    """Let hoarders count."""
    manufacturers.frights[:] = manufacturers.next_frights()


def hoarding(tiny_model: Build, kind: type[Manufacturer]) -> MineralMarket:
    """A market of hoarders, after some weeks of fear."""
    model = tiny_model(policy=POLICY, kinds={"manufacturer": kind})
    model.verbs.after("update_risk", Verb(count_frights))
    for _ in range(WEEKS):
        model.step()
    return model


def test_a_kind_of_ones_own_has_columns_draws_rules_and_a_verb(tiny_model: Build, seal: Seal, shipped: str) -> None:
    model = hoarding(tiny_model, Hoarder)
    makers = model.agents_by_type[Hoarder]

    assert seal(model) != shipped
    assert model.world.manufacturers.frights.max() == WEEKS - 8
    assert makers.agg("frights", max) == WEEKS - 8
    np.testing.assert_array_equal(np.stack(makers.map("target_stock"), 1), model.world.manufacturers.target_stock())


def test_a_rule_that_cannot_be_compiled_gives_the_same_run_and_says_so_once(tiny_model: Build, seal: Seal) -> None:
    with pytest.warns(SlowRuleWarning, match="asked agent by agent") as told:
        plain = hoarding(tiny_model, PlainHoarder)

    assert [str(word.message).split(":")[0] for word in told] == ["target_stock"]
    assert seal(plain) == seal(hoarding(tiny_model, Hoarder))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hoarding(tiny_model, PlainHoarder)


class Baffled(Manufacturer):
    """A class with a rule that asks for what there is not."""

    @rule
    def target_stock(base_cover, usual_usage):
        """Stock wanted."""
        return base_cover * usual_usage


def test_a_rule_that_asks_for_what_there_is_not_is_told(tiny_model: Build) -> None:
    model = tiny_model(kinds={"manufacturer": Baffled})

    with pytest.raises(RuleError, match=r"target_stock asks for 'usual_usage'.*Did you mean 'usual_use'"):
        model.step()


@pytest.mark.parametrize(
    ("key", "kind", "words"),
    [
        ("miner", Manufacturer, 'kinds: "miner" is Manufacturer, which lacks .*deposit.* inherit from Miner'),
        ("speculator", Agent, 'kinds: "speculator" is Agent, which lacks .*strategy.* inherit from Speculator'),
        ("speculator", int, "give a class that inherits from market_abm's Agent"),
        ("speculator", "Speculator", "give a class that inherits from market_abm's Agent"),
    ],
)
def test_a_class_that_cannot_be_the_kind_is_refused(tiny_model: Build, key: str, kind: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tiny_model(kinds={key: kind})


class Miser(Speculator):
    """A trader that never bids, whatever the market."""

    @rule(gives=("limit", "quantity"))
    def purchase(quote):
        """No bid."""
        return quote, 0.0


def test_traders_of_ones_own_trade_by_their_own_rules(tiny_model: Build) -> None:
    model = tiny_model(run=30, policy=POLICY, kinds={"speculator": Miser})

    assert not model.world.speculators.stock.any()


class Steady(Miner):
    """A mine that never changes its output."""

    @rule
    def next_utilisation(utilisation):
        """Utilisation as it was [1]."""
        return utilisation


def test_kinds_go_into_a_batch(tiny_scenario: Callable[..., Any]) -> None:
    options: dict[str, Any] = {"number_processes": 1, "max_steps": 3, "display_progress": False}

    rows = mesa.batch_run(
        MineralMarket,
        {"scenario": [tiny_scenario(weeks=3)], "kinds": [None, {"miner": Steady}], "rng": [1]},
        data_collection_period=-1,
        **options,
    )

    assert len(rows) == 2
    assert rows[0]["mined"] != rows[1]["mined"]


def pay_a_grant(manufacturers: Any, ledger: Ledger, accounts: Accounts) -> None:
    """A verb of one's own that moves money: the treasury gives every maker a thousand dollars."""
    rows = np.arange(manufacturers.size)
    ledger.pay("grant", accounts.treasury, accounts.group(manufacturers), 10**9, manufacturers.zone, rows)


def test_a_verb_of_ones_own_books_what_it_pays(tiny_model: Build) -> None:
    model, calm = tiny_model(), tiny_model(run=5)
    model.verbs.before("check_books", Verb(pay_a_grant, every=2))
    for _ in range(5):
        model.step()

    money = model.tables()["money"]
    given = money[money["purpose"] == "grant"]["usd"].sum()
    makers = model.world.manufacturers
    assert abs(given) == 3 * 1000 * makers.size
    assert (makers.cash - calm.world.manufacturers.cash == 3 * 10**9).all()
