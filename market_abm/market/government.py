"""Government: pools of licences, halts and policies in force, as they stand from week to week."""

from market_abm.core.state import Kept, State
from market_abm.market.licence_pool import LicencePool


class Government(State):
    """What governments have under way.

    Attributes
    ----------
    pools : pools of export licences by label.
    halts : week in which each output halt last began, by label of the policy.
    in_force : labels of the policies in force last week.
    """

    pools = Kept("-")
    halts = Kept("week")
    in_force = Kept("-")

    def __init__(self) -> None:
        self.pools: dict[str, LicencePool] = {}
        self.halts: dict[str, int] = {}
        self.in_force: dict[str, str] = {}
        self.seal()
