"""A scenario while it is put together from files: merged values, each with who wrote it.

Files are laid one over the other, the most basic first. Rows of `[[policy]]`
and `[[link]]` are held by name meanwhile, so that a child can change, replace
or drop one; `finished()` turns them back into lists.
"""

import copy
from dataclasses import replace
from typing import Any

from market_abm.core.plugins import PluginError
from market_abm.policy.base import plain_name
from market_abm.scenario.errors import Fault, Where, show_path, suggest
from market_abm.scenario.overrides import split_path
from market_abm.scenario.own import plugin_row
from market_abm.scenario.reading import Source

EXTENDS, DROP, PLUGINS = "extends", "drop", "plugins"


class Rows(dict[str, Any]):
    """Rows of a list by name, in the order of declaration."""


def link_name(row: dict[str, Any]) -> str:
    """Name of a way: `CN-JP`, or `CN-JP-smuggled`."""
    return f"{row.get('origin')}-{row.get('destination')}" + ("-smuggled" if row.get("smuggled") is True else "")


def policy_name(row: dict[str, Any], taken: set[str]) -> str:
    """Name of a policy row; when silent its type with `-`, and a number when that is taken."""
    if isinstance(row.get("name"), str):
        return str(row["name"])
    kind = row.get("type")
    plain = plain_name(kind) if isinstance(kind, str) else "policy"
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain}-{number}"
    return name


def _plugin_name(row: Any) -> Any:
    """Name of a plugin; what is no row of one stands for itself, and is told by the schema."""
    return row.get("name") if isinstance(row, dict) else row


class Draft:
    """Values merged so far."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        self.faults: list[Fault] = []
        self._written: dict[Where, tuple[Source, Where]] = {}
        self._shown: dict[Where, str] = {}

    def lay(self, source: Source) -> None:
        """Lay a file over what is there: first its drops, then its values."""
        self._drop_all(source)
        for key, value in source.data.items():
            if key == PLUGINS and isinstance(value, list):
                self._bring(value, source)
            elif key not in (EXTENDS, DROP):
                self.put((key,), value, source)

    def _bring(self, entries: list[Any], source: Source) -> None:
        """Add plugins to those that are there; one of the same name takes the other's place."""
        held = self.data.get(PLUGINS, [])
        rows = list(held) if isinstance(held, list) else []
        for entry in entries:
            try:
                row = plugin_row(entry, source.folder)
            except PluginError as fault:
                self.faults.append(self._fault_at(source, (PLUGINS,), f"{fault}.", "Paths start at the scenario."))
                continue
            rows = [other for other in rows if _plugin_name(other) != _plugin_name(row)] + [row]
        self.put((PLUGINS,), rows, source)

    def put(self, where: Where, value: Any, source: Source, local: Where | None = None) -> None:
        """Write a value: tables key by key, rows by name, anything else as a whole.

        `local` is the path in the file, where rows have numbers.
        """
        local = where if local is None else local
        if where in (("policy",), ("link",)) and _is_rows(value):
            self._put_rows(str(where[0]), value, source)
            return
        parent, key = self._parent(where), where[-1]
        if not isinstance(value, dict) or not isinstance(parent.get(key), dict) or isinstance(parent[key], Rows):
            if key in parent:  # what was never there left nothing to forget
                self._forget(where)
            parent[key] = {} if isinstance(value, dict) else copy.deepcopy(value)
        self._written[where] = (source, local)
        if isinstance(value, dict):
            for name, inner in value.items():
                self.put((*where, name), inner, source, (*local, name))

    def _parent(self, where: Where) -> dict[Any, Any]:
        node: dict[Any, Any] = self.data
        for key in where[:-1]:
            if not isinstance(node.get(key), dict):
                node[key] = {}
            node = node[key]
        return node

    def _put_rows(self, section: str, rows: list[dict[str, Any]], source: Source) -> None:
        if not rows or not isinstance(self.data.get(section), Rows):
            self._forget((section,))
            self.data[section] = Rows()
            self._written[(section,)] = (source, (section,))
        held = self.data[section]
        explicit = {str(row["name"]) for row in rows if isinstance(row.get("name"), str)}
        taken = {*held, *explicit}
        seen: set[str] = set()
        for number, row in enumerate(rows):
            name = link_name(row) if section == "link" else policy_name(row, taken)
            if section == "policy" and "name" not in row:
                self._shown[(section, name)] = f"policy[{number + 1}]"
            if name in seen:
                what = f'"{name}" is written twice in one file.'
                remedy = "Give each policy its own name." if section == "policy" else "Keep one."
                self.faults.append(self._fault_at(source, (section, number), what, remedy))
            seen.add(name)
            taken.add(name)
            old = held.get(name)
            if isinstance(old, dict) and row.get("type", old.get("type")) != old.get("type"):
                self._forget((section, name))  # another kind of policy under an old name replaces it
                held[name] = {}
            self.put((section, name), row, source, (section, number))

    def _forget(self, where: Where) -> None:
        size = len(where)
        for path in [path for path in self._written if path[:size] == where]:
            del self._written[path]

    def _drop_all(self, source: Source) -> None:
        wanted = source.data.get(DROP, [])
        if not isinstance(wanted, list) or not all(isinstance(path, str) for path in wanted):
            remedy = 'Write drop = ["policy.embargo-japan"].'
            self.faults.append(self._fault_at(source, (DROP,), "A list of paths in quotes is expected.", remedy))
            return
        for path in wanted:
            self._drop(path, source)

    def _drop(self, path: str, source: Source) -> None:
        keys = split_path(path) or (path,)
        node: Any = self.data
        for depth, key in enumerate(keys):
            if not isinstance(node, dict) or key not in node:
                rest = keys[depth + 1 :]
                known = [show_path((*keys[:depth], name, *rest)) for name in node] if isinstance(node, dict) else []
                remedy = suggest(path, known)
                if EXTENDS not in source.data:
                    remedy = "Only what a file extends can be dropped."
                self.faults.append(self._fault_at(source, (DROP,), f'"{path}" is not inherited.', remedy))
                return
            parent, node = node, node[key]
        del parent[keys[-1]]
        self._forget(keys)

    def placed(self, fault: Fault) -> Fault:
        """Fault with file and line of whoever wrote the value, or the table around it."""
        where = fault.where
        for size in range(len(where), 0, -1):
            if where[:size] in self._written:
                source, local = self._written[where[:size]]
                found = self._fault_at(source, (*local, *where[size:]), fault.what, fault.remedy)
                return replace(found, where=where, shown=self._show(where))
        return replace(fault, shown=self._show(where))

    def _show(self, where: Where) -> str:
        head = self._shown.get(where[:2])
        if head is None:
            return show_path(where) if where else ""
        return head + (f".{show_path(where[2:])}" if where[2:] else "")

    @staticmethod
    def _fault_at(source: Source, local: Where, what: str, remedy: str) -> Fault:
        line = None
        for size in range(len(local), 0, -1):
            if (line := source.lines.get(local[:size])) is not None:
                break
        return Fault(local, what, remedy, source.label, line)


def finished(data: dict[str, Any]) -> dict[str, Any]:
    """Return plain values: rows as lists again, every policy named."""
    plain = dict(data)
    for section, rows in data.items():
        if isinstance(rows, Rows):
            plain[section] = [_named_row(section, name, row) for name, row in rows.items()]
    return plain


def _named_row(section: str, name: str, row: Any) -> Any:
    return {"name": name, **row} if section == "policy" and isinstance(row, dict) else row


def named(where: Where, data: dict[str, Any]) -> Where:
    """Path with the name of a policy or link in place of its row number."""
    rows = data.get(str(where[0])) if where else None
    if isinstance(rows, Rows) and len(where) > 1 and isinstance(where[1], int):
        return (where[0], list(rows)[where[1]], *where[2:])
    return where


def _is_rows(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(row, dict) for row in value)
