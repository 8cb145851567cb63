"""Tables of the books: what moved between parties, and what each had, to the gram and to the micro-US$.

Their columns of whole numbers are exact: for every party, what it had, and what came in less what went out, is what
it has. Columns in t and US$ are the same numbers for people.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from market_abm.books.ledger import Ledger
from market_abm.books.parties import MONEY, Closing, Entries, entries_of, parties
from market_abm.core.units import GRAMS_PER_TONNE, MICROS_PER_DOLLAR, IntArray

if TYPE_CHECKING:
    import pandas as pd

Frames = dict[str, "pd.DataFrame"]


@dataclass(frozen=True)
class Month:
    """A month on record; the first and the last may be parts of one.

    Attributes
    ----------
    first : its first day.
    opening : balances at its start, as in `Closing.balances`.
    closing : what moved in it, and balances at its end.
    """

    first: Any
    opening: IntArray
    closing: Closing


def books_tables(ledger: Ledger, stages: list[str], months: list[Month]) -> Frames:
    """Tables `mass_flows`, `mass_balances`, `money_flows` and `money_balances`.

    Parameters
    ----------
    stages : of the materials of the ledger; empty for claims, which are money owed.
    months : on record, in order.
    """
    moved, held = _moved(ledger, months), _held(ledger, months)
    is_mass = np.array([False, *(bool(stage) for stage in stages)])
    names = np.array(["money", *ledger.materials], dtype=object)
    stage = np.array(["", *stages], dtype=object)
    told: Frames = {}
    for what, frame, columns in (("flows", moved, ["amount"]), ("balances", held, ["opening", "closing"])):
        kind = frame["row"].to_numpy()
        mass, money = frame[is_mass[kind]].copy(), frame[~is_mass[kind]].copy()
        mass.insert(1, "material", names[mass["row"].to_numpy()])
        mass.insert(2, "stage", stage[mass["row"].to_numpy()])
        money.insert(1, "claim", names[money["row"].to_numpy()])
        told[f"mass_{what}"] = _in_units(mass, columns, "t", "g", GRAMS_PER_TONNE)
        told[f"money_{what}"] = _in_units(money, columns, "usd", "micro_usd", MICROS_PER_DOLLAR)
    return {name: told[name] for name in ("mass_flows", "mass_balances", "money_flows", "money_balances")}


def yearly_payments(ledger: Ledger, years: list[tuple[int, Closing]]) -> dict[tuple[int, str, str, str], int]:
    """Payments by (year, payer, payee, purpose) [micro-US$].

    Parameters
    ----------
    years : year of each period and its books, in order.
    """
    told: dict[tuple[int, str, str, str], int] = {}
    names = [party.label for party in parties(ledger)]
    for year in dict.fromkeys(year for year, _ in years):
        total = np.zeros(ledger.cells.size, dtype=np.int64)
        for rows, cells, amounts in (closing.changes.T for other, closing in years if other == year):
            money = rows == MONEY
            np.add.at(total, cells[money], amounts[money])
        cells = np.flatnonzero(total)
        entries = entries_of(ledger, cells)
        for cell, kind, giver, taker in zip(cells, *entries, strict=True):
            key = (year, names[giver], names[taker], ledger.entries[kind][0])
            told[key] = told.get(key, 0) + int(total[cell])
    return told


def _moved(ledger: Ledger, months: list[Month]) -> "pd.DataFrame":
    """What moved: month, purpose, both parties with their zones, row of the books, amount."""
    import pandas as pd

    changes = np.concatenate([np.zeros((0, 3), np.int64), *(month.closing.changes for month in months)])
    entries = entries_of(ledger, changes[:, 1])
    purposes = np.array([purpose for purpose, _, _ in ledger.entries], dtype=object)
    label, _, zone = _words(ledger)
    month = np.repeat(np.arange(len(months)), [len(month.closing.changes) for month in months])
    by_name, by_purpose = _ranks(label), _ranks(purposes)
    keys = (by_name[entries.taker], by_name[entries.giver], by_purpose[entries.kind], changes[:, 0], month)
    order = np.lexsort(keys)
    changes, entries = changes[order], Entries(*(part[order] for part in entries))
    return pd.DataFrame(
        {
            "month": _days(months, [len(month.closing.changes) for month in months]),
            "purpose": purposes[entries.kind],
            "giver": label[entries.giver],
            "giver_zone": zone[entries.giver],
            "taker": label[entries.taker],
            "taker_zone": zone[entries.taker],
            "row": changes[:, 0],
            "amount": changes[:, 2],
        }
    )


def _ranks(words: Any) -> IntArray:
    """Place of each word in alphabetical order; equal words share one."""
    ranks: IntArray = np.unique(words.astype(str), return_inverse=True)[1].astype(np.int64)
    return ranks


def _held(ledger: Ledger, months: list[Month]) -> "pd.DataFrame":
    """What parties had at start and end of each month: month, party, holder, zone, row of the books, amounts."""
    import pandas as pd

    label, holder, zone = _words(ledger)
    shape = (1 + len(ledger.materials), len(label))
    parts = []
    for place, month in enumerate(months):
        first, last = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        for held, (rows, owners, amounts) in ((first, month.opening.T), (last, month.closing.balances.T)):
            held[rows, owners] = amounts
        rows, owners = np.nonzero((first != 0) | (last != 0))
        parts.append(np.stack([np.full(rows.size, place), rows, owners, first[rows, owners], last[rows, owners]]))
    place, rows, owners, first, last = np.concatenate([np.zeros((5, 0), np.int64), *parts], axis=1)
    return pd.DataFrame(
        {
            "month": _days(months, np.bincount(place, minlength=len(months)).tolist()),
            "party": label[owners],
            "holder": holder[owners],
            "zone": zone[owners],
            "row": rows,
            "opening": first,
            "closing": last,
        }
    )


def _words(ledger: Ledger) -> tuple[Any, Any, Any]:
    """Labels, holders and zones of all parties."""
    every = parties(ledger)
    return tuple(np.array([party[place] for party in every], dtype=object) for place in range(3))  # type: ignore[return-value]


def _days(months: list[Month], counts: list[int]) -> Any:
    """First day of each month, as often as it has rows."""
    return np.repeat(np.array([month.first for month in months], dtype="datetime64[s]"), counts)


def _in_units(frame: "pd.DataFrame", columns: list[str], unit: str, exact: str, scale: int) -> "pd.DataFrame":
    """Amounts for people beside the whole numbers: `opening` becomes `opening_t` and `opening_g`."""
    told = frame.drop(columns=["row", *columns]).reset_index(drop=True)
    for name, divisor in ((unit, scale), (exact, None)):
        for column in columns:
            whole = frame[column].to_numpy()
            told[_named(column, name)] = whole / divisor if divisor else whole
    return told


def _named(column: str, unit: str) -> str:
    if column == "amount":
        return {"t": "tonnes", "g": "grams"}.get(unit, unit)
    return f"{column}_{unit}"
