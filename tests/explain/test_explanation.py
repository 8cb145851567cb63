"""Contributions recovered from runs whose causes are known."""

import math

import numpy as np
import pytest

from market_abm.experiment.series import monthly_series
from market_abm.explain.cause import GROUPS
from market_abm.explain.explanation import NoSeedError, Plan, explain
from market_abm.explain.move import peak_of
from market_abm.explain.words import interaction_words, own_words, sign
from market_abm.record.errors import RecordError

NAMES = [group.name for group in GROUPS]


def test_parts_add_up_to_the_whole_in_every_seed_and_move(found):
    for move in found.values:
        np.testing.assert_allclose(found.shapley(move).sum(axis=0), found.total(move), atol=1e-12)


def test_known_factors_are_recovered_and_what_needs_two_is_halved_between_them(known, found):
    for place, name in enumerate(NAMES):
        both = known.TOGETHER / 2 if name in ("restrictions", "speculation") else 0.0
        expected = [(1 + 0.1 * seed) * (math.log(known.FACTORS[name]) + both) for seed in found.seeds]
        np.testing.assert_allclose(found.shapley("peak_export")[place], expected, atol=1e-9)


def test_the_inside_price_moves_half_as_far_and_the_fall_is_half_of_the_rise(found):
    whole = found.shapley("peak_export")

    np.testing.assert_allclose(found.shapley("peak_domestic"), whole / 2, atol=1e-9)
    np.testing.assert_allclose(found.shapley("crash_export"), whole / 2, atol=1e-9)


def test_the_interaction_is_told_only_of_those_who_interact(known, found):
    table = found.table("peak_export").query("kind == 'group'").set_index("name")

    assert "mostly through the others" in interaction_words(table.loc["speculation"])
    assert interaction_words(table.loc["stocking"]) == ""
    assert table.loc["speculation", "interaction"] == pytest.approx(1.1 * known.TOGETHER)


def test_a_cause_taken_away_alone_has_its_last_effect(found):
    table = found.table("peak_export")
    last = table.query("kind == 'group' and name == 'speculation'")["last"].item()

    assert table.query("kind == 'cause' and name == 'speculation'")["mean"].item() == pytest.approx(last)


def test_shares_add_up_to_one_and_intervals_hold_their_mean(found):
    table = found.table("peak_export").query("kind == 'group'")

    assert table["share"].sum() == pytest.approx(1)
    assert (table["low"] <= table["mean"]).all()
    assert (table["mean"] <= table["high"]).all()
    assert (table["low"] < table["high"]).all()


def test_a_move_of_nearly_nothing_is_not_divided_into_shares(known, plan):
    class CalmStore(known.KnownStore):
        def monthly(self, ids, names=None):
            return super().monthly(ids, names) * 0 + 20.0

    found = explain(plan, CalmStore(plan.tasks))

    assert found.table("peak_export")["share"].isna().all()
    assert sign(0.0, 0.0, "peak") == "no effect at all"


def test_a_seed_in_which_an_arm_fails_is_left_out_of_all(known, plan):
    found = explain(plan, known.KnownStore(plan.tasks, failing=[1]))

    assert (found.seeds, found.lost) == ((0, 2), (1,))
    assert found.values["peak_export"].shape == (32, 2)


def test_nothing_finished_is_an_error(known, plan):
    with pytest.raises(NoSeedError, match="no seed of tiny finished"):
        explain(plan, known.KnownStore(plan.tasks, failing=[0, 1, 2]))


def test_arms_that_are_alike_are_run_once(plan):
    arms = {task.scenario.model_dump_json() for task in plan.tasks}

    assert {cause.name for cause in plan.single} == {
        "quota", "embargo", "stocking", "speculation", "thrifting", "smuggling", "news"
    }  # fmt: skip
    assert len(arms) == 32 + 7 - 3  # stocking, speculation and news taken away alone are coalitions too
    assert len(plan.tasks) == len(arms) * 3


def test_groups_only_takes_nothing_away_alone(known):
    plan = Plan(known.three_years(), groups_only=True, replications=1)

    assert not plan.single
    assert len(plan.tasks) == 32


def test_an_unknown_material_is_refused_with_the_nearest(known):
    with pytest.raises(RecordError, match='Did you mean "NdPr"'):
        Plan(known.three_years(), material="ndPt")


def test_the_id_changes_with_whatever_decides_the_result(known):
    scenario = known.three_years()
    plans = [
        Plan(scenario, replications=1),
        Plan(scenario, seed=1, replications=1),
        Plan(scenario, replications=2),
        Plan(scenario, replications=1, groups_only=True),
    ]

    assert len({plan.id for plan in plans}) == len(plans)
    assert Plan(scenario, replications=1).id == plans[0].id


class TestMoves:
    def test_a_move_is_that_of_the_weekly_prices(self, known, plan):
        run = known.made_up_run(plan.whole, 2)
        rise = next(move for move in plan.moves if move.name == "peak_export")
        monthly = monthly_series(run)[[rise.series]]

        quarter, price = peak_of(run, rise, plan.periods)

        assert str(quarter) == "2010Q3"
        base = run.prices.query("zone == 'CN export' and week < '2010-01-01'")["price_usd_per_kg"].mean()
        assert rise.sizes(monthly, plan.periods)[0] == pytest.approx(math.log(price / base), abs=1e-12)

    def test_a_run_that_misses_a_month_has_no_move(self, known, plan):
        rise = plan.moves[0]
        monthly = monthly_series(known.made_up_run(plan.whole, 0))[[rise.series]].drop(index="2010-05")

        assert np.isnan(rise.sizes(monthly, plan.periods)).all()

    def test_own_words_tell_the_quarter_the_price_and_the_parts(self, known, plan, found):
        said = own_words(found, plan.moves[0], known.made_up_run(plan.whole, 0))

        assert "2010Q3" in said
        assert f"{known.LEVEL * math.exp(known.rise(plan.whole, 0)):.0f} US$/kg" in said
        assert said.index("exporter's restrictions") < said.index("news and costs")
