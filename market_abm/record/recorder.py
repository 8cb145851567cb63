"""Records a run into arrays laid out beforehand, and turns them into tidy tables at the end (ODD: Observation).

All weeks are recorded; tables hold those from `time.record_from`.
"""

import copy
import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from market_abm.agents.life import Stage
from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.books.ledger import Ledger
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
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

HOLDERS = ("manufacturers", "speculators", "refiners", "state", "transit", "scrap")
STAGES = ("mined", "refined", "magnets")
MAGNETS = "magnets"  # the sector whose use of the lead material stands for magnet output


WEEKLY = ("price", "flow", "stock", "activity", "imports", "share", "mining")
"""Fields of the record with a row a week."""


class Recorder(State):
    """Tables of a run in the making.

    Parameters
    ----------
    scenario : gives dates and names.
    market, network, ledger : of the world.
    manufacturers, miners : who is recorded by sector, and by project.
    """

    price = Kept("ticks", "week", "material", "node")
    flow = Kept("g", "week", "material", "link")
    stock = Kept("g", "week", "holder", "material", "zone")
    activity = Kept("g, US$ or 1", "week", "5", "zone x sector")
    imports = Kept("g", "week", "all or gated", "material", "zone")
    share = Kept("g", "week", "stage", "zone")
    mining = Kept("g", "week", "legality", "zone")
    licences = Kept("-")
    money = Kept("micro-US$")
    booked = Kept("micro-US$")
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
        manufacturers: Population,
        miners: Population,
        sectors: list[str],
    ) -> None:
        self.scenario, self.market, self.network, self.ledger = scenario, market, network, ledger
        self.contracts, self.miners, self.sectors = contracts, miners, sectors
        weeks = (scenario.time.end - scenario.time.start).days // 7
        self.first_recorded = (scenario.time.record_from - scenario.time.start).days // 7
        materials, zones, groups = len(market.materials), len(market.zones), max(len(sectors), 1)
        self.price = np.zeros((weeks, materials, len(market.nodes)), dtype=np.int64)
        self.flow = np.zeros((weeks, materials, len(network.origin)), dtype=np.int64)
        self.stock = np.zeros((weeks, len(HOLDERS), materials, zones))
        self.activity = np.zeros((weeks, 5, zones * groups))
        self.imports = np.zeros((weeks, 2, materials, zones))
        self.share = np.zeros((weeks, len(STAGES), zones))
        self.mining = np.zeros((weeks, 2, zones))
        self.licences = []
        self.money = {}
        self.booked = {}
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

    def keep_money(self) -> None:
        """Book the year's payments, the difference of the journal since the last time."""
        self.money, self.booked = self.money_so_far(), self.ledger.payments()

    def money_so_far(self) -> dict[tuple[int, str, str, str], int]:
        """Payments by (year, payer, payee, purpose) [millionths of a US$], those of the running year included."""
        # Between weeks the clock may show next year, but then the old year is booked already.
        year, told = self.date_of(self.weeks_kept).year, dict(self.money)
        for key, total in self.ledger.payments().items():
            change = total - self.booked.get(key, 0)
            if change:
                told[(year, *key)] = told.get((year, *key), 0) + change
        return told

    # -- tables ------------------------------------------------------------------------------
    def tables(self) -> dict[str, "pd.DataFrame"]:
        """Tidy tables of the recorded weeks up to now; masses in t, prices in US$/kg, money in US$."""
        return {
            "prices": self._prices(),
            "flows": self._flows(),
            "stocks": self._stocks(),
            "activity": self._activity(),
            "imports": self._imports(),
            "shares": self._shares(),
            "mining": self._mining(),
            "licences": self._licences(),
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

    def _prices(self) -> "pd.DataFrame":
        market = self.market
        axes = [("material", market.materials), ("zone", market.nodes)]
        return self._long(self.price, axes, ["price_usd_per_kg"], TICKS_PER_DOLLAR)

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
        place = frame["way"].astype(int)
        listed = list(ways)
        frame.insert(2, "origin", [market.zones[listed[i][0]] for i in place])
        frame.insert(3, "destination", [market.zones[listed[i][1]] for i in place])
        frame["way"] = [listed[i][2] for i in place]
        return frame[frame["tonnes"] > 0].reset_index(drop=True)

    def _stocks(self) -> "pd.DataFrame":
        market = self.market
        axes = [("holder", list(HOLDERS)), ("material", market.materials), ("zone", market.zones)]
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
        held = (self.stock[:, 0] + self.stock[:, 4]).sum(axis=1)
        sectors = max(len(self.sectors), 1)
        need = self.activity[:, 0].reshape(len(self.activity), -1, sectors).sum(axis=2)
        cover = held / np.maximum(need, 1e-9)
        return np.repeat(cover[self._kept].reshape(-1), sectors)

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

    def _licences(self) -> "pd.DataFrame":
        import pandas as pd

        names = ["week", "pool", "price_usd_per_kg", "offered_t", "used_t", "left_t"]
        frame = pd.DataFrame(self.licences, columns=names)
        frame = frame[frame["week"] >= self.first_recorded].reset_index(drop=True)
        frame["week"] = self._dates(frame["week"])
        return frame

    def _money(self) -> "pd.DataFrame":
        import pandas as pd

        rows = [(*key, total / MICROS_PER_DOLLAR) for key, total in self.money_so_far().items()]
        frame = pd.DataFrame(rows, columns=["year", "payer", "payee", "purpose", "usd"])
        first = self.date_of(self.first_recorded).year
        frame = frame[frame["year"] >= first]
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


def record(
    recorder: Recorder,
    week_index: int,
    use: Use,
    mined: Mined,
    refined: Refined,
    trade: Trade,
    origins: Origins,
    government: Government,
    manufacturers: Population,
    speculators: Population,
    refiners: Population,
    state_buyers: Population,
    miners: Population,
    illegal_miners: Population,
    ledger: Ledger,
    accounts: Accounts,
) -> None:
    """Keep this week."""
    makers, week = manufacturers, week_index
    recorder.price[week], recorder.flow[week], recorder.imports[week] = trade.ticks, trade.flow, origins.imports
    for holder, population in enumerate((manufacturers, speculators, refiners, state_buyers)):
        _add_by_zone(population.stock, population.zone, recorder.stock[week, holder])
    _add_by_zone(makers.coming, makers.zone, recorder.stock[week, 4])
    recorder.stock[week, 5] = accounts.scrap.mass[: len(recorder.market.materials)]
    _keep_activity(
        *(use.need, use.used, use.lost_sales, makers.risk, makers.activity, recorder._cell, makers.use),
        *(makers.zone, recorder._makes_magnets, recorder.market.lead),
        *(recorder.activity[week], recorder.share[week, STAGES.index("magnets")]),
    )
    for row, (population, grams) in enumerate(((miners, mined.legal), (illegal_miners, mined.illegal))):
        _add_by_zone(grams[None], population.zone, recorder.mining[week, row : row + 1])
    recorder.share[week, 0] = recorder.mining[week].sum(axis=0)
    _add_by_zone(refined.oxide.sum(axis=0)[None], refiners.zone, recorder.share[week, 1:2])
    for pool in government.pools.values():
        filled = int(trade.licence_fills[pool.label].sum())
        tonnes = [grams / GRAMS_PER_TONNE for grams in (pool.offered, filled, int(pool.left.sum()))]
        price = pool.price / TICKS_PER_DOLLAR
        recorder.licences.append((week, pool.label, price, tonnes[0], tonnes[1], tonnes[2]))
    if week + 1 == len(recorder.price) or recorder.date_of(week + 1).year != recorder.date_of(week).year:
        recorder.keep_money()
    recorder.weeks_kept = week + 1


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
        out[0, place] += wanted
        out[1, place] += taken
        out[2, place] += lost[row]
        out[3, place] += risk[row] / users[place] if use[:, row].any() else 0.0  # of those who need something
        out[4, place] += wanted * activity[row]
        if makes_magnets[row]:
            magnets[zone[row]] += used[lead, row]
