"""What is wrong with code of one's own is told in words: what, where, and how to mend it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from market_abm.cli.app import app
from market_abm.market.mechanism import MechanismError
from market_abm.model import MineralMarket
from market_abm.scenario.errors import ScenarioError
from market_abm.scenario.loading import load_scenario

CODE = """
from market_abm import Agent, Column, Policy, rule
from market_abm.auction.clear import clear_week
from market_abm.scenario.fields import field

class Fund(Agent):
    bids = ("purchase",)
    patience = Column("1")
    cash = Column("micro-US$", book="money")
    @rule(gives=("limit", "quantity"))
    def purchase(price, patience):
        return price, 0.0

class Puzzled(Fund):
    @rule(gives=("limit", "quantity"))
    def purchase(prise, patience):
        return prise, 0.0

class Tax(Policy):
    zone: str = field(..., "zone", "Where.")
    rate: float = field(0.1, "1", "How much.", ge=0, le=1)
    def enact(self, regime):
        pass

def nothing():
    pass

def robs(bids, asks, links, last_price, pools=()):
    cleared = clear_week(bids, asks, links, last_price, pools)
    cleared.bid_fill[:, 0] += 1
    return cleared

NUMBER = 7
"""
POPULATION = '[population.funds]\nkind = "mine:{kind}"\nzone = "{zone}"\n{more}\n'


@pytest.fixture
def faults(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Faults of a scenario with a text of one's own after its head, told by `market-abm check`."""
    (tmp_path / "mine.py").write_text(CODE, "utf-8")

    def told(text: str, plugins: str = '["mine.py"]') -> str:
        file = tmp_path / "own.toml"
        file.write_text(f'extends = "tiny"\nplugins = {plugins}\n{text}', "utf-8")
        result = CliRunner().invoke(app, ["check", str(file)])
        assert result.exit_code == (0 if "no faults" in result.output else 2), result.output
        return result.output

    return told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (POPULATION.format(kind="Fnd", zone="JP", more=""), 'nothing called "Fnd". Did you mean "Fund"?'),
        (POPULATION.format(kind="nothing", zone="JP", more=""), "is no class of agents"),
        (POPULATION.format(kind="Fund", zone="PJ", more=""), '"PJ" is no zone. Known: CN, JP.'),
        (POPULATION.format(kind="Fund", zone="JP", more="columns = { patiense = 1.0 }"), 'Did you mean "patience"?'),
        (POPULATION.format(kind="Fund", zone="JP", more="columns = { cash = 1.0 }"), "Give capital_musd or stock_t."),
        (POPULATION.format(kind="Fund", zone="JP", more="stock_t = { NdPr = 1.0 }"), "nowhere to keep it"),
        (POPULATION.format(kind="Fund", zone="JP", more='columns = { patience = "Nd" }'), '"Nd" is no material'),
        (POPULATION.format(kind="Puzzled", zone="JP", more=""), "asks for 'prise'"),
        ('kinds = { manufacturer = "mine:Fund" }\n', "lacks"),
        ('kinds = { makers = "mine:Fund" }\n', '"makers" is no kind of agent'),
        ('[[policy]]\ntype = "mine:Taxes"\n', 'nothing called "Taxes". Did you mean "Tax"?'),
        ('[[policy]]\ntype = "mine:NUMBER"\n', "is no policy"),
        ('[[policy]]\ntype = "mine:Tax"\nzone = "JP"\nrate = 2.0\n', "exceeds 1"),
        ('[[policy]]\ntype = "mine:Tax"\nzone = "PJ"\n', '"PJ" is no zone'),
        ('[[policy]]\ntype = "mine:Tax"\nzone = "JP"\nraet = 0.2\n', 'Did you mean "rate"?'),
        ('[[verb]]\nfunction = "mine:NUMBER"\nverb = "recycle"\n', "is no function"),
        ('[[verb]]\nfunction = "mine:nothing"\nverb = "recicle"\n', "Did you mean 'recycle'?"),
        ('mechanism = "robs"\n', 'write "plugin:Name"'),
        ('mechanism = "yours:robs"\n', 'there is no plugin "yours"'),
    ],
)
def test_a_fault_is_told_with_its_remedy(faults, text: str, words: str) -> None:  # type: ignore[no-untyped-def]
    assert words in " ".join(faults(text).split())


@pytest.mark.parametrize(
    ("plugins", "words"),
    [
        ('["gone.py"]', "gone.py cannot be read"),
        ('["no_such_package"]', "Install it, or give a file"),
        ("[7]", "plugins"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_told(faults, plugins: str, words: str) -> None:  # type: ignore[no-untyped-def]
    assert words in " ".join(faults("", plugins).split())


def test_a_plugin_that_is_no_python_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def (", "utf-8")
    (tmp_path / "own.toml").write_text('extends = "tiny"\nplugins = ["mine.py"]\n', "utf-8")

    with pytest.raises(ScenarioError, match="plugin mine: SyntaxError"):
        load_scenario(tmp_path / "own.toml")


@pytest.mark.parametrize("name", ["ledger", "exchange", "mechanism", "week"])
def test_a_population_does_not_take_a_name_of_the_world(faults, name: str) -> None:  # type: ignore[no-untyped-def]
    text = POPULATION.format(kind="Fund", zone="JP", more="").replace("funds", name)

    assert f'the world has something called "{name}"' in faults(text)


def test_a_population_does_not_take_the_name_of_accounts(faults) -> None:  # type: ignore[no-untyped-def]
    assert "have accounts of owners already" in faults(
        POPULATION.format(kind="Fund", zone="JP", more="").replace("funds", "owners")
    )


def test_a_wrong_entry_of_a_parent_is_told_once_more_in_its_heir(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CODE, "utf-8")
    (tmp_path / "parent.toml").write_text('extends = "tiny"\nplugins = [7]\n', "utf-8")
    (tmp_path / "heir.toml").write_text('extends = "parent.toml"\nplugins = ["mine.py"]\n', "utf-8")

    with pytest.raises(ScenarioError, match="plugins"):
        load_scenario(tmp_path / "heir.toml")


def test_all_faults_are_told_at_once(faults) -> None:  # type: ignore[no-untyped-def]
    text = POPULATION.format(kind="Fund", zone="PJ", more="columns = { patiense = 1.0 }")

    told = faults(f'mechanism = "mine:rob"\n{text}')

    assert told.count(" * ") == 3


def test_a_mechanism_that_makes_metal_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CODE, "utf-8")
    (tmp_path / "own.toml").write_text('extends = "tiny"\nplugins = ["mine.py"]\nmechanism = "mine:robs"\n', "utf-8")
    model = MineralMarket(load_scenario(tmp_path / "own.toml"), rng=1)

    with pytest.raises(MechanismError, match=r"robs: .*left over in node"):
        model.step()
