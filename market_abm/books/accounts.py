"""Accounts of everybody who can hold money or mass (ODD: Initialisation)."""

from dataclasses import dataclass

from market_abm.agents.population import Population
from market_abm.books.ledger import Group, Ledger

CLAIMS = {"concentrate": "g", "debt": "micro-US$", "state debt": "micro-US$"}
"""Kept in the ledger beside the traded materials, with their units."""
PARTIES = {
    "Manufacturer": "manufacturers",
    "Speculator": "speculators",
    "Miner": "mines",
    "IllegalMiner": "illegal mines",
    "Refiner": "refiners",
    "StateBuyer": "state",
    "LicenceHolder": "licence holders",
}
"""Names of the parties in tables of money and mass; zones and names of state bodies follow."""
PLACED = ("separation", "making")
"""Institutions with an account in each zone: what goes in there comes out as something else, in the same zone."""
INSTITUTIONS = (
    *("opening", "ground", "losses", "customers", "suppliers"),
    *("owners", "banks", "carriers", "smugglers", "middlemen"),
)


@dataclass(frozen=True)
class Accounts:
    """Groups of accounts of institutions, and rows of the ledger that are claims."""

    concentrate_row: int
    debt_row: int
    state_debt_row: int
    under_way: Group
    scrap: Group
    products: Group
    feed: Group
    reserve: Group
    house: Group
    treasury: Group
    opening: Group
    ground: Group
    separation: Group
    making: Group
    losses: Group
    customers: Group
    suppliers: Group
    owners: Group
    banks: Group
    carriers: Group
    smugglers: Group
    middlemen: Group
    of: dict[str, Group]

    def group(self, population: Population) -> Group:
        """Accounts of a population."""
        return self.of[population.key]


def open_accounts(
    populations: dict[str, Population],
    materials: list[str],
    zones: list[str],
    gated: list[int],
    makers: Population,
    plants: Population,
    state_buyers: Population,
) -> tuple[Ledger, Accounts]:
    """Open an account for everybody who can hold money or mass.

    Parameters
    ----------
    materials, zones : names.
    gated : zones with an export gate; the clearing house has an account for each zone, then for each gate.
    makers, plants, state_buyers : populations with accounts for what is under way to them, or with own names.
    """
    traded = len(materials)
    ledger = Ledger([*materials, *CLAIMS], ["g"] * traded + list(CLAIMS.values()))
    for name, population in populations.items():
        kind = PARTIES.get(name, name)
        places = [zones[zone] for zone in population.zone]
        labels = [f"{kind} {place}" for place in places]
        if population is state_buyers:
            labels = [f"{kind}:{body}" for body in population.name]
        ledger.open(name, population.size, labels=labels, zones=places, holder=kind)
    _open_places(ledger, "under way", [zones[zone] for zone in makers.zone])
    _open_places(ledger, "scrap", zones)
    _open_places(ledger, "goods in use", zones)
    _open_places(ledger, "concentrate under way", [zones[zone] for zone in plants.zone])
    _open_places(ledger, "concentrate reserve", zones)
    nodes = [*(f"house {zone}" for zone in zones), *(f"house {zones[zone]} export" for zone in gated)]
    ledger.open("house", len(nodes), labels=nodes, zones=[*zones, *(zones[zone] for zone in gated)])
    for name in ("treasury", *PLACED):
        _open_places(ledger, name, zones, source=True)
    for name in INSTITUTIONS:
        ledger.open(name, 1, source=True)
    ledger.begin()
    groups = ledger.groups
    accounts = Accounts(
        concentrate_row=traded,
        debt_row=traded + 1,
        state_debt_row=traded + 2,
        under_way=groups["under way"],
        scrap=groups["scrap"],
        products=groups["goods in use"],
        feed=groups["concentrate under way"],
        reserve=groups["concentrate reserve"],
        house=groups["house"],
        treasury=groups["treasury"],
        of=groups,
        **{name: groups[name] for name in (*PLACED, *INSTITUTIONS)},
    )
    for population in populations.values():
        _open_windows(population, groups[population.key], accounts)
    return ledger, accounts


def _open_places(ledger: Ledger, name: str, zones: list[str], source: bool = False) -> None:
    """Open accounts that stand in zones, one for each name of a zone; the journal tells the zones apart."""
    ledger.open(name, len(zones), labels=[f"{name} {zone}" for zone in zones], zones=zones, source=source)


def _open_windows(population: Population, group: Group, accounts: Accounts) -> None:
    """Let book columns of agents be read-only windows on the ledger."""
    traded = accounts.concentrate_row
    rows = {"concentrate": traded, "debt": accounts.debt_row, "state_debt": accounts.state_debt_row}
    for column in population.kind.column_list():
        if column.book is None:
            continue
        if column.book == "money":
            window = group.money[:]
        elif column.book == "mass":
            window = group.mass[:traded]
        else:
            window = group.mass[rows[column.book]][:]
        window.flags.writeable = False
        population.keep(column.name, window)
