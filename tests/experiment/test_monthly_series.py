import numpy as np
import pandas as pd
import pytest

from market_abm.experiment.series import QUANTITIES, in_order, monthly_series, quantity_of
from market_abm.record.public_measures import spending
from market_abm.record.run import Run, simulate
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

MONDAYS = pd.date_range("2010-02-22", periods=6, freq="7D")  # one in February, five in March 2010


def table(**columns):
    """A row a Monday; a column given one value has it in every week."""
    return pd.DataFrame({"week": MONDAYS, **columns})


@pytest.fixture(scope="module")
def scenario():
    return load_scenario("tiny")


@pytest.fixture
def tell(scenario):
    """Monthly series of a run with the tables given."""

    def of(**tables):
        prices = table(material="NdPr", zone="CN export", price_usd_per_kg=[10.0, 20.0, 22.0, 24.0, 26.0, 28.0])
        return monthly_series(Run(scenario, 1, {"prices": prices, **tables}))

    return of


@pytest.fixture(scope="module")
def run(scenario):
    return simulate(scenario, 3)


@pytest.fixture(scope="module")
def monthly(run):
    return monthly_series(run)


# -- worked by hand ------------------------------------------------------------------------------
def test_a_week_belongs_to_the_month_of_its_monday(tell):
    price = tell()["price.NdPr.CN export"]

    assert price.to_dict() == {pd.Period("2010-02"): 10.0, pd.Period("2010-03"): 24.0}


def test_flows_are_sums_so_a_month_of_five_weeks_has_more(tell):
    shares = table(stage="refined", zone="JP", tonnes=2.0)

    assert tell(shares=shares)["refined.JP"].tolist() == [2.0, 10.0]


def test_activity_and_cover_are_weighted_by_need(tell):
    rows = {"zone": "JP", "use_t": 1.0, "lost_usd": 5.0}
    activity = pd.concat(
        [
            table(sector="magnets", need_t=30.0, activity=1.0, cover_weeks=8.0, **rows),
            table(sector="catalysts", need_t=10.0, activity=0.6, cover_weeks=16.0, **rows),
            table(sector="polishing", need_t=10.0, activity=1.0, cover_weeks=np.nan, **rows),
        ]
    )

    found = tell(activity=activity)

    assert found["activity.JP"].tolist() == pytest.approx([0.92, 0.92])
    assert found["cover.JP"].tolist() == pytest.approx([10.0, 10.0])
    assert found["use.JP"].tolist() == [3.0, 15.0]
    assert found["lost.JP"].tolist() == [15.0, 75.0]


def test_only_what_leaves_the_gated_zone_is_exported(tell):
    flows = pd.concat(
        [
            table(material="NdPr", origin="CN", destination="JP", way="legal", tonnes=1.0),
            table(material="NdPr", origin="CN", destination="JP", way="smuggled", tonnes=0.5)[1:],
            table(material="NdPr", origin="JP", destination="CN", way="legal", tonnes=9.0),
        ]
    )

    found = tell(flows=flows)

    assert found["exported.NdPr"].tolist() == [1.0, 5.0]
    assert found["smuggled.NdPr"].tolist() == [0.0, 2.5]


def test_nothing_exported_is_zero_not_unknown(tell):
    flows = table(material="NdPr", origin="JP", destination="CN", way="legal", tonnes=9.0)

    assert tell(flows=flows)["exported.NdPr"].tolist() == [0.0, 0.0]


def test_stocks_are_means_of_all_zones_together(tell):
    stocks = pd.concat(
        [
            table(material="NdPr", holder="state", zone="JP", tonnes=[1.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
            table(material="NdPr", holder="state", zone="CN", tonnes=10.0),
        ]
    )

    assert tell(stocks=stocks)["stock.NdPr.state"].tolist() == [11.0, 13.0]


def test_a_licence_has_a_price_only_while_its_pool_is_there(tell):
    licences = table(pool="light", price_usd_per_kg=3.0, offered_t=1.0, used_t=0.5, left_t=0.0)[1:]

    found = tell(licences=licences)

    assert found["licence.price.light"].fillna(-1).tolist() == [-1.0, 3.0]
    assert found["licence.used.light"].tolist() == [0.0, 2.5]


def test_projects_count_that_operate_in_the_last_week(tell):
    projects = pd.DataFrame(
        [
            ("early", "JP", "operating", MONDAYS[0], MONDAYS[5]),
            ("late", "JP", "operating", MONDAYS[5], None),
            ("other", "JP", "construction", MONDAYS[0], None),
        ],
        columns=["project", "zone", "status", "since", "until"],
    )

    found = tell(projects=projects)

    assert found["operating.JP"].tolist() == [1.0, 1.0]
    assert found["operating.CN"].tolist() == [0.0, 0.0]


def test_public_money_is_spread_over_its_year_and_leaves_out_what_stays_public(tell):
    money = pd.DataFrame(
        [
            (2010, "treasury JP", "manufacturers JP", "subsidy", 10.0),
            (2010, "treasury JP", "state:body", "budget", 100.0),
            (2010, "customers", "manufacturers JP", "goods", 1000.0),
        ],
        columns=["year", "payer", "payee", "purpose", "usd"],
    )

    found = tell(money=money)

    assert found["public_money.JP"].tolist() == [5.0, 5.0]
    assert found["public_money.CN"].tolist() == [0.0, 0.0]


# -- of a whole run ------------------------------------------------------------------------------
def total(monthly, pattern):
    return monthly.filter(regex=pattern).to_numpy().sum()


def test_every_quantity_is_told_and_explained(monthly):
    assert {quantity_of(name) for name in monthly.columns} == set(QUANTITIES)


def test_columns_and_months_are_in_order(monthly):
    assert list(monthly.columns) == in_order(reversed(list(monthly.columns)))
    assert list(monthly.index) == list(pd.period_range("2009-01", "2010-02", freq="M"))
    assert {str(kind) for kind in monthly.dtypes} == {"float64"}


@pytest.mark.parametrize(
    ("pattern", "name", "column"),
    [
        (r"^imports\.", "imports", "tonnes"),
        (r"^from_gated\.", "imports", "from_gated_tonnes"),
        (r"^use\.", "activity", "use_t"),
        (r"^mined\.", "mining", "tonnes"),
        (r"^licence\.used\.", "licences", "used_t"),
    ],
)
def test_months_add_up_to_the_run(run, monthly, pattern, name, column):
    whole = run.tables[name][column].sum()

    assert total(monthly, pattern) == pytest.approx(whole, rel=1e-12)
    assert whole > 0


def test_months_of_activity_lost_add_up_to_the_run(run):
    activity = run.tables["activity"]
    short = activity.assign(lost_usd=np.arange(len(activity), dtype=float))  # nothing is lost in so calm a run

    months = monthly_series(Run(run.scenario, run.seed, {**run.tables, "activity": short}))

    assert total(months, r"^lost\.") == pytest.approx(short["lost_usd"].sum(), rel=1e-12)


def test_exports_are_the_licences_used(monthly):
    np.testing.assert_allclose(monthly["exported.NdPr"], monthly["licence.used.export-quota"])


def test_a_run_cut_in_march_tells_a_shorter_march(run, monthly):
    cut = pd.Timestamp("2009-03-16")
    tables = {name: frame[frame["week"] < cut] if "week" in frame else frame for name, frame in run.tables.items()}

    short = monthly_series(Run(run.scenario, run.seed, tables))

    np.testing.assert_array_equal(short["use.JP"][:2], monthly["use.JP"][:2])
    assert short["use.JP"].iloc[2] < 0.5 * monthly["use.JP"].iloc[2]


def test_the_months_of_a_year_of_spending_add_up_to_it(scenario, run):
    scenario = Scenario.model_validate(scenario.model_dump() | {"state_buyer": {"body": {"zone": "JP"}}})
    money = pd.DataFrame(
        {"year": [2009, 2010], "payer": "state:body", "payee": "mines JP", "purpose": "loan", "usd": [12e6, 3e6]}
    )
    lender = Run(scenario, 1, {"prices": run.prices, "money": money})

    monthly = monthly_series(lender)["public_money.JP"]

    assert monthly["2009-05"] == pytest.approx(1e6)
    assert monthly.sum() == pytest.approx(1e6 * spending(lender))
