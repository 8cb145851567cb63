"""Stable sorting of row numbers by whole keys, callable from other kernels.

NumPy's sorts can be compiled too, but take two seconds to compile and no stable
one is quick on the few dozen rows of a zone's book.
"""

from market_abm.core.compiled import compiled
from market_abm.core.units import IntArray

RUN = 12  # rows up to which insertion is the quicker sort


@compiled
def sort_rows(rows: IntArray, begin: int, end: int, key: IntArray, spare: IntArray) -> None:
    """Sort `rows[begin:end]` by `key[row]`, upwards; rows of one key keep their order.

    Parameters
    ----------
    rows : row numbers, changed in place.
    key : key of each row number.
    spare : room for as many rows, overwritten.
    """
    for first in range(begin, end, RUN):
        for place in range(first + 1, min(first + RUN, end)):
            row, hole = rows[place], place
            while hole > first and key[rows[hole - 1]] > key[row]:
                rows[hole] = rows[hole - 1]
                hole -= 1
            rows[hole] = row
    width = RUN
    while width < end - begin:
        for first in range(begin, end - width, 2 * width):
            _merge(rows, first, first + width, min(first + 2 * width, end), key, spare)
        width *= 2


@compiled
def _merge(rows: IntArray, begin: int, middle: int, end: int, key: IntArray, spare: IntArray) -> None:
    """Merge two sorted neighbours, `rows[begin:middle]` and `rows[middle:end]`."""
    for place in range(begin, middle):
        spare[place] = rows[place]
    left, right, place = begin, middle, begin
    while left < middle:
        if right < end and key[rows[right]] < key[spare[left]]:
            rows[place] = rows[right]
            right += 1
        else:
            rows[place] = spare[left]
            left += 1
        place += 1
