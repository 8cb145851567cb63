"""What the strategies of traders have paid: read by all who reconsider theirs (Brock and Hommes 1998)."""

import numpy as np

from market_abm.core.state import Kept, State


class Strategies(State):
    """Average weekly profit of holding metal by each strategy [log], by material."""

    chartist_profit = Kept("1/week", "material")
    fundamentalist_profit = Kept("1/week", "material")

    def __init__(self, materials: int) -> None:
        self.chartist_profit = np.zeros(materials)
        self.fundamentalist_profit = np.zeros(materials)
        self.seal()
