"""Every citation can be followed: none of notes that are not here, and every section of the specification exists."""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from market_abm.scenario.schema import Scenario

ROOT = Path(__file__).resolve().parents[2]
SPECIFICATION = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")
ABSENT = re.compile(r"\bMODEL(?:_1)?(?:\.md| \d| n\b| section)|\bDESIG[N]\b|[Pp]rototyp[e] v")
EIGHTEEN = "MODEL" + " 18"
SECTION = re.compile(r"\bspecification: ([A-Z][^;)\"'|`\n]*[a-z])")
ANCHOR = re.compile(r"specification\.md#([a-z0-9-]*)")
TEXT = {".py", ".md", ".toml", ".csv", ".json", ".html", ".cff", ".txt", ".js", ".css"}
WRITTEN_DOWN = {
    # A band is not touched once the model has been looked at, and the study has these two rows as they were.
    "docs/validation-bands.md": f"{EIGHTEEN} | in |",
    "market_abm/validate/cube.py": f'Figure(math.nan, "{EIGHTEEN}"',
    "experiments/validation/scorecard.csv": f",{EIGHTEEN},",
    "experiments/validation/validation.json": f'"source": "{EIGHTEEN}"',
}
NUMBERS = re.compile(r"^- \*(?P<source>[^*]+)\*: (?P<numbers>`.+)$", re.MULTILINE)
NUMBER = re.compile(r"`(?P<path>[\w.*-]+)` (?P<rest>[^;`]+)(?:;|$)")


def tracked() -> list[Path]:
    """Text files that are under version control; the record of changes may say what once was."""
    try:
        asked = ["git", "-C", str(ROOT), "ls-files", "-z"]
        listed = subprocess.run(asked, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is not a checkout")
    files = [Path(name) for name in listed.split("\0") if name and not name.lower().startswith("changelog")]
    return [file for file in files if file.suffix in TEXT and (ROOT / file).exists()]


def sealed(file: Path) -> bool:
    """Whether it is an experiment that was stated before its results, or a part of these: they name its hash."""
    if len(file.parts) < 2 or file.parts[0] != "experiments":
        return False
    folder = ROOT / "experiments" / (file.stem if len(file.parts) == 2 else file.parts[1])
    plan, results = folder.with_suffix(".toml"), folder / "results.json"
    if not (plan.exists() and results.exists()):
        return False
    told = json.loads(results.read_text(encoding="utf-8"))["file_sha256"]
    return bool(hashlib.sha256(plan.read_text(encoding="utf-8").encode()).hexdigest() == told)


def lines(file: Path) -> Iterator[tuple[int, str]]:
    yield from enumerate((ROOT / file).read_text(encoding="utf-8").splitlines(), start=1)


def slug(heading: str) -> str:
    """Anchor that a heading gets on the page."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def headings() -> list[str]:
    return re.findall(r"^## (.+)$", SPECIFICATION, re.MULTILINE)


def test_nothing_cites_notes_that_are_not_here() -> None:
    cited = [
        f"{file.as_posix()}:{number}: {line.strip()[:120]}"
        for file in tracked()
        if not sealed(file)
        for number, line in lines(file)
        if ABSENT.search(line.replace(WRITTEN_DOWN.get(file.as_posix(), "\0"), ""))
    ]

    assert cited == [], "name the source, or the section of docs/specification.md, or say assumed or calibrated"


def test_every_section_cited_stands_in_the_specification() -> None:
    known = set(headings())
    assert len(known) == len(headings())

    cited = {(file.as_posix(), name) for file in tracked() for _, line in lines(file) for name in SECTION.findall(line)}
    led = {(file.as_posix(), name) for file in tracked() for _, line in lines(file) for name in ANCHOR.findall(line)}
    own = set(re.findall(r"\]\(#([a-z0-9-]*)\)", SPECIFICATION))

    assert len(cited) > 10
    assert {row for row in cited if row[1] not in known} == set()
    assert {row for row in led if row[1] not in {slug(name) for name in known}} == set()
    assert {slug(name) for name in known} == own, "the list of contents has every section"


def test_the_numbers_of_the_specification_are_those_of_the_code(fields: dict[str, dict[str, object]]) -> None:
    wrong, seen = [], 0
    for row in NUMBERS.finditer(SPECIFICATION):
        for one in NUMBER.finditer(row["numbers"]):
            seen += 1
            field = fields[one["path"]]
            told = f"{shown(field['default'])} {field['unit']}".removesuffix(" 1")
            source = str(field["source"])
            if one["rest"].strip() != told or first_word(row["source"]) != first_word(source):
                wrong.append(f"{one['path']} is {told}, {source}")

    assert seen > 100
    assert wrong == []


def test_every_number_of_behaviour_stands_in_the_specification(fields: dict[str, dict[str, object]]) -> None:
    told = {one["path"] for row in NUMBERS.finditer(SPECIFICATION) for one in NUMBER.finditer(row["numbers"])}
    behaviour = {path for path, field in fields.items() if field.get("behaviour")}

    assert behaviour - told == set()


def first_word(source: str) -> str:
    return source.split()[0].rstrip(":;")


def shown(value: object) -> str:
    """A default as the page has it."""
    if isinstance(value, list) and len(set(value)) == 1:
        return shown(value[0])
    if isinstance(value, list):
        return (" to " if len(value) == 2 else ", ").join(map(shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.fixture(scope="module")
def fields() -> dict[str, dict[str, object]]:
    """Numbers with a default, by the path that the specification gives them."""
    schema = Scenario.model_json_schema()["$defs"]
    found: dict[str, dict[str, object]] = {}

    def walk(part: str, path: str) -> None:
        for name, row in schema[part]["properties"].items():
            behaviour = path.startswith("parameters.")
            known = f"{path}.{name}".removeprefix("parameters.")
            if "default" in row and "unit" in row and known not in found:
                found[known] = row | {"behaviour": behaviour}

    for part in ("Zone", "Material", "Mine", "Refinery", "Manufacturer", "Speculator"):
        walk(part, f"{part.lower()}.*")
    walk("Vote", "state_buyer.*.vote")
    for section, row in schema["Parameters"]["properties"].items():
        walk(next(word for word in re.findall(r"defs/(\w+)", json.dumps(row))), f"parameters.{section}")
    for part, row in schema.items():
        kind = row["properties"].get("type", {}).get("const") if "properties" in row else None
        if kind is not None:
            walk(part, kind)
    return found
