"""Policies at the border and at the pit: quota, licence, embargo, tax, tariff, mining limits.

Precedence where several hold at once (tested): an embargo over a licence
regime over a quota over taxes. Of two embargoes or licence regimes on one way
the stricter holds; of two quotas on a material the one declared last; taxes
and tariffs add up; of two mining quotas the smaller, of two crackdowns the
deeper holds.
"""

import datetime as dt
from typing import Literal

from market_abm.policy.base import Policy, line_value, step_value
from market_abm.policy.regime import Halt, Regime
from market_abm.scenario.fields import Name, NonNegative, Path, Share, field

ALL = "all materials when silent"
HALF_YEAR = dt.timedelta(days=183)


class ExportQuota(Policy):
    """Tonnes that may leave a zone in each round, in licences shared by the materials named.

    All materials under one quota draw on one pool of licences and so pay one
    licence price per kilogram, cheap and dear elements alike
    (parameters.csv quota_denomination, Q02).
    """

    type: Literal["export_quota"] = "export_quota"
    origin: Name = field(..., "zone", "Zone that limits its exports.")
    materials: list[Name] = field([], "-", f"Materials under the quota; {ALL}.")
    rounds: Path = field(
        ...,
        "t",
        "Start and tonnes of product of each licence round; it lasts to the next, the last is repeated half-yearly.",
        "history: export_quotas",
    )
    rest_share: Share = field(0.0, "1", "Part of each round used by products outside the scenario.")

    def enact(self, regime: Regime) -> None:
        """Open this week's licence pool; before the first round nothing is limited."""
        begun = [row for row in self.rounds if row[0] <= regime.day]
        if not begun:
            return
        opened, tonnes = begun[-1]
        later = [start for start, _ in self.rounds if start > regime.day]
        if later:
            closes = later[0]
        else:  # the last round is repeated every half year
            opened += HALF_YEAR * ((regime.day - opened) // HALF_YEAR)
            closes = opened + HALF_YEAR
        closes = min(closes, self.end or dt.date.max)
        regime.open_pool(self.label, self.origin, self.materials, opened, closes, tonnes * (1 - self.rest_share))


class ExportLicence(Policy):
    """Case-by-case licences: a share of the use before them is approved, after a review."""

    # Of the use before: makers who use less because of the licences would else lose licences for it.

    type: Literal["export_licence"] = "export_licence"
    origin: Name = field(..., "zone", "Zone that asks for licences.")
    destinations: list[Name] = field([], "zone", "Destinations; all when silent.")
    materials: list[Name] = field([], "-", f"Materials; {ALL}.")
    approval: Path = field(..., "1", "Approved share of the destination's use before, as a polyline.")
    review_weeks: NonNegative = field(
        9.0, "week", "Nothing is approved before the first reviews end.", "events.csv 2025-04-04: 45 working days"
    )

    def enact(self, regime: Regime) -> None:
        """Limit the ways out to the approved share."""
        reviewed = (regime.day - self.start).days >= 7 * self.review_weeks
        share = line_value(self.approval, regime.day) if reviewed else 0.0
        regime.limit_exports(self.label, self.origin, self.destinations, self.materials, share)


class Embargo(Policy):
    """Shipments from one zone to another stop, but for a leak."""

    type: Literal["embargo"] = "embargo"
    origin: Name = field(..., "zone", "Zone that shuts the gate.")
    destination: Name = field(..., "zone", "Zone cut off.")
    materials: list[Name] = field([], "-", f"Materials; {ALL}.")
    leak: Share = field(
        0.05,
        "1",
        "Part of the destination's normal use that still arrives; of concentrate, part of its plants' capacity.",
    )
    reexport_leak: Share = field(0.06, "1", "The same for goods through third zones, beyond their own output.")

    def enact(self, regime: Regime) -> None:
        """Close the direct way and watch the ways through third zones."""
        regime.embargo(self.origin, self.destination, self.materials, self.leak, self.reexport_leak)


class ExportTax(Policy):
    """Ad-valorem charge on leaving a zone, on last week's price so that the auction sees ticks."""

    type: Literal["export_tax"] = "export_tax"
    origin: Name = field(..., "zone", "Zone that taxes.")
    materials: list[Name] = field([], "-", f"Materials; {ALL}.")
    rate: Path = field(..., "1", "Share of last week's price, in steps.", "history: export_taxes")

    def enact(self, regime: Regime) -> None:
        """Add the rate to what stands on the way out."""
        regime.tax_exports(self.origin, self.materials, step_value(self.rate, regime.day))


class ImportTariff(Policy):
    """Ad-valorem charge on entering a zone."""

    type: Literal["import_tariff"] = "import_tariff"
    destination: Name = field(..., "zone", "Zone that taxes.")
    origins: list[Name] = field([], "zone", "Origins taxed; all when silent.")
    materials: list[Name] = field([], "-", f"Materials; {ALL}.")
    rate: Path = field(..., "1", "Share of last week's price of the origin, in steps.")

    def enact(self, regime: Regime) -> None:
        """Add the rate to what stands on the ways in."""
        regime.tax_imports(self.destination, self.origins, self.materials, step_value(self.rate, regime.day))


class ProductionQuota(Policy):
    """Yearly limit on the output of a zone's legal mines, and how far overruns are tolerated."""

    type: Literal["production_quota"] = "production_quota"
    zone: Name = field(..., "zone", "Zone whose legal mines are limited.")
    family: Literal["light", "heavy", "all"] = field("all", "-", "Deposits limited: light, heavy, or all together.")
    tonnes: Path = field(..., "t/year", "Limit in contained oxide, in steps.", "history: mining_quotas")
    overrun: Path = field(..., "1", "Tolerated output over the limit (1.33 = a third more), as a polyline.")

    def enact(self, regime: Regime) -> None:
        """Limit legal output."""
        limit = step_value(self.tonnes, regime.day) * line_value(self.overrun, regime.day)
        regime.limit_mining(self.zone, self.family, limit)


class Crackdown(Policy):
    """Campaigns against illegal mining and smuggling."""

    type: Literal["crackdown"] = "crackdown"
    zone: Name = field(..., "zone", "Zone of the campaign.")
    depth: Path = field(..., "1", "Share of illegal output stopped before corruption, as a polyline.")

    def enact(self, regime: Regime) -> None:
        """Deepen this week's enforcement."""
        regime.crack_down(self.zone, line_value(self.depth, regime.day))


class MiningCharge(Policy):
    """Resource tax and environmental standards: an addition to the cost of legal mines."""

    type: Literal["mining_charge"] = "mining_charge"
    zone: Name = field(..., "zone", "Zone that charges.")
    share: Path = field(..., "1", "Addition as a share of cost, as a polyline.")

    def enact(self, regime: Regime) -> None:
        """Raise the cost of legal mines."""
        regime.charge_mining(self.zone, line_value(self.share, regime.day))


class ConcentrateReserve(Policy):
    """A zone keeps part of its legal concentrate out of separation."""

    type: Literal["concentrate_reserve"] = "concentrate_reserve"
    zone: Name = field(..., "zone", "Zone that stores.")
    tonnes: NonNegative = field(..., "t/year", "Contained oxide put away a year.")

    def enact(self, regime: Regime) -> None:
        """Divert concentrate this week."""
        regime.store_concentrate(self.zone, self.tonnes)


class OutputHalt(Policy):
    """A price leader stops for some weeks whenever the price has fallen far below its average."""

    type: Literal["output_halt"] = "output_halt"
    zone: Name = field(..., "zone", "Zone whose legal mines stop.")
    material: Name = field(..., "-", "Material whose price is watched.")
    fall_below: Share = field(0.85, "1", "Price over its 26-week average that triggers a halt.")
    output: Share = field(0.6, "1", "Output that goes on during a halt.")
    weeks: NonNegative = field(4.0, "week", "Length of a halt.", "events.csv 2011-10")
    pause_weeks: NonNegative = field(48.0, "week", "Least time from one halt to the next.")

    def enact(self, regime: Regime) -> None:
        """Let the authority watch the price."""
        lengths = self.weeks, self.pause_weeks
        regime.watch_price(Halt(self.label, self.zone, self.material, self.fall_below, self.output, *lengths))
