"""`MineralMarket` is an ordinary Mesa model: agents, agent sets, batch runs, and it can be forgotten."""

import gc
import inspect
import weakref
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
import pytest

from market_abm.agents.manufacturer import Manufacturer
from market_abm.agents.miner import Miner
from market_abm.model import MineralMarket


def test_agents_are_all_agents_of_all_kinds(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=1)

    everybody = model.agents

    assert type(everybody).__name__.endswith("AgentSet")  # Mesa 3.5 has two kinds of them
    assert len(everybody) == sum(population.size for population in model.populations.values())
    assert len({agent.unique_id for agent in everybody}) == len(everybody)


def test_agents_come_by_type(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()

    assert len(model.agents_by_type[Miner]) == model.world.miners.size
    assert all(type(agent) is Miner for agent in model.agents_by_type[Miner])


def test_agents_are_made_once(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()

    assert list(model.agents) == list(model.agents)


def test_a_rule_can_be_asked_through_an_agent_set(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=3)
    makers = model.agents_by_type[Manufacturer]

    asked = makers.do("target_stock")

    assert asked is makers
    told = np.stack(makers.map("target_stock"), axis=-1)
    np.testing.assert_array_equal(told, model.world.manufacturers.target_stock())


def test_columns_can_be_selected_and_aggregated(tiny_model: Callable[..., MineralMarket]) -> None:
    makers = tiny_model(run=3).agents_by_type[Manufacturer]

    in_japan = makers.select(lambda maker: maker.zone == 1)

    assert len(in_japan) == 3
    assert in_japan.agg("risk", max) >= 0.0


def test_agents_can_be_grouped_and_set(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(run=3)
    makers = model.agents_by_type[Manufacturer]

    sizes = {zone: len(group) for zone, group in makers.groupby("zone")}
    makers.select(lambda maker: maker.zone == 1).set("risk", 0.5)

    assert sizes == {0: 2, 1: 3, 2: 1}
    np.testing.assert_array_equal(model.world.manufacturers.risk == 0.5, model.world.manufacturers.zone == 1)


def test_looking_at_one_kind_first_leaves_the_order_of_all(tiny_model: Callable[..., MineralMarket]) -> None:
    one, other = tiny_model(), tiny_model()
    assert len(other.world.speculators.agents) == other.world.speculators.size

    assert [agent.name for agent in other.agents] == [agent.name for agent in one.agents]


def test_the_model_runs_until_its_last_week(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(weeks=3)
    running = [model.running]
    while model.running:
        model.step()
        running.append(model.running)

    assert running == [True, True, True, False]
    assert model.steps == model.week_index == 3


def test_run_model_runs_to_the_end(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(weeks=4)

    model.run_model()

    assert model.week_index == 4


def test_a_data_collector_can_be_added(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()
    collector = mesa.DataCollector(
        model_reporters={"price": lambda m: float(m.market.price[0, 1])},
        agenttype_reporters={Manufacturer: {"risk": "risk"}},
    )
    _ = model.agents
    for _ in range(3):
        model.step()
        collector.collect(model)

    assert collector.get_model_vars_dataframe()["price"].tolist() == [
        pytest.approx(value) for value in model.recorder.price[:3, 0, 1] / 1000
    ]
    assert len(collector.get_agenttype_vars_dataframe(Manufacturer)) == 3 * model.world.manufacturers.size


def test_a_batch_runs_over_shipped_scenarios_and_seeds() -> None:
    parameters: dict[str, list[Any]] = {"scenario": ["tiny"]}
    options: dict[str, Any] = {"number_processes": 1, "max_steps": 4, "display_progress": False}
    if "rng" in inspect.signature(mesa.batch_run).parameters:  # Mesa 3.5 takes the seeds apart
        options["rng"] = [1, 2]
    else:
        parameters["rng"] = [1, 2]

    rows = mesa.batch_run(MineralMarket, parameters, data_collection_period=-1, **options)

    assert [(row["scenario"], row["rng"]) for row in rows] == [("tiny", 1), ("tiny", 2)]


@pytest.mark.parametrize("look", [False, True], ids=["unseen", "after looking at agents"])
def test_a_closed_model_can_be_forgotten(tiny_scenario: Callable, look: bool) -> None:
    model = MineralMarket(tiny_scenario(), rng=1)
    model.step()
    if look:
        assert len(model.agents) > 0
    model.close()
    memory = weakref.ref(model)

    del model
    gc.collect()

    assert memory() is None


def test_closing_twice_does_no_harm(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()

    model.close()
    model.close()

    model.step()
    assert model.week_index == 1
