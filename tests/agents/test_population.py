"""Populations: an agent is a view of a row, and books can only be read. Columns by themselves: `tests/core`."""

from collections.abc import Callable

import numpy as np
import pytest

from market_abm.agents.manufacturer import Manufacturer
from market_abm.agents.population import Population
from market_abm.model import MineralMarket


@pytest.fixture(scope="module")
def makers(tiny_model: Callable[..., MineralMarket]) -> Population:
    return tiny_model().world.manufacturers


def test_what_an_agent_writes_the_population_reads(makers: Population) -> None:
    makers.agents[3].risk = 0.25

    assert makers.risk[3] == 0.25
    assert np.count_nonzero(makers.risk) == 1


def test_an_agent_sees_its_own_column_of_material_values(makers: Population) -> None:
    np.testing.assert_array_equal(makers.agents[2].use, makers.use[:, 2])


@pytest.mark.parametrize("column", ["stock", "cash"])
def test_books_cannot_be_written_past_the_ledger(makers: Population, column: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        setattr(makers.agents[0], column, 1)


def test_agents_are_named_and_numbered_without_repeats(makers: Population) -> None:
    assert len(set(makers.name)) == len(set(makers.number.tolist())) == makers.size == 6


def test_sums_by_zone_put_everybody_in_a_zone(makers: Population) -> None:
    by_zone = makers.by_zone(makers.use)

    np.testing.assert_allclose(by_zone * 52.1775 / 1e6, [[50, 35, 4], [1000, 550, 150]])


def test_a_value_outside_its_bounds_is_found(tiny_model: Callable[..., MineralMarket]) -> None:
    makers = tiny_model().world.manufacturers
    before = makers.outside_bounds()

    makers.risk[2] = 1.5

    assert before == {}
    np.testing.assert_array_equal(makers.outside_bounds()["risk"], np.arange(6) == 2)


def test_a_kind_lists_the_columns_of_its_bases_first() -> None:
    names = [column.name for column in Manufacturer.column_list()]

    assert names[:3] == ["name", "number", "zone"]
    assert len(names) == len(set(names))


def test_an_unknown_attribute_is_an_attribute_error(makers: Population) -> None:
    with pytest.raises(AttributeError):
        _ = makers.happiness


def test_nobody_has_an_empty_population(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model({"speculator": None}, run=2)

    assert len(model.world.speculators) == 0
    assert model.world.speculators.purchase()[1].shape == (0,)


def test_rows_are_found_by_name(makers: Population) -> None:
    assert [makers.row_named(name) for name in makers.name] == list(range(6))
    with pytest.raises(KeyError, match=r"no Manufacturer is called 'magnets-jq'\. Did you mean 'magnets-jp.*'\?"):
        makers.row_named("magnets-jq")


def test_rows_are_found_by_own_or_group_name(makers: Population) -> None:
    japan = np.flatnonzero(makers.group == "magnets-jp").tolist()

    assert makers.rows_called(["magnets-jp"]) == japan
    assert makers.rows_called(["magnets-jp 2", "magnets-jp"]) == japan
    assert makers.rows_called(["magnets-jp 2", "alloys-rw"]) == sorted(
        [makers.row_named("magnets-jp 2"), makers.row_named("alloys-rw")]
    )
    assert makers.rows_called(["nobody"]) == []
