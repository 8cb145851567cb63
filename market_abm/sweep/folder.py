"""The folder of a sweep: what is planned, the store of its runs, what failed.

    sweep.json           the sweep, its seals, the versions it was planned with
    points.csv           a row a point: factors, identity of the scenario
    planned/*.parquet    id, point, seed of the runs planned so far
    store/               the run store
    failures/*.jsonl     a line a failed run, a file a driver
    outcomes.parquet     outcomes by run id, worked out from the store
    report.html          the report

Several drivers may use a folder at the same time: files are written whole, or
only added to. A folder is that of one sweep under one version of the program.
"""

import contextlib
import datetime as dt
import io
import json
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import filelock
import pandas as pd
from pydantic import ValidationError

from market_abm.experiment.disk import checksum, results_written, write_whole
from market_abm.experiment.engine import Told
from market_abm.experiment.store import RunStore
from market_abm.experiment.summary import summary_version
from market_abm.record.errors import RecordError
from market_abm.record.identity import model_version
from market_abm.sweep.plan import Sweep
from market_abm.sweep.planned import identities
from market_abm.sweep.points import points_text, read_points
from market_abm.sweep.sweep_file import SweepFile

KIND, FORMAT = "market_abm sweep", 1
MARKER, POINTS, PLANNED, STORE, FAILURES = "sweep.json", "points.csv", "planned", "store", "failures"
OUTCOMES, REPORT, LOCK = "outcomes.parquet", "report.html", ".plan.lock"
SEALED = {"scenario": "its scenario", "factors": "its factors", "design": "its design", "program": "the program"}


class SweepFolder:
    """A folder of a sweep.

    Parameters
    ----------
    path : folder; need not exist yet.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    # -- what is there ---------------------------------------------------------------------------
    @cached_property
    def marker(self) -> dict[str, Any]:
        """Content of `sweep.json`.

        Raises
        ------
        RecordError
            When the folder holds no sweep, or one of another format.
        """
        try:
            found = json.loads((self.path / MARKER).read_text("utf-8"))
            kind, version = found.get("kind"), found.get("format")
        except (FileNotFoundError, NotADirectoryError):
            raise RecordError(f"{self.path} holds no sweep; `market-abm sweep FILE --out DIR` makes one.") from None
        except (OSError, ValueError, AttributeError) as fault:
            raise RecordError(f"{self.path / MARKER} cannot be read: {fault}.") from None
        if (kind, version) != (KIND, FORMAT):
            raise RecordError(f"{self.path} is no sweep of format {FORMAT}; this program cannot read it.")
        return dict(found)

    @cached_property
    def sweep(self) -> Sweep:
        """The sweep that is planned here."""
        try:
            return Sweep.model_validate(self.marker["sweep"])
        except (KeyError, ValidationError):
            raise RecordError(f"{self.path / MARKER} is damaged; give the command of the sweep again.") from None

    @property
    def store(self) -> RunStore:
        """Store of the runs."""
        return RunStore(self.path / STORE)

    def points(self) -> tuple[pd.DataFrame, list[str]]:
        """Points, and the identity of each one's scenario."""
        try:
            return read_points(self.path / POINTS, self.sweep.factor)
        except (OSError, ValueError, KeyError) as fault:
            raise RecordError(
                f"{self.path / POINTS} cannot be read: {fault}; give the command with --replan."
            ) from None

    def planned(self) -> pd.DataFrame:
        """Runs planned so far: id, point, seed; each once, in order."""
        parts = []
        for file in sorted((self.path / PLANNED).glob("[!.]*.parquet")):
            with contextlib.suppress(FileNotFoundError):  # planned anew a moment ago
                parts.append(pd.read_parquet(file, engine="pyarrow", use_threads=False))
        if not parts:
            return pd.DataFrame({"id": [], "point": [], "seed": []})
        if len(parts) == 1:
            return parts[0]
        runs = pd.concat(parts).drop_duplicates(["point", "seed"])
        return runs.sort_values(["point", "seed"], ignore_index=True)

    def is_of(self, plan: SweepFile) -> bool:
        """Whether this very sweep is planned here, under this version of the program."""
        return (self.path / MARKER).exists() and self.marker.get("seals") == _seals(plan)

    # -- planning --------------------------------------------------------------------------------
    def plan(self, plan: SweepFile, replan: bool = False, progress: Told | None = None) -> tuple[SweepFile, list[str]]:
        """Plan a sweep here, or find it planned; drivers wait for one another.

        Parameters
        ----------
        replan : put the sweep in the place of another; runs that are the same stay.
        progress : told after each point checked.

        Returns
        -------
        The sweep with the points as they are written here, and the identity of each point's scenario.

        Raises
        ------
        ScenarioError
            When values of a point cannot stand together.
        RecordError
            When the folder holds another sweep or other things, or cannot be written.
        """
        with results_written(self.path):
            self._refuse_other_things()
            self.path.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.path / LOCK):
                if (self.path / MARKER).exists():
                    self.__dict__.pop("marker", None)
                    self._refuse_other(plan, replan)
                settings = None if replan else self._settings_there(plan)
                if settings is None:
                    settings = identities(plan, progress)
                    write_whole(self.path / POINTS, points_text(plan.points, settings).encode())
                    self._forget_plans()
                self._mark(plan)
        points, settings = self.points()
        return replace(plan, points=points), settings

    def note_planned(self, runs: pd.DataFrame) -> None:
        """Write down runs that are planned; the same ones make the same file."""
        with results_written(self.path):
            (self.path / PLANNED).mkdir(exist_ok=True)
            sink = io.BytesIO()
            runs.to_parquet(sink, index=False)
            file = self.path / PLANNED / f"{checksum(sink.getvalue())}.parquet"
            if not file.exists():
                write_whole(file, sink.getvalue())

    def _refuse_other_things(self) -> None:
        if not self.path.exists() or (self.path / MARKER).exists():
            return
        if not all(entry.name.startswith(".") or entry.name == POINTS for entry in self.path.iterdir()):
            raise RecordError(f"{self.path} holds other things than a sweep; choose another folder with --out.")

    def _settings_there(self, plan: SweepFile) -> list[str] | None:
        if not (self.path / MARKER).exists():
            return None
        _, settings = self.points()
        return settings

    def _refuse_other(self, plan: SweepFile, replan: bool) -> None:
        """Refuse to mix two sweeps, or two versions of the program or of the scenario."""
        there, here = self.marker.get("seals", {}), _seals(plan)
        changed = [what for key, what in SEALED.items() if there.get(key) != here[key]]
        if changed and not replan:
            raise RecordError(
                f"{self.path} holds another sweep: {' and '.join(changed)} changed since. "
                "Choose another folder with --out, or give --replan to plan it anew here; "
                "runs that are still the same are kept."
            )

    def _mark(self, plan: SweepFile) -> None:
        """Write `sweep.json`, if it says something new."""
        from market_abm.experiment.results_folder import package_versions  # slow, and `status` has no use for it

        told: dict[str, Any] = {
            "kind": KIND,
            "format": FORMAT,
            "name": plan.name,
            "sweep": plan.sweep.model_dump(mode="json", by_alias=True),
            "scenario": plan.home,
            "seals": _seals(plan),
            "model_version": model_version(),
            "summary_version": summary_version(),
            "versions": package_versions(),
        }
        before = self.marker if (self.path / MARKER).exists() else {}
        if {key: before.get(key) for key in told} == told:
            return
        if before and _runs_of(before["sweep"]) != _runs_of(told["sweep"]):
            self._forget_plans()
        (self.path / REPORT).unlink(missing_ok=True)  # it shows what the file said before
        told["date"] = dt.datetime.now(dt.UTC).date().isoformat()
        text = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False)
        write_whole(self.path / MARKER, text.encode() + b"\n")
        for name in ("marker", "sweep"):
            self.__dict__.pop(name, None)

    def _forget_plans(self) -> None:
        shutil.rmtree(self.path / PLANNED, ignore_errors=True)

    # -- failures --------------------------------------------------------------------------------
    @cached_property
    def _failure_log(self) -> Path:
        return self.path / FAILURES / f"{uuid.uuid4().hex[:16]}.jsonl"

    def note_failure(self, failure: dict[str, Any]) -> None:
        """Add a failed run: id, point, seed, why, traceback, command."""
        with results_written(self.path):
            (self.path / FAILURES).mkdir(exist_ok=True)
            with self._failure_log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(failure, ensure_ascii=False) + "\n")

    def failures(self) -> Iterator[dict[str, Any]]:
        """Failed runs, the last word on each; some may have been made since."""
        logs = sorted((self.path / FAILURES).glob("*.jsonl"), key=lambda file: file.stat().st_mtime)
        found: dict[tuple[int, int], dict[str, Any]] = {}
        for file in logs:
            for line in file.read_text("utf-8", errors="replace").splitlines():
                with contextlib.suppress(ValueError, KeyError, TypeError):  # a line cut short by a killed driver
                    one = json.loads(line)
                    found[one["point"], one["seed"]] = one
        return iter(found.values())


def _seals(plan: SweepFile) -> dict[str, str]:
    return {**plan.seals, "program": f"{model_version()} {summary_version()}"}


def _runs_of(sweep: dict[str, Any]) -> Sequence[Any]:
    """What decides how many seeds a point gets."""
    return [sweep.get(key) for key in ("replications", "most_replications", "first_seed", "precise", "outcome")]
