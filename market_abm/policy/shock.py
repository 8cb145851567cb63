"""Shocks from outside: demand that jumps or follows a path, supply that fails, news that grows louder."""

from typing import Literal

from market_abm.policy.base import Policy, line_value
from market_abm.policy.regime import Regime
from market_abm.scenario.fields import Name, NonNegative, Path, Share, field


class DemandShock(Policy):
    """Use follows a path: a recession, a surge of electric cars."""

    type: Literal["demand_shock"] = "demand_shock"
    zones: list[Name] = field([], "zone", "Zones concerned; all when silent.")
    sectors: list[Name] = field([], "sector", "Sectors of use concerned; all when silent.")
    factor: Path = field(..., "1", "Use over trend, as a polyline.")

    def enact(self, regime: Regime) -> None:
        """Scale use."""
        regime.scale_demand(self.zones, self.sectors, line_value(self.factor, regime.day))


class SupplyOutage(Policy):
    """A mine or plant loses part of its capacity: flood, strike, coup."""

    type: Literal["supply_outage"] = "supply_outage"
    producers: list[Name] = field(..., "mine or refinery", "Names that fail.", min_length=1)
    lost: Share = field(1.0, "1", "Capacity lost.")

    def enact(self, regime: Regime) -> None:
        """Cut capacity."""
        regime.cut_supply(self.producers, 1 - self.lost)


class LouderNews(Policy):
    """A time in which stories move quotes more than usual (reserve rumours, campaigns)."""

    type: Literal["louder_news"] = "louder_news"
    factor: NonNegative = field(
        3.5,
        "1",
        "Standard deviation of news over normal.",
        "calibrated: prices of 2009-20, in an earlier version (docs/decisions.md)",
    )

    def enact(self, regime: Regime) -> None:
        """Scale news."""
        regime.news_factor = max(regime.news_factor, self.factor)
