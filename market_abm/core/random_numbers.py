"""Random numbers keyed by (seed, purpose, week, agent number): the same whatever else is in the scenario.

No stream moves. Each number is a hash of its key, so switching one rule off, or adding an agent, leaves the
numbers of everybody else as they were; two policies under one seed meet the same numbers, and a saved state
carries no generator.

The hash is the finaliser of SplitMix64 (Steele, Lea and Flood 2014), used as a counter-based generator in the
manner of Salmon et al. (2011); normal numbers are quantiles of uniform ones (Wichura 1988).
"""

import hashlib
import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from market_abm.core.compiled import compiled
from market_abm.core.units import FloatArray

Distribution = Literal["uniform", "normal"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LANE = np.uint64(0xD1342543DE82EF95)
# Coefficients of AS 241, highest power first: numerators and denominators of middle, tails and far tails.
_MIDDLE_UP = (
    *(2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457),
    *(13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
)
_MIDDLE_DOWN = (
    *(5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867),
    *(5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)
_TAIL_UP = (
    *(7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258),
    *(3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
)
_TAIL_DOWN = (
    *(1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459),
    *(0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)
_FAR_UP = (
    *(2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093),
    *(0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
)
_FAR_DOWN = (
    *(2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4),
    *(0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)
_GREATEST_SHARE = 1.0 - 2.0**-53  # the largest number below 1
_NO_LANES = np.zeros(1, dtype=np.uint64)


@compiled
def _hash(word: np.uint64) -> np.uint64:
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@compiled
def _ratio(value: float, up: Any, down: Any) -> float:
    """Ratio of two polynomials of degree seven."""
    top, bottom = up[0], down[0]
    for power in range(1, 8):
        top, bottom = top * value + up[power], bottom * value + down[power]
    quotient: float = top / bottom
    return quotient


@compiled
def to_share(word: np.uint64) -> float:
    """Share strictly between 0 and 1 of a 64-bit word: its upper 53 bits and a half."""
    share = (float(word >> np.uint64(11)) + 0.5) / 9007199254740992.0  # 2 ** 53
    return min(share, _GREATEST_SHARE)  # the largest word would be rounded to 1


@compiled
def _fill(key: np.uint64, lanes: Any, numbers: Any, normal: bool, out: Any) -> None:
    for lane in range(lanes.size):
        lane_key = _hash(key + _LANE * (lanes[lane] + np.uint64(1)))
        for row in range(numbers.size):
            word = _hash(numbers[row] ^ lane_key)
            uniform = to_share(_hash(word + _GOLDEN))
            out[lane, row] = normal_quantile(uniform) if normal else uniform


@compiled
def normal_quantile(share: float) -> float:
    """Standard normal quantile of a share in (0, 1), to about 16 digits.

    Algorithm AS 241, PPND16 (Wichura 1988): three rational functions, for the middle, the tails and the far tails.
    """
    middle = share - 0.5
    if abs(middle) <= 0.425:
        square = 0.180625 - middle * middle
        inner: float = middle * _ratio(square, _MIDDLE_UP, _MIDDLE_DOWN)
        return inner
    depth = math.sqrt(-math.log(share if middle < 0.0 else 1.0 - share))
    near = depth <= 5.0
    value: float = _ratio(depth - 1.6, _TAIL_UP, _TAIL_DOWN) if near else _ratio(depth - 5.0, _FAR_UP, _FAR_DOWN)
    return -value if middle < 0.0 else value


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
