"""A run: what a scenario and a seed give (ODD: Observation).

`simulate` is a pure function from (scenario, seed) to a `Run`; a `Run` is kept
in a folder and read back unchanged.
"""

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, Self

import pandas as pd

from market_abm.record import interrupt
from market_abm.record.dates import shortened
from market_abm.record.digest import digest, tidy
from market_abm.record.errors import RunFolderError
from market_abm.record.folder import RunFolder
from market_abm.record.identity import run_id, setting_id
from market_abm.record.manifest import Stopwatch, circumstances
from market_abm.scenario.schema import Scenario

Progress = Callable[[int, int, dt.date], None]
"""Told each week: weeks done, weeks in all, today."""


class Market(Protocol):
    """What `simulate` asks of a model; `market_abm.model.MineralMarket` is one."""

    @property
    def running(self) -> bool:
        """Whether there is a further week."""

    @property
    def week_index(self) -> int:
        """Weeks run."""

    @property
    def weeks(self) -> int:
        """Weeks in all."""

    @property
    def today(self) -> dt.date:
        """Monday of the coming week."""

    def step(self) -> None:
        """Live through one week."""

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Return the record."""

    def close(self) -> None:
        """Let the model be forgotten."""


MarketMaker = Callable[[Scenario, int], Market]


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """The tables of one run with its inputs and circumstances.

    Tables are attributes too: `run.prices` is `run.tables["prices"]`.

    Parameters
    ----------
    scenario : resolved scenario.
    seed : seed of the luck.
    tables : tidy frames by name; see the reference of tables.
    manifest : circumstances and results; what `manifest.json` holds.
    path : folder, for a run that was saved or loaded.
    """

    scenario: Scenario
    seed: int
    tables: Mapping[str, pd.DataFrame]
    manifest: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None

    def __post_init__(self) -> None:
        tables = {name: tidy(frame) for name, frame in self.tables.items()}
        object.__setattr__(self, "tables", MappingProxyType(tables))

    @functools.cached_property
    def id(self) -> str:
        """Hash of the inputs; a loaded run keeps the one it was saved under."""
        return str(self.manifest.get("id") or run_id(self.scenario, self.seed))

    @functools.cached_property
    def digest(self) -> str:
        """Hash of what the tables say."""
        return digest(self.tables)

    @property
    def name(self) -> str:
        """Name shown to people."""
        return f"{self.scenario.name} seed {self.seed}"

    @property
    def report_path(self) -> Path | None:
        """Page of a saved run, whether or not it has been written."""
        return RunFolder(self.path).report_file if self.path else None

    def save(self, folder: str | Path, overwrite: bool = False) -> Self:
        """Write the run to `folder`, whole or not at all; return it with its path.

        Raises
        ------
        RunFolderError
            When the folder exists and `overwrite` is false, is no run's, or cannot be written.
        """
        from market_abm.scenario.writing import dump_toml

        inputs = {
            "id": self.id,
            "setting": self.manifest.get("setting") or setting_id(self.scenario),
            "scenario": self.scenario.name,
            "seed": self.seed,
            "digest": self.digest,
        }
        kept = {key: value for key, value in self.manifest.items() if key not in {"kind", "files", "tables"}}
        manifest = inputs | kept
        RunFolder(folder).write(manifest, dump_toml(self.scenario), self.tables, overwrite)
        return replace(self, manifest=manifest, path=Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a run from its folder.

        Raises
        ------
        RunFolderError
            When the folder holds no run or a damaged one.
        """
        from market_abm.scenario.errors import ScenarioError
        from market_abm.scenario.loading import load_scenario

        place = RunFolder(folder)
        manifest, tables = place.manifest(), place.read_tables()
        try:
            scenario = load_scenario(place.scenario_file)
            return cls(scenario, int(manifest["seed"]), tables, manifest, place.path)
        except ScenarioError as fault:
            version = manifest.get("versions", {}).get("market_abm", "unknown")
            said = f"{place.path} was written by version {version}; this one cannot read its scenario:"
            raise RunFolderError(f"{said} {fault}") from fault

    def __getattr__(self, name: str) -> pd.DataFrame:
        tables: Mapping[str, pd.DataFrame] = self.__dict__.get("tables", {})
        if name in tables:
            return tables[name]
        raise AttributeError(f"a run has no table {name!r}; its tables are {', '.join(tables)}")

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "tables": dict(self.tables)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, tables=MappingProxyType(state["tables"]))

    def __repr__(self) -> str:
        place = f", in {self.path}" if self.path else ""
        return f"<Run {self.name}, {self.id[:8]}{place}>"


def simulate(
    scenario: Scenario,
    seed: int,
    progress: Progress | None = None,
    until: str | dt.date | None = None,
    market: MarketMaker | None = None,
) -> Run:
    """Run a scenario under a seed; the model is forgotten, its tables are kept.

    Parameters
    ----------
    scenario : what is run.
    seed : seed of the luck.
    progress : told each week; what it raises stops the run.
    until : first day not run; the scenario's end when silent.
    market : your own kind of market, in place of `MineralMarket`; its name becomes part of the identity.
    """
    scenario = shortened(scenario, until)
    watch = Stopwatch()
    if market is None:
        from market_abm.model import MineralMarket

        return play(MineralMarket(scenario, rng=seed), scenario, seed, watch, progress)
    return play(market(scenario, seed), scenario, seed, watch, progress, market=name_of(market))


def name_of(market: MarketMaker | None) -> str | None:
    """Name under which a kind of market enters a run's identity; None for the usual one."""
    return None if market is None else f"{market.__module__}.{getattr(market, '__qualname__', '')}"


def play(
    model: Market,
    scenario: Scenario,
    seed: int,
    watch: Stopwatch,
    progress: Progress | None = None,
    **further: Any,
) -> Run:
    """Step a model to its end, keep its tables and let it go.

    Parameters
    ----------
    further : other inputs that belong to the run's identity (see `run_id`); kept in the manifest.
    """
    try:
        while model.running:
            model.step()
            interrupt.heed()
            if progress is not None:
                progress(model.week_index, model.weeks, model.today)
        manifest = {"id": run_id(scenario, seed, **further), "setting": setting_id(scenario, **further)}
        manifest |= {key: value for key, value in further.items() if value is not None}
        return Run(scenario, seed, model.tables(), manifest | circumstances(watch, model.week_index))
    except SystemError as fault:
        if interrupt.came_as(fault):
            raise KeyboardInterrupt from fault
        raise
    finally:
        model.close()


def already_in(folder: str | Path, identity: str, overwrite: bool = False) -> Run | None:
    """Return the run of this identity that stands in `folder`; None when the place may be written.

    Raises
    ------
    RunFolderError
        When something else stands there and `overwrite` is false, or the place cannot be written.
    """
    place = RunFolder(folder)
    if not overwrite and place.is_run() and place.manifest().get("id") == identity:
        return Run.load(folder)
    place.check_replaceable(overwrite)
    place.check_writable()
    return None
