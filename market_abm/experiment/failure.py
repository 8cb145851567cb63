"""A failure: what is told of a run that came to nothing."""

import traceback
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Failure:
    """Why there is no summary of a run.

    Parameters
    ----------
    why : one line.
    traceback : where it happened; empty when a process died or was killed at it.
    """

    why: str
    traceback: str = ""

    def __str__(self) -> str:
        return self.why

    @classmethod
    def of(cls, fault: BaseException) -> Self:
        """Failure by an exception."""
        said = " ".join(str(fault).split())
        text = "".join(traceback.format_exception(fault)) if fault.__traceback__ else ""
        return cls(f"{type(fault).__name__}: {said}" if said else type(fault).__name__, text)
