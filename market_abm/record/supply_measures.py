"""Measures of supply and use: Japan's dependence and losses, mines, concentration."""

from functools import partial

import pandas as pd

from market_abm.record.measure import Measure
from market_abm.record.reading import CHINA, JAPAN, NotCoveredError, china, gate, ratio, within, years
from market_abm.record.run import Run

CRISIS = ("2010", "2013")
STAGES = ("mined", "refined", "magnets")


# -- dependence ----------------------------------------------------------------------------------
def imports(run: Run, zone: str, start: str, end: str) -> pd.DataFrame:
    """Weekly imports of the lead material into a zone."""
    if zone not in run.scenario.zone:
        raise NotCoveredError
    rows = within(run, "imports", start, end)
    return rows[(rows["zone"] == zone) & (rows["material"] == run.scenario.lead_material)]


def gated_share(run: Run, zone: str, start: str, end: str) -> float:
    """Share of a zone's imports of the lead material that comes from the gated zone [1]."""
    rows = imports(run, zone, start, end)
    return ratio(rows["from_gated_tonnes"].sum(), rows["tonnes"].sum())


def japan_china_share(run: Run, start: str, end: str) -> float:
    """Return China's share of Japan's imports of the lead material [1]."""
    china(run)
    return gated_share(run, JAPAN, start, end)


def imports_autumn_2010(run: Run, column: str, start: str, end: str) -> float:
    """Japan's imports of October and November 2010, by the week, over those of another period [1]."""
    autumn = imports(run, JAPAN, "2010-10", "2010-12")[column].sum() / _count_weeks(run, "2010-10", "2010-12")
    return ratio(autumn, imports(run, JAPAN, start, end)[column].sum() / _count_weeks(run, start, end))


def _count_weeks(run: Run, start: str, end: str) -> int:
    return int(within(run, "prices", start, end)["week"].nunique())


# -- use and losses ------------------------------------------------------------------------------
def activity(run: Run, zone: str, start: str | None, end: str | None) -> pd.DataFrame:
    """Weekly activity of a zone's sectors."""
    rows = within(run, "activity", start, end)
    rows = rows[rows["zone"] == zone]
    if rows.empty:
        raise NotCoveredError
    return rows


def japan_use_2012_over_2010(run: Run) -> float:
    """Japan's weekly use in 2012 over that of the first half of 2010, before the embargo [1]."""
    weekly = [
        activity(run, JAPAN, start, end)["use_t"].sum() / _count_weeks(run, start, end)
        for start, end in (("2012", "2013"), ("2010", "2010-07"))
    ]
    return ratio(*weekly)


def lost_activity_weeks(run: Run, zone: str) -> float:
    """Weeks of full activity that a zone lost, 2010 to 2012, sectors weighted by need [week]."""
    rows = activity(run, zone, *CRISIS)
    return float((1 - _weighted(rows, "activity")).clip(lower=0).sum())


def lost_activity_musd(run: Run, zone: str) -> float:
    """Worth of the activity that a zone lost, 2010 to 2012 [US$ m]."""
    return float(activity(run, zone, *CRISIS)["lost_usd"].sum() / 1e6)


def world_lost_activity_musd(run: Run) -> float:
    """Worth of the activity lost everywhere in the whole run [US$ m]."""
    return float(within(run, "activity", None, None)["lost_usd"].sum() / 1e6)


def peak_cover(run: Run, zone: str) -> float:
    """Highest mean cover of a zone's manufacturers in the whole run, sectors weighted by need [week]."""
    return float(_weighted(activity(run, zone, None, None), "cover_weeks").max())


def _weighted(rows: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Mean over sectors by week, weighted by need; weeks without need do not count."""
    part = rows[column] * rows["need_t"]
    parts = pd.DataFrame({"week": rows["week"], "need": rows["need_t"], "part": part})
    weekly = parts.dropna().groupby("week").sum()
    weekly = weekly[weekly["need"] > 0]
    return weekly["part"] / weekly["need"]


# -- mines and concentration ---------------------------------------------------------------------
def outside_mine_share(run: Run, year: int) -> float:
    """Share of legally mined tonnes that comes from outside the gated zone [1]; statistics leave illegal output out."""
    rows = within(run, "mining", f"{year}", f"{year + 1}")
    rows = rows[rows["legality"] == "legal"]
    return ratio(rows.loc[rows["zone"] != gate(run), "tonnes"].sum(), rows["tonnes"].sum())


def china_legal_output(run: Run, year: int) -> float:
    """Legal mine output of China [kt REO/year]."""
    rows = within(run, "mining", f"{year}", f"{year + 1}")
    return float(rows.loc[(rows["zone"] == china(run)) & (rows["legality"] == "legal"), "tonnes"].sum() / 1e3)


def zone_shares(run: Run, stage: str, year: int) -> "pd.Series[float]":
    """Shares of zones in the output of a stage, by zone [1]."""
    rows = within(run, "shares", f"{year}", f"{year + 1}")
    output = rows[rows["stage"] == stage].groupby("zone", observed=True)["tonnes"].sum()
    if not output.sum():
        raise NotCoveredError
    return output / output.sum()


def concentration(run: Run, stage: str, year: int) -> float:
    """Herfindahl-Hirschman index of a stage over zones, 0 to 1 [1]."""
    return float((zone_shares(run, stage, year) ** 2).sum())


def china_share(run: Run, stage: str, year: int) -> float:
    """Return China's share of a stage [1]."""
    if CHINA not in run.scenario.zone:
        raise NotCoveredError
    return float(zone_shares(run, stage, year).get(CHINA, 0.0))


def concentration_table(run: Run) -> pd.DataFrame:
    """Concentration of every stage in every whole year on record (year, stage, zone, share, hhi)."""
    rows: list[tuple[int, str, str, float, float]] = []
    for year in years(run):
        for stage in STAGES:
            try:
                shares, hhi = zone_shares(run, stage, year), concentration(run, stage, year)
            except NotCoveredError:
                continue
            rows += [(year, stage, str(zone), float(share), hhi) for zone, share in shares.items()]
    return pd.DataFrame(rows, columns=["year", "stage", "zone", "share", "hhi"])


def _dependence(name: str, start: str, end: str, headline: bool = True) -> Measure:
    label = f"China's share of Japan's imports, {name.replace('_', '-')}"
    compute = partial(japan_china_share, start=start, end=end)
    return Measure(f"japan_china_share_{name}", label, "1", compute, headline)


SUPPLY_MEASURES = [
    *(_dependence(f"{year}", f"{year}", f"{year + 1}") for year in (2008, 2012, 2015)),
    _dependence("2015_2020", "2015", "2021", headline=False),
    _dependence("2020", "2020", "2021"),
    Measure(
        "japan_imports_autumn2010_over_2008mean",
        "Japan's imports from China, Oct-Nov 2010 / month of 2008", "1",
        partial(imports_autumn_2010, column="from_gated_tonnes", start="2008", end="2009"),
    ),
    Measure(
        "japan_imports_autumn2010_over_h1", "Japan's imports, Oct-Nov 2010 / first half of 2010", "1",
        partial(imports_autumn_2010, column="tonnes", start="2010", end="2010-07"), headline=False,
    ),
    Measure("japan_use_2012_over_2010", "Japan's use, 2012 / 2010", "1", japan_use_2012_over_2010),
    Measure(
        "japan_lost_activity_weeks", "Japan, weeks of activity lost 2010-2012", "week",
        partial(lost_activity_weeks, zone=JAPAN),
    ),
    Measure(
        "japan_lost_activity_musd", "Japan, activity lost 2010-2012", "US$ m",
        partial(lost_activity_musd, zone=JAPAN), headline=False,
    ),
    Measure(
        "world_lost_activity_musd", "World, activity lost in the run", "US$ m",
        world_lost_activity_musd, headline=False,
    ),
    Measure(
        "japan_peak_cover_weeks", "Japan, highest cover of manufacturers", "week",
        partial(peak_cover, zone=JAPAN), headline=False,
    ),
    *(
        Measure(
            f"row_mine_share_{year}", f"Mine output outside China / world, {year}", "1",
            partial(outside_mine_share, year=year),
        )
        for year in (2009, 2015, 2020)
    ),
    *(
        Measure(
            f"china_legal_output_{year}", f"Chinese mine output, {year}", "kt REO/year",
            partial(china_legal_output, year=year),
        )
        for year in (2010, 2011, 2012)
    ),
    *(
        Measure(
            f"hhi_{stage}_{year}", f"Concentration, {stage}, {year}", "1",
            partial(concentration, stage=stage, year=year), False,
        )
        for stage in STAGES
        for year in range(2008, 2021)
    ),
    *(
        Measure(
            f"china_share_{stage}_{year}", f"China's share, {stage}, {year}", "1",
            partial(china_share, stage=stage, year=year), False,
        )
        for stage in STAGES
        for year in range(2008, 2021)
    ),
]  # fmt: skip
