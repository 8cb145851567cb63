"""Verb of the plants: separate concentrate into oxides (ODD: Refining)."""

from dataclasses import dataclass

import numpy as np

from market_abm.agents.population import Population
from market_abm.books.accounts import Accounts
from market_abm.books.entry import Books, move, pay
from market_abm.books.ledger import Ledger
from market_abm.core.compiled import compiled
from market_abm.core.rounding import micros_of
from market_abm.core.units import FloatArray, IntArray
from market_abm.market.feed import Feed, UnderWay
from market_abm.scenario.parameters import Parameters


@dataclass(frozen=True)
class Refined:
    """What plants made in a week.

    Attributes
    ----------
    oxide : (materials, plants) [g].
    intake : (plants,) concentrate treated [g REO].
    """

    oxide: IntArray
    intake: IntArray


def refine(
    refiners: Population,
    parameters: Parameters,
    feed: Feed,
    week_index: int,
    ledger: Ledger,
    accounts: Accounts,
) -> Refined:
    """Separate what arrived: whole grams of each oxide, the rest is other oxides and losses."""
    plants, group = refiners.size, accounts.group(refiners)
    cost, fee = refiners.ask("separation_cost", "fee_paid")
    oxide, sold = np.zeros((2, *refiners.offered.shape), dtype=np.int64)
    intake, feed_cost = np.zeros(plants, dtype=np.int64), np.zeros(plants)
    entries = (
        ledger.entry("separation", accounts.feed.name, "separation"),
        ledger.entry("separation", "separation", refiners.key),
        ledger.entry("other oxides and losses", "separation", "losses"),
        ledger.entry("processing subsidy", "treasury", refiners.key),
        ledger.entry("separation cost", refiners.key, "suppliers"),
        ledger.entry("other oxides", "customers", refiners.key),
    )
    places = (accounts.separation, accounts.losses, accounts.treasury, accounts.suppliers, accounts.customers)
    starts = (group.start, accounts.feed.start, *(place.start for place in places))
    _refine(
        *(ledger.books, entries, starts, accounts.concentrate_row, feed.under_way, week_index, refiners.zone),
        *(refiners.recovery, cost, fee, parameters.refiner.other_credit_usd_per_kg, refiners.offered),
        *(intake, feed_cost, oxide, sold),
    )
    averages = ("next_unit_cost", "next_usual_intake", "next_usual_output", "next_usual_sales")
    answers = refiners.ask(*averages, intake=intake, feed_cost=feed_cost, output=oxide, sold=sold)
    refiners.unit_cost[:], refiners.usual_intake[:] = answers[:2]
    refiners.usual_output[:], refiners.usual_sales[:] = answers[2:]
    return Refined(oxide, intake)


@compiled
def _refine(
    books: Books,
    entries: tuple[int, ...],
    starts: tuple[int, ...],
    concentrate: int,
    under_way: UnderWay,
    week: int,
    zone: IntArray,
    recovery: FloatArray,
    cost: FloatArray,
    fee: FloatArray,
    credit: float,
    offered: FloatArray,
    intake: IntArray,
    feed_cost: FloatArray,
    oxide: IntArray,
    sold: IntArray,
) -> None:
    separated, made, lost, subsidised, paid, other = entries
    plants, feed, separation, losses, treasury, suppliers, customers = starts
    place = week % under_way.grams.shape[0]
    for plant in range(zone.size):
        account, grams = plants + plant, under_way.grams[place, plant]
        intake[plant], feed_cost[plant] = grams, under_way.cost[place, plant]
        move(books, separated, concentrate, feed + plant, separation + zone[plant], grams)
        rest = grams
        for material in range(oxide.shape[0]):
            stock = books.mass[material, account]
            # By contract and on the spot, since the last week.
            sold[material, plant] = max(int(offered[material, plant]) - stock, 0)
            part = int(np.floor(under_way.content[place, material, plant] * recovery[plant]))
            move(books, made, material, separation + zone[plant], account, part)
            oxide[material, plant] = part
            offered[material, plant] = stock + part
            rest -= part
            under_way.content[place, material, plant] = 0.0
        move(books, lost, concentrate, separation + zone[plant], losses, rest)
        under_way.grams[place, plant], under_way.cost[place, plant] = 0, 0.0
        net, gross = micros_of(grams, fee[plant]), micros_of(grams, cost[plant])
        pay(books, subsidised, treasury + zone[plant], account, gross - net)
        pay(books, paid, account, suppliers, gross)
        pay(books, other, customers, account, micros_of(grams, credit))
