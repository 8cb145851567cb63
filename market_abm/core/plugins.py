"""Plugins: modules of a user's own that a scenario brings along (see `docs/how-to/bring-your-own.md`).

A scenario names a plugin in one of two ways. A file beside the scenario (`plugins = ["fund.py"]`) becomes part of
it: its text is kept in the scenario, so that a run can be made again anywhere. An installed package
(`plugins = ["my_pkg"]`, an entry point of the group `market_abm.plugins` or the name of a module) stays where it is;
the scenario keeps its version and a digest of its code, and other code of the same name is refused.
"""

import difflib
import functools
import hashlib
import importlib
import importlib.metadata
import importlib.util
import linecache
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

GROUP = "market_abm.plugins"
"""Group of entry points under which packages offer plugins."""


class PluginError(ValueError):
    """A plugin, or something in it, cannot be found or used."""


@functools.cache
def module_of_text(name: str, source: str) -> ModuleType:
    """Module made of a text; the same text gives the same module, so that its classes are the same too.

    Raises
    ------
    PluginError
        When the text is no Python, or fails when it is run.
    """
    digest = digest_of_text(source)
    full = f"{name}_{digest}"
    module = ModuleType(full, f"Plugin {name}.")
    module.__file__ = f"<plugin {name}>"
    linecache.cache[module.__file__] = (len(source), None, source.splitlines(keepends=True), module.__file__)
    sys.modules[full] = module  # pickles of its classes are found by this name
    try:
        exec(compile(source, module.__file__, "exec"), module.__dict__)
    except Exception as fault:
        del sys.modules[full]
        raise PluginError(f"plugin {name}: {type(fault).__name__}: {fault}") from fault
    return module


def digest_of_text(source: str) -> str:
    """Digest of a text."""
    return hashlib.sha256(source.replace("\r\n", "\n").encode()).hexdigest()[:12]


@functools.cache
def installed(name: str) -> tuple[ModuleType, str, str]:
    """Module of an installed plugin, its version, and the digest of its code.

    Raises
    ------
    PluginError
        When there is none of that name, or it fails when it is imported.
    """
    offered = {point.name: point for point in importlib.metadata.entry_points(group=GROUP)}
    target = offered[name].value if name in offered else name
    try:
        module = importlib.import_module(target)
    except ModuleNotFoundError as fault:
        known = f" Entry points there are: {', '.join(sorted(offered))}." if offered else ""
        raise PluginError(f'plugin "{name}": {fault}. Install it, or give a file: "{name}.py".{known}') from fault
    except Exception as fault:
        raise PluginError(f"plugin {name}: {type(fault).__name__}: {fault}") from fault
    return module, _version(name, offered, target), _digest_of(target.partition(".")[0])


def _version(name: str, offered: dict[str, Any], target: str) -> str:
    point = offered.get(name)
    if point is not None and point.dist is not None:
        return str(point.dist.version)
    owners = importlib.metadata.packages_distributions().get(target.partition(".")[0], [])
    return importlib.metadata.version(owners[0]) if owners else ""


def _digest_of(package: str) -> str:
    """Digest of all Python files of a package, or of the file of a module."""
    spec = importlib.util.find_spec(package)
    seal, origin = hashlib.sha256(), Path(spec.origin) if spec is not None and spec.origin else None
    if origin is None:
        raise PluginError(f"plugin {package}: it has no files of its own, so its code cannot be told from other code")
    files = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
    for file in files:
        seal.update(file.relative_to(origin.parent).as_posix().encode())
        seal.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return seal.hexdigest()[:12]


def find(reference: str, modules: dict[str, ModuleType]) -> Any:
    """What `module:name` means.

    Parameters
    ----------
    reference : name of a plugin, a colon, and the name of something in it.
    modules : plugins of the scenario by name.

    Raises
    ------
    PluginError
        When there is no such plugin, or nothing of that name in it.
    """
    name, colon, inner = reference.partition(":")
    if not colon or not inner:
        raise PluginError(f'"{reference}" is no reference; write "plugin:Name", such as "fund:HedgeFund".')
    if name not in modules:
        there = (
            f"The plugins are {', '.join(sorted(modules))}." if modules else 'Name it first: plugins = ["my_file.py"].'
        )
        raise PluginError(f'there is no plugin "{name}". {there}')
    found = getattr(modules[name], inner, None)
    if found is None:
        near = difflib.get_close_matches(inner, vars(modules[name]), 1)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        raise PluginError(f'plugin {name} has nothing called "{inner}".{hint}')
    return found
