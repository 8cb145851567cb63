"""Everybody can be looked at, at any time, and what is told agrees with the books."""

import pytest

from market_abm.app.inspector import InspectorError, agents, inspect
from market_abm.app.world import World
from market_abm.policy import BandPurchase, Embargo, Stockpile


def test_everybody_can_be_inspected_at_any_time(world: World) -> None:
    world.decree(Stockpile(actor="jogmec", days=30, build_weeks=8))
    world.decree(BandPurchase(actor="jogmec", materials=["Dy"]))
    world.decree(Embargo(origin="CN", destination="JP"))
    for weeks in (0, 1, 20, 19):
        world.step(weeks)
        for choice in agents(world):
            seen = inspect(world, choice.kind, choice.row)
            assert seen.choice == choice
            assert seen.reasons
            assert all(reason.endswith(".") and "nan" not in reason for reason in seen.reasons)
            assert all(fact.label and fact.value and fact.value != "nan" for fact in seen.facts)
            assert all(line.unit for line in seen.history)


def test_all_kinds_can_be_chosen_by_name(world: World) -> None:
    choices = agents(world)
    assert {choice.kind for choice in choices} == {"mine", "illegal mine", "plant", "maker", "trader", "state body"}
    assert len({(choice.kind, choice.name) for choice in choices}) == len(choices)
    (second,) = (choice for choice in choices if choice.name == "north 2")
    assert (second.kind, second.zone, second.label) == ("mine", "CN", "north 2")


def test_facts_and_history_are_those_of_the_books(world: World) -> None:
    world.step(20)
    makers, row = world.model.world.manufacturers, 3
    ndpr = world.model.market.materials.index("NdPr")
    seen = inspect(world, "maker", row)

    facts = {fact.label: fact.number for fact in seen.facts}
    assert facts["Stock of NdPr"] == pytest.approx(makers.stock[ndpr, row] / 1e6)
    assert facts["Cash"] == pytest.approx(makers.cash[row] / 1e12)
    lines = {line.label: line for line in seen.history}
    assert lines["Stock of NdPr"].weeks.tolist() == [0, 13, 20]
    assert lines["Stock of NdPr"].values[-1] == facts["Stock of NdPr"]
    assert lines["Perceived supply risk"].values[-1] == pytest.approx(100 * makers.risk[row])


def test_a_watched_agent_is_sampled_weekly_and_a_branch_remembers(world: World) -> None:
    world.step(14)
    world.watch("trader", 0)
    world.step(5)
    child = world.branch(17, "B")
    child.step(2)

    def weeks(seen: World) -> list[int]:
        return inspect(seen, "trader", 0).history[0].weeks.tolist()  # type: ignore[no-any-return]

    assert weeks(world) == [0, 13, 14, 15, 16, 17, 18, 19]
    assert weeks(child) == weeks(world)
    assert (
        inspect(child, "trader", 0).history[0].values.tolist() == inspect(world, "trader", 0).history[0].values.tolist()
    )


def test_fear_of_an_embargo_is_among_the_reasons_of_a_maker(world: World) -> None:
    world.decree(Embargo(origin="CN", destination="JP"))
    world.step(10)
    (maker, *_) = (choice for choice in agents(world) if choice.kind == "maker" and choice.zone == "JP")
    assert "fear of cut-offs" in inspect(world, "maker", maker.row).reasons[0]


def test_the_life_of_a_project_is_among_its_events(world: World) -> None:
    world.step(40)
    (lake,) = (choice for choice in agents(world) if choice.name == "lake")
    assert "starts (construction over)" in [text for _, text in inspect(world, "mine", lake.row).events]


@pytest.mark.parametrize(("kind", "row"), [("banker", 0), ("mine", 99), ("mine", -1)])
def test_who_does_not_exist_is_told_so(world: World, kind: str, row: int) -> None:
    with pytest.raises(InspectorError, match="There is no"):
        inspect(world, kind, row)
