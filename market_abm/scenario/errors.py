"""Faults in a scenario: what is wrong, where it was written, and what to do about it.

Reading gathers every fault before it complains, so that a user mends a file
once. The command line, the page and scripts all print the same words.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Where = tuple[str | int, ...]
"""Keys and row numbers that lead to a value: `("policy", "embargo-japan", "leak")`."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_FEW = 8  # names listed in full when none is near


def show_path(where: Where) -> str:
    """Path as `--set` and `drop` take it; rows of plain lists are counted from 1."""
    text = ""
    for key in where:
        if isinstance(key, int):
            text += f"[{key + 1}]"
        else:
            text += ("." if text else "") + (key if _BARE.fullmatch(key) else _quoted(key))
    return text or "scenario"


def _quoted(key: str) -> str:
    if '"' not in key:
        return f'"{key}"'
    return f"'{key}'"


def suggest(word: str, valid: Iterable[str]) -> str:
    """Remedy for an unknown name: the nearest valid one, or all when they are few."""
    names = sorted(set(valid))
    if near := nearest(word, names):
        return f'Did you mean "{near}"?'
    if not names:
        return "There are none."
    if len(names) <= _FEW:
        return f"Known: {', '.join(names)}."
    return ""


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """Nearest valid name, whatever the case of its letters; None when nothing is near."""
    by_small = {name.casefold(): name for name in valid}
    found = difflib.get_close_matches(word.casefold()[:100], by_small, n=1, cutoff=0.6)
    return by_small[found[0]] if found else None


def _printable(text: str) -> str:
    """Text on one line; control characters of a hostile or broken file are spelt out."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


@dataclass(frozen=True)
class Fault:
    """One mistake.

    `file` and `line` tell who wrote the value: with `extends` often not the
    file that was asked for. `shown` replaces the path where a row has no name.
    """

    where: Where
    what: str
    remedy: str = ""
    file: str = ""
    line: int | None = None
    shown: str = ""

    def told(self, home: str = "") -> str:
        """One line for people; the file is named unless it is `home`."""
        place = [self.file] if self.file and self.file != home else []
        if self.line is not None:
            place.append(f"line {self.line}")
        path = self.shown or (show_path(self.where) if self.where else "")
        head = " ".join(part for part in (path, f"({', '.join(place)})" if place else "") if part)
        said = f"{self.what} {self.remedy}".strip()
        return _printable(f"{head}: {said}" if head else said)


class ScenarioError(ValueError):
    """A scenario cannot be used; `faults` holds every reason."""

    def __init__(self, faults: Sequence[Fault], file: str) -> None:
        super().__init__(tuple(faults), file)  # as arguments, so that workers can send it home
        self.faults = tuple(faults)
        self.file = file

    def __str__(self) -> str:
        count = f"{len(self.faults)} fault" + ("" if len(self.faults) == 1 else "s")
        return "\n".join(
            [_printable(f"{count} in {self.file}"), *(f" * {fault.told(self.file)}" for fault in self.faults)]
        )
