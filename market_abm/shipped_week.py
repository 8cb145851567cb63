"""The shipped week: all verbs in market order (ODD: Process overview)."""

from market_abm.books.checking import check_books
from market_abm.market.appraisal import appraise_concentrate
from market_abm.market.contracts import deliver_contracts
from market_abm.market.exchange import clear_market, close_prices, collect_orders
from market_abm.market.expectations import (
    compare_strategies,
    hear_news,
    learn,
    look_back,
    publish_statistics,
    turn_cycles,
    update_costs,
    update_risk,
)
from market_abm.market.finance import (
    close_depleted_mines,
    pay_care_and_debt,
    pay_dividends,
    rescue_or_close,
    settle_traders,
    sweep_results,
)
from market_abm.market.government import announce_rounds, enact_policies, watch_halts
from market_abm.market.investment import QUARTER_WEEKS, complete_projects, invest
from market_abm.market.mining import mine
from market_abm.market.network import adapt_smuggling
from market_abm.market.origin import trace_origins
from market_abm.market.promises import value_promises
from market_abm.market.recycling import recycle
from market_abm.market.refining import refine
from market_abm.market.settlement import settle_trade
from market_abm.market.shipping import ship_concentrate
from market_abm.market.state_funding import fund_projects
from market_abm.market.state_purchases import buy_from_producers, pay_floors
from market_abm.market.transit import deliver_goods
from market_abm.market.use import consume
from market_abm.record.recorder import record
from market_abm.week_plan import Verb, WeekPlan


def shipped_week() -> WeekPlan:
    """Return the verbs of the shipped week in order, chapter by chapter."""
    return WeekPlan(
        [
            # government and expectations
            Verb(enact_policies),
            Verb(update_costs),
            Verb(turn_cycles),
            Verb(hear_news),
            Verb(announce_rounds),
            Verb(watch_halts),
            # use
            Verb(deliver_goods),
            Verb(consume, "use"),
            Verb(recycle),
            Verb(update_risk),
            # mines and plants
            Verb(value_promises, "promises"),
            Verb(appraise_concentrate, "appraised"),
            Verb(mine, "mined"),
            Verb(close_depleted_mines),
            Verb(ship_concentrate),
            Verb(refine, "refined"),
            # trade
            Verb(deliver_contracts, "deliveries"),
            Verb(buy_from_producers),
            Verb(publish_statistics),
            Verb(look_back),
            Verb(collect_orders, "orders"),
            Verb(clear_market, "trade"),
            Verb(settle_trade),
            Verb(trace_origins),
            Verb(close_prices),
            Verb(pay_floors),
            Verb(adapt_smuggling),
            # money and learning
            Verb(sweep_results),
            Verb(pay_care_and_debt),
            Verb(pay_dividends),
            Verb(rescue_or_close),
            Verb(settle_traders),
            Verb(compare_strategies),
            Verb(learn),
            # projects
            Verb(complete_projects, every=QUARTER_WEEKS),
            Verb(invest, every=QUARTER_WEEKS),
            Verb(fund_projects, every=QUARTER_WEEKS),
            # books and record
            Verb(check_books),
            Verb(record),
        ]
    )
