"""Units of the books and of the rules, and the one place where they meet.

Books hold integers: mass in grams, prices in ticks of 0.001 US$/kg, money in
micro-US$, so that grams x ticks = micro-US$ exactly. Rules think in floats:
grams and US$/kg. Files, tables and pages show tonnes, US$/kg and US$.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
Values: TypeAlias = Any
"""A rule's numbers: shape () or (materials,) for one agent, (n,) or (materials, n) for all."""

GRAMS_PER_TONNE = 1_000_000
TICKS_PER_DOLLAR = 1_000  # ticks of 0.001 US$/kg in one US$/kg
LEAST_PRICE = 1.0 / TICKS_PER_DOLLAR  # one tick: no limit or price is lower [US$/kg]
MICROS_PER_DOLLAR = 1_000_000
MICROS_PER_MILLION = 1_000_000_000_000  # micro-US$ in a million US$
MICROS_PER_GRAM_DOLLAR = 1_000  # micro-US$ of one gram at one US$/kg
WEEKS_PER_YEAR = 52.1775  # 365.2425 / 7
DAYS_PER_YEAR = 365.2425
