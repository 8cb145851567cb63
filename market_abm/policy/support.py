"""Support of supply outside the exporter, and of saving: what JOGMEC and its like can do.

Instruments of a state body (`actor`) are drawn on when it funds a project:
equity and loans pay for building, offtake and floor become contracts. A state
body differs from another only in which of these it holds.
"""

from typing import Literal

from market_abm.policy.base import Policy
from market_abm.policy.regime import Regime
from market_abm.policy.stockpile import ActorPolicy
from market_abm.scenario.fields import Name, NonNegative, Positive, Share, field


class ProjectPolicy(ActorPolicy):
    """What a state body offers to projects: to those named, or to whichever it chooses."""

    projects: list[Name] = field([], "mine", "Projects it is offered to; any when silent.")

    def open_to(self, names: set[str]) -> bool:
        """Whether a project of these names (its own and its group's) may have it."""
        return not self.projects or not names.isdisjoint(self.projects)


class Equity(ProjectPolicy):
    """Shares in a project, up to a cap of its equity."""

    type: Literal["equity"] = "equity"
    cap: Share = field(
        0.5, "1", "Greatest state share of a project's equity.", "stockpiles_policy.csv K08: 50 % 2004-2020"
    )


class Loan(ProjectPolicy):
    """Patient debt: paid when the project can, rolled over when it cannot."""

    type: Literal["loan"] = "loan"
    share: Share = field(0.5, "1", "Part of a project's debt that is lent.", "assumed")
    interest: NonNegative = field(0.03, "1/year", "Interest.")
    amortisation: NonNegative = field(0.10, "1/year", "Repayment while the project can pay.")
    rollover: Share = field(
        0.06,
        "1",
        "Fresh credit as a share of capex when cash has run out.",
        "assumed; that it was given: projects.csv R03",
    )
    rollover_limit: NonNegative = field(1.3, "1", "State debt over capex at which roll-over ends.")
    rollover_dependence: Share = field(0.35, "1", "Own import dependence above which credit is rolled over.")
    overdraft_musd: NonNegative = field(400.0, "US$ m", "Budget overdraft allowed for roll-over.")


class ExplorationGrant(ActorPolicy):
    """A state-paid share of exploration: projects get their permits sooner."""

    type: Literal["exploration_grant"] = "exploration_grant"
    musd_per_year: NonNegative = field(..., "US$ m/year", "Money for exploration.")
    musd_per_permit: Positive = field(20.0, "US$ m", "Exploration and study cost of a project up to its permit.")


class StateOfftake(ProjectPolicy):
    """Offtake for the zone's manufacturers, signed with every project the body funds."""

    type: Literal["offtake"] = "offtake"
    share: Share = field(0.386, "1", "Part of the project's capacity.", "projects.csv R02: 8,500 of 22,000 t")
    years: Positive = field(10.0, "year", "Duration.", "projects.csv R02")
    floor_usd_per_kg: NonNegative = field(0.0, "US$/kg", "Least price of the lead material; 0 for none.")


class PriceFloor(ActorPolicy):
    """Contract for difference: the state pays the gap between a floor and the market price."""

    type: Literal["price_floor"] = "price_floor"
    project: Name = field(..., "mine", "Mine whose output is covered.")
    material: Name = field(..., "-", "Material covered.")
    floor: Positive = field(110.0, "US$/kg", "Guaranteed price.", "projects.csv R08")
    tonnes_per_year: NonNegative | None = field(None, "t/year", "Greatest quantity covered; all sales when silent.")
    upside_share: Share = field(0.0, "1", "Part of any price above the floor that is paid back.")


class ProcessingSubsidy(Policy):
    """Part of the cost of separation paid by the zone's treasury."""

    type: Literal["processing_subsidy"] = "processing_subsidy"
    zone: Name = field(..., "zone", "Zone whose plants are supported.")
    share: Share = field(..., "1", "Part of the separation fee paid.")

    def enact(self, regime: Regime) -> None:
        """Lower the fee this week."""
        regime.subsidise_processing(self.zone, self.share)


class ThriftingSubsidy(Policy):
    """Help to use less: intensity falls faster in the zone."""

    type: Literal["thrifting_subsidy"] = "thrifting_subsidy"
    zone: Name = field(..., "zone", "Zone helped.")
    speed: NonNegative = field(
        0.12,
        "1/year",
        "Greatest yearly fall of intensity while it lasts.",
        "calibrated in an earlier version; the programme: stockpiles_policy.csv K06",
    )
    musd_per_year: NonNegative = field(0.0, "US$ m/year", "Paid by the zone's treasury to its manufacturers.")

    def enact(self, regime: Regime) -> None:
        """Raise the speed of thrifting and pay for it."""
        regime.help_thrifting(self.zone, self.speed, self.musd_per_year)


class RecyclingSubsidy(Policy):
    """Help to recover more scrap."""

    type: Literal["recycling_subsidy"] = "recycling_subsidy"
    zone: Name = field(..., "zone", "Zone helped.")
    extra_recovery: Share = field(0.1, "1", "Addition to the greatest share recovered.")
    cost_share: Share = field(0.5, "1", "Part of the cost of recovery paid by the treasury.")

    def enact(self, regime: Regime) -> None:
        """Raise recovery this week."""
        regime.help_recycling(self.zone, self.extra_recovery, self.cost_share)
