"""A package that is installed beside ours: found by entry point, kept by version and digest, refused when changed."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from market_abm.core import plugins
from market_abm.model import MineralMarket
from market_abm.scenario.errors import ScenarioError
from market_abm.scenario.loading import load_scenario, parse_scenario
from market_abm.scenario.writing import dump_toml

CODE = Path(__file__).parents[2] / "docs" / "examples" / "hedge-fund" / "fund.py"
SCENARIO = """extends = "tiny"
plugins = ["hedge"]
[population.funds]
kind = "hedge:HedgeFund"
zone = "JP"
capital_musd = 30.0
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package `hedging`, version 1.2, that offers its module `funds` as the plugin `hedge`."""
    home = tmp_path / "site"
    (home / "hedging").mkdir(parents=True)
    (home / "hedging" / "__init__.py").write_text("", "utf-8")
    (home / "hedging" / "funds.py").write_bytes(CODE.read_bytes())
    info = home / "hedging-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hedging\nVersion: 1.2\n", "utf-8")
    (info / "entry_points.txt").write_text("[market_abm.plugins]\nhedge = hedging.funds\n", "utf-8")
    monkeypatch.syspath_prepend(str(home))
    _forget()
    yield home
    _forget()


def _forget() -> None:
    importlib.invalidate_caches()
    plugins.installed.cache_clear()
    for name in ("hedging", "hedging.funds"):
        sys.modules.pop(name, None)


def test_an_entry_point_brings_a_kind(package: Path) -> None:
    scenario = parse_scenario(SCENARIO)
    model = MineralMarket(scenario, rng=1)
    model.step()

    assert type(model.world.funds.agents[0]).__name__ == "HedgeFund"
    assert (scenario.plugins[0].version, len(scenario.plugins[0].digest)) == ("1.2", 12)
    assert scenario.plugins[0].source is None


def test_changed_code_is_refused_for_a_scenario_that_was_made_with_other_code(package: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.toml"
    kept.write_text(dump_toml(parse_scenario(SCENARIO)), "utf-8")
    assert load_scenario(kept) == parse_scenario(SCENARIO)

    (package / "hedging" / "__init__.py").write_text("# changed\n", "utf-8")
    _forget()

    with pytest.raises(ScenarioError, match="is not that of the scenario"):
        load_scenario(kept)
