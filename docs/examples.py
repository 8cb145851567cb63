"""The examples of the documentation: find them in a page, run them, compare what they print.

Used by the tests, which fail when an example no longer works, and by
`docs/generate.py outputs`, which writes what the examples print now.

In a page, `console` blocks hold commands (lines that begin with `$ `) and what
they print, `python` blocks share one namespace and are followed by a `text`
block when their output is shown, and a `toml` or `python` block whose first line
is `# name.toml` or `# name.py` is saved under that name. Other blocks are for
reading only.
"""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from market_abm.cli.app import app

FENCE = re.compile(r"^```(\w*)\s*$")
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
NEARLY = 0.02  # relative; libraries and processors differ in the last bit, and markets magnify it


class ExampleError(AssertionError):
    """An example failed; the message names page, line and command."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its lines, and the number of its first line in the page."""

    language: str
    lines: list[str]
    start: int

    @property
    def text(self) -> str:
        """Its lines as they stand."""
        return "\n".join(self.lines)


@dataclass
class Printed:
    """What an example prints: as shown in the page (None when nothing is shown), and in truth."""

    start: int
    end: int
    shown: list[str] | None
    truth: list[str] = field(default_factory=list)


def blocks(page: str) -> list[Block]:
    """All fenced blocks of a page."""
    found: list[Block] = []
    inside: Block | None = None
    for number, line in enumerate(page.splitlines()):
        fence = FENCE.match(line)
        if inside is None and fence:
            inside = Block(fence[1], [], number + 1)
        elif inside is not None and line.strip() == "```":
            found.append(inside)
            inside = None
        elif inside is not None:
            inside.lines.append(line)
    return found


def commands(block: Block) -> Iterator[tuple[str, Printed]]:
    """Commands of a console block with the place of their output."""
    starts = [place for place, line in enumerate(block.lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(block.lines)], strict=True):
        shown = block.lines[start + 1 : end]
        yield (
            block.lines[start][2:],
            Printed(block.start + start + 1, block.start + end, shown if any(map(str.strip, shown)) else None),
        )


def play(page: Path, folder: Path) -> list[Printed]:
    """Run all examples of a page in a folder, in order.

    Raises
    ------
    ExampleError
        When a command does not end with 0 or Python code raises.
    """
    printed: list[Printed] = []
    names: dict[str, Any] = {"__name__": "example"}
    found = blocks(page.read_text(encoding="utf-8"))
    for place, block in enumerate(found):
        head = block.lines[0] if block.lines else ""
        if block.language in ("toml", "python") and re.fullmatch(r"# [\w-]+\.(toml|py)", head):
            (folder / head[2:]).write_text(block.text + "\n", encoding="utf-8")
        elif block.language == "console":
            for command, output in commands(block):
                output.truth = _said(command, folder, f"{page.name}:{output.start}")
                printed.append(output)
        elif block.language == "python":
            after = found[place + 1] if place + 1 < len(found) else None
            truth = _python(block, names, folder, page.name)
            if after is not None and after.language == "text":
                printed.append(Printed(after.start, after.start + len(after.lines), after.lines, truth))
    return printed


def _said(command: str, folder: Path, where: str) -> list[str]:
    """What a command prints; one of ours alone is run in this process, which spares the start of another."""
    if not command.startswith("market-abm ") or set(command) & set("|<>&;$`*"):
        return _shell(command, folder, where)
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, shlex.split(command)[1:])
    if done.exit_code:
        raise ExampleError(f"{where}: `{command}` ended with {done.exit_code}.\n{done.output}") from done.exception
    return _trimmed(done.stdout)


def _shell(command: str, folder: Path, where: str) -> list[str]:
    here = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "MPLBACKEND": "Agg"}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=here, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    if done.returncode:
        raise ExampleError(f"{where}: `{command}` ended with {done.returncode}.\n{done.stdout}{done.stderr}")
    return _trimmed(done.stdout)


def _python(block: Block, names: dict[str, Any], folder: Path, page: str) -> list[str]:
    output = io.StringIO()
    code = compile("\n" * block.start + block.text, page, "exec")
    with contextlib.chdir(folder), contextlib.redirect_stdout(output):
        exec(code, names)
    return _trimmed(output.getvalue())


def _trimmed(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def agree(shown: list[str], truth: list[str]) -> bool:
    """Whether two outputs say the same: words alike, numbers nearly so, spacing and rules aside."""
    left, right = _words(shown), _words(truth)
    return len(left) == len(right) and all(map(_alike, left, right))


def _words(lines: list[str]) -> list[str]:
    return [word for line in lines for word in line.split() if word.strip("─-=")]


def _alike(left: str, right: str) -> bool:
    """Whether two words are the same but for numbers in them that differ a little; dates do not."""
    if left == right or DATE.search(left) or NUMBER.sub("#", left) != NUMBER.sub("#", right):
        return left == right
    return all(map(_near, NUMBER.findall(left), NUMBER.findall(right)))


def _near(left: str, right: str) -> bool:
    """Whether two numbers differ by little, or by one in the last figure shown."""
    first, second = (float(number.replace(",", "")) for number in (left, right))
    last_figure = 10.0 ** -len(left.partition(".")[2])
    return abs(first - second) <= max(NEARLY * max(first, second), 1.01 * last_figure)


def with_truth(page: str, printed: list[Printed]) -> str:
    """Page in which every output that is shown is what was printed."""
    lines = page.splitlines()
    for output in sorted(printed, key=lambda one: one.start, reverse=True):
        if output.shown is not None:
            lines[output.start : output.end] = output.truth
    return "\n".join(lines) + "\n"
