"""Records a run into arrays laid out beforehand, and turns them into tidy tables at the end (ODD: Observation).

All weeks are recorded; tables hold those from `time.record_from`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from market_abm.agents.life import Stage
from market_abm.core.units import GRAMS_PER_TONNE, MICROS_PER_DOLLAR, TICKS_PER_DOLLAR
from market_abm.market.network import SMUGGLED

if TYPE_CHECKING:
    import pandas as pd

    from market_abm.model import MineralMarket

HOLDERS = ("manufacturers", "speculators", "refiners", "state", "transit", "scrap")
STAGES = ("mined", "refined", "magnets")
MAGNETS = "magnets"  # the sector whose use of the lead material stands for magnet output


class Recorder:
    """Tables of a run in the making."""

    def __init__(self, model: "MineralMarket") -> None:
        self.model = model
        market, weeks = model.market, model.weeks
        materials, zones, sectors = len(market.materials), len(market.zones), max(len(market.regime.sectors), 1)
        self.price = np.zeros((weeks, materials, len(market.nodes)), dtype=np.int64)
        self.flow = np.zeros((weeks, materials, len(model.network.origin)), dtype=np.int64)
        self.stock = np.zeros((weeks, len(HOLDERS), materials, zones))
        self.activity = np.zeros((weeks, 5, zones * sectors))
        self.imports = np.zeros((weeks, 2, materials, zones))
        self.share = np.zeros((weeks, len(STAGES), zones))
        self.mining = np.zeros((weeks, 2, zones))
        self.licences: list[tuple[int, str, float, float, float, float]] = []
        self.money: dict[tuple[int, str, str, str], int] = {}
        self._paid: dict[tuple[str, str, str], int] = {}
        self.events: list[tuple[int, str, str, str]] = []
        self.projects: list[tuple[str, int, int, int]] = [
            (str(name), int(zone), 0, int(stage))
            for name, zone, stage, corporate in zip(
                model.miners.name, model.miners.zone, model.miners.stage, model.miners.corporate, strict=True
            )
            if not corporate
        ]
        cell = model.manufacturers.zone * sectors + model.manufacturers.sector
        self._cells = np.zeros((model.manufacturers.size, zones * sectors))
        self._cells[np.arange(model.manufacturers.size), cell] = 1.0

    def record(self) -> None:
        """Keep this week."""
        model, week = self.model, self.model.week_index
        makers, market = model.manufacturers, model.market
        self.price[week], self.flow[week] = market.ticks, model.exchange.flow
        self._record_stocks(week)
        need, used = model.need, model.used
        rows = np.stack(
            [need.sum(axis=0), used.sum(axis=0), model.lost_sales, makers.risk, need.sum(axis=0) * makers.activity]
        )
        self.activity[week] = rows @ self._cells
        self.activity[week, 3] /= np.maximum(self._cells.sum(axis=0), 1.0)
        self.imports[week] = model.imports
        self.share[week, 0] = sum(miners.by_zone(model.dug[miners.kind]) for miners in model.mining)
        self.share[week, 1] = model.refiners.by_zone(model.refined.sum(axis=0))
        sectors = market.regime.sectors
        made = used[market.lead] * (makers.sector == sectors[MAGNETS]) if MAGNETS in sectors else used[market.lead] * 0
        self.share[week, 2] = makers.by_zone(made)
        for row, miners in enumerate(model.mining):
            self.mining[week, row] = miners.by_zone(model.dug[miners.kind])
        for pool in model.pools.values():
            price = pool.price / TICKS_PER_DOLLAR
            filled = int(model.exchange.licence_fills[pool.label].sum())
            tonnes = [grams / GRAMS_PER_TONNE for grams in (pool.offered, filled, int(pool.left.sum()))]
            self.licences.append((week, pool.label, price, tonnes[0], tonnes[1], tonnes[2]))
        if week + 1 == model.weeks or model.date_of(week + 1).year != model.today.year:
            self._record_money()

    def _record_stocks(self, week: int) -> None:
        model = self.model
        traded = len(model.market.materials)
        makers = model.manufacturers
        self.stock[week, 0] = makers.by_zone(makers.stock)
        for row, population in ((1, model.speculators), (2, model.refiners), (3, model.state_buyers)):
            if population.size:
                self.stock[week, row] = population.by_zone(population.stock)
        self.stock[week, 4] = makers.by_zone(makers.coming)
        self.stock[week, 5] = model.scrap.mass[:traded]

    def _record_money(self) -> None:
        """Book the year's payments, the difference of the journal since the last time."""
        self.money, self._paid = self.money_so_far(), self.model.ledger.payments()

    def money_so_far(self) -> dict[tuple[int, str, str, str], int]:
        """Payments by (year, payer, payee, purpose) [millionths of a US$], those of the running year included."""
        # Between weeks the clock may show next year, but then the old year is booked already.
        year, told = self.model.today.year, dict(self.money)
        for key, total in self.model.ledger.payments().items():
            change = total - self._paid.get(key, 0)
            if change:
                told[(year, *key)] = told.get((year, *key), 0) + change
        return told

    def log(self, kind: str, actor: str, text: str) -> None:
        """Keep an event."""
        self.events.append((self.model.week_index, kind, actor, text))

    def move(self, project: str, zone: int, stage: int) -> None:
        """Keep a project's move to a new stage."""
        self.projects.append((project, zone, self.model.week_index, stage))

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
        return slice(self.model.first_recorded, self.model.week_index)

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
        start = np.datetime64(self.model.date_of(0), "s")
        kept = self._kept
        return start + np.arange(kept.start, kept.stop) * np.timedelta64(7 * 86400, "s")

    def _prices(self) -> "pd.DataFrame":
        market = self.model.market
        axes = [("material", market.materials), ("zone", market.nodes)]
        return self._long(self.price, axes, ["price_usd_per_kg"], TICKS_PER_DOLLAR)

    def _flows(self) -> "pd.DataFrame":
        """Flows between zones; the leg from a gated zone to its gate is left out."""
        network, market = self.model.network, self.model.market
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
        market = self.model.market
        axes = [("holder", list(HOLDERS)), ("material", market.materials), ("zone", market.zones)]
        frame = self._long(self.stock, axes, ["tonnes"], GRAMS_PER_TONNE)
        return frame[["week", "material", "holder", "zone", "tonnes"]]

    def _activity(self) -> "pd.DataFrame":
        market = self.model.market
        sectors = list(market.regime.sectors) or ["none"]
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
        sectors = max(len(self.model.market.regime.sectors), 1)
        need = self.activity[:, 0].reshape(len(self.activity), -1, sectors).sum(axis=2)
        cover = held / np.maximum(need, 1e-9)
        return np.repeat(cover[self._kept].reshape(-1), sectors)

    def _imports(self) -> "pd.DataFrame":
        market = self.model.market
        axes = [("material", market.materials), ("zone", market.zones)]
        return self._long(self.imports, axes, ["tonnes", "from_gated_tonnes"], GRAMS_PER_TONNE)

    def _shares(self) -> "pd.DataFrame":
        axes = [("stage", list(STAGES)), ("zone", self.model.market.zones)]
        return self._long(self.share, axes, ["tonnes"], GRAMS_PER_TONNE)

    def _mining(self) -> "pd.DataFrame":
        axes = [("legality", ["legal", "illegal"]), ("zone", self.model.market.zones)]
        frame = self._long(self.mining, axes, ["tonnes"], GRAMS_PER_TONNE)
        return frame[["week", "zone", "legality", "tonnes"]]

    def _licences(self) -> "pd.DataFrame":
        import pandas as pd

        names = ["week", "pool", "price_usd_per_kg", "offered_t", "used_t", "left_t"]
        frame = pd.DataFrame(self.licences, columns=names)
        frame = frame[frame["week"] >= self.model.first_recorded].reset_index(drop=True)
        frame["week"] = self._dates(frame["week"])
        return frame

    def _money(self) -> "pd.DataFrame":
        import pandas as pd

        rows = [(*key, total / MICROS_PER_DOLLAR) for key, total in self.money_so_far().items()]
        frame = pd.DataFrame(rows, columns=["year", "payer", "payee", "purpose", "usd"])
        first = self.model.date_of(self.model.first_recorded).year
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
                    self.model.market.zones[zone],
                    Stage(stage).label,
                    week,
                    later[0] if later else self.model.week_index,
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
                *(contract.name, str(self.model.miners.name[contract.seller])),
                self.model.market.zones[contract.buyer_zone],
                *(max(contract.first_step, 0), min(contract.end_step, self.model.week_index)),
                *(contract.delivered / GRAMS_PER_TONNE, contract.missed / GRAMS_PER_TONNE),
            )
            for contract in self.model.contracts.signed
        ]
        names = ["contract", "mine", "buyer_zone", "since", "until", "delivered_t", "missed_t"]
        frame = pd.DataFrame(rows, columns=names)
        frame["since"], frame["until"] = self._dates(frame["since"]), self._dates(frame["until"])
        return frame

    def _events(self) -> "pd.DataFrame":
        import pandas as pd

        frame = pd.DataFrame(self.events, columns=["week", "kind", "actor", "text"])
        frame = frame[frame["week"] >= self.model.first_recorded].reset_index(drop=True)
        frame["week"] = self._dates(frame["week"])
        return frame

    def _dates(self, weeks: Any) -> Any:
        start = np.datetime64(self.model.date_of(0), "s")
        return start + weeks.to_numpy(dtype=np.int64) * np.timedelta64(7 * 86400, "s")
