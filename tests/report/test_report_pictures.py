import matplotlib as mpl
import pandas as pd
import pytest
from made_up_runs import make_run, make_scenario, make_tables
from matplotlib.figure import Figure

from market_abm.report import evidence, plots, prices
from market_abm.report.money import nets
from market_abm.report.strip import bars
from market_abm.report.svg import to_svg

OF_RUNS = [
    plots.dependence_figure,
    plots.share_figure,
    plots.mining_figure,
    plots.project_figure,
    plots.money_figure,
    plots.activity_figure,
    plots.cover_figure,
]
OF_MATERIALS = [plots.price_figure, plots.flow_figure, plots.stock_figure]


def titles(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("draw", OF_RUNS)
@pytest.mark.parametrize("count", [1, 3])
def test_each_picture_draws_one_run_and_several(draw, count, runs):
    assert isinstance(draw(runs[:count]), Figure)


@pytest.mark.parametrize("draw", OF_MATERIALS)
def test_each_picture_of_a_material_names_it(draw, run):
    assert "Dy oxide" in draw([run], "Dy").texts[0].get_text()


@pytest.mark.parametrize("draw", OF_MATERIALS)
def test_a_material_without_data_raises_a_sentence(draw, run):
    with pytest.raises(plots.NothingToShowError, match="Unobtainium"):
        draw([run], "Unobtainium")


@pytest.mark.parametrize("draw", OF_RUNS)
def test_runs_without_tables_raise_a_sentence(draw):
    with pytest.raises(plots.NothingToShowError, match=r"\.$"):
        draw([make_run(tables={})])


def test_drawing_leaves_matplotlib_as_it_was(run):
    before = dict(mpl.rcParams)

    to_svg(plots.price_figure([run], "NdPr"), "alt", "salt")

    assert dict(mpl.rcParams) == before


def test_dots_of_one_basis_never_stand_on_the_panel_of_the_other(run, monkeypatch):
    def dots(material, basis):
        day = pd.Timestamp("2011-08-01") if basis == "fob" else pd.Timestamp("2012-08-06")
        return pd.DataFrame({"date": [day], "price_usd_per_kg": [50.0], "period": ["spot"]})

    monkeypatch.setattr("market_abm.report.prices.price_dots", dots)

    fob, domestic, elsewhere, _ = plots.price_figure([run], "NdPr").axes

    def days(axes):
        return {mpl.dates.num2date(x).year for dots in axes.collections for x, _ in dots.get_offsets().tolist()}

    assert days(fob) == {2011}
    assert days(domestic) == {2012}
    assert days(elsewhere) == set()


def test_every_unit_is_on_its_panel(run):
    assert titles(plots.price_figure([run], "NdPr")).count("US$/kg, log scale") == 3
    assert titles(plots.flow_figure([run], "NdPr")).count("t/year") == 3
    assert "weeks of use" in titles(plots.cover_figure([run]))


def test_the_strip_holds_policies_that_start_or_end_in_the_window():
    labels = [bar.label for bar in bars(make_scenario())]

    assert labels == ["export-tax", "embargo"]  # the quota began before the window and has no end


def test_a_policy_on_another_material_is_not_on_the_strip():
    tax = {"type": "export_tax", "origin": "CN", "rate": [["2008-01-01", 0.1]], "start": "2009-01-05"}
    scenario = make_scenario(policy=[tax | {"materials": ["Dy"]}])

    assert len(bars(scenario, "Dy")) == 1
    assert bars(scenario, "La") == []


def test_bars_of_a_year_add_up_to_what_was_imported(run):
    flows = run.tables["flows"]
    into = flows[(flows["material"] == "NdPr") & (flows["destination"] == "JP") & (flows["week"].dt.year == 2010)]

    figure = plots.flow_figure([run], "NdPr")
    panel = next(axes for axes in figure.axes if "Into Japan" in [text.get_text() for text in axes.texts])
    year = [bar.get_height() for bar in panel.patches if round(bar.get_x() + bar.get_width() / 2) == 2]

    assert sum(year) == pytest.approx(into["tonnes"].sum())


def test_the_matrix_of_payments_keeps_every_dollar(run):
    assert plots.matrix([run]).to_numpy().sum() == pytest.approx(run.tables["money"]["usd"].sum() / 1e6)


def test_a_material_unknown_to_history_has_no_dots():
    assert evidence.price_dots("Unobtainium", "fob").empty
    assert evidence.price_dots("Unobtainium", "domestic").empty


def test_several_runs_show_their_median(runs):
    figure = plots.price_figure(runs, "NdPr")
    line = figure.axes[0].lines[0].get_ydata()
    each = [
        table[(table["material"] == "NdPr") & (table["zone"] == "CN export")]["price_usd_per_kg"].reset_index(drop=True)
        for table in (run.tables["prices"] for run in runs)
    ]

    assert line == pytest.approx(pd.concat(each, axis=1).median(axis=1).to_numpy())


def test_words_as_categories_are_drawn_too():
    scenario = make_scenario()
    tables = {
        name: frame.astype({column: "category" for column in frame.columns if frame[column].dtype in ("object", "str")})
        for name, frame in make_tables(scenario).items()
    }
    run = make_run(scenario, tables=tables)

    assert all(isinstance(draw([run]), Figure) for draw in OF_RUNS)


def test_a_quote_without_trade_is_dotted_and_told():
    tables = make_tables(make_scenario())
    whole = {**tables, "prices": tables["prices"].assign(traded_t=1.0, traded=True)}
    weeks = tables["prices"]["week"]
    idle = whole["prices"]["traded"] & ~(weeks.dt.year.eq(2011) & tables["prices"]["zone"].eq("CN export"))
    halved = {**tables, "prices": whole["prices"].assign(traded=idle, traded_t=idle.astype(float))}

    def dotted(made):
        axes = plots.price_figure([make_run(tables=made)], "NdPr").axes[0]
        return [line for line in axes.lines if line.get_linestyle() == ":"]

    assert not dotted(tables)  # a run of an older version does not tell
    assert not dotted(whole)
    assert len(dotted(halved)) == 1
    assert "In 52 of" in prices.price_words([make_run(tables=halved)], "NdPr")
    assert "nothing was traded" not in prices.price_words([make_run(tables=whole)], "NdPr")


def test_the_house_is_one_account_in_the_report():
    rows = [("house CN", "mines CN", 5.0), ("buyers", "house CN export", 7.0), ("house JP", "house CN", 100.0)]
    money = pd.DataFrame([(2010, payer, payee, "trade", usd * 1e6) for payer, payee, usd in rows])
    money.columns = ["year", "payer", "payee", "purpose", "usd"]
    run = make_run(tables={**make_tables(make_scenario()), "money": money})

    assert plots.matrix([run]).to_numpy().sum() == pytest.approx(12.0)
    assert nets([run]).loc["house"].item() == pytest.approx(2.0)
