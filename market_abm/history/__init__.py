"""What happened: prices, quotas, trade, projects and rules of rare earths, each with its sources.

Every row carries `source_id` (look it up in `sources()`; "recalled" was never
checked) and `confidence` (high, med, low). Importing this package is fast:
pandas is loaded by the first call.
"""

from market_abm.history.basket import baskets, uses
from market_abm.history.policy import (
    events,
    parameters,
    projects,
    sources,
    stockpile_rules,
    stylised_facts,
)
from market_abm.history.price import exchange_rate, monthly_domestic_prices, prices
from market_abm.history.reference import reference_table
from market_abm.history.series import (
    china_share,
    demand,
    export_quotas,
    export_taxes,
    japan_imports,
    mine_production,
    mining_quotas,
    smuggling,
)

__all__ = [
    "prices",
    "monthly_domestic_prices",
    "exchange_rate",
    "export_quotas",
    "mining_quotas",
    "export_taxes",
    "smuggling",
    "mine_production",
    "china_share",
    "japan_imports",
    "demand",
    "baskets",
    "uses",
    "projects",
    "stockpile_rules",
    "events",
    "parameters",
    "stylised_facts",
    "sources",
    "reference_table",
]
