"""Columns and draws: an agent is a view of its row, a population the whole array."""

import numpy as np
import pytest
from made_up_world import small_home

from market_abm.agents.population import Agent, Population
from market_abm.core.columns import Column, Draw


class Potter(Agent):
    clay = Column("g", by_material=True, low=0)
    kiln = Column("1", low=0, high=1)
    pots = Column("1", dtype=np.int64)
    tired = Column("-", dtype=np.bool_)
    cash = Column("micro-US$", book="money", dtype=np.float64)
    luck = Draw("uniform", "luck")
    glaze = Draw("normal", "glaze", by_material=True)


@pytest.fixture
def potters() -> Population:
    return Population(small_home(), Potter, ["Ann", "Bob"])


def test_material_columns_have_the_materials_first(potters: Population) -> None:
    assert potters.clay.shape == (3, 2)
    assert potters.kiln.shape == (2,)


def test_columns_have_their_types_and_those_of_the_books_are_whole(potters: Population) -> None:
    assert [potters.columns[name].dtype for name in ("clay", "pots", "tired", "cash")] == [
        np.float64,
        np.int64,
        np.bool_,
        np.int64,
    ]


def test_an_agent_reads_and_writes_its_own_row(potters: Population) -> None:
    ann, bob = potters.agents

    bob.kiln, bob.pots = 0.5, 7
    bob.clay = [1.0, 2.0, 3.0]

    assert potters.kiln.tolist() == [0.0, 0.5]
    assert potters.clay[:, 1].tolist() == [1.0, 2.0, 3.0]
    assert (ann.kiln, bob.pots) == (0.0, 7)
    assert not ann.clay.any()


def test_what_is_written_to_a_column_is_seen_by_the_agents(potters: Population) -> None:
    ann = potters.agents[0]

    potters.kiln[:] = 0.25

    assert ann.kiln == 0.25


def test_an_agents_draw_is_that_of_its_row(potters: Population) -> None:
    for row, agent in enumerate(potters):
        assert agent.luck == potters.luck[row]
        np.testing.assert_array_equal(agent.glaze, potters.glaze[:, row])


def test_on_the_class_a_column_is_its_declaration() -> None:
    assert isinstance(Potter.kiln, Column)
    assert (Potter.kiln.name, Potter.kiln.unit, Potter.kiln.high) == ("kiln", "1", 1)
    assert isinstance(Potter.luck, Draw)


def test_a_window_of_the_ledger_takes_the_place_of_a_column(potters: Population) -> None:
    window = np.array([5, 6])
    window.flags.writeable = False

    potters.keep("cash", window)

    assert potters.agents[1].cash == 6
    with pytest.raises(ValueError, match="read-only"):
        potters.agents[1].cash = 7


def test_values_outside_their_bounds_are_found(potters: Population) -> None:
    potters.kiln[:], potters.clay[1, 0] = [0.5, 1.5], -1.0

    wrong = potters.outside_bounds()

    assert set(wrong) == {"kiln", "clay"}
    assert wrong["kiln"].tolist() == [False, True]
    assert wrong["clay"].sum() == 1
