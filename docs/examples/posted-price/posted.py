"""Posted prices in the place of the auction: last week's prices hold, and move with what was left over."""

import numpy as np

from market_abm.auction.clear import clear_week

STEP = 0.03  # greatest change of a posted price in a week


def posted_price(bids, asks, links, last_price, pools=()):
    """Clear a week at posted prices: whoever accepts them trades; who comes too late gets a part."""
    price = np.maximum(last_price, 1)
    wanted, offered = (np.zeros(price.shape) for _ in range(2))
    np.add.at(wanted, (slice(None), bids.zone), bids.quantity * (bids.limit >= price[:, bids.zone]))
    np.add.at(offered, (slice(None), asks.zone), asks.quantity * (asks.limit <= price[:, asks.zone]))
    short = (wanted - offered) / np.maximum(wanted + offered, 1.0)
    price = np.maximum(np.rint(price * (1 + STEP * short)), 1).astype(np.int64)
    takers, givers = price[:, bids.zone], price[:, asks.zone]
    bids = bids._replace(limit=takers, quantity=np.where(bids.limit >= takers, bids.quantity, 0))
    asks = asks._replace(limit=givers, quantity=np.where(asks.limit <= givers, asks.quantity, 0))
    cleared = clear_week(bids, asks, links, price, pools)
    return cleared._replace(price=np.where(wanted + offered > 0, price, cleared.price))
