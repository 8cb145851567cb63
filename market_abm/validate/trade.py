"""Trade set against history: what the quotas let out, what was smuggled, what reached Japan, the two tiers of 2025.

Tonnes are rare-earth oxide of all kinds. A run trades five oxides; the quota's
share for other elements (yttrium, samarium, ...) is taken off the quota.
"""

from functools import partial
from importlib import resources
from math import nan

import pandas as pd

from market_abm.history import series
from market_abm.history.figure import Figure, average, metric_of
from market_abm.history.table import read_table
from market_abm.validate import measured_run
from market_abm.validate.band import added, factored
from market_abm.validate.evidence import references, trade_figure
from market_abm.validate.measured_run import MeasuredRun, inside, oxides, ratio
from market_abm.validate.metric import Metric, Sample

QUOTAS, JAPAN, TIERS = "Exports and quotas", "Japan", "Two tiers of 2025"
CUSTOMS = "official customs exports, product called REO, over the quota; annual"
IMPORTS = "all rare earths, customs tonnes; scopes of sources differ"
OF_OXIDES = {2009: 0.90, 2010: 0.90, 2012: 0.90, 2014: 0.89}
"""Share of the quota for the five oxides (scenario): 90 % of one quota, from 2012 98 % of light and 25 % of heavy."""


# -- exports and quotas --------------------------------------------------------------------------
def _over_quota(run: MeasuredRun, quota_t: float, start: str, end: str) -> float:
    return run.total(oxides("exported"), start, end) / quota_t


def _quota_use(
    year: int, sample: Sample, rivals: list[float], note: str, low: float = nan, high: float = nan
) -> Metric:
    quota = trade_figure("export_quota_total", year)
    figure = (trade_figure("actual_exports", year) / quota).at_most("med")
    others = [Figure(value, figure.source, figure.confidence) for value in rivals]
    compute = partial(_over_quota, quota_t=quota.value * OF_OXIDES[year], start=f"{year}-01", end=f"{year}-12")
    return Metric(
        f"quota_use_{year}", QUOTAS, f"Legal exports / export quota, {year}", "1", CUSTOMS, figure,
        added(figure, others, least=0.0), sample, compute, low=low, high=high, note=note, log=False,
    )  # fmt: skip


def _early_2014() -> Metric:
    """January to May 2014 against five sixths of the first round."""
    rows = read_table("japan_imports_demand")
    exported = rows[rows["metric"] == "china_exports"].to_dict("records")[0]
    rounds = series.export_quotas()
    first = rounds[(rounds["year"] == 2014) & (rounds["half"] == 1)].to_dict("records")[0]
    quota_t = float(first["quota_t"]) * 5 / 6
    figure = Figure(float(exported["value"]) / quota_t, f"{exported['source_id']}+{first['source_id']}", "med")
    return Metric(
        "quota_use_2014", QUOTAS, "Legal exports / export quota, Jan-May 2014", "1",
        "customs exports over five sixths of the first round", figure, added(figure, least=0.0), "out",
        partial(_over_quota, quota_t=quota_t * OF_OXIDES[2014], start="2014-01", end="2014-05"),
        note="one source", log=False,
    )  # fmt: skip


def _october_2010(run: MeasuredRun) -> float:
    before = measured_run.weekly(run, oxides("exported"), "2010-01", "2010-09")
    return ratio(measured_run.weekly(run, oxides("exported"), "2010-10", "2010-10"), before)


def _smuggled(run: MeasuredRun, year: int) -> float:
    return run.total(run.named("smuggled."), f"{year}-01", f"{year}-12") / 1e3


def export_metrics() -> list[Metric]:
    """What left China, by the gate and past it."""
    october = Figure(830 / ((32990 - 830) / 9), "E04", "high")
    smuggled = [trade_figure("smuggled_exports", year).times(1e-3).at_most("low") for year in (2008, 2014)]
    bgr = trade_figure("illegal_exports_bgr", 2013).times(1e-3).at_most("low")
    far = "estimates by others differ widely, so low; one source"
    return [
        _quota_use(2009, "out", [], "exports recalled"),
        _quota_use(2010, "out", [1.0], "exports count ferroalloys, which were outside the quota; low: all", low=1.0),
        _quota_use(2012, "in", [0.7], "high: that source's quota of 24 kt; row brought in to mend the bust", high=0.7),
        _early_2014(),
        Metric(
            "exports_oct2010", QUOTAS, "Legal exports, Oct 2010 / month of Jan-Sep", "1",
            "customs tonnes, all rare earths and destinations; monthly (run: by the week)", october, factored(october),
            "out", _october_2010, note="one source",
        ),
        Metric(
            "smuggled_2008", QUOTAS, "Smuggled exports, 2008", "kt REO/year", "estimate (Xinhua)", smuggled[0],
            factored(smuggled[0]), "in", partial(_smuggled, year=2008), note=far,
        ),
        Metric(
            "smuggled_2014", QUOTAS, "Smuggled exports, 2014", "kt REO/year", "estimate of the industry", smuggled[1],
            factored(smuggled[1], [bgr]), "in", partial(_smuggled, year=2014), low=bgr.value,
            note="low: BGR for 2013, up to; estimates by others differ widely",
        ),
    ]  # fmt: skip


# -- Japan ---------------------------------------------------------------------------------------
def _china_share(run: MeasuredRun, start: str, end: str) -> float:
    return ratio(run.total(oxides("from_gated", "JP"), start, end), run.total(oxides("imports", "JP"), start, end))


def _from_china(run: MeasuredRun, start: str, end: str, base_start: str, base_end: str) -> float:
    names = oxides("from_gated", "JP")
    return ratio(measured_run.weekly(run, names, start, end), measured_run.weekly(run, names, base_start, base_end))


def _use_in_japan(run: MeasuredRun, later: tuple[str, str], before: tuple[str, str]) -> float:
    return ratio(measured_run.weekly(run, "use.JP", *later), measured_run.weekly(run, "use.JP", *before))


def japan_metrics() -> list[Metric]:
    """Japan's imports and use."""
    found = series.japan_imports()
    month_2008 = metric_of(found, "japan_ree_imports_china", "2008").times(1 / 12)

    def tonnes(period: str) -> Figure:
        return metric_of(found, "japan_ree_imports_china", period)

    def share(name: str, label: str, figure: Figure, rivals: list[Figure], start: str, end: str, note: str) -> Metric:
        alike = [one.value for one in rivals]
        return Metric(
            name, JAPAN, f"China's share of Japan's imports, {label}", "1", f"{IMPORTS}; share of tonnes", figure,
            added(figure, rivals, 0.0, 1.0), "out", partial(_china_share, start=start, end=end),
            low=min([*alike, figure.value]) if alike else nan, high=max([*alike, figure.value]) if alike else nan,
            note=note, log=False,
        )  # fmt: skip

    def flow(name: str, label: str, figure: Figure, variants: list[float], start: str, end: str, note: str) -> Metric:
        compute = partial(_from_china, start=start, end=end, base_start="2008-01", base_end="2008-12")
        return Metric(
            name, JAPAN, f"Japan's imports from China, {label}", "1", f"{IMPORTS}; monthly (run: by the week)", figure,
            factored(figure, variants=variants), "out", compute,
            low=min(variants) if variants else nan, high=max(variants) if variants else nan, note=note,
        )  # fmt: skip

    shares = [metric_of(found, "china_share_japan_imports", month) for month in ("2010-09", "2010-10", "2010-11")]
    autumn = average([tonnes("2010-10"), tonnes("2010-11")]) / month_2008
    winter = average([tonnes("2011-01"), tonnes("2011-02"), tonnes("2011-03")]) / month_2008
    used = references()["japan_use_2012_over_2010"].figure
    fell = tonnes("2011") / tonnes("2010")
    by_article = Figure(1 - 0.34, "J05", "med")
    tonnes_2008 = tonnes("2008") / metric_of(found, "japan_ree_imports_total", "2008")
    later, before = ("2012-01", "2012-12"), ("2010-01", "2010-06")
    return [
        share("japan_china_share_2008", "2008", metric_of(found, "china_share_japan_imports", "2008"), [tonnes_2008],
              "2008-01", "2008-12", "high: tonnes of the same article"),
        share("japan_china_share_autumn2010", "Sep-Nov 2010", average(shares), [], "2010-09", "2010-11", ""),
        share("japan_china_share_2020", "2020", Figure(0.6, "story", "low"), [], "2020-01", "2020-12",
              "the story's figure, no data row"),
        flow("japan_imports_autumn2010_over_2008mean", "Oct-Nov 2010 / 2008", autumn.at_most("med"),
             [], "2010-10", "2010-11", ""),
        flow("japan_imports_winter2011", "Dec-Mar 2011 / 2008",
             (average([tonnes("2010-12"), tonnes("2011-01"), tonnes("2011-02"), tonnes("2011-03")]) / month_2008),
             [winter.value], "2010-12", "2011-03", "December, when shipments resumed, was 4,080 t; low: without it"),
        Metric(
            "japan_imports_2011_over_2010", JAPAN, "Japan's imports from China, 2011 / 2010", "1", f"{IMPORTS}; annual",
            fell, factored(fell, [by_article]), "out",
            partial(_from_china, start="2011-01", end="2011-12", base_start="2010-01", base_end="2010-12"),
            low=by_article.value, note="low: the article's own -34 %",
        ),
        Metric(
            "japan_use_2012_over_2010", JAPAN, "Japan's use, 2012 / 2010", "1",
            "industry's demand over METI's; all rare earths, annual, with destocking (run: over Jan-Jun 2010)", used,
            factored(used), "in", partial(_use_in_japan, later=later, before=before),
            note="falls of stock count as less demand in the data, so the use of a run may lie higher",
        ),
    ]  # fmt: skip


# -- the two tiers of 2025 -----------------------------------------------------------------------
def quotes_2025() -> pd.DataFrame:
    """Quotes of 2025 that the shipped history lacks, with their addresses."""
    path = resources.files("market_abm.validate") / "data" / "quotes_2025.csv"
    with path.open("r", encoding="utf-8") as lines:
        return pd.read_csv(lines, dtype={"date": str}, keep_default_na=False, na_values=[""])


def _tiers(run: MeasuredRun, material: str) -> float:
    return run.mean(f"price.{material}.EU", "2025-05", "2025-07") / run.mean(inside(material), "2025-05", "2025-07")


def tier_metrics() -> list[Metric]:
    """Price in Europe over the price inside China, Dy and Tb, under the licences of 2025."""
    quotes = quotes_2025()
    rows = []
    for material, oxide in (("Dy", "Dy2O3"), ("Tb", "Tb4O7")):
        own = quotes[quotes["material"] == oxide]
        home = float(own.loc[own["place"] == "CN", "price_usd_per_kg"].iloc[0])
        europe = own[own["place"] == "EU"]
        figure = Figure(float(europe["price_usd_per_kg"].mean()) / home, "P19+V01+V02", "low")
        traded = [float(price) / home for price in own.loc[own["place"] == "traded", "price_usd_per_kg"]]
        rows.append(
            Metric(
                f"{material.lower()}_europe_over_china_2025", TIERS,
                f"{material} in Europe / inside China, May-Jul 2025", "1",
                "assessed quotes in Europe on few deals, over domestic quotes with VAT", figure,
                factored(figure, variants=traded), "out", partial(_tiers, material=material),
                low=min(traded) if traded else nan,
                note="weak: asked, seldom paid" + ("; low: by volume bought outside (P21, derived)" if traded else ""),
            )
        )  # fmt: skip
    return rows
