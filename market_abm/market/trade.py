"""What the exchange decided in a week (ODD: Market)."""

from dataclasses import dataclass

from market_abm.core.units import IntArray
from market_abm.market.network import Charges


@dataclass(frozen=True)
class Trade:
    """What the exchange decided in a week.

    Attributes
    ----------
    ticks : (materials, nodes) cleared prices [ticks].
    bid_fill, ask_fill : (materials, orders) bought and sold by each order [g].
    flow : (materials, links) carried by each link [g].
    charges : what each link cost.
    bought, sold : by population, (materials, n) [g].
    sold_in : (materials, zones) sales of those who make or separate [g].
    sold_everywhere : (materials, zones) sales of everybody [g].
    licence_ticks : (materials, links) licence price paid on a link [ticks].
    licence_fills : licences sold by each holder of a pool, by label [g].
    low, high : (materials, nodes) least and greatest prices at which the market would have cleared [ticks].
    """

    ticks: IntArray
    bid_fill: IntArray
    ask_fill: IntArray
    flow: IntArray
    charges: Charges
    bought: dict[str, IntArray]
    sold: dict[str, IntArray]
    sold_in: IntArray
    sold_everywhere: IntArray
    licence_ticks: IntArray
    licence_fills: dict[str, IntArray]
    low: IntArray
    high: IntArray
