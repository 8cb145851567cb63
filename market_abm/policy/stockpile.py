"""Policies of a state body that holds metal: stockpile by days of use, and purchases in a price band."""

from typing import Literal, Self

from pydantic import model_validator

from market_abm.policy.base import Policy
from market_abm.policy.regime import Regime
from market_abm.scenario.fields import Name, NonNegative, Positive, Share, field


class ActorPolicy(Policy):
    """A policy carried out by a state body with its own budget."""

    actor: Name = field(..., "state buyer", "State body that acts and pays.")

    def enact(self, regime: Regime) -> None:
        """Put the instrument in the hands of its state body."""
        regime.instruct(self)


class Stockpile(ActorPolicy):
    """Days of the zone's use held by a state body: built, rotated, released in need."""

    type: Literal["stockpile"] = "stockpile"
    materials: list[Name] = field([], "-", "Materials held; all when silent.")
    days: NonNegative = field(60.0, "day", "Target in days of the zone's use.", "stockpiles_policy.csv K01")
    build_weeks: Positive = field(26.0, "week", "Time in which a gap is filled.")
    buy_below: Positive = field(1.5, "1", "No purchase when the price exceeds this multiple of its 3-year average.")
    release_below_weeks: NonNegative = field(4.0, "week", "Makers' cover below which metal is released.")
    release_share: Share = field(0.5, "1", "Part of the shortfall offered each week.")
    rotation: Share = field(0.05, "1/year", "Part of the stock renewed each year.")


class BandPurchase(ActorPolicy):
    """Purchases while the price is below the band, sales while it is above.

    With `producers` it is a promise to buy from them: at the market price while
    that lies in the band, and at `low_price` when it lies below.
    """

    type: Literal["band_purchase"] = "band_purchase"
    materials: list[Name] = field([], "-", "Materials bought; all when silent.")
    producers: list[Name] = field(
        [], "mine", "Only output of these mines is bought; any seller in the zone when silent."
    )
    low_price: Positive | None = field(None, "US$/kg", "Buy below this price.")
    high_price: Positive | None = field(None, "US$/kg", "Sell above this price.")
    low_ratio: Positive = field(0.55, "1", "Without `low_price`: buy below this multiple of the 3-year average.")
    high_ratio: Positive = field(2.5, "1", "Without `high_price`: sell above this multiple of the 3-year average.")
    weekly_share: Share = field(0.04, "1/week", "Greatest purchase a week as a share of the zone's use.")
    premium: NonNegative = field(
        0.02, "1", "Paid above last week's price.", "assumed: set by trial in an earlier version"
    )

    @model_validator(mode="after")
    def _band_is_open(self) -> Self:
        if self.low_price is not None and self.high_price is not None and self.high_price <= self.low_price:
            raise ValueError("high_price must exceed low_price")
        return self
