"""Measures of public effort: money spent, what it bought, projects that lived."""

import math
from functools import partial

import pandas as pd

from market_abm.record.measure import Measure
from market_abm.record.reading import JAPAN, NotCoveredError, years
from market_abm.record.run import Run
from market_abm.record.supply_measures import japan_china_share

TREASURY, STATE = "treasury ", "state:"
"""Public accounts: a treasury and its zone, a state body and its name."""


def spending(run: Run, zone: str | None = None) -> float:
    """Public money paid to private hands in the record [US$ m].

    What a treasury hands to its own state body is not yet spent and does not
    count; loans count when they are paid out, whether or not they come back.

    Parameters
    ----------
    zone : whose money; everybody's when silent. A state body belongs to its
        scenario's zone, a treasury to the zone its name ends with.
    """
    if "money" not in run.tables or not run.scenario.state_buyer:
        raise NotCoveredError
    rows = run.tables["money"]
    spent = rows["payer"].map(_is_public) & ~rows["payee"].map(_is_public)
    if zone is not None:
        owners = {payer: owner(run, payer) for payer in rows.loc[spent.astype(bool), "payer"].unique()}
        if zone not in run.scenario.zone or None in owners.values():
            raise NotCoveredError
        spent &= rows["payer"].map(owners) == zone
    return float(rows.loc[spent.astype(bool), "usd"].sum() / 1e6)


def spending_per_point(run: Run) -> float:
    """Japan's public money for each percentage point by which its dependence fell [US$ m].

    Dependence in the first whole year on record less that in the last. NaN when
    it did not fall.
    """
    whole = years(run)
    if len(whole) < 2:
        raise NotCoveredError
    first, last = (japan_china_share(run, f"{year}", f"{year + 1}") for year in (whole[0], whole[-1]))
    fallen = 100 * (first - last)
    return spending(run, JAPAN) / fallen if fallen > 0 else math.nan


def project_survival(run: Run) -> float:
    """Share of the projects that ever operated which operate at the end [1]."""
    if "projects" not in run.tables:
        raise NotCoveredError
    rows = run.tables["projects"]
    ever = set(rows.loc[rows["status"] == "operating", "project"])
    if not ever:
        raise NotCoveredError
    staged = rows.assign(since=pd.to_datetime(rows["since"])).sort_values("since", kind="stable")
    last = staged.groupby("project", observed=True).tail(1)
    alive = set(last.loc[last["status"] == "operating", "project"])
    return len(alive) / len(ever)


def owner(run: Run, account: str) -> str | None:
    """Zone of a public account; None when its name does not tell."""
    bodies = run.scenario.state_buyer
    if account.startswith(STATE):
        body = bodies.get(account.removeprefix(STATE).strip())
        return body.zone if body else None
    zone = account.removeprefix(TREASURY)
    return zone if zone in run.scenario.zone else None


def _is_public(account: str) -> bool:
    return account.startswith((TREASURY, STATE))


PUBLIC_MEASURES = [
    Measure("public_money_musd", "Public money spent, all states", "US$ m", spending),
    Measure("japan_public_money_musd", "Public money spent, Japan", "US$ m", partial(spending, zone=JAPAN)),
    Measure(
        "japan_public_musd_per_point",
        "Japan, public money for a point of dependence less",
        "US$ m",
        spending_per_point,
        headline=False,
    ),
    Measure("project_survival", "Projects that operated and still do", "1", project_survival),
]
