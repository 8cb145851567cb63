"""Ctrl-C that cannot get lost.

Python raises KeyboardInterrupt wherever it happens to be. Raised inside compiled
code it comes out as a SystemError, and in a finaliser it is swallowed. So a run
asks once a week whether it was told to stop, and looks behind a SystemError.
"""

import signal
from types import FrameType

_told = False


def listen() -> None:
    """Answer SIGINT and SIGTERM alike, and remember that they came."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _answer)


def heed() -> None:
    """Raise KeyboardInterrupt if one came and got lost."""
    if _told:
        raise KeyboardInterrupt


def came_as(fault: BaseException) -> bool:
    """Whether an exception is Ctrl-C in the clothes of a SystemError."""
    behind: BaseException | None = fault
    while behind is not None:
        if isinstance(behind, KeyboardInterrupt):
            return True
        behind = behind.__cause__ or behind.__context__
    return False


def _answer(number: int, frame: FrameType | None) -> None:
    global _told
    _told = True
    raise KeyboardInterrupt
