"""`compiled`: numba's compiler with a cache that survives a read-only package folder."""

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile on first use; keep the machine code on disk where a place can be found.

    Numba looks for a cache beside the source, then in the user's cache folder
    (or `NUMBA_CACHE_DIR`). Where neither can be written it raises; then the
    code is compiled anew in each process, which is slower but right.
    """
    try:
        made: Callable[..., Any] = njit(cache=True, error_model="numpy")(function)
    except RuntimeError:
        made = njit(error_model="numpy")(function)
    return made
