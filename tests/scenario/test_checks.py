"""Checks across a scenario: one thing broken in `tiny`, and the fault is told with path and remedy."""

import datetime as dt

import pytest

from market_abm.scenario.checks import check_scenario
from market_abm.scenario.errors import ScenarioError
from market_abm.scenario.loading import load_scenario, parse_scenario

HEAD = 'extends = "tiny"\n'
BODY = '[state_buyer.JOGMEC]\nzone = "JP"\nbudget_musd = 1.0\n'


def policy(kind: str, **values: str) -> str:
    rows = "".join(f"{key} = {value}\n" for key, value in values.items())
    return f'[[policy]]\ntype = "{kind}"\nname = "p"\n{rows}'


def told_of(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(HEAD + text, "c.toml")
    return str(caught.value)


def link(origin: str, destination: str) -> str:
    return f'[[link]]\norigin = "{origin}"\ndestination = "{destination}"\n'


BROKEN = [
    ('[mine.island]\nzone = "JPN"\n', 'mine.island.zone (line 3): "JPN" is no zone. Did you mean "JP"?'),
    (
        '[refinery.island-plant]\nzone = "X"\n',
        'refinery.island-plant.zone (line 3): "X" is no zone. Known: CN, JP.',
    ),
    ('[manufacturer.magnets-jp]\nzone = "X"\n', "manufacturer.magnets-jp.zone"),
    ('[speculator.traders-jp]\nzone = "X"\n', "speculator.traders-jp.zone"),
    ('[state_buyer.S]\nzone = "X"\n', "state_buyer.S.zone"),
    (link("CN", "US"), 'link.CN-US.destination (line 4): "US" is no zone.'),
    (link("CN", "CN"), "link.CN-CN.destination (line 4): the way leads from CN to itself."),
    (link("CN", "JP") * 2, 'link[2] (line 5): "CN-JP" is written twice in one file. Keep one.'),
    (policy("embargo", origin='"CH"', destination='"JP"'), 'policy.p.origin (line 5): "CH" is no zone.'),
    (
        policy("demand_shock", zones='["XX"]', factor="[[2009-01-01, 1]]"),
        'policy.p.zones (line 5): "XX" is no zone.',
    ),
    (
        policy("import_tariff", destination='"JP"', origins='["XX"]', rate="[[2009-01-01, 1]]"),
        'policy.p.origins (line 6): "XX" is no zone.',
    ),
    (policy("crackdown", zone='"XX"', depth="[[2009-01-01, 1]]"), 'policy.p.zone (line 5): "XX" is no zone.'),
    ('lead_material = "Nd"\n', 'lead_material (line 2): "Nd" is no material. Did you mean "NdPr"?'),
    (
        "[deposit.bastnaesite.basket]\nDy = 0.1\n",
        'deposit.bastnaesite.basket.Dy (line 3): "Dy" is no material.',
    ),
    (
        "[manufacturer.magnets-jp.use_t_per_year]\nDy = 1\n",
        "manufacturer.magnets-jp.use_t_per_year.Dy (line 3)",
    ),
    (
        '[speculator.traders-jp]\nmaterial = "Dy"\n',
        'speculator.traders-jp.material (line 3): "Dy" is no material.',
    ),
    (
        '[manufacturer.magnets-jp.makes]\nmaterial = "Dy"\nt_per_year = 1\n',
        'manufacturer.magnets-jp.makes.material (line 3): "Dy" is no material.',
    ),
    (
        '[manufacturer.magnets-jp.makes]\nmaterial = "NdPr"\nt_per_year = 1\n',
        '"NdPr" is made by plants. Set material.NdPr.stage = "magnet".',
    ),
    (
        policy("export_tax", origin='"CN"', materials='["Dy"]', rate="[[2009-01-01, 0.1]]"),
        'policy.p.materials (line 6): "Dy" is no material. Known: NdPr.',
    ),
    (policy("output_halt", zone='"CN"', material='"Dy"'), 'policy.p.material (line 6): "Dy" is no material.'),
    (
        policy("equity", actor='"JOGMC"') + BODY,
        'policy.p.actor (line 5): "JOGMC" is no state buyer. Did you mean "JOGMEC"?',
    ),
    (policy("equity", actor='"JOGMEC"'), '"JOGMEC" is no state buyer. There are none.'),
    (
        policy("price_floor", actor='"JOGMEC"', project='"islnd"', material='"NdPr"') + BODY,
        'policy.p.project (line 6): "islnd" is no mine. Did you mean "island"?',
    ),
    (
        policy("band_purchase", actor='"JOGMEC"', producers='["island-plant"]') + BODY,
        'policy.p.producers (line 6): "island-plant" is no mine.',
    ),
    (
        policy("supply_outage", producers='["x"]'),
        'policy.p.producers (line 5): "x" is no mine and no refinery.',
    ),
    (
        '[offtake.o]\nmine = "islnd"\nbuyer_zone = "JP"\nshare = 0.5\n',
        'offtake.o.mine (line 3): "islnd" is no mine.',
    ),
    (
        '[offtake.o]\nmine = "island"\nbuyer_zone = "JA"\nshare = 0.5\n',
        'offtake.o.buyer_zone (line 4): "JA" is no zone.',
    ),
    (
        policy("demand_shock", sectors='["magnet"]', factor="[[2009-01-01, 1]]"),
        'no manufacturer is in the sector "magnet". Did you mean "magnets"?',
    ),
    (
        '[mine.island]\ndeposit = "clay"\n',
        'mine.island.deposit (line 3): "clay" is no deposit. Known: bastnaesite.',
    ),
    (
        '[mine.island]\nplant = "iland-plant"\n',
        'mine.island.plant (line 3): "iland-plant" is no refinery. Did you',
    ),
    (
        '[refinery.island-plant]\nfamilies = ["heavy"]\n',
        'cannot treat light concentrate of "bastnaesite". Add "light" to refinery.island-plant.families.',
    ),
    (
        "[zone.CN]\nexport_gate = false\n",
        '"CN" has no export gate, where export quotas bind. Set zone.CN.export_gate',
    ),
    (
        policy("export_licence", origin='"JP"', approval="[[2009-01-01, 1]]"),
        'policy.p.origin (line 5): "JP" has no export gate, where export licences bind.',
    ),
    ("[mine.northern]\ncost_usd_per_kg = [3, 2]\n", "3 exceeds 2. The low end comes first: [2, 3]."),
    (
        "[parameters.miner]\nillegal_bounds = [3, 2]\n",
        "parameters.miner.illegal_bounds (line 3): 3 exceeds 2.",
    ),
    (
        "[mine.northern]\ncapacity_t_per_year = [-3, 2]\n",
        "mine.northern.capacity_t_per_year (line 3): -3 is below 0.",
    ),
    ("[zone.CN]\ncost_index = [[2009-01-01, 0]]\n", "zone.CN.cost_index[1] (line 3): 0 is not above 0."),
    (
        policy("export_tax", origin='"CN"', rate="[[2009-01-01, 0.1], [2010-01-01, 25]]"),
        "policy.p.rate[2] (line 6): 25 exceeds 1. A rate is a share; 25 % is 0.25.",
    ),
    (
        "[time]\nend = 2010-02-23\n",
        "2010-02-23 is a Tuesday; weeks begin on Mondays. The nearest is 2010-02-22.",
    ),
    (
        "[time]\nend = 2010-02-26\n",
        "2010-02-26 is a Friday; weeks begin on Mondays. The nearest is 2010-03-01.",
    ),
    (
        "[time]\nend = 9999-12-31\n",
        "9999-12-31 is a Friday; weeks begin on Mondays. The nearest is 9999-12-27.",
    ),
]


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_one_broken_thing_is_told_alone_with_path_and_remedy(text, told):
    said = told_of(text)

    assert said.startswith("1 fault in ")
    assert told in said


@pytest.mark.parametrize(
    "text",
    [
        policy("embargo", origin='"JP"', destination='"CN"'),  # no gate needed
        policy("louder_news", start="1990-01-01", end="1991-01-01"),
        policy("louder_news", start="2050-01-01"),
        policy("supply_outage", producers='["northern", "island-plant"]'),
        'drop = ["manufacturer.magnets-jp"]\n',
    ],
)
def test_what_is_odd_but_sensible_is_accepted(text):
    assert parse_scenario(HEAD + text, "c.toml")


def test_a_scenario_made_in_python_is_checked_too():
    tiny = load_scenario("tiny")
    twice = tiny.model_copy(update={"policy": [*tiny.policy, *tiny.policy], "link": [*tiny.link, tiny.link[0]]})

    whats = [fault.what for fault in check_scenario(twice)]

    assert whats == ["a second way from CN to JP.", 'a second policy "export-quota".']
    assert check_scenario(tiny) == []


def test_a_reference_to_a_row_with_a_fault_is_no_second_fault():
    said = told_of('[refinery.island-plant]\nfamilies = ["hevy"]\n[zone.CN]\nexport_gate = "no"\n')

    assert said.startswith("2 faults")


def test_the_end_may_be_any_monday():
    monday = dt.date(2010, 2, 22)

    assert load_scenario("tiny", [f"time.end={monday}"]).time.end == monday


def test_a_group_is_not_called_as_a_member_of_another():
    tiny = load_scenario("tiny")
    other = tiny.mine["northern"].model_copy(update={"count": 1})
    mines = {**tiny.mine, "northern 2": other, "northern 3": other}

    (fault,) = check_scenario(tiny.model_copy(update={"mine": mines}))

    assert fault.where == ("mine", "northern 2")
    assert 'member 2 of "northern"' in fault.what
