"""Manufacturers turn oxides into goods and hold stock against supply risk (ODD: Manufacturer).

Magnet makers, catalyst makers and polishers are the same kind of agent with different inputs: `use` is zero for
what they do not need. Inputs are used in fixed proportion (Leontief), so the scarcest one sets activity.
"""

import math

import numpy as np

from market_abm.agents.population import Agent
from market_abm.core.arithmetic import TINY, between, beyond, ratio
from market_abm.core.columns import Column, Draw
from market_abm.core.rules import rule
from market_abm.core.units import WEEKS_PER_YEAR

NORMAL_PREMIUM = 0.02  # log premium over last week's price on normal purchases (assumed)
PATIENT_SLOPE, PATIENT_DISCOUNT = 0.25, 0.02  # log limit on patient purchases (assumed)
LEAST_TREND, GREATEST_TREND = -0.45, 0.9  # trends beyond these change the target no further (assumed)
LEAST_RISE, GREATEST_RISE = -0.05, 0.12  # weekly rise that buyers dare to expect (assumed)
SHORT_COVER = 0.6  # cover over base cover below which a maker feels a shortage (assumed)
LEAST_COST = 0.3  # input cost over its reference below which use grows no further (assumed)
USUAL_WEEKS = 8.0  # span of the average of own use (assumed)
PRODUCT_COVER, PRODUCT_WEEKS = 6.0, 4.0  # weeks of sales kept in stock, time to close a gap (assumed)
PRODUCT_LEAN, PRODUCT_STEP = 0.08, 0.06  # slope and limit of the ask on stock (assumed)
LEAST_COST_SHARE = 0.95  # part of cost below which no product is sold (assumed)
GREATEST_SCALE = 1.5  # capacity of makers of a product over its trend (assumed)
TREND_SPAN = 19.0  # weeks over which the trend is measured (assumed)


class Manufacturer(Agent):
    """A firm that needs the materials."""

    sections = ("manufacturer",)
    overdraft = True
    sizes = ("use", "usual_use", "output_rate", "usual_sales", "risk")
    bids = ("critical_bid", "normal_bid", "patient_bid")
    asks = ("product_ask",)

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

    normal_noise = Draw("normal", "bids", by_material=True)
    patient_noise = Draw("normal", "patient bids", by_material=True)
    product_noise = Draw("normal", "product asks", by_material=True)

    # -- use -------------------------------------------------------------------------------------
    @rule
    def wanted_use(use, intensity, wanted_scale):
        """Use this week if stock allows [g/week], by material."""
        return use * intensity * wanted_scale

    @rule
    def wanted_scale(
        product,
        input_cost,
        demand_factor,
        cycle,
        growth,
        growth_years,
        elasticity,
        usual_sales,
        product_held,
        output_rate,
    ):
        """Activity wanted over the base [1].

        Makers for customers outside: trend, zone cycle and demand shocks scale it, dear inputs lower it with the
        short-run elasticity. Makers of a product with a market make what they sell and keep a stock.
        """
        trend = math.exp(growth * growth_years)
        if product < 0:
            dear = math.exp(-elasticity * math.log(max(input_cost, LEAST_COST)))
            return trend * demand_factor * math.exp(cycle) * dear
        gap = PRODUCT_COVER * usual_sales - product_held
        to_market = max(usual_sales + gap / PRODUCT_WEEKS, 0.0) / max(output_rate, TINY)
        return min(to_market, GREATEST_SCALE * trend)

    @rule(over_materials="sum")
    def input_cost(cost_share, price, reference_price):
        """Cost of the inputs at last week's prices over that at reference prices [1]."""
        return cost_share * price / reference_price

    @rule(dtype=np.bool_)
    def own_product(material_index, product):
        """Whether a material is the own product, by material."""
        return material_index == product

    @rule(over_materials="sum")
    def product_held(own_product, stock):
        """Own product in stock [g]."""
        return float(stock) if own_product else 0.0

    @rule(over_materials="min")
    def possible_activity(wanted_use, stock):
        """Share of wanted activity that stocks allow [1]: no magnet without all its oxides."""
        return min(ratio(stock, wanted_use), 1.0) if wanted_use > 0.0 else 1.0

    @rule
    def next_intensity(
        intensity, average_price, reference_price, least_intensity, thrift_speed, thrift_elasticity, thrift_reversal
    ):
        """Use per product after a week of saving or relapse [1], by material.

        Saving follows the 26-week price with a speed limit; know-how is kept, so intensity comes back much more
        slowly than it fell.
        """
        dearness = average_price / reference_price
        target = between(math.exp(-thrift_elasticity * math.log(dearness)), least_intensity, 1.0)
        change = between(target - intensity, -thrift_speed / WEEKS_PER_YEAR, thrift_reversal / WEEKS_PER_YEAR)
        return between(intensity + change, 0.0, 1.0)

    # -- perceived risk --------------------------------------------------------------------------
    @rule
    def next_risk(risk, exposure, lack, licence_alarm, quota_alarm, zone_alarm, shortage_alarm, fear_rise, fear_fade):
        """Perceived supply risk after this week's news [1]: it rises in weeks and fades in months."""
        news = exposure * quota_alarm + zone_alarm + licence_alarm + shortage_alarm * lack
        signal = between(news, 0.0, 1.0)
        speed = fear_rise if signal > risk else fear_fade
        return risk + speed * (signal - risk)

    @rule(over_materials="sum")
    def exposure(cost_share, dependence):
        """Share of input cost that comes from gated zones [1]."""
        return cost_share * dependence

    @rule(over_materials="sum")
    def licence_alarm(cost_share, held_back):
        """Share of input cost that licences hold back [1]."""
        return cost_share * held_back

    @rule(over_materials="max")
    def lack(use, stock, coming, base_cover, usual_use):
        """How far the scarcest input falls short of a safe cover [1]."""
        if use <= 0.0:
            return 0.0
        return between(1.0 - ratio(stock + coming, SHORT_COVER * base_cover * usual_use), 0.0, 1.0)

    # -- purchases -------------------------------------------------------------------------------
    @rule
    def trend(price_trend, dead_band):
        """Price trend that counts [1], by material: moves inside the dead band are noise to buyers."""
        return beyond(price_trend, dead_band)

    @rule
    def target_stock(base_cover, usual_use, risk, trend, hoarding, hoarding_on, fear_cover, trend_cover):
        """Stock wanted [g], by material: base cover, lengthened by fear and by rising prices (hoarding)."""
        pull = trend_cover * hoarding * between(trend, LEAST_TREND, GREATEST_TREND)
        extra = (fear_cover * risk + pull) * hoarding_on
        return base_cover * max(1.0 + extra, 0.0) * usual_use

    @rule
    def wanted_purchases(usual_use, target_stock, stock, coming, catch_up_weeks):
        """Purchases wanted this week, whatever the price [g], by material."""
        return max(usual_use + (target_stock - stock - coming) / catch_up_weeks, 0.0)

    @rule
    def critical_purchases(usual_use, stock, coming, wanted_purchases, critical_weeks):
        """The part of the purchases that keeps the firm running [g], by material."""
        return between((critical_weeks + 1.0) * usual_use - stock - coming, 0.0, wanted_purchases)

    @rule
    def patience_now(trend, risk, hoarding_on, patience):
        """Share of the other purchases that waits for the usual price [1]: fear and rising prices end patience."""
        calm = 1.0 - hoarding_on * (1.0 - (1.0 - risk) * (1.0 - between(trend, 0.0, 1.0)))
        return patience * calm

    @rule
    def gap(target_stock, stock, coming):
        """Missing part of the target stock [1], by material; negative when there is too much."""
        return between((target_stock - stock - coming) / max(target_stock, TINY), -1.0, 1.0)

    @rule(gives=("limit", "quantity"))
    def critical_bid(quote, value_in_use, critical_purchases, critical_premium):
        """Bid on what keeps the firm running: limit [US$/kg], never above the value in use, and quantity [g]."""
        return min(quote * (1.0 + critical_premium), value_in_use), critical_purchases

    @rule(gives=("limit", "quantity"))
    def normal_bid(
        quote,
        value_in_use,
        wanted_purchases,
        critical_purchases,
        patience_now,
        gap,
        trend,
        normal_noise,
        gap_premium,
        extrapolation,
        hoarding_on,
        bid_noise,
    ):
        """Bid at about last week's price: limit [US$/kg] and quantity [g]."""
        rise = extrapolation * between(trend / TREND_SPAN, LEAST_RISE, GREATEST_RISE) * hoarding_on
        limit = quote * math.exp(gap_premium * gap + NORMAL_PREMIUM + rise + bid_noise * normal_noise)
        return min(limit, value_in_use), (1.0 - patience_now) * (wanted_purchases - critical_purchases)

    @rule(gives=("limit", "quantity"))
    def patient_bid(
        average_price, value_in_use, wanted_purchases, critical_purchases, patience_now, gap, patient_noise, bid_noise
    ):
        """Bid at the usual price of half a year: limit [US$/kg] and quantity [g]."""
        limit = average_price * math.exp(PATIENT_SLOPE * gap - PATIENT_DISCOUNT + bid_noise * patient_noise)
        return min(limit, value_in_use), patience_now * (wanted_purchases - critical_purchases)

    # -- products --------------------------------------------------------------------------------
    @rule(over_materials="sum")
    def input_spending(use, intensity, price):
        """Spending on inputs at base activity and last week's prices [g/week x US$/kg]."""
        return use * intensity * price

    @rule
    def product_cost(input_spending, output_rate, other_cost):
        """Cost of a kilogram of the product at last week's prices of the inputs [US$/kg]."""
        return ratio(input_spending, output_rate) + other_cost

    @rule(gives=("limit", "quantity"))
    def product_ask(own_product, quote, stock, product_held, usual_sales, product_cost, product_noise, bid_noise):
        """Offer the product in stock, never below most of its cost, dearer when stock is short.

        Returns
        -------
        limit [US$/kg] and quantity [g], by material; nothing of what is not the own product.
        """
        if not own_product:
            return quote, 0.0
        cover = ratio(product_held, usual_sales) / PRODUCT_COVER
        lean = between(PRODUCT_LEAN * (1.0 - cover), -PRODUCT_STEP, PRODUCT_STEP)
        limit = max(quote * math.exp(lean + bid_noise * product_noise), LEAST_COST_SHARE * product_cost)
        return limit, float(stock)

    @rule
    def next_usual_sales(usual_sales, sold):
        """Average of the product's sales [g/week].

        sold : sales of this week [g], given by the exchange.
        """
        return usual_sales + (sold - usual_sales) / USUAL_WEEKS

    @rule
    def next_usual_use(usual_use, need):
        """Average of the own use [g/week], by material.

        need : use wanted this week [g].
        """
        return usual_use + (need - usual_use) / USUAL_WEEKS

    @rule
    def sales_price(price, reference_price, product_markup, pass_through):
        """Money received per gram of input used, as US$/kg of each input.

        Product prices follow reference cost plus a markup and pass on part of a rise, so that a maker's profit
        shows who bore the spike.
        """
        rise = max(price - reference_price, 0.0)
        return reference_price * (1.0 + product_markup) + pass_through * rise
