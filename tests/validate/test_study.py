import json
import re

import numpy as np
import pytest
from made_up_history import MadeUpStore, true_prices

from market_abm.scenario.loading import load_scenario
from market_abm.validate import cube, study
from market_abm.validate.folder import FACTS, PAGE, TABLE, TEXT, ValidationFolder
from market_abm.validate.page import markdown, validation_page


@pytest.fixture
def engine(monkeypatch):
    """An engine that makes no runs: what it was asked for, and what it says failed."""
    asked, failing = [], {}

    def execute(tasks, store, workers, progress):
        asked.extend(tasks)
        return {task.id: why for task in tasks for seed, why in failing.items() if task.seed == seed}

    monkeypatch.setattr(study, "execute", execute)
    return asked, failing


@pytest.fixture
def found(engine):
    return study.validate(load_scenario("japan-2010"), MadeUpStore(true_prices()), replications=3, pairs=2)


def test_a_study_asks_for_replications_and_for_the_same_seeds_at_every_corner(engine, found):
    asked, _ = engine

    whole = [task.seed for task in asked if task.scenario == load_scenario("japan-2010")]
    corners = [task.seed for task in asked if task.scenario.time.end.isoformat() == cube.UNTIL]
    assert whole == [0, 1, 2]
    assert corners == [0, 1] * 8
    assert len({task.id for task in asked}) == 3 + 16


def test_what_history_says_passes_and_the_rows_from_many_runs_are_filled(found):
    rows = {row.metric.name: row for row in found.card.rows}

    assert rows["dy_fob_2011"].verdict == "pass"
    assert rows["crps_ndpr"].verdict == "pass"
    assert rows["edges_that_rise"].median == 0.0
    assert rows["no_restriction_peak"].verdict == "miss", "the made-up runs have the same spike at every corner"
    assert found.card.tally("in").passed > 30


def test_without_pairs_or_without_the_policies_there_is_no_cube(engine):
    store = MadeUpStore(true_prices())

    none = study.validate(load_scenario("japan-2010"), store, replications=2, pairs=0)
    tiny = study.validate(load_scenario("tiny"), store, replications=2, pairs=2)

    for one in (none, tiny):
        assert one.edges == ()
        assert {row.metric.name: row for row in one.card.rows}["edges_that_rise"].verdict == "not covered"


def test_failed_runs_are_left_out_and_told(engine):
    engine[1][1] = "ConservationError: lost"

    found = study.validate(load_scenario("japan-2010"), MadeUpStore(true_prices()), replications=3, pairs=2)

    assert found.seeds == (0, 2)
    assert found.failures["japan-2010 seed 1"] == "ConservationError: lost"
    assert np.isnan(found.corners[cube.FULL][1])
    assert next(row for row in found.card.rows if row.metric.name == "dy_fob_2011").runs == 2


def test_nothing_is_judged_when_nothing_ran(engine):
    engine[1].update({0: "broken", 1: "broken"})

    with pytest.raises(study.NoRunError, match="the first failed with: broken"):
        study.validate(load_scenario("tiny"), MadeUpStore(true_prices()), replications=2, pairs=0)


class TestWritten:
    def test_the_page_needs_no_network_and_is_the_same_every_time(self, found):
        page = validation_page(found)

        assert page == validation_page(found)
        assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)
        assert "<script" not in page
        for title in ("Rows in their bands", "Prices", "As a forecast", "Restrictions taken away", "All rows"):
            assert title in page

    def test_every_row_and_every_miss_is_on_the_page(self, found):
        page = validation_page(found).replace("&#x27;", "'").replace("&amp;", "&")

        assert [row.metric.name for row in found.card.rows if row.metric.label not in page] == []
        assert page.count("out-of-sample") > 50

    def test_a_pass_and_a_miss_differ_in_shape_and_not_in_colour_alone(self, found):
        from market_abm.validate.pictures import band_figure

        rows = found.card.themes()["What makes the spike"]
        marks = {line.get_marker() for line in band_figure("x", rows).axes[0].lines if line.get_marker() != "None"}

        assert {row.verdict for row in rows} == {"pass", "miss"}
        assert marks == {"o", "D"}

    def test_the_folder_holds_page_tables_and_facts_without_what_json_does_not_know(self, found, tmp_path):
        folder = ValidationFolder(tmp_path / "there")
        folder.check_free()
        folder.write(found)

        def refuse(word):
            raise AssertionError(f"{word} is no JSON")

        facts = json.loads((folder.path / FACTS).read_text("utf-8"), parse_constant=refuse)
        assert {entry.name for entry in folder.path.iterdir()} == {PAGE, FACTS, TABLE, TEXT}
        assert facts["totals"]["in"]["of"] == found.card.tally("in").of
        assert len(facts["rows"]) == len(found.card.rows)
        assert len(facts["edges"]) == 12

    def test_the_markdown_has_a_line_for_every_row_that_is_covered(self, found):
        text = markdown(found)

        rows = [line for line in text.splitlines() if line.endswith(("| pass |", "| miss |"))]
        assert len(rows) == found.card.tally().of
        assert "in-sample rows pass" in text
