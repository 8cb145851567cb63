"""What comes from a browser is data: too large, malformed or hostile, it is refused in words."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_abm.app.limits import (
    LARGEST_SEED,
    LARGEST_UPLOAD,
    MOST_SEEDS,
    LimitError,
    check_playable,
    check_seeds,
    read_upload,
)
from market_abm.app.saving import scenario_toml
from market_abm.app.world import World
from market_abm.model import MineralMarket
from market_abm.scenario.errors import ScenarioError
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.reading import scenario_names


def test_an_upload_that_extends_a_shipped_scenario_is_read() -> None:
    scenario = read_upload(b'extends = "tiny"\ntitle = "Mine"\n', "my tiny.toml")
    assert scenario.title == "Mine"
    assert scenario.zone == load_scenario("tiny").zone


def test_what_a_world_saves_can_be_uploaded_again(world: World) -> None:
    assert read_upload(scenario_toml(world).encode()) == world.scenario


@pytest.mark.parametrize(
    "parent",
    [
        "/etc/passwd",
        "../../secret.toml",
        "~/scenario.toml",
        "tiny.toml",
        "library/tiny",
        "C:\\tiny.toml",
        "\\\\host\\share\\tiny",
        "",
        "tiny\\u0000",
    ],
)
def test_an_upload_reaches_no_file(parent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tiny.toml").write_text('name = "private"')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError, match="no shipped scenario") as refused:
        read_upload(f"extends = {_quoted(parent)}".encode())
    assert "private" not in str(refused.value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace("\\\\u0000", "\\u0000") + '"'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe\x00garbage", "not UTF-8"),
        (b"[[[", "not TOML"),
        (b"import os\nos.system('true')\n", "not TOML"),
        (b"", "fault"),
        (b"extends = 3\n", "One name or path in quotes"),
        (b'extends = "tiny"\nlead_material = "gold"\n', '"gold" is no material'),
        (b'extends = "tiny"\n[mine.northern]\ncapacity_t_per_year = [inf, inf]\n', "no finite number"),
        (b"a." * 400_000 + b"b = 1\n", "more than 16 parts"),
        (b"['a b'." + b'"x".' * 200_000 + b"b]\n", "line 1.*more than 16 parts"),
        (b"x = " + b"[" * 40_000, "deep within one another|not TOML"),
    ],
)
def test_garbage_is_refused_in_words(data: bytes, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        read_upload(data, "../x/garbage.toml")


@settings(max_examples=60)
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_no_bytes_raise_anything_but_words(data: bytes) -> None:
    with pytest.raises((ScenarioError, LimitError)):
        read_upload(data)


def test_ten_megabytes_are_refused_at_once() -> None:
    begun = time.perf_counter()
    with pytest.raises(LimitError, match=f"10,000,000 bytes; the page takes {LARGEST_UPLOAD:,} at most"):
        read_upload(b"#" * 10_000_000)
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    "values",
    [
        "nonsense = [" + "\n,".join('["a"]' for _ in range(9_000)) + "]",  # the line of a key after a long value
        "\n".join(f"k{number} = 1" for number in range(1_400)),  # many faults
        "\n".join("[[policy]]" for _ in range(1_400)),
        "a" * 900_000 + " = 1",
        "nonsense = '''" + "\n'" * 400_000 + "'''",
    ],
    ids=["long value", "many keys", "many rows", "long key", "long text"],
)
def test_a_hostile_upload_is_answered_in_seconds(values: str) -> None:
    begun = time.process_time()
    with pytest.raises((ScenarioError, LimitError)):
        read_upload(f'extends = "tiny"\n{values}\n'.encode())
    assert time.process_time() - begun < 10


def test_very_many_values_are_refused() -> None:
    with pytest.raises(LimitError, match="more than 20,000 values"):
        read_upload(b"x = [" + b"1," * 20_001 + b"]")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[manufacturer.magnets-cn]\ncount = 999999", "1,000,0\\d\\d agents, 20,000 at most"),
        ("[time]\nend = 2061-01-03", "weeks, 2,600 at most"),
        ("[[policy]]\ntype = 'louder_news'\n" * 501, "502 policies, 500 at most"),
    ],
)
def test_a_scenario_that_is_too_large_says_by_how_much(text: str, said: str) -> None:
    with pytest.raises(LimitError, match=said):
        read_upload(f'extends = "tiny"\n{text}\n'.encode())


@pytest.mark.parametrize(
    "text",
    [
        "[material.NdPr]\nprice_usd_per_kg = 1e300",
        "[mine.northern]\ncapacity_t_per_year = [1e300, 1e300]",
        "[manufacturer.magnets-jp]\nuse_t_per_year = { NdPr = 1e250 }",
        "[speculator.traders-cn]\ncapital_musd = 1e300",
    ],
)
def test_absurd_numbers_are_refused_before_anybody_plays_with_them(text: str) -> None:
    with pytest.raises(ScenarioError, match="exceeds the limit"):
        read_upload(f'extends = "tiny"\n{text}\n'.encode())


def test_a_scenario_whose_first_week_breaks_down_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(model: MineralMarket) -> None:
        raise OverflowError("too large")

    monkeypatch.setattr(MineralMarket, "step", broken)
    with pytest.raises(LimitError, match=r"cannot be played.*too large"):
        check_playable(load_scenario("tiny"))


def test_every_shipped_scenario_can_be_uploaded() -> None:
    for name in scenario_names():
        assert read_upload(f'extends = "{name}"'.encode()).mine


def test_seeds_have_limits() -> None:
    check_seeds(MOST_SEEDS, 7)
    for seeds, first in ((0, 0), (MOST_SEEDS + 1, 0), (-3, 0), (5, -1), (5, LARGEST_SEED)):
        with pytest.raises(LimitError):
            check_seeds(seeds, first)
