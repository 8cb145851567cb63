"""Prove from the tables of a run alone that no gram and no dollar is lost.

    python experiments/checks/tables.py RUN [RUN ...]

RUN is the folder of a run, as `market-abm run` writes it. Only its Parquet
files are read; the model is not imported. All comparisons are of whole grams
and whole micro-US$, without tolerance. Each check prints one line; the last
lines tell for each material where what was separated and recycled has gone.

The command ends with code 1 when a check finds a gap, and with code 2 when a
folder is not that of a run, or of one written before these tables existed.
"""

import argparse
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

GRAMS_PER_TONNE, MICROS_PER_DOLLAR = 10**6, 10**6
TABLES = (
    *("mass_flows", "mass_balances", "money_flows", "money_balances", "money"),
    *("prices", "flows", "stocks", "use", "mining", "mine_output", "refining", "plant_output", "contracts"),
)
MAY_OWE = {"opening", "ground", "separation", "making"}
"""Holders whose balance of mass counts what they gave: nobody else holds less than nothing."""
PLACES = {"under way": "transit", "scrap": "scrap"}
"""Holders of the books that have another name in `stocks`; other holders have the same."""

Sums: TypeAlias = "pd.Series[int]"


class NotARunError(Exception):
    """The folder holds no run, or no run with these tables."""


@dataclass
class Account:
    """What the checks found.

    Attributes
    ----------
    gaps : checks that did not hold.
    checked : numbers compared so far.
    """

    gaps: int = 0
    checked: int = 0
    lines: list[str] = field(default_factory=list)

    def compare(self, what: str, found: Sums, wanted: Sums) -> None:
        """Compare two sums by the same keys; a key that one lacks counts as nothing there."""
        keys = found.index.union(wanted.index)
        left = found.reindex(keys, fill_value=0).to_numpy(dtype=np.int64)
        right = wanted.reindex(keys, fill_value=0).to_numpy(dtype=np.int64)
        self.checked += len(keys)
        wrong = np.flatnonzero(left != right)
        if not wrong.size:
            self.lines.append(f"holds  {what} ({len(keys):,} compared)")
            return
        self.gaps += 1
        row = int(wrong[0])
        key = keys[row]
        where = ", ".join(map(_word, key if isinstance(key, tuple) else (key,)))
        told = f"{where}: {left[row]:,} and {right[row]:,}, a gap of {left[row] - right[row]:+,}"
        self.lines.append(f"GAP    {what} ({wrong.size:,} of {len(keys):,}); first at {told}")


def _word(key: object) -> str:
    return key.date().isoformat() if isinstance(key, pd.Timestamp) else str(key)


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the tables of a run.

    Raises
    ------
    NotARunError
        When the folder is not that of a run, or lacks a table or a column.
    """
    if not (folder / "manifest.json").is_file():
        what = "is not the folder of a run (no manifest.json)" if folder.exists() else "does not exist"
        raise NotARunError(f"{folder} {what}; `market-abm run NAME --out {folder}` makes one.")
    lacking = [name for name in TABLES if not (folder / f"{name}.parquet").is_file()]
    if lacking:
        raise NotARunError(f"{folder} lacks {', '.join(lacking)}; it was written by an older version. Run it again.")
    try:
        return {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}
    except (OSError, ValueError) as fault:
        raise NotARunError(f"{folder} cannot be read: {fault}") from fault


def check(tables: dict[str, pd.DataFrame]) -> Account:
    """Make all checks."""
    account = Account()
    check_books(account, tables["mass_flows"], tables["mass_balances"], "mass", "material", "grams", "g")
    check_books(account, tables["money_flows"], tables["money_balances"], "money", "claim", "micro_usd", "micro_usd")
    check_units(account, tables)
    check_transformation(account, tables["mass_flows"], tables["mass_balances"])
    check_money(account, tables["money_flows"], tables["money"])
    check_mining(account, tables)
    check_refining(account, tables)
    check_use(account, tables)
    check_trade(account, tables)
    check_stocks(account, tables["mass_balances"], tables["stocks"])
    return account


# -- the books -------------------------------------------------------------------------------------
def check_books(
    account: Account, flows: pd.DataFrame, held: pd.DataFrame, what: str, kind: str, amount: str, unit: str
) -> None:
    """Opening and what came in, less what went out, is closing; closing opens the next month; all together is zero."""
    opening, closing = f"opening_{unit}", f"closing_{unit}"
    keys = ["month", kind, "party"]
    taken = flows.groupby(["month", kind, "taker"])[amount].sum().rename_axis(keys)
    given = flows.groupby(["month", kind, "giver"])[amount].sum().rename_axis(keys)
    first, last = held.groupby(keys)[opening].sum(), held.groupby(keys)[closing].sum()
    moved = _add(first, taken, given)
    account.compare(f"{what}: opening + in - out = closing, for every party, {kind} and month", moved, last)
    months = sorted(set(held["month"]) | set(flows["month"]))
    following = dict(itertools.pairwise(months))
    handed = last[[key[0] in following for key in last.index]]
    handed.index = (
        pd.MultiIndex.from_tuples([(following[month], *rest) for month, *rest in handed.index], names=keys)
        if len(handed)
        else handed.index
    )
    opened = first[[key[0] != months[0] for key in first.index]] if months else first
    account.compare(f"{what}: closing = opening of the next month", opened, handed)
    for name, column in (("opening", opening), ("closing", closing)):
        total = held.groupby(["month", kind])[column].sum()
        account.compare(f"{what}: {name} balances of all parties together are zero", total, total * 0)
    twice = held.groupby(keys).size()
    account.compare(f"{what}: one row of balances for a party, {kind} and month", twice, twice * 0 + 1)


def _add(first: Sums, taken: Sums, given: Sums) -> Sums:
    """First and taken less given, whole numbers."""
    keys = first.index.union(taken.index).union(given.index)
    parts = (part.reindex(keys, fill_value=0).to_numpy(dtype=np.int64) for part in (first, taken, given))
    opening, into, out = parts
    return pd.Series(opening + into - out, index=keys)


def check_units(account: Account, tables: dict[str, pd.DataFrame]) -> None:
    """Columns in t and US$ say what the exact ones say."""
    pairs = (
        *(("mass_flows", "tonnes", "grams"), ("mine_output", "tonnes", "grams"), ("plant_output", "tonnes", "grams")),
        *(("mass_balances", f"{end}_t", f"{end}_g") for end in ("opening", "closing")),
        *(("money_balances", f"{end}_usd", f"{end}_micro_usd") for end in ("opening", "closing")),
        *(("money_flows", "usd", "micro_usd"), ("money", "usd", "micro_usd")),
    )
    wrong = {
        f"{table}.{told}": int((tables[table][told] != tables[table][exact] / 10**6).sum())
        for table, told, exact in pairs
    }
    found = pd.Series(wrong)
    account.compare("columns in t and US$ say what those in g and micro-US$ say", found, found * 0)


def check_transformation(account: Account, flows: pd.DataFrame, held: pd.DataFrame) -> None:
    """Concentrate that goes into separation comes out in the same zone and month, as oxide or as loss."""
    keys = ["month", "zone"]
    into = flows[flows["taker"].str.startswith("separation ")].groupby(["month", "taker_zone"])["grams"].sum()
    out = flows[flows["giver"].str.startswith("separation ")].groupby(["month", "giver_zone"])["grams"].sum()
    account.compare(
        "separation: concentrate in = oxide and losses out, by zone", into.rename_axis(keys), out.rename_axis(keys)
    )
    others = held[~held["holder"].isin(MAY_OWE)]
    less = (others["closing_g"] < 0).groupby([others["month"], others["party"]]).sum().astype(np.int64)
    account.compare("mass: nobody holds less than nothing", less, less * 0)
    house = held[held["holder"] == "house"].groupby(["month", "party"])["closing_g"].sum()
    account.compare("mass: the clearing house ends empty at every node", house, house * 0)


def check_money(account: Account, flows: pd.DataFrame, money: pd.DataFrame) -> None:
    """The table of money by year is the sum of the months."""
    names = ["year", "payer", "payee", "purpose"]
    paid = flows[flows["claim"] == "money"]
    monthly = paid.groupby([paid["month"].dt.year, "giver", "taker", "purpose"])["micro_usd"].sum().rename_axis(names)
    yearly = money.astype({"year": paid["month"].dt.year.dtype}).groupby(names)["micro_usd"].sum()
    account.compare("money: payments by year = sum of the months", yearly, monthly)


# -- the other tables ------------------------------------------------------------------------------
def check_mining(account: Account, tables: dict[str, pd.DataFrame]) -> None:
    """Output by zone and by mine is what came out of the ground."""
    keys = ["month", "zone", "legality"]
    flows = tables["mass_flows"]
    dug = flows[flows["purpose"] == "mining"]
    legality = np.where(dug["taker"].str.startswith("illegal"), "illegal", "legal")
    booked = dug.groupby(["month", "taker_zone", legality])["grams"].sum().rename_axis(keys)
    weekly = _monthly(tables["mining"], ["zone", "legality"], "tonnes")
    account.compare("mining: tonnes by zone and legality = out of the ground", weekly, booked)
    by_mine = tables["mine_output"].groupby(keys)["grams"].sum()
    account.compare("mine_output: mines together = out of the ground", by_mine, booked)


def check_refining(account: Account, tables: dict[str, pd.DataFrame]) -> None:
    """Oxide by zone and by plant is what came out of separation."""
    keys = ["month", "material", "zone"]
    flows = tables["mass_flows"]
    made = flows[(flows["purpose"] == "separation") & flows["taker"].str.startswith("refiners ")]
    booked = made.groupby(["month", "material", "taker_zone"])["grams"].sum().rename_axis(keys)
    account.compare(
        "refining: oxide by material and zone = out of separation",
        _monthly(tables["refining"], keys[1:], "tonnes"),
        booked,
    )
    by_plant = tables["plant_output"].groupby(keys)["grams"].sum()
    account.compare("plant_output: plants together = out of separation", by_plant, booked)


def check_use(account: Account, tables: dict[str, pd.DataFrame]) -> None:
    """Use by material, zone and sector is what left the stocks of manufacturers, swarf included."""
    keys = ["month", "material", "zone"]
    flows = tables["mass_flows"]
    used = flows[flows["purpose"].isin(["use", "swarf"])]
    booked = used.groupby(["month", "material", "giver_zone"])["grams"].sum().rename_axis(keys)
    account.compare(
        "use: sectors together = use and swarf of manufacturers", _monthly(tables["use"], keys[1:], "use_t"), booked
    )


def check_trade(account: Account, tables: dict[str, pd.DataFrame]) -> None:
    """What was traded at each price went through the clearing house; flows went from node to node; offtakes arrived."""
    flows = tables["mass_flows"]
    traded = flows[flows["giver"].str.startswith("house ") & (flows["stage"] != "concentrate")]
    node = traded["giver"].str.removeprefix("house ")
    keys = ["month", "material", "zone"]
    booked = traded.groupby(["month", "material", node])["grams"].sum().rename_axis(keys)
    account.compare(
        "prices: tonnes traded at each = through the clearing house",
        _monthly(tables["prices"], keys[1:], "traded_t"),
        booked,
    )
    idle = tables["prices"]
    marked = pd.Series({"quotes": int((idle["traded"] != (idle["traded_t"] > 0)).sum())})
    account.compare("prices: a quote is marked as traded where there are tonnes", marked, marked * 0)
    between = traded[traded["taker"].str.startswith("house ") & (traded["giver_zone"] != traded["taker_zone"])]
    way = np.where(between["purpose"].str.startswith("smuggled"), "smuggled", "legal")
    keys = ["month", "material", "origin", "destination", "way"]
    booked = between.groupby(["month", "material", "giver_zone", "taker_zone", way])["grams"].sum().rename_axis(keys)
    account.compare(
        "flows: between zones, legal and smuggled = from node to node",
        _monthly(tables["flows"], keys[1:], "tonnes"),
        booked,
    )
    signed = pd.Series({"offtakes": int(_grams(tables["contracts"]["delivered_t"]).sum())})
    arrived = pd.Series({"offtakes": int(flows.loc[flows["purpose"] == "offtake", "grams"].sum())})
    account.compare("contracts: delivered in all = moved as offtake", signed, arrived)


def check_stocks(account: Account, held: pd.DataFrame, stocks: pd.DataFrame) -> None:
    """Stocks of the last week of a month are the balances at its end."""
    keys = ["month", "material", "holder", "zone"]
    month = _month_of(stocks["week"])
    last = stocks[stocks["week"] == stocks["week"].groupby(month).transform("max")]
    told = _grams(last["tonnes"]).groupby([_month_of(last["week"]), *(last[key].astype(str) for key in keys[1:])]).sum()
    there = held.assign(holder=held["holder"].replace(PLACES))
    there = there[there["holder"].isin(set(stocks["holder"])) & (there["stage"] != "concentrate")]
    booked = there.groupby(keys)["closing_g"].sum()
    account.compare("stocks: of the last week of a month = balances at its end", told.rename_axis(keys), booked)


def _monthly(frame: pd.DataFrame, keys: list[str], column: str) -> Sums:
    """Tonnes of a weekly table as grams by month."""
    grams = _grams(frame[column])
    return (
        grams.groupby([_month_of(frame["week"]), *(frame[key].astype(str) for key in keys)])
        .sum()
        .rename_axis(["month", *keys])
    )


def _month_of(weeks: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    """First day of the month of each week."""
    days = weeks.to_numpy().astype("datetime64[M]").astype("datetime64[us]")
    return pd.Series(days, index=weeks.index, name="month")


def _grams(tonnes: "pd.Series[float]") -> Sums:
    """Whole grams of tonnes that were whole grams."""
    return (tonnes * GRAMS_PER_TONNE).round().astype(np.int64)


# -- where it has gone -----------------------------------------------------------------------------
def followed(flows: pd.DataFrame, held: pd.DataFrame) -> Iterator[str]:
    """One line a material: what was there and made, and where it has gone [t]."""
    for material in flows.loc[flows["stage"] == "oxide", "material"].unique():
        rows, there = flows[flows["material"] == material], held[held["material"] == material]
        by_purpose = rows.groupby("purpose")["grams"].sum()
        real = there[~there["holder"].isin(MAY_OWE | {"losses", "goods in use"})]
        first = real.loc[real["month"] == held["month"].min(), "opening_g"].sum()
        last = real.loc[real["month"] == held["month"].max(), "closing_g"].sum()
        came = {
            "held at the start": first + by_purpose.get("opening", 0),
            "separated": by_purpose.get("separation", 0),
            "worn out": by_purpose.get("end of life", 0),
        }
        lost = rows.loc[rows["taker"] == "losses", "grams"].sum()
        went = {"into goods": by_purpose.get("use", 0), "lost": lost, "held at the end": last}
        rest = sum(came.values()) - sum(went.values())
        sides = [
            ", ".join(f"{grams / GRAMS_PER_TONNE:,.0f} {word}" for word, grams in side.items()) for side in (came, went)
        ]
        yield f"{material} [t]: {sides[0]} = {sides[1]}; {rest:,} g not followed"


def main(arguments: list[str] | None = None) -> int:
    """Check the folders; return the exit code."""
    parser = argparse.ArgumentParser(description="Prove from the tables of a run that no gram and no dollar is lost.")
    parser.add_argument("run", nargs="+", type=Path, help="folder of a run")
    gaps = 0
    for folder in parser.parse_args(arguments).run:
        try:
            tables = read(folder)
            account = check(tables)
        except NotARunError as fault:
            print(fault, file=sys.stderr)
            return 2
        except KeyError as fault:
            print(f"{folder}: a table lacks the column {fault}; it was written by another version.", file=sys.stderr)
            return 2
        print(f"{folder}: {account.checked:,} numbers compared, {account.gaps} gaps")
        for line in [*account.lines, *followed(tables["mass_flows"], tables["mass_balances"])]:
            print(f"  {line}")
        gaps += account.gaps
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
