"""The views, in the order of their tabs."""

from collections.abc import Callable
from typing import Any, NamedTuple

from market_abm.app.page.auction import Auction
from market_abm.app.page.dependence import Dependence
from market_abm.app.page.flows import Flows
from market_abm.app.page.money import Money
from market_abm.app.page.people import Agents
from market_abm.app.page.prices import Prices
from market_abm.app.page.projects import Projects
from market_abm.app.page.stocks import Stocks
from market_abm.app.page.takeaway import TakeAway
from market_abm.app.page.uncertainty import Uncertainty
from market_abm.app.page.versus import Versus


class View(NamedTuple):
    """A tab and what it shows."""

    title: str
    component: Callable[..., Any]


VIEWS = {
    "prices": View("Prices", Prices),
    "flows": View("Trade", Flows),
    "dependence": View("Dependence", Dependence),
    "stocks": View("Stocks", Stocks),
    "auction": View("Auction", Auction),
    "projects": View("Projects", Projects),
    "money": View("Money", Money),
    "agents": View("Agents", Agents),
    "versus": View("Compare", Versus),
    "uncertainty": View("Uncertainty", Uncertainty),
    "takeaway": View("Take away", TakeAway),
}
