"""Machine code on disk: found again, never out of date, and not missed where nothing can be written."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numba
import numpy as np
import pytest
from filelock import FileLock

from market_abm.core import compiled as module
from market_abm.core.compiled import compiled, is_cold, mark_warm, stamp_of


@pytest.fixture
def forget() -> Iterator[None]:
    """Let nothing be remembered of files and folders, before and after."""

    def clear() -> None:
        for function in (module.stamp_of, module._imports_of, module._seal_of, module.cache_folder):
            function.cache_clear()

    clear()
    yield
    clear()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget: None) -> Path:
    """A package `market_abm` of four modules; `kernel` imports `one`, which imports `part.two` by its package."""
    folder = tmp_path / "market_abm"
    (folder / "part").mkdir(parents=True)
    (folder / "kernel.py").write_text("from market_abm.one import (\n    first,\n    function as other,\n)\n")
    (folder / "one.py").write_text("import math\nfrom market_abm import part\n")
    (folder / "part" / "__init__.py").write_text("from market_abm.part.two import deep\n")
    (folder / "part" / "two.py").write_text("if True:\n    import market_abm.three\n")
    (folder / "three.py").write_text("deep = 1\n")
    (folder / "stranger.py").write_text("nothing = 1\n")
    monkeypatch.setattr(module, "_PACKAGE", folder)
    return folder


def _stamp(package: Path) -> str:
    for function in (module.stamp_of, module._imports_of, module._seal_of):
        function.cache_clear()
    return stamp_of(package / "kernel.py")


@pytest.mark.parametrize("name", ["kernel.py", "one.py", "part/__init__.py", "part/two.py", "three.py"])
def test_a_change_in_a_module_that_is_reached_changes_the_stamp(package: Path, name: str) -> None:
    before = _stamp(package)

    (package / name).write_text((package / name).read_text() + "\n# changed\n")

    assert _stamp(package) != before


def test_a_change_in_another_module_leaves_the_stamp(package: Path) -> None:
    before = _stamp(package)

    (package / "stranger.py").write_text("nothing = 2\n")

    assert _stamp(package) == before


def test_shipped_mechanics_are_reached_by_the_stamp_of_what_uses_them() -> None:
    names = {
        path.name for path in module._modules_imported_by(Path(module.__file__).parent.parent / "market" / "use.py")
    }

    assert {"use.py", "entry.py", "ledger.py", "compiled.py", "units.py", "population.py", "loops.py"} <= names


@pytest.mark.usefixtures("forget")
def test_without_a_place_to_write_functions_are_compiled_none_the_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(module.config, "CACHE_DIR", str(tmp_path / "file"))

    twice = compiled(lambda x: 2 * x)

    assert module.cache_folder() is None
    assert is_cold(Path(module.__file__))
    mark_warm(Path(module.__file__))
    assert is_cold(Path(module.__file__))
    assert twice(21) == 42


@pytest.mark.usefixtures("forget")
def test_a_disk_that_is_full_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile.save", no_room)

    assert compiled(lambda x: 3 * x)(14) == 42


@pytest.mark.usefixtures("forget")
def test_machine_code_is_kept_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.config, "CACHE_DIR", str(tmp_path))
    text = "def four_times(x):\n    return 4 * x\n"
    made = []

    for _ in range(2):
        space: dict[str, object] = {}
        exec(text, space)
        made.append(compiled(space["four_times"], "a stamp"))
        assert made[-1](10) == 40

    assert [len(function.stats.cache_hits) for function in made] == [0, 1]


@pytest.mark.usefixtures("forget")
def test_a_damaged_file_is_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.config, "CACHE_DIR", str(tmp_path))
    for attempt in range(3):
        space: dict[str, object] = {}
        exec("def six_times(x):\n    return 6 * x\n", space)
        function = compiled(space["six_times"], "a stamp")

        assert function(7) == 42
        assert len(function.stats.cache_hits) == (attempt == 2)  # the damaged one was kept anew
        if attempt == 0:
            for kept in module.cache_folder().glob("*.nbc"):
                kept.write_bytes(b"damaged")


TABLE = np.arange(200_000.0)


def at(place: int) -> float:
    """Look into a table too large for numba to keep its address on disk."""
    return float(TABLE[place])


def test_code_that_cannot_be_kept_is_compiled_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path)

    assert compiled(at, "stamp")(7) == 7.0  # a warning would fail the test
    assert not list(tmp_path.rglob("*.nbc"))


@pytest.mark.usefixtures("forget")
def test_another_stamp_is_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.config, "CACHE_DIR", str(tmp_path))

    for stamp, factor in (("one", 4), ("other", 5)):
        space: dict[str, object] = {}
        exec(f"def times(x):\n    return {factor} * x\n", space)
        assert compiled(space["times"], stamp)(10) == 10 * factor


def test_the_place_can_be_chosen_by_environment(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from market_abm.core.compiled import cache_folder; print(cache_folder())"],
        env={"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(Path(module.__file__).parents[2]), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip() == str(tmp_path / "machine-code")


@pytest.mark.usefixtures("forget")
def test_a_machine_is_warm_once_the_code_was_run_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.config, "CACHE_DIR", str(tmp_path))
    week = Path(module.__file__).parent.parent / "shipped_week.py"
    assert is_cold(week)

    mark_warm(week)

    assert not is_cold(week)


def made_in(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Callable[..., object]:
    """A function of one line, whose machine code goes to a folder."""
    monkeypatch.setattr(module, "cache_folder", lambda: folder)
    space: dict[str, Callable[..., object]] = {}
    exec(f"def of(x):\n    return {text}\n", space)
    return compiled(space["of"], "a stamp")


def test_a_process_waits_while_another_compiles_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function = made_in(tmp_path, monkeypatch, "7 * x")
    turn = FileLock(function._cache._lock.lock_file)  # type: ignore[attr-defined]
    turn.acquire()
    told: list[object] = []
    waiting = threading.Thread(target=lambda: told.append(function(6)))
    waiting.start()
    waiting.join(0.3)
    assert not told

    turn.release()
    waiting.join(60)

    assert told == [42]


def test_a_process_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function = made_in(tmp_path, monkeypatch, "8 * x")
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.1)

    with FileLock(function._cache._lock.lock_file):  # type: ignore[attr-defined]
        assert function(5) == 40


def test_what_cannot_be_compiled_leaves_the_turn_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function = made_in(tmp_path, monkeypatch, "x.no_such_thing")

    with pytest.raises(numba.TypingError):
        function(1)

    FileLock(function._cache._lock.lock_file).acquire(blocking=False).lock.release()  # type: ignore[attr-defined]
