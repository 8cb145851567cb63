"""Dismissal: an agent leaves the market, and what it held is booked (ODD: Books)."""

from typing import TYPE_CHECKING

from market_abm.agents.life import Stage
from market_abm.agents.miner import NO_PLANT, NO_SPONSOR
from market_abm.agents.population import Population
from market_abm.books.ledger import Group
from market_abm.market.projects import Projects

if TYPE_CHECKING:
    from market_abm.world import World

PURPOSE = "left the market"


def dismiss(world: "World", population: Population, row: int) -> None:
    """Let an agent leave the market: it does nothing from now on.

    Its contracts end and its debts are written off. What it holds, and what is under way to it, is lost to the
    market; its money goes to its owners, who also make good what it owes. Columns that make it do things fall to
    zero.
    """
    if population is world.miners:
        _leave_mine(world, row)
    elif population is world.refiners:
        _leave_plant(world, row)
    elif population is world.manufacturers:
        _lose(world, world.accounts.under_way, row)
        world.transit.ring[:, :, row], population.coming[:, row] = 0, 0
    elif population is world.state_buyers:
        _dissolve(world, row)
    elif population is world.licence_holders:
        for pool in world.government.pools.values():
            pool.left[pool.rows == row] = 0
    elif population is world.illegal_miners:
        population.stage[row] = Stage.DEPLETED
    _give_up(world, population, row)
    for name in population.kind.sizes:
        population.columns[name][..., row] = 0
    world.log("agent", str(population.name[row]), "leaves the market")


def _leave_mine(world: "World", row: int) -> None:
    """Wind up a mine; its own plant stops unless another mine shares it."""
    miners, refiners, plant = world.miners, world.refiners, int(world.miners.plant[row])
    _projects(world).wind_up(row)
    miners.stage[row], miners.plant[row] = Stage.DEPLETED, NO_PLANT
    world.record_move(str(miners.name[row]), int(miners.zone[row]), int(Stage.DEPLETED))
    if plant != NO_PLANT:
        others = [other for other in range(miners.size) if miners.plant[other] == plant]
        refiners.owner[plant] = others[-1] if others else -1
        refiners.operating[plant] &= bool(others)


def _leave_plant(world: "World", row: int) -> None:
    """Lose what is under way to a plant; its mines have no own plant any more, and their offtakes end."""
    _lose(world, world.accounts.feed, row)
    feed = world.feed
    feed.grams[:, row], feed.content[:, :, row], feed.cost[:, row] = 0, 0.0, 0.0
    for miners in world.mining:
        for mine in range(miners.size):
            if miners.plant[mine] == row:
                miners.plant[mine], miners.plant_recovery[mine] = NO_PLANT, 0.0
                miners.plant_zone[mine] = miners.zone[mine]
                if miners is world.miners:
                    world.contracts.end(mine, world.week_index, miners)
    world.refiners.owner[row] = -1


def _dissolve(world: "World", row: int) -> None:
    """Take a state body out of the projects it sponsors; parliament votes it no more money."""
    bodies, miners, accounts = world.state_buyers, world.miners, world.accounts
    for mine in range(miners.size):
        if miners.sponsor[mine] == row:
            owed, group = int(miners.state_debt[mine]), accounts.group(miners)
            world.ledger.move("write-off", accounts.state_debt_row, group, accounts.banks, owed, mine, 0)
            miners.sponsor[mine], miners.state_share[mine] = NO_SPONSOR, 0.0
    bodies.dissolved[row], bodies.voted[row] = True, True


def _give_up(world: "World", population: Population, row: int) -> None:
    """Book what an agent holds: mass is lost, money goes to the owners, or to the treasury for a state body."""
    accounts, group = world.accounts, world.accounts.group(population)
    _lose(world, group, row)
    public = population is world.state_buyers
    heirs, heir = (accounts.treasury, int(population.zone[row])) if public else (accounts.owners, 0)
    world.ledger.pay(PURPOSE, group, heirs, int(group.money[row]), row, heir)


def _lose(world: "World", group: Group, row: int) -> None:
    """Book the mass in an account as lost; claims are none."""
    for material in range(world.accounts.concentrate_row + 1):
        world.ledger.move(PURPOSE, material, group, world.accounts.losses, int(group.mass[material, row]), row, 0)


def _projects(world: "World") -> Projects:
    return Projects(
        *(world.miners, world.refiners, world.contracts, world.ledger, world.accounts),
        *(world.week_index, world.log, world.record_move),
    )
