"""Files that are whole or absent, and words for what a disk refuses.

A file's name is the hash of what it holds, so a file tells by itself whether it
is damaged, and two writers of the same thing write the same file.
"""

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from market_abm.record.errors import RecordError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
PARTIAL = ".partial"


class StoreError(RecordError):
    """A run store cannot be read or written; the message says why and what to do."""


def checksum(data: bytes) -> str:
    """Hash that names a file (sha256, its first 32 hexadecimal digits)."""
    return hashlib.sha256(data).hexdigest()[:32]


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under a temporary name, have the disk keep it, give it its name."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PARTIAL)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Have the disk keep the names in a folder (where the system can)."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def results_written(folder: Path) -> Iterator[None]:
    """Turn what the system says about a folder of results into what a user can do.

    Raises
    ------
    RecordError
        In place of any OSError.
    """
    try:
        yield
    except OSError as fault:
        why = fault.strerror or str(fault)
        raise RecordError(f"{folder} cannot be written ({why}); choose another folder with --out.") from fault


@contextlib.contextmanager
def explained(folder: Path, deed: str = "written") -> Iterator[None]:
    """Turn what the system says about a disk into what a user can do.

    Parameters
    ----------
    folder : of the store.
    deed : what is being done to it: "written" or "read".

    Raises
    ------
    StoreError
        In place of any OSError.
    """
    try:
        yield
    except OSError as fault:
        if fault.errno in FULL:
            said = (
                f"no space left for the run store {folder}; free some, then give the same command: what is in it stays."
            )
        else:
            why = fault.strerror or str(fault)
            said = f"the run store {folder} cannot be {deed} ({why}); choose another folder with --store."
        raise StoreError(said) from fault
