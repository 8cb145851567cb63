"""All policies alike: dates, one week on and off again, and what is left when they are gone."""

import copy
import datetime as dt
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from market_abm.model import MineralMarket
from market_abm.policy import AnyPolicy, Policy
from market_abm.policy.base import line_value, step_value
from market_abm.policy.regime import Regime
from market_abm.scenario.schema import Scenario

DAY = dt.date(2010, 2, 1)
ONE = [(dt.date(2010, 1, 1), 0.5)]
POLICIES: dict[str, dict[str, Any]] = {
    "export_quota": {"origin": "CN", "rounds": [(dt.date(2010, 1, 1), 50.0)]},
    "export_licence": {"origin": "CN", "approval": ONE},
    "embargo": {"origin": "CN", "destination": "JP"},
    "export_tax": {"origin": "CN", "rate": ONE},
    "import_tariff": {"destination": "JP", "rate": ONE},
    "production_quota": {"zone": "CN", "tonnes": [(dt.date(2010, 1, 1), 500.0)], "overrun": ONE},
    "crackdown": {"zone": "CN", "depth": ONE},
    "mining_charge": {"zone": "CN", "share": ONE},
    "concentrate_reserve": {"zone": "CN", "tonnes": 900.0},
    "output_halt": {"zone": "CN", "material": "NdPr"},
    "stockpile": {"actor": "jogmec"},
    "band_purchase": {"actor": "jogmec"},
    "equity": {"actor": "jogmec"},
    "loan": {"actor": "jogmec"},
    "exploration_grant": {"actor": "jogmec", "musd_per_year": 10.0},
    "offtake": {"actor": "jogmec"},
    "price_floor": {"actor": "jogmec", "project": "hill", "material": "NdPr"},
    "processing_subsidy": {"zone": "RW", "share": 0.5},
    "thrifting_subsidy": {"zone": "JP", "musd_per_year": 3.0},
    "recycling_subsidy": {"zone": "JP"},
    "demand_shock": {"factor": [(dt.date(2010, 1, 1), 1.4)]},
    "supply_outage": {"producers": ["north"]},
    "louder_news": {"factor": 4.0},
}
KINDS = list(POLICIES)
every_policy = pytest.mark.parametrize("kind", KINDS)
reader: TypeAdapter[Policy] = TypeAdapter(AnyPolicy)


def policy(kind: str, **more: Any) -> Policy:
    return reader.validate_python({"type": kind, **POLICIES[kind], **more})


def decreed(regime: Regime) -> dict[str, Any]:
    """Everything a regime says, but for the day, as plain values that can be compared."""
    said = {key: value for key, value in vars(regime).items() if key != "day" and not key.startswith("_")}
    said["limits"] = sorted(repr(limit) for limit in regime.limits)  # the smallest counts, in whatever order
    return {key: value.tolist() if isinstance(value, np.ndarray) else copy.copy(value) for key, value in said.items()}


@pytest.fixture
def regime(tiny_scenario: Callable[..., Scenario]) -> Regime:
    tiny = tiny_scenario()
    return Regime(tiny.zone, tiny.material, tiny.sectors, DAY)


def test_every_type_of_policy_is_tested() -> None:
    union = get_args(AnyPolicy)[0]

    assert {kind.model_fields["type"].default for kind in get_args(union)} == set(KINDS)
    assert len(KINDS) == 23


@every_policy
def test_a_policy_decrees_something(regime: Regime, kind: str) -> None:
    before = decreed(regime)

    policy(kind).enact(regime)

    assert decreed(regime) != before


@every_policy
def test_a_policy_leaves_nothing_behind_in_the_regime(regime: Regime, kind: str) -> None:
    before = decreed(regime)
    policy(kind).enact(regime)

    regime.clear(DAY + dt.timedelta(weeks=1))

    assert decreed(regime) == before


@every_policy
def test_one_week_on_then_off_in_a_running_market(tiny_model: Callable[..., MineralMarket], kind: str) -> None:
    model = tiny_model(weeks=6, policy=[policy(kind, start=DAY, end=DAY + dt.timedelta(weeks=1))])
    seen = []
    for _ in range(6):
        model.step()
        seen.append(decreed(model.world.regime))

    in_force = [told != seen[0] for told in seen]

    assert in_force == [False, False, False, False, True, False]


@every_policy
def test_start_counts_and_end_does_not(kind: str) -> None:
    week = dt.timedelta(weeks=1)
    decree = policy(kind, start=DAY, end=DAY + week)

    held = [decree.in_force(day) for day in (DAY - dt.timedelta(1), DAY, DAY + week - dt.timedelta(1), DAY + week)]

    assert held == [False, True, True, False]


@every_policy
def test_a_policy_switched_off_never_holds(kind: str) -> None:
    assert not policy(kind, enabled=False).in_force(DAY)


@every_policy
def test_a_policy_cannot_end_before_it_starts(kind: str) -> None:
    with pytest.raises(ValidationError, match="before it starts"):
        policy(kind, start=DAY, end=DAY)


@every_policy
def test_a_policy_survives_being_written_and_read(kind: str) -> None:
    decree = policy(kind, start=DAY)

    assert reader.validate_json(decree.model_dump_json()) == decree


@every_policy
def test_a_policy_tells_its_name(kind: str) -> None:
    assert policy(kind, name="my-policy").describe().startswith("my-policy")
    assert policy(kind).label == kind.replace("_", " ")


@every_policy
def test_start_and_end_are_on_the_record(tiny_model: Callable[..., MineralMarket], kind: str) -> None:
    model = tiny_model(run=6, policy=[policy(kind, start=DAY, end=DAY + dt.timedelta(weeks=1))])

    events = [(week, text.split(":")[0]) for week, sort, _, text in model.recorder.events if sort == "policy"]

    assert events == [(4, "in force"), (5, "ended")]


@pytest.mark.parametrize("first", [kind for kind in KINDS if kind != "export_quota"])
@pytest.mark.parametrize("second", ["embargo", "crackdown", "demand_shock", "export_quota"])
def test_the_order_of_declaration_does_not_matter_but_for_quotas(
    tiny_scenario: Callable[..., Scenario], first: str, second: str
) -> None:
    said = []
    for pair in ((first, second), (second, first)):
        tiny = tiny_scenario()
        regime = Regime(tiny.zone, tiny.material, tiny.sectors, DAY)
        for kind in pair:
            policy(kind).enact(regime)
        said.append(decreed(regime))

    assert said[0] == said[1]


def test_a_policy_in_mid_week_holds_from_the_next_monday(tiny_model: Callable[..., MineralMarket]) -> None:
    wednesday = dt.date(2010, 1, 13)
    model = tiny_model(weeks=4, policy=[policy("embargo", start=wednesday, end=dt.date(2010, 1, 20))])
    seen = []
    for _ in range(4):
        model.step()
        seen.append(bool(model.world.regime.embargoed.any()))

    assert seen == [False, False, True, False]


PATH = [(dt.date(2010, 1, 1), 10.0), (dt.date(2010, 1, 11), 20.0), (dt.date(2010, 2, 1), 5.0)]


@pytest.mark.parametrize(
    ("day", "step", "line"),
    [
        (dt.date(2009, 5, 5), 10.0, 10.0),
        (dt.date(2010, 1, 1), 10.0, 10.0),
        (dt.date(2010, 1, 6), 10.0, 15.0),
        (dt.date(2010, 1, 10), 10.0, 19.0),
        (dt.date(2010, 1, 11), 20.0, 20.0),
        (dt.date(2010, 2, 1), 5.0, 5.0),
        (dt.date(2020, 1, 1), 5.0, 5.0),
    ],
)
def test_a_path_is_read_as_steps_or_as_a_line(day: dt.date, step: float, line: float) -> None:
    assert step_value(PATH, day) == step
    assert line_value(PATH, day) == pytest.approx(line)


@given(st.integers(0, 400))
def test_a_line_stays_between_its_points(days: int) -> None:
    value = line_value(PATH, dt.date(2009, 6, 1) + dt.timedelta(days))

    assert 5.0 <= value <= 20.0
