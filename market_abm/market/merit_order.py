"""Merit order of concentrate: who gets the room at the plants (ODD: Concentrate). Pure, knows no model."""

import numpy as np

from market_abm.core.compiled import compiled
from market_abm.core.sorting import sort_rows
from market_abm.core.units import MICROS_PER_DOLLAR, FloatArray, IntArray


@compiled
def assign(
    surplus: FloatArray, available: IntArray, room: IntArray, zone: IntArray, basket: FloatArray, left: IntArray
) -> IntArray:
    """Assign concentrate to groups of plants in order of surplus; nobody ships at a loss.

    Surpluses are compared to the millionth of a US$. Equal ones are served in the order of mines, and for one mine in
    that of groups. Both are sorted by name (legal mines before illegal ones), so the order in which a scenario was
    written decides nothing.

    Parameters
    ----------
    surplus : (mines, groups) [US$/kg REO].
    available : (mines,) concentrate to ship [g]; less what is shipped afterwards.
    room : (groups,) what plants can take [g]; less what is shipped afterwards.
    zone : (mines,) where mines are.
    basket : (materials, mines) contained oxide [1].
    left : (materials, zones, groups) what may still come from a zone with a material in it [g]; no materials
        where no embargo holds.

    Returns
    -------
    (mines, groups) [g].
    """
    mines, groups = surplus.shape
    shipped, loss = np.zeros((mines, groups), np.int64), np.empty(mines * groups, np.int64)
    pairs, count = np.empty(mines * groups, np.int64), 0
    for mine in range(mines):
        for group in range(groups):
            if available[mine] > 0 and room[group] > 0 and surplus[mine, group] >= 0.0:
                pair = mine * groups + group
                loss[pair] = -int(np.rint(surplus[mine, group] * MICROS_PER_DOLLAR))
                pairs[count] = pair
                count += 1
    order = pairs[:count]
    sort_rows(order, loss)
    for pair in order:
        mine, group = pair // groups, pair % groups
        grams = min(available[mine], room[group])
        for material in range(left.shape[0]):
            if basket[material, mine] > 0.0:
                grams = min(grams, left[material, zone[mine], group])
        if grams > 0:
            shipped[mine, group] += grams
            available[mine] -= grams
            room[group] -= grams
            for material in range(left.shape[0]):
                if basket[material, mine] > 0.0:
                    left[material, zone[mine], group] -= grams
    return shipped
