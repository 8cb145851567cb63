"""A row of the table: what was measured, the bar it has to clear, and whether it did."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

FEWEST_FOR_SPREAD = 2


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    what : what is compared.
    measured : the figure, usually a ratio.
    bar : what it may at most (or must at least) be; None for a figure without one.
    at_least : whether more is better.
    unit : written behind figure and bar.
    note : spread, sizes and other figures.
    """

    what: str
    measured: float
    bar: float | None
    at_least: bool
    unit: str = ""
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the bar is met; a figure without one always passes."""
        if self.bar is None:
            return True
        return self.measured >= self.bar if self.at_least else self.measured <= self.bar

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return the columns of the table."""
        sign = ">=" if self.at_least else "<="
        measured = f"{short(self.measured)}{self.unit}"
        if self.bar is None:
            return self.what, measured, "", "", self.note
        return self.what, measured, f"{sign} {self.bar:.3g}{self.unit}", "pass" if self.passed else "MISS", self.note


def table(rows: Sequence[Row]) -> str:
    """Markdown table, aligned so that it also reads in a terminal."""
    lines = [("what", "measured", "bar", "", "spread and more"), *(row.cells() for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(5)]
    written = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    written.insert(1, "-|-".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in written).replace("| -", "|--").replace("- |", "--|")


def short(number: float) -> str:
    """Three figures."""
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"


def spread(values: Sequence[float], unit: str = "") -> str:
    """Quartiles, or the range of a few values."""
    if len(values) < FEWEST_FOR_SPREAD:
        return "of 1"
    if len(values) < 8:
        return f"range {short(min(values))}-{short(max(values))}{unit} of {len(values)}"
    low, _, high = statistics.quantiles(values, n=4)
    return f"quartiles {short(low)}-{short(high)}{unit} of {len(values)}"


def resident_bytes(most: bool = False) -> int:
    """Memory the process holds now, or the most it ever held.

    Read from /proc: `getrusage` counts what the parent held at the fork as the child's own peak.
    """
    key = "VmHWM:" if most else "VmRSS:"
    with open("/proc/self/status", encoding="ascii") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith(key))
