"""What rules may read: the public series, by name, with axes and units."""

from market_abm.core.senses import Series

PUBLIC: dict[str, Series] = {
    "price": Series(("material", "node"), "US$/kg", "last cleared price in the zone", "market.price"),
    "gate_price": Series(
        ("material", "gate"), "US$/kg", "last price at which the zone's goods sell abroad", "market.price"
    ),
    "quote": Series(("material", "node"), "US$/kg", "last price times this week's common news", "market.quote"),
    "average_price": Series(("material", "node"), "US$/kg", "price averaged over 26 weeks", "market.average"),
    "anchor_price": Series(("material", "node"), "US$/kg", "price averaged over 78 weeks", "market.anchor"),
    "gate_anchor_price": Series(("material", "gate"), "US$/kg", "78-week price abroad", "market.anchor"),
    "long_average_price": Series(
        ("material", "node"), "US$/kg", "price averaged over 156 weeks", "market.long_average"
    ),
    "price_trend": Series(("material", "node"), "1", "log change of the price over 19 weeks", "market.trend"),
    "dependence": Series(("material", "zone"), "1", "share of imports from gated zones", "market.dependence"),
    "zone_use": Series(("material", "zone"), "g/week", "usual use of the zone", "market.zone_use"),
    "zone_cover": Series(("material", "zone"), "week", "makers' stock over usual use", "market.zone_cover"),
    "own_output": Series(("material", "zone"), "g/week", "usual output of the zone", "market.own_output"),
    "cycle": Series(("zone",), "1", "log demand cycle of the zone", "market.cycle"),
    "cost_index": Series(("zone",), "1", "cost level over that of 2009", "market.cost_index"),
    "thrift_speed": Series(("zone",), "1/year", "greatest yearly fall of use intensity", "market.thrift_speed"),
    "hoarding": Series(("zone",), "1", "strength of trend restocking", "market.hoarding"),
    "zone_alarm": Series(("zone",), "1", "alarm of embargoes and crackdowns in the zone", "market.zone_alarm"),
    "export_node": Series(("zone",), "node index", "where the zone's goods sell abroad", "market.export_nodes"),
    "quota_alarm": Series((), "1", "alarm left of the last surprise in an export quota", "market.quota_alarm"),
    "growth_years": Series((), "year", "years of trend growth so far", "market.growth_years"),
    "hoarding_on": Series((), "1", "0 when hoarding is switched off", "market.hoarding_on"),
    "attention": Series((), "1", "weight of the export price inside a gated zone", "market.attention"),
    "kinship": Series((), "1", "weight of the lead material's trend in others", "market.kinship"),
    "dead_band": Series((), "1", "log move over 19 weeks that buyers call noise", "market.dead_band"),
    "least_intensity": Series(("material",), "1", "use per product that cannot be saved", "market.least_intensity"),
    "material_index": Series(("material",), "material index", "which material it is", "material_index"),
    "lead_material": Series((), "material index", "material that leads headlines", "market.lead"),
    "demand_factor": Series(("zone", "sector"), "1", "demand shocks on the sector in the zone", "regime.demand"),
    "held_back": Series(("material", "zone"), "1", "share of normal use held back by licences", "regime.held_back"),
    "mining_charge": Series(("zone",), "1", "charge on legal mines over cost", "regime.mining_charge"),
    "fee_subsidy": Series(("zone",), "1", "part of the separation fee that the state pays", "regime.fee_subsidy"),
    "crackdown": Series(("zone",), "1", "depth of enforcement against illegal mining", "regime.crackdown"),
    "week_index": Series((), "week", "number of the week, from the start of the run", "week_index"),
}
PUBLIC |= {
    "chartist_profit": Series(
        ("material",), "1/week", "average profit of following trends", "strategies.chartist_profit"
    ),
    "fundamentalist_profit": Series(
        ("material",), "1/week", "average profit of buying below the usual price", "strategies.fundamentalist_profit"
    ),
    "other_credit": Series(
        (), "US$/kg REO", "revenue from oxides outside the scenario", "parameters.refiner.other_credit_usd_per_kg"
    ),
    "plant_price": Series(("material", "plant_zone"), "US$/kg", "last price where the own plant is", "market.price"),
    "plant_anchor_price": Series(
        ("material", "plant_zone"), "US$/kg", "78-week price where the own plant is", "market.anchor"
    ),
    "plant_average_price": Series(
        ("material", "plant_zone"), "US$/kg", "26-week price where the own plant is", "market.average"
    ),
    "lead_dependence": Series(
        ("zone",), "1", "share of the zone's imports of the lead material from gated zones", "market.lead_dependence"
    ),
    "lead_price": Series(("node",), "US$/kg", "last price of the lead material", "market.lead_price"),
    "lead_anchor_price": Series(("node",), "US$/kg", "78-week price of the lead material", "market.lead_anchor"),
    "lead_average_price": Series(("node",), "US$/kg", "26-week price of the lead material", "market.lead_average"),
    "lead_gate_price": Series(("gate",), "US$/kg", "last price of the lead material abroad", "market.lead_price"),
    "lead_gate_anchor_price": Series(
        ("gate",), "US$/kg", "78-week price of the lead material abroad", "market.lead_anchor"
    ),
}
