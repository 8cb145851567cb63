"""What the two toys share: numbers of their rules, and the agents they begin with.

The toys are a market of the shape of the model with four kinds of agent in three zones, and one material: miners dig,
refiners refine and ask, manufacturers use and bid, speculators follow trends, and each zone clears a call auction.
`toy_mesa` writes it in plain Mesa objects, `toy_columns` in compiled loops over columns. Both give the same market.
"""

from dataclasses import dataclass

import numpy as np

from market_abm.core.units import FloatArray, IntArray

ZONES = 3
SHARES = {"miner": 0.11, "refiner": 0.08, "manufacturer": 0.35, "speculator": 0.46}  # as in `japan-2010`
PRICE, FREIGHT, COST = 20.0, 1.0, 8.0  # US$/kg
USE, RECOVERY = 900.0, 0.9  # kg a week of all manufacturers for each of a hundred agents; share of ore recovered
COVER, CATCH_UP, ELASTICITY = 8.0, 5.0, 0.2  # weeks of stock wanted, weeks to catch up, of use to price
NOISE, GAP_PREMIUM, COVER_SLOPE, ASK_COVER = 0.03, 0.15, 0.05, 2.0
SHUTDOWN, BAND, RESPONSE = 0.85, 0.35, 0.1  # price over cost at which a mine stops, up to full output, weekly speed
MEMORY, GAIN, PACE, REVISION = 20.0, 2.0, 0.2, 0.1  # weeks, 1, shares a week


@dataclass
class Kind:
    """Agents of one kind, one value each.

    Parameters
    ----------
    number : decides an agent's luck. zone : where it is. size : capacity, use [kg/week] or capital [US$].
    taste : its own cost, cover or gain over the usual one [1].
    """

    number: IntArray
    zone: IntArray
    size: FloatArray
    taste: FloatArray


def start(agents: int, seed: int = 1) -> dict[str, Kind]:
    """Agents of each kind in the order in which they act."""
    draw, kinds, first = np.random.default_rng(seed), {}, 1
    scale = USE * agents / 100
    total = {"miner": 1.3 * scale, "refiner": 1.5 * scale, "manufacturer": scale, "speculator": 10 * scale * PRICE}
    for name, share in SHARES.items():
        count = max(round(agents * share), ZONES)
        size = draw.lognormal(0.0, 0.5, count)
        zone, taste = np.arange(count) % ZONES, draw.uniform(0.7, 1.3, count)
        kinds[name] = Kind(np.arange(first, first + count), zone, total[name] * size / size.sum(), taste)
        first += count
    return kinds
