"""Weekly series of a world by name, straight from the recorder's arrays: no tables are made.

Weeks are counted from the start of the run; burn-in is left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market_abm.app.rows import materials, nodes, zones
from market_abm.core.units import GRAMS_PER_TONNE, MICROS_PER_MILLION, TICKS_PER_DOLLAR, FloatArray, IntArray
from market_abm.market.network import GATE, SMUGGLED
from market_abm.record.recorder import STAGES, TRANSIT

if TYPE_CHECKING:
    from market_abm.model import MineralMarket

HALF_YEAR, YEAR = 26, 52  # weeks over which shares are taken
NEED, USED, LOST, RISK, ACTIVE = range(5)  # rows of the recorder's `activity`
MILLION = 1e6
Tell = Callable[[slice], FloatArray]


@dataclass(frozen=True)
class SeriesInfo:
    """A series that can be asked for.

    Attributes
    ----------
    name : dotted, such as `price.NdPr.JP`; the first word is the group.
    label : for a legend.
    """

    name: str
    label: str
    unit: str
    material: str = ""
    zone: str = ""

    @property
    def group(self) -> str:
        """Quantity: price, traded, licence, dependence, share, stock, activity, lost, cover, risk, imports, ..."""
        return self.name.partition(".")[0]


class SeriesBook:
    """All series of a model, zones and materials in the order of its scenario.

    Parameters
    ----------
    model : whose.
    spent : public money spent so far by zone, a row a week [micro-US$].
    """

    def __init__(self, model: "MineralMarket", spent: IntArray) -> None:
        self.model, self.spent = model, spent
        self._labels = {name: row.label or name for name, row in model.scenario.zone.items()}
        self._materials, self._zones = materials(model), zones(model)
        self._fixed = {info.name: (info, tell) for part in self._parts() for info, tell in part}

    def contents(self) -> list[SeriesInfo]:
        """Every series, in the order of a page."""
        return [info for info, _ in self._fixed.values()] + [
            SeriesInfo(f"licence.{pool}", f"Licence, {pool}", "US$/kg") for pool in self._pools()
        ]

    def weeks(self) -> slice:
        """Weeks on record so far."""
        return slice(min(self.model.world.first_recorded, self.model.week_index), self.model.week_index)

    def values(self, name: str) -> tuple[IntArray, FloatArray]:
        """Weeks and values of a series.

        Raises
        ------
        KeyError
            When there is no such series.
        """
        kept = self.weeks()
        if name in self._fixed:
            return np.arange(kept.start, kept.stop), self._fixed[name][1](kept)
        if name.partition(".")[0] == "licence":
            return self._licence(name.partition(".")[2], kept)
        raise KeyError(f"no series called {name!r}")

    # -- the parts ---------------------------------------------------------------------------
    def _parts(self) -> Iterator[Iterator[tuple[SeriesInfo, Tell]]]:
        yield self._prices()
        yield self._traded()
        yield self._dependence()
        yield self._shares()
        yield self._stocks()
        yield self._activity()
        yield self._trade()
        yield self._public()

    def _prices(self) -> Iterator[tuple[SeriesInfo, Tell]]:
        price = self.model.recorder.price
        for row, material in self._materials:
            for node, place in nodes(self.model):
                zone = place.removesuffix(" export")
                label = self._labels[zone] + (", export (FOB)" if place != zone else "")

                def tell(kept: slice, row: int = row, node: int = node) -> FloatArray:
                    return _floats(price[kept, row, node] / TICKS_PER_DOLLAR)

                yield SeriesInfo(f"price.{material}.{place}", f"{material}, {label}", "US$/kg", material, zone), tell

    def _traded(self) -> Iterator[tuple[SeriesInfo, Tell]]:
        """What changed hands at each price."""
        traded = self.model.recorder.traded
        for row, material in self._materials:
            for node, place in nodes(self.model):

                def tell(kept: slice, row: int = row, node: int = node) -> FloatArray:
                    return _floats(traded[kept, row, node] / GRAMS_PER_TONNE)

                zone = place.removesuffix(" export")
                label = f"{material}, traded, {self._labels[zone]}" + (", export (FOB)" if place != zone else "")
                yield SeriesInfo(f"traded.{material}.{place}", label, "t/week", material, zone), tell

    def _dependence(self) -> Iterator[tuple[SeriesInfo, Tell]]:
        """Share of imports from the gated zones over half a year, of the lead material and of each."""
        market, imports = self.model.market, self.model.recorder.imports
        open_zones = [(zone, place) for zone, place in self._zones if zone not in market.gated]
        for row, material in [(market.lead, ""), *self._materials]:
            for zone, place in open_zones if market.gated else []:

                def tell(kept: slice, row: int = row, zone: int = zone) -> FloatArray:
                    return _share(imports[kept, 1, row, zone], imports[kept, 0, row, zone], HALF_YEAR)

                name = f"dependence.{place}" + (f".{material}" if material else "")
                label = f"{self._labels[place]}, {material or market.materials[row]}"
                yield SeriesInfo(name, label, "1", material or market.materials[row], place), tell

    def _shares(self) -> Iterator[tuple[SeriesInfo, Tell]]:
        """A zone's share of the world's output at each stage, over a year."""
        share = self.model.recorder.share
        for stage, word in enumerate(STAGES):
            for zone, place in self._zones:

                def tell(kept: slice, stage: int = stage, zone: int = zone) -> FloatArray:
                    return _share(share[kept, stage, zone], share[kept, stage].sum(axis=1), YEAR)

                yield SeriesInfo(f"share.{word}.{place}", f"{self._labels[place]}, {word}", "1", zone=place), tell

    def _stocks(self) -> Iterator[tuple[SeriesInfo, Tell]]:
        stock = self.model.recorder.stock
        for holder, word in enumerate(self.model.recorder.holders):
            for row, material in self._materials:

                def total(kept: slice, holder: int = holder, row: int = row) -> FloatArray:
                    return _floats(stock[kept, holder, row].sum(axis=1) / GRAMS_PER_TONNE)

                yield SeriesInfo(f"stock.{word}.{material}", f"{material}, {word}", "t", material), total
                for zone, place in self._zones:

                    def tell(kept: slice, holder: int = holder, row: int = row, zone: int = zone) -> FloatArray:
                        return _floats(stock[kept, holder, row, zone] / GRAMS_PER_TONNE)

                    label = f"{material}, {word}, {self._labels[place]}"
                    yield SeriesInfo(f"stock.{word}.{material}.{place}", label, "t", material, place), tell

    def _activity(self) -> Iterator[tuple[SeriesInfo, Tell]]:
        record = self.model.recorder
        rows = record.activity.reshape(len(record.activity), 5, len(self._zones), -1)

        def lost_everywhere(kept: slice) -> FloatArray:
            return _floats(rows[kept, LOST].sum(axis=(1, 2)) / MILLION)

        def activity(kept: slice, zone: int) -> FloatArray:
            return _over(rows[kept, ACTIVE, zone].sum(axis=1), rows[kept, NEED, zone].sum(axis=1))

        def lost(kept: slice, zone: int) -> FloatArray:
            return _floats(rows[kept, LOST, zone].sum(axis=1) / MILLION)

        def cover(kept: slice, zone: int) -> FloatArray:
            held = (record.stock[kept, 0, :, zone] + record.stock[kept, TRANSIT, :, zone]).sum(axis=1)
            return _over(held, rows[kept, NEED, zone].sum(axis=1))

        def risk(kept: slice, zone: int) -> FloatArray:
            need = rows[kept, NEED, zone]
            return _over((rows[kept, RISK, zone] * need).sum(axis=1), need.sum(axis=1))

        yield SeriesInfo("lost", "All zones", "US$ m/week"), lost_everywhere
        for name, unit, ask in (
            ("lost", "US$ m/week", lost),
            ("activity", "1", activity),
            ("cover", "week", cover),
            ("risk", "1", risk),
        ):
            for zone, place in self._zones:

                def tell(kept: slice, ask: Callable[[slice, int], FloatArray] = ask, zone: int = zone) -> FloatArray:
                    return ask(kept, zone)

                yield SeriesInfo(f"{name}.{place}", self._labels[place], unit, zone=place), tell

    def _trade(self) -> Iterator[tuple[SeriesInfo, Tell]]:
        record, way = self.model.recorder, self.model.world.network.way
        for name, kind in (("exported", GATE), ("smuggled", SMUGGLED)):
            links = np.flatnonzero(way == kind)
            for row, material in self._materials if links.size else []:

                def out(kept: slice, row: int = row, links: IntArray = links) -> FloatArray:
                    return _floats(record.flow[kept, row][:, links].sum(axis=1) / GRAMS_PER_TONNE)

                yield SeriesInfo(f"{name}.{material}", f"{material}, {name}", "t/week", material), out
        for row, material in self._materials:
            for zone, place in self._zones:

                def into(kept: slice, row: int = row, zone: int = zone) -> FloatArray:
                    return _floats(record.imports[kept, 0, row, zone] / GRAMS_PER_TONNE)

                label = f"{material}, {self._labels[place]}"
                yield SeriesInfo(f"imports.{material}.{place}", label, "t/week", material, place), into
        for zone, place in self._zones:

            def mined(kept: slice, zone: int = zone) -> FloatArray:
                return _floats(record.share[kept, 0, zone] / GRAMS_PER_TONNE)

            yield SeriesInfo(f"mined.{place}", self._labels[place], "t REO/week", zone=place), mined

    def _public(self) -> Iterator[tuple[SeriesInfo, Tell]]:
        """Public money spent since the run began."""
        for zone, place in self._zones:

            def tell(kept: slice, zone: int = zone) -> FloatArray:
                return self.spent[kept, zone] / MICROS_PER_MILLION

            yield SeriesInfo(f"public_money.{place}", self._labels[place], "US$ m", zone=place), tell

    # -- licences ----------------------------------------------------------------------------
    def _pools(self) -> list[str]:
        return list(dict.fromkeys(row[1] for row in self.model.recorder.licences))

    def _licence(self, pool: str, kept: slice) -> tuple[IntArray, FloatArray]:
        rows = [(row[0], row[2]) for row in self.model.recorder.licences if row[1] == pool and row[0] >= kept.start]
        if not rows and pool not in self._pools():
            raise KeyError(f"no series called {f'licence.{pool}'!r}")
        weeks, prices = np.array([week for week, _ in rows], dtype=np.int64), np.array([price for _, price in rows])
        return weeks, prices


def public_spending(model: "MineralMarket") -> IntArray:
    """Money that each zone's treasury and state bodies have paid to private hands so far [micro-US$]."""
    ledger, bodies = model.ledger, model.world.state_buyers
    spent = np.zeros(len(model.market.zones), dtype=np.int64)
    public = {"treasury": np.arange(spent.size), bodies.key: bodies.zone}  # zone of each label of the group
    for (_, payer, payee), (first, takers, _, _) in zip(ledger.entries, ledger.page, strict=True):
        if payer in public and payee not in public and public[payer].size:
            page = ledger.cells[first : first + public[payer].size * takers].reshape(-1, takers)
            np.add.at(spent, public[payer], page.sum(axis=1))
    return spent


def _floats(values: FloatArray) -> FloatArray:
    return np.asarray(values, dtype=np.float64)


def _over(above: FloatArray, below: FloatArray) -> FloatArray:
    """Ratio; NaN where there is nothing below."""
    ratio: FloatArray = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return ratio


def _share(part: FloatArray, whole: FloatArray, weeks: int) -> FloatArray:
    """Share over the last weeks, so that ships that come and go do not shake it; NaN where there is nothing."""
    return _over(_trailing(part, weeks), _trailing(whole, weeks))


def _trailing(values: FloatArray, weeks: int) -> FloatArray:
    total = np.cumsum(values)
    total[weeks:] -= np.cumsum(values)[:-weeks]
    return total
