"""Manufacturers turn oxides into goods and hold stock against supply risk (ODD: Manufacturer).

Magnet makers, catalyst makers and polishers are the same kind of agent with
different inputs: `use` is zero for what they do not need. Inputs are used in
fixed proportion (Leontief), so the scarcest one sets activity.
"""

import numpy as np

from market_abm.agents.arithmetic import TINY, between, beyond, over_materials, power, ratio
from market_abm.agents.column import Column
from market_abm.agents.population import Agent, rule, rule_of_each
from market_abm.core.units import WEEKS_PER_YEAR, Values
from market_abm.scenario.parameters import ManufacturerParameters

NORMAL_PREMIUM = 0.02  # log premium over last week's price on normal purchases (MODEL 6.1)
PATIENT_SLOPE, PATIENT_DISCOUNT = 0.25, 0.02  # log limit on patient purchases (MODEL 6.1)
TREND_RANGE = (-0.45, 0.9)  # trends beyond these change the target no further (MODEL 6.1)
RISE_RANGE = (-0.05, 0.12)  # weekly rise that buyers dare to expect (MODEL 17)
SHORT_COVER = 0.6  # cover over base cover below which a maker feels a shortage (MODEL 6.1)
USUAL_WEEKS = 8.0  # span of the average of own use (prototype v3)
PRODUCT_COVER, PRODUCT_WEEKS = 6.0, 4.0  # weeks of sales kept in stock, time to close a gap (assumed)
PRODUCT_LEAN, PRODUCT_STEP = 0.08, 0.06  # slope and limit of the ask on stock (assumed)
LEAST_COST_SHARE = 0.95  # part of cost below which no product is sold (assumed)
GREATEST_SCALE = 1.5  # capacity of makers of a product over its trend (assumed)
TREND_SPAN = 19.0  # weeks over which the trend is measured (MODEL 6.1)


class Manufacturer(Agent):
    """A firm that needs the materials."""

    group = Column("-", dtype=object)
    sector = Column("sector index", dtype=np.int64)
    use = Column("g/week", by_material=True, low=0)
    growth = Column("1/year")
    elasticity = Column("1", low=0)
    base_cover = Column("week", low=0)
    value_in_use = Column("US$/kg", by_material=True, low=0)
    reference_price = Column("US$/kg", by_material=True, low=0)
    cost_share = Column("1", by_material=True, low=0, high=1)
    intensity = Column("1", by_material=True, low=0, high=1)
    usual_use = Column("g/week", by_material=True, low=0)
    product = Column("material index or -1", dtype=np.int64)
    output_rate = Column("g/week", low=0)
    other_cost = Column("US$/kg", low=0)
    usual_sales = Column("g/week", low=0)
    risk = Column("1", low=0, high=1)
    activity = Column("1", low=0, high=1)
    stock = Column("g", by_material=True, book="mass", low=0)
    coming = Column("g", by_material=True, dtype=np.int64, low=0)
    cash = Column("micro-US$", book="money")

    @property
    def parameters(self) -> ManufacturerParameters:
        """Numbers of the rules below."""
        return self.population.model.scenario.parameters.manufacturer

    @rule
    def wanted_use(self) -> Values:
        """Use this week if stock allows [g/week], shape (materials, ...)."""
        return self.use * self.intensity * self.wanted_scale()

    @rule
    def wanted_scale(self) -> Values:
        """Activity wanted over the base [1].

        Makers for customers outside: trend, zone cycle and demand shocks scale
        it, dear inputs lower it with the short-run elasticity (MODEL 6.1).
        Makers of a product with a market make what they sell and keep a stock.
        """
        market = self.market
        cost = over_materials(self.cost_share * market.price[:, self.zone] / self.reference_price)
        outside = market.regime.demand[self.zone, self.sector] * np.exp(market.cycle[self.zone])
        trend = np.exp(self.growth * market.growth_years)
        to_customers = trend * outside * power(np.maximum(cost, 0.3), -self.elasticity)
        gap = PRODUCT_COVER * self.usual_sales - self.product_held()
        to_market = np.maximum(self.usual_sales + gap / PRODUCT_WEEKS, 0.0) / np.maximum(self.output_rate, TINY)
        return np.where(self.product >= 0, np.minimum(to_market, GREATEST_SCALE * trend), to_customers)

    @rule
    def own_product(self) -> Values:
        """Which material is the own product, shape (materials, ...)."""
        return self.by_material(np.arange(len(self.market.materials))) == self.product

    @rule
    def product_held(self) -> Values:
        """Own product in stock [g]."""
        return over_materials(np.where(self.own_product(), self.stock, 0))

    @rule_of_each(1)
    def possible_activity(self, need: Values) -> Values:
        """Share of wanted activity that stocks allow [1]: no magnet without all its oxides."""
        allowed = np.where(need > 0, ratio(self.stock, need), 1.0)
        return np.minimum(allowed.min(axis=0), 1.0)

    @rule
    def next_intensity(self) -> Values:
        """Use per product after a week of saving or relapse [1], shape (materials, ...).

        Saving follows the 26-week price with a speed limit; know-how is kept,
        so intensity comes back much more slowly than it fell.
        """
        rules, market = self.parameters, self.market
        dearness = market.average[:, self.zone] / self.reference_price
        least = self.by_material(market.least_intensity)
        target = between(power(dearness, -rules.thrift_elasticity), least, 1.0)
        fall = market.thrift_speed[self.zone] / WEEKS_PER_YEAR
        rise = rules.thrift_reversal / WEEKS_PER_YEAR
        return between(self.intensity + between(target - self.intensity, -fall, rise), 0.0, 1.0)

    @rule
    def next_risk(self) -> Values:
        """Perceived supply risk after this week's news [1]: fear rises in weeks and fades in months."""
        rules, market = self.parameters, self.market
        dependence = over_materials(self.cost_share * market.dependence[:, self.zone])
        enough = SHORT_COVER * self.base_cover * self.usual_use
        lack = np.where(self.use > 0, between(1 - ratio(self.stock + self.coming, enough), 0.0, 1.0), 0.0).max(axis=0)
        licences = over_materials(self.cost_share * market.regime.held_back[:, self.zone])
        news = dependence * market.quota_alarm + market.zone_alarm[self.zone] + licences + rules.shortage_alarm * lack
        signal = between(news, 0.0, 1.0)
        speed = np.where(signal > self.risk, rules.fear_rise, rules.fear_fade)
        return self.risk + speed * (signal - self.risk)

    @rule
    def trend(self) -> Values:
        """Price trend that counts [1]: moves inside the dead band are noise to buyers."""
        return beyond(self.market.trend[:, self.zone], self.parameters.dead_band)

    @rule
    def target_stock(self) -> Values:
        """Stock wanted [g]: base cover, lengthened by fear and by rising prices (hoarding)."""
        rules, market = self.parameters, self.market
        pull = rules.trend_cover * market.hoarding[self.zone] * between(self.trend(), *TREND_RANGE)
        extra = (rules.fear_cover * self.risk + pull) * market.hoarding_on
        return self.base_cover * np.maximum(1 + extra, 0.0) * self.usual_use

    @rule
    def bids(self) -> tuple[Values, Values]:
        """Purchases in three tranches: critical, normal and patient (MODEL 6.1).

        Returns
        -------
        limit : (3, materials, ...) [US$/kg], never above the value in use.
        quantity : (3, materials, ...) [g].
        """
        rules, market = self.parameters, self.market
        quote, usual = market.quote[:, self.zone], self.usual_use
        trend, position = self.trend(), self.stock + self.coming
        target = self.target_stock()
        want = np.maximum(usual + (target - position) / rules.catch_up_weeks, 0.0)
        critical = between((rules.critical_weeks + 1) * usual - position, 0.0, want)
        gap = between((target - position) / np.maximum(target, TINY), -1.0, 1.0)
        noise = rules.bid_noise * self.normal("bids", 2 * len(quote)).reshape(2, *quote.shape)
        rise = rules.extrapolation * between(trend / TREND_SPAN, *RISE_RANGE) * market.hoarding_on
        calm = 1 - market.hoarding_on * (1 - (1 - self.risk) * (1 - between(trend, 0.0, 1.0)))
        patient = rules.patience * calm
        limits = np.stack(
            [
                quote * (1 + rules.critical_premium),
                quote * np.exp(rules.gap_premium * gap + NORMAL_PREMIUM + rise + noise[0]),
                market.average[:, self.zone] * np.exp(PATIENT_SLOPE * gap - PATIENT_DISCOUNT + noise[1]),
            ]
        )
        quantity = np.stack([critical, (1 - patient) * (want - critical), patient * (want - critical)])
        return np.minimum(limits, self.value_in_use), quantity

    @rule
    def product_cost(self) -> Values:
        """Cost of a kilogram of the product at last week's prices of the inputs [US$/kg]."""
        inputs = over_materials(self.use * self.intensity * self.market.price[:, self.zone])
        return ratio(inputs, self.output_rate) + self.other_cost

    @rule
    def product_asks(self) -> tuple[Values, Values]:
        """Offer the product in stock, never below most of its cost, dearer when stock is short.

        Returns
        -------
        limit : (1, materials, ...) [US$/kg].
        quantity : (1, materials, ...) [g], of the own product only.
        """
        quote, own = self.market.quote[:, self.zone], self.own_product()
        cover = ratio(self.product_held(), self.usual_sales) / PRODUCT_COVER
        lean = between(PRODUCT_LEAN * (1 - cover), -PRODUCT_STEP, PRODUCT_STEP)
        noise = self.parameters.bid_noise * self.normal("product asks")
        limit = np.maximum(quote * np.exp(lean + noise), LEAST_COST_SHARE * self.product_cost())
        return np.where(own, limit, quote)[None], np.where(own, self.stock, 0)[None]

    @rule
    def sales_price(self) -> Values:
        """Money received per gram of input used, as US$/kg of each input.

        Product prices follow reference cost plus a markup and pass on part of
        a rise, so that a maker's profit shows who bore the spike.
        """
        rules = self.parameters
        rise = np.maximum(self.market.price[:, self.zone] - self.reference_price, 0.0)
        return self.reference_price * (1 + rules.product_markup) + rules.pass_through * rise
