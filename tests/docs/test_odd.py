"""The description of the model keeps up with the model: nothing unnamed, no link into the void."""

import ast
import importlib.util
import re
import sys
from pathlib import Path
from typing import get_args

import pytest

from market_abm.agents.export_authority import ExportAuthority
from market_abm.agents.illegal_miner import IllegalMiner
from market_abm.agents.licence_holder import LicenceHolder
from market_abm.agents.manufacturer import Manufacturer
from market_abm.agents.miner import Miner
from market_abm.agents.population import Agent
from market_abm.agents.refiner import Refiner
from market_abm.agents.speculator import Speculator
from market_abm.agents.state_buyer import StateBuyer
from market_abm.build import KINDS
from market_abm.core.state import State
from market_abm.policy import AnyPolicy
from market_abm.scenario.parameters import Parameters
from market_abm.scenario.schema import Scenario
from market_abm.shipped_week import shipped_week
from market_abm.world import World

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ODD = (DOCS / "odd.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
CHAPTERS = {
    Manufacturer: "7.1",
    Miner: "7.2",
    IllegalMiner: "7.3",
    Refiner: "7.5",
    Speculator: "7.6",
    StateBuyer: "7.7",
    ExportAuthority: "7.8",
    LicenceHolder: "7.8",
}
POLICIES = get_args(get_args(AnyPolicy)[0])
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def generate():
    """The generator of documentation, which is a script beside the documents."""
    for name in ("code_tables", "examples", "generate"):
        spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return module


def chapter(number: str) -> str:
    """Text of a chapter of the description."""
    start = ODD.index(f"### {number} ")
    end = ODD.find("\n### ", start + 1)
    return ODD[start : end if end > 0 else len(ODD)]


def own_rules(kind: type[Agent]) -> list[str]:
    return [name for name in kind.rules() if name in vars(kind)]


def test_every_kind_of_agent_has_a_chapter():
    assert set(KINDS.values()) <= set(CHAPTERS)


@pytest.mark.parametrize("kind", CHAPTERS, ids=lambda kind: kind.__name__)
def test_every_rule_of_a_kind_stands_in_its_chapter(kind):
    text = chapter(CHAPTERS[kind])
    assert [name for name in own_rules(kind) if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("kind", CHAPTERS, ids=lambda kind: kind.__name__)
def test_a_chapter_names_no_rule_that_is_gone(kind):
    together = {name for other, number in CHAPTERS.items() if number == CHAPTERS[kind] for name in other.rules()}
    named = set(re.findall(r"^\| `([a-z_]+)` \|", chapter(CHAPTERS[kind]), re.MULTILINE))
    assert named <= together


def test_the_schedule_is_that_of_the_shipped_week():
    told = re.findall(r"^\| \d+ \| `(\w+)` \|", ODD, re.MULTILINE)
    assert told == [verb.name for verb in shipped_week()]


def test_every_part_of_the_world_that_keeps_state_is_told():
    parts = [kind.__name__ for kind in State.__subclasses__() if kind.__module__.startswith("market_abm.")]
    assert World.__name__ in parts
    assert [name for name in parts if f"[`{name}`](../market_abm/" not in ODD] == []


def test_every_policy_is_told_with_what_overlaps_do():
    told = re.findall(r"^\| `(\w+)` \|", chapter("7.13"), re.MULTILINE)
    assert told == [policy.model_fields["type"].default for policy in POLICIES]


@pytest.mark.parametrize("section", Parameters.model_fields)
def test_every_section_of_parameters_is_placed_in_the_description(section):
    assert f"`parameters.{section}`" in ODD


def test_the_description_has_the_seven_elements_and_all_design_concepts():
    elements = ["Purpose and patterns", "Entities", "Process overview", "Design concepts", "Initialisation"]
    assert all(re.search(rf"^## \d {word}", ODD, re.MULTILINE) for word in [*elements, "Input data", "Submodels"])
    concepts = (
        *("Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction"),
        *("Sensing", "Interaction", "Stochasticity", "Collectives", "Observation"),
    )
    assert [word for word in concepts if f"| {word} |" not in ODD] == []


def test_the_parameter_reference_is_up_to_date(generate):
    now = generate.parameters_page()
    assert (DOCS / "parameters.md").read_text(encoding="utf-8") == now, "run `python docs/generate.py parameters`"


@pytest.mark.parametrize("name", ["verbs", "series"])
def test_tables_read_off_the_code_are_up_to_date(generate, name):
    page, table = sys.modules["code_tables"].TABLES[name]
    now = page.read_text(encoding="utf-8")
    assert sys.modules["code_tables"].with_table(now, name, table()) == now, "run `python docs/generate.py tables`"


def test_the_parameter_reference_has_every_field_of_the_schema(generate):
    text = (DOCS / "parameters.md").read_text(encoding="utf-8")
    fields = {
        f"{path}.{name}".lstrip(".")
        for path, part in generate.sections(Scenario, "")
        for name, field in part.model_fields.items()
        if generate._part_in(field.annotation) is None and name != "policy"
    }
    fields |= {f"policy.*.{name}" for policy in POLICIES for name in policy.model_fields if name != "type"}
    assert len(fields) > 200
    assert sorted(path for path in fields if f"| `{path}` |" not in text) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_to_names_defined_in_them(page):
    broken = []
    for said, target in LINK.findall(page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or (anchor and anchor not in anchors(place)):
            broken.append(target)
        elif place.suffix == ".py" and re.fullmatch(r"`\w+`", said) and said.strip("`") not in named_by(place):
            broken.append(f"{said} in {target}")
    assert broken == []


def test_the_architecture_names_every_module():
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    house = ROOT / "market_abm"
    modules = [file.relative_to(house).as_posix() for file in sorted(house.rglob("*.py")) if file.name != "__init__.py"]
    assert [name for name in modules if not name.startswith("report/") and f"(../market_abm/{name})" not in text] == []


def named_by(file: Path) -> set[str]:
    """Names of a module, and of what it defines at its top: functions, classes and constants."""
    found = {file.stem}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return found


def anchors(page: Path) -> set[str]:
    """Anchors a Markdown page has, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
