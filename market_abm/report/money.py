"""Who paid and who earned: the net of each account, and a matrix of payers and payees."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib import ticker
from matplotlib.figure import Figure

from market_abm.report.frame import header, panels
from market_abm.report.spread import across, table
from market_abm.report.style import BLUE, GREY, INK, VERMILLION, NothingToShowError, styled
from market_abm.report.words import number, shorten

if TYPE_CHECKING:
    from market_abm.record.run import Run

MOST_ACCOUNTS = 18
MATRIX_SIZE = 8
MILLION = 1e6
HOUSE = "^house .*"  # accounts of the clearing house, one at each node of the market


def account_label(account: str) -> str:
    """Name of an account for people: `LicenceHolder` becomes "licence holder"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", account).lower() if account.isalpha() else account


def payments(run: "Run") -> pd.DataFrame:
    """Table of money with the clearing house as one account; what its accounts pass to each other is left out."""
    rows = table(run, "money")
    if rows.empty:
        return rows
    joined = {side: rows[side].astype(str).str.replace(HOUSE, "house", regex=True) for side in ("payer", "payee")}
    rows = rows.assign(**joined)
    return rows[(rows["payer"] != "house") | (rows["payee"] != "house")]


def nets(runs: "Sequence[Run]") -> pd.DataFrame:
    """Receipts less payments over the whole window [US$ m], an account a row, a run a column."""

    def net(run: "Run") -> "pd.Series[float]":
        rows = payments(run)
        earned, paid = rows.groupby("payee")["usd"].sum(), rows.groupby("payer")["usd"].sum()
        return earned.sub(paid, fill_value=0.0) / MILLION

    return across(runs, net).fillna(0.0)


@styled
def money_figure(runs: "Sequence[Run]") -> Figure:
    """Net flow of each account over the whole window; several runs: mean, with the middle 80 % as a line."""
    frame = nets(runs)
    if frame.empty:
        raise NothingToShowError("The runs hold no payments.")
    mean = frame.mean(axis=1)
    order = mean.abs().sort_values(ascending=False, kind="stable").index
    kept = mean.loc[order[:MOST_ACCOUNTS]].sort_values(ascending=False, kind="stable")
    figure, (axes,) = panels([0.19 * len(kept)], "Who earned and who paid, net", left=1.72, right=0.62)
    axes.barh(range(len(kept)), kept, 0.72, color=[BLUE if net >= 0 else VERMILLION for net in kept], linewidth=0)
    shown = frame.reindex(kept.index)
    lows, highs = shown.quantile(0.1, axis=1), shown.quantile(0.9, axis=1)
    for row, net in enumerate(kept):
        low, high = float(lows.iloc[row]), float(highs.iloc[row])
        if len(runs) > 1:
            axes.hlines(row, low, high, color=INK, linewidth=0.9)
        edge = max(net, high if len(runs) > 1 else net, 0.0)
        axes.annotate(number(net), (edge, row), (4, 0), textcoords="offset points", va="center", size=8, color=GREY)
    axes.set_yticks(range(len(kept)), [shorten(account_label(str(account)), 27) for account in kept.index], fontsize=8)
    axes.set_ylim(len(kept) - 0.4, -0.6)
    axes.axvline(0, color=GREY, linewidth=0.7)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(ticker.MaxNLocator(4))
    axes.xaxis.set_major_formatter(lambda value, _: number(value))
    left_out = len(mean) - len(kept)
    header(axes, f"{left_out} smaller accounts left out" if left_out else "", "US$ m, whole window")
    return figure


def matrix(runs: "Sequence[Run]") -> pd.DataFrame:
    """Payments between the largest accounts [US$ m], payers down, payees across, the rest as `others`; mean of runs."""
    rows = [payments(run) for run in runs]
    every = pd.concat([one for one in rows if len(one)], ignore_index=True) if any(map(len, rows)) else rows[0]
    if every.empty:
        return pd.DataFrame()
    size = every.groupby("payer")["usd"].sum().add(every.groupby("payee")["usd"].sum(), fill_value=0.0)
    large = list(size.sort_values(ascending=False, kind="stable").index[:MATRIX_SIZE])
    named = every.assign(**{side: every[side].where(every[side].isin(large), "others") for side in ("payer", "payee")})
    wide = named.pivot_table(index="payer", columns="payee", values="usd", aggfunc="sum", observed=True)
    names = large + (["others"] if len(size) > MATRIX_SIZE else [])
    return (wide.reindex(index=names, columns=names) / MILLION / len(runs)).fillna(0.0)


def money_words(runs: "Sequence[Run]") -> str:
    """One sentence on the largest earner and payer."""
    mean = nets(runs).mean(axis=1)
    return (
        f"The largest net earner is {account_label(str(mean.idxmax()))} (US$ {number(float(mean.max()))} m), "
        f"the largest net payer {account_label(str(mean.idxmin()))} (US$ {number(float(-mean.min()))} m)."
    )
