"""Numbers, dates and names as people read them."""

import datetime as dt
import math

import pandas as pd

ROUNDED = 10_000  # numbers from here on are rounded to three digits
MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip


def shorten(text: str, most: int) -> str:
    """`text` cut to `most` characters with an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "\u2026"


def number(value: float) -> str:
    """Three meaningful digits, with thousands separated: 1,230,000; 1,234; 12.3; 0.123."""
    if value is None or not math.isfinite(value):
        return "\u2013"
    if value == 0:
        return "0"
    if abs(value) >= ROUNDED:
        value = float(f"{value:.2e}")
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{min(digits, 4)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "\u2212") if text != "-0" else "0"


def month(day: dt.date | pd.Timestamp) -> str:
    """A date as people write it: July 2011 (never in the machine's language)."""
    return f"{MONTHS[day.month - 1]} {day.year}"
