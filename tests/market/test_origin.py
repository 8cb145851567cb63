"""Whose metal it is: proportional mixing, worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_abm.market.origin import trace

CN, JP, RW, FOB = range(4)
FIXED = np.array([True, False, False, True])
ORIGIN = np.array([CN, FOB, FOB, RW])
DESTINATION = np.array([FOB, JP, RW, JP])


def mix(flow: list[int], made: list[float], before: list[float]) -> np.ndarray:
    share, nothing = np.array([before]), np.zeros((1, 3), dtype=np.int64)
    sold = np.array([made[:3]], dtype=np.int64)
    trace(
        *(np.array([flow], dtype=np.int64), ORIGIN, DESTINATION, sold, FIXED, share),
        *(nothing, nothing, np.zeros((2, 1, 3)), np.zeros((1, 3))),
    )
    return share[0]


def test_a_pool_has_the_origin_of_what_flowed_in_and_was_made_there() -> None:
    share = mix([60, 30, 30, 0], [100.0, 0.0, 10.0, 0.0], [1.0, 0.0, 0.0, 1.0])

    assert share.tolist() == [1.0, 1.0, 0.75, 1.0]


def test_what_is_sent_on_keeps_its_origin() -> None:
    share = mix([60, 30, 30, 20], [100.0, 0.0, 10.0, 0.0], [1.0, 0.0, 0.0, 1.0])

    assert share[JP] == pytest.approx((30 + 20 * 0.75) / 50)


def test_without_any_goods_a_zone_keeps_its_share() -> None:
    share = mix([0, 0, 0, 0], [0.0, 0.0, 0.0, 0.0], [1.0, 0.4, 0.3, 1.0])

    assert share.tolist() == [1.0, 0.4, 0.3, 1.0]


def test_gated_zones_and_gates_are_wholly_gated() -> None:
    share = mix([0, 0, 0, 0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.4, 0.3, 0.2])

    assert share[[CN, FOB]].tolist() == [1.0, 1.0]


@given(
    st.lists(st.integers(0, 10**12), min_size=4, max_size=4),
    st.lists(st.floats(0, 1e12), min_size=4, max_size=4),
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
def test_a_share_is_a_share(flow: list[int], made: list[float], before: list[float]) -> None:
    share = mix(flow, made, before)

    assert ((share >= 0) & (share <= 1 + 1e-12)).all()
