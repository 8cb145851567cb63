"""Compile the auction and keep it: `python -m market_abm.auction`, beside a process that compiles the rest."""

import numpy as np

from market_abm.auction.clear import clear_week
from market_abm.auction.orders import Links, Orders, Pool


def main() -> None:
    """Clear the smallest week with a pool."""
    nothing, one = np.zeros(0, np.int64), np.ones((1, 1), np.int64)
    order, links = (
        Orders(np.zeros(1, np.int64), one, one, np.zeros(1, np.int64)),
        Links(nothing, nothing, one[:, :0], one[:, :0]),
    )
    pool = Pool(np.zeros(1, np.int64), nothing, nothing, nothing, nothing, 0)
    clear_week(order, order, links, one, [pool])


if __name__ == "__main__":
    main()
