"""The life of a project: exactly the moves of the table, and no others."""

from collections.abc import Callable

import pytest

from market_abm.agents.life import MOVES, Stage, check_move
from market_abm.market.projects import move_project
from market_abm.model import MineralMarket

PAIRS = [(before, after) for before in Stage for after in Stage]
ALLOWED = {
    ("resource", "permitted"),
    ("permitted", "construction"),
    ("construction", "operating"),
    ("operating", "care_and_maintenance"),
    ("operating", "depleted"),
    ("care_and_maintenance", "construction"),
}


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=[f"{a.label}-{b.label}" for a, b in PAIRS])
def test_a_project_moves_only_as_the_table_says(before: Stage, after: Stage) -> None:
    if (before.label, after.label) in ALLOWED:
        assert check_move(before, after) == MOVES[before, after]
    else:
        with pytest.raises(ValueError, match=f"from {before.label} to {after.label}"):
            check_move(before, after)


def test_nothing_leaves_a_depleted_mine() -> None:
    assert not [after for before, after in MOVES if before is Stage.DEPLETED]


def test_every_move_of_a_project_is_on_the_record(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model({"parameters": {"investment": {"funding_chance": 1.0}}}, run=45)

    moves = [text for _, kind, actor, text in model.recorder.events if kind == "project" and actor == "ridge"]

    assert moves == ["is committed (private funding)", "starts (construction over)"]
    assert model.world.miners.agents[model.world.miners.row_named("ridge")].stage == Stage.OPERATING


def test_a_forbidden_move_leaves_the_mine_where_it_was(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()
    world, miners = model.world, model.world.miners
    row, events = miners.row_named("desert"), list(model.recorder.events)

    with pytest.raises(ValueError, match="cannot go"):
        move_project(miners, row, Stage.OPERATING, "magic", world.log, world.record_move)

    assert miners.stage[row] == Stage.RESOURCE
    assert model.recorder.events == events


def test_a_mine_whose_reserve_is_gone_is_depleted(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model({"mine": {"hill": {"reserve_t": 60.0}}}, run=30)
    row = model.world.miners.row_named("hill")

    assert model.world.miners.reserve[row] == 0
    assert model.world.miners.stage[row] == Stage.DEPLETED
