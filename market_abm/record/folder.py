"""The folder of a run: whole or absent.

A run is written to a hidden sibling and renamed, so that whoever finds the
folder finds all of it. Checksums in the manifest tell a damaged one.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from market_abm.record.errors import RunFolderError

Facts = Mapping[str, Any]
Tables = Mapping[str, pd.DataFrame]
KIND = "market_abm run"
PARTIAL_REPORT = "report.html.partial"
STALE_SECONDS = 3600.0  # a half-written sibling older than this was left by a killed process


class RunFolder:
    """Paths, writing and reading of one run's folder."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    # -- where things are ------------------------------------------------------------------------
    @property
    def manifest_file(self) -> Path:
        """Inputs, circumstances and results of the run."""
        return self.path / "manifest.json"

    @property
    def scenario_file(self) -> Path:
        """The scenario with everything resolved."""
        return self.path / "scenario.toml"

    @property
    def report_file(self) -> Path:
        """The page for people; may be absent, and is not part of the run."""
        return self.path / "report.html"

    def table_file(self, name: str) -> Path:
        """File of one table."""
        return self.path / f"{name}.parquet"

    # -- asking ----------------------------------------------------------------------------------
    def is_run(self) -> bool:
        """Whether a manifest stands here."""
        return self.manifest_file.is_file()

    def is_free(self) -> bool:
        """Whether a run may be written here without asking: nothing is here, or an empty folder."""
        return not os.path.lexists(self.path) or (self.path.is_dir() and not any(self.path.iterdir()))

    def is_ours(self) -> bool:
        """Whether nothing is here but what this class writes, so that it may be replaced."""
        if not self.path.is_dir() or self.path.is_symlink():
            return False
        own = {self.manifest_file.name, self.scenario_file.name, self.report_file.name, PARTIAL_REPORT}
        return all(
            entry.is_file() and (entry.name in own or entry.suffix == ".parquet") for entry in self.path.iterdir()
        )

    def check_replaceable(self, overwrite: bool) -> None:
        """Refuse what must not be replaced: anything without being asked, and what is no run at all."""
        if self.is_free():
            return
        if not self.is_ours():
            raise RunFolderError(f"{self.path} holds other things than a run; choose another folder with --out.")
        if not overwrite:
            raise RunFolderError(
                f"{self.path} exists and holds another run (other scenario, settings, seed or model); "
                "choose another folder with --out, or replace it with --force."
            )

    def check_writable(self) -> None:
        """Make the parent folder and try to write there, before hours are spent on a run."""
        with self._explained():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._hidden_sibling().rmdir()

    def manifest(self) -> dict[str, Any]:
        """Read the manifest.

        Raises
        ------
        RunFolderError
            When there is none, or it cannot be read.
        """
        if not self.is_run():
            what = "is not the folder of a run (no manifest.json)" if self.path.exists() else "does not exist"
            raise RunFolderError(f"{self.path} {what}; `market-abm run` makes one.")
        try:
            found = json.loads(self.manifest_file.read_text("utf-8"))
        except (OSError, ValueError) as fault:
            raise self._damaged(f"manifest.json cannot be read: {fault}") from fault
        if not isinstance(found, dict) or found.get("kind") != KIND:
            raise self._damaged("manifest.json is not that of a run")
        return found

    # -- writing ---------------------------------------------------------------------------------
    def write(self, manifest: Facts, scenario: str, tables: Tables, overwrite: bool) -> None:
        """Write a run, whole or not at all.

        Raises
        ------
        RunFolderError
            When something stands here and `overwrite` is false, or the disk refuses.
        """
        self.check_replaceable(overwrite)
        self.check_writable()
        self._sweep()
        with self._explained():
            partial = self._hidden_sibling()
            try:
                RunFolder(partial)._fill(manifest, scenario, tables)
                partial.chmod(0o755)
                self._take_place(partial)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise

    def _hidden_sibling(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.path.parent, prefix=f".{self.path.name}.", suffix=".partial"))

    def _fill(self, manifest: Facts, scenario: str, tables: Tables) -> None:
        self.scenario_file.write_text(scenario, "utf-8")
        for name, frame in tables.items():
            frame.to_parquet(self.table_file(name), engine="pyarrow", compression="zstd", index=False)
        files = {file.name: _checksum(file) for file in sorted(self.path.iterdir())}
        told = {"kind": KIND, **manifest, "tables": list(tables), "files": files}
        self.manifest_file.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
        for file in self.path.iterdir():
            _sync(file)
        _sync(self.path)

    def _take_place(self, partial: Path) -> None:
        """Rename the finished folder; an old run steps aside first and comes back if that fails."""
        old = partial.with_suffix(".old")
        replaces = self.path.exists()
        if replaces:
            self.path.rename(old)
        try:
            partial.rename(self.path)
        except BaseException:
            if replaces:
                old.rename(self.path)
            raise
        _sync(self.path.parent)
        shutil.rmtree(old, ignore_errors=True)

    def put_report(self, write: Callable[[Path], object]) -> Path:
        """Have `write` put a page into the folder, whole or not at all; return where it is."""
        partial = self.path / PARTIAL_REPORT
        with self._explained():
            try:
                write(partial)
                partial.replace(self.report_file)
            finally:
                partial.unlink(missing_ok=True)
        return self.report_file

    def remove(self) -> None:
        """Delete the run that stands here."""
        self.check_replaceable(overwrite=True)
        with self._explained():
            shutil.rmtree(self.path)

    def _sweep(self) -> None:
        """Clear away what killed processes left of this folder."""
        for left in self.path.parent.glob(f".{self.path.name}.*.partial"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > STALE_SECONDS:
                    shutil.rmtree(left, ignore_errors=True)

    # -- reading ---------------------------------------------------------------------------------
    def read_tables(self) -> dict[str, pd.DataFrame]:
        """Read all tables after comparing every file with its checksum.

        Raises
        ------
        RunFolderError
            When a file is missing or changed.
        """
        manifest = self.manifest()
        try:
            for name, checksum in manifest["files"].items():
                file = self.path / name
                if not file.is_file():
                    raise self._damaged(f"{name} is missing")
                if _checksum(file) != checksum:
                    raise self._damaged(f"{name} is not what was written")
            names: list[str] = manifest["tables"]
            return {name: pd.read_parquet(self.table_file(name), engine="pyarrow", use_threads=False) for name in names}
        except (OSError, ValueError, KeyError) as fault:
            raise self._damaged(str(fault)) from fault

    def _damaged(self, what: str) -> RunFolderError:
        return RunFolderError(f"{self.path} is damaged: {what}. Run it again with --force.")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the system says about a disk into what a user can do."""
        try:
            yield
        except OSError as fault:
            if fault.errno in {errno.ENOSPC, errno.EDQUOT}:
                said = f"no space left for {self.path}; free some, or choose another disk with --out."
            else:
                why = fault.strerror or str(fault)
                said = f"{self.path} cannot be written ({why}); choose another folder with --out."
            raise RunFolderError(said) from fault


def _checksum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Have the disk keep a file or folder (folders only where the system can)."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
