"""All pictures of a report in one place: `figure = price_figure(runs, "NdPr")`.

Each takes one run or several of one scenario and returns a matplotlib Figure
that belongs to no window; save it with `figure.savefig`. A picture for which
the runs hold nothing raises `NothingToShowError`.
"""

from market_abm.report.activity import activity_figure, cover_figure
from market_abm.report.licences import licence_figure, pools
from market_abm.report.money import matrix, money_figure
from market_abm.report.prices import price_figure
from market_abm.report.projects import project_figure
from market_abm.report.stocks import stock_figure
from market_abm.report.style import NothingToShowError
from market_abm.report.trade import dependence_figure, flow_figure, mining_figure, share_figure

__all__ = [
    "price_figure",
    "flow_figure",
    "dependence_figure",
    "share_figure",
    "mining_figure",
    "stock_figure",
    "project_figure",
    "licence_figure",
    "pools",
    "money_figure",
    "matrix",
    "activity_figure",
    "cover_figure",
    "NothingToShowError",
]
