"""What a sweep file says: a scenario, factors with their values or ranges, a design over them, outcomes."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from market_abm.experiment.plan import Outcome
from market_abm.scenario.fields import Name, Part


def _date_as_text(given: Any) -> Any:
    return given.isoformat() if isinstance(given, dt.date) else given


Value = Annotated[bool | int | float | str, BeforeValidator(_date_as_text)]
"""What a factor can be: true or false, a number, a word; a date is kept as its text."""
Kind = Literal["grid", "list", "latin_hypercube", "sobol", "saltelli", "morris"]


class Factor(Part):
    """One thing that is varied.

    It has `values`, or a range from `low` to `high`, or neither when the design is
    a list that gives them. A value is written at `path`, or sets what stands beside
    it in `sets`.
    """

    name: Name = Field(description="short name, the column of the tables")
    label: str = Field("", description="name shown to people")
    unit: str = Field("", description="unit shown to people")
    path: str = Field("", description="path of the value in the scenario, as --set takes it")
    values: list[Value] | None = Field(None, description="list of values")
    sets: list[list[str]] | None = Field(None, description='for each value the list of "path=value" it stands for')
    low: float | None = Field(None, description="lower end of the range")
    high: float | None = Field(None, description="upper end of the range")
    scale: Literal["linear", "log"] = Field("linear", description="linear or log")
    integer: bool = Field(False, description="true when only whole numbers are meant")

    @property
    def shown(self) -> str:
        """Label for people."""
        return self.label or self.name


class Design(Part):
    """Which points of the factor space are run."""

    kind: Kind = Field(description="grid, list, latin_hypercube, sobol, saltelli or morris")
    points: int | None = Field(None, ge=1, le=1_000_000, description="number of points; the base sample of saltelli")
    levels: int | None = Field(None, ge=2, le=1_000, description="steps of a range in a grid or in morris")
    trajectories: int | None = Field(None, ge=1, le=100_000, description="number of trajectories of morris")
    file: str | None = Field(None, description="CSV file of a list, one column a factor")
    seed: int = Field(0, ge=0, description="seed of the sampler")
    second_order: bool = Field(False, description="whether saltelli shall tell pairs of factors apart")


class Precise(Part):
    """How narrow the 95 % interval of an outcome's mean must be at every point before no seed is added."""

    outcome: Name = Field(description="name of the outcome")
    width: float = Field(gt=0, description="width of the whole interval, in the outcome's unit")


class Tradeoff(Part):
    """Two outcomes between which the report draws a frontier; of the cost less is better."""

    cost: Name = Field(description="name of the outcome that is paid")
    benefit: Name = Field(description="name of the outcome that is bought")
    less_is_better: bool = Field(False, description="true when less of the benefit is better, as of dependence")


class Sweep(Part):
    """A whole sweep file."""

    title: str = Field(description="title of the report")
    question: str = Field("", description="the question, one sentence")
    scenario: str = Field(description="what is varied: a library name or a file")
    until: dt.date | None = Field(None, description="first day not run")
    sets: list[str] = Field([], alias="set", description='changes at every point as "path=value"')
    replications: int = Field(1, ge=1, le=10_000, description="number of seeds, the same at every point")
    most_replications: int | None = Field(None, ge=1, le=10_000, description="limit for precise")
    first_seed: int = Field(0, ge=0, description="first seed")
    precise: Precise | None = Field(None, description="table with outcome and width")
    frontier: Tradeoff | None = Field(None, description="table with cost and benefit")
    design: Design = Field(description="table [design]")
    factor: list[Factor] = Field(min_length=1, description="rows [[factor]]")
    outcome: list[Outcome] = Field(min_length=1, description="rows [[outcome]]")

    @property
    def names(self) -> list[str]:
        """Names of the factors, in the order of the file."""
        return [factor.name for factor in self.factor]

    def factor_named(self, name: str) -> Factor:
        """Factor by name."""
        return next(factor for factor in self.factor if factor.name == name)

    def outcome_named(self, name: str) -> Outcome:
        """Outcome by name."""
        return next(outcome for outcome in self.outcome if outcome.name == name)
