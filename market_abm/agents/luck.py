"""Luck: random numbers keyed by (seed, purpose, step, stable agent number).

No stream moves. Each number is a hash of its key, so switching one rule off,
or adding an agent, leaves the luck of everybody else as it was; two policies
under one seed meet the same luck, and a saved state carries no generator.

The hash is the finaliser of SplitMix64 (Steele, Lea and Flood 2014), used as a
counter-based generator in the manner of Salmon et al. (2011).
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_abm.core.compiled import compiled
from market_abm.core.units import FloatArray, Values

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LANE = np.uint64(0xD1342543DE82EF95)


@compiled
def _hash(word: np.uint64) -> np.uint64:
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@compiled
def _fill_uniform(key: np.uint64, numbers: Any, out: Any) -> None:
    scale = 1.0 / 9007199254740992.0  # 2 ** -53
    for lane in range(out.shape[0]):
        lane_key = _hash(key + _LANE * np.uint64(lane + 1))
        for row in range(numbers.size):
            word = _hash(_hash(numbers[row] ^ lane_key) + _GOLDEN)
            out[lane, row] = (float(word >> np.uint64(11)) + 0.5) * scale


@compiled
def _fill_normal(key: np.uint64, numbers: Any, out: Any) -> None:
    scale = 1.0 / 9007199254740992.0
    for lane in range(out.shape[0]):
        lane_key = _hash(key + _LANE * np.uint64(lane + 1))
        for row in range(numbers.size):
            word = _hash(numbers[row] ^ lane_key)
            first = (float(_hash(word + _GOLDEN) >> np.uint64(11)) + 0.5) * scale
            second = (float(_hash(word + _GOLDEN + _GOLDEN) >> np.uint64(11)) + 0.5) * scale
            # Box and Muller (1958); `first` is never 0, so the logarithm is finite.
            out[lane, row] = np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)


def stable_number(name: str) -> int:
    """64-bit number of a name: the same in every run, whatever else is in the scenario."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


class Luck:
    """All random numbers of a run.

    Parameters
    ----------
    seed : int
        Seed of the run.
    """

    def __init__(self, seed: int) -> None:
        self.seed = int(seed)
        self.step = 0
        self._bases: dict[str, int] = {}

    def _key(self, purpose: str) -> np.uint64:
        base = self._bases.get(purpose)
        if base is None:
            base = self._bases[purpose] = stable_number(f"{self.seed}/{purpose}")
        return np.uint64((base + 0x9E3779B97F4A7C15 * (self.step + 1)) & 0xFFFFFFFFFFFFFFFF)

    def uniform(self, purpose: str, numbers: NDArray[np.uint64] | np.uint64, lanes: int = 0) -> Values:
        """Uniform draws in (0, 1), one for each agent number.

        Returns
        -------
        Shape of `numbers`, with a leading axis of `lanes` draws when `lanes` > 0.
        """
        return self._draw(_fill_uniform, purpose, numbers, lanes)

    def normal(self, purpose: str, numbers: NDArray[np.uint64] | np.uint64, lanes: int = 0) -> Values:
        """Standard normal draws; shapes as for `uniform`."""
        return self._draw(_fill_normal, purpose, numbers, lanes)

    def _draw(self, fill: Any, purpose: str, numbers: Any, lanes: int) -> Values:
        several = isinstance(numbers, np.ndarray) and numbers.ndim > 0
        rows = numbers if several else np.array([numbers], dtype=np.uint64)
        out: FloatArray = np.empty((lanes or 1, rows.size))
        fill(self._key(purpose), rows, out)
        shaped = out if several else out[:, 0]
        return shaped if lanes else shaped[0]
