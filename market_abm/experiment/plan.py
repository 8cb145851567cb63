"""What an experiment file says: a question, arms under common seeds, outcomes, hypotheses stated before running."""

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from market_abm.record.measures import MEASURES
from market_abm.scenario.fields import Name, Part

_MONTH = re.compile(r"(\d{4})-(\d{2})(-\d{2})?")


def _as_month(given: Any) -> Any:
    """First day of a month that was written as a date, or as text such as "2010-01"."""
    if isinstance(given, dt.date):
        return dt.date(given.year, given.month, 1)
    found = _MONTH.fullmatch(given) if isinstance(given, str) else None
    if found is None or not 1 <= int(found[2]) <= 12:
        raise ValueError('this is no month; write "2010-01"')
    return dt.date(int(found[1]), int(found[2]), 1)


def _in_order(threshold: Any) -> Any:
    if isinstance(threshold, tuple) and not threshold[0] < threshold[1]:
        raise ValueError("the low end comes first in [low, high]")
    return threshold


Month = Annotated[dt.date, BeforeValidator(_as_month)]
SeriesNames = str | list[str]
Threshold = Annotated[float | tuple[float, float], AfterValidator(_in_order)]
Stat = Literal["sum", "mean", "max", "min", "last", "sd_log_returns", "max_over_mean", "mean_over_mean", "date_of_max"]
Kind = Literal["ratio", "difference", "median", "mean", "share"]
Expectation = Literal["below", "above", "between"]


class Arm(Part):
    """One way the world could be: the base scenario and what is changed in it."""

    name: Name = Field(description="short name")
    label: str = Field("", description="name shown to people")
    scenario: str | None = Field(None, description="another base for this arm")
    sets: list[str] = Field([], alias="set", description='changes as "path=value"')
    piece: dict[str, Any] = Field({}, alias="with", description="a piece of a scenario file laid over the base")
    x: float | None = Field(None, description="the number this arm stands for in a curve")


class Outcome(Part):
    """A number measured in every run: a measure by its name, or a statistic of monthly series."""

    name: Name = Field(description="a measure's name, or a name of your own with `series`")
    label: str = Field("", description="name shown to people")
    unit: str = Field("", description="unit shown to people")
    series: SeriesNames | None = Field(None, description="monthly series, summed when several")
    over: SeriesNames | None = Field(None, description="series whose statistic divides that of `series`")
    first: Month | None = Field(None, alias="from", description='first month, such as "2010-01"')
    last: Month | None = Field(None, alias="to", description='last month, such as "2012-12"')
    stat: Stat | None = Field(None, description="how months become one number")
    base_first: Month | None = Field(None, alias="base_from", description="first month of the base")
    base_last: Month | None = Field(None, alias="base_to", description="last month of the base")
    scale: float = Field(1.0, description="factor for the unit shown")

    @property
    def shown(self) -> str:
        """Label for people."""
        return self.label or (MEASURES[self.name].label if self.name in MEASURES else self.name)

    @property
    def shown_unit(self) -> str:
        """Unit for people; dates are decimal years."""
        if self.unit or self.series is not None:
            return self.unit or ("year" if self.stat == "date_of_max" else "1")
        return MEASURES[self.name].unit if self.name in MEASURES else "1"


class Hypothesis(Part):
    """A sentence that a number can contradict."""

    name: Name = Field(description="short name")
    says: str = Field(description="the sentence")
    outcome: str = Field(description="name of the outcome it is about")
    arm: str = Field(description="name of the arm it is about")
    against: str | None = Field(None, description="arm it is compared with, seed by seed")
    kind: Kind = Field(alias="as", description="ratio, difference, median, mean or share")
    expect: Expectation = Field(description="below, above or between")
    threshold: Threshold = Field(description="a number, or [low, high] for between")
    at_least: float | None = Field(None, gt=0, le=1, description="share of seeds wanted, for as = share")


class Experiment(Part):
    """A whole experiment file."""

    title: str = Field(description="title of the findings page")
    question: str = Field(description="the question, one sentence")
    claim: str = Field(description="the sentence under test")
    scenario: str = Field(description="base of every arm: a library name or a file")
    until: dt.date | None = Field(None, description="first day not run")
    replications: int = Field(20, ge=1, le=10_000, description="number of common seeds")
    first_seed: int = Field(0, ge=0, description="first of them")
    most_replications: int = Field(40, ge=1, le=10_000, description="limit for --until-ci")
    picture: Literal["arms", "curve"] = Field("arms", description="arms or curve")
    meaning: str = Field("", description="what the result means")
    overturn: str = Field("", description="what could overturn it")
    arm: list[Arm] = Field(min_length=1, description="rows [[arm]]; the first is the reference")
    outcome: list[Outcome] = Field(min_length=1, description="rows [[outcome]]")
    hypothesis: list[Hypothesis] = Field(min_length=1, description="rows [[hypothesis]]")

    @property
    def reference(self) -> Arm:
        """The arm that the others are set against."""
        return self.arm[0]

    def arm_named(self, name: str) -> Arm:
        """Arm by name."""
        return next(arm for arm in self.arm if arm.name == name)

    def outcome_named(self, name: str) -> Outcome:
        """Outcome by name."""
        return next(outcome for outcome in self.outcome if outcome.name == name)
