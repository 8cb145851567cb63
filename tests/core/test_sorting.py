"""Sorting rows by whole keys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.core.sorting import FEW, sort_rows


@given(st.lists(st.integers(-(2**61), 2**61), max_size=2 * FEW))
def test_rows_are_sorted_and_equal_keys_keep_their_order(keys: list[int]) -> None:
    key, rows = np.array(keys, dtype=np.int64), np.arange(len(keys))

    sort_rows(rows, key)

    assert rows.tolist() == sorted(range(len(keys)), key=keys.__getitem__)


@pytest.mark.parametrize("spread", [1, 3, 300, 2**40])
def test_many_rows_too(spread: int) -> None:
    key = np.random.default_rng(1).integers(0, spread, 5_000)
    rows = np.arange(key.size)

    sort_rows(rows, key)

    np.testing.assert_array_equal(rows, np.argsort(key, kind="stable"))
