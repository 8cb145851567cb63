"""State bodies that buy, store, lend or invest (ODD: State buyer).

One composable kind: a zone, a budget, and the instruments that policies put into its hands. JOGMEC, the US
stockpile, China's reserve bureau and an EU body differ only in data. What a body orders follows from its
instruments, which are policies and not columns, so `orders` is a plain method; what it funds is decided by rules.
"""

from typing import Any, TypeVar, cast

import numpy as np

from market_abm.agents.population import Agent, Population
from market_abm.core.columns import Column
from market_abm.core.rules import rule
from market_abm.core.units import LEAST_PRICE, MICROS_PER_GRAM_DOLLAR, MICROS_PER_MILLION, FloatArray
from market_abm.policy import BandPurchase, Stockpile
from market_abm.policy.support import ProjectPolicy

ORDER_PREMIUM = 0.02  # stockpile purchases bid this much above last week's quote (assumed)
LEAST_STAKE = 0.2  # smallest state share of the building cost worth signing (assumed)
LEAD_PENALTY = 0.15  # cost of a year of build time in the ranking (assumed)
QUARTERS_PER_YEAR = 4.0

Offer = TypeVar("Offer", bound=ProjectPolicy)
Tranches = list[list[float]]
"""Numbers of the two tranches, stockpile and band, by material."""


class StateBuyer(Agent):
    """A government body."""

    sections = ("investment",)
    sizes = ("exploration_paid",)

    voted = Column("-", dtype=np.bool_)
    funds_from_step = Column("week", dtype=np.int64)
    exploration_paid = Column("US$ m", low=0)
    dissolved = Column("-", dtype=np.bool_)
    stock = Column("g", by_material=True, book="mass", low=0)
    cash = Column("micro-US$", book="money")

    # -- instruments -----------------------------------------------------------------------------
    def held(self, kind: type) -> list[Any]:
        """Instruments of one type in force this week; a dissolved body holds none."""
        home: Any = self.population.home
        return [] if self.dissolved else home.regime.held_by(self.name, kind)

    def offered(self, kind: type[Offer], names: set[str]) -> Offer | None:
        """Instrument of a kind that is offered to a project: of several, the one declared last.

        Parameters
        ----------
        names : of the project, its own and its group's.
        """
        found: list[Offer] = [policy for policy in self.held(kind) if policy.open_to(names)]
        return found[-1] if found else None

    def rows_of(self, names: list[str]) -> list[int]:
        """Indices of materials by name; of all when no name is given."""
        materials = self.population.home.materials
        return [materials.index(name) for name in names] or list(range(len(materials)))

    # -- orders ----------------------------------------------------------------------------------
    def orders(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Bids and asks of the week in two tranches: stockpile, then band.

        Returns
        -------
        bid_limit, bid_quantity, ask_limit, ask_quantity : (2, materials) [US$/kg] and [g]. All bids together cost
        no more than the body has, and all asks are covered by its stock.
        """
        stockpiles, bands = self.held(Stockpile), self.held(BandPurchase)
        home: Any = self.population.home
        zone, materials = self.zone, len(home.materials)
        quote = home.market.quote[:, zone].tolist()
        bid_limit, ask_limit = [quote.copy(), [0.0] * materials], [quote.copy(), quote.copy()]
        bid, ask = [[0.0] * materials, [0.0] * materials], [[0.0] * materials, [0.0] * materials]
        if stockpiles or bands:
            stock = self.population.stock[:, self.row].tolist()
            for policy in stockpiles:
                self._store(policy, stock, bid_limit[0], bid[0], ask[0])
            for policy in bands:
                self._keep_band(policy, stock, (bid_limit[1], bid[1], ask_limit[1], ask[1]))
            _cover(ask, stock)
            _afford(bid, bid_limit, float(self.cash))
        return np.array(bid_limit), np.array(bid), np.array(ask_limit), np.array(ask)

    def band(self, policy: BandPurchase, row: int) -> tuple[float, float]:
        """Prices below which the body buys and above which it sells [US$/kg]."""
        home: Any = self.population.home
        usual = home.market.long_average.item(row, self.zone)
        low = policy.low_price if policy.low_price is not None else policy.low_ratio * usual
        high = policy.high_price if policy.high_price is not None else policy.high_ratio * usual
        return low, max(high, low)

    def _store(
        self, policy: Stockpile, stock: list[int], limit: list[float], bid: list[float], ask: list[float]
    ) -> None:
        """Add the orders of a stockpile: fill it, renew it, release in need."""
        home: Any = self.population.home
        market, zone = home.market, self.zone
        quote, price, usual = market.quote[:, zone], market.price[:, zone], market.long_average[:, zone]
        use, cover = market.zone_use[:, zone].tolist(), market.zone_cover[:, zone].tolist()
        cut_off = any(home.regime.embargoed[:, zone].tolist())
        for row in self.rows_of(policy.materials):
            limit[row] = quote.item(row) * (1 + ORDER_PREMIUM)
            if cut_off or cover[row] < policy.release_below_weeks:
                shortfall = max(policy.release_below_weeks - cover[row], 1.0) * use[row]
                ask[row] += min(float(stock[row]), policy.release_share * shortfall)
                continue
            ask[row] += policy.rotation / 52 * stock[row]
            if price.item(row) <= policy.buy_below * usual.item(row):
                bid[row] += max(policy.days / 7 * use[row] - stock[row], 0.0) / policy.build_weeks

    def _keep_band(self, policy: BandPurchase, stock: list[int], orders: tuple[list[float], ...]) -> None:
        """Add the orders of a band: buy below it, sell above it."""
        home: Any = self.population.home
        bid_limit, bid, ask_limit, ask = orders
        for row in self.rows_of(policy.materials):
            low, high = self.band(policy, row)
            price = home.market.price.item(row, self.zone)
            most = policy.weekly_share * home.market.zone_use.item(row, self.zone)
            bid_limit[row] = max(bid_limit[row], price * (1 + policy.premium))
            ask_limit[row] = max(high, price)
            # From named producers it buys as a contract, before the market opens.
            bid[row] += most if price < low and not policy.producers else 0.0
            ask[row] += min(most, float(stock[row])) if price > high else 0.0

    # -- money for projects ----------------------------------------------------------------------
    @rule(dtype=np.bool_)
    def is_voted(voted, lead_dependence, fear, dependence_above, risk_above):
        """Whether parliament gives its money now: once, when dependence and fear are both high.

        fear : mean perceived risk of the zone's manufacturers [1]; dependence_above, risk_above : terms of the
        vote [1]; all given.
        """
        return not voted and lead_dependence > dependence_above and fear > risk_above

    @rule(dtype=np.bool_)
    def opens_round(cash, funds_from_step, week_index, least_budget_musd):
        """Whether the body looks for a project to fund this quarter."""
        return week_index >= funds_from_step and cash > least_budget_musd * MICROS_PER_MILLION

    @rule
    def exploration_money(cash, musd_per_year):
        """Money for exploration this quarter [US$ m]; musd_per_year : of the grant, given."""
        return min(musd_per_year / QUARTERS_PER_YEAR, max(float(cash), 0.0) / MICROS_PER_MILLION)

    @rule
    def supply_cost(capex, lead_years, yearly_worth):
        """Cost of a US$ of yearly supply from a project [1]; late supply counts as dearer.

        capex : [micro-US$]; lead_years : [year]; yearly_worth : output of a year at expected prices
        [g x US$/kg]; of the project, all given.
        """
        return capex * (1.0 + LEAD_PENALTY * lead_years) / max(yearly_worth, 1.0)

    @rule(gives=("part", "lent"))
    def stake(cash, capex, loan_share, equity_cap, debt_share):
        """Part of a project that the body can pay [1 of the building cost], and the part of that which it lends [1].

        capex : [micro-US$]; loan_share : of the project's debt; equity_cap : of its equity [1]; of the project and
        the instruments offered to it, given.
        """
        lent = loan_share * debt_share
        cap = lent + equity_cap * (1.0 - debt_share)
        part = min(cap, cash / max(capex, 1.0))
        return part, (lent / cap if cap > 0.0 else 0.0)

    @rule(dtype=np.bool_)
    def accepts(part, value, capex, state_hurdle):
        """Whether a project is worth it at the state's cost of capital, and the part large enough to matter.

        part : as `stake` gives it [1]; value, capex : of the project [micro-US$]; given.
        """
        return part >= LEAST_STAKE and value >= state_hurdle * capex

    @rule
    def fresh_credit(
        cash, lead_dependence, owed, capex, missing, rollover, rollover_limit, rollover_dependence, overdraft
    ):
        """Credit that keeps a project without cash alive [micro-US$]; 0 when the body lets it fail.

        It is given while the zone depends on imports, the project owes little yet, and the body's overdraft is
        not used up.

        owed : state debt of the project; capex : its building cost; missing : cash that it lacks; overdraft : that
        the budget may have [micro-US$]; rollover, rollover_limit : shares of the building cost [1];
        rollover_dependence : [1]; given, the terms by the loan.
        """
        fresh = max(rollover * capex, missing)
        patient = lead_dependence > rollover_dependence and owed < rollover_limit * capex
        return fresh if patient and cash + overdraft >= fresh else 0.0


def bodies_of(state_buyers: Population) -> list[StateBuyer]:
    """State bodies of a population, one by one."""
    return cast("list[StateBuyer]", state_buyers.agents)


def _cover(ask: Tranches, stock: list[int]) -> None:
    """Scale asks down to what is in stock, so that no metal is offered twice."""
    for row, held in enumerate(stock):
        offered = ask[0][row] + ask[1][row]
        if offered > held:
            for tranche in ask:
                tranche[row] *= held / offered


def _afford(bid: Tranches, limit: Tranches, cash: float) -> None:
    """Scale bids down to what the body could pay if each cost its limit."""
    cost = 0.0
    for grams, price in zip(bid, limit, strict=True):
        for row, wanted in enumerate(grams):
            cost += wanted * max(price[row], LEAST_PRICE) * MICROS_PER_GRAM_DOLLAR
    if cost > cash:
        part = max(cash, 0.0) / cost
        for grams in bid:
            grams[:] = [wanted * part for wanted in grams]
