"""Causes of a price move: groups of mechanisms, single causes, and the world without each.

Each cause says what to change in a scenario so that it is gone, as `--set`
would; so any arm can be made again with `market-abm run`. A mechanism belongs
to one group only, since the parts must add up.

Decisions (docs/how-to/explain.md gives the reasons): the export tax and the
mining charge count as restrictions, for a government imposed them; purchases
of state reserves, the recession and the support of projects stay in every arm.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from market_abm.policy import (
    ConcentrateReserve,
    Crackdown,
    Embargo,
    ExportLicence,
    ExportQuota,
    ExportTax,
    MiningCharge,
    OutputHalt,
    Policy,
    ProductionQuota,
)
from market_abm.policy.base import line_value
from market_abm.scenario.errors import show_path
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

AT_THE_BORDER = (ExportQuota, ExportLicence, Embargo, ExportTax)
AT_THE_PIT = (ProductionQuota, Crackdown, MiningCharge, ConcentrateReserve, OutputHalt)

READY_ELASTICITY = 0.4  # [1], parameters.csv demand_elasticity_short_run: commonly -0.1 to -0.4
READY_LONG_RUN = 0.8  # [1], parameters.csv demand_elasticity_long_run: use and saving together
READY_YEARS = 1.0  # [year], assumed: what takes longer to build takes this long
READY_WEEKS = 13  # [week], assumed: ramp-up and restart within a quarter
READY_SPEED = 0.5  # [1/week] of utilisation, [1/year] of quota-bound growth, assumed: some seven times as fast


@dataclass(frozen=True)
class Change:
    """What takes a cause out of a scenario.

    Parameters
    ----------
    sets : `path=value` each, as `--set` takes them.
    rules : entries of `rules_off`.
    """

    sets: tuple[str, ...] = ()
    rules: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Cause:
    """Something that may have moved the price.

    Parameters
    ----------
    name : machine name.
    label : as shown to people.
    meaning : what is taken away, in one sentence.
    change : what to change in a scenario so that it is gone.
    """

    name: str
    label: str
    meaning: str
    change: Callable[[Scenario], Change]


def restrictions(scenario: Scenario, kinds: Sequence[type[Policy]] = (*AT_THE_BORDER, *AT_THE_PIT)) -> list[Policy]:
    """Policies of these kinds, switched on within the weeks run, by which a zone holds supply back.

    Those of the gated zones; of any zone where no zone has a gate.
    """
    gated = {name for name, zone in scenario.zone.items() if zone.export_gate} or set(scenario.zone)
    found = [
        policy
        for policy in scenario.policy
        if policy.enabled and isinstance(policy, tuple(kinds)) and policy.start < scenario.time.end
    ]
    return [policy for policy in found if getattr(policy, "origin", getattr(policy, "zone", "")) in gated]


def without(scenario: Scenario, causes: Iterable[Cause]) -> Scenario:
    """Return the scenario with some causes taken out; the very same one when there is nothing to take."""
    sets = settings(scenario, causes)
    return load_scenario(scenario, sets) if sets else scenario


def settings(scenario: Scenario, causes: Iterable[Cause]) -> list[str]:
    """Changes, as `--set` takes them, that take these causes out together."""
    changes = [cause.change(scenario) for cause in causes]
    sets = list(dict.fromkeys(text for change in changes for text in change.sets))
    off = set(scenario.rules_off).union(*(change.rules for change in changes))
    if off != set(scenario.rules_off):
        sets.append(f"rules_off={sorted(off)}")
    return sets


def is_present(scenario: Scenario, cause: Cause) -> bool:
    """Whether the scenario holds the cause at all."""
    return bool(settings(scenario, [cause]))


# -- what to change ------------------------------------------------------------------------------
def _without_policies(*kinds: type[Policy]) -> Callable[[Scenario], Change]:
    def change(scenario: Scenario) -> Change:
        names = [policy.label for policy in restrictions(scenario, kinds)]
        return Change(tuple(f"{show_path(('policy', name, 'enabled'))}=false" for name in names))

    return change


def _without_rule(rule: str) -> Callable[[Scenario], Change]:
    return lambda scenario: Change(rules=frozenset([rule]))


def _flat_costs(scenario: Scenario) -> Change:
    """Costs stay where they are on the day from which use grows."""
    day, sets = scenario.time.growth_from, []
    for name, zone in scenario.zone.items():
        if len({value for _, value in zone.cost_index}) > 1:
            level = line_value(zone.cost_index, day)
            sets.append(f"{show_path(('zone', name, 'cost_index'))}=[[{day}, {level:.6g}]]")
    return Change(tuple(sets))


def _no_news_flat_costs(scenario: Scenario) -> Change:
    return Change(_flat_costs(scenario).sets, frozenset(["news"]))


def _ready_world(scenario: Scenario) -> Change:
    """Use and supply respond readily: what the literature calls long-run happens within a year."""
    sets = []
    for name, maker in scenario.manufacturer.items():
        low, high = (max(bound, READY_ELASTICITY) for bound in maker.elasticity)
        sets.append(f"{show_path(('manufacturer', name, 'elasticity'))}=[{low}, {high}]")
    sets += [f"{show_path(('zone', name, 'thrift_speed'))}=1.0" for name in scenario.zone]
    for name, mine in scenario.mine.items():
        if mine.status in ("resource", "permitted") and max(mine.lead_years) > READY_YEARS:
            low, high = (min(bound, READY_YEARS) for bound in mine.lead_years)
            sets.append(f"{show_path(('mine', name, 'lead_years'))}=[{low}, {high}]")
    miner, investment = scenario.parameters.miner, scenario.parameters.investment
    thrift = max(scenario.parameters.manufacturer.thrift_elasticity, READY_LONG_RUN - READY_ELASTICITY)
    values = {
        "manufacturer.thrift_elasticity": thrift,
        "miner.response": max(miner.response, READY_SPEED),
        "miner.response_home": max(miner.response_home, READY_SPEED),
        "miner.expansion": max(miner.expansion, READY_SPEED),
        "miner.ramp_weeks": min(miner.ramp_weeks, float(READY_WEEKS)),
        "investment.restart_weeks": min(investment.restart_weeks, READY_WEEKS),
        "investment.restart_quarters": 1,
    }
    return Change((*sets, *(f"parameters.{path}={value}" for path, value in values.items())))


GROUPS = (
    Cause(
        "restrictions",
        "Exporter's restrictions",
        "No export quota, licence, embargo or tax, no mining quota, campaign, mining charge, reserve or halt.",
        _without_policies(*AT_THE_BORDER, *AT_THE_PIT),
    ),
    Cause(
        "stocking",
        "Precautionary stocking",
        "Makers hold their usual stock, whatever they fear and however prices rise.",
        _without_rule("hoarding"),
    ),
    Cause("speculation", "Speculation", "Traders neither buy nor sell.", _without_rule("speculation")),
    Cause(
        "rigidity",
        "Rigidity of use and supply",
        f"Use responds with a weekly elasticity of {READY_ELASTICITY} and saves to {READY_LONG_RUN} within a year; "
        "mines follow the price in weeks, restart in a quarter and are built in a year.",
        _ready_world,
    ),
    Cause("news", "News and costs", "No news; mining and refining costs stay flat.", _no_news_flat_costs),
)
"""The five players of the Shapley values."""

CAUSES = (
    Cause("quota", "Export quota", "No export quota.", _without_policies(ExportQuota)),
    Cause("licences", "Export licences", "No case-by-case licences.", _without_policies(ExportLicence)),
    Cause("embargo", "Embargo", "No embargo.", _without_policies(Embargo)),
    Cause("tax", "Export tax", "No export tax.", _without_policies(ExportTax)),
    Cause(
        "restraint",
        "Mining restraint",
        "No mining quota, campaign, mining charge, concentrate reserve or output halt.",
        _without_policies(*AT_THE_PIT),
    ),
    Cause("stocking", "Precautionary stocking", GROUPS[1].meaning, GROUPS[1].change),
    Cause("speculation", "Speculation", GROUPS[2].meaning, GROUPS[2].change),
    Cause("thrifting", "Thrifting", "Makers never learn to use less.", _without_rule("thrifting")),
    Cause("smuggling", "Smuggling", "Nothing passes the gate unseen.", _without_rule("smuggling")),
    Cause("cost", "Rising costs", "Mining and refining costs stay flat.", _flat_costs),
    Cause("news", "News", "No news and no rumours.", _without_rule("news")),
)
"""Single causes, taken away one at a time."""
