"""Nobody spends what it does not have: cut bids, greedy kinds, and every balance at the end of a week."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.agents.speculator import Speculator
from market_abm.agents.state_buyer import StateBuyer
from market_abm.core.rules import rule
from market_abm.market.purse import keep_within_purse, purse_of
from market_abm.model import MineralMarket

MATERIALS, AGENTS, TRANCHES = 2, 2, 2
ORDERS = AGENTS * TRANCHES
grids = st.lists(st.integers(0, 10**12), min_size=MATERIALS * ORDERS, max_size=MATERIALS * ORDERS)
limits = st.lists(st.integers(1, 10**6), min_size=MATERIALS * ORDERS, max_size=MATERIALS * ORDERS)
purses = st.lists(st.integers(-(10**9), 10**16), min_size=AGENTS, max_size=AGENTS)


def cost_by_agent(ticks: Any, grams: Any) -> list[int]:
    """Cost of all bids of each agent at their limits, in exact whole numbers [micro-US$]."""
    cost = [0] * AGENTS
    for material in range(MATERIALS):
        for order in range(ORDERS):
            cost[order % AGENTS] += int(ticks[material, order]) * int(grams[material, order])
    return cost


@given(limits, grids, purses)
def test_all_bids_of_an_agent_cost_no_more_than_its_purse(
    limit: list[int], wanted: list[int], purse: list[int]
) -> None:
    ticks, grams = np.reshape(limit, (MATERIALS, ORDERS)), np.reshape(wanted, (MATERIALS, ORDERS))
    before = grams.copy()

    keep_within_purse(ticks, grams, 0, TRANCHES, np.array(purse, dtype=float))

    for agent, (cost, asked) in enumerate(zip(cost_by_agent(ticks, grams), cost_by_agent(ticks, before), strict=True)):
        assert cost <= max(purse[agent], 0)
        if asked < purse[agent]:
            np.testing.assert_array_equal(grams[:, agent::AGENTS], before[:, agent::AGENTS])


class Spendthrift(Speculator):
    """A trader that bids for a million tonnes at any price."""

    @rule(gives=("limit", "quantity"))
    def purchase(quote):
        """Bid without looking at the purse: limit [US$/kg] and quantity [g]."""
        return 3.0 * quote, 1e12


class RecklessBody(StateBuyer):
    """A state body that orders without looking at its budget."""

    def orders(self) -> Any:
        """Bid for a million tonnes of everything."""
        shape = (2, len(self.population.home.materials))
        return np.full(shape, 1e3), np.full(shape, 1e12), np.ones(shape), np.zeros(shape)


@pytest.mark.parametrize("kinds", [{"speculator": Spendthrift}, {"state_buyer": RecklessBody}])
def test_greedy_kinds_end_no_week_in_debt(tiny_model: Callable[..., MineralMarket], kinds: dict[str, type]) -> None:
    model = tiny_model({"speculator": {"ndpr-cn": {"credit": 0.0}}}, kinds=kinds)
    population = model.world.speculators if "speculator" in kinds else model.world.state_buyers
    for _ in range(8):
        model.step()
        assert (population.cash >= 0).all()

    assert population.stock.any()


def test_credit_is_never_overdrawn_by_a_purchase(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model({"speculator": {"ndpr-cn": {"credit": 0.28}}}, kinds={"speculator": Spendthrift})
    traders = model.world.speculators
    limit = traders.purse()
    model.step()

    spent = model.world.ledger.journal["Speculator", "house", "purchase"]
    assert 0 < spent <= limit.sum()


def test_others_answer_for_makers_mines_and_plants(tiny_model: Callable[..., MineralMarket]) -> None:
    world = tiny_model().world

    without = [key for key, population in world.populations.items() if purse_of(population, world.accounts) is None]

    assert sorted(without) == ["IllegalMiner", "Manufacturer", "Miner", "Refiner"]


def test_at_the_lowest_price_a_trader_still_pays(tiny_model: Callable[..., MineralMarket]) -> None:
    traders = tiny_model().world.speculators

    limit, quantity = traders.ask(
        "purchase", quote=np.full(traders.size, 1e-4), wanted_change=np.full(traders.size, 1e18)
    )

    assert (limit < 1e-3).all()
    assert (quantity * 1.0 <= traders.cash + 1e-6).all()  # a gram costs a tick of a micro-US$ at least
