"""Behavioural parameters: one class for each kind of agent, one field for each number in its rules.

docs/specification.md has the equations they enter. A default marked `calibrated`
was fitted to history, by a search over in-sample rows of the scorecard or in an
earlier version of the model; it is no estimate. One marked `assumed` has no source.
"""

from typing import Self

from pydantic import model_validator

from market_abm.scenario.fields import NonNegative, Part, Positive, Range, Share, field

LONGEST_MEMORY_WEEKS = 39  # prices of 40 weeks are kept
EARLIER = "calibrated: prices of 2009-20, in an earlier version (docs/decisions.md)"
TRIAL = "assumed: set by trial in an earlier version"
CALIBRATED = "calibrated: in-sample rows of the scorecard of 2008-18 (docs/decisions.md)"


class ManufacturerParameters(Part):
    """How manufacturers use, save, hoard and bid (ODD: Manufacturer).

    specification: Manufacturers: use and saving
    specification: Manufacturers: fear
    specification: Manufacturers: cover and orders
    """

    catch_up_weeks: Positive = field(5.2, "week", "Time in which a gap to the target stock is closed.", CALIBRATED)
    gap_premium: NonNegative = field(0.02, "1", "Log premium bid when stock is wholly missing.", EARLIER)
    fear_cover: NonNegative = field(
        3.9, "1", "Extra target cover at perceived risk 1, as a share of base cover.", CALIBRATED
    )
    trend_cover: NonNegative = field(0.1, "1", "Extra target cover per unit of price trend.", CALIBRATED)
    dead_band: NonNegative = field(0.2, "1", "Log price moves over 19 weeks below this are noise to buyers.", EARLIER)
    attention: Share = field(0.91, "1", "Weight of the export price in the trend seen inside a gated zone.", EARLIER)
    kinship: Share = field(
        0.0,
        "1",
        "Weight of the lead material's trend in that seen in other materials: kin metals are talked of as one.",
    )
    critical_weeks: NonNegative = field(3.0, "week", "Cover below which a purchase is critical.", TRIAL)
    critical_premium: NonNegative = field(0.15, "1", "Price rise accepted at once on critical purchases.")
    patience: Share = field(0.89, "1", "Share of normal purchases that waits for the average price.", CALIBRATED)
    extrapolation: NonNegative = field(0.8, "1", "Part of the expected weekly rise that is bid.", CALIBRATED)
    fear_rise: Share = field(0.12, "1/week", "Speed at which perceived risk rises to the news.")
    fear_fade: Share = field(0.02, "1/week", "Speed at which perceived risk fades (half-life 34 weeks).")
    news_weight: NonNegative = field(1.3, "1", "Alarm per unit of surprise cut in an export quota.")
    alarm_others: Share = field(0.4, "1", "Alarm in third zones while another is under embargo.")
    alarm_origin: Share = field(0.1, "1", "Alarm inside the embargoing zone.")
    crackdown_alarm: NonNegative = field(0.6, "1", "Alarm inside a zone per unit of crackdown.", EARLIER)
    shortage_alarm: NonNegative = field(0.081, "1", "Alarm when stock is gone.", CALIBRATED)
    thrift_elasticity: NonNegative = field(0.28, "1", "Elasticity of use intensity to the 26-week price.", CALIBRATED)
    thrift_reversal: NonNegative = field(0.02, "1/year", "Speed at which intensity comes back: know-how is kept.")
    bid_noise: NonNegative = field(0.015, "1", "Standard deviation of log bids.", TRIAL)
    business_cycle_sd: NonNegative = field(0.03, "1", "Standard deviation of a zone's demand cycle.")
    pass_through: Share = field(0.5, "1", "Share of an input price rise passed on to customers.")
    product_markup: NonNegative = field(0.1, "1", "Margin of product value over input value at reference prices.")


class MinerParameters(Part):
    """How mines set output, expand, close and are funded (ODD: Miner).

    specification: Mines: cost and output
    specification: Mines: quotas, halts and reserves
    specification: Illegal mining
    """

    shutdown_ratio: Positive = field(0.85, "1", "Revenue over cost at which output reaches zero.")
    utilisation_band: Positive = field(0.35, "1", "Rise of revenue over cost from shutdown to full output.")
    response: Share = field(0.08, "1/week", "Speed of utilisation.")
    response_home: Share = field(0.12, "1/week", "Speed of utilisation of quota-bound and illegal mines.")
    stock_curb: NonNegative = field(0.0027, "1", "Cut in output per 4 weeks of unsold stock above 2.", CALIBRATED)
    ramp_weeks: Positive = field(60.0, "week", "Time from first ore to full output.")
    expansion: NonNegative = field(0.11, "1/year", "Growth of quota-bound capacity while fully used.", CALIBRATED)
    overrun_response: NonNegative = field(
        0.03, "1", "Tolerated overrun of the mining quota per unit of margin.", EARLIER
    )
    entry_speed: NonNegative = field(0.35, "1/year", "Growth of illegal capacity per unit of margin.", CALIBRATED)
    entry_margin: Positive = field(1.15, "1", "Revenue over cost at which illegal diggers enter.")
    illegal_bounds: Range = field((0.3, 1.93), "1", "Limits of illegal capacity over its start value.", CALIBRATED)
    enforcement_leak: NonNegative = field(0.21, "1", "How far margins corrupt enforcement.", CALIBRATED)
    depletion: NonNegative = field(0.2, "1", "Elasticity of cost to the share of reserve mined.")
    care_cost_share: NonNegative = field(0.012, "1/year", "Care and fixed cost as a share of capex.")


class RefinerParameters(Part):
    """How refiners price oxide from stock (ODD: Refiner).

    specification: Refiners: cost and offers
    """

    cover_slope: NonNegative = field(0.21, "1", "Fall of the ask per 4 weeks of stock above target.", CALIBRATED)
    target_cover: Positive = field(1.8, "4 weeks", "Stock at which the ask follows last week's price.", CALIBRATED)
    ask_rise: NonNegative = field(0.05, "1", "Greatest log premium asked on scarce stock.", EARLIER)
    ask_fall: NonNegative = field(0.07, "1", "Greatest log discount asked on excess stock.", TRIAL)
    withholding: NonNegative = field(0.08872, "1", "Log premium per unit of price trend.", EARLIER)
    ask_noise: NonNegative = field(0.015, "1", "Standard deviation of log asks.", TRIAL)
    cost_floor: Range = field((0.6, 0.95), "1", "Least and greatest share of cost accepted.")
    floor_slope: NonNegative = field(0.02, "1", "Fall of that share per 4 weeks of stock above 2.")
    holding_return: NonNegative = field(
        0.11,
        "1/year",
        "Return asked for keeping oxide: interest, storage, risk of the price. Great: no reserve price.",
        CALIBRATED,
    )
    finishing_share: Share = field(
        0.26,
        "1",
        "Part of the separation fee spent on finishing a single oxide; for less it stays in the mixture. 0: never.",
        CALIBRATED,
    )
    other_credit_usd_per_kg: NonNegative = field(0.3, "US$/kg REO", "Revenue from oxides outside the scenario.")


class SpeculatorParameters(Part):
    """How traders form expectations, switch, trade and borrow (ODD: Speculator).

    specification: Speculators
    """

    gain: NonNegative = field(0.26, "1", "Mean chartist extrapolation of the own trend over 13 weeks.", CALIBRATED)
    gain_range: Range = field((0.4, 1.6), "1", "Spread of the gain over traders.", TRIAL)
    memory_weeks: Range = field((8.0, 32.0), "week", "Own memory over which a trend is measured.")
    trend_threshold: NonNegative = field(
        0.11, "1", "Log move over the memory below which there is no trend.", CALIBRATED
    )
    reversion: NonNegative = field(0.5, "1", "Part of the gap to the 78-week price a fundamentalist expects to close.")
    round_trip_cost: NonNegative = field(0.02, "1", "Cost of buying and selling again.")
    full_position: Positive = field(0.2, "1", "Expected return at which all capital is committed.")
    aggressiveness: Share = field(0.22, "1/week", "Part of the wanted change ordered in a week.", CALIBRATED)
    loss_aversion: NonNegative = field(
        0.3, "1", "Part of the log loss on metal held that is added to the ask.", "Genesove and Mayer 2001: .25 to .35"
    )
    greatest_rise: NonNegative = field(0.12, "1", "Greatest log premium bid in a week.", EARLIER)
    price_noise: NonNegative = field(0.01, "1", "Standard deviation of log limits.", TRIAL)
    choice_intensity: NonNegative = field(
        12.0, "1", "Intensity of choice among strategies (Brock and Hommes 1998).", EARLIER
    )
    revision: Share = field(0.1, "1/week", "Chance that a trader reconsiders its strategy.")
    outside_utility: float = field(0.05, "1", "Utility of staying out.")
    learning_weeks: Positive = field(26.0, "week", "Span of the average of realised strategy profits.")
    carrying_cost: NonNegative = field(
        0.0016, "1/week", "Interest and storage: 8 % a year.", "parameters.csv holding_cost"
    )
    margin_call: Share = field(0.8, "1", "Loan over stock value at which the lender calls.")
    forced_discount: NonNegative = field(0.15, "1", "Log discount of a forced sale.")

    @model_validator(mode="after")
    def _memory_fits(self) -> Self:
        """Traders cannot look back further than prices are kept."""
        low, high = self.memory_weeks
        if not 1 <= low <= high <= LONGEST_MEMORY_WEEKS:
            raise ValueError(f"memory_weeks must lie between 1 and {LONGEST_MEMORY_WEEKS} weeks, [low, high]")
        return self


class SmugglingParameters(Part):
    """How goods leave past the gate (ODD: Smuggling).

    specification: Smuggling
    """

    least: Share = field(0.25, "1", "Capacity as a share of use outside, with no rent.", CALIBRATED)
    greatest: Share = field(
        0.6, "1", "Greatest capacity as a share of use outside.", "china_quotas_trade.csv Q18, Q10: 40 of 68 kt in 2014"
    )
    response: NonNegative = field(0.25, "1", "Capacity per unit of price ratio above the threshold.")
    threshold: NonNegative = field(1.1, "1", "Outside over inside price at which smuggling grows.")
    response_weeks: Positive = field(36.0, "week", "Span in which capacity follows the rent.", CALIBRATED)
    risk_costs: tuple[float, float, float] = field(
        (0.12, 0.30, 0.60), "1", "Risk cost of three tranches as a share of price.", EARLIER
    )
    evaded_tax: Share = field(
        0.145,
        "1",
        "Value-added tax that smuggled goods never pay, as a share of the price inside, which contains it.",
        "parameters.csv china_vat_until_2018_04: 17 % on top, so 17/117; not paid back on export",
    )
    tranche_shares: tuple[float, float, float] = field((0.40, 0.35, 0.25), "1", "Capacity shares of the tranches.")
    crackdown_effect: Share = field(0.25, "1", "Cut in capacity per unit of crackdown.", TRIAL)


class LicenceParameters(Part):
    """How licence holders offer export licences (ODD: Licence holder).

    specification: Export quotas and licence pools
    """

    holders: int = field(20, "1", "Number of licence holders.", ge=1, le=1000)
    release: Positive = field(1.25, "1", "Licences offered a week over an even spread of what is left.")
    concession: Range = field(
        (0.002, 0.033),
        "1/week",
        "Range of weekly cuts below the last licence price.",
        CALIBRATED,
    )
    reference_adaptation: Share = field(0.35, "1", "Part of a change of quota that is taken as normal each round.")
    reference_ceiling_t: Positive = field(30000.0, "t", "Quota above which more is not noticed.", TRIAL)


class NewsParameters(Part):
    """Common news on which all quotes of a material are written (ODD: News).

    specification: News and demand cycles
    """

    persistence: Share = field(
        0.8, "1", "Part of the news factor that lasts a week: stories spread.", "calibrated: returns of 2013-20"
    )
    stories_per_year: Positive = field(3.986, "1/year", "Rate of large stories.", EARLIER)
    story_share: Share = field(0.88, "1", "Variance share of large stories.")
    daily_sd: NonNegative = field(0.35, "1", "Weight of ordinary news.")


class InvestmentParameters(Part):
    """How projects are judged, funded, built, closed and restarted (ODD: Project).

    specification: Projects: value and funding
    specification: Projects: money and failure
    specification: State bodies: votes and support
    """

    private_discount: Positive = field(0.13, "1/year", "Private cost of capital.")
    state_discount: Positive = field(0.08, "1/year", "State cost of capital in ranking.")
    horizon_years: Positive = field(15.0, "year", "Life of a project in its valuation.")
    hurdle: Positive = field(1.1, "1", "Value over capex asked by private owners.")
    state_hurdle: Positive = field(0.8, "1", "Value over capex asked by a state body.")
    funding_chance: Share = field(0.08, "1/quarter", "Chance of private funding in calm times.")
    boom_funding: NonNegative = field(
        0.35,
        "1/quarter",
        "Extra chance per log price above its 78-week average.",
        "assumed; that money comes in booms: parameters.csv rare_earth_projects_2011",
    )
    debt_share: Share = field(0.45, "1", "Debt in private finance.", lt=1)
    interest: NonNegative = field(0.10, "1/year", "Interest of private debt.")
    amortisation: NonNegative = field(0.10, "1/year", "Yearly repayment of debt.")
    build_spread: Range = field((0.9, 1.3), "1", "Build time over plan.")
    working_capital: Share = field(0.12, "1", "Cash at start over capex.", TRIAL)
    least_budget_musd: NonNegative = field(
        100.0, "US$ m", "A state body with less money opens no round of funding.", TRIAL
    )
    payout_above: NonNegative = field(0.35, "1", "Cash over capex above which dividends are paid.", TRIAL)
    payout: Share = field(0.02, "1/week", "Part of the excess cash paid out.", TRIAL)
    restart_margin: NonNegative = field(0.3, "1", "Margin over cost needed to restart.")
    restart_quarters: int = field(4, "quarter", "Good quarters before a restart.", ge=1, le=40)
    restart_weeks: int = field(52, "week", "Time to restart.", ge=1)


class RecyclingParameters(Part):
    """What comes back from swarf and end of life (ODD: Recycling).

    specification: Recycling
    """

    swarf_share: Share = field(0.275, "1", "Use that becomes swarf.", "demand.csv S15: 25-30 % of magnet output")
    end_of_life_share: Share = field(0.1, "1", "Goods in use that are collected.")
    life_years: Positive = field(10.0, "year", "Life of goods in use.")
    greatest_recovery: Share = field(
        0.9, "1", "Greatest share of scrap recovered.", "demand.csv S15: most of it by 2023"
    )
    half_price_ratio: Positive = field(
        4.0,
        "1",
        "Price over reference at which half of that is recovered.",
        "demand.csv S15: NdPr from scrap in 2024 over 2023, at 54 and 78 US$/kg",
    )
    lag_years: Positive = field(1.0, "year", "Time in the scrap pool.")
    cost_share: Share = field(0.5, "1", "Cost of recovery as a share of the price of the oxide.")


class Parameters(Part):
    """All behavioural parameters of a scenario."""

    manufacturer: ManufacturerParameters = field(ManufacturerParameters, "-", "Manufacturers.")
    miner: MinerParameters = field(MinerParameters, "-", "Mines.")
    refiner: RefinerParameters = field(RefinerParameters, "-", "Refiners.")
    speculator: SpeculatorParameters = field(SpeculatorParameters, "-", "Speculators.")
    smuggling: SmugglingParameters = field(SmugglingParameters, "-", "Smuggling.")
    licence: LicenceParameters = field(LicenceParameters, "-", "Export licences.")
    news: NewsParameters = field(NewsParameters, "-", "News.")
    investment: InvestmentParameters = field(InvestmentParameters, "-", "Projects.")
    recycling: RecyclingParameters = field(RecyclingParameters, "-", "Recycling.")
