"""`compiled`: numba's compiler with a cache on disk that notices every change of the code it calls.

Numba stamps a cached function with its own file alone, so a change in a function that it calls from another
file would go unnoticed. Here the stamp covers the file and every module of the package that it imports.
"""

import contextlib
import functools
import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from numba import config, njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from platformdirs import user_cache_dir

_PACKAGE = Path(__file__).parent.parent
LONGEST_WAIT = 120.0  # s, for a process that compiles the same function; then it is compiled here as well
_IMPORT = re.compile(
    r"^\s*(?:from (market_abm[\w.]*) import (\([^)]*\)|[^\n]+)|import (market_abm[\w.]*))", re.MULTILINE
)


@functools.cache
def _imports_of(file: Path) -> frozenset[Path]:
    """Files of the package that a file names in its imports."""
    found: set[Path] = set()
    for module, names, plain in _IMPORT.findall(file.read_text(encoding="utf-8")):
        base = _PACKAGE.parent.joinpath(*(module or plain).split("."))
        inner = [base / name.strip() for name in re.split(r"[(),\s]", names) if name.strip()]
        for candidate in (base, *inner):  # a package hands names on
            found.update(s for s in (candidate.with_suffix(".py"), candidate / "__init__.py") if s.exists())
    return frozenset(found)


def _modules_imported_by(file: Path) -> set[Path]:
    """Files of the package that a file imports, directly or through others, itself included."""
    found, waiting = {file}, [file]
    while waiting:
        new = _imports_of(waiting.pop()) - found
        found |= new
        waiting += new
    return found


@functools.cache
def _seal_of(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()


@functools.cache
def stamp_of(file: Path) -> str:
    """Hash of a file and of all modules of the package that it imports."""
    seal = hashlib.sha256()
    for source in sorted(_modules_imported_by(file)):
        seal.update(_seal_of(source))
    return seal.hexdigest()[:20]


@functools.cache
def cache_folder() -> Path | None:
    """Where machine code is kept: `NUMBA_CACHE_DIR`, else the user's cache; None when neither can be written."""
    folder = Path(getattr(config, "CACHE_DIR", "") or user_cache_dir("market_abm", appauthor=False)) / "machine-code"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return None
    return folder


class _Locator:
    """Where one function is cached, in the form that numba asks for."""

    def __init__(self, stamp: str) -> None:
        self.stamp = stamp

    def ensure_cache_path(self) -> None:
        os.makedirs(self.get_cache_path(), exist_ok=True)

    def get_cache_path(self) -> str:
        return str(cache_folder())

    def get_source_stamp(self) -> str:
        return self.stamp

    def get_disambiguator(self) -> str:
        return self.stamp

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> "_Locator":
        stamp = getattr(function, "__stamp__", None) or stamp_of(Path(file))
        return cls(hashlib.sha256(f"{stamp}/{function.__code__.co_firstlineno}".encode()).hexdigest()[:16])


class _Impl(CompileResultCacheImpl):
    _locator_classes: list[Any] = [_Locator]  # noqa: RUF012 - numba's own form

    def check_cachable(self, compiled: Any) -> bool:
        """Whether machine code can be kept; what cannot (a sort by a key, say) is compiled in each process."""
        return all(part.can_cache for part in compiled.lifted) and not compiled.library.has_dynamic_globals


class _Cache(FunctionCache):
    """Machine code of one function on disk; of several processes that need it at once, one compiles it."""

    _impl_class = _Impl

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._lock = FileLock(Path(self.cache_path) / f"{self._impl.filename_base}.lock")

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return machine code kept before, or by a process that is at it; None where it is to be compiled here."""
        kept = self._load(sig, target_context)
        if kept is None and not self._lock.is_locked:
            with contextlib.suppress(OSError, Timeout):  # then it is compiled twice
                os.makedirs(self.cache_path, exist_ok=True)
                self._lock.acquire(timeout=LONGEST_WAIT)
            kept = self._load(sig, target_context)
        return kept

    def _load(self, sig: Any, target_context: Any) -> Any:
        """Return machine code kept before; None, so that it is compiled anew, where a file is damaged or foreign."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:  # whatever unpickling meets
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep machine code; where the disk is full or gone, the next process compiles anew."""
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]

    def in_turn(self, compile_: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Compile as `compile_` does, and let the next process have its turn, whatever comes of it."""

        def compile_in_turn(sig: Any) -> Any:
            try:
                return compile_(sig)
            finally:
                self._lock.release(force=True)

        return compile_in_turn


def compiled(function: Callable[..., Any], stamp: str | None = None) -> Callable[..., Any]:
    """Compile a function on first use and keep the machine code on disk where a place can be found.

    Parameters
    ----------
    function : plain Python that numba understands.
    stamp : hash of all code that the machine code depends on; that of the function's file and its
        imports when silent. Empty: not kept.

    Returns
    -------
    The compiled function. Without a place to write, it is compiled anew in each process.
    """
    options: Any = {"error_model": "numpy", "no_cfunc_wrapper": True}  # nobody calls them from C
    made: Any = njit(**options)(function)
    if stamp != "" and cache_folder() is not None:
        if stamp is not None:
            function.__stamp__ = stamp  # type: ignore[attr-defined]
        made._cache = _Cache(function)
        made.compile = made._cache.in_turn(made.compile)
    return made  # type: ignore[no-any-return]


def _warm_mark(file: Path) -> Path | None:
    folder = cache_folder()
    version = f"{sys.version_info[0]}{sys.version_info[1]}"
    return folder / f"{stamp_of(file)}-py{version}.warm" if folder is not None else None


def is_cold(file: Path) -> bool:
    """Whether the code that a file imports was never run here as it stands: it is compiled first."""
    mark = _warm_mark(file)
    return mark is None or not mark.exists()


def mark_warm(file: Path) -> None:
    """Remember that the code that a file imports has been compiled here."""
    mark = _warm_mark(file)
    if mark is not None:
        mark.touch()


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile as a part of whoever calls: for a helper of one caller.

    Numba compiles what a function calls again with each function that calls it, so that a long chain of short
    functions takes many times as long to compile as one long function.
    """
    made: Callable[..., Any] = njit(inline="always", error_model="numpy")(function)
    return made
