"""The folder of an explanation: what is written, what is never replaced."""

import json

import pandas as pd
import pytest

from market_abm.explain.chronicle import chronicle
from market_abm.explain.folder import ExplanationFolder
from market_abm.explain.page import explanation_page, facts
from market_abm.explain.picture import picture_bytes
from market_abm.record.errors import RecordError


@pytest.fixture(scope="module")
def written(known, plan, found, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "why"
    run = known.made_up_run(plan.whole, 0)
    sentences = chronicle(run)
    page = explanation_page(found, sentences, run, ["a note"])
    ExplanationFolder(folder).write(found, page, facts(found, sentences, run, ["a note"]))
    return folder


def test_all_four_files_are_there_and_nothing_else(written):
    assert {file.name for file in written.iterdir()} == {
        "README.md",
        "explain.json",
        "contributions.csv",
        "picture.png",
    }


def test_the_table_holds_what_was_found(written, found):
    table = pd.read_csv(written / "contributions.csv")

    assert len(table) == len(found.tables())
    assert table["mean"].to_numpy() == pytest.approx(found.tables()["mean"].to_numpy(), abs=1e-9)


def test_the_facts_give_the_parts_again(written, found):
    told = json.loads((written / "explain.json").read_text("utf-8"))

    values = told["moves"]["peak_export"]["values"]
    whole = [one - nobody for one, nobody in zip(values["31"], values["0"], strict=True)]
    assert whole == pytest.approx(found.total("peak_export").tolist())
    assert told["seeds"] == [0, 1, 2]
    assert "policy.export-quota.enabled=false" in told["taken_away"]["quota"]


def test_the_page_names_every_group_and_cause_the_note_and_the_chronicle(written, plan):
    page = (written / "README.md").read_text("utf-8")

    assert all(cause.label in page for cause in plan.single)
    assert "> a note" in page
    assert "The record begins" in page
    assert "mostly through the others" in page


def test_the_picture_is_the_same_for_the_same_numbers(found):
    assert picture_bytes(found) == picture_bytes(found)


class TestRefusals:
    def test_the_same_explanation_may_be_written_again(self, written, plan):
        ExplanationFolder(written).check_free(plan.id, overwrite=False)

    def test_another_one_only_when_asked(self, written):
        with pytest.raises(RecordError, match="--force"):
            ExplanationFolder(written).check_free("other", overwrite=False)
        ExplanationFolder(written).check_free("other", overwrite=True)

    def test_other_things_never(self, tmp_path):
        (tmp_path / "thesis.md").write_text("x")
        with pytest.raises(RecordError, match="holds other things"):
            ExplanationFolder(tmp_path).check_free("any", overwrite=True)

    def test_a_file_is_no_folder(self, tmp_path):
        (tmp_path / "file").write_text("x")
        with pytest.raises(RecordError, match="is a file"):
            ExplanationFolder(tmp_path / "file").check_free("any", overwrite=True)
