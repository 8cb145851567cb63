"""Records a run into arrays laid out beforehand, and turns them into tidy tables at the end (ODD: Observation).

All weeks are recorded; tables hold those from `time.record_from`.
"""

import copy
import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from market_abm.agents.life import Stage
from market_abm.agents.population import Population
from market_abm.books.accounts import PARTIES, Accounts
from market_abm.books.ledger import Ledger
from market_abm.books.parties import Closing, closing, journal
from market_abm.core.compiled import compiled
from market_abm.core.state import Kept, State
from market_abm.core.units import GRAMS_PER_TONNE, MICROS_PER_DOLLAR, TICKS_PER_DOLLAR, BoolArray, FloatArray, IntArray
from market_abm.market.contracts import ContractBook
from market_abm.market.government import Government
from market_abm.market.market import Market
from market_abm.market.mining import Mined
from market_abm.market.network import SMUGGLED, Network
from market_abm.market.origin import Origins
from market_abm.market.refining import Refined
from market_abm.market.trade import Trade
from market_abm.market.use import Use
from market_abm.record.books_tables import Month, books_tables, yearly_payments
from market_abm.record.output_tables import mine_output, plant_output
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

HOLDERS = ("manufacturers", "speculators", "refiners", "state", "transit", "scrap")
"""Who holds metal in every world; populations of a user's own follow."""
TRANSIT, SCRAP = HOLDERS.index("transit"), HOLDERS.index("scrap")
STAGES = ("mined", "refined", "magnets")
MAGNETS = "magnets"  # the sector whose use of the lead material stands for magnet output


WEEKLY = ("price", "traded", "flow", "stock", "activity", "use", "imports", "share", "mining", "dug", "made")
"""Fields of the record with a row a week."""


class Recorder(State):
    """Tables of a run in the making.

    Parameters
    ----------
    scenario : gives dates and names.
    market, network, ledger, contracts : of the world.
    populations : their stocks are recorded, as far as the books hold metal of theirs.
    manufacturers, refiners : who is recorded by sector, and by plant.
    mining : mines by project and by output: licensed ones, then illegal ones.
    sectors : names.

    Attributes
    ----------
    holders : who holds metal, in the order of `stock`.
    periods : first week of each month of the run; the month in which the record begins is cut there.
    closed : books of the periods that are over.
    told : the journal at the end of the last of them.
    """

    price = Kept("ticks", "week", "material", "node")
    traded = Kept("g", "week", "material", "node")
    flow = Kept("g", "week", "material", "link")
    stock = Kept("g", "week", "holder", "material", "zone")
    activity = Kept("g, US$ or 1", "week", "5", "zone x sector")
    use = Kept("g", "week", "needed or used", "material", "zone x sector")
    imports = Kept("g", "week", "all or gated", "material", "zone")
    share = Kept("g", "week", "stage", "zone")
    mining = Kept("g", "week", "legality", "zone")
    licences = Kept("-")
    dug = Kept("g REO", "week", "mine")
    made = Kept("g", "week", "material", "plant")
    closed = Kept("micro-US$ and g")
    told = Kept("micro-US$ and g")
    events = Kept("-")
    projects = Kept("-")
    weeks_kept = Kept("week")

    def __init__(
        self,
        scenario: Scenario,
        market: Market,
        network: Network,
        ledger: Ledger,
        contracts: ContractBook,
        populations: dict[str, Population],
        manufacturers: Population,
        refiners: Population,
        mining: tuple[Population, Population],
        sectors: list[str],
    ) -> None:
        self.scenario, self.market, self.network, self.ledger = scenario, market, network, ledger
        self.contracts, self.miners, self.sectors = contracts, mining[0], sectors
        self.mines, self.refiners, miners = mining, refiners, mining[0]
        weeks = (scenario.time.end - scenario.time.start).days // 7
        self.first_recorded = (scenario.time.record_from - scenario.time.start).days // 7
        materials, zones, groups = len(market.materials), len(market.zones), max(len(sectors), 1)
        stocked = [(PARTIES.get(key, key), group) for key, group in populations.items() if _has_stock(group)]
        self.holders = [*HOLDERS, *(name for name, _ in stocked if name not in HOLDERS)]
        self.stocked = [(self.holders.index(name), _stock(group), group.zone) for name, group in stocked]
        self.price = np.zeros((weeks, materials, len(market.nodes)), dtype=np.int64)
        self.traded = np.zeros((weeks, materials, len(market.nodes)), dtype=np.int64)
        self.flow = np.zeros((weeks, materials, len(network.origin)), dtype=np.int64)
        self.stock = np.zeros((weeks, len(self.holders), materials, zones))
        self.activity = np.zeros((weeks, 5, zones * groups))
        self.use = np.zeros((weeks, 2, materials, zones * groups))
        self.imports = np.zeros((weeks, 2, materials, zones))
        self.share = np.zeros((weeks, len(STAGES), zones))
        self.mining = np.zeros((weeks, 2, zones))
        self.dug = np.zeros((weeks, sum(kind.size for kind in mining)), dtype=np.int64)
        self.made = np.zeros((weeks, materials, refiners.size), dtype=np.int64)
        self.licences = []
        self.periods = [0, *(week for week in range(1, weeks) if self._begins(week))]
        self.closed = []
        self.told = (np.zeros((1 + len(ledger.materials), 0), dtype=np.int64),)
        self.events = []
        self.weeks_kept = 0
        self.projects = [
            (str(name), int(zone), 0, int(stage))
            for name, zone, stage, corporate in zip(
                miners.name, miners.zone, miners.stage, miners.corporate, strict=True
            )
            if not corporate
        ]
        cell = manufacturers.zone * groups + manufacturers.sector
        self._cell: IntArray = cell
        self._makes_magnets = manufacturers.sector == (sectors.index(MAGNETS) if MAGNETS in sectors else -1)
        self.seal()

    def dump(self) -> dict[str, Any]:
        """Return the record of the weeks run so far; arrays are windows, not copies."""
        return super().dump() | {name: getattr(self, name)[: self.weeks_kept] for name in WEEKLY}

    def load(self, values: dict[str, Any]) -> None:
        """Take the record of the weeks that were run."""
        for name in self.kept():
            if name in WEEKLY:
                getattr(self, name)[: values["weeks_kept"]] = values[name]
            else:
                setattr(self, name, copy.deepcopy(values[name]))

    def date_of(self, week: int) -> dt.date:
        """Monday of a week."""
        return self.scenario.time.start + dt.timedelta(weeks=week)

    def log(self, kind: str, actor: str, text: str) -> None:
        """Keep an event of the week in progress."""
        self.events.append((self.weeks_kept, kind, actor, text))

    def move(self, project: str, zone: int, stage: int) -> None:
        """Keep a project's move to a new stage."""
        self.projects.append((project, zone, self.weeks_kept, stage))

    def _begins(self, week: int) -> bool:
        """Whether a week is the first of its month, or the first on record."""
        day, before = self.date_of(week), self.date_of(week - 1)
        return week == self.first_recorded or (day.year, day.month) != (before.year, before.month)

    def close_books(self) -> None:
        """Keep what moved in the period that is over, and what everybody has."""
        now = journal(self.ledger)
        self.closed.append(closing(self.ledger, now, self.told[0]))
        self.told = (now,)  # a new one, since snapshots may hold the old one

    def books_so_far(self) -> list[tuple[dt.date, Closing]]:
        """First week and books of each period, the running one included."""
        running = closing(self.ledger, journal(self.ledger), self.told[0])
        starts = [self.date_of(week) for week in self.periods[: len(self.closed) + 1]]
        return list(zip(starts, [*self.closed, running], strict=True))

    def money_so_far(self) -> dict[tuple[int, str, str, str], int]:
        """Payments by (year, payer, payee, purpose) [millionths of a US$], those of the running year included."""
        return yearly_payments(self.ledger, [(day.year, books) for day, books in self.books_so_far()])

    # -- tables ------------------------------------------------------------------------------
    def tables(self) -> dict[str, "pd.DataFrame"]:
        """Tidy tables of the recorded weeks up to now; masses in t, prices in US$/kg, money in US$."""
        months = self._months_of_weeks()
        return {
            "prices": self._prices(),
            "flows": self._flows(),
            "stocks": self._stocks(),
            "activity": self._activity(),
            "use": self._use(),
            "imports": self._imports(),
            "shares": self._shares(),
            "mining": self._mining(),
            "mine_output": mine_output(self.mines, self.market.zones, self.dug[self._kept], months),
            "refining": self._refining(),
            "plant_output": plant_output(
                self.refiners, self.market.materials, self.market.zones, self.made[self._kept], months
            ),
            "licences": self._licences(),
            **self._books(),
            "money": self._money(),
            "projects": self._projects(),
            "contracts": self._contracts(),
            "events": self._events(),
        }

    @property
    def _kept(self) -> slice:
        return slice(self.first_recorded, self.weeks_kept)

    def _long(
        self, values: Any, axes: list[tuple[str, list[str]]], columns: list[str], scale: float = 1.0
    ) -> "pd.DataFrame":
        """Tidy frame of an array (weeks, *axes) or, with several columns, (weeks, columns, *axes)."""
        import pandas as pd

        kept = values[self._kept]
        parts = kept[:, None] if len(columns) == 1 else kept
        shape = [kept.shape[0]] + [len(names) for _, names in axes]
        frame = {"week": np.repeat(self._mondays(), int(np.prod(shape[1:])))}
        for place, (label, names) in enumerate(axes):
            inner = int(np.prod(shape[place + 2 :]))
            outer = int(np.prod(shape[: place + 1]))
            frame[label] = np.tile(np.repeat(np.array(names, dtype=object), inner), outer)
        for column, name in enumerate(columns):
            frame[name] = parts[:, column].reshape(-1) / scale
        return pd.DataFrame(frame)

    def _mondays(self) -> Any:
        start = np.datetime64(self.date_of(0), "s")
        kept = self._kept
        return start + np.arange(kept.start, kept.stop) * np.timedelta64(7 * 86400, "s")

    def _months_of_weeks(self) -> Any:
        """First day of the month of each week on record."""
        return self._mondays().astype("datetime64[M]").astype("datetime64[s]")

    def _prices(self) -> "pd.DataFrame":
        """Quotes, what changed hands at each, and whether anything did."""
        market = self.market
        axes = [("material", market.materials), ("zone", market.nodes)]
        frame = self._long(self.price, axes, ["price_usd_per_kg"], TICKS_PER_DOLLAR)
        grams = self.traded[self._kept].reshape(-1)
        return frame.assign(traded_t=grams / GRAMS_PER_TONNE, traded=grams > 0)

    def _flows(self) -> "pd.DataFrame":
        """Flows between zones; the leg from a gated zone to its gate is left out."""
        network, market = self.network, self.market
        zones = len(market.zones)
        ways: dict[tuple[int, int, str], list[int]] = {}
        for link in range(len(network.origin)):
            if network.destination[link] < zones:
                way = "smuggled" if network.way[link] == SMUGGLED else "legal"
                ways.setdefault((int(network.from_zone[link]), int(network.destination[link]), way), []).append(link)
        totals = (
            np.stack([self.flow[:, :, links].sum(axis=2) for links in ways.values()], axis=2)
            if ways
            else self.flow[:, :, :0]
        )
        keys = [str(place) for place in range(len(ways))]
        frame = self._long(totals, [("material", market.materials), ("way", keys)], ["tonnes"], GRAMS_PER_TONNE)
        frame = frame[frame["tonnes"] > 0].reset_index(drop=True)
        listed = list(ways)
        place = frame["way"].to_numpy(dtype=np.int64)
        frame.insert(2, "origin", np.array([market.zones[way[0]] for way in listed], dtype=object)[place])
        frame.insert(3, "destination", np.array([market.zones[way[1]] for way in listed], dtype=object)[place])
        frame["way"] = np.array([way[2] for way in listed], dtype=object)[place]
        return frame

    def _stocks(self) -> "pd.DataFrame":
        market = self.market
        axes = [("holder", self.holders), ("material", market.materials), ("zone", market.zones)]
        frame = self._long(self.stock, axes, ["tonnes"], GRAMS_PER_TONNE)
        return frame[["week", "material", "holder", "zone", "tonnes"]]

    def _activity(self) -> "pd.DataFrame":
        market = self.market
        sectors = list(self.sectors) or ["none"]
        weeks = len(self.activity)
        zones = len(market.zones)
        values = self.activity.reshape(weeks, 5, zones, len(sectors)).copy()
        frame = self._long(
            values, [("zone", market.zones), ("sector", sectors)], ["need_t", "use_t", "lost_usd", "risk", "active"]
        )
        frame["need_t"] /= GRAMS_PER_TONNE
        frame["use_t"] /= GRAMS_PER_TONNE
        frame["active"] /= GRAMS_PER_TONNE
        frame["activity"] = (frame.pop("active") / frame["need_t"].where(frame["need_t"] > 0)).fillna(1.0)
        frame["cover_weeks"] = self._cover(frame)
        frame = frame[frame["need_t"] > 0].reset_index(drop=True)
        return frame[["week", "zone", "sector", "need_t", "use_t", "activity", "lost_usd", "cover_weeks", "risk"]]

    def _cover(self, frame: "pd.DataFrame") -> Any:
        """Manufacturers' stock and goods under way over weekly need, all materials, by zone [week]."""
        held = (self.stock[:, 0] + self.stock[:, TRANSIT]).sum(axis=1)
        sectors = max(len(self.sectors), 1)
        need = self.activity[:, 0].reshape(len(self.activity), -1, sectors).sum(axis=2)
        cover = held / np.maximum(need, 1e-9)
        return np.repeat(cover[self._kept].reshape(-1), sectors)

    def _use(self) -> "pd.DataFrame":
        """Use by sector and material, where there is any need."""
        axes = [
            *(("material", self.market.materials), ("zone", self.market.zones)),
            ("sector", list(self.sectors) or ["none"]),
        ]
        frame = self._long(self.use, axes, ["need_t", "use_t"], GRAMS_PER_TONNE)
        return frame[frame["need_t"] > 0].reset_index(drop=True)

    def _imports(self) -> "pd.DataFrame":
        market = self.market
        axes = [("material", market.materials), ("zone", market.zones)]
        return self._long(self.imports, axes, ["tonnes", "from_gated_tonnes"], GRAMS_PER_TONNE)

    def _shares(self) -> "pd.DataFrame":
        axes = [("stage", list(STAGES)), ("zone", self.market.zones)]
        return self._long(self.share, axes, ["tonnes"], GRAMS_PER_TONNE)

    def _mining(self) -> "pd.DataFrame":
        axes = [("legality", ["legal", "illegal"]), ("zone", self.market.zones)]
        frame = self._long(self.mining, axes, ["tonnes"], GRAMS_PER_TONNE)
        return frame[["week", "zone", "legality", "tonnes"]]

    def _refining(self) -> "pd.DataFrame":
        """Oxide made by zone and material."""
        zones = self.market.zones
        total = np.zeros((*self.made.shape[:2], len(zones)), dtype=np.int64)
        for plant, zone in enumerate(self.refiners.zone):
            total[:, :, zone] += self.made[:, :, plant]
        axes = [("material", self.market.materials), ("zone", zones)]
        return self._long(total, axes, ["tonnes"], GRAMS_PER_TONNE)

    def _licences(self) -> "pd.DataFrame":
        import pandas as pd

        names = ["week", "pool", "price_usd_per_kg", "offered_t", "used_t", "left_t"]
        frame = pd.DataFrame(self.licences, columns=names)
        frame = frame[frame["week"] >= self.first_recorded].reset_index(drop=True)
        frame["week"] = self._dates(frame["week"])
        return frame

    def _recorded(self) -> list[Month]:
        """Months on record with their books; a month cut by the start of the record begins there."""
        told, opening = [], np.zeros((0, 3), dtype=np.int64)
        for week, (day, books) in zip(self.periods, self.books_so_far(), strict=False):
            begun = week < self.weeks_kept or len(books.changes)
            if week >= self.first_recorded and begun:
                told.append(Month(np.datetime64(day.replace(day=1), "s"), opening, books))
            opening = books.balances
        return told

    def _books(self) -> "dict[str, pd.DataFrame]":
        stages = [self.scenario.material[name].stage for name in self.market.materials]
        claims = ["concentrate" if name == "concentrate" else "" for name in self.ledger.materials[len(stages) :]]
        return books_tables(self.ledger, [*stages, *claims], self._recorded())

    def _money(self) -> "pd.DataFrame":
        """Payments by year."""
        import pandas as pd

        books = [(day.year, one) for day, one in self.books_so_far() if day >= self.date_of(self.first_recorded)]
        rows = [(*key, total) for key, total in yearly_payments(self.ledger, books).items()]
        frame = pd.DataFrame(rows, columns=["year", "payer", "payee", "purpose", "micro_usd"])
        frame = frame.astype({"year": np.int64, "micro_usd": np.int64})
        frame.insert(4, "usd", frame["micro_usd"] / MICROS_PER_DOLLAR)
        return frame.sort_values(["year", "payer", "payee", "purpose"], ignore_index=True)

    def _projects(self) -> "pd.DataFrame":
        import pandas as pd

        rows = []
        for place, (name, zone, week, stage) in enumerate(self.projects):
            later = [w for other, _, w, _ in self.projects[place + 1 :] if other == name]
            rows.append(
                (
                    name,
                    self.market.zones[zone],
                    Stage(stage).label,
                    week,
                    later[0] if later else self.weeks_kept,
                )
            )
        frame = pd.DataFrame(rows, columns=["project", "zone", "status", "since", "until"])
        frame = frame[frame["until"] > frame["since"]].reset_index(drop=True)
        frame["since"], frame["until"] = self._dates(frame["since"]), self._dates(frame["until"])
        return frame

    def _contracts(self) -> "pd.DataFrame":
        """Offtakes signed, with what was delivered and what was missed [t]; `until` is the first week without one."""
        import pandas as pd

        rows = [
            (
                *(contract.name, str(self.miners.name[contract.seller])),
                self.market.zones[contract.buyer_zone],
                *(max(contract.first_step, 0), min(contract.end_step, self.weeks_kept)),
                *(contract.delivered / GRAMS_PER_TONNE, contract.missed / GRAMS_PER_TONNE),
            )
            for contract in self.contracts.signed
        ]
        names = ["contract", "mine", "buyer_zone", "since", "until", "delivered_t", "missed_t"]
        frame = pd.DataFrame(rows, columns=names)
        frame["since"], frame["until"] = self._dates(frame["since"]), self._dates(frame["until"])
        return frame

    def _events(self) -> "pd.DataFrame":
        import pandas as pd

        frame = pd.DataFrame(self.events, columns=["week", "kind", "actor", "text"])
        frame = frame[frame["week"] >= self.first_recorded].reset_index(drop=True)
        frame["week"] = self._dates(frame["week"])
        return frame

    def _dates(self, weeks: Any) -> Any:
        start = np.datetime64(self.date_of(0), "s")
        return start + weeks.to_numpy(dtype=np.int64) * np.timedelta64(7 * 86400, "s")


def _has_stock(population: Population) -> bool:
    """Whether the books hold metal of a population."""
    return any(column.book == "mass" for column in population.kind.column_list())


def _stock(population: Population) -> Any:
    """Column of the metal that the books hold of a population: a window on the ledger, (materials, n) [g]."""
    name = next(column.name for column in population.kind.column_list() if column.book == "mass")
    return population.columns[name]


def record(
    recorder: Recorder,
    week_index: int,
    use: Use,
    mined: Mined,
    refined: Refined,
    trade: Trade,
    origins: Origins,
    network: Network,
    government: Government,
    manufacturers: Population,
    refiners: Population,
    mining: tuple[Population, Population],
    accounts: Accounts,
) -> None:
    """Keep this week, and close the books of a month that is over."""
    makers, week = manufacturers, week_index
    recorder.price[week], recorder.flow[week], recorder.imports[week] = trade.ticks, trade.flow, origins.imports
    _keep_traded(trade.sold_everywhere, trade.flow, network.destination, recorder.traded[week])
    for holder, stock, zone in recorder.stocked:
        _add_by_zone(stock, zone, recorder.stock[week, holder])
    _add_by_zone(makers.coming, makers.zone, recorder.stock[week, TRANSIT])
    recorder.stock[week, SCRAP] = accounts.scrap.mass[: len(recorder.market.materials)]
    _keep_activity(
        *(use.need, use.used, use.lost_sales, makers.risk, makers.activity, recorder._cell, makers.use),
        *(makers.zone, recorder._makes_magnets, recorder.market.lead),
        *(recorder.activity[week], recorder.use[week], recorder.share[week, STAGES.index("magnets")]),
    )
    for row, (population, grams) in enumerate(zip(mining, (mined.legal, mined.illegal), strict=True)):
        _add_by_zone(grams[None], population.zone, recorder.mining[week, row : row + 1])
    recorder.dug[week, : mined.legal.size], recorder.dug[week, mined.legal.size :] = mined.legal, mined.illegal
    recorder.made[week] = refined.oxide
    recorder.share[week, 0] = recorder.mining[week].sum(axis=0)
    _add_by_zone(refined.oxide.sum(axis=0)[None], refiners.zone, recorder.share[week, 1:2])
    for pool in government.pools.values():
        filled = int(trade.licence_fills[pool.label].sum())
        tonnes = [grams / GRAMS_PER_TONNE for grams in (pool.offered, filled, int(pool.left.sum()))]
        price = pool.price / TICKS_PER_DOLLAR
        recorder.licences.append((week, pool.label, price, tonnes[0], tonnes[1], tonnes[2]))
    recorder.weeks_kept = week + 1
    if week + 1 in recorder.periods[len(recorder.closed) + 1 : len(recorder.closed) + 2]:
        recorder.close_books()


@compiled
def _keep_traded(sold: IntArray, flow: IntArray, destination: IntArray, out: IntArray) -> None:
    """Set what changed hands at each node: sold there, or brought there from another."""
    for material in range(out.shape[0]):
        for node in range(out.shape[1]):
            out[material, node] = sold[material, node] if node < sold.shape[1] else 0
        for link in range(destination.size):
            out[material, destination[link]] += flow[material, link]


@compiled
def _add_by_zone(values: IntArray, zone: IntArray, out: FloatArray) -> None:
    for material in range(values.shape[0]):
        for row in range(zone.size):
            out[material, zone[row]] += values[material, row]


@compiled
def _keep_activity(
    need: FloatArray,
    used: IntArray,
    lost: FloatArray,
    risk: FloatArray,
    activity: FloatArray,
    cell: IntArray,
    use: FloatArray,
    zone: IntArray,
    makes_magnets: BoolArray,
    lead: int,
    out: FloatArray,
    by_material: FloatArray,
    magnets: FloatArray,
) -> None:
    users = np.zeros(out.shape[1])
    for row in range(cell.size):
        users[cell[row]] += 1.0 if use[:, row].any() else 0.0
    for row in range(cell.size):
        place, wanted, taken = cell[row], 0.0, 0.0
        for material in range(need.shape[0]):
            wanted += need[material, row]
            taken += used[material, row]
            by_material[0, material, place] += need[material, row]
            by_material[1, material, place] += used[material, row]
        out[0, place] += wanted
        out[1, place] += taken
        out[2, place] += lost[row]
        out[3, place] += risk[row] / users[place] if use[:, row].any() else 0.0  # of those who need something
        out[4, place] += wanted * activity[row]
        if makes_magnets[row]:
            magnets[zone[row]] += used[lead, row]
