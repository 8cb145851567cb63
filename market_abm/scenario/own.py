"""What a scenario says of a user's own code: plugins, populations, verbs (see `market_abm.core.plugins`)."""

import contextlib
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Self

from pydantic import model_validator

from market_abm.core.plugins import PluginError, digest_of_text, find, installed, module_of_text
from market_abm.policy import Policy
from market_abm.scenario.fields import Name, NonNegative, Part, Range, field

LARGEST_PLUGIN = 1_000_000  # bytes of a file


class Plugin(Part):
    """Code that the scenario brings along: the text of a file, or an installed package by version and digest."""

    name: Name = field(..., "-", "Name by which `kind`, `type`, `function` and `mechanism` refer to it.")
    source: str | None = field(None, "-", "Text of the file; silent for an installed package.")
    version: str = field("", "-", "Version of the installed package.")
    digest: str = field("", "-", "Digest of the code; other code under this name is refused.")

    @model_validator(mode="after")
    def _is_the_same_code(self) -> Self:
        if self.source is None:
            _, installed_version, digest = installed(self.name)
        else:
            module_of_text(self.name, self.source)  # fails in words when it cannot be loaded
            installed_version, digest = self.version, digest_of_text(self.source)
        if self.digest and self.digest != digest:
            version = f" of version {self.version}" if self.version else ""
            raise ValueError(
                f"the code of plugin {self.name} (digest {digest}) is not that of the scenario (digest {self.digest}"
                f"{version}); install the same, or name it anew in `plugins`"
            )
        self.__dict__ |= {"digest": digest, "version": installed_version}
        return self

    @property
    def module(self) -> ModuleType:
        """The module itself."""
        return module_of_text(self.name, self.source) if self.source is not None else installed(self.name)[0]


class OwnPopulation(Part):
    """Agents of a kind of the user's own, beside the shipped ones."""

    label: str = field("", "-", "Name shown to people.")
    kind: str = field(..., "-", 'Class of the agents, as "plugin:Class".')
    zone: Name = field(..., "zone", "Where they are.")
    count: int = field(1, "1", "Number of agents.", ge=1, le=1_000_000)
    capital_musd: NonNegative = field(0.0, "US$ m", "Money of all of them at the start, paid in by owners.")
    stock_t: dict[Name, NonNegative] = field({}, "t", "Metal of all of them at the start, by material.")
    columns: dict[Name, float | Range | str] = field(
        {},
        "-",
        "Values of columns at the start: a number, [low, high] from which each agent draws, or the name of a material.",
    )


class OwnVerb(Part):
    """A verb of the user's own in the week."""

    function: str = field(..., "-", 'What is done, as "plugin:function".')
    place: Literal["before", "after", "instead"] = field("after", "-", "Where it stands.")
    verb: Name = field(..., "-", "Verb of the week before, after or instead of which it is done.")
    gives: Name | None = field(None, "-", "Part of the week that it returns.")
    every: int = field(1, "week", "Done in each week whose number is a multiple of it.", ge=1)


def plugin_row(entry: Any, folder: Path) -> Any:
    """Row of `[[plugins]]` for an entry of `plugins = [...]`: a file beside the scenario, or a package.

    Raises
    ------
    PluginError
        When the file cannot be read.
    """
    if not isinstance(entry, str):
        return entry
    if not entry.endswith(".py"):
        return {"name": entry}
    path = folder / entry
    try:
        if path.stat().st_size > LARGEST_PLUGIN:
            raise PluginError(f"{entry} has more than {LARGEST_PLUGIN:,} bytes")
        return {"name": path.stem, "source": path.read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError) as fault:
        raise PluginError(f"{entry} cannot be read: {getattr(fault, 'strerror', None) or fault}") from None


def modules_of(plugins: list[Plugin]) -> dict[str, ModuleType]:
    """Plugins by name."""
    return {plugin.name: plugin.module for plugin in plugins}


def own_policy(kind: str, modules: dict[str, ModuleType]) -> type[Policy]:
    """Class of a policy of the user's own.

    Raises
    ------
    PluginError
        When it cannot be found or is no policy.
    """
    found = find(kind, modules)
    if not (isinstance(found, type) and issubclass(found, Policy)):
        raise PluginError(f'"{kind}" is no policy; it must inherit from market_abm.policy.Policy')
    SEEN[kind] = found
    return found


SEEN: dict[str, type[Policy]] = {}
"""Policies of users' own that this process has read, by type: for the wording of faults and for `--set` alone."""


def note_policies(rows: Any) -> None:
    """Note the policies of a draft's plugins, so that `--set` knows their fields; faults are told elsewhere."""
    for row in rows if isinstance(rows, list) else []:
        with contextlib.suppress(ValueError):
            SEEN.update(own_policies([Plugin.model_validate(row)]))


def own_policies(plugins: list[Plugin]) -> dict[str, type[Policy]]:
    """Policies that plugins bring, by type."""
    return {
        f"{name}:{key}": value
        for name, module in modules_of(plugins).items()
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Policy) and value.__module__ == module.__name__
    }
