"""Random numbers keyed by (seed, purpose, week, agent number): the same whatever else is in the scenario.

No stream moves. Each number is a hash of its key, so switching one rule off, or adding an agent, leaves the
numbers of everybody else as they were; two policies under one seed meet the same numbers, and a saved state
carries no generator.

The hash is the finaliser of SplitMix64 (Steele, Lea and Flood 2014), used as a counter-based generator in the
manner of Salmon et al. (2011).
"""

import hashlib
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from market_abm.core.compiled import compiled
from market_abm.core.units import FloatArray

Distribution = Literal["uniform", "normal"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LANE = np.uint64(0xD1342543DE82EF95)
_NO_LANES = np.zeros(1, dtype=np.uint64)


@compiled
def _hash(word: np.uint64) -> np.uint64:
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@compiled
def _fill(key: np.uint64, lanes: Any, numbers: Any, normal: bool, out: Any) -> None:
    scale = 1.0 / 9007199254740992.0  # 2 ** -53
    for lane in range(lanes.size):
        lane_key = _hash(key + _LANE * (lanes[lane] + np.uint64(1)))
        for row in range(numbers.size):
            word = _hash(numbers[row] ^ lane_key)
            first = (float(_hash(word + _GOLDEN) >> np.uint64(11)) + 0.5) * scale
            if normal:
                second = (float(_hash(word + _GOLDEN + _GOLDEN) >> np.uint64(11)) + 0.5) * scale
                # Box and Muller (1958); `first` is never 0, so the logarithm is finite.
                out[lane, row] = np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)
            else:
                out[lane, row] = first


def stable_number(name: str) -> int:
    """64-bit number of a name: the same in every run, whatever else is in the scenario."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def stable_numbers(names: list[str]) -> NDArray[np.uint64]:
    """64-bit numbers of names, shape (names,)."""
    return np.array([stable_number(name) for name in names], dtype=np.uint64)


class RandomNumbers:
    """All random numbers of a run.

    Parameters
    ----------
    seed : seed of the run.

    Attributes
    ----------
    week : index of the week; the model sets it.
    """

    def __init__(self, seed: int) -> None:
        self.seed = int(seed)
        self.week = 0
        self._bases: dict[str, int] = {}

    def _key(self, purpose: str) -> np.uint64:
        base = self._bases.get(purpose)
        if base is None:
            base = self._bases[purpose] = stable_number(f"{self.seed}/{purpose}")
        return np.uint64((base + 0x9E3779B97F4A7C15 * (self.week + 1)) & 0xFFFFFFFFFFFFFFFF)

    def draw(self, distribution: Distribution, purpose: str, numbers: NDArray[np.uint64]) -> FloatArray:
        """One draw for each number, shape (numbers,).

        Parameters
        ----------
        distribution : "uniform" in (0, 1) or "normal" with mean 0 and standard deviation 1.
        purpose : what the draw decides; another purpose gives independent draws.
        numbers : stable numbers of agents, materials or zones.
        """
        out: FloatArray = np.empty((1, numbers.size))
        _fill(self._key(purpose), _NO_LANES, numbers, distribution == "normal", out)
        drawn: FloatArray = out[0]
        return drawn

    def draw_by_material(
        self, distribution: Distribution, purpose: str, numbers: NDArray[np.uint64], materials: NDArray[np.uint64]
    ) -> FloatArray:
        """One draw for each material and number, shape (materials, numbers).

        Keyed by the material's own number, so that the order of materials does not matter.
        """
        out: FloatArray = np.empty((materials.size, numbers.size))
        _fill(self._key(purpose), materials, numbers, distribution == "normal", out)
        return out
