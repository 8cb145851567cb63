"""The scenario: everything a user can write in a scenario file (ODD: Input data).

A scenario is data only. Groups (`mine`, `refinery`, `manufacturer`, ...) stand
for `count` agents that share a row; ranges are drawn per agent.
"""

import datetime as dt
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Literal, Self

from pydantic import (
    FieldSerializationInfo,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails

from market_abm.core.plugins import PluginError, find
from market_abm.policy import AnyPolicy, Policy
from market_abm.policy.base import plain_name
from market_abm.scenario.fields import Name, NonNegative, Part, Path, Positive, Range, Share, field
from market_abm.scenario.own import OwnPopulation, OwnVerb, Plugin, modules_of, own_policy
from market_abm.scenario.parameters import CALIBRATED, EARLIER, TRIAL, Parameters


class Time(Part):
    """The weeks that are run. Weeks begin on Mondays."""

    start: dt.date = field(dt.date(2005, 1, 3), "date", "First week; growth is frozen until `growth_from`.")
    record_from: dt.date = field(dt.date(2008, 1, 7), "date", "First week kept for the record; before it is burn-in.")
    growth_from: dt.date = field(dt.date(2009, 1, 5), "date", "Use is given for this date and grows from here.")
    end: dt.date = field(dt.date(2020, 12, 28), "date", "First day not run.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.start <= self.record_from < self.end:
            raise ValueError("start <= record_from < end must hold")
        return self


class Zone(Part):
    """A country or group of countries where a price forms."""

    label: str = field("", "-", "Name shown to people.")
    export_gate: bool = field(
        False, "-", "Whether exports pass a gate where quota and licences bind; its price is FOB."
    )
    cost_index: Path = field(
        [(dt.date(2009, 1, 1), 1.0)], "1", "Mining and refining cost over its 2009 level, as a polyline."
    )
    dependence: Share = field(0.8, "1", "Share of imports from the gated zone at the start.")
    hoarding: NonNegative = field(1.0, "1", "Strength of trend restocking over the normal one.")
    thrift_speed: NonNegative = field(0.11, "1/year", "Greatest yearly fall of use intensity.", CALIBRATED)


class Material(Part):
    """Something with a mass and a price, traded weekly in every zone."""

    label: str = field("", "-", "Name shown to people.")
    stage: Literal["oxide", "magnet"] = field("oxide", "-", "Oxides come from plants, magnets from manufacturers.")
    family: Literal["light", "heavy"] = field("light", "-", "Light or heavy rare earth; which plants can separate it.")
    price_usd_per_kg: Positive = field(..., "US$/kg", "Price in the gated zone at the start and the reference of use.")
    outside_premium: Positive = field(1.2, "1", "Price elsewhere over that at the start.", TRIAL)
    freight_usd_per_kg: NonNegative = field(0.4, "US$/kg", "Freight on a link of factor 1.")
    least_intensity: Share = field(0.5, "1", "Use per product that cannot be saved.")
    value_in_use_usd_per_kg: Positive = field(..., "US$/kg", "Median price at which a user stops buying.", "assumed")
    value_in_use_sigma: NonNegative = field(0.35, "1", "Spread of that price (lognormal).")
    news_sd: NonNegative = field(0.02, "1", "Standard deviation of weekly news.", EARLIER)


class Link(Part):
    """A directed way between two zones."""

    origin: Name = field(..., "zone", "From.")
    destination: Name = field(..., "zone", "To.")
    freight_factor: NonNegative = field(1.0, "1", "Freight over the material's base freight.")
    transit_weeks: int = field(0, "week", "Time under way.", ge=0, le=52)
    smuggled: bool = field(False, "-", "A way past the gate.")


class Deposit(Part):
    """A kind of ore and what its concentrate holds."""

    label: str = field("", "-", "Name shown to people.")
    family: Literal["light", "heavy"] = field("light", "-", "Which plants can treat it.")
    basket: dict[Name, Share] = field(
        ..., "1", "Share of contained oxide by material; the rest is `other`.", "history: baskets.csv"
    )

    @model_validator(mode="after")
    def _not_above_one(self) -> Self:
        if sum(self.basket.values()) > 1 + 1e-9:
            raise ValueError(f"basket adds up to {sum(self.basket.values()):.3f}, more than 1")
        return self


class Mine(Part):
    """A named mine or a group of like mines."""

    label: str = field("", "-", "Name shown to people.")
    zone: Name = field(..., "zone", "Where it is.")
    deposit: Name = field(..., "deposit", "What it digs.")
    count: int = field(1, "1", "Number of mines in the group.", ge=1, le=100_000)
    capacity_t_per_year: Range = field(..., "t REO/year", "Capacity of each mine in contained oxide.")
    cost_usd_per_kg: Range = field(..., "US$/kg REO", "Cash cost to separated oxide, in 2009 money.")
    spread: Literal["drawn", "even"] = field("drawn", "-", "Whether costs of a group are drawn or spread evenly.")
    concentrate_cost_share: Share = field(0.45, "1", "Part of the cost that falls before separation.")
    avoidable_cost_share: Positive = field(1.0, "1", "Part of the cost that stopping saves (by-product mines below 1).")
    status: Literal["resource", "permitted", "construction", "operating", "care_and_maintenance"] = field(
        "operating", "-", "Life stage at the start."
    )
    opens: dt.date | None = field(None, "date", "When construction at the start ends.")
    accessible_from: dt.date | None = field(None, "date", "No investment before.")
    legality: Literal["legal", "illegal"] = field(
        "legal", "-", "Illegal mines obey no quota and enter and leave freely."
    )
    under_quota: bool = field(False, "-", "Whether the zone's production quota binds it; such mines expand while full.")
    finance: Literal["project", "corporate"] = field(
        "project", "-", "A project has debts and can fail; a corporate mine passes cash to its owners."
    )
    capex_usd_per_t: Range = field(
        (65000.0, 65000.0), "US$ per t/year", "Building cost.", "parameters.csv capex_intensity_eneabba"
    )
    lead_years: Range = field((5.0, 5.0), "year", "Build time.")
    reserve_t: Positive | None = field(None, "t REO", "Reserve; silent means no end in sight.")
    plant: Name | None = field(None, "refinery", "Own separation plant, built with the mine.")
    permit_chance: Share = field(0.0, "1/quarter", "Chance that a resource gets its permit in a quarter.")

    @model_validator(mode="after")
    def _construction_ends(self) -> Self:
        if self.status == "construction" and self.opens is None:
            raise ValueError("a mine in construction needs `opens`, the day on which it starts")
        return self


class Refinery(Part):
    """A named separation plant or a group of like plants."""

    label: str = field("", "-", "Name shown to people.")
    zone: Name = field(..., "zone", "Where it is.")
    count: int = field(1, "1", "Number of plants in the group.", ge=1, le=100_000)
    capacity_t_per_year: Positive = field(..., "t REO/year", "Capacity of each plant in contained oxide.")
    fee_usd_per_kg: NonNegative = field(..., "US$/kg REO", "Cash cost of separation in 2009 money.")
    recovery: Share = field(0.9, "1", "Oxide recovered from concentrate.")
    families: list[Literal["light", "heavy"]] = field(["light"], "-", "Kinds of concentrate it can treat.")
    surplus_to_mine: Share = field(0.5, "1", "Part of the surplus paid to an outside mine.")
    status: Literal["planned", "operating"] = field("operating", "-", "A planned plant opens with its mine.")
    finance: Literal["project", "corporate"] = field("corporate", "-", "As for mines.")


class Product(Part):
    """What a manufacturer sells on a market of the scenario: magnets (ODD: Recipes)."""

    material: Name = field(..., "-", "Material made; its stage is `magnet`.")
    t_per_year: Positive = field(..., "t/year", "Output of the whole group at the growth date.")
    other_cost_usd_per_kg: NonNegative = field(10.0, "US$/kg", "Iron, boron, energy and labour per kilogram made.")


class Manufacturer(Part):
    """A group of like manufacturers."""

    label: str = field("", "-", "Name shown to people.")
    zone: Name = field(..., "zone", "Where they are.")
    sector: Name = field("magnets", "sector", "Sector of use: magnets, catalysts, polishing, ...")
    count: int = field(1, "1", "Number of manufacturers.", ge=1, le=1_000_000)
    use_t_per_year: dict[Name, Positive] = field(
        ..., "t/year", "Use of the whole group at the growth date, by material."
    )
    makes: Product | None = field(None, "-", "Product sold on a market; silent means sold to customers outside.")
    growth_per_year: float = field(0.0, "1/year", "Trend growth of use.", ge=-0.5, le=0.5)
    cover_weeks: Range = field((7.0, 13.0), "week", "Normal stock.")
    elasticity: Range = field((0.096, 0.29), "1", "Weekly elasticity of use to input cost.", CALIBRATED)
    size_sigma: NonNegative = field(0.7, "1", "Spread of sizes (lognormal).")
    value_in_use_factor: Positive = field(1.0, "1", "Value in use over the material's median.")


class Speculator(Part):
    """A group of traders."""

    label: str = field("", "-", "Name shown to people.")
    zone: Name = field(..., "zone", "Where they trade.")
    material: Name = field(..., "-", "What they trade.")
    count: int = field(1, "1", "Number of traders.", ge=1, le=1_000_000)
    capital_musd: Positive = field(..., "US$ m", "Capital of the whole group.", "assumed")
    tail: Positive = field(1.8, "1", "Pareto exponent of wealth.")
    credit: Share = field(0.0, "1", "Loan per value of stock held.", lt=1)


class Vote(Part):
    """When a parliament gives a state body its budget."""

    dependence_above: Share = field(0.6, "1", "Own import dependence needed.")
    risk_above: Share = field(0.45, "1", "Mean perceived risk of own manufacturers needed.")
    musd: NonNegative = field(..., "US$ m", "Money voted for projects abroad.")
    not_before: dt.date = field(dt.date(2006, 1, 1), "date", "No vote before.")
    delay_weeks: NonNegative = field(13.0, "week", "From vote to first funding.")


class StateBuyer(Part):
    """A government body that buys, stores, lends or invests; what it may do is in its policies."""

    label: str = field("", "-", "Name shown to people.")
    zone: Name = field(..., "zone", "Whose body it is.")
    enabled: bool = field(True, "-", "false takes the body and all its instruments out.")
    budget_musd: NonNegative = field(0.0, "US$ m", "Money at the start.")
    vote: Vote | None = field(None, "-", "Conditions of further money.")


class Offtake(Part):
    """A contract in force at the start."""

    mine: Name = field(..., "mine", "Seller.")
    buyer_zone: Name = field(..., "zone", "Zone whose manufacturers buy.")
    share: Share = field(..., "1", "Part of the mine's capacity.")
    start: dt.date = field(dt.date(1900, 1, 1), "date", "First delivery.")
    end: dt.date = field(dt.date(2100, 1, 1), "date", "First day without delivery.")
    index_weight: NonNegative = field(1.0, "1", "Price = weight x index + premium, between floor and cap.")
    premium_usd_per_kg: float = field(0.0, "US$/kg", "Fixed part of the price of the lead material.")
    floor_usd_per_kg: NonNegative = field(0.0, "US$/kg", "Least price of the lead material; 0 for none.")
    cap_usd_per_kg: Positive | None = field(None, "US$/kg", "Greatest price of the lead material.")


class Scenario(Part):
    """A whole scenario."""

    name: Name = field(..., "-", "Short name.")
    title: str = field("", "-", "Title shown to people.")
    description: str = field("", "-", "What question the scenario asks.")
    plugins: list[Plugin] = field([], "-", "Code of one's own: files beside the scenario, or installed packages.")
    time: Time = field(Time, "-", "Weeks run.")
    zone: dict[Name, Zone] = field(..., "-", "Zones by name.", min_length=1)
    material: dict[Name, Material] = field(..., "-", "Materials by name.", min_length=1)
    lead_material: Name = field(..., "-", "Material whose price leads projects, contracts and headlines.")
    link: list[Link] = field([], "-", "Ways between zones.")
    deposit: dict[Name, Deposit] = field({}, "-", "Deposits by name.")
    mine: dict[Name, Mine] = field({}, "-", "Mines by name.")
    refinery: dict[Name, Refinery] = field({}, "-", "Separation plants by name.")
    manufacturer: dict[Name, Manufacturer] = field({}, "-", "Manufacturers by name.")
    speculator: dict[Name, Speculator] = field({}, "-", "Traders by name.")
    state_buyer: dict[Name, StateBuyer] = field({}, "-", "State bodies by name.")
    population: dict[Name, OwnPopulation] = field({}, "-", "Agents of kinds of one's own by name.")
    kinds: dict[Name, str] = field({}, "-", 'Classes in the place of shipped kinds, as "plugin:Class".')
    verb: list[OwnVerb] = field([], "-", "Verbs of one's own in the week.")
    mechanism: str | None = field(
        None, "-", 'What clears the market in the place of the auction, as "plugin:function".'
    )
    offtake: dict[Name, Offtake] = field({}, "-", "Offtake contracts at the start by name.")
    parameters: Parameters = field(Parameters, "-", "Behaviour.")
    policy: list[AnyPolicy] = field([], "-", "Policies in order of declaration.")
    rules_off: list[Literal["speculation", "hoarding", "thrifting", "smuggling", "news", "recycling"]] = field(
        [], "-", "Rules switched off, for ablations."
    )

    @field_validator("policy", mode="wrap")
    @classmethod
    def _own_policies(cls, rows: Any, shipped: ValidatorFunctionWrapHandler, info: ValidationInfo) -> list[Any]:
        """Read rows whose type is "plugin:Class" by that class, and all others as shipped policies."""
        if not isinstance(rows, list) or not any(map(_is_own, rows)):
            return list(shipped(rows))
        modules = modules_of(info.data.get("plugins", []))
        own = {place: _own(place, row, modules) for place, row in enumerate(rows) if _is_own(row)}
        read = shipped([NO_POLICY if place in own else row for place, row in enumerate(rows)])
        return [own.get(place, policy) for place, policy in enumerate(read)]

    @field_serializer("policy")
    def _each_by_its_class(self, policies: list[Any], info: FieldSerializationInfo) -> list[dict[str, Any]]:
        how: dict[str, Any] = {
            "mode": info.mode,
            "exclude_none": info.exclude_none,
            "exclude_defaults": info.exclude_defaults,
        }
        return [policy.model_dump(**how) for policy in policies]

    def find(self, reference: str) -> Any:
        """What "plugin:Name" means in this scenario.

        Raises
        ------
        PluginError
            When there is no such thing.
        """
        return find(reference, modules_of(self.plugins))

    @model_validator(mode="after")
    def _policies_have_names(self) -> Self:
        self.__dict__["policy"] = with_names(self.policy)  # the scenario is frozen for everybody else
        return self

    @property
    def sectors(self) -> list[str]:
        """Sectors of use, each once."""
        return list(dict.fromkeys(row.sector for row in self.manufacturer.values()))


NO_POLICY = {"type": "louder_news"}
"""Stands in the place of a policy of one's own while the others are read."""


def _is_own(row: Any) -> bool:
    """Whether a row, or a policy, is of a type of the user's own."""
    kind = row.get("type") if isinstance(row, dict) else getattr(row, "type", None)
    return isinstance(kind, str) and ":" in kind


def _own(place: int, row: Any, modules: dict[str, ModuleType]) -> Policy:
    """Policy of one's own; faults are told with the number of the row."""
    if isinstance(row, Policy):
        return row
    faults: list[InitErrorDetails]
    kind = str(row["type"])  # stands in places of faults as it does for shipped policies
    try:
        return own_policy(row["type"], modules).model_validate(row)
    except PluginError as fault:
        faults = [{"type": "value_error", "loc": (place, kind, "type"), "input": row["type"], "ctx": {"error": fault}}]
    except ValidationError as fault:
        faults = [
            {"type": one["type"], "loc": (place, kind, *one["loc"]), "input": one["input"], "ctx": one.get("ctx", {})}
            for one in fault.errors()
        ]
    raise ValidationError.from_exception_data("policy", faults)


def with_names(policies: Sequence[AnyPolicy]) -> list[AnyPolicy]:
    """Give every policy a name of its own: pools, halts and branches go by it."""
    named, taken = [], {policy.name for policy in policies if policy.name}
    for policy in policies:
        base = plain_name(policy.type)
        name, number = policy.name or base, 2
        while policy.name is None and name in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name)
        named.append(policy if policy.name else policy.model_copy(update={"name": name}))
    return named
