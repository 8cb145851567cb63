"""Every example of README, tutorial and how-to pages runs as it stands and prints what it shows."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from market_abm.scenario.library import scenario_names

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", DOCS / "tutorial.md", *sorted((DOCS / "how-to").glob("*.md"))]
LONG = ("analyse-a-sweep.md", "calibrate.md", "explain.md", "run-an-experiment.md", "run-many-seeds.md")
"""Pages whose examples take a minute or more: `pytest -m long` runs them."""
REFRESH = "if the new output is right, write it with `python docs/generate.py outputs`"


@pytest.fixture(scope="module")
def examples():
    """The module that finds and runs examples, which stands beside the documents."""
    spec = importlib.util.spec_from_file_location("examples", DOCS / "examples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["examples"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore:Failed to validate hooks:UserWarning")  # of Mesa's page, by Solara
@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.long) if page.name in LONG else page for page in PAGES],
    ids=lambda page: page.name,
)
def test_examples_run_and_print_what_is_shown(page, examples, tmp_path):
    printed = examples.play(page, tmp_path)

    assert printed, "the page has no examples"
    for output in printed:
        if output.shown is not None:
            assert examples.agree(output.shown, output.truth), f"{page.name}:{output.start}, {REFRESH}\n" + "\n".join(
                output.truth
            )


def test_a_command_that_fails_is_noticed(examples, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ market-abm show no-such-scenario\n```\n", encoding="utf-8")
    with pytest.raises(examples.ExampleError, match="ended with 2"):
        examples.play(page, tmp_path)


@pytest.mark.parametrize(
    ("shown", "truth", "same"),
    [
        (["price  17.3 US$/kg"], ["price 17.4 US$/kg"], True),
        (["price 17.3 US$/kg"], ["price 19.3 US$/kg"], False),
        (["a ──── b"], ["a ── b"], True),
        (["2010-09-20 embargo"], ["2010-09-27 embargo"], False),
        (["{2009: 17.3, 2010: 18.0}"], ["{2009: 17.4, 2010: 18.0}"], True),
        (["{2009: 17.3}"], ["{2009: -17.3}"], False),
        (["one"], ["one two"], False),
    ],
)
def test_outputs_agree_in_words_and_nearly_in_numbers(shown, truth, same, examples):
    assert examples.agree(shown, truth) is same


def test_the_readme_example_has_twelve_lines_and_shows_its_output(examples):
    found = examples.blocks((ROOT / "README.md").read_text(encoding="utf-8"))
    python = next(place for place, block in enumerate(found) if block.language == "python")
    assert len([line for line in found[python].lines if line.strip()]) <= 12
    assert found[python + 1].language == "text"


def test_the_readme_lists_the_scenarios_of_the_library():
    told = re.findall(r"^\| `([\w-]+)` \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(scenario_names())


def test_the_readme_has_the_two_commands_first():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    run, test = "-e . && .venv/bin/market-abm run japan-2010", "-e '.[test]' && .venv/bin/pytest"
    found = re.findall(r"^python3 -m venv \.venv && \.venv/bin/pip install -q (.*)$", text, re.MULTILINE)
    assert found[:2] == [run, test]
