"""A scenario file as written: found, decoded, parsed, and the line of each key.

Nothing is understood here; whatever is wrong with a file becomes a `ScenarioError`.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from market_abm.scenario.errors import Fault, ScenarioError, Where, nearest

LIBRARY = Path(__file__).parent / "library"
LARGEST_FILE = 5_000_000  # bytes; the shipped scenarios have some 20 kB
_DEEPEST = 12  # tables within tables; the schema needs 5
_LONGEST_VALUE = 3_000  # lines of one value that are searched for its end


@dataclass
class Source:
    """Where values come from: a file, a text, the command line or a Scenario object."""

    label: str
    folder: Path
    data: dict[str, Any]
    text: str = ""

    @cached_property
    def lines(self) -> dict[Where, int]:
        """Line of each key, worked out only when a fault needs it."""
        return key_lines(self.text)


def scenario_names() -> list[str]:
    """Names of the scenarios that are shipped."""
    return sorted(path.stem for path in LIBRARY.glob("*.toml"))


def locate(source: str | Path, folder: Path) -> Path:
    """File of a library name or of a path, which is taken relative to `folder`."""
    is_word = isinstance(source, str) and not re.search(r"[/\\]|\.toml$", source)
    if is_word and source in scenario_names():
        return LIBRARY / f"{source}.toml"
    path = folder / (_home(source) if str(source).startswith("~") else source)
    if is_word and not _is_file(path):
        known = scenario_names()
        near = nearest(str(source), known)
        hint = (f'Did you mean "{near}"? ' if near else "") + f"Known: {', '.join(known)}; or give a file."
        raise _unreadable(str(source), f'"{source}" is no scenario.', hint)
    return path


def _home(source: str | Path) -> Path:
    try:
        return Path(source).expanduser()
    except RuntimeError:  # nobody of that name
        return Path(source)


def _is_file(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or a zero byte
        return False


def read_source(path: Path) -> Source:
    """Read and parse a TOML file."""
    label = path.name or str(path)
    try:
        if path.is_dir():
            raise _unreadable(label, f"{path} is a folder.", "Give a TOML file within it.")
        if not path.exists():
            raise _unreadable(label, f"{path} does not exist.", _near_files(path))
        if not path.is_file():
            raise _unreadable(label, f"{path} is no ordinary file.")
        if path.stat().st_size > LARGEST_FILE:
            raise _unreadable(label, f"{path.stat().st_size:,} bytes exceed the limit of {LARGEST_FILE:,}.")
        raw = path.read_bytes()
    except OSError as error:
        raise _unreadable(label, f"{path} cannot be read: {error.strerror or error}.") from None
    except ValueError as error:
        if isinstance(error, ScenarioError):
            raise
        raise _unreadable(repr(label), f"this is no path: {error}.") from None
    text = _decoded(raw, label)
    return Source(label, path.parent, parse(text, label), text)


def _near_files(path: Path) -> str:
    if not path.parent.is_dir():
        return f"Nor does its folder, {path.parent}."
    near = nearest(path.name, (other.name for other in path.parent.glob("*.toml")))
    return f'Did you mean "{near}"?' if near else ""


def _decoded(raw: bytes, label: str) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        remedy = "Save it as UTF-8."
        raise ScenarioError([Fault((), "The file is not UTF-8 text.", remedy, label, line)], label) from None


def parse(text: str, label: str) -> dict[str, Any]:
    """Parse TOML; what is no TOML is told with line and column."""
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise _too_deep(label) from None
    except ValueError as error:
        found = re.search(r"^(.*) \(at line (\d+), column (\d+)\)$", str(error), re.DOTALL)
        line = int(found[2]) if found else None
        said = f"{found[1]}, column {found[3]}" if found else str(error)
        raise ScenarioError([Fault((), f"This is not TOML: {said}.", "", label, line)], label) from None
    if _depth(data) > _DEEPEST:
        raise _too_deep(label)
    return data


def _depth(data: dict[str, Any]) -> int:
    """How deep values lie; a loop, because dotted keys can go deeper than Python's stack."""
    level: list[Any] = [data]
    depth = 0
    while level and depth <= _DEEPEST:
        depth += 1
        below = [item for value in level for item in (value.values() if isinstance(value, dict) else value)]
        level = [item for item in below if isinstance(item, dict | list)]
    return depth


def _unreadable(label: str, what: str, remedy: str = "") -> ScenarioError:
    return ScenarioError([Fault((), what, remedy)], label)


def _too_deep(label: str) -> ScenarioError:
    return ScenarioError([Fault((), f"Values lie more than {_DEEPEST} deep within one another.", "", label, 1)], label)


def key_lines(text: str) -> dict[Where, int]:
    """Line of each table, row and key of a TOML text that parses.

    Statements are cut by trying: a value ends where the lines so far parse.
    """
    found: dict[Where, int] = {}
    rows: dict[Where, int] = {}
    table: Where = ()
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        length = 1
        if line.startswith("["):
            table = _header(line, rows)
            _note(found, table, at + 1)
        elif line and not line.startswith("#"):
            length, value = _statement(lines, at)
            for where in _inner(value):
                _note(found, table + where, at + 1)
        at += length
    return found


def _note(found: dict[Where, int], where: Where, line: int) -> None:
    for size in range(1, len(where) + 1):
        found.setdefault(where[:size], line)


def _header(line: str, rows: dict[Where, int]) -> Where:
    """Path of a `[table]` or `[[row]]` header, counting rows."""
    where: Where = ()
    data: Any = tomllib.loads(line)
    is_row = line.startswith("[[")
    while isinstance(data, dict) and data:
        key, data = next(iter(data.items()))
        where += (key,)
        last = not data or not isinstance(data, dict)
        if is_row and last:
            rows[where] = rows.get(where, -1) + 1
        if where in rows:
            where += (rows[where],)
    return where


def _statement(lines: list[str], at: int) -> tuple[int, dict[str, Any]]:
    """Number of lines of the statement that begins at `at`, and its value."""
    for length in range(1, min(len(lines) - at, _LONGEST_VALUE) + 1):
        last = lines[at + length - 1].rstrip()
        if length > 1 and "#" not in last and not last.endswith(("]", "}", '"', "'")):
            continue
        try:
            return length, tomllib.loads("\n".join(lines[at : at + length]))
        except ValueError:
            continue
    return 1, {}


def _inner(value: Any, where: Where = ()) -> list[Where]:
    """Paths within a value, rows of numbers left out."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
        items = list(enumerate(value))
    return [where] * bool(where) + [path for key, item in items for path in _inner(item, (*where, key))]
