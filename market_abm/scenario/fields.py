"""The kinds of value a scenario field can hold, with units and sources attached.

`field()` is the only way a scenario field is declared, so that the parameter
reference, the JSON schema and the error messages all speak from one place.
"""

import datetime as dt
import itertools
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

DatedValue = tuple[dt.date, float]


def _in_order(path: list[DatedValue]) -> list[DatedValue]:
    days = [day for day, _ in path]
    if any(later <= earlier for earlier, later in itertools.pairwise(days)):
        raise ValueError("dates must go forward in a path; sort the rows by date and drop repeated ones")
    return path


Path = Annotated[list[DatedValue], Field(min_length=1), AfterValidator(_in_order)]
"""Dated values `[[date, number], ...]`, read as steps or as a polyline as the field says."""

Range = tuple[float, float]
"""`[low, high]`: agents of a group draw their own value uniformly between the two."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A share between 0 and 1; 25 % is written 0.25."""

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Name = Annotated[str, Field(min_length=1, max_length=60)]


class Part(BaseModel):
    """Base of every part of a scenario: unknown keys are faults, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)


def declared_unit(info: FieldInfo | None) -> str:
    """Unit with which a field was declared; empty for one declared otherwise, or for none."""
    extra = info.json_schema_extra if info is not None else None
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def field(default: Any, unit: str, text: str, source: str = "assumed", **limits: Any) -> Any:
    """Declare a scenario field with its unit, meaning and source.

    Parameters
    ----------
    default : the value used when the file is silent; `...` makes the field required.
    unit : unit as shown to the user; "1" for a pure number.
    text : what it means, one sentence.
    source : a row of the shipped history, a publication, `assumed` or `calibrated`.
    limits : `ge`, `gt`, `le`, `lt`, `min_length`, ... as in pydantic.
    """
    extra = {"unit": unit, "source": source}
    kwargs: dict[str, Any] = {"description": f"{text} [{unit}]", "json_schema_extra": extra, **limits}
    if callable(default):
        return Field(default_factory=default, **kwargs)
    return Field(default, **kwargs)
