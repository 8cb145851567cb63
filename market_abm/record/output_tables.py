"""Tables of output: what each mine dug and each plant made, by month."""

from typing import TYPE_CHECKING, Any

import numpy as np

from market_abm.agents.population import Population
from market_abm.core.units import GRAMS_PER_TONNE, IntArray

if TYPE_CHECKING:
    import pandas as pd


def mine_output(mining: tuple[Population, Population], zones: list[str], dug: IntArray, months: Any) -> "pd.DataFrame":
    """Table `mine_output`: month, mine, company, zone, legality, finance, tonnes REO and grams; idle mines left out.

    Parameters
    ----------
    mining : licensed mines, then illegal ones.
    dug : (weeks, mines) [g REO].
    months : (weeks,) first day of the month of each week.
    """
    import pandas as pd

    days, grams = _by_month(dug, months)
    place, row = np.nonzero(grams)
    columns = {
        "mine": _words(mining, "name"),
        "company": _words(mining, "group"),
        "zone": _placed(mining, zones),
        "legality": np.repeat(np.array(["legal", "illegal"], dtype=object), [miners.size for miners in mining]),
        "finance": np.where(_words(mining, "corporate"), "corporate", "project").astype(object),
    }
    told = {"month": days[place], **{name: values[row] for name, values in columns.items()}}
    return pd.DataFrame(told | {"tonnes": grams[place, row] / GRAMS_PER_TONNE, "grams": grams[place, row]})


def plant_output(
    refiners: Population, materials: list[str], zones: list[str], made: IntArray, months: Any
) -> "pd.DataFrame":
    """Table `plant_output`: month, plant, company, zone, material, tonnes and grams of oxide; idle plants left out.

    Parameters
    ----------
    made : (weeks, materials, plants) [g].
    months : (weeks,) first day of the month of each week.
    """
    import pandas as pd

    days, grams = _by_month(made, months)
    place, material, row = np.nonzero(grams)
    told = {
        "month": days[place],
        "plant": _words((refiners,), "name")[row],
        "company": _words((refiners,), "group")[row],
        "zone": _placed((refiners,), zones)[row],
        "material": np.array(materials, dtype=object)[material],
    }
    whole = grams[place, material, row]
    return pd.DataFrame(told | {"tonnes": whole / GRAMS_PER_TONNE, "grams": whole})


def _by_month(weekly: IntArray, months: Any) -> tuple[Any, IntArray]:
    """Months on record, and the sums of their weeks."""
    days, place = np.unique(months, return_inverse=True)
    total = np.zeros((days.size, *weekly.shape[1:]), dtype=np.int64)
    np.add.at(total, place, weekly)
    return days, total


def _words(populations: tuple[Population, ...], column: str) -> Any:
    return np.concatenate([population.columns[column] for population in populations])


def _placed(populations: tuple[Population, ...], zones: list[str]) -> Any:
    return np.array(zones, dtype=object)[_words(populations, "zone").astype(np.int64)]
