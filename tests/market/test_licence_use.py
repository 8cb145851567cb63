"""Licences are a share of the use before them: makers who use less because of them lose no licences."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market_abm.model import MineralMarket

START = "2010-02-01"  # the fifth week
LICENCE = {"type": "export_licence", "origin": "CN", "start": START, "review_weeks": 0, "approval": [[START, 0.2]]}
JP, FOB = 1, 3


def room(model: MineralMarket) -> Any:
    """Capacity of the way from the gate to Japan this week, by material [g]."""
    network = model.world.network
    link = int(np.flatnonzero((network.origin == FOB) & (network.destination == JP))[0])
    return model.week.trade.charges.capacity[:, link]


def test_the_cap_does_not_follow_use_down(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=4, policy=[LICENCE])
    before = model.market.zone_use[:, JP].copy()
    model.step()
    first = room(model)
    for _ in range(30):
        model.step()

    assert (model.market.zone_use[:, JP] != before).all()
    assert first.tolist() == room(model).tolist() == np.floor(0.2 * before).astype(int).tolist()


def test_a_regime_that_comes_again_stands_on_the_use_before_it_came(tiny_model: Callable[..., MineralMarket]) -> None:
    first = {**LICENCE, "name": "first", "end": "2010-04-05"}
    again = {**LICENCE, "name": "again", "start": "2010-06-07", "approval": [["2010-06-07", 0.2]]}
    model = tiny_model(run=22, policy=[first, again])
    before = model.market.zone_use[:, JP].copy()
    model.step()

    assert list(model.world.government.use_before) == ["again"]
    assert room(model).tolist() == np.floor(0.2 * before).astype(int).tolist()


@pytest.mark.parametrize("week", [2, 10])
def test_the_use_before_is_part_of_the_state(tiny_model: Callable[..., MineralMarket], week: int) -> None:
    model = tiny_model(run=week, policy=[LICENCE])

    labels = list(model.world.dump()["government"]["use_before"])

    assert labels == ([] if week == 2 else ["export-licence"])
