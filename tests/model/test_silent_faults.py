"""What once gave a wrong answer without a word: each of these either works or says what is wrong.

The model is asked through its public doors only: `run`, `MineralMarket`, its tables,
its Mesa agents, and the command line.
"""

import copy
import datetime as dt
import inspect
import pickle
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest

import market_abm
from market_abm.agents.illegal_miner import IllegalMiner
from market_abm.agents.manufacturer import Manufacturer
from market_abm.agents.miner import Miner
from market_abm.agents.population import Agent
from market_abm.agents.refiner import Refiner
from market_abm.agents.speculator import Speculator
from market_abm.agents.state_buyer import StateBuyer
from market_abm.core.rules import rule
from market_abm.model import MineralMarket
from market_abm.policy import PriceFloor
from market_abm.record.digest import digest
from market_abm.record.snapshot import restore, take
from market_abm.scenario.errors import ScenarioError
from market_abm.scenario.schema import Scenario

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
from invoking import invoke

Build = Callable[..., MineralMarket]
Scenarios = Callable[..., Scenario]
START = dt.date(2010, 1, 4)


def week(number: int) -> dt.date:
    """Monday of a week of the tiny scenario."""
    return START + dt.timedelta(weeks=number)


def finished(model: MineralMarket) -> MineralMarket:
    """Run a model to its end."""
    while model.running:
        model.step()
    return model


# -- copies --------------------------------------------------------------------------------------
RICH: list[dict[str, Any]] = [
    {"type": "embargo", "origin": "CN", "destination": "JP", "start": week(8), "end": week(17)},
    {"type": "export_quota", "origin": "CN", "rounds": [(START, 150.0), (week(13), 60.0), (week(30), 120.0)]},
    {"type": "stockpile", "actor": "jogmec", "days": 30.0},
    {"type": "band_purchase", "actor": "jogmec", "materials": ["Dy"], "low_ratio": 0.9},
    {"type": "equity", "actor": "jogmec"},
    {"type": "loan", "actor": "jogmec"},
    {"type": "offtake", "actor": "jogmec"},
    {"type": "price_floor", "actor": "jogmec", "project": "lake", "material": "NdPr", "floor": 60.0},
    {"type": "output_halt", "zone": "CN", "material": "NdPr", "fall_below": 1.0},
]
"""Quotas, contracts and a state body with every instrument."""
RICH_HOLDING = 30  # a week in which speculators hold metal under these policies
OFFTAKE = {"offtake": {"old": {"mine": "hill", "buyer_zone": "JP", "share": 0.2, "end": week(40)}}}
WORLDS: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {"plain": ({}, []), "rich": (OFFTAKE, RICH)}
STOPS = (0, 1, 7, 12, 13, 14, 26, 38, 39, 52, 59)
"""Weeks at which a copy is taken: the first, the last, and both sides of a quarter's end."""
COPIES: dict[str, Callable[[MineralMarket], MineralMarket]] = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "snapshot": lambda model: restore(take(model)),
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("way", COPIES)
def test_a_copy_taken_in_any_week_goes_on_to_the_same_end(tiny_scenario: Scenarios, world: str, way: str) -> None:
    changes, policy = WORLDS[world]
    straight, copies = MineralMarket(tiny_scenario(changes, policy=policy), rng=5), {}
    for number in range(60):
        if number in STOPS:
            copies[number] = COPIES[way](straight)
        straight.step()
    expected = digest(straight.tables())

    ends = {number: digest(finished(model).tables()) for number, model in copies.items()}

    assert ends == dict.fromkeys(STOPS, expected)


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_shares_nothing_with_its_original(tiny_scenario: Scenarios, way: str) -> None:
    changes, policy = WORLDS["rich"]
    undisturbed = finished(MineralMarket(tiny_scenario(changes, policy=policy), rng=5))
    model = MineralMarket(tiny_scenario(changes, policy=policy), rng=5)
    for _ in range(20):
        model.step()

    finished(COPIES[way](model))

    assert digest(finished(model).tables()) == digest(undisturbed.tables())


# -- limits of mass, money and price -------------------------------------------------------------
HUGE: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "use of 25 Mt a year": ({"manufacturer": {"magnets-cn": {"use_t_per_year": {"NdPr": 2.5e7}}}}, []),
    "a mine of 25 Mt a year": ({"mine": {"north": {"capacity_t_per_year": (2.5e7, 2.5e7)}}}, []),
    "a subsidy of 1e8": (
        {},
        [{"type": "thrifting_subsidy", "zone": "JP", "musd_per_year": 1e8}],
    ),
    "a floor of 1e9": (
        {},
        [{"type": "price_floor", "actor": "jogmec", "project": "hill", "material": "NdPr", "floor": 1e9}],
    ),
    "an offtake floor of 1e9": (
        {"offtake": {"old": {"mine": "hill", "buyer_zone": "JP", "share": 0.2, "floor_usd_per_kg": 1e9}}},
        [],
    ),
    "a budget of 1e9": ({"state_buyer": {"jogmec": {"budget_musd": 1e9}}}, []),
    "capital of 1e8": ({"speculator": {"ndpr-cn": {"capital_musd": 1e8}}}, []),
    "a price of 1e8": ({"material": {"NdPr": {"price_usd_per_kg": 1e8, "value_in_use_usd_per_kg": 1e9}}}, []),
    "a reserve of 1e14 t": ({"mine": {"hill": {"reserve_t": 1e14}}}, []),
    "a quota of 1e14 t": ({}, [{"type": "export_quota", "origin": "CN", "rounds": [(START, 1e14)]}]),
    "building costs of 1e10 a tonne": ({"mine": {"ridge": {"capex_usd_per_t": (1e10, 1e10)}}}, []),
}
"""What exceeds 64-bit integers of grams or micro-US$, or the greatest price of the auction."""


def written(scenario: Scenario, folder: Path) -> Path:
    """File of a scenario."""
    from market_abm.scenario.writing import dump_toml

    place = folder / "huge.toml"
    place.write_text(dump_toml(scenario))
    return place


@pytest.mark.parametrize("case", HUGE)
@pytest.mark.parametrize("command", ["check", "run"])
def test_the_command_line_tells_in_words_what_exceeds_the_limits(
    tiny_scenario: Scenarios, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, command: str
) -> None:
    changes, policy = HUGE[case]
    file = written(tiny_scenario(changes, policy=policy), tmp_path)
    monkeypatch.chdir(tmp_path)

    told = invoke(command, file)

    assert told.exit_code == 2, told.output
    assert "Traceback" not in told.output
    assert "limit" in told.output


def tables_or_words(scenario: Scenario) -> tuple[Mapping[str, pd.DataFrame] | None, str]:
    """Tables of a run, or what the program says why there are none."""
    try:
        return market_abm.run(scenario, seed=1).tables, ""
    except Exception as error:  # whoever notices first may speak
        return None, f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("case", HUGE)
def test_a_scenario_made_in_python_never_publishes_a_sum_that_wrapped(tiny_scenario: Scenarios, case: str) -> None:
    changes, policy = HUGE[case]
    scenario = tiny_scenario(changes, weeks=20, policy=policy)

    tables, said = tables_or_words(scenario)
    assert tables is not None or "limit" in said, said
    if tables is None:
        return

    for name, column in (("prices", "price_usd_per_kg"), ("stocks", "tonnes"), ("flows", "tonnes")):
        assert (tables[name][column] >= 0).all(), name
    money = tables["money"].groupby("purpose")["usd"].sum()
    assert money.get("goods", 0.0) >= 0  # customers pay manufacturers, never the other way


def test_policies_changed_under_way_are_held_against_the_limits_too(tiny_model: Build) -> None:
    model = tiny_model(run=2)
    changes, (floor,) = HUGE["a floor of 1e9"]
    scenario = model.scenario

    with pytest.raises(ScenarioError, match="limit"):
        model.change_policies([PriceFloor(**floor)])

    assert not changes
    assert model.scenario is scenario


# -- seeds, ends, kinds ----------------------------------------------------------------------------
def test_a_model_without_a_seed_draws_a_fresh_one(tiny_scenario: Scenarios) -> None:
    models = [MineralMarket(tiny_scenario(weeks=6), rng=None) for _ in range(3)]

    assert len({digest(finished(model).tables()) for model in models}) == 3
    assert len({model.seed for model in models}) == 3


def test_the_fresh_seed_can_be_read_and_makes_the_run_again(tiny_scenario: Scenarios) -> None:
    scenario = tiny_scenario(weeks=6)
    model = MineralMarket(scenario, rng=None)

    again = MineralMarket(scenario, rng=model.seed)

    assert digest(finished(again).tables()) == digest(finished(model).tables())


def test_iterations_of_a_batch_differ() -> None:
    options: dict[str, Any] = {"number_processes": 1, "max_steps": 5, "display_progress": False}
    newer = "rng" in inspect.signature(mesa.batch_run).parameters  # Mesa 3.5 takes seeds in place of a number
    options |= {"rng": [None] * 3} if newer else {"iterations": 3}

    rows = mesa.batch_run(MeasuredMarket, {"scenario": ["tiny"]}, data_collection_period=-1, **options)

    assert len({row["price"] for row in rows}) == 3


class MeasuredMarket(MineralMarket):
    """A market whose last price a batch can read."""

    def __init__(self, scenario: str, rng: int | None = None) -> None:
        super().__init__(scenario, rng=rng)
        self.datacollector = mesa.DataCollector(
            model_reporters={"price": lambda model: float(model.tables()["prices"]["price_usd_per_kg"].sum())}
        )

    def step(self) -> None:
        super().step()
        self.datacollector.collect(self)


def test_a_step_after_the_end_says_that_the_run_is_over(tiny_model: Build) -> None:
    model = tiny_model(weeks=3)
    finished(model)
    before = digest(model.tables())

    with pytest.raises(RuntimeError, match=r"over|ended"):
        model.step()

    assert digest(model.tables()) == before


@pytest.mark.parametrize(("key", "near"), [("manufacturers", "manufacturer"), ("iner", "miner")])
def test_an_unknown_kind_is_refused_with_the_nearest_name(tiny_scenario: Scenarios, key: str, near: str) -> None:
    with pytest.raises(ValueError, match=f'"{key}"(.|\n)*"{near}"'):
        MineralMarket(tiny_scenario(), rng=1, kinds={key: Manufacturer})


class Digger(IllegalMiner):
    """A class of one's own that behaves as illegal miners do."""


class SameDigger(IllegalMiner):
    """A second class that behaves the same."""


def test_one_class_may_stand_under_two_kinds(tiny_model: Build) -> None:
    one = tiny_model(weeks=30, kinds={"miner": Digger, "illegal_miner": Digger}, run=30)
    two = tiny_model(weeks=30, kinds={"miner": Digger, "illegal_miner": SameDigger}, run=30)

    assert digest(one.tables()) == digest(two.tables())


# -- agents that leave, agents that spend ----------------------------------------------------------
def remove(model: MineralMarket, kind: type[Agent]) -> int:
    """Take all agents of a kind out of the market; return how many there were."""
    leaving = list(model.agents_by_type[kind])
    for agent in leaving:
        agent.remove()
    return len(leaving)


def last(model: MineralMarket, table: str, **where: str) -> pd.DataFrame:
    """Rows of a table for the last week that was run."""
    frame = model.tables()[table]
    frame = frame[frame["week"] == pd.Timestamp(model.date_of(model.week_index - 1))]
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


def stock_of(model: MineralMarket, holder: str) -> float:
    """Tonnes that a kind of holder has at the end of the last week."""
    return float(last(model, "stocks", holder=holder)["tonnes"].sum())


KINDS = (Manufacturer, Speculator, Miner, IllegalMiner, Refiner, StateBuyer)


@pytest.mark.parametrize("kind", KINDS)
def test_a_removed_agent_is_no_longer_among_the_agents(tiny_model: Build, kind: type[Agent]) -> None:
    model = tiny_model(run=5)
    before = len(model.agents)

    gone = remove(model, kind)

    assert gone
    assert len(model.agents) == before - gone
    assert not len(model.agents_by_type.get(kind, ()))


@pytest.mark.parametrize("kind", KINDS)
def test_the_books_balance_after_a_removal(tiny_model: Build, kind: type[Agent]) -> None:
    model = tiny_model(policy=RICH, run=20)

    remove(model, kind)

    finished(model)  # the model checks its books every week
    assert not model.running


def test_removed_manufacturers_use_and_hold_nothing(tiny_model: Build) -> None:
    model = tiny_model(run=10)
    remove(model, Manufacturer)
    for _ in range(6):
        model.step()

    assert last(model, "activity")["need_t"].sum() == 0
    assert stock_of(model, "manufacturers") == 0


def test_removed_speculators_hold_and_trade_nothing(tiny_model: Build) -> None:
    model = tiny_model(policy=RICH, run=RICH_HOLDING)
    assert stock_of(model, "speculators") > 0
    remove(model, Speculator)
    for _ in range(6):
        model.step()

    assert stock_of(model, "speculators") == 0


@pytest.mark.parametrize(("kind", "legality"), [(Miner, "legal"), (IllegalMiner, "illegal")])
def test_removed_miners_dig_nothing(tiny_model: Build, kind: type[Agent], legality: str) -> None:
    model = tiny_model(run=10)
    assert last(model, "mining", legality=legality)["tonnes"].sum() > 0
    remove(model, kind)
    model.step()

    assert last(model, "mining", legality=legality)["tonnes"].sum() == 0


def test_removed_refiners_refine_and_hold_nothing(tiny_model: Build) -> None:
    model = tiny_model(run=10)
    remove(model, Refiner)
    model.step()

    assert last(model, "shares", stage="refined")["tonnes"].sum() == 0
    assert stock_of(model, "refiners") == 0


def test_a_removed_state_body_holds_nothing(tiny_model: Build) -> None:
    model = tiny_model(policy=[{"type": "stockpile", "actor": "jogmec"}], run=30)
    assert stock_of(model, "state") > 0
    remove(model, StateBuyer)
    model.step()

    assert stock_of(model, "state") == 0


def test_what_a_removed_agent_owned_is_booked(tiny_model: Build) -> None:
    model = tiny_model(run=30)
    cash = float(sum(int(agent.cash) for agent in model.agents_by_type[Speculator])) / 1e6  # US$
    before = model.tables()["money"]["usd"].abs().sum()

    remove(model, Speculator)

    assert cash > 0
    assert model.tables()["money"]["usd"].abs().sum() - before == pytest.approx(cash, rel=1e-6)


def test_an_agent_removed_twice_does_no_harm(tiny_model: Build) -> None:
    model = tiny_model(run=5)
    agent = model.agents_by_type[Speculator][0]

    agent.remove()
    agent.remove()

    finished(model)


class Spendthrift(Speculator):
    """A trader who orders far more than the purse can pay."""

    @rule(gives=("limit", "quantity"))
    def purchase(quote):
        """Bid for a thousand tonnes at three times the last price."""
        return 3.0 * quote, 1e9

    @rule(gives=("limit", "quantity"))
    def sale(quote):
        """Ask for nothing."""
        return quote, 0.0


def test_a_trader_cannot_spend_what_it_does_not_have(tiny_model: Build) -> None:
    model = tiny_model(kinds={"speculator": Spendthrift})
    for _ in range(20):
        model.step()
        for trader in model.agents_by_type[Spendthrift]:
            if trader.credit == 0:
                assert trader.cash >= 0, f"{trader.name} owes {-trader.cash / 1e6:,.0f} US$"


def test_a_trader_with_credit_keeps_within_it(tiny_model: Build) -> None:
    model = tiny_model(kinds={"speculator": Spendthrift})
    model.step()

    for trader in model.agents_by_type[Spendthrift]:
        worth = float(trader.stock_value())  # micro-US$, at the price at which it bought
        assert trader.cash >= -trader.credit * worth - 1e6 * 0.01 * trader.start_capital


# -- recycling, embargo, licence, contracts ---------------------------------------------------------
@pytest.mark.parametrize("lag", [0.01, 0.001, 1e-9])
def test_scrap_that_comes_back_within_a_week_keeps_the_books(tiny_model: Build, lag: float) -> None:
    model = tiny_model({"parameters": {"recycling": {"lag_years": lag}}}, run=20)

    assert (model.tables()["stocks"]["tonnes"] >= 0).all()


ORE: dict[str, Any] = {
    "link": [
        {"origin": "CN", "destination": "JP", "transit_weeks": 2},
        {"origin": "CN", "destination": "RW", "transit_weeks": 3},
        {"origin": "RW", "destination": "JP", "transit_weeks": 3},
        {"origin": "RW", "destination": "CN", "transit_weeks": 1},
    ],
    "refinery": {"hill-plant": None, "lake-plant": None, "ridge-plant": None},
    "mine": {"hill": {"plant": None}, "lake": None, "ridge": None, "desert": None},
}
"""A mine outside that can only sell its ore, which holds no Dy, to plants in China."""


def ore_money(model: MineralMarket) -> float:
    """US$ paid for concentrate of the mine outside, of all mines that own no plant the only legal one abroad."""
    return float(model.tables()["mining"].query("zone == 'RW'")["tonnes"].sum())


def under_embargo(tiny_model: Build, **terms: Any) -> MineralMarket:
    embargo = {"type": "embargo", "origin": "RW", "destination": "CN", "start": START, "leak": 0.0, **terms}
    return tiny_model(ORE, policy=[embargo], run=50)


def test_an_embargo_on_everything_stops_ore(tiny_model: Build) -> None:
    assert ore_money(under_embargo(tiny_model)) < 0.5 * ore_money(tiny_model(ORE, run=50))


def test_an_embargo_on_a_material_leaves_ore_that_does_not_hold_it(tiny_model: Build) -> None:
    free = tiny_model(ORE, run=50)

    shut = under_embargo(tiny_model, materials=["Dy"])

    assert ore_money(shut) == pytest.approx(ore_money(free), rel=0.05)


def test_an_embargo_on_a_material_stops_ore_that_holds_it(tiny_model: Build) -> None:
    free = tiny_model(ORE, run=50)

    assert ore_money(under_embargo(tiny_model, materials=["NdPr"])) < 0.5 * ore_money(free)


def test_the_leak_of_an_embargo_lets_ore_through(tiny_model: Build) -> None:
    shut, leaking, open_ = (ore_money(under_embargo(tiny_model, leak=leak)) for leak in (0.0, 0.02, 1.0))

    assert shut < leaking <= open_
    assert open_ == pytest.approx(ore_money(tiny_model(ORE, run=50)), rel=0.05)


LICENCE = {
    "type": "export_licence",
    "origin": "CN",
    "start": week(20),
    "approval": [(START, 0.5)],
    "review_weeks": 0,
}
STEADY: dict[str, Any] = {
    "rules_off": ["speculation", "thrifting", "news"],
    "parameters": {"manufacturer": {"business_cycle_sd": 0.0}},
}


def approved(tiny_model: Build, *policy: dict[str, Any]) -> float:
    """Greatest weekly flow of NdPr from CN to JP under the licence, long after it began [t]; it is always wanted."""
    model = tiny_model(STEADY, weeks=80, policy=[LICENCE, *policy], run=80)
    flows = model.tables()["flows"].query("origin == 'CN' and destination == 'JP' and material == 'NdPr'")
    return float(flows[flows["week"] > pd.Timestamp(week(62))].groupby("week")["tonnes"].sum().max())


@pytest.mark.parametrize("factor", [0.1, 2.0], ids=["slump", "surge"])
def test_approvals_follow_the_use_before_the_regime(tiny_model: Build, factor: float) -> None:
    path = [(week(20), 1.0), (week(21), factor), (week(60), factor), (week(61), 1.0)]
    moved = {"type": "demand_shock", "zones": ["JP"], "factor": path}

    steady, after = approved(tiny_model), approved(tiny_model, moved)

    assert after == pytest.approx(steady, rel=0.01)
    assert steady == pytest.approx(0.5 * 550 / 52.1775, rel=0.1)  # half of the use before [t/week]


def test_the_table_of_contracts_leaves_the_burn_in_out(tiny_scenario: Scenarios) -> None:
    whole = MineralMarket(tiny_scenario(OFFTAKE, weeks=40), rng=1)
    counts = ["delivered_t", "missed_t"]
    for _ in range(20):
        whole.step()
    before = whole.tables()["contracts"][counts]
    expected = finished(whole).tables()["contracts"][counts] - before

    late = MineralMarket(tiny_scenario({**OFFTAKE, "time": {"record_from": week(20)}}, weeks=40), rng=1)
    counted = finished(late).tables()["contracts"][counts]

    assert (before.sum() > 0).any()
    np.testing.assert_allclose(counted.to_numpy(), expected.to_numpy(), atol=1e-6)
