"""Hash of a function and of all that it computes with, so that machine code kept on disk is never out of date.

A rule may be written anywhere: in a module of its own that calls helpers elsewhere, in a notebook, or inside a
function whose arguments it uses. Its file says too little then. What is hashed is what a compiler sees: code,
constants, the values of global names and of enclosing functions, and all functions reached through them.
"""

import enum
import hashlib
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

_PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic)
_KNOWN = {"numpy", "numba", *sys.stdlib_module_names}
"""Packages whose functions change with their version alone, which the compiler's cache looks at itself."""


class _UnknownError(Exception):
    """Something is reached whose content cannot be told."""


def code_hash(functions: dict[str, Callable[..., Any]], text: str = "") -> str:
    """Hash functions by name, and a text.

    Returns
    -------
    20 hexadecimal digits; empty when something is reached whose content cannot be told.
    """
    content = hashlib.sha256(text.encode())
    seen: dict[int, int] = {}
    try:
        for name in sorted(functions):
            content.update(f"{name}:".encode())
            _add(functions[name], content, seen)
    except (_UnknownError, ValueError):  # a cell of a function may still be empty
        return ""
    return content.hexdigest()[:20]


def _add(value: Any, content: Any, seen: dict[int, int]) -> None:
    """Add a value, and what it reaches."""
    value = getattr(value, "py_func", value)  # what numba compiled
    if isinstance(value, _PLAIN):
        content.update(f"{type(value).__name__} {value!r};".encode())
    elif isinstance(value, tuple | list):
        content.update(f"{type(value).__name__} {len(value)}:".encode())
        for part in value:
            _add(part, content, seen)
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        content.update(f"array {value.dtype} {value.shape}:".encode() + value.tobytes())
    elif isinstance(value, types.FunctionType):
        if id(value) in seen:
            content.update(f"function {seen[id(value)]};".encode())
        else:
            seen[id(value)] = len(seen)
            _add_function(value, content, seen)
    elif isinstance(value, type) and issubclass(value, enum.Enum):
        _add([(member.name, member.value) for member in value], content, seen)
    elif _is_known(value):
        content.update(f"known {_module_of(value)} {getattr(value, '__name__', '')};".encode())
    else:
        raise _UnknownError(repr(value))


def _add_function(function: types.FunctionType, content: Any, seen: dict[int, int]) -> None:
    content.update(f"{function.__module__}:{function.__qualname__};".encode())  # machine code names its module
    names: set[str] = set()
    for code in _codes(function.__code__):
        constants = [repr(part) for part in code.co_consts if not isinstance(part, types.CodeType)]
        content.update(code.co_code + repr((code.co_names, code.co_varnames, code.co_freevars, constants)).encode())
        names.update(code.co_names)
    _add((function.__defaults__, [cell.cell_contents for cell in function.__closure__ or ()]), content, seen)
    for name in sorted(names & function.__globals__.keys()):
        content.update(f"{name}=".encode())
        value = function.__globals__[name]
        if isinstance(value, types.ModuleType) and not _is_known(value):
            for part in sorted(names & vars(value).keys()):  # the module's parts that the code may ask for
                content.update(f".{part}=".encode())
                _add(getattr(value, part), content, seen)
        else:
            _add(value, content, seen)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """Code of a function and of the functions inside it."""
    yield code
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from _codes(part)


def _module_of(value: Any) -> str:
    return str(value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None) or "")


def _is_known(value: Any) -> bool:
    """Whether a module, class or function belongs to the standard library, numpy or numba."""
    named = isinstance(value, types.ModuleType | types.BuiltinFunctionType | type | np.ufunc)
    return named and (isinstance(value, np.ufunc) or _module_of(value).partition(".")[0] in _KNOWN)
