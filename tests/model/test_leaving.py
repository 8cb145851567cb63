"""An agent that is removed leaves the market: its goods and money are booked, and it does nothing afterwards."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.agents.life import Stage
from market_abm.model import MineralMarket

POPULATIONS = ["manufacturers", "speculators", "miners", "illegal_miners", "refiners", "state_buyers"]
STATE = [
    {"type": "equity", "actor": "jogmec", "cap": 0.5},
    {"type": "loan", "actor": "jogmec", "share": 0.5},
    {"type": "stockpile", "actor": "jogmec", "days": 30.0},
    {"type": "exploration_grant", "actor": "jogmec", "musd_per_year": 40.0},
    {"type": "export_quota", "origin": "CN", "rounds": [["2010-01-01", 4000.0]]},
]
OFFTAKE = {"offtake": {"deal": {"mine": "hill", "buyer_zone": "JP", "share": 0.3}}}


def holdings(model: MineralMarket, name: str, row: int) -> tuple[list[int], int]:
    group = model.world.accounts.group(getattr(model.world, name))
    return group.mass[:, row].tolist(), int(group.money[row])


@pytest.mark.parametrize("name", [*POPULATIONS, "licence_holders", "export_authorities"])
def test_who_leaves_holds_nothing_and_the_books_still_close(
    tiny_model: Callable[..., MineralMarket], name: str
) -> None:
    model = tiny_model(OFFTAKE, run=16, policy=STATE)
    population = getattr(model.world, name)
    for row in range(population.size):
        population.agents[row].remove()
        assert not any(holdings(model, name, row)[0])
        assert holdings(model, name, row)[1] == 0
        model.check_books()
    for _ in range(16):
        model.step()  # checks the books

    for row in range(population.size):
        assert not any(holdings(model, name, row)[0])
        assert holdings(model, name, row)[1] == 0


def test_the_stock_is_lost_and_the_money_goes_to_the_owners(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=10)
    traders, accounts = model.world.speculators, model.world.accounts
    stock, cash = traders.stock[:, 0].copy(), int(traders.cash[0])
    lost, owned = accounts.losses.mass[: len(stock), 0].copy(), int(accounts.owners.money[0])

    traders.agents[0].remove()

    np.testing.assert_array_equal(accounts.losses.mass[: len(stock), 0] - lost, stock)
    assert accounts.owners.money[0] - owned == cash
    assert cash > 0


def test_a_maker_that_leaves_gets_nothing_that_was_under_way(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=8)
    makers = model.world.manufacturers
    row = makers.row_named("magnets-jp 1")
    assert makers.coming[:, row].any()

    makers.agents[row].remove()
    for _ in range(4):
        model.step()

    assert not makers.coming[:, row].any()
    assert not makers.stock[:, row].any()
    assert not model.week.use.used[:, row].any()


def test_a_mine_that_leaves_takes_its_plant_and_its_contract_with_it(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(OFFTAKE, run=4)
    world = model.world
    row = world.miners.row_named("hill")
    plant = int(world.miners.plant[row])

    world.miners.agents[row].remove()
    model.step()

    assert world.miners.stage[row] == Stage.DEPLETED
    assert world.contracts.offtakes == []
    assert not world.refiners.operating[plant]
    assert model.week.mined.legal[row] == 0


def test_a_mine_whose_plant_leaves_sells_elsewhere(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(OFFTAKE, run=4)
    world = model.world
    row = world.miners.row_named("hill")

    world.refiners.agents[int(world.miners.plant[row])].remove()
    model.step()

    assert world.miners.plant[row] == -1
    assert not world.miners.tied[row]


def test_a_state_body_that_is_dissolved_leaves_its_projects(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=14, policy=STATE)
    world = model.world
    assert (world.miners.sponsor == 0).any()

    world.state_buyers.agents[0].remove()

    assert not (world.miners.sponsor == 0).any()
    assert not world.miners.state_debt.any()
    assert not world.state_buyers.agents[0].orders()[1].any()


def test_leaving_is_on_the_record(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=2)
    maker: Any = model.world.manufacturers.agents[0]

    maker.remove()

    assert model.recorder.events[-1][1:] == ("agent", maker.name, "leaves the market")
    assert maker not in model.agents
